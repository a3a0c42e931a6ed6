#!/bin/bash
# Every C file looks as clang-format 14 lays it out.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

command -v clang-format >/dev/null || skip_all "clang-format is not installed"
for file in $(find lib cli tests contrib bench -name '*.[ch]' 2>/dev/null | sort); do
    succeeds "$file" clang-format --dry-run -Werror --ferror-limit=3 "$file"
done
finish
