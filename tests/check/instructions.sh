#!/bin/bash
# One certificate costs at most 8 million instructions: a library or a configuration file pulled
# into the way of a single record would show here, whatever the machine is doing.
. "$(dirname "$0")/../lib.sh"

command -v valgrind >/dev/null || skip_all "valgrind is not installed"
cost() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

create=("$TLSAGEN" create -c "$TLSAGEN_DATA/readme/mail.pem" mail.example.org 25)
like "$("${create[@]}" 2>&1)" 'IN.TLSA.3 1 1 [0-9a-f]{64}$' "create makes a record"
used=$(cost "${create[@]}")
least=$(cost "$TLSAGEN" --version)
like "$used" '^[0-9]+$' "callgrind counts the instructions of create"
if [ "${used:-0}" -gt "${least:-0}" ] && [ "$used" -le 8000000 ]; then
    ok "one record in at most 8 million instructions: $used, of which $least to start"
else
    not_ok "one record in at most 8 million instructions: $used, of which $least to start"
fi
finish
