#!/bin/bash
# Shell scripts parse, and shellcheck has nothing to warn of.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

mapfile -t scripts < <(
    echo bootstrap
    echo .ci/run
    find tests contrib bench -name '*.sh' -o -name '*.bash' 2>/dev/null | sort
)
# One run for all, which costs two thirds of one for each: FILE:LINE:COLUMN: finding
findings='' code=0
if command -v shellcheck >/dev/null; then
    findings=$(shellcheck -f gcc -s bash -S warning "${scripts[@]}" 2>&1)
    code=$?
fi
is "$code" 0 "shellcheck has nothing to say" # as it may break off
for script in "${scripts[@]}"; do
    succeeds "bash reads $script" bash -n "$script"
    if command -v shellcheck >/dev/null; then
        is "$(grep -F "$script:" <<<"$findings")" "" "shellcheck $script"
    else
        skip "shellcheck $script" "shellcheck is not installed"
    fi
done
finish
