#!/bin/bash
# Where answers come from: resolvers by IPv4 and IPv6, validated and believed; resolvers that lie,
# cut, loop, refuse and are late. Nothing that was spoilt is ever called verified.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_dns.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip unbound python3
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_cert leaf www.good.test ec
hash=$(openssl x509 -in leaf.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
zone good.test <<<"www A 127.0.0.1
_4000._tcp.www TLSA 3 1 1 $hash
$(for i in {1..60}; do printf '_4000._tcp.many TLSA 3 1 1 %064x\n' "$i"; done)
many A 127.0.0.1
_4000._tcp.many TLSA 3 1 1 $hash"
start_dns
sed -i 's/listen-on { /listen-on { !127.0.0.1; /' dns/named.conf
kill "$named"; wait "$named" 2>/dev/null
named -c "$tmp/dns/named.conf" -n 1 -f 2>>dns/named.log &
wait_for_port 53 192.0.2.53
cat >unbound.conf <<CONF
server:
    interface: 127.0.0.1
    interface: ::1
    username: ""
    chroot: ""
    directory: "$tmp"
    pidfile: ""
    use-syslog: no
    logfile: "$tmp/unbound.log"
    trust-anchor-file: "$anchor"
    local-zone: "test." nodefault
remote-control:
    control-enable: no
CONF
unbound -d -c "$tmp/unbound.conf" &
wait_for_port 53
serve 4000 -cert leaf.pem -key leaf.key

# verify HOST [OPTION...]
verify() {
    local host=$1
    shift
    run timeout 60 "$TLSAGEN" verify -q --timeout 3 "$@" "$host.good.test" 4000
    verdict=$(sed -n '1s/^[^:]*:[0-9]*: \([a-z A-Z]*\).*/\1/p' <<<"$out")
}
# spoilt BEHAVIOUR STATUS VERDICT WHAT: how both ways of asking take it; - means: not tried
port=5300
spoilt() {
    local begin
    port=$((port + 1))
    python3 "$TLSAGEN_SOURCE/tests/lab/liar.py" $port "$1" 2>/dev/null &
    wait_for_port $port
    begin=$(date +%s%3N)
    verify "${5:-www}" --trust-anchor "$anchor" --resolver "127.0.0.1@$port"
    like "$status $verdict" "^($2) ($3)\$" "$4"
    [ $(($(date +%s%3N) - begin)) -lt 9000 ] || not_ok "$4: in time"
    like "$status" '^[034]$' "$4: an answer of its own"
}
spoilt honest 0 verified "a resolver on loopback"
verify www --trust-anchor "$anchor" --resolver "::1@$port"
is "$status $verdict" "0 verified" "and by IPv6"
for resolver in 127.0.0.1 ::1; do
    verify www --trust-ad --resolver $resolver
    is "$status $verdict" "0 verified" "--trust-ad, $resolver"
done
verify www --trust-ad
is "$status $verdict" "0 verified" "--trust-ad by itself"
spoilt late 0 verified "answers that are late"
spoilt truncated 0 verified "answers that are cut, over TCP again"
spoilt truncated 0 verified "and many records" many
verify many --trust-ad --resolver "127.0.0.1@$port"
is "$status $verdict" "0 verified" "by the word of a resolver, too"
spoilt too-late 4 "no answer" "answers that are too late"
spoilt silent 4 "no answer" "no answers"
verify www --trust-ad --resolver "127.0.0.1@$port"
is "$status $verdict" "4 no answer" "of a resolver that is believed"
spoilt cut 4 "no answer" "cut answers, and no TCP"
verify www --trust-ad --resolver "127.0.0.1@$port"
is "$status $verdict" "4 no answer" "of a resolver that is believed"
spoilt forged 3 bogus "forged records"
spoilt unsigned 3 bogus "records without signature, however AD is set"
spoilt nothing 3 bogus "absence without proof, however AD is set"
spoilt loop '3|4' 'bogus|no answer' "an alias to itself"
verify www --trust-ad --resolver "127.0.0.1@$port"
like "$status $verdict" '^[34] (insecure|no answer)$' "of a resolver that is believed"
spoilt servfail '3|4' 'bogus|no answer' "SERVFAIL"
spoilt refused '3|4' 'bogus|no answer' "REFUSED"
verify www --trust-ad --resolver "127.0.0.1@$port"
is "$status $verdict" "4 no answer" "of a resolver that is believed"
spoilt other '3|4' 'bogus|no answer' "the answer to another question"
verify www --trust-ad --resolver "127.0.0.1@$port"
is "$status $verdict" "4 no answer" "of a resolver that is believed"
spoilt short '3|4' 'bogus|no answer' "half an answer"

# What is no resolver.
for resolver in resolver.test 127.0.0.1@0 127.0.0.1@99999 127.0.0.1@ 300.1.1.1 '' '::1]' '[::1]'; do
    verify www --resolver "$resolver"
    is "$status" 2 "--resolver '$resolver'"
done
verify www --trust-ad --resolver 192.0.2.53
like "$status $err" '^2 .*not on loopback' "--trust-ad, and a distant resolver"
finish
