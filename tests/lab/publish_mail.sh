#!/bin/bash
# The old workflow for one host is one command: a certificate, a zone, and a Postfix that sends mail at
# level `dane`. Before `tlsagen publish` it does not verify the receiver, and behind it it does; the
# command is the one that the README shows. No other tool touches zone, serial or records.
# shellcheck disable=SC2154,SC2016 # of servers.sh and mail_servers.sh; zone text
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish_mail.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs ip openssl named rndc dnssec-dsfromkey dig unbound
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
for i in 2 3; do ip addr add 127.0.0.$i/8 dev lo; done

# --- a mail domain as the README has it: mx1.example.org, its zone and its certificate ---
letsencrypt=$tmp/letsencrypt/live/mx1 zones=/var/lib/bind
# Of this namespace alone: the zone where the README has it, the journal in its usual place.
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /etc/bind
mkdir -p "$letsencrypt" $zones
make_ca root
for name in ec rsa next; do
    make_cert ${name}leaf mx1.example.org "$([ $name = rsa ] && echo rsa:2048 || echo ec)" root
    cat ${name}leaf.pem root.pem >$name.pem
    cp ${name}leaf.key $name.key
done
cp ec.pem "$letsencrypt"/fullchain.pem
{ zone_text 2026112301 | sed '1i $ORIGIN example.org.' | sed 's/TTL 300/TTL 3/; s/ 300$/ 3/'; printf '@ MX 10 mx1\nmx1 A 127.0.0.1\n'; } >$zones/db.example.org
cp $zones/db.example.org before
start_named '
dnssec-policy lab { keys { csk lifetime unlimited algorithm ECDSAP256SHA256; }; };
zone "example.org" { type primary; file "/var/lib/bind/db.example.org"; dnssec-policy lab; inline-signing yes; };'
for _ in {1..100}; do
    dig +short @127.0.0.1 example.org DNSKEY | grep -q ^257 && break
    sleep 0.1
done
dig +noall +answer @127.0.0.1 example.org DNSKEY | dnssec-dsfromkey -2 -f - example.org >anchor
like "$(cat anchor)" 'IN DS' "the zone is signed"
# rndc as it is installed finds its key and server in this file.
printf 'include "%s/rndc.key";\noptions { default-server 127.0.0.1; default-key "lab"; };\n' "$PWD" >/etc/bind/rndc.conf

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
    do-not-query-localhost: no
    cache-max-ttl: 1
    cache-max-negative-ttl: 1
stub-zone:
    name: "example.org"
    stub-addr: 127.0.0.1
remote-control:
    control-enable: no
CONF
unbound -d -c "$tmp/unbound.conf" &
wait_for_port 53 127.0.0.2
printf 'nameserver 127.0.0.2\noptions edns0 trust-ad\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

# --- the receiver on 127.0.0.1, the sender on 127.0.0.3 ---
start_postfix
wait_for_port 25
postconf -c postfix/etc myhostname=mx1.example.org 'mydestination=example.org' 'local_recipient_maps=' 'local_transport=discard:' 'inet_interfaces=127.0.0.1'
postfix -c "$tmp/postfix/etc" reload 2>/dev/null
start_dane_sender 127.0.0.3 </dev/null

# sent NUMBER: sends a mail, and prints what the sender logs of it: of TLS, and of the delivery
sent() {
    local i
    printf 'From: a@sender.test\nTo: b@example.org\nSubject: %s\n\n%s\n' "$1" "$1" | sendmail -C "$tmp/sender/etc" -f a@sender.test b@example.org
    for ((i = 0; i < 150; i++)); do
        [ "$(grep -c 'status=' sender/log)" -ge "$1" ] && break
        sleep 0.1
    done
    grep -o '[A-Z][a-z]* TLS connection established\|status=[a-z]*' sender/log | tail -n 2 | tr '\n' ' '
}
is "$(sent 1)" "Untrusted TLS connection established status=sent " "before: the mail arrives, and nobody was verified"

# --- the one command, as the README has it ---
command=$(sed -n 's/^tlsagen publish -c \/etc/&/p' "$TLSAGEN_SOURCE/README.md" | head -n 1)
like "$command" '^tlsagen publish -c /etc/letsencrypt/live/mx1/fullchain\.pem -f /var/lib/bind/db\.example\.org mx1\.example\.org 25$' "the README's command"
command=${command/\/etc\/letsencrypt/$tmp\/letsencrypt}
PATH=$(dirname "$TLSAGEN"):$PATH
run eval "$command"
is "$status$err" 0 "succeeds"
like "$out" '^_25\._tcp\.mx1\.example\.org\. published, serial 2026112301 -> 20[0-9]{8}, served after [0-9.]+ s$' "and says what the README shows"
is "$(diff before $zones/db.example.org | grep -c '^>')" 2 "serial and record, no more"
sleep 2 # what was asked before is held so long
is "$(sent 2)" "Verified TLS connection established status=sent " "behind it Postfix logs: Verified TLS connection established"

# The README's second command, and reload.
cp next.pem new.pem
cd $zones || exit 1
waits=$(grep -m 1 '^tlsagen publish --wait-authoritative --wait-secure' "$TLSAGEN_SOURCE/README.md")
waits=${waits/-c new.pem/-c $tmp/new.pem -c $tmp/ec.pem -c $tmp/rsa.pem --resolver 127.0.0.2 --trust-anchor $tmp/anchor}
run eval "$waits"
cd "$tmp" || exit 1
like "$status$err:$out" '^0:_25.*
at all authoritative servers \(1\) after [0-9.]+ s
secure for a validating resolver after [0-9.]+ s
safe to rely on from 20[0-9-]+T[0-9:]+Z$' "the next key beside those in use, and the waits of the README"
is "$(sent 3)" "Verified TLS connection established status=sent " "mail goes on"
run eval "$(grep -m 1 '^tlsagen reload -f' "$TLSAGEN_SOURCE/README.md")"
like "$status:$out" '^0:example\.org: (up to date, serial|loaded serial) 20[0-9]+' "the README's reload"

# A key that nobody published: strict clients do not deliver.
publish() { run "$TLSAGEN" publish "$@" -f $zones/db.example.org mx1.example.org 25; }
publish -q -c next.pem
sleep 3
unlike "$(sent 4)" 'Verified' "with the record of another key Postfix does not verify"
run "$TLSAGEN" publish -q --undo mx1.example.org 25
is "$status$err" 0 "undone, with the journal in its usual place"
sleep 3
is "$(sent 5)" "Verified TLS connection established status=sent " "Postfix verifies again"
[ $tap_failed = 0 ] || { tail -n 20 named.log sender/log postfix/log | sed 's/^/# /'; }
finish
