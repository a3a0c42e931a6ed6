#!/bin/bash
# The page of `tlsagen export --format html` in a browser: it fits a phone and a desk, is made of what a
# reader needs, and loads nothing. Screenshots stay in $TLSAGEN_PAGES when that is set.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/export_page.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs chromium openssl python3
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/states.sh"

# One word without an end is the worst for a narrow page.
# shellcheck disable=SC2034 # for fleet_scene
hostile="<script>document.title = 'taken'</script> $(printf 'x%.0s' {1..150})"
fleet_scene
long=a-service-with-a-rather-long.name_that-is-hard-to-break-anywhere
cat >>tlsagen.conf <<END
service $long {
    host = a-host.with-a-rather-long-name.in-a-zone-that-is-rather-deep.example.net
    ports = { 25, 143, 465, 587, 993, 4190 }
    source = "$tmp/source/www"
    ttl = 1h
}
END
write_rolling $long staged 900 written_at 900 next_written 900 looked 10
run tlsagen export -C tlsagen.conf --format html -o page.html
is "$status:$err" "0:" "the page"

# browser OPTION...: headless, with a profile of its own
browser() {
    local profile
    profile=$(mktemp -d "$tmp/profile.XXXXXX")
    HOME=$profile timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$profile" --hide-scrollbars --virtual-time-budget=5000 "$@" 2>/dev/null
}

# The page in a frame of each width; what its layout comes to is written into the wrapper.
cat >probe.py <<'END'
import html, sys
page = html.escape(open('page.html', encoding='utf-8').read(), quote=True)
print('<!DOCTYPE html><meta charset="utf-8"><pre id="out"></pre>')
for width in (360, 768, 1153, 1280):
    print(f'<iframe width="{width}" height="740" style="border:0" srcdoc="{page}"></iframe>')
print('''<script>
addEventListener('load', () => {
  const lines = [];
  for (const frame of document.querySelectorAll('iframe')) {
    const d = frame.contentDocument, root = d.documentElement, w = frame.contentWindow;
    const beyond = [...d.body.querySelectorAll('*')].filter(e => {
      const r = e.getBoundingClientRect();
      return r.width > 1 && (r.right > root.clientWidth + 0.5 || r.left < -0.5);
    }).length;
    const small = [...d.body.querySelectorAll('*')].filter(e => parseFloat(w.getComputedStyle(e).fontSize) < 12).length;
    const rows = d.querySelectorAll('tbody tr'), row = rows[0];
    lines.push([frame.width, root.scrollWidth <= root.clientWidth ? 'fits' : 'scrolls', 'beyond ' + beyond, 'small ' + small,
      'rows ' + rows.length, w.getComputedStyle(row).display, 'lines ' + d.querySelectorAll('.line ol li').length,
      'stacked ' + (d.querySelector('.line li:nth-child(2)').getBoundingClientRect().top >
        d.querySelector('.line li').getBoundingClientRect().bottom - 1)].join(', '));
  }
  lines.push('scripts ' + [...document.querySelectorAll('iframe')].some(f => f.contentDocument.querySelector('script')));
  lines.push('loaded ' + [...document.querySelectorAll('iframe')].reduce((n, f) => n + f.contentWindow.performance.getEntriesByType('resource').length, 0));
  document.getElementById('out').textContent = lines.join('\\n');
});
</script>''')
END
python3 probe.py >wrapper.html
browser --dump-dom "file://$tmp/wrapper.html" | sed -n '/<pre id="out">/,/<\/pre>/p' | sed 's/.*<pre id="out">//; s/<\/pre>.*//' >layout
is "$(cat layout)" "360, fits, beyond 0, small 0, rows 9, block, lines 24, stacked true
768, fits, beyond 0, small 0, rows 9, block, lines 24, stacked true
1153, fits, beyond 0, small 0, rows 9, table-row, lines 24, stacked false
1280, fits, beyond 0, small 0, rows 9, table-row, lines 24, stacked false
scripts false
loaded 0" "at each width nothing is cut or needs scrolling, cards on a phone and a table on a desk"
# The measure itself: a page that is too wide is seen.
cp page.html kept && sed -i 's/<main>/<main><div style="width:500px">x<\/div>/; s/<meta http-equiv="Content-Security[^>]*>//' page.html
python3 probe.py >wrapper.html
like "$(browser --dump-dom "file://$tmp/wrapper.html" | sed -n 's/.*<pre id="out">//p')" '^360, scrolls, beyond [1-9]' "a page that is too wide is seen"
mv kept page.html

browser --dump-dom "file://$tmp/page.html" >dom
like "$(cat dom)" '<title>TLSA records of 9 services</title>' "no text of a file has become a program"

# png FILE: width, height, and how many colours there are
png() { python3 - "$1" <<'END'
import struct, sys, zlib
data = open(sys.argv[1], 'rb').read()
at, pixels = 8, b''
while at < len(data):
    size, kind = struct.unpack('>I4s', data[at:at + 8])
    if kind == b'IHDR': width, height, depth, colour = struct.unpack('>IIBB', data[at + 8:at + 18])
    if kind == b'IDAT': pixels += data[at + 8:at + 8 + size]
    at += 12 + size
# Rows that differ from the one above: a blank page has next to none.
step = 1 + width * {2: 3, 6: 4}[colour]
raw = zlib.decompress(pixels)
busy = sum(any(raw[row * step + 1:(row + 1) * step]) for row in range(height))
print(width, height, 'drawn' if busy > height / 4 else f'blank ({busy} rows)')
END
}
shot() {
    local name=$1 width=$2 height=$3
    shift 3
    browser --window-size="$width,$height" --screenshot="$tmp/$name.png" "$@" "file://$tmp/page.html"
    is "$(png "$name.png")" "$width $height drawn" "a screenshot: $name"
    [ -z "${TLSAGEN_PAGES:-}" ] || cp "$name.png" "$TLSAGEN_PAGES/"
}
shot phone 360 740
shot desk 1280 900
shot dark 1280 900 --blink-settings=preferredColorScheme=0
fails "light and dark differ" cmp -s desk.png dark.png
finish
