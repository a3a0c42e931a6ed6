#!/bin/bash
# `tlsagen rollover`: the schemes of records, an RSA and an ECDSA certificate, and somebody else who
# deploys.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_ways.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
lab_zone "$(printf '%s A 127.0.0.1\n' dual ta else early)"
start_dns
start_tls 4431=live/dual/combined.pem 4432=live/ta/combined.pem 4433=else.pem 4434=early.pem 2>/dev/null
conf "after-deploy = \"$tmp/reload-tls\" keep = 1s" <<END
service dual { host = dual.dane.test ports = 4431 source = { "$tmp/acme/dual", "$tmp/acme/dual-rsa" } }
service ta { host = ta.dane.test ports = 4432 records = { "3 1 1", "2 1 1" } backup-ca = "$tmp/backup.pem" }
END
# Services without `live` have no after-deploy of their own.
sed -i '/^    live = /d; s/after-deploy = "[^"]*"//' tlsagen.conf
sed -i "s|ports = 443[12]|& live = \"$tmp/live/%n\" after-deploy = \"$tmp/reload-tls\"|" tlsagen.conf
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
for name in dual ta else early; do renew $name $name.1; done
renew dual dual.1r dual.dane.test rsa:2048; mv acme/dual acme/dual-rsa; renew dual dual.1
deploy else else.1; deploy early early.1
pass 40 at idle dual ta else early
pass 20 quiet_run
is "$(at_name 4431 dual)" "$(record dual.1 dual.1r)" "two kinds of key: a record for each"
is "$(ls live/dual | paste -sd' ')" "cert-rsa.pem cert.pem chain-rsa.pem chain.pem combined-rsa.pem combined.pem fullchain-rsa.pem fullchain.pem privkey-rsa.pem privkey.pem" "and files for each"
is "$(at_name 4432 ta)" "$({ record ta.1; anchor_record root; anchor_record backup; } | sort)" "a CA and its backup are pinned beside the key"
is "$(at_name 4433 else)" "$(record else.1)" "deployed by somebody else: its record"

# One of the two kinds is renewed; a key under pinned CAs; somebody else waits, or does not.
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
pass 40 at idle dual ta else early
is "$(at_name 4433 else)" "$(record else.2)" "the switch was noticed, and the former record retired"
is "$(at_name 4434 early)" "$(record early.2)" "an early switch is seen to its end"
is "$(at_name 4431 dual)" "$(record dual.1r dual.2)" "two kinds of key: the replaced record is retired"
is "$(at_name 4432 ta)" "$({ record ta.2; anchor_record root; anchor_record backup; } | sort)" "CAs stay pinned"
pass 20 quiet_run
finish
