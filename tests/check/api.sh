#!/bin/bash
# The public interface: what the headers declare, the library exports and the manual names is one.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

declared() { cat "$@" | tr '\n' ' ' | grep -oE 'TLSAGEN_API [^(;]*\(' | grep -oE 'tlsagen_[a-z0-9_]+ *\($' |
    tr -d ' (' | sort; }
# Paragraphs, as blank lines part them, that declare functions and have no comment.
undocumented() { awk -v RS= '/TLSAGEN_API/ && !/\/\*/ && !/# *define TLSAGEN_API/' "$@"; }

headers=(lib/tlsagen.h lib/tlsagen/*.h)
declared "${headers[@]}" >"$tmp/declared"
nm -D --defined-only "$TLSAGEN_BUILD/lib/libtlsagen.so" | awk '$2 ~ /[TWBDR]/ {sub(/@.*/, "", $3); print $3}' |
    sort >"$tmp/exported"
like "$(wc -l <"$tmp/declared")" '^[1-9][0-9]' "the headers declare functions"
same "$tmp/declared" "$tmp/exported" "the library exports what the headers declare, and nothing else"
is "$(undocumented "${headers[@]}")" "" "each declaration has a comment"
is "$(grep -cv '^tlsagen_[a-z0-9]*_[a-z0-9_]*$' <(grep -v '^tlsagen_version$' "$tmp/declared"))" 0 \
    "names are tlsagen_<noun>_<verb>"

grep -E "^\.(Fn|Fo|It Fn) tlsagen_" man/libtlsagen.3 | grep -oE 'tlsagen_[a-z0-9_]+' | sort -u >"$tmp/manual"
same "$tmp/declared" "$tmp/manual" "libtlsagen(3) names each function, and no other"

# The measures themselves.
printf '%s\n' 'TLSAGEN_API int' '   tlsagen_a_b(void);' >"$tmp/bare.h"
is "$(declared "$tmp/bare.h")" tlsagen_a_b "a declaration over two lines is seen"
like "$(undocumented "$tmp/bare.h")" tlsagen_a_b "a declaration without a comment is seen"
finish
