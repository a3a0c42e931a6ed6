#!/bin/bash
# tlsagen plan and apply on services whose rollover has a state: what it has published is never undone,
# and the record of a next key is published beside that in use, by the rules of rollovers.
# shellcheck disable=SC2154 # of states.sh
. "$(dirname "$0")/../lib.sh"
chmod 755 .
umask 022
. "$TLSAGEN_SOURCE/tests/states.sh"

cert() { # cert FILE: a certificate with a new key
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1" \
        -subj "/CN=mx.example.org" -addext "subjectAltName=DNS:mx.example.org" \
        -addext basicConstraints=CA:FALSE -days 30 2>/dev/null
}
zone() { # zone RECORD...: of the service
    printf '%s\n' "\$ORIGIN example.org." '$TTL 3600' '@ IN SOA ns hostmaster 5 1h 1h 1w 1h' \
        '@ IN NS ns' 'ns IN A 192.0.2.1' 'mx IN A 192.0.2.2' >example.org.db
    [ $# = 0 ] || printf "_25._tcp.mx TLSA %s\n" "$@" >>example.org.db
}
conf() { # conf [LINE]: the service
    printf '%s\n' 'state-dir = state' 'zone example.org {' 'file = example.org.db' '}' \
        'service mx {' 'host = mx.example.org' 'ports = 25' 'source = mx.pem' 'live = live.pem' "${1-}" '}' >tlsagen.conf
}
run_it() { run tlsagen "$@" -C tlsagen.conf; }
records() { sed -n 's/^_25\._tcp\.mx\S*\s.*TLSA\s*//p' example.org.db | sort | xargs; }
is_both() { is "$status $(records)" "0 $(printf '%s\n' "3 1 1 $old" "3 1 1 $new" | sort | xargs)" "$1"; }

# --- in the middle of a rollover ---

cert mx.pem
conf
write_rolling mx staged 5000 written_at 5000 next_written 5000 seen 600
zone "3 1 1 $old" "3 1 1 $new"
run_it plan --exit-code
is "$status" 0 "what a rollover has published is as it should be"
zone "3 1 1 $old"
run_it apply
is_both "a record that it had published before comes back"
zone "3 1 1 $new"
cp state/rollover/mx.state was
run_it apply
is_both "and the one in use"
same state/rollover/mx.state was "its state is left to it"
zone
run_it apply
is_both "and both"
zone "3 1 1 $old" "3 1 1 $new" "3 1 1 $(printf '%064d' 7)"
run_it apply
is "$status" 1 "records of others are refused there as everywhere"
cert mx.pem
zone "3 1 1 $old" "3 1 1 $new"
run_it plan --exit-code
is "$status" 0 "yet another certificate waits until the rollover is over"

# A run of `rollover` that was killed behind its write: what the write brought is not undone.
cp state/rollover/mx.state was
write_lines mx next.known next.certified "next.id $new" "next.keys $new" "next.chains 1" "ttl 3600" \
    "staged $((now - 5000))" "intent_at $((now - 5000))" \
    "record 3 1 1 $old written ours current current+ current.1" "record 3 1 1 $new intent next next+ next.1"
run_it apply
is_both "what was being published when a run was killed stays"
zone "3 1 1 $old"
run_it apply
is_both "and is published if it was not"
cp was state/rollover/mx.state
zone "3 1 1 $old" "3 1 1 $new"

# Pinned records stand beside both.
pinned="2 1 1 $(printf '%064d' 9)"
conf "pinned = { \"$pinned\" }"
run_it apply
is "$status" 0 "pinned records in a rollover"
like "$(records)" "$pinned" "are published"
like "$(records)" "3 1 1 $old" "beside those in use"
like "$(records)" "3 1 1 $new" "and those of the next key"
run_it plan --exit-code
is "$status" 0 "once"
conf
run_it apply
is_both "pinned no more, it goes, and they stay"

# --- a damaged state ---

echo damaged >state/rollover/mx.state
zone "3 1 1 $old"
cp example.org.db was
run_it apply
is "$status" 1 "a damaged state"
like "$err" "mx\.state:1: " "is told with its place"
same example.org.db was "and nothing is published for it"
finish
