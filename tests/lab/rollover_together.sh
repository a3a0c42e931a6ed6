#!/bin/bash
# `tlsagen rollover` of services that share `live`, which go on and go back together: next-key, abort,
# an endpoint of one of them that goes on showing the former certificate, --emergency; and services
# that share a name, but ask for other records there.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_together.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
lab_zone 'c A 127.0.0.1
d A 127.0.0.1
e A 127.0.0.1
f A 127.0.0.1
_4435._tcp.e CNAME _dane
_4436._tcp.f CNAME _dane'
start_dns
# c's server can be made deaf, so that it goes on showing what it has read.
start_tls 4433=live/pair/combined.pem 2>/dev/null
c_pid=$tls_pid
start_tls 4434=live/pair/combined.pem 4435=live/e/combined.pem 4436=live/f/combined.pem 2>/dev/null
printf '[ -e %s/c-deaf ] || kill -HUP %s\n' "$tmp" "$c_pid" >>reload-tls
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
service c { host = c.dane.test ports = 4433 live = "$tmp/live/pair" source = "$tmp/acme/pair" }
service d { host = d.dane.test ports = 4434 live = "$tmp/live/pair" source = "$tmp/acme/pair" }
service e { host = e.dane.test ports = 4435 }
service f { host = f.dane.test ports = 4436 }
END
names='subjectAltName=DNS:c.dane.test,DNS:d.dane.test\n'
renew_pair() { # CERTIFICATE: of both hosts
    [ -e "$1.key" ] || make_key "$1" ec
    _issue "$1" "/CN=$1" "$names" root -1 365
    put_source acme/pair "$1"
}
at_c() { served 127.0.0.1 _4433._tcp.c.dane.test; }
at_d() { served 127.0.0.1 _4434._tcp.d.dane.test; }
pair_is() { [ "$(fingerprint 2>/dev/null <live/pair/cert.pem)" = "$(fingerprint_of "$1")" ]; }
pair_idle() { pair_is "$1" && at idle c d; }
# run_as_told REGEX: for `pass`, the runs have told it
have_told() { grep -qE "$1" told; }
make_ca root
renew_pair p1
renew e e1; renew f f1
everything_idle() { pair_idle p1 && idle e1 e && idle f1 f; }
pass 40 everything_idle
pass 20 quiet_run

# A next key is that of both, and its request is for both hosts.
rollover next-key --csr=next.csr d
like "$status:$out" '^0:.*d: the next key may be deployed ' "next-key for one of them"
like "$(openssl req -in next.csr -noout -text)" 'DNS:d\.dane\.test, DNS:c\.dane\.test' "the request is for both hosts"
is "$(at_c | wc -l):$(at_d | wc -l)" 2:2 "its record is published for both"
is "$(at_c)" "$(at_d)" "the same one"
rollover next-key --csr=again.csr c
is "$status:$(openssl req -in again.csr -noout -pubkey)" "0:$(openssl req -in next.csr -noout -pubkey)" "asked for the other one, it is the same key"
cp state/rollover/c.next.key p2.key
renew_pair p2
rm acme/pair/privkey.pem # as with a request: the client has no key
pass 60 pair_idle p2
is "$(at_c):$(at_d)" "$(record p2):$(record p2)" "its certificate is deployed for both"
is "$(find state/rollover -name '*.next.key')" "" "and the key has gone to live"

# Abort gives both the current key alone.
pass 20 quiet_run
rollover next-key c
is "$(at_c | wc -l):$(at_d | wc -l)" 2:2 "another next key"
rollover abort d; like "$status" '^[04]$' "abort of one of them" || echo "# $out$err"
pass 20 at idle c d
pass 30 quiet_run
is "$(at_c):$(at_d)" "$(record p2):$(record p2)" "is that of both"
is "$(find state/rollover -name '*.next.key')" "" "the key is forgotten"
rollover abort c; like "$status:$err" '^1:.*nothing is under way' "nothing is left to be aborted"

# c's endpoint shows the former certificate until the deadline: d, which is verified, keeps the former
# record as long as it may go back.
touch c-deaf
deadline 8s
renew_pair p3
sets() {
    trap - EXIT HUP INT TERM
    while :; do at_d | paste -sd, >>sets.d; sleep 0.2; done
}
sets & watcher=$!
pass 60 have_told 'd: deployed: '
pass 40 have_told 'd: deployed the former certificate again'
kill $watcher; wait $watcher 2>/dev/null
pair_is p2 && ok "live goes back for both" || not_ok "live goes back for both" "$(tail -3 told)"
is "$(grep . sets.d | grep -vcF "$(record p2)"):$(grep -c . sets.d | grep -qv '^0$' && echo seen)" 0:seen "d has had the former record all the time"
is "$(shown 4433):$(shown 4434)" "$(fingerprint_of p2):$(fingerprint_of p2)" "both show the former certificate"
rm c-deaf
deadline 5m
rollover abort c; like "$status" '^[04]$' "abort, as it is tried again later only" || echo "# $out$err"
pass 30 quiet_run
is "$(at_c):$(at_d)" "$(record p2):$(record p2)" "the current key alone is left"

# d keeps what was replaced for long, and c goes on to the next certificate: live waits for d.
sed -i 's/^service d {/& keep = 1h/' tlsagen.conf
make_key p3b ec; renew_pair p3b
c_done() { pair_is "$1" && at idle c; }
pass 60 c_done p3b
is "$(stage_of d)" verified "one keeps its replaced records for longer than the other one"
make_key p3c ec; renew_pair p3c
told_of_d() { rollover run -v c; grep -q 'c: safe to deploy; waits for d, which shares' <<<"$out$err"; }
pass 60 told_of_d
pair_is p3b && ok "live waits for who has no records of the certificate after it" \
    || not_ok "live waits for who has no records of the certificate after it" "$out$err $(at_d)"
sed -i '/^service d /s/keep = 1h //' tlsagen.conf
pass 60 pair_idle p3c
is "$(at_c):$(at_d)" "$(record p3c):$(record p3c)" "then both go on to it"

# In an emergency both are deployed at once.
make_key p4 ec; renew_pair p4
rollover run --emergency c
like "$err" 'c: emergency: .*d: emergency: ' "--emergency for one says what it costs both"
pair_is p4 && ok "and is for both" || not_ok "and is for both" "$out$err"
pass 40 pair_idle p4
idle_since=$(date +%s)

# At one name, others' records: what one of them cannot match is not published.
sed -i 's/^service f { /&records = { "2 1 1" } /' tlsagen.conf
shared=_dane.dane.test
before=$(served 127.0.0.1 $shared)
run_until 20 'f: .*(records would not match what e shows|"?records"?)' "other records at a shared name are refused" f
is "$(served 127.0.0.1 $shared)" "$before" "and nothing is published"
sed -i 's/records = { "2 1 1" } //' tlsagen.conf
pass 30 quiet_run

# Abort after an emergency: the former records never went, so that there is nothing to wait for. By
# now caches have had them for long enough.
until [ "$(date +%s)" -gt $((idle_since + 2 * ttl + 6)) ]; do sleep 0.2; done
make_key p5 ec; renew_pair p5
rollover run --emergency d
pair_is p5 && ok "deployed at once" || not_ok "deployed at once" "$out$err"
run "$TLSAGEN" rollover explain -C tlsagen.conf c
like "$out" 'emergency: deployed without waiting: .* senders that validate and remember the former records may' \
    "explain tells that senders may fail"
rollover abort c
pair_is p4 && ok "abort deploys the former certificate again at once" \
    || not_ok "abort deploys the former certificate again at once" "$out$err"
pass 30 at idle c d
pass 30 quiet_run
is "$(at_c):$(at_d)" "$(record p4):$(record p4)" "the current key alone is left"

# One whose former records caches may lack holds all back, until they have them.
pass 60 pair_idle p4
make_key p6 ec; renew_pair p6
rollover run --emergency d
pair_is p6 && ok "the next one is deployed" || not_ok "the next one is deployed" "$out$err"
sed -i '/^served /d' state/rollover/d.state
rollover abort c
like "$status:$out$err" '^4:.*the way back waits for d, which shares .live.: caches may lack' "the way back waits for d"
pair_is p6 && ok "and live with it" || not_ok "and live with it" "$out$err"
pass 60 pair_is p4
told 'c: deployed the former certificate again' "then both go back"
finish
