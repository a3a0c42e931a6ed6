#!/bin/bash
# `tlsagen rollover` and name servers: a secondary that lags or is stopped, DNSSEC that breaks in the
# middle, a zone that somebody else edits, a dynamic zone, and Knot as primary.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_dns.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs tsig-keygen knotd knotc keymgr
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
stranger="3 1 1 $(printf 'ab%.0s' {1..32})"
lab_zone 'mx A 127.0.0.1'
tsig-keygen -a hmac-sha256 dyn.lab >tsig.key; chmod 600 tsig.key
printf '$TTL 1\n@ IN SOA ns h 1 1 1 86400 1\n@ IN NS ns\nns A 127.0.0.1\ndyn A 127.0.0.1\n' >dyn.test.zone
printf '$TTL 1\n@ IN SOA ns h 1 1 1 86400 1\n@ IN NS ns\nns A 127.0.0.4\nknot A 127.0.0.1\n' >knot.test.zone
start_dns "include \"$tmp/tsig.key\";
zone \"dyn.test\" { type primary; file \"dyn.test.zone\"; dnssec-policy lab; inline-signing yes; allow-update { key dyn.lab; }; };"
anchor_of dyn.test 127.0.0.1 >>anchor
mkdir knot
cat >knot.conf <<END
server:
    listen: 127.0.0.4@53
    rundir: $tmp/knot
    user: root
database:
    storage: $tmp/knot
control:
    listen: $tmp/knot.sock
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: knot.test
    storage: $tmp
    file: knot.test.zone
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    dnssec-signing: on
    dnssec-policy: lab
END
knotd -c knot.conf >knot.log 2>&1 &
wait_for_port 53 127.0.0.4
anchor_of knot.test 127.0.0.4 >>anchor
kill $unbound_pid; wait $unbound_pid 2>/dev/null
sed -i '/^remote-control/i stub-zone:\n    name: "dyn.test"\n    stub-addr: 127.0.0.1\nstub-zone:\n    name: "knot.test"\n    stub-addr: 127.0.0.4' unbound.conf
unbound -d -c unbound.conf & wait_for_port 53 127.0.0.2
start_tls 4431=live/mx/combined.pem 4432=live/dyn/combined.pem 4433=live/knot/combined.pem 2>/dev/null
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
zone dyn.test { update = "127.0.0.1" tsig = "$tmp/tsig.key" }
zone knot.test { file = "$tmp/knot.test.zone" server = knotc control-config = "$tmp/knot.conf" query = "127.0.0.4" }
service mx { host = mx.dane.test ports = 4431 }
service dyn { host = dyn.dyn.test ports = 4432 }
service knot { host = knot.knot.test ports = 4433 }
END
owner=_4431._tcp.mx.dane.test
renew mx mx.1; renew dyn dyn.1 dyn.dyn.test; renew knot knot.1 knot.knot.test
all_idle() { idle "$1" mx && idle "$2" dyn && idle "$3" knot; }
pass 40 all_idle mx.1 dyn.1 knot.1
pass 20 quiet_run
is "$(served 127.0.0.1 _4432._tcp.dyn.dyn.test)" "$(record dyn.1)" "a dynamic zone has the first record"
is "$(served 127.0.0.4 _4433._tcp.knot.knot.test)" "$(record knot.1)" "Knot has the first record"

# A secondary that gets nothing new; the other zones go on.
transfers none
renew mx mx.2; renew dyn dyn.2 dyn.dyn.test; renew knot knot.2 knot.knot.test
others_idle() { idle dyn.2 dyn && idle knot.2 knot; }
pass 60 others_idle
is "$(served 127.0.0.1 _4432._tcp.dyn.dyn.test)" "$(record dyn.2)" "a dynamic zone: rolled over"
is "$(served 127.0.0.4 _4433._tcp.knot.knot.test)" "$(record knot.2)" "Knot: rolled over"
is "$(served 127.0.0.1 $owner):$(served 127.0.0.3 $owner)" "$(record mx.1 mx.2):$(record mx.1)" "the secondary lags"
live_is mx mx.1 "nothing is deployed while it does"
is "$(stage_of mx)" published "the stage is published"
run_until 10 '^4:.*mx: not every name server has the records yet' "what is waited for is told" mx
rollover gate mx acme/mx; like "$status:$out" '^4:.*later: not every name server has' "gate: later, without a time"

# It is stopped, and then ignored.
kill -STOP $second_pid
run_until 10 '^4:.*mx: a name server does not answer.*: ns2\.dane\.test\.: 127\.0\.0\.3: .*; if it stays so, ignore-server = "ns2\.dane\.test" leaves it out' \
    "one that is stopped holds the rollover, and what helps is told" mx
is "$(wc -l <<<"$out$err")" 1 "in one line"
live_is mx mx.1 "nothing is deployed"
sed -i 's/ports = 4431/& ignore-server = "127.0.0.3"/' tlsagen.conf
pass 20 at seen mx
kill -CONT $second_pid
sed -i 's/ ignore-server = "127.0.0.3"//' tlsagen.conf
pass 20 at published mx
is "$(stage_of mx)" published "a server that is no longer ignored, and lags, takes it back" || sed 's/^/# /' state/rollover/mx.state
live_is mx mx.1 "nothing is deployed then"
transfers any; rndc -s 127.0.0.1 -k rndc.key notify dane.test >/dev/null 2>&1
pass 20 at seen mx

# DNSSEC breaks: what validates here does not any more.
cp anchor anchor.good
sed -E '/^dane.test/s/[0-9A-F]{8}$/00000000/' anchor.good >anchor
since=$(date +%s)
run_until 10 '^4:.*mx: .*bogus' "bogus records hold it" mx
broken=$(date +%s)
past_safe() { [ $(($(date +%s) - broken)) -ge $((2 * ttl + 6)) ]; }
pass 20 past_safe
run_until 10 '^4:.*mx: .*bogus' "still, after the time when it would have been safe" mx
live_is mx mx.1 "nothing is deployed"
cp anchor.good anchor
pass 10 at seen mx
pass 30 deployed mx mx.2
is "$(($(date +%s) - since >= 8 + 2 * ttl + 5))" 1 "the wait began anew"
pass 30 idle mx.2 mx
is "$(served 127.0.0.3 $owner)" "$(record mx.2)" "seen to the end"

# Somebody else edits the zone in between.
renew mx mx.3
pass 10 at seen mx
printf '_4431._tcp.mx TLSA %s\n' "$stranger" >rr
tlsagen zone add -q --origin dane.test dane.test.zone rr && rndc -s 127.0.0.1 -k rndc.key reload dane.test >/dev/null 2>&1
pass 10 stopped
told 'mx: a name server has records that this rollover did not write' "a foreign edit stops it"
edited=$(date +%s)
past_safe() { [ $(($(date +%s) - edited)) -ge $((2 * ttl + 6)) ]; }
pass 20 past_safe
run_until 10 '^3:.*mx: a name server has records that' "and goes on stopping it" mx
live_is mx mx.2 "nothing is deployed"
pass 10 carried "$stranger" 127.0.0.3
rollover run --adopt mx; like "$status:$out" '^[04]:mx: took over' "--adopt"
pass 40 idle mx.3 mx
is "$(served 127.0.0.1 $owner)" "$({ record mx.3; echo "$stranger"; } | sort)" "it goes on, and leaves the foreign record alone"

# All authoritative servers down.
renew mx mx.4
kill -STOP $named_pid $second_pid
run_until 10 '^4:.*mx: a name server does not answer, and what it has (cannot be known|must be known before a write): .' "all servers down: not now, and why" mx
is "$(printf '%s\n' "$out" "$err" | grep -c .)" 1 "in one line"
live_is mx mx.3 "nothing is deployed"
kill -CONT $named_pid $second_pid
pass 40 idle mx.4 mx
finish
