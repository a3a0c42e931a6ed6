#!/bin/bash
# tests/summary.py counts single results, and is not fooled by crashes or by nothing.
. "$(dirname "$0")/../lib.sh"

summary() { python3 "$TLSAGEN_SOURCE/tests/summary.py" "$@"; }
# entry RESULT STDOUT: one test in the log of build folder b
entry() { printf '{"name": "t", "result": "%s", "stdout": "%s"}\n' "$1" "$2" >>b/meson-logs/testlog.json; }
# counted WANTED STATUS WHAT
counted() {
    run summary b
    is "${out##*$'\n'}" "$1" "$3"
    is "$status" "$2" "$3: status"
    : >b/meson-logs/testlog.json
}
mkdir -p b/meson-logs

entry OK '1..2\nok 1 - a\nok 2 - b # SKIP not here\n'
entry OK ''
counted "2 passed, 0 failed, 1 skipped" 0 "TAP lines and plain tests"
entry OK 'ok 1 - a\n'
entry FAIL 'ok 1 - a\nnot ok 2 - b\n1..2\n'
counted "2 passed, 1 failed" 1 "a failed line"
entry OK 'ok 1 - a\n'
entry ERROR 'ok 1 - a\n'
counted "2 passed, 1 failed" 1 "a crash after passed lines"
entry TIMEOUT ''
counted "0 passed, 1 failed" 1 "a time-out"
entry SKIP '1..0 # SKIP no server\n'
counted "0 passed, 0 failed, 1 skipped" 1 "nothing but skips"
counted "0 passed, 0 failed" 1 "an empty log"
run summary absent
is "${out##*$'\n'}" "0 passed, 1 failed" "a build without a log"
finish
