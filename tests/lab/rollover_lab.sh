# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2016 # shared with lib.sh and the script that sources this
# A world for tests of `tlsagen rollover`, sourced after netns.sh and servers.sh: dane.test, signed by
# a BIND on 127.0.0.1 with a secondary on 127.0.0.3, and a validating unbound on 127.0.0.2, which asks
# both, or those of $resolver_asks.
#
#   lab_zone 'mx A 127.0.0.1'   # dane.test.zone, with these records and those of the name servers
#   start_dns                   # all three, and the file `anchor`
#   conf <<END                  # tlsagen.conf: the zone, and the services on standard input
#   rollover run                # sets $status, $out and $err
needs ip openssl named rndc dnssec-dsfromkey dig unbound python3
. "$TLSAGEN_SOURCE/tests/certs.sh"
for last in 2 3 4; do ip addr add 127.0.0.$last/8 dev lo; done
printf 'nameserver 127.0.0.2\noptions edns0 trust-ad\n' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
ttl=${ttl:-2}

# lab_zone RECORDS: the file of dane.test
lab_zone() {
    printf '$TTL %s\n@ IN SOA ns h 1 1 1 86400 %s\n@ IN NS ns\n@ IN NS ns2\nns A 127.0.0.1\nns2 A 127.0.0.3\n%s\n' \
        "$ttl" "$ttl" "$1" >dane.test.zone
}

# transfers any|none: whether the secondary gets what is new
transfers() {
    printf 'allow-transfer { %s; };\n' "$1" >transfer
    [ -z "${named_pid:-}" ] || rndc -s 127.0.0.1 -k rndc.key reconfig
}

# start_dns [ZONES]: further statements for BIND
start_dns() {
    transfers any
    start_named 'dnssec-policy lab { keys { csk lifetime unlimited algorithm ECDSAP256SHA256; }; };
zone "dane.test" { type primary; file "dane.test.zone"; dnssec-policy lab; inline-signing yes;
    also-notify { 127.0.0.3; }; notify explicit; include "transfer"; };'"${1:-}"
    start_second
    anchor_of dane.test 127.0.0.1 >anchor
    anchor_of dane.test 127.0.0.3 >/dev/null
    start_unbound
}

# anchor_of ZONE ADDRESS: its trust anchor, once it is signed there
anchor_of() {
    local i
    for ((i = 0; i < 200; i++)); do
        dig +noall +answer "@$2" "$1" DNSKEY >"key.$1"
        [ -s "key.$1" ] && break
        sleep 0.1
    done
    dnssec-dsfromkey -2 -f - "$1" <"key.$1"
}

start_second() {
    cat >second.conf <<END
options { directory "$tmp"; pid-file none; listen-on port 53 { 127.0.0.3; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; session-keyfile none; };
controls { };
zone "dane.test" { type secondary; primaries { 127.0.0.1; }; file "second.zone"; };
END
    named -c second.conf -n 1 -g 2>>second.log &
    second_pid=$!
    wait_for_port 53 127.0.0.3
}

start_unbound() {
    cat >unbound.conf <<END
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
$(printf '    stub-addr: %s\n' ${resolver_asks:-127.0.0.1 127.0.0.3})
remote-control:
    control-enable: no
END
    unbound -d -c unbound.conf &
    unbound_pid=$!
    wait_for_port 53 127.0.0.2
}

# deadline DURATION: from now on for all services; `conf` sets one that a slow machine keeps
deadline() { sed -i "s/deploy-deadline = [0-9a-z]*/deploy-deadline = $1/" tlsagen.conf; }

# conf [DEFAULTS]: tlsagen.conf, its services from standard input
conf() {
    {
        cat <<END
state-dir = "$tmp/state"
trust-anchor = "$tmp/anchor"
resolver = "127.0.0.2"
zone dane.test {
    file = "$tmp/dane.test.zone"
    server = rndc
    control-key = "$tmp/rndc.key"
    control-host = "127.0.0.1"
}
defaults {
    ttl = $ttl
    watch = 1s
    live = "$tmp/live/%n"
    source = "$tmp/acme/%n"
    deploy-deadline = 5m
    ${1:-}
}
END
        cat
    } >tlsagen.conf
    run timeout 20 "$TLSAGEN" config check -C tlsagen.conf
    [ "$status" = 0 ] || { echo "Bail out! $out$err"; exit 1; }
}

rollover() { run timeout 120 "$TLSAGEN" rollover "$@" -C tlsagen.conf; }

# renew SERVICE CERTIFICATE [HOST [KIND]]: what an ACME client leaves in acme/SERVICE, with the key
# CERTIFICATE.key, new when it is not there; the CA is `root`
renew() {
    [ -e root.pem ] || make_ca root
    make_cert "$2" "${3:-$1.dane.test}" "${4:-ec}" root
    put_source "acme/$1" "$2"
}
# put_source FOLDER CERTIFICATE: into a folder as certbot's
put_source() {
    mkdir -p "$1"
    chmod 600 "$2.key"
    cp -p "$2.key" "$1/privkey.pem.new" && mv "$1/privkey.pem.new" "$1/privkey.pem"
    cat "$2.pem" root.pem >"$1/fullchain.pem.new" && mv "$1/fullchain.pem.new" "$1/fullchain.pem"
}

# record CERTIFICATE...: the 3 1 1 records, sorted
record() {
    local name
    for name; do
        echo "3 1 1 $(openssl x509 -in "$name.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)"
    done | sort
}
# served SERVER OWNER: the records that it has, sorted
served() {
    dig +noall +answer "@$1" "$2" TLSA | awk '$4 == "TLSA" {printf "%s %s %s ", $5, $6, $7
        for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort
}
# shown PORT [ADDRESS]: the certificate that is shown there, as fingerprint
shown() {
    openssl s_client -connect "${2:-127.0.0.1}:$1" -servername x </dev/null 2>/dev/null | fingerprint
}
fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null; }
# fingerprint_of CERTIFICATE
fingerprint_of() { fingerprint <"$1.pem"; }
# live_is SERVICE CERTIFICATE WHAT: `live` has that one
live_is() { is "$(fingerprint <"live/$1/cert.pem")" "$(fingerprint_of "$2")" "$3"; }

# stage_of SERVICE: as `status` tells it
stage_of() {
    "$TLSAGEN" rollover status --json -C tlsagen.conf "$1" | sed -n 's/.*"stage": *"\([a-z]*\)".*/\1/p'
}

# pass SECONDS CONDITION...: runs what is due until the condition is true, or four times the seconds
# are over, as machines may be slow; what the runs told is in the file `told`
pass() {
    local end=$((SECONDS + 4 * $1))
    shift
    : >told
    until "$@"; do
        [ $SECONDS -lt $end ] || { not_ok "came true in time: $*" "$(tail -5 told)"; return; }
        rollover run
        printf '%s\n' "$out" "$err" | grep . >>told
        sleep 0.5
    done
}
# run_until SECONDS REGEX WHAT ARGUMENT...: runs what is due until "$status:$out$err" of the run,
# which tells all that it waits for, matches; a run that looked a moment ago does not look again
run_until() {
    local end=$((SECONDS + 4 * $1)) regex=$2 what=$3
    shift 3
    until rollover run -v "$@"; [[ $status:$out$err =~ $regex || $SECONDS -ge $end ]]; do sleep 0.5; done
    like "$status:$out$err" "$regex" "$what"
}
# at STAGE SERVICE...: they all stand there
at() {
    local stage=$1 name
    shift
    for name; do [ "$(stage_of "$name")" = "$stage" ] || return; done
}
# idle CERTIFICATE SERVICE...: nothing is under way any more, and the certificate is live
idle() {
    local certificate=$1
    shift
    deployed "$1" "$certificate" && at idle "$@"
}
# told REGEX WHAT: the runs of the last `pass` told that
told() { like "$(cat told)" "$1" "$2"; }

# start_tls ARGUMENT...: tls_server.py, which `reload_tls` tells to read its files again
start_tls() {
    python3 "$TLSAGEN_SOURCE/tests/lab/tls_server.py" "$@" &
    tls_pid=$!
    printf '#!/bin/sh\necho reload >>%s/hooks\n[ ! -e %s/broken ] || exit 7\n[ -e %s/deaf ] || kill -HUP %s\n' \
        "$tmp" "$tmp" "$tmp" $tls_pid >reload-tls
    chmod 755 reload-tls
    wait_for_port "$(sed 's/=.*//; s/.*://' <<<"$1")"
}

# For `pass`: the last run said nothing and had nothing to do; the last run stopped.
quiet_run() { [ "${status:-1}$out$err" = 0 ]; }
stopped() { [ "${status:-0}" = 3 ]; }
# carried RECORD SERVER...: they have it at $owner
carried() {
    local record=$1 server
    shift
    for server; do served "$server" "$owner" | grep -qxF "$record" || return; done
}
# deployed SERVICE CERTIFICATE: it is live
deployed() { [ -e "live/$1/cert.pem" ] && [ "$(fingerprint <"live/$1/cert.pem")" = "$(fingerprint_of "$2")" ]; }
