#!/bin/bash
# `tlsagen publish --wait-authoritative --wait-secure`: a secondary that lags behind, a validating
# resolver, and an unsigned zone.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish_world.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc unbound dnssec-dsfromkey
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
ip addr add 127.0.0.2/8 dev lo
host=mail.a.test
for name in old new; do make_cert $name $host ec; done

for zone in a.test plain.test; do
    cat >$zone.zone <<END
\$ORIGIN $zone.
\$TTL 3
@ IN SOA ns1 h 1 3600 600 86400 7
@ IN NS ns1
@ IN NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.2
mail A 127.0.0.1
END
done
sed -i '/ns2/d' plain.test.zone
start_named '
zone "a.test" { type primary; file "a.test.zone"; dnssec-policy default; inline-signing yes; allow-transfer { any; }; };
zone "plain.test" { type primary; file "plain.test.zone"; };'
# The secondary fetches the zone once, and again only when it is told to.
mkdir -p second
cat >second.conf <<END
include "$PWD/rndc.key";
options {
    directory "$PWD/second"; pid-file none; listen-on port 53 { 127.0.0.2; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; session-keyfile none; min-refresh-time 3600; allow-notify { none; };
};
controls { inet 127.0.0.2 port 953 allow { any; } keys { "lab"; }; };
zone "a.test" { type secondary; primaries { 127.0.0.1; }; file "a.test.copy"; };
END
for ((i = 0; i < 100; i++)); do
    dig +short @127.0.0.1 a.test DNSKEY | grep -q ^257 && break
    sleep 0.1
done
dig @127.0.0.1 a.test DNSKEY | dnssec-dsfromkey -2 -f - a.test >anchor
named -c second.conf -n 1 -g 2>second.log &
second_pid=$!
wait_for_port 953 127.0.0.2
for ((i = 0; i < 100; i++)); do
    dig +short @127.0.0.2 a.test SOA | grep -q ^ns && break
    sleep 0.1
done
cat >unbound.conf <<END
server:
    interface: 127.0.0.1@5300
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    local-zone: "test." nodefault
    module-config: "iterator"
    cache-max-ttl: 1
    cache-max-negative-ttl: 1
    username: ""
    chroot: ""
    directory: "$PWD"
    pidfile: ""
    use-syslog: no
    num-threads: 1
stub-zone:
    name: "a.test"
    stub-addr: 127.0.0.1
stub-zone:
    name: "plain.test"
    stub-addr: 127.0.0.1
END
unbound -d -c unbound.conf 2>unbound.log &
wait_for_port 5300

publish() {
    run tlsagen publish --state-dir "$tmp/state" --control-key rndc.key --control-host 127.0.0.1 \
        --resolver 127.0.0.1@5300 --trust-anchor anchor "$@"
}
publish --wait 2 --wait-authoritative -f a.test.zone -c old.pem $host 25
is "$status:$(wc -l <<<"$err")" 4:1 "a secondary that lags: status, one line"
like "$err" 'not all authoritative servers have the records after 2 s: ns2\.a\.test\. \(127\.0\.0\.2\) has other records under serial [0-9]+$' \
    "is named"
like "$out" '^_25\._tcp\.mail\.a\.test\. published, serial 1 -> 2, served after [^ ]* s$' "what was done is told"
publish --wait-authoritative --ignore-server ns2.a.test -f a.test.zone -c old.pem $host 25
like "$status:$out" '^0:.*at all authoritative servers \(1\) but 1 that is ignored after ' "it is left out by its name"
publish --wait-authoritative --ignore-server 127.0.0.2 -f a.test.zone -c old.pem $host 25
like "$status:$out" '^0:.*at all authoritative servers \(1\) but 1 that is ignored after ' "or its address"
publish --wait-authoritative --ignore-server NS1.a.test. --ignore-server 127.0.0.2 -f a.test.zone -c old.pem $host 25
like "$status:$err" '^1:tlsagen: all name servers of a\.test\. are to be ignored; leave one' "one has to be left"
publish -n --wait-authoritative --ignore-server ns2.a.test -f a.test.zone -c old.pem $host 25
like "$out" 'then: until every authoritative server that is not ignored has them' "a dry run tells"
for words in "--ignore-server ns2.a.test" "--wait-authoritative --ignore-server a..b"; do
    publish $words -f a.test.zone -c old.pem $host 25
    is "$status" 2 "wrong usage: $words"
done
kill -STOP $second_pid
publish --wait 2 --wait-authoritative -f a.test.zone -c old.pem $host 25
kill -CONT $second_pid
like "$status:$err" '^4:.* ns2\.a\.test\. \(127\.0\.0\.2\) does not answer: .*; --ignore-server ns2\.a\.test leaves one out that stays so$' \
    "of one that does not answer it is told how"

rndc -s 127.0.0.2 -k rndc.key retransfer a.test
publish --wait-authoritative --wait-secure -f a.test.zone -c old.pem $host 25
is "$status$err" 0 "when it has caught up"
like "$out" '^_25\._tcp\.mail\.a\.test\. unchanged, serial 2, served
at all authoritative servers \(2\) after [0-9.]+ s
secure for a validating resolver after [0-9.]+ s
safe to rely on from [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$' "all of them have it, and it is secure"
safe=$(date -d "$(sed -n 's/.*rely on from //p' <<<"$out")" +%s)
wait=$((safe - $(date +%s)))
if [ $wait -ge 9 ] && [ $wait -le 12 ]; then ok "safe after two TTLs of 3 s and what clients keep"; else not_ok "safe in $wait s"; fi

# The wait goes on until the secondary is there.
(
    until [ "$(dig +short @127.0.0.1 _25._tcp.$host TLSA | wc -l)" = 2 ]; do sleep 0.1; done
    sleep 1
    rndc -s 127.0.0.2 -k rndc.key retransfer a.test
) &
publish --json --add --wait-authoritative -f a.test.zone -c new.pem $host 25
is "$status:$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["changed"], "T" in d["safe_from"])' <<<"$out")" \
    "0:True True" "a secondary that catches up while it is waited for"
wait $!
is "$(dig +short @127.0.0.2 _25._tcp.$host TLSA | wc -l)" 2 "it has both records then"
run timeout 20 script -qec "$TLSAGEN publish --state-dir state --control-key rndc.key --control-host 127.0.0.1 --resolver 127.0.0.1@5300 --trust-anchor anchor --add --wait-authoritative -f a.test.zone -c new.pem $host 25" /dev/null
like "$out" 'ns2\.a\.test\. +127\.0\.0\.2 +[0-9]+ served after' "a terminal sees a table"

publish --wait 2 --wait-secure -f plain.test.zone -q -c old.pem mail.plain.test 25
is "$status" 3 "an unsigned zone"
like "$err" '^tlsagen: _25\._tcp\.mail\.plain\.test\.: the zone is not signed' "is told at once"
echo '. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000' >wrong
publish --wait 2 --wait-secure --trust-anchor wrong -f a.test.zone -c new.pem --add $host 25
is "$status" 4 "a wrong anchor"
like "$err" ': (the answer is bogus|no answer)' "and what it makes of it"
publish --wait 2 --wait-secure --resolver 127.0.0.1@5399 -f a.test.zone -c new.pem --add $host 25
is "$status" 4 "no resolver there"
publish --wait-secure --trust-anchor none -f a.test.zone -c new.pem --add $host 25
is "$status" 1 "no anchor file"
publish --undo --wait-secure $host 25; is "$status" 2 "an undo does not wait"
[ $tap_failed = 0 ] || tail -n 8 ./*.log | sed 's/^/# /'
finish
