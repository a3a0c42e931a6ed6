#!/bin/bash
# Files of at most 500 lines and functions of at most 80, and no notes of things left to do.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

long_files() { wc -l "$@" | awk '$2 != "total" && $1 > 500 {print $2 ": " $1 " lines"}'; }
long_functions() {
    awk 'FNR == 1 { start = 0 }
         /^\{/ { start = FNR }
         /^\}/ { if (start && FNR - start > 80) printf "%s:%d: %d lines\n", FILENAME, start, FNR - start
                 start = 0 }' "$@"
}

mapfile -t sources < <(find lib cli -name '*.[ch]' | sort)
is "$(long_files "${sources[@]}")" "" "no file over 500 lines"
is "$(long_functions "${sources[@]}")" "" "no function over 80 lines"

left_over='TO''DO|FIX''ME|XX''X|HA''CK|not imple''mented|unimple''mented'
is "$(grep -rnwE "$left_over" lib cli man tests contrib README.md bootstrap 2>/dev/null)" "" \
    "nothing is left to do"

# The measures themselves.
yes '' | head -n 501 >"$tmp/long.c"
like "$(long_files "$tmp/long.c")" '501 lines' "a long file is seen"
{ echo 'int f(void)'; echo '{'; yes '    x();' | head -n 80; echo '}'; } >"$tmp/big.c"
like "$(long_functions "$tmp/big.c")" 'big.c:2: 81 lines' "a long function is seen"
finish
