#!/bin/bash
# `tlsagen rollover`: services whose owners are aliases of one name, services that share `live`, and
# both at once.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_shared.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
shared=_dane.dane.test
lab_zone 'a A 127.0.0.1
b A 127.0.0.1
c A 127.0.0.1
d A 127.0.0.1
_4431._tcp.a CNAME _dane
_4441._tcp.a CNAME _dane
_4432._tcp.b CNAME _dane
_4433._tcp.c CNAME _pair
_4434._tcp.d CNAME _pair'
start_dns
start_tls 4431=live/a/combined.pem 4441=live/a/combined.pem 4432=live/b/combined.pem \
    4433=live/pair/combined.pem 4434=live/pair/combined.pem
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
service a { host = a.dane.test ports = { 4431, 4441 } }
service b { host = b.dane.test ports = 4432 }
service c { host = c.dane.test ports = 4433 live = "$tmp/live/pair" source = "$tmp/acme/pair" }
service d { host = d.dane.test ports = 4434 live = "$tmp/live/pair" source = "$tmp/acme/pair" }
END
# renew_pair CERTIFICATE: of both hosts
renew_pair() {
    make_key "$1" ec
    _issue "$1" "/CN=$1" 'subjectAltName=DNS:c.dane.test,DNS:d.dane.test\n' root -1 365
    put_source acme/pair "$1"
}
# sets: what the primary has had at both names, looked at again and again
watch_sets() {
    trap - EXIT HUP INT TERM
    while :; do
        served 127.0.0.1 $shared | paste -sd, >>sets.dane
        served 127.0.0.1 _pair.dane.test | paste -sd, >>sets.pair
        sleep 0.2
    done
}
# always FILE CERTIFICATE WHAT: every set seen has its record
always() {
    local without
    without=$(sed '/^$/d' "$1" | grep -vcF "$(record "$2")")
    is "$without:$(grep -qc . "$1" && echo seen)" 0:seen "$3"
}
# settled A B PAIR: all is at rest with these certificates
settled() { idle "$1" a && idle "$2" b && at idle c d && [ "$(fingerprint <live/pair/cert.pem)" = "$(fingerprint_of "$3")" ]; }
both() { record "$@" | sort -u; }

renew a a1
renew b b1
renew_pair p1
pass 40 settled a1 b1 p1
pass 20 quiet_run
is "$(served 127.0.0.3 $shared)" "$(both a1 b1)" "both services have their record at the name"
is "$(served 127.0.0.3 _pair.dane.test)" "$(record p1)" "a certificate of two services has its record once"
live_is a a1 "a is deployed"; live_is b b1 "b is deployed"

# One after the other: b is at rest while a goes on, and the other way round.
watch_sets & watcher=$!
renew a a2
renew_pair p2
pass 60 settled a2 b1 p2
kill $watcher; wait $watcher 2>/dev/null
is "$(served 127.0.0.1 $shared)" "$(both a2 b1)" "a has gone on to its next key; b's record stays"
is "$(served 127.0.0.1 _pair.dane.test)" "$(record p2)" "two services with one certificate have gone on together"
always sets.dane b1 "b's record was there all the time"
is "$(grep -c reload hooks)" 5 "what is shared was deployed once"
is "$(shown 4431)$(shown 4441)$(shown 4434)" "$(fingerprint_of a2)$(fingerprint_of a2)$(fingerprint_of p2)" "all show what is live"

# Both at once, with new keys of their own.
renew b b2
rollover run
renew a a3
: >sets.dane
watch_sets & watcher=$!
pass 90 settled a3 b2 p2
kill $watcher; wait $watcher 2>/dev/null
is "$(served 127.0.0.1 $shared)" "$(both a3 b2)" "both have gone on at the same time"
rollover explain a; is "$status" 0 "a time line"

# A next key that waits for its certificate does not hold the other one up.
pass 20 quiet_run # what was retired last has gone from the secondary, too
rollover next-key a; is "$status" 0 "a has a next key" || echo "# $out$err"
before=$(served 127.0.0.1 $shared | wc -l)
is "$before" 3 "its record stands beside theirs"
renew b b3
pass 60 idle b3 b
is "$(served 127.0.0.1 $shared | grep -cxF -e "$(record a3)" -e "$(record b3)"):$(served 127.0.0.1 $shared | wc -l)" 2:3 "b has gone on meanwhile"
rollover abort a
pass 30 quiet_run

# The same certificate in two services that are switched apart: it stays until neither needs it.
make_key same ec
_issue same /CN=same 'subjectAltName=DNS:a.dane.test,DNS:b.dane.test\n' root -1 365
put_source acme/a same
put_source acme/b same
pass 90 settled same same p2
is "$(served 127.0.0.1 $shared)" "$(record same)" "one record for both"
renew a a4
: >sets.dane
watch_sets & watcher=$!
pass 60 settled a4 same p2
kill $watcher; wait $watcher 2>/dev/null
is "$(served 127.0.0.1 $shared)" "$(both a4 same)" "a goes on, and b's record stays"
always sets.dane same "it was there all the time"
renew b b5
pass 60 settled a4 b5 p2
is "$(served 127.0.0.1 $shared)" "$(both a4 b5)" "it goes with the last one who needs it"
pass 20 quiet_run
finish
