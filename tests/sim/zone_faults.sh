#!/bin/bash
# Edits of a zone in two files, with each system call made to fail, and with the program killed at
# each of them: see zone_faults.py.
. "$(dirname "$0")/../lib.sh"
command -v strace >/dev/null || skip_all "strace is not installed"
strace -o /dev/null true 2>/dev/null || skip_all "strace cannot be used here"
[ -z "${ASAN_OPTIONS-}" ] || skip_all "a sanitizer makes calls of its own"
python3 "$TLSAGEN_SOURCE/tests/sim/zone_faults.py" "$TLSAGEN_BUILD/cli/tlsagen-full" "$tmp"
status=$?
# shellcheck disable=SC2034 # for lib.sh
tap_finished=yes
exit $status
