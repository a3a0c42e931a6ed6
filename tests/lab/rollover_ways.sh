#!/bin/bash
# `tlsagen rollover`: the schemes of records, changes from usage 3 to 2 and from 2 to 3 with a new key,
# an RSA and an ECDSA certificate, and somebody else who deploys.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_ways.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
lab_zone "$(printf '%s A 127.0.0.1\n' dual ta else early to2 to3)"
start_dns
start_tls 4431=live/dual/combined.pem 4432=live/ta/combined.pem 4433=else.pem 4434=early.pem \
    4435=live/to2/combined.pem 4436=live/to3/combined.pem 2>/dev/null
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
service dual { host = dual.dane.test ports = 4431 source = { "$tmp/acme/dual", "$tmp/acme/dual-rsa" } }
service ta { host = ta.dane.test ports = 4432 records = { "3 1 1", "2 1 1" } backup-ca = "$tmp/backup.pem" }
service to2 { host = to2.dane.test ports = 4435 records = { "3 1 1" } }
service to3 { host = to3.dane.test ports = 4436 records = { "2 1 1" } }
END
# Services without `live` have no after-deploy of their own.
sed -i '/^    live = /d; s/after-deploy = "[^"]*"//' tlsagen.conf
sed -i "s|ports = 443[1256]|& live = \"$tmp/live/%n\" after-deploy = \"$tmp/reload-tls\"|" tlsagen.conf
cat >>tlsagen.conf <<END
service else { host = else.dane.test ports = 4433 when-ready = { "touch", "$tmp/ready" } }
service early { host = early.dane.test ports = 4434 }
END
anchor_record() { echo "2 1 1 $(openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)"; }
at_name() { served 127.0.0.1 "_$1._tcp.$2.dane.test"; }
make_ca root; make_ca backup
deploy() { # SERVICE CERTIFICATE: what somebody else does
    cat "$2.key" "$2.pem" root.pem >"$1.pem.new" && mv "$1.pem.new" "$1.pem" && kill -HUP $tls_pid
}
# strict HOST PORT SET: each combination of usage, selector and matching type in the set verifies what
# is shown, as a client may use any of them alone
strict() {
    local combination record records
    while read -r combination; do
        records=()
        while read -r record; do records+=(-dane_tlsa_rrdata "$record"); done < <(grep "^$combination " <<<"$3")
        openssl s_client -connect "127.0.0.1:$2" -servername "$1" -dane_tlsa_domain "$1" "${records[@]}" \
            -verify_return_error </dev/null >/dev/null 2>&1 || return
    done < <(cut -d' ' -f1-3 <<<"$3" | sort -u)
}
# watch SERVICE PORT: a strict client looks again and again, with what a server has now, and with what
# another one had a moment ago; a set that it held for more than two seconds tells nothing here
watch() {
    local name=$1.dane.test server=127.0.0.3 set='' held='' taken=0 since=0
    trap - EXIT HUP INT TERM
    while :; do
        held=$set since=$taken
        [ $server = 127.0.0.1 ] && server=127.0.0.3 || server=127.0.0.1
        taken=$SECONDS
        set=$(served $server "_$2._tcp.$name")
        [ -n "$set" ] || continue
        echo "$set" | cut -d' ' -f1-3 | paste -sd, >>"watched.$1"
        strict "$name" "$2" "$set" || [ $((SECONDS - taken)) -gt 2 ] || echo "now: $set" >>"failed.$1"
        [ -z "$held" ] || strict "$name" "$2" "$held" || [ $((SECONDS - since)) -gt 2 ] || echo "held: $held" >>"failed.$1"
        sleep 0.5
    done
}
# watched SERVICE SET WHAT: nothing failed, and that set was seen among others
watched() {
    is "$(cat "failed.$1" 2>/dev/null):$(grep -qx "$2" "watched.$1" && echo seen)" :seen "$3"
}
for name in dual ta else early to2 to3; do renew $name $name.1; done
renew dual dual.1r dual.dane.test rsa:2048; mv acme/dual acme/dual-rsa; renew dual dual.1
deploy else else.1; deploy early early.1
pass 40 at idle dual ta else early to2 to3
pass 20 quiet_run
is "$(at_name 4431 dual)" "$(record dual.1 dual.1r)" "two kinds of key: a record for each"
is "$(ls live/dual | paste -sd' ')" "cert-rsa.pem cert.pem chain-rsa.pem chain.pem combined-rsa.pem combined.pem fullchain-rsa.pem fullchain.pem privkey-rsa.pem privkey.pem" "and files for each"
is "$(at_name 4432 ta)" "$({ record ta.1; anchor_record root; anchor_record backup; } | sort)" "a CA and its backup are pinned beside the key"
is "$(at_name 4433 else)" "$(record else.1)" "deployed by somebody else: its record"
is "$(at_name 4435 to2):$(at_name 4436 to3)" "$(record to2.1):$(anchor_record root)" "usage 3 alone, and usage 2 alone"
strict to2.dane.test 4435 "$(record to2.1)
$(anchor_record root)" && ok "the strict client accepts what fits" || not_ok "the strict client accepts what fits"
strict to2.dane.test 4435 "$(record to2.1)
$(anchor_record backup)" && not_ok "and refuses one combination that does not" || ok "and refuses one combination that does not"
watch to2 4435 & watchers=$!
watch to3 4436 & watchers+=" $!"

# One of the two kinds is renewed; a key under pinned CAs; somebody else waits, or does not; another
# usage is asked for, and there is a new key.
sed -i '/^service to2/s/3 1 1/2 1 1/; /^service to3/s/2 1 1/3 1 1/' tlsagen.conf
renew to2 to2.2; renew to3 to3.2
renew dual dual.2
renew ta ta.2
renew else else.2
renew early early.2
rollover run
is "$(at_name 4431 dual)" "$(record dual.1 dual.1r dual.2)" "the other kind of key keeps its record"
deploy early early.2
pass 10 grep -q 'early: .*shown already' told
told 'early: the new certificate is shown already, and clients .* refuse it' "a switch that was made too early is reported"
rollover gate else else.2.pem; like "$status:$out" '^[04]:else: ' "gate answers for what is on its way"
pass 30 [ -e ready ]
rollover gate else else.2.pem; is "$status" 0 "when-ready is run when it is safe, and the gate says so"
is "$(at_name 4433 else)" "$(record else.1 else.2)" "nothing is retired before it was deployed"
deploy else else.2
changed() { at idle dual ta else early && idle to2.2 to2 && idle to3.2 to3; }
pass 40 changed
is "$(at_name 4433 else)" "$(record else.2)" "the switch was noticed, and the former record retired"
is "$(at_name 4434 early)" "$(record early.2)" "an early switch is seen to its end"
is "$(at_name 4431 dual)" "$(record dual.1r dual.2)" "two kinds of key: the replaced record is retired"
is "$(at_name 4432 ta)" "$({ record ta.2; anchor_record root; anchor_record backup; } | sort)" "CAs stay pinned"
pass 20 quiet_run
# shellcheck disable=SC2086 # two of them
kill $watchers; wait $watchers 2>/dev/null
is "$(at_name 4435 to2):$(at_name 4436 to3)" "$(anchor_record root):$(record to3.2)" "3 1 1 has become 2 1 1, and 2 1 1 has become 3 1 1"
watched to2 "2 1 1" "from usage 3 to 2: a strict client never failed"
watched to3 "3 1 1" "from usage 2 to 3: a strict client never failed"
sort watched.to2 watched.to3 | uniq -c | sed 's/^/# /'
finish
