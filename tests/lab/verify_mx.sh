#!/bin/bash
# Mail domains: every MX, by RFC 7672; the verdict is that of Postfix's posttls-finger at level dane.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_mx.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip posttls-finger unbound
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"

make_ca root
make_ca inter root
make_cert ecleaf mail.dane.test ec inter
make_cert rsaleaf mail.dane.test rsa:2048 inter
for name in ec rsa; do
    cat ${name}leaf.pem inter.pem root.pem >$name.pem
    cp ${name}leaf.key $name.key
done
spki() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst "-sha${2:-256}" -r | cut -d' ' -f1; }
ec=$(spki ecleaf.pem) rsa=$(spki rsaleaf.pem) ta=$(spki inter.pem) top=$(spki root.pem)
cert=$(openssl x509 -in ecleaf.pem -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
rsacert=$(openssl x509 -in rsaleaf.pem -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
bad=$(printf '%064x' 7)

# Domains of one MX each, all at Postfix: mN.dane.test with the records given, name mN.dane.test.
number=0
: >records
: >cases
case_of() { # WHAT|RECORD...: the usual forms
    local what=$1 record
    shift
    number=$((number + 1))
    printf 'm%d A 127.0.0.1\nd%d MX 10 m%d\n' $number $number $number >>records
    for record; do echo "_25._tcp.m$number TLSA $record" >>records; done
    printf '%s|%s\n' "$number" "$what" >>cases
}
case_of "3 1 1 of both keys" "3 1 1 $ec" "3 1 1 $rsa"
case_of "3 1 2 of both keys" "3 1 2 $(spki ecleaf.pem 512)" "3 1 2 $(spki rsaleaf.pem 512)"
case_of "3 0 1 of both" "3 0 1 $cert" "3 0 1 $rsacert"
case_of "3 1 1 of another key" "3 1 1 $bad"
case_of "2 1 1 of the issuer, another name" "2 1 1 $ta"
case_of "2 1 1 of the root, another name" "2 1 1 $top"
case_of "2 1 1 of another CA" "2 1 1 $bad"
case_of "1 1 1 alone is unusable" "1 1 1 $ec"
case_of "0 1 1 alone is unusable" "0 1 1 $ta"
case_of "1 1 1 beside 3 1 1" "1 1 1 $bad" "3 1 1 $ec" "3 1 1 $rsa"
case_of "1 1 1 beside 3 1 1 of another key" "1 1 1 $ec" "3 1 1 $bad"
case_of "a short digest alone is unusable" "3 1 1 ${ec:0:30}"
case_of "an unknown matching type alone" "3 1 77 $ec"
case_of "an unknown usage alone" "9 1 1 $ec"
case_of "no records"
case_of "agility: SHA-512 of another" "3 1 1 $ec" "3 1 1 $rsa" "3 1 2 $bad$bad"

zone dane.test <<<"$(cat records)
@ MX 10 mail
mail A 127.0.0.1
mail MX 10 m5
_25._tcp.mail TLSA 3 1 1 $ec
_25._tcp.mail TLSA 3 1 1 $rsa
ta MX 10 mailta
mailta CNAME mail
half MX 10 mail
half MX 20 m4
null MX 0 .
self A 127.0.0.1
_25._tcp.self TLSA 3 1 1 $ec
_25._tcp.self TLSA 3 1 1 $rsa
plainmx MX 10 mail.plain.test.
alias MX 10 aliased
aliased CNAME mail
outalias MX 10 outaliased
outaliased CNAME mail.plain.test.
_25._tcp.outaliased TLSA 3 1 1 $ec
_25._tcp.outaliased TLSA 3 1 1 $rsa
bogusmx MX 10 mail.expired.test.
deadmx MX 10 mail.dead.test.
closed MX 10 closedhost
closedhost A 127.0.0.9
_25._tcp.closedhost TLSA 3 1 1 $ec
weird MX 10 we<ird
weird MX 20 mail
we<ird A 127.0.0.1
_25._tcp.we<ird TLSA 3 1 1 $ec
twice MX 10 mail
twice MX 20 mail"
zone plain.test unsigned <<<"@ MX 10 mail.dane.test.
mail A 127.0.0.1
_25._tcp.mail TLSA 3 1 1 $ec"
zone expired.test expired <<<"@ MX 10 mail.dane.test.
mail A 127.0.0.1
_25._tcp.mail TLSA 3 1 1 $ec"
zone dead.test dead <<<"mail A 127.0.0.1"
named_options=
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
wait_for_port 25

verify() { run timeout 60 "$TLSAGEN" verify -4 --trust-anchor "$anchor" --timeout 5 "$@"; }
finger() { MAIL_CONFIG=$tmp/postfix/etc timeout 30 posttls-finger -o inet_protocols=ipv4 -l dane -L summary "$@" 2>&1; }
# Postfix's word for a destination: Verified, Untrusted, or what it says of a failure.
postfix_says() {
    finger "$1" >finger.log
    if grep -q 'Verified TLS connection' finger.log; then echo verified
    elif grep -qE '(Untrusted|Trusted|Anonymous) TLS connection' finger.log; then echo unauthenticated
    else echo none; fi
}

# The table: for each set of records, what Postfix does and what is said here.
agreed=0
while IFS='|' read -r n what; do
    theirs=$(postfix_says "d$n.dane.test")
    verify -q --mx "d$n.dane.test"
    ours=$(sed -n '1s/^[^:]*:25[^:]*: \([a-zA-Z ]*\).*/\1/p' <<<"$out")
    echo "# $what: Postfix $theirs, tlsagen $status $ours"
    case "$theirs:$status:$ours" in
    # Records that are usable and do not match: Postfix completes the handshake and delivers nothing
    # (RFC 7672 section 2.2); posttls-finger shows that as an untrusted connection.
    verified:0:verified | unauthenticated:3:mismatch) ok "$what"; agreed=$((agreed + 1)) ;;
    # None usable: encryption without authentication (RFC 7672 section 2.2).
    unauthenticated:3:"records unusable") ok "$what"; agreed=$((agreed + 1)) ;;
    # None at all: opportunistic TLS (RFC 7672 section 2.2), so that nobody is verified.
    unauthenticated:3:"no records") ok "$what"; agreed=$((agreed + 1)) ;;
    *) not_ok "$what" "$(cat finger.log)" "$out" "$err" ;;
    esac
done <cases
if [ "$agreed" -ge 16 ]; then ok "all cases were compared"; else not_ok "all cases were compared" "$agreed"; fi

# domain STATUS DOMAIN VERDICT POSTFIX WHAT
domain() {
    verify --mx "$2"
    is "$status $(sed -n '1s/^[^:]*:25[^:]*: \([a-zA-Z ]*[a-z]\).*/\1/p' <<<"$out")" "$1 $3" "$5"
    [ "$4" = - ] || is "$(postfix_says "$2")" "$4" "$5: Postfix"
}
domain 0 dane.test verified verified "a mail domain"
is "$(grep -c 'TLSv1.3 .*depth 0' <<<"$out")" 2 "RSA and ECDSA, with depth and version"
domain 3 null.dane.test "no mail" none "null MX"
domain 0 self.dane.test verified verified "no MX: the domain itself"
domain 3 plainmx.dane.test insecure unauthenticated "an MX in an unsigned zone"
domain 3 plain.test insecure - "MX of an unsigned zone"
domain 3 expired.test bogus none "MX of a bogus zone"
domain 0 alias.dane.test verified verified "an MX that is an alias"
domain 0 outalias.dane.test verified verified "an alias out of the signed zone: its own records"
domain 3 bogusmx.dane.test bogus none "an MX with a bogus address"
domain 4 deadmx.dane.test "no answer" none "an MX whose zone does not answer"
domain 4 closed.dane.test "connection failed" none "an MX that is down"
domain 0 mail.dane.test verified verified "2 1 1, and a certificate for the mail domain (RFC 7672 section 3.2.2)"
verify --mx half.dane.test
like "$status $out" '^3 mail\.dane\.test:25 \(MX of half\.dane\.test\): verified' "two MX, one of which is wrong: the right one"
like "$out" 'm4\.dane\.test:25 \(MX of half\.dane\.test\): mismatch' "and the wrong one"
verify --mx twice.dane.test
is "$(grep -c '^mail\.dane\.test:25' <<<"$out")" 1 "an MX that stands there twice is looked at once"
verify --mx weird.dane.test
like "$status $out" '^1 .*: failed: host name' "an MX whose name no client takes"
like "$out" 'mail\.dane\.test:25 \(MX of weird\.dane\.test\): verified' "does not keep the others from being looked at"
verify --mx dane.test null.dane.test d4.dane.test
is "$status $(grep -c ':25' <<<"$out")" "3 3" "several domains"

# Usage 2 for the names of RFC 7672 section 3.2: the certificate is for mail.dane.test.
verify mail.dane.test 25
is "$status" 0 "HOST PORT"
"$TLSAGEN" create -q --record "2 1 1" -c ec.pem mail.dane.test 25 >ta
verify --records ta mail.dane.test 25
is "$status" 0 "2 1 1 with the host's own name"

# Other protocols.
verify --records ta mail.dane.test 465
is "$status" 1 "records of another port"
"$TLSAGEN" create -q -c ec.pem -c rsa.pem mail.dane.test 465,587 >both
verify --records both mail.dane.test 465,587
like "$status $out" '^0 mail\.dane\.test:465: verified.*mail\.dane\.test:587: verified' "submissions and submission"
"$TLSAGEN" create -q -c ec.pem -c rsa.pem mail.dane.test 2525 >plain
verify --records plain --starttls smtp mail.dane.test 2525
like "$status $out" '^3 mail\.dane\.test:2525: no STARTTLS' "a server without STARTTLS"
verify --records plain --starttls direct mail.dane.test 2525
like "$status $out" '^3 mail\.dane\.test:2525: no TLS' "or without TLS"
[ $tap_failed = 0 ] || sed 's/^/# /' postfix/log
finish
