#!/bin/bash
# `tlsagen rollover` of a service some of whose addresses, or its name servers', cannot be found out:
# what stands there may go on showing the former certificate, or serving the former records, so that
# nothing is retired or deployed.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_addresses.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
owner=_4431._tcp.mx.dane.test
lab_zone 'mx A 127.0.0.1'
start_dns
start_tls 4431=live/mx/combined.pem 2>/dev/null
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
service mx { host = mx.dane.test ports = 4431 }
END
renew mx mx.1
pass 40 idle mx.1 mx
pass 20 quiet_run

# lie BEHAVIOUR: the resolver is one of liar.py; tell_truth: it is none any more
lie() {
    python3 "$TLSAGEN_SOURCE/tests/lab/liar.py" 5300 "$1" 2>/dev/null &
    liar_pid=$!
    wait_for_port 5300
    sed -i 's/^resolver = .*/resolver = "127.0.0.1@5300"/' tlsagen.conf
}
tell_truth() {
    kill $liar_pid
    wait $liar_pid 2>/dev/null
    sed -i 's/^resolver = .*/resolver = "127.0.0.2"/' tlsagen.conf
}

# The resolver has no answer for its IPv6 addresses.
lie ipv4-only
renew mx mx.2
pass 60 deployed mx mx.2
is "$(shown 4431)" "$(fingerprint_of mx.2)" "the address that is known shows the new certificate"
run_until 40 '^4:.*mx: an endpoint does not answer, and what it shows cannot be known: .*IPv6 addresses of mx\.dane\.test' \
    "that others are not known is told" mx
is "$(stage_of mx)" deployed "it is not verified"
is "$(served 127.0.0.1 $owner)" "$(record mx.1 mx.2)" "nothing is retired"

# It has again.
tell_truth
pass 60 idle mx.2 mx
is "$(served 127.0.0.1 $owner)" "$(record mx.2)" "once they are known, it comes to its end"

# The same of the name servers.
lie ipv4-ns
renew mx mx.3
run_until 40 '^4:.*mx: .*: ns2?\.dane\.test\.: not all of its addresses can be looked up' \
    "that not all name servers can be asked is told" mx
like "$err" '; if it stays so, ignore-server = "ns2?\.dane\.test" leaves it out' "and what helps when it stays so"
is "$(stage_of mx)" staged "what they have has to be known before more is published"
is "$(shown 4431)" "$(fingerprint_of mx.2)" "nothing is deployed"
sed -i 's/ports = 4431/& ignore-server = NS2.dane.test/' tlsagen.conf
run_until 40 '^4:.*mx: .*: ns\.dane\.test\.: not all of its addresses .* ignore-server = "ns\.dane\.test" leaves it out' \
    "without one of them the other is waited for" mx
is "$(stage_of mx)" staged "none may have an address that is not known"
tell_truth

# Of one alone nothing can be looked up: it is left out by its name.
lie ipv4-ns2
sed -i 's/ignore-server = NS2.dane.test/ignore-server = ns.dane.test/' tlsagen.conf
run_until 40 '^4:.*mx: .*: ns2\.dane\.test\.: not all of its addresses' "another one being ignored helps nothing" mx
sed -i 's/ignore-server = ns.dane.test/ignore-server = ns2.dane.test/' tlsagen.conf
pass 60 idle mx.3 mx
is "$(served 127.0.0.1 $owner)" "$(record mx.3)" "a server that is ignored by its name holds nothing"
tell_truth
finish
