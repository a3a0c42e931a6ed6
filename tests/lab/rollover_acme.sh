#!/bin/bash
# `tlsagen rollover` with an ACME client: certbot gets certificates from pebble, the hook of contrib/
# runs what is due, BIND publishes, Postfix reads what is live, and every connection is verified.
# (a) certbot renews with new keys; (b) the key is made by `next-key`, and certbot gets its request;
# (c) keys stay.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_acme.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs posttls-finger
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ttl=2
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
. "$TLSAGEN_SOURCE/tests/lab/acme.sh"
owner=_25._tcp.mx.dane.test
lab_zone '@ MX 10 mx
mx A 127.0.0.1'
start_dns

start_pebble
mkdir hooks.d bin
cp "$TLSAGEN_SOURCE/contrib/acme/certbot.sh" hooks.d/ && chmod 755 hooks.d/certbot.sh
# As installed, `tlsagen` is in the path and its configuration in /etc.
printf '#!/bin/sh\nword=$1 sub=$2; shift 2\nexec %s "$word" "$sub" -C %s/tlsagen.conf "$@"\n' "$TLSAGEN" "$tmp" >bin/tlsagen
chmod 755 bin/tlsagen
key_at() { openssl x509 -in "$1" -noout -pubkey | sha256sum; }
renew_by_certbot() { new_certificate --deploy-hook "$tmp/hooks.d/certbot.sh mx" "$@"; }
# look_all_the_time: a line of `fingers` for each connection at level dane
look_all_the_time() {
    trap - EXIT HUP INT TERM
    while :; do
        posttls-finger -c -l dane -L summary dane.test 2>&1 | grep -oE '(Verified|Trusted|Untrusted|Anonymous) TLS|certificate verification failed.*|.*(not|no) .*DANE.*|connect.*refused' | head -1
        sleep 0.5
    done >>fingers
}

conf "after-deploy = \"$tmp/reload-postfix\" keep = 2s" <<END
service mx { host = mx.dane.test ports = 25 source = "$tmp/le/live/mx" }
END
printf '#!/bin/sh\n[ ! -e %s/postfix/spool/pid/master.pid ] || exec postfix -c %s/postfix/etc reload\n' "$tmp" "$tmp" >reload-postfix
chmod 755 reload-postfix
renew_by_certbot --key-type ecdsa --elliptic-curve secp256r1
is "$(ls live/mx 2>/dev/null | paste -sd' ')" "cert.pem chain.pem combined.pem fullchain.pem privkey.pem" "the hook of the first certificate deploys it"
is "$(served 127.0.0.1 $owner | grep -c '^3 1 1 ')" 1 "and publishes its record"
start_postfix
postconf -c postfix/etc "smtpd_tls_chain_files=$tmp/live/mx/combined.pem" "myhostname=mx.dane.test" "smtp_dns_support_level=dnssec"
postfix -c "$tmp/postfix/etc" reload 2>/dev/null
wait_for_port 25
pass 20 complete

# (a) Three renewals in a row with new keys.
: >fingers
look_all_the_time & looker=$!
for i in 1 2 3; do
    before=$(fingerprint_at live/mx/cert.pem)
    renew_by_certbot --key-type ecdsa
    is "$(fingerprint_at live/mx/cert.pem)" "$before" "renewal $i: the hook does not deploy it at once"
    is "$(served 127.0.0.1 $owner | wc -l)" 2 "renewal $i: but publishes its record"
    pass 40 complete
    is "$(shown_by_postfix)" "$(fingerprint_at le/live/mx/cert.pem)" "renewal $i: deployed, and shown"
    is "$(served 127.0.0.3 $owner | wc -l)" 1 "renewal $i: the former record is retired"
done

# (b) The next key before there is a certificate.
rollover next-key --csr=next.csr mx
like "$status:$out" '^0:mx: published 3 1 1 .*mx: the next key may be deployed ' "next-key makes it, and does not wait for the secondary"
is "$(served 127.0.0.1 $owner | wc -l)" 2 "its record is published"
is "$(stat -c %a state/rollover/mx.next.key)" 600 "its key is nobody else's to read"
pass 30 at safe mx
certbot_run certonly --csr next.csr --cert-path "$tmp/by-csr.pem" --fullchain-path "$tmp/by-csr.fullchain.pem" --chain-path "$tmp/by-csr.chain.pem"
mkdir by-csr && mv by-csr.fullchain.pem by-csr/fullchain.pem
sed -i "s|source = \"$tmp/le/live/mx\"|source = \"$tmp/by-csr\"|" tlsagen.conf
rollover run
like "$status:$out" '^[04]:mx: deployed' "its certificate is deployed by the next run"
live_is_source by-csr.pem && ok "without a wait" || not_ok "without a wait" "$out$err"
pass 30 complete by-csr.pem
is "$(shown_by_postfix)" "$(fingerprint_at by-csr.pem)" "and shown"
is "$([ -e state/rollover/mx.next.key ] || echo gone)" gone "the key has gone to live"

# (c) Keys stay.
sed -i "s|source = \"$tmp/by-csr\"|source = \"$tmp/le/live/mx\"|" tlsagen.conf
renew_by_certbot --key-type ecdsa
pass 40 complete
sed -i 's|ports = 25|& reuse-key = yes|' tlsagen.conf
key=$(key_at live/mx/cert.pem)
renew_by_certbot --key-type ecdsa --reuse-key
pass 20 complete
is "$(key_at live/mx/cert.pem)" "$key" "a certificate renewed with its key"
before=$(served 127.0.0.1 $owner)
live_is_source le/live/mx/cert.pem && ok "goes through" || not_ok "goes through" "$out$err"
renew_by_certbot --key-type ecdsa --no-reuse-key --new-key
rollover run -v mx
like "$status:$err" '^3:.*mx: the new certificate is held back: its key is not published' "one with a new key is held back"
is "$(served 127.0.0.1 $owner)" "$before" "nothing is published for it"
is "$(key_at live/mx/cert.pem)" "$key" "nor deployed"
kill $looker; wait $looker 2>/dev/null
is "$(sort fingers | uniq -c | grep -vc ' Verified TLS$')" 0 "every connection was verified" || sort fingers | uniq -c | sed 's/^/# /'
is "$(($(grep -c Verified fingers) > 50))" 1 "and there were many: $(grep -c Verified fingers)"
finish
