#!/bin/bash
# Every C file looks as clang-format 14 lays it out.
. "$(dirname "$0")/../lib.sh"
cd "$TLSAGEN_SOURCE" || exit 1

command -v clang-format >/dev/null || skip_all "clang-format is not installed"
mapfile -t files < <(find lib cli tests contrib bench -name '*.[ch]' 2>/dev/null | sort)
like "${#files[@]}" '^[1-9]' "there are C files"
# All in one run, as hundreds of starts take longer than the work; one by one to name the guilty.
if clang-format --dry-run -Werror --ferror-limit=1 "${files[@]}" >/dev/null 2>&1; then
    for file in "${files[@]}"; do ok "$file"; done
else
    for file in "${files[@]}"; do
        succeeds "$file" clang-format --dry-run -Werror --ferror-limit=3 "$file"
    done
fi

# The measure itself.
printf 'int  x ;\n' >"$tmp/bad.c"
fails "another layout is seen" clang-format --style=file:.clang-format --dry-run -Werror "$tmp/bad.c"
finish
