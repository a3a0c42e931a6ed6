# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # process ids are for the script that sources this; zone text
# Name servers for lab tests, each with its zones from files in the current folder; sourced after
# netns.sh. What starts here ends with the namespace.

# zone_text SERIAL: a small zone with relative names
zone_text() { printf '$TTL 300\n@ IN SOA ns h %s 3600 600 86400 300\n@ IN NS ns\nns A 127.0.0.1\n' "$1"; }

# wait_for_serial PORT ZONE SERIAL: until the server there has it, a minute at most
wait_for_serial() {
    local i
    for ((i = 0; i < 600; i++)); do
        dig +short @127.0.0.1 -p "$1" "$2" SOA | grep -q "^ns.* $3 " && return
        sleep 0.1
    done
    echo "# $2 has no serial $3 on port $1"
}

# start_named ZONES: a BIND with the statements of ZONES, controlled on port 953 by rndc.key; at
# $named_v6, too; $named_options: how it tells secondaries
start_named() {
    rndc-confgen -a -c "$PWD/rndc.key" -k lab >/dev/null 2>&1 && chmod 600 rndc.key
    cat >named.conf <<END
include "$PWD/rndc.key";
options {
    directory "$PWD"; pid-file none; listen-on port 53 { 127.0.0.1; }; listen-on-v6 { ${named_v6:-none;} };
    recursion no; dnssec-validation no; session-keyfile none; key-directory "$PWD"; ${named_options:-notify no;}
};
controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { "lab"; }; };
$1
END
    named -c named.conf -n 1 -g 2>>named.log &
    named_pid=$!
    wait_for_port 53
    wait_for_port 953
}

# nsd_conf ADDRESS: the part of its configuration that tells how an NSD on port 5301 there runs
nsd_conf() {
    cat <<END
server:
    ip-address: $1
    port: 5301
    username: ""
    chroot: ""
    zonesdir: "$PWD"
    database: ""
    pidfile: ""
    xfrdfile: "$PWD/xfrd"
    zonelistfile: "$PWD/zonelist"
    server-count: 1
END
}

# start_nsd ZONE...: an NSD on port 5301, controlled through nsd.sock
start_nsd() {
    local zone
    nsd_conf 127.0.0.1 >nsd.conf
    cat >>nsd.conf <<END
remote-control:
    control-enable: yes
    control-interface: $PWD/nsd.sock
END
    for zone; do printf 'zone:\n  name: %s\n  zonefile: %s.nsd\n' "$zone" "$zone" >>nsd.conf; done
    nsd -d -c nsd.conf >nsd.log 2>&1 &
    nsd_pid=$!
    wait_for_port 5301
}

# start_knot ZONE...: a Knot on port 5302, controlled through knot.sock
start_knot() {
    local zone
    mkdir -p knot
    cat >knot.conf <<END
server:
    listen: 127.0.0.1@5302
    rundir: $PWD/knot
    user: root
database:
    storage: $PWD/knot
control:
    listen: $PWD/knot.sock
log:
  - target: stderr
    any: info
zone:
END
    for zone; do
        printf '  - domain: %s\n    storage: %s\n    file: %s.knot\n    zonefile-sync: -1\n' "$zone" "$PWD" "$zone"
        printf '    zonefile-load: difference\n    journal-content: none\n'
    done >>knot.conf
    sed -i 's/zonefile-load: difference/zonefile-load: whole/' knot.conf
    knotd -c knot.conf >knot.log 2>&1 &
    knot_pid=$!
    wait_for_port 5302
}

# start_pdns ZONE...: a PowerDNS with the bind backend on port 5303, its socket in ./pdns
start_pdns() {
    local zone
    mkdir -p pdns
    for zone; do printf 'zone "%s" { type master; file "%s/%s.pdns"; };\n' "$zone" "$PWD" "$zone"; done >pdns/named.conf
    cat >pdns/pdns.conf <<END
launch=bind
bind-config=$PWD/pdns/named.conf
local-address=127.0.0.1
local-port=5303
socket-dir=$PWD/pdns
daemon=no
guardian=no
zone-cache-refresh-interval=0
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
END
    pdns_server --config-dir="$PWD/pdns" >pdns.log 2>&1 &
    pdns_pid=$!
    wait_for_port 5303
}
