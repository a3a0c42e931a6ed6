#!/bin/bash
# From certificates to a verified mail domain: `tlsagen publish` into a zone that BIND signs in line,
# then `tlsagen verify --mx`, and Postfix's posttls-finger beside it.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_publish.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs ip openssl named rndc dnssec-dsfromkey dig posttls-finger unbound
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ip addr add 127.0.0.2/8 dev lo

make_ca root
for name in ec rsa; do
    make_cert ${name}leaf mx.dane.test "$([ $name = ec ] && echo ec || echo rsa:2048)" root
    cat ${name}leaf.pem root.pem >$name.pem
    cp ${name}leaf.key $name.key
done
make_cert next mx.dane.test ec root
{ zone_text 1; printf '@ MX 10 mx\n@ MX 20 mx2\nmx A 127.0.0.1\nmx A 127.0.0.2\nmx2 CNAME mx\n'; } >dane.test.zone
start_named '
dnssec-policy lab { keys { csk lifetime unlimited algorithm ECDSAP256SHA256; }; };
zone "dane.test" { type primary; file "dane.test.zone"; dnssec-policy lab; inline-signing yes; };'
for _ in {1..50}; do
    dig +short @127.0.0.1 dane.test DNSKEY >key
    [ -s key ] && break
    sleep 0.1
done
dig +noall +answer @127.0.0.1 dane.test DNSKEY | dnssec-dsfromkey -2 -f - dane.test >anchor
like "$(cat anchor)" 'IN DS' "the zone is signed"
start_postfix
postconf -c postfix/etc 'inet_interfaces=127.0.0.1, 127.0.0.2' && postfix -c "$tmp/postfix/etc" stop 2>/dev/null
sleep 1
postfix -c "$tmp/postfix/etc" start 2>/dev/null
wait_for_port 25
wait_for_port 25 127.0.0.2

cat >unbound.conf <<CONF
server:
    interface: 127.0.0.2
    username: ""
    chroot: ""
    directory: "$tmp"
    pidfile: ""
    use-syslog: no
    logfile: "$tmp/unbound.log"
    trust-anchor-file: "$tmp/anchor"
    local-zone: "test." nodefault
    do-not-query-localhost: no
    aggressive-nsec: no
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
stub-zone:
    name: "dane.test"
    stub-addr: 127.0.0.1
remote-control:
    control-enable: no
CONF
unbound -d -c "$tmp/unbound.conf" &
wait_for_port 53 127.0.0.2
printf 'nameserver 127.0.0.2\noptions edns0 trust-ad\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

verify() { run timeout 60 "$TLSAGEN" verify --resolver 127.0.0.1 --trust-anchor anchor --mx dane.test; }
publish() {
    run tlsagen publish --state-dir "$tmp/state" --control-key rndc.key --control-host 127.0.0.1 \
        -f dane.test.zone --origin dane.test "$@" mx.dane.test 25
}
finger() { MAIL_CONFIG=$tmp/postfix/etc timeout 30 posttls-finger -o inet_protocols=ipv4 -l dane -L summary "$1" 2>&1; }

verify
like "$status $out" '^3 mx\.dane\.test:25 \(MX of dane\.test\): no records' "before: no records, and that is proved"
unlike "$(finger dane.test)" 'Verified' "nor does Postfix verify"

publish -c ec.pem -c rsa.pem
is "$status$err" 0 "publish"
verify
is "$status $(grep -c ': verified' <<<"$out")" "0 2" "then each MX is verified"
is "$(grep -c '127\.0\.0\.[12]  *\(ECDSA\|RSA\)  *verified' <<<"$out")" 8 "at every address, for both keys, alias and all"
like "$(finger dane.test)" 'Verified TLS connection established' "and Postfix says so too"
run timeout 60 "$TLSAGEN" verify --trust-ad --resolver 127.0.0.2 --mx dane.test
is "$status" 0 "and by the word of a resolver on loopback"
run timeout 60 "$TLSAGEN" verify --resolver 127.0.0.1 --trust-anchor anchor --authoritative --mx dane.test
is "$status$(grep -c 'authority-mismatch\|serial-mismatch' <<<"$out")" 00 "the authoritative server agrees"

# A next key is published, tried before it is deployed, and its record is seen to be of a next key.
publish --add -c next.pem
is "$status" 0 "publish --add, a next key"
verify
like "$status $out" '^0 .*\[unmatched\]' "verified, with a record that matches no server yet"
run timeout 60 "$TLSAGEN" verify --resolver 127.0.0.1 --trust-anchor anchor --chain next.pem mx.dane.test 25
is "$status" 0 "--chain: the next one may be deployed"

# A change of key that nobody published.
publish -c next.pem
verify
is "$status $(grep -c ': mismatch' <<<"$out")" "3 2" "the record of another key alone: a mismatch at each MX"
unlike "$(finger dane.test)" 'Verified' "which Postfix does not verify"
[ $tap_failed = 0 ] || { sed 's/^/# /' named.log | tail -n 30; sed 's/^/# /' postfix/log | tail -n 20; }
finish
