#!/bin/bash
# Validated lookups, from the root down, against zones made wrong in every way.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/dns_lookup.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs ip
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

records='mail IN A 127.0.0.1
_25._tcp.mail IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
alias IN CNAME mail
out IN CNAME mail.plain.test.
loop1 IN CNAME loop2
loop2 IN CNAME loop1
*.wild IN TLSA 3 1 1 00
tree IN DNAME mail.good.test.
@ IN MX 10 mail
'
zone good.test <<<"$records"
zone n3.test nsec3 <<<"$records"
zone optout.test optout <<<"$records"
zone plain.test unsigned <<<"$records"
zone expired.test expired <<<"$records"
zone stale.test stale <<<"$records"
zone badds.test badds <<<"$records"
zone lame.test lame <<<"$records"
zone dead.test dead <<<"$records"
{ for i in {1..90}; do printf '_25._tcp.mail IN TLSA 3 1 1 %064x\n' "$i"; done; } >many
zone many.test <many
start_dns

# look NAME TYPE...: $out
look() { run timeout 60 "$DNS_TOOL" lookup "${with[@]}" "$@"; }
with=(-a "$anchor" -t 5000)

record=0301010000000000000000000000000000000000000000000000000000000000000001
look _25._tcp.mail.good.test 52
is "$status $out" "0 secure | records | _25._tcp.mail.good.test. | 300 | 300 | 29 | $record | " "a signed record"
look GOOD.test. 15
like "$out" '^secure \| records \| GOOD\.test\. .* 000a046d61696c04474f4f440474657374'00' \| $' "an MX, its name written out"
look alias.good.test 1
like "$out" '^secure \| records \| mail\.good\.test\. .* 7f000001 \| $' "along an alias"
look a.tree.good.test 1
like "$out" '^secure \| no name \| ' "through a DNAME, to nothing"
look out.good.test 1
like "$out" '^insecure \| records \| mail\.plain\.test\. ' "an alias into an unsigned zone is not secure"
look out.good.test 5
like "$out" '^secure \| records \| out\.good\.test\. ' "but the alias itself is"
look loop1.good.test 1
like "$out" '^(no answer|bogus|secure \| no data)' "aliases in a circle end"
look _25._tcp.any.wild.good.test 52
like "$out" '^secure \| records \| _25\._tcp\.any\.wild' "a wildcard"
look _443._tcp.mail.good.test 52
like "$out" '^secure \| no name ' "absence of a name, by NSEC"
look mail.good.test 52
like "$out" '^secure \| no data ' "absence of a type, by NSEC"
look _443._tcp.mail.n3.test 52
like "$out" '^secure \| no name ' "absence of a name, by NSEC3"
look mail.n3.test 52
like "$out" '^secure \| no data ' "absence of a type, by NSEC3"
look _443._tcp.mail.optout.test 52
like "$out" '^insecure \| no name ' "absence with opt-out proves nothing"
look _25._tcp.mail.plain.test 52
like "$out" "^insecure \| records .*$record" "an unsigned zone"
look _443._tcp.mail.plain.test 52
like "$out" '^insecure \| no name ' "absence in an unsigned zone"
look _25._tcp.mail.expired.test 52
like "$out" '^bogus \| nothing .*\| .*(expired|signature)' "expired signatures"
look _25._tcp.mail.stale.test 52
like "$out" '^secure \| records .* \| 300 \| 300 \| 0 \|' "signatures about to expire"
look _25._tcp.mail.badds.test 52
like "$out" '^bogus \| nothing ' "a DS of another key"
look _25._tcp.mail.lame.test 52
like "$out" '^(no answer|bogus) ' "a lame server"
begin=$(date +%s)
with=(-a "$anchor" -t 2000)
look _25._tcp.mail.dead.test 52
like "$out" '^no answer \| nothing .*2000 ms' "a server that is not there"
if [ $(($(date +%s) - begin)) -le 4 ]; then ok "the time limit holds"; else not_ok "the time limit holds"; fi
look _25._tcp.mail.many.test 52
is "$(cut -d'|' -f7 <<<"$out" | wc -w)" 90 "an answer too large for UDP"
look none.nowhere 1
like "$out" '^secure \| no name ' "a top level that is not there"
look 'a..b' 1
like "$status $out" '^1 error 3 ' "no name at all"

# Trust anchors and resolvers.
run "$DNS_TOOL" lookup -a nowhere good.test 1
like "$status $out" '^1 error 2 .*nowhere' "anchors that are not there"
echo nonsense >bad
run "$DNS_TOOL" lookup -a bad good.test 1
like "$status $out" '^1 error 4 .*bad holds no trust anchors' "anchors that are none"
: >empty
run "$DNS_TOOL" lookup -a empty good.test 1
like "$status $out" '^1 error 4 .*empty holds no trust anchors' "a file without anchors"
run "$DNS_TOOL" lookup -r localhost -a "$anchor" good.test 1
like "$status $out" '^1 error 3 .*not a numeric address' "a resolver must be an address"
run "$DNS_TOOL" lookup -r 127.0.0.1@0 -a "$anchor" good.test 1
like "$status $out" '^1 error 3 ' "with a port that is one"
sed 's/DS [0-9]*/DS 4711/' "$anchor" >other
with=(-a other -t 5000)
look mail.good.test 1
like "$out" '^(bogus|no answer)' "nothing is secure under another anchor"
run "$DNS_TOOL" lookup -d -r 192.0.2.53 good.test 1
like "$status $out" '^1 error 3 .*not on loopback' "the AD flag of a distant resolver is not believed"

# A resolver that validates, on loopback; and one whose answers we validate ourselves.
if command -v unbound >/dev/null; then
    cat >unbound.conf <<CONF
server:
    interface: 127.0.0.1@5300
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
    wait_for_port 5300
    for how in "-d -r 127.0.0.1@5300" "-r 127.0.0.1@5300 -a $anchor"; do
        read -ra with <<<"$how"
        look _25._tcp.mail.good.test 52
        like "$out" "^secure \| records .*$record" "$how: secure"
        look _443._tcp.mail.good.test 52
        like "$out" '^secure \| no name ' "$how: absent"
        look _25._tcp.mail.plain.test 52
        like "$out" '^insecure \| records ' "$how: insecure"
        look _25._tcp.mail.expired.test 52
        like "$out" '^bogus \| nothing ' "$how: bogus"
        look _25._tcp.mail.many.test 52
        is "$(cut -d'|' -f7 <<<"$out" | wc -w)" 90 "$how: an answer too large for UDP"
    done
else
    skip "a resolver on loopback" "unbound is not installed"
fi
with=(-d -r 127.0.0.1@5399)
look good.test 1
like "$out" '^no answer .*refused' "a resolver that is not there"

# One question to one server, and what all of them say.
ask() { run timeout 60 "$DNS_TOOL" ask "$@"; }
ask 192.0.2.53 _25._tcp.mail.expired.test 52
like "$out" "^insecure aa \| records .*$record" "a server's own answer, whatever the signatures"
ask 192.0.2.53 _25._tcp.mail.many.test 52
is "$(cut -d'|' -f7 <<<"$out" | wc -w)" 90 "too large for UDP: over TCP"
ask 192.0.2.54 good.test 6
like "$out" '^no answer .*REFUSED' "a server that refuses"
ask -t 500 192.0.2.99 good.test 6
like "$out" '^no answer ' "a server that is not there"
run "$DNS_TOOL" view -a "$anchor" _25._tcp.mail.good.test 52
is "$out" "good.test. | ns.good.test. 192.0.2.53 | records | 1 | 1 | " "what each authoritative server says"
python3 "$TLSAGEN_SOURCE/tests/lab/liar.py" 5399 crowd 2>/dev/null &
at_exit "kill $!"
wait_for_port 5399
run "$DNS_TOOL" view -a "$anchor" -r 127.0.0.1@5399 plain.test 6
like "$status $out" '^1 .*name servers of plain\.test\. have more than 256 addresses' "too many servers to ask them all"
finish
