#!/bin/bash
# `tlsagen reload`: four name servers really serve the new serial, and what they say when they do not.
# shellcheck disable=SC2154 # of servers.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/reload.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig named rndc nsd nsd-control knotd knotc pdns_server pdns_control

for zone in plain signed dynamic ice; do zone_text 1 >$zone.zone; done
zone_text 1 >in.view
start_named '
zone "plain.test" { type primary; file "plain.zone"; };
zone "signed.test" { type primary; file "signed.zone"; dnssec-policy default; inline-signing yes; };
zone "dynamic.test" { type primary; file "dynamic.zone"; allow-update { 127.0.0.1; }; };'
rndc="--control-key rndc.key --control-host 127.0.0.1"

# tell [OPTION...] ZONE: reload at the BIND
# shellcheck disable=SC2086 # words
tell() { run tlsagen reload $rndc "$@"; }
edit() { sed -i "s/ h [0-9]* / h $2 /" "$1"; }

edit plain.zone 2
tell plain.test
is "$status$err" 0 "a plain zone"
like "$out" '^plain\.test: loaded serial 2 after [0-9]+\.[0-9]{2} s$' "is loaded, and how fast"
is "$(dig +short @127.0.0.1 plain.test SOA | cut -d' ' -f3)" 2 "and served"
tell plain.test; is "$status:$out" "0:plain.test: up to date, serial 2" "nothing newer to load"
edit plain.zone 3
tell --serial 3 --json plain.test.
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["loaded"], d["old_serial"], d["serial"], d["seconds"] < 5)' <<<"$out")" \
    "0:True 2 3 True" "--json, --serial and a final dot"
edit plain.zone 4; tell -q -f plain.zone plain.test; is "$status$out$err" 0 "--file, quietly"
tell -f plain.zone --wait 2 plain.test; is "$status" 0 "which is loaded already"

edit signed.zone 2
tell -f signed.zone signed.test
is "$status$err" 0 "a zone signed in line"
like "$out" 'loaded serial 2 after' "its serial is that of the file"

# refused STATUS REGEX WHAT COMMAND...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}
cp plain.zone good; echo 'broken (' >>plain.zone; edit plain.zone 5
refused 4 'plain\.test: the server accepted the reload and serves serial 4, not a new serial, 1 s later' \
    "a broken file, accepted" tell --wait 1 plain.test
refused 4 'serves serial 4, not serial 5' "and the serial wanted" tell --serial 5 --wait 1 plain.test
mv good plain.zone; touch -d '2001-01-01' plain.zone; rndc -s 127.0.0.1 -k rndc.key reload plain.test >/dev/null
sleep 0.3
refused 3 'the server says "zone reload up-to-date" and serves serial 4, not 9' "up-to-date after an edit" \
    tell --serial 9 --wait 1 plain.test
refused 3 'dynamic\.test: a dynamic zone.*tlsagen update, or publish with --update or --freeze' "a dynamic zone" tell dynamic.test
rndc -s 127.0.0.1 -k rndc.key freeze dynamic.test
refused 3 'dynamic\.test: the zone is frozen' "a frozen zone" tell dynamic.test
refused 3 "none\.test: the server does not have this zone \(rndc: .*no matching zone" "an unknown zone" tell none.test
refused 3 'does not have this zone .*no matching view' "an unknown view" tell --view other plain.test
edit plain.zone 6; tell --view _default --class IN plain.test; like "$out" 'loaded serial 6' "a view and a class"
sed 's/secret ".*"/secret "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="/' rndc.key >other.key
refused 1 'plain\.test: the server does not let us control it' "a wrong key" \
    run tlsagen reload --control-key other.key --control-host 127.0.0.1 plain.test
refused 4 'plain\.test: nobody answers rndc: .*refused' "no server there" \
    run tlsagen reload --control-key rndc.key --control-host 127.0.0.1 --control-port 954 plain.test
refused 1 'plain\.test: rndc failed with status 1: "rndc: neither' "no key file" \
    run tlsagen reload --control-key none.key --control-host 127.0.0.1 plain.test
edit plain.zone 7; tell --query 127.0.0.1#53 plain.test; like "$out" 'loaded serial 7' "asked by DNS"
is "$(tlsagen reload -n --control-config c --view v plain.test)" "rndc -c c reload plain.test IN v" "--dry-run"

# The other three: one good edit, one broken file, an unknown zone, nobody there.
others() { # KIND PORT FILE WORDS-WHEN-DOWN OPTION...
    local kind=$1 at=127.0.0.1#$2 file=$3 down=$4
    shift 4
    # A server that loads a zone when it is first asked for must not see the edit before.
    wait_for_serial "${at#*#}" a.test 1
    edit "$file" 2
    run tlsagen reload --server "$kind" "$@" --query "$at" a.test
    is "$status$err" 0 "$kind: a reload"
    like "$out" '^a\.test: loaded serial 2 after' "$kind: is waited for"
    refused 3 'none\.test: the server does not have this zone' "$kind: an unknown zone" \
        run tlsagen reload --server "$kind" "$@" --query "$at" none.test
    echo 'x (' >>"$file"; edit "$file" 3
    run tlsagen reload --server "$kind" "$@" --query "$at" --wait 1 --serial 3 a.test
    like "$status:$err" "$down" "$kind: a broken file"
}
for kind in nsd knot pdns; do zone_text 1 >a.test.$kind; done
start_nsd a.test
others nsd 5301 a.test.nsd '^4:.*accepted the reload and serves (no serial|serial 2), not serial 3' --control-config nsd.conf
start_knot a.test
others knot 5302 a.test.knot '^3:.*the server rejects the zone file' --control-config knot.conf --control-host "$PWD/knot.sock"
start_pdns a.test
others pdns 5303 a.test.pdns '^3:.*the server rejects the zone file .*\[rejected\]' --control-config "$PWD/pdns"
kill "$nsd_pid" "$knot_pid" "$pdns_pid" "$named_pid"; wait "$nsd_pid" "$knot_pid" "$pdns_pid" "$named_pid" 2>/dev/null
refused 4 'nobody answers nsd-control' "nsd is down" run tlsagen reload --server nsd --control-config nsd.conf a.test
refused 4 'nobody answers knotc' "knot is down" run tlsagen reload --server knot --control-host knot.sock a.test
refused 4 'nobody answers pdns_control' "pdns is down" run tlsagen reload --server pdns --control-config "$PWD/pdns" a.test
refused 4 'nobody answers rndc' "named is down" tell plain.test
[ $tap_failed = 0 ] || tail -n 5 ./*.log | sed 's/^/# /'
finish
