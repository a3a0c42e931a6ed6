#!/bin/bash
# `tlsagen rollover`: from the first deployment through renewals with new keys, in a zone that BIND
# signs and a secondary serves, with a Postfix that reads what is live.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs ip openssl named rndc dnssec-dsfromkey dig posttls-finger
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ip addr add 127.0.0.2/8 dev lo
ip addr add 127.0.0.3/8 dev lo
printf 'nameserver 127.0.0.1\noptions edns0 trust-ad\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

ttl=2
make_ca root
# renew NAME: what an ACME client leaves in acme/
renew() {
    make_cert "$1" mx.dane.test ec root
    mkdir -p acme
    chmod 600 "$1.key"
    cp "$1.key" acme/privkey.pem
    cat "$1.pem" root.pem >acme/fullchain.pem
}
# served SERVER: the records there
served() {
    dig +noall +answer "@$1" _25._tcp.mx.dane.test TLSA |
        awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort
}
record() { echo "3 1 1 $(openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)"; }
shown() { openssl s_client -connect 127.0.0.1:25 -starttls smtp </dev/null 2>/dev/null | openssl x509 -outform DER | sha256sum; }
der() { openssl x509 -in "$1.pem" -outform DER | sha256sum; }

printf '$TTL %s\n@ IN SOA ns h 1 1 1 86400 %s\n@ IN NS ns\n@ IN NS ns2\nns A 127.0.0.1\nns2 A 127.0.0.3\n@ MX 10 mx\nmx A 127.0.0.1\n' \
    $ttl $ttl >dane.test.zone
start_named '
dnssec-policy lab { keys { csk lifetime unlimited algorithm ECDSAP256SHA256; }; };
zone "dane.test" { type primary; file "dane.test.zone"; dnssec-policy lab; inline-signing yes;
    also-notify { 127.0.0.3; }; notify explicit; allow-transfer { any; }; };'
cat >second.conf <<END
options { directory "$tmp"; pid-file none; listen-on port 53 { 127.0.0.3; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; session-keyfile none; };
controls { };
zone "dane.test" { type secondary; primaries { 127.0.0.1; }; file "second.zone"; };
END
named -c second.conf -n 1 -g 2>second.log &
for _ in {1..50}; do
    dig +noall +answer @127.0.0.1 dane.test DNSKEY >key
    [ -s key ] && break
    sleep 0.1
done
dnssec-dsfromkey -2 -f - dane.test <key >anchor

cat >reload-postfix <<END
#!/bin/sh
echo reload >>$tmp/hooks
[ ! -e $tmp/broken ] || exit 7
[ -e $tmp/no-reload ] || exec postfix -c $tmp/postfix/etc reload
END
chmod 755 reload-postfix
cat >tlsagen.conf <<END
state-dir = "$tmp/state"
trust-anchor = "$tmp/anchor"
resolver = "127.0.0.2"
zone dane.test {
    file = "$tmp/dane.test.zone"
    server = rndc
    control-key = "$tmp/rndc.key"
    control-host = "127.0.0.1"
}
service mx {
    host = mx.dane.test
    ports = 25
    source = "$tmp/acme"
    live = "$tmp/live/mx"
    ttl = $ttl
    watch = 1s
    deploy-deadline = 4s
    after-deploy = "$tmp/reload-postfix"
}
END
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
    cache-min-ttl: 0
stub-zone:
    name: "dane.test"
    stub-addr: 127.0.0.1
    stub-addr: 127.0.0.3
remote-control:
    control-enable: no
CONF
unbound -d -c unbound.conf &
wait_for_port 53 127.0.0.2

rollover() { run timeout 60 "$TLSAGEN" rollover "$@" -C tlsagen.conf; }
# until REGEX SECONDS: runs until status says so
until_status() {
    local i
    for ((i = 0; i < $2 * 4; i++)); do
        rollover run
        printf '%s' "$out$err" >>runs
        rollover status
        [[ $out =~ $1 ]] && return
        sleep 0.25
    done
    echo "# never: $1, but: $out"
}
renew first
rollover run; echo "$status|$out|$err"
ls -la live
rollover status; echo "$status|$out|$err"
rollover run; echo "$status|$out|$err"
sleep 1; rollover run; echo "$status|$out|$err"; rollover explain mx; echo "$status|$out|$err"
cp rsa.key x 2>/dev/null
sed -i 's/^smtpd_tls_chain_files.*//' /dev/null
start_postfix
postconf -c postfix/etc "smtpd_tls_chain_files=$tmp/live/mx/combined.pem"
postfix -c "$tmp/postfix/etc" reload 2>/dev/null
wait_for_port 25
is "$(shown)" "$(der first)" "the first certificate is shown"
renew second
for i in {1..14}; do rollover run; echo "$i $status|$out|$err"; rollover status; echo "$out" | tail -1; sleep 1; done
served 127.0.0.1; record second
is "$(shown)" "$(der second)" "second"
rollover explain mx; echo "$status|$out|$err"
tail -5 named.log
finish
