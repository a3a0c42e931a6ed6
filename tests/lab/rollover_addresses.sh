#!/bin/bash
# `tlsagen rollover` of a service some of whose addresses cannot be found out: what stands there may go
# on showing the former certificate, so that nothing is retired.
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

# The resolver has no answer for its IPv6 addresses.
python3 "$TLSAGEN_SOURCE/tests/lab/liar.py" 5300 ipv4-only 2>/dev/null &
liar_pid=$!
wait_for_port 5300
sed -i 's/^resolver = .*/resolver = "127.0.0.1@5300"/' tlsagen.conf
renew mx mx.2
pass 60 deployed mx mx.2
is "$(shown 4431)" "$(fingerprint_of mx.2)" "the address that is known shows the new certificate"
run_until 40 '^4:.*mx: an endpoint does not answer, and what it shows cannot be known: .*IPv6 addresses of mx\.dane\.test' \
    "that others are not known is told" mx
is "$(stage_of mx)" deployed "it is not verified"
is "$(served 127.0.0.1 $owner)" "$(record mx.1 mx.2)" "nothing is retired"

# It has again.
kill $liar_pid; wait $liar_pid 2>/dev/null
sed -i 's/^resolver = .*/resolver = "127.0.0.2"/' tlsagen.conf
pass 60 idle mx.2 mx
is "$(served 127.0.0.1 $owner)" "$(record mx.2)" "once they are known, it comes to its end"
finish
