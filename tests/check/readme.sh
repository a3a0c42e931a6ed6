#!/bin/bash
# README.md keeps its word: the commands of its ```console blocks, run in order in one shell that
# starts in the root of a clone, print what is shown. "…" in shown output stands for any text.
. "$(dirname "$0")/../lib.sh"
readme=$TLSAGEN_SOURCE/README.md

# A clone as far as the examples need one.
mkdir -p clone/tests/data
ln -s "$TLSAGEN_BUILD" clone/build
cp -r "$TLSAGEN_SOURCE/tests/data/readme" clone/tests/data/
mkdir clone/contrib && cp "$TLSAGEN_SOURCE/contrib/tlsagen.conf" clone/contrib/
cd clone || exit 1

# matches GOT SHOWN: equal, with "…" as a wildcard
matches() {
    local pattern
    pattern=$(printf '%s' "$2" | sed 's/[][*?()|\\]/\\&/g; s/…/*/g')
    # shellcheck disable=SC2053 # a pattern on purpose
    [[ $1 == $pattern ]]
}

command='' shown='' line_number=0 inside=no
try() {
    [ -n "$command" ] || return 0
    local got
    # In this shell, because examples change folder and variables.
    eval "$command" >"$tmp/.got" 2>&1 </dev/null
    got=$(cat "$tmp/.got")
    if matches "$got" "${shown%$'\n'}"; then
        ok "line $started: $command"
    else
        not_ok "line $started: $command" "got:" "$got" "shown:" "$shown"
    fi
    command='' shown=''
}
while IFS= read -r line; do
    line_number=$((line_number + 1))
    case $inside:$line in
    no:'```console') inside=yes ;;
    no:*) ;;
    yes:'```') try; inside=no ;;
    yes:'$ '*) try; command=${line#'$ '} started=$line_number ;;
    yes:'> '*) command+=$'\n'${line#'> '} ;;
    yes:*) shown+=$line$'\n' ;;
    esac
done <"$readme"

# chapters: the anchors of all but the last, "More", as GitHub makes them
chapters() { sed -n 's/^## //p' | sed '$d' | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9_\n-'; }
is "$(sed -n '1,/^## /s/^| \[[^]]*\](#\([^)]*\)) |.*/\1/p' "$readme")" "$(chapters <"$readme")" \
    "the chapters are listed at the top, in order"
is "$(printf '## A: b, c\n## More\n' | chapters)" a-b-c "as the anchors of their headings"
[ "$tap_count" -gt 0 ] || not_ok "the README has examples"
if matches 'a*b' 'a…b' && ! matches 'ab' 'a*b' && ! matches 'abc' 'a…b'; then
    ok "the comparison tells texts apart"
else
    not_ok "the comparison tells texts apart"
fi
finish
