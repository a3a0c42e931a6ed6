#!/bin/bash
# tlsagen export: JSON, Prometheus and HTML that programs can read, whatever stands in the files.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/states.sh"

# Markup, quotes, bytes that are no UTF-8, and a text that turns its direction around.
# shellcheck disable=SC2034 # for fleet_scene
hostile=$'</span><script>alert("x\')</script><img src=x onerror=a> &lt; \xff\xc0\x80 \xe2\x80\xae evil \\" {}'
fleet_scene
export_() { tlsagen export -C tlsagen.conf "$@"; }

# --- words ---

run tlsagen export --help
is "$status:$err" "0:" "--help"
for words in '' '--format xml' '--format json --format html' --live --json '--format json --only x' -o; do
    # shellcheck disable=SC2086 # words
    run tlsagen export $words
    is "$status:$out" "2:" "${words:-no format}"
done

# --- JSON ---

run export_ --format json
is "$status:$err" "0:" "JSON"
printf '%s' "$out" >json
is "$(python3 -c 'import json, sys
d = json.load(open("json"))
print(d["at"][-1], [s["service"] for s in d["services"]], d["services"][5]["time_line"]["safe"])')" \
    "Z ['old', 'imap', 'broken', 'waiting', 'verified', 'seen', 'new', 'www'] $(at $((now - 600 + 7205)))" "all services, with their time lines"
# Members that hold what the clock says differ from run to run.
cat >steady.py <<'END'
import json, sys
def steady(x):
    if isinstance(x, list): return [steady(i) for i in x]
    return {k: steady(v) for k, v in x.items() if k not in ('seconds_left', 'next', 'due', 'days_left')} if isinstance(x, dict) else x
print(json.dumps(steady(json.load(sys.stdin)['services'])))
END
is "$(python3 steady.py <json)" "$(tlsagen status --json -C tlsagen.conf | python3 steady.py)" "as status --json"

# --- Prometheus ---

cat >lint.py <<'END'
# The rules of the text format, and those of promtool: one line of HELP and of TYPE before the samples of a
# metric, which stand together; names, labels and escapes well formed; no series twice; units in names.
import re, sys
metrics, series, now = {}, set(), None
for number, line in enumerate(sys.stdin.buffer.read().decode().split('\n')[:-1], 1):
    def fault(what): sys.exit(f'line {number}: {what}: {line}')
    if line.startswith('# '):
        _, kind, name, text = line.split(' ', 3)
        if kind == 'HELP':
            if name in metrics: fault('HELP twice, or samples apart')
            if not text.endswith('.'): fault('no sentence')
            metrics[name], now = False, name
        elif kind != 'TYPE' or name != now or metrics[name] or text != 'gauge': fault('no TYPE')
        else: metrics[name] = True
        continue
    match = re.fullmatch(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?)', line)
    if not match: fault('no sample')
    if match[1] != now or not metrics[now]: fault('outside of its metric')
    if (match[1], match[2]) in series: fault('a series twice')
    series.add((match[1], match[2]))
    if 'timestamp' in now and not now.endswith('_timestamp_seconds'): fault('no unit')
    if 'timestamp' in now and not 1.7e9 < float(match[3]) < 3e9: fault('no time')
print(len(metrics) > 10, len(series) > 60)
END
run export_ --format prometheus
is "$status:$err" "0:" "Prometheus"
is "$(python3 lint.py <<<"$out" 2>&1)" "True True" "keeps to the text format"
labels() { echo "service=\"$1\",zone=\"example.org.\",host=\"$1.example.org.\""; }
for line in "failing{$(labels imap)} 1" "failing{$(labels www)} 0" "rolling{$(labels seen)} 1" "due{$(labels waiting)} 1" \
    "stage{$(labels seen),stage=\"seen\"} 1" "verified{$(labels imap),verdict=\"mismatch\"} 0" \
    "verified{$(labels www),verdict=\"verified\"} 1" "safe_timestamp_seconds{$(labels seen)} $((now - 600 + 7205))" \
    "deployment_failures{$(labels broken)} 1" "ttl_seconds{$(labels seen)} 3600" "records{$(labels seen)} 2" \
    "checked_timestamp_seconds{$(labels www)} $((now - 4000))" \
    "certificate_expiry_timestamp_seconds{$(labels old)} $(date -d "$(openssl x509 -in old.pem -noout -enddate | cut -d= -f2)" +%s)"; do
    succeeds "$line" grep -qxF "tlsagen_fleet_$line" <<<"$out"
done
unlike "$out" "safe_timestamp_seconds.{service=\"www\"" "no time where there is none"
# The rules find what breaks them.
for fault in '2s/TYPE/TIPE/' '/stage{/s/} /}/' '5p' '1d' '$s/$/\nx 1/'; do
    fails "lint: $fault" python3 lint.py < <(sed "$fault" <<<"$out")
done

# --- HTML ---

cat >page.py <<'END'
# Well-formed, self-contained, accessible; prints what a reader is shown.
import sys
from html.parser import HTMLParser
VOID = {'meta', 'link', 'br', 'wbr'}
KNOWN = set('html head meta title link style body header h1 h2 h3 p ul ol li main table caption thead tbody tr th td span b a '
            'small section details summary code time footer'.split())
class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.text, self.rows, self.cells = [], set(), [], [], [], 0
    def fault(self, what): sys.exit(f'{self.getpos()}: {what}')
    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        attrs = dict(attrs)
        if tag not in KNOWN: self.fault(f'a tag of somebody else: {tag}')
        if len(names) != len(attrs): self.fault('an attribute twice')
        if any(name.startswith('on') or name in ('src', 'srcset', 'style') for name in attrs): self.fault(f'{names}')
        if 'href' in attrs and not attrs['href'].startswith(('#', 'data:,')): self.fault('leads elsewhere')
        if tag == 'th' and 'scope' not in attrs: self.fault('th without scope')
        if tag == 'td' and not attrs.get('data-head'): self.fault('td without its head')
        if 'id' in attrs:
            if attrs['id'] in self.ids: self.fault('an id twice')
            self.ids.add(attrs['id'])
        self.links += [attrs['href'][1:]] if attrs.get('href', '').startswith('#') else []
        self.links += attrs.get('aria-labelledby', '').split()
        if tag == 'tr': self.cells = 0
        self.cells += tag in ('td', 'th')
        if tag not in VOID: self.open.append(tag)
    def handle_endtag(self, tag):
        if tag in VOID or not self.open or self.open.pop() != tag: self.fault(f'</{tag}> closes another one')
        if tag == 'tr': self.rows.append(self.cells)
    def handle_startendtag(self, tag, attrs): self.fault('a tag that closes itself')
    def handle_data(self, data):
        if self.open and self.open[-1] == 'style':
            if 'url(' in data or '@import' in data: self.fault('a style from elsewhere')
        else: self.text.append(data)
source = sys.stdin.buffer.read()
page = Page()
page.feed(source.decode())
page.close()
if page.open: sys.exit(f'left open: {page.open}')
if not source.startswith(b'<!DOCTYPE html>\n<html lang="en">'): sys.exit('no doctype or language')
if not set(page.links) <= page.ids: sys.exit(f'links to nothing: {set(page.links) - page.ids}')
if len(set(page.rows)) != 1: sys.exit(f'rows of different lengths: {page.rows}')
for need in (b'<meta charset="utf-8">', b'name="viewport"', b'prefers-color-scheme:dark', b'<caption>', b'<main>'):
    if source.count(need) != 1: sys.exit(f'not once: {need}')
print(' '.join(''.join(page.text).split()))
END
run export_ --format html
is "$status:$err" "0:" "HTML"
printf '%s\n' "$out" >page.html
succeeds "well-formed, self-contained, accessible" python3 page.py <page.html
text=$(python3 page.py <page.html)
like "$text" '8 services 3 need attention 3 rolling over 2 due now' "the sums"
like "$text" '</span><script>alert\("x'\''\)</script><img src=x onerror=a> &lt; ��� � evil \\" \{\}' \
    "hostile text is shown as it is, bytes that cannot be shown replaced"
like "$text" "published done $(at $((now - 5000)) | tr TZ ' ' | sed 's/ *$//') UTC [^ ]+ seen by all servers done .* safe next $(at $((now - 600 + 7205)) | tr TZ ' ' | sed 's/ *$//') UTC \\(expected\\) · deployed later not known yet" \
    "the time line of a service, with clock times"
is "$(grep -c '<section class="line"' page.html)" 3 "a time line for each rollover under way"
is "$(grep -c 'aria-current="step"' page.html)" 3 "the present step is told to those who do not see it"
is "$(grep -cE '<script| on[a-z]+="|https?:' page.html)" 0 "no script, nothing from elsewhere"
run export_ --format html --only rolling --zone example.net
succeeds "without a service it is a page, too" grep -q 'No service is to be shown' <<<"$out"
export_ --format html www >one.html
succeeds "with nothing under way, too" python3 page.py <one.html
# The rules find what breaks them.
for fault in 's,</tbody>,,' 's/<caption>/<caption><script>/' 's/ scope="col"//' 's/id="services"/id="x"/' 's/<h1>/<h1 onclick="x">/' \
    's/href="#line-seen"/href="http:x"/' '0,/<td /s/<td [^<]*<span>/&<\/span><\/td><td data-head="x"><span>/'; do
    fails "page: $fault" python3 page.py < <(sed "$fault" page.html)
done

# --- the file ---

mkdir web
run export_ --format html -o web/index.html
is "$status:$out:$err" "0::" "-o"
is "$(sed 's/..:..:../time/g' web/index.html | md5sum)" "$(sed 's/..:..:../time/g' page.html | md5sum)" "the same page"
is "$(stat -c %a web/index.html) $(ls web)" "644 index.html" "that others can read, and nothing beside it"
chmod 640 web/index.html
ln -s index.html web/link.html
inode=$(stat -c %i web/index.html)
export_ --format html -o web/link.html
is "$(stat -c %a web/index.html) $(readlink web/link.html)" "640 index.html" "mode and link stay"
unlike "$(stat -c %i web/index.html)" "^$inode\$" "it is replaced, not written over"
run export_ --format json -o web/none/x
like "$status $err" '^1 tlsagen: cannot write web/none/x: ' "a folder that is not there"
run export_ --format json -o web
like "$status $err" '^1 tlsagen: web is no regular file' "a folder"
mkdir full && mount -t tmpfs -o size=16k tmpfs full 2>/dev/null && {
    at_exit "umount '$tmp/full'"
    echo former >full/page.html
    run export_ --format html -o full/page.html
    like "$status $err" '^1 .*No space left' "a full disk"
    is "$(cat full/page.html) $(ls full)" "former page.html" "the former page stays, and nothing beside it"
}
echo tlsagen-rollover 1 >state/rollover/www.state
for format in json prometheus html; do
    run export_ --format $format
    like "$status $err" '^1 tlsagen: .*www\.state' "$format: a state that cannot be read"
    like "$out" 'seen' "$format: the others are written"
done
like "$(export_ --format prometheus 2>/dev/null)" 'tlsagen_fleet_readable\{service="www"[^}]*\} 0' "and it is told which"
finish
