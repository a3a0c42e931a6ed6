#!/bin/bash
# SMTP: usages x selectors x matching types against leaf, intermediate and root, whole chains and cut
# ones, at Postfix servers: the verdict is that of posttls-finger at level dane.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_smtp.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip posttls-finger unbound
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"

make_ca root
make_ca inter root
make_ca other
make_cert leaf '*.mail.test' ec inter
make_cert wrong mail.example.net ec inter
make_cert old '*.mail.test' ec inter -30 -2
make_cert rsa '*.mail.test' rsa:2048 inter
cp leaf.pem ec.pem
cp leaf.key ec.key

# data SELECTOR MATCHING CERTIFICATE: association data, by openssl alone
data() {
    local der=(openssl x509 -in "$3.pem" -outform DER)
    [ "$1" = 0 ] || der=(sh -c "openssl x509 -in $3.pem -noout -pubkey | openssl pkey -pubin -outform DER")
    case $2 in
    0) "${der[@]}" | od -An -v -tx1 | tr -d ' \n' ;;
    1) "${der[@]}" | openssl dgst -sha256 -r | cut -d' ' -f1 ;;
    2) "${der[@]}" | openssl dgst -sha512 -r | cut -d' ' -f1 ;;
    esac
}

# Ports: 2601 leaf+inter+root, 2602 leaf+inter, 2603 leaf alone, 2604 another name, 2605 expired.
: >records
: >cases
number=0
add_case() { # WHAT PORT RECORD...
    local what=$1 port=$2 record
    shift 2
    number=$((number + 1))
    echo "c$number A 127.0.0.1" >>records
    for record; do echo "_$port._tcp.c$number TLSA $record" >>records; done
    echo "c$number $port $what" >>cases
}
for usage in 0 1 2 3; do
    for selector in 0 1; do
        for matching in 0 1 2; do
            for cert in leaf inter root; do
                what="$usage $selector $matching"
                add_case "$what $cert" 2601 "$what $(data $selector $matching $cert)"
            done
        done
    done
done
for what in "2 0 0" "2 0 1" "2 1 0" "2 1 1"; do
    for cert in inter root; do
        for port in 2602 2603; do add_case "$what $cert" $port "$what $(data ${what:2:1} ${what:4} $cert)"; done
    done
done
for port in 2604 2605; do
    for what in "2 1 1 inter" "2 1 1 root"; do add_case "$what" $port "2 1 1 $(data 1 1 ${what:6})"; done
done
add_case "3 1 1 wrong" 2604 "3 1 1 $(data 1 1 wrong)"
add_case "3 1 1 old" 2605 "3 1 1 $(data 1 1 old)"
add_case "3 1 1 other, 3 1 1 leaf" 2601 "3 1 1 $(data 1 1 other)" "3 1 1 $(data 1 1 leaf)"
add_case "3 1 1 leaf, 3 1 2 other" 2601 "3 1 1 $(data 1 1 leaf)" "3 1 2 $(data 1 2 other)"
add_case "3 1 0 leaf, 3 1 2 other" 2601 "3 1 0 $(data 1 0 leaf)" "3 1 2 $(data 1 2 other)"
add_case "1 1 1 leaf, 3 1 1 other" 2601 "1 1 1 $(data 1 1 leaf)" "3 1 1 $(data 1 1 other)"
add_case "3 1 1 cut, 2 1 1 inter" 2601 "3 1 1 $(data 1 1 leaf | cut -c1-40)" "2 1 1 $(data 1 1 inter)"
add_case "no records" 2601

zone mail.test <records
start_dns
sed -i 's/listen-on { /listen-on { !127.0.0.1; /' dns/named.conf
kill "$named"; wait "$named" 2>/dev/null
named -c "$tmp/dns/named.conf" -n 1 -f 2>>dns/named.log &
wait_for_port 53 192.0.2.53
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
unbound -d -c "$tmp/unbound.conf" &
wait_for_port 53
printf 'nameserver 127.0.0.1\noptions edns0 trust-ad\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
start_postfix
postfix -c "$tmp/postfix/etc" stop 2>/dev/null
chain() { # PORT KEY CERTIFICATE...
    local port=$1 key=$2
    shift 2
    cat "$key.key" "$@" >"chain$port"
    echo "127.0.0.1:$port inet n - n - - smtpd -o smtpd_tls_chain_files=$tmp/chain$port" >>postfix/etc/master.cf
}
chain 2601 leaf leaf.pem inter.pem root.pem
chain 2602 leaf leaf.pem inter.pem
chain 2603 leaf leaf.pem
chain 2604 wrong wrong.pem inter.pem root.pem
chain 2605 old old.pem inter.pem root.pem
postfix -c "$tmp/postfix/etc" start 2>/dev/null
wait_for_port 2605

# finger HOST PORT: verified, not (TLS without authentication, or none), by posttls-finger
finger() {
    MAIL_CONFIG=$tmp/postfix/etc timeout 30 posttls-finger -o inet_protocols=ipv4 -l dane -L summary \
        "[$1.mail.test]:$2" >finger.log 2>&1
    if grep -q 'Verified TLS connection' finger.log; then echo verified; else echo not; fi
}
# All at once; verdict HOST PORT: what was said of one
sed 's/^\(c[0-9]*\) \([0-9]*\) .*/\1.mail.test \2/' cases >targets
run timeout 120 "$TLSAGEN" verify -q -4 --trust-anchor "$anchor" --starttls smtp --input targets
is "$status$err" 3 "all cases are looked at"
printf '%s\n' "$out" >verdicts
verdict() { sed -n "s/^$1\.mail\.test:$2: \([a-z ]*\).*/\1/p" verdicts; }

echo '# port, records: posttls-finger, tlsagen. A line where they differ has to end with the section of an RFC.' >table
agreed=0
while read -r host port what; do
    ours=$(verdict "$host" "$port")
    theirs=$(finger "$host" "$port")
    case "$theirs:$ours" in
    # Usable records that do not match: nothing is delivered. None that is usable, or none at all:
    # TLS without authentication (RFC 7672 section 2.2). Postfix calls none of these verified.
    verified:verified | not:mismatch | not:"records unusable" | not:"no records") agreed=$((agreed + 1)) ;;
    *) not_ok "$port $what" "$(cat finger.log)" "$(grep -A3 "^$host\." verdicts)" ;;
    esac
    printf '%s  %-30s %-9s %s\n' "$port" "$what" "$theirs" "$ours" >>table
done <cases
is "$agreed" "$number" "tlsagen and posttls-finger agree in $number cases"
same "$(dirname "$lab_script")/verify_smtp.table" table "and come to what the table says"
[ $tap_failed = 0 ] || tail -n 20 postfix/log | sed 's/^/# /'
finish
