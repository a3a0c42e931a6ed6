#!/bin/bash
# Shell scripts parse, and shellcheck has nothing to warn of.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

mapfile -t scripts < <(
    echo bootstrap
    echo .ci/run
    find tests contrib bench -name '*.sh' -o -name '*.bash' 2>/dev/null | sort
)
for script in "${scripts[@]}"; do
    succeeds "bash reads $script" bash -n "$script"
    if command -v shellcheck >/dev/null; then
        succeeds "shellcheck $script" shellcheck -s bash -S warning "$script"
    else
        skip "shellcheck $script" "shellcheck is not installed"
    fi
done
finish
