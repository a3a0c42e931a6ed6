#!/bin/bash
# demo.sh TLSAGEN: the main job, from a certificate to a record that a strict client verifies. A
# throw-away key, certificate and zone, a BIND that signs the zone, a validating unbound and a TLS
# server live in a temporary folder and in a network of their own, which end with this script.
set -eu
tlsagen=$(realpath "$1")
if [ "${DEMO_INSIDE:-}" != yes ]; then
    unshare -n -m -p -f --mount-proc true 2>/dev/null || {
        echo "demo: needs root, for a network namespace of its own" >&2
        exit 1
    }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    DEMO_INSIDE=yes setpriv --pdeathsig KILL \
        unshare -n -m --uts -p -f --kill-child --mount-proc bash "$(realpath "$0")" "$tlsagen" "$folder"
    exit
fi
cd "$2"
export PATH=/usr/sbin:$PATH
tlsagen() { "$tlsagen" "$@"; }
[ ! -t 1 ] || bold=$'\033[1m' plain=$'\033[0m'
say() { printf '\n# %s\n' "$*"; }
show() { # COMMAND...: prints it, then what it prints
    printf '%s$ %s%s\n' "${bold:-}" "$*" "${plain:-}"
    "$@"
}
# until_it_works COMMAND...: ten seconds at most
until_it_works() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "demo: this did not work within ten seconds: $*" >&2
    cat ./*.log >&2
    exit 1
}

say "A key and a certificate for mail.demo.test, and a server that shows it."
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -keyout key.pem \
    -out cert.pem -subj /CN=mail.demo.test -addext subjectAltName=DNS:mail.demo.test 2>/dev/null
show openssl x509 -in cert.pem -noout -subject -enddate
ip link set lo up
openssl s_server -quiet -accept 443 -cert cert.pem -key key.pem -www </dev/null >/dev/null 2>&1 &

say "A zone as people keep them, served by a BIND that signs it, and a validating unbound."
cat >db.demo.test <<'END'
; demo.test, kept by hand
$ORIGIN demo.test.
$TTL 1h
@       IN SOA  ns hostmaster (
                2026010101      ; serial
                2h 1h 2w 1h )
        IN NS   ns              ; one is enough for a demo
ns      IN A    127.0.0.1
mail    IN A    127.0.0.1       ; the mail server
END
cp db.demo.test before
rndc-confgen -a -c "$PWD/rndc.key" >/dev/null 2>&1
cat >named.conf <<END
include "$PWD/rndc.key";
options {
    directory "$PWD"; pid-file none; session-keyfile none; key-directory "$PWD"; recursion no;
    listen-on port 53 { 127.0.0.1; }; listen-on-v6 { none; }; dnssec-validation no; notify no;
};
controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { "rndc-key"; }; };
zone "demo.test" {
    type primary; file "db.demo.test"; dnssec-policy default; inline-signing yes;
};
END
named -c named.conf -n 1 -g 2>named.log &
until_it_works bash -c 'dig +short @127.0.0.1 demo.test DNSKEY | grep -q ^257'
dig @127.0.0.1 demo.test DNSKEY | dnssec-dsfromkey -2 -f - demo.test >anchor
cat >unbound.conf <<END
server:
    interface: 127.0.0.1@5353
    do-not-query-localhost: no
    local-zone: "test." nodefault
    trust-anchor-file: "$PWD/anchor"
    cache-max-negative-ttl: 1
    username: ""
    chroot: ""
    directory: "$PWD"
    pidfile: ""
    use-syslog: no
    num-threads: 1
stub-zone:
    name: "demo.test"
    stub-addr: 127.0.0.1
END
unbound -d -c unbound.conf 2>unbound.log &
until_it_works bash -c 'dig +short @127.0.0.1 -p 5353 demo.test SOA | grep -q ^ns'
grep -v '^;' db.demo.test

say "One command: record, serial, check, reload, and until the world sees it."
control="--control-key rndc.key --control-host 127.0.0.1"
world="--wait-authoritative --wait-secure --resolver 127.0.0.1@5353 --trust-anchor anchor"
# shellcheck disable=SC2086 # words
show tlsagen publish -c cert.pem -f db.demo.test --state-dir state $control $world mail.demo.test 25,443

say "What it changed in the file:"
diff before db.demo.test || true

say "Once more: nothing to do."
# shellcheck disable=SC2086 # words
show tlsagen publish -c cert.pem -f db.demo.test --state-dir state $control mail.demo.test 25,443

say "The record as the validating unbound gives it (ad: authenticated data):"
dig @127.0.0.1 -p 5353 +dnssec _443._tcp.mail.demo.test TLSA | grep -E '^;; flags|TLSA.3'
dig @127.0.0.1 -p 5353 +dnssec _443._tcp.mail.demo.test TLSA | grep -q '^;; flags:.* ad' || {
    echo "demo: the record is not secure" >&2
    exit 1
}

say "And as a strict client sees the server:"
show tlsagen verify --resolver 127.0.0.1@5353 --trust-anchor anchor mail.demo.test 443
