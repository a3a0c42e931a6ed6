#!/bin/bash
# Zones made wrong in every way, aliases, absence and its proofs, name servers that disagree: each
# has its own answer, and none of them is "verified".
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_zones.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_cert leaf www.good.test ec
make_cert rsa www.good.test rsa:2048
hash=$(openssl x509 -in leaf.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
other=$(printf '%064x' 7)
echo '127.0.0.1 localhost' >hosts
mount --bind hosts /etc/hosts

records="www IN A 127.0.0.1
_4000._tcp.www IN TLSA 3 1 1 $hash
none IN A 127.0.0.1
dead IN TXT nothing
both IN A 127.0.0.1
both IN AAAA ::1
_4000._tcp.both IN TLSA 3 1 1 $hash
six IN AAAA ::1
_4002._tcp.six IN TLSA 3 1 1 $hash
nowhere6 IN AAAA 2001:db8::1
_4000._tcp.nowhere6 IN TLSA 3 1 1 $hash
mid IN CNAME mid2
mid2 IN CNAME back.plain.test.
_4000._tcp.mid IN TLSA 3 1 1 $hash
_4000._tcp.mid2 IN TLSA 3 1 1 $other
first IN CNAME www
_4000._tcp.first IN TLSA 3 1 1 $other
two IN A 127.0.0.1
two IN A 127.0.0.2
_4000._tcp.two IN TLSA 3 1 1 $hash
*._tcp.wild IN TLSA 3 1 1 $hash
wild IN A 127.0.0.1
alias IN CNAME www
plainalias IN CNAME www.plain.test.
_4000._tcp.plainalias IN TLSA 3 1 1 $hash
own IN CNAME none
_4000._tcp.own IN TLSA 3 1 1 $hash
plain2 IN CNAME www.plain.test.
circle1 IN CNAME circle2
circle2 IN CNAME circle1
tree IN DNAME deep
www.deep IN A 127.0.0.1
_4000._tcp.www.deep IN TLSA 3 1 1 $hash
far IN CNAME www.expired.test.
tlsaalias IN A 127.0.0.1
_4000._tcp.tlsaalias IN CNAME _4000._tcp.www
tlsaout IN A 127.0.0.1
_4000._tcp.tlsaout IN CNAME _4000._tcp.www.plain.test.
bad IN A 127.0.0.1
_4000._tcp.bad IN TLSA 3 1 1 $other
closed IN A 127.0.0.1
_4999._tcp.closed IN TLSA 3 1 1 $hash
short IN A 127.0.0.1
_4000._tcp.short IN TLSA 3 1 1 ${hash:0:20}
long IN A 127.0.0.1
_4000._tcp.long 200000 IN TLSA 3 1 1 $hash
rsa IN A 127.0.0.1
_4001._tcp.rsa IN TLSA 3 1 1 $hash
empty IN A 127.0.0.1
_4000._tcp.empty IN TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
"
zone good.test <<<"$records"
zone n3.test nsec3 <<<"$records"
zone optout.test optout <<<"$records"
zone plain.test unsigned <<<"${records}back IN CNAME www.good.test.
"
zone expired.test expired <<<"$records"
zone stale.test stale <<<"$records"
zone badds.test badds <<<"$records"
zone lame.test lame <<<"$records"
zone dead.test dead <<<"$records"
zone split.test <<<"$records@ IN NS ns2
@ IN NS ns3
@ IN NS ns4.good.test.
ns2 IN A 192.0.2.55
ns3 IN A 192.0.2.54"
zone deaf.test <<<"$records@ IN NS deaf1
@ IN NS deaf2
@ IN NS deaf3
deaf1 IN A 192.0.2.99
deaf2 IN A 192.0.2.99
deaf3 IN A 192.0.2.99"
start_dns
# A second server of split.test, with one record more and another serial; ns3 is lame, ns4 nowhere.
ip addr add 192.0.2.55/32 dev lo
{ sed 's/ 1 3600 600 / 2 3600 600 /' dns/split.test.zone; echo "_4000._tcp.www IN TLSA 3 1 1 $other"; } >split.zone
(cd dns && dnssec-signzone -q -z -P -o split.test -f split2.signed ../split.zone Ksplit.test.*.key) >log 2>&1 || cat log
sed "s/!192.0.2.54; !192.0.2.99; any;/192.0.2.55;/; /^zone/d" dns/named.conf >dns/second.conf
echo "zone \"split.test\" { type primary; file \"$tmp/dns/split2.signed\"; };" >>dns/second.conf
sed -i 's/listen-on { /listen-on { !192.0.2.55; /' dns/named.conf
kill "$named"; wait "$named" 2>/dev/null
named -c "$tmp/dns/named.conf" -n 1 -f 2>>dns/named.log &
named=$!
named -c "$tmp/dns/second.conf" -n 1 -f 2>>dns/named.log &
wait_for_port 53 192.0.2.53
wait_for_port 53 192.0.2.55
serve 127.0.0.1:4000 -cert leaf.pem -key leaf.key
serve 127.0.0.1:4001 -cert leaf.pem -key leaf.key -dcert rsa.pem -dkey rsa.key

# verify HOST [PORT [OPTION...]]
verify() { local host=$1 port=${2:-4000}; shift; shift
    run timeout 60 "$TLSAGEN" verify --trust-anchor "$anchor" --timeout 4 "$@" "$host" "$port"; }
# verdict STATUS HOST PORT VERDICT WHAT
verdict() {
    verify "$2" "$3"
    is "$status $(sed -n '1s/^[^:]*:[0-9]*: \([a-z A-Z]*\).*/\1/p' <<<"$out")" "$1 $4" "$5"
    [ "$status" = "$1" ] || sed 's/^/# /' <<<"$out$err"
}

verdict 0 www.good.test 4000 verified "a signed zone"
verdict 0 www.n3.test 4000 verified "signed with NSEC3"
verdict 0 www.optout.test 4000 verified "signed with NSEC3 and opt-out"
verdict 0 www.stale.test 4000 verified "signatures that still hold"
like "$out" '\[rrsig-expires\]' "but not for long"
verdict 3 none.good.test 4000 "no records" "absence proved by NSEC"
verdict 3 none.n3.test 4000 "no records" "absence proved by NSEC3"
verdict 3 none.optout.test 4000 "insecure" "opt-out proves no absence"
verdict 3 www.plain.test 4000 insecure "an unsigned zone, with matching records"
verdict 3 none.plain.test 4000 insecure "an unsigned zone, without"
verdict 3 www.expired.test 4000 bogus "expired signatures"
verdict 3 www.badds.test 4000 bogus "a DS of another key"
verdict 4 www.lame.test 4000 "no answer" "a lame server"
verdict 4 www.dead.test 4000 "no answer" "a server that is not there"
verdict 3 absent.good.test 4000 "no address" "a host that is not there"
verdict 3 dead.good.test 4000 "no address" "a host without address"
verdict 3 www.nowhere.invalid 4000 "no address" "a top level that is not there"

verdict 0 wild.good.test 4000 verified "a wildcard"
verdict 0 alias.good.test 4000 verified "a secure alias: the records of its target"
verdict 0 own.good.test 4000 verified "whose target has none: its own"
verdict 0 first.good.test 4000 verified "before its own, where the target has some"
verdict 0 mid.good.test 4000 verified "aliases out of the signed zone and back: the first one's own records"
verdict 0 plainalias.good.test 4000 verified "an alias out of the signed zone: its own"
verdict 3 plain2.good.test 4000 "no records" "and without them: none"
verdict 0 www.tree.good.test 4000 verified "through a DNAME"
verdict 3 far.good.test 4000 bogus "an alias to a bogus zone"
verdict 0 tlsaalias.good.test 4000 verified "records behind an alias of their own"
verdict 3 tlsaout.good.test 4000 insecure "which leads out of the signed zone"
verify circle1.good.test 4000
like "$status" '^[34]$' "aliases in a circle"
unlike "$out" ': verified' "which verify nothing"

verdict 3 bad.good.test 4000 mismatch "a record of another key"
like "$out" "the server at 127\.0\.0\.1 shows key ${hash:0:12}\.\.\. \(3 1 1\).*deploy what record 1" "and what to do"
verdict 4 closed.good.test 4999 "connection failed" "a closed port"
verdict 3 short.good.test 4000 "records unusable" "data of the wrong length"
like "$out" 'digest-length' "which is a warning, too"
verdict 3 empty.good.test 4000 mismatch "the digest of nothing"
like "$out" 'empty-digest' "which is a warning, too"
verdict 0 long.good.test 4000 verified "a TTL of days"
like "$out" 'ttl-long' "is a warning"
verdict 3 rsa.good.test 4001 mismatch "RSA and ECDSA, and records for one"
like "$out" 'ECDSA  verified.*RSA    mismatch' "which are told apart"
serve 4002 -6 -cert leaf.pem -key leaf.key
verdict 0 six.good.test 4002 verified "IPv6 alone"
verdict 4 both.good.test 4000 "connection failed" "IPv4 works, IPv6 does not"
like "$out" '127\.0\.0\.1  ECDSA  verified' "and IPv4 is seen to work"
is "$(grep -c '^  ::1  *any    connection failed$' <<<"$out") $(grep -c '::1: connecting failed: Connection refused' <<<"$out")" \
    "1 1" "what depends on no kind of key is told once"
unlike "$out" 'no IPv6' "and a refusal is none of this machine's"
verify nowhere6.good.test 4000
like "$status $out" '^4 .*2001:db8::1: connecting failed: .*; if it is this machine that has no IPv6, leave it out \(-4\)' \
    "a machine without IPv6"
verify both.good.test 4000 -4
is "$status" 0 "-4"
verify both.good.test 4000 -6
is "$status" 4 "-6"
verify www.good.test 4000 -6
like "$status $out" '^3 .*has no IPv6 address' "-6 without an address"
ip addr add 127.0.0.2/8 dev lo
verdict 4 two.good.test 4000 "connection failed" "one of two addresses"

# What the servers of a zone say.
verify www.good.test 4000 --authoritative
is "$status" 0 "--authoritative, all agree"
unlike "$out" 'authority|serial-mismatch' "without a warning"
verify www.split.test 4000 --authoritative
is "$status" 0 "--authoritative, servers that differ"
like "$out" 'has serial [12] of split\.test, and .* has [12] \[serial-mismatch\]' "in their serials"
like "$out" 'has other TLSA records \([12]\) than .* \([12]\) \[authority-mismatch\]' "in their records"
like "$out" 'ns3\.split\.test\.: .*REFUSED.*\[authority-answer\]' "a lame one"
like "$out" 'ns4\.good\.test\. has no address \[authority-address\]' "one without address"
verify www.deaf.test 4000 --authoritative --timeout 9
is "$status" 0 "--authoritative, servers that never answer"
like "$out" 'the time was over before [1-3] of 4 addresses of name servers were asked; see --timeout \[authority-time\]' \
    "are asked only as long as there is time"

# Where answers come from.
run "$TLSAGEN" verify --trust-anchor "$tmp/none" www.good.test 4000
like "$status $err" '^1 .*cannot read trust anchors' "no trust anchors"
run "$TLSAGEN" verify --trust-ad --resolver 192.0.2.53 www.good.test 4000
like "$status $err" '^3 |^1 |^2 ' "a distant resolver is not believed"
unlike "$out" verified "and nothing verified"
run timeout 60 "$TLSAGEN" verify --trust-ad --resolver 127.0.0.1@5399 --timeout 2 www.good.test 4000
like "$status" '^4$' "a resolver on loopback that is not there"
if command -v unbound >/dev/null; then
    cat >unbound.conf <<CONF
server:
    interface: 127.0.0.1
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
    sed -i 's/listen-on { /listen-on { !127.0.0.1; /' dns/named.conf
    kill "$named"; wait "$named" 2>/dev/null
    named -c "$tmp/dns/named.conf" -n 1 -f 2>>dns/named.log &
    wait_for_port 53 192.0.2.53
    unbound -d -c "$tmp/unbound.conf" &
    wait_for_port 53
    for how in --trust-ad "--resolver 127.0.0.1 --trust-anchor $anchor"; do
        read -ra with <<<"$how"
        while read -r code host wanted; do
            run timeout 60 "$TLSAGEN" verify "${with[@]}" --timeout 4 "$host.test" 4000
            like "$status $out" "^$code $host\.test:4000: $wanted" "${with[0]}: $host is $wanted"
        done <<END
0 www.good verified
3 none.good no records
3 www.plain insecure
3 www.expired bogus
3 bad.good mismatch
0 plainalias.good verified
END
    done
fi
finish
