# shellcheck shell=bash disable=SC2154 # lib.sh sets $tmp
# certbot and an ACME server that believes every challenge, on loopback; sourced after
# rollover_lab.sh and mail_servers.sh, whose hosts file it writes. The lineage `mx` of certbot, for
# mx.dane.test, is in le/live/mx.
needs certbot pebble

start_pebble() {
    printf '127.0.0.1 mail.lab.test localhost\n' >hosts
    make_ca root # of the ACME server itself
    make_cert pebble localhost rsa:2048 root
    cat >pebble.json <<END
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
 "certificate": "$tmp/pebble.pem", "privateKey": "$tmp/pebble.key", "httpPort": 80, "tlsPort": 443,
 "ocspResponderURL": "", "externalAccountBindingRequired": false}}
END
    PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 \
        pebble -config pebble.json >pebble.log 2>&1 &
    wait_for_port 14000
}

# certbot_run WORD...: a certificate, with the options that all share
certbot_run() {
    run env PATH="$tmp/bin:$PATH" REQUESTS_CA_BUNDLE="$tmp/root.pem" timeout 120 certbot "$@" \
        --server https://localhost:14000/dir --config-dir "$tmp/le" --work-dir "$tmp/le.work" \
        --logs-dir "$tmp/le.log" --non-interactive --agree-tos --register-unsafely-without-email \
        --manual --manual-auth-hook /bin/true --preferred-challenges http
    [ "$status" = 0 ] || not_ok "certbot $1" "$out" "$err"
}
# new_certificate WORD...: of the lineage, with further options
new_certificate() { certbot_run certonly -d mx.dane.test --cert-name mx --force-renewal "$@"; }
fingerprint_at() { openssl x509 -noout -fingerprint -sha256 -in "$1"; }
shown_by_postfix() { openssl s_client -connect 127.0.0.1:25 -starttls smtp </dev/null 2>/dev/null | fingerprint; }
# complete [CERTIFICATE]: what certbot has got is live, and nothing is under way
complete() { live_is_source "${1:-le/live/mx/cert.pem}" && at idle mx; }
live_is_source() { [ "$(fingerprint_at live/mx/cert.pem)" = "$(fingerprint_at "$1")" ]; }
