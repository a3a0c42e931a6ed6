#!/bin/bash
# Manual pages: clean, one for each command, with the options that the command's --help shows.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/check/help.sh"
cd "$TLSAGEN_SOURCE" || exit 1

if command -v mandoc >/dev/null; then
    for page in man/*.[1-9]; do
        is "$(mandoc -T lint -W warning "$page" 2>&1)" "" "mandoc finds nothing in $page"
    done
else
    skip "mandoc finds nothing" "mandoc is not installed"
fi

# The options that a page explains: ".It Fl c , Fl Fl certificate Ar file".
options_of_page() {
    sed -n 's/^\.It Fl/Fl/p' "$1" | grep -oE 'Fl (Fl |-)?[A-Za-z0-9][-A-Za-z0-9]*' |
        sed -E 's/^Fl (Fl |-)/--/; s/^Fl /-/' | sort -u
}

for name in $(commands); do
    page=man/tlsagen-$name.1
    help_of "$name" >"$tmp/help"
    is $? 0 "tlsagen $name --help"
    options_of_help <"$tmp/help" >"$tmp/options"
    succeeds "$name has options" test -s "$tmp/options"
    options_of_page "$page" >"$tmp/page"
    same "$tmp/options" "$tmp/page" "$page has the options of --help, and no other"
    succeeds "tlsagen(1) names $name" grep -q "^\.It Xr tlsagen-$name 1" man/tlsagen.1
done

# The measures themselves.
printf '%s\n' '  -c, --cert FILE  a - b' '      --connect[=ADDRESS]' | options_of_help >"$tmp/options"
is "$(xargs <"$tmp/options")" "--cert --connect -c" "options of a help text are seen"
printf '%s\n' '.It Fl c , Fl Fl cert Ar file' '.It Fl Fl connect Ns Op = Ns Ar address' '.Fl x' >"$tmp/p.1"
is "$(options_of_page "$tmp/p.1" | xargs)" "--cert --connect -c" "options of a page are seen"
finish
