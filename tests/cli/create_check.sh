#!/bin/bash
# `tlsagen create`: names, dates, pairs of key and certificate, warnings, unions.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca root; make_ca inter root
make_cert mail $host ec inter
make_cert wild '*.example.org' ec inter
make_cert other other.example.net ec inter
make_cert old $host ec inter -60 -2
make_cert soon $host ec inter -80 3
make_cert future $host ec inter 5 400
make_cert short $host ec inter -1 80
make_cert weak $host rsa:1024 inter
make_cert rsa $host rsa:2048 inter
make_ca expired; _issue expired '/CN=expired CA' 'basicConstraints=critical,CA:TRUE\n' root -90 -3
make_cert below $host ec expired
make_key next ec
for name in mail old soon future short weak wild other below rsa; do
    cat $name.pem inter.pem >$name.chain
done
cat below.pem expired.pem >below.chain

# --- names: usages 0 to 2 check, usage 3 warns ---
covers='other.*: certificate "CN=other" does not cover mail.example.org., which usages 0 to 2 require'
refuses 3 "$covers" "1 1 1 for another host" -c other.pem $host 443 1 1 1
refuses 3 "$covers" "2 1 1 for another host" -c other.chain $host 25 2 1 1
refuses 3 "$covers" "0 1 1 for another host" -c other.chain $host 443 0 1 1
makes "1 1 1 $(data_of 1 1 other.pem)" "-n: 1 1 1 for another host" -n -c other.pem $host 443 1 1 1
makes "2 1 1 $(data_of 1 1 inter.pem)" "--no-check: 2 1 1 for another host" \
    --no-check -c other.chain $host 25 2 1 1
warns 'other.pem: certificate does not cover mail.example.org. .usage 3 does not require it' \
    "3 1 1 for another host" -c other.pem $host 25
is "$(rdata)" "3 1 1 $(data_of 1 1 other.pem)" "and it is made"
makes "1 1 1 $(data_of 1 1 wild.pem)" "a wildcard covers one label" -c wild.pem $host 443 1 1 1
refuses 3 'does not cover' "a wildcard does not cover two" -c wild.pem a.mail.example.org 443 1 1 1
refuses 3 'does not cover' "nor none" -c wild.pem example.org 443 1 1 1
makes "1 1 1 $(data_of 1 1 mail.pem)" "case and final dot do not count" -c mail.pem MAIL.Example.ORG. 443 1 1 1

# --- dates ---
for usage in 0 1 2; do
    refuses 3 'old.chain: certificate "CN=old" expired on 20' "usage $usage: expired" \
        -c old.chain $host 443 $usage 1 1
    refuses 3 'future.chain: certificate "CN=future" is not valid before 20' "usage $usage: not yet valid" \
        -c future.chain $host 443 $usage 1 1
done
refuses 3 'below.chain: certificate "CN=expired CA" expired on' "an expired anchor" \
    -c below.chain $host 25 2 1 1
run tlsagen create -n -q -c old.chain $host 443 --record '0 1 1' --record '1 1 1' --record '2 1 1'
is "$status $(wc -l <<<"$out")" "0 3" "-n: expired"
warns 'old.pem: certificate expired on 20' "3 1 1: expired" -c old.pem $host 25
warns 'future.pem: certificate is not valid before 20' "3 1 1: not yet valid" -c future.pem $host 25
warns 'soon.pem: certificate expires on 20' "3 1 1: expires soon" -c soon.pem $host 25
warns 'soon.chain: certificate expires on 20' "2 1 1: expires soon" -c soon.chain $host 25 2 1 1
makes "3 1 1 $(data_of 1 1 short.pem)" "80 days are not soon" -c short.pem $host 25

# --- other warnings ---
for port in 25 465 587; do
    for usage in 0 1; do
        warns "usage $usage on port $port is not used by mail servers .*use 2 or 3" \
            "usage $usage on port $port" -c mail.chain $host $port $usage 1 1
    done
done
makes "1 1 1 $(data_of 1 1 mail.pem)" "usage 1 on port 443 is fine" -c mail.pem $host 443 1 1 1
warns 'matching type 0 puts the whole certificate into DNS' "3 0 0" -c mail.pem $host 25 3 0 0
warns 'matching type 0 puts the whole public key into DNS' "3 1 0" -c mail.pem $host 25 3 1 0
warns 'short.pem: selector 0 changes with every renewal of this certificate of 81 days' \
    "selector 0 with a short-lived certificate" -c short.pem $host 25 3 0 1
makes "3 0 1 $(data_of 0 1 mail.pem)" "selector 0 with another" -c mail.pem $host 25 3 0 1
warns 'weak.pem: RSA key of 1024 bits; use at least 2048' "a short RSA key" -c weak.pem $host 25
warns 'weak.key: RSA key of 1024 bits' "the same without its certificate" -k weak.key $host 25
run tlsagen create -c weak.pem -c old.pem $host 25 3 0 0
is "$status $(grep -c '^tlsagen: warning: ' <<<"$err") $(wc -l <<<"$err")" "0 4 4" \
    "each warning once, on a line of its own" # matching type, short-lived old, old, weak

# --- -q and -W ---
for arguments in "-c old.pem $host 25" "-c weak.pem $host 25" "-c mail.pem $host 25 1 1 1" \
    "-c mail.pem $host 25 3 0 0" "-c other.pem $host 25" "-c short.pem $host 25 3 0 1"; do
    # shellcheck disable=SC2086 # several words
    run tlsagen create -q $arguments
    like "$status|$out|$err" '^0\|_.*TLSA.*\|$' "-q silences: $arguments"
    # shellcheck disable=SC2086
    refuses 3 'because of -W' "-W fails: $arguments" -W $arguments
    # shellcheck disable=SC2086
    refuses 3 'because of -W' "-W fails and tells why with -q: $arguments" -qW $arguments
done
makes "3 1 1 $(data_of 1 1 mail.pem)" "-W without a warning" --warnings-fail -c mail.pem $host 25

# --- key and certificate belong together ---
makes "3 1 1 $(data_of 1 1 mail.pem)" "a pair" -c mail.pem -k mail.key $host 25
refuses 3 'next.key: the private key does not belong to certificate "CN=mail" .mail.pem.; .*--union' \
    "another key" -c mail.pem -k next.key $host 25
refuses 3 'next.key: the private key does not belong' "in the other order" -k next.key -c mail.pem $host 25
cat mail.pem next.key >wrong-pair.pem
refuses 3 'wrong-pair.pem: the private key does not belong' "a pair in one file" -c wrong-pair.pem $host 25
refuses 3 'wrong-pair.pem: the private key does not belong' "which --union does not excuse" \
    --union -c wrong-pair.pem $host 25
next=$(openssl pkey -in next.key -pubout -outform DER | openssl dgst -sha256 -binary | hex)
union=$(printf "3 1 1 %s\n" "$next" "$(data_of 1 1 mail.pem)" | sort)
makes "$union" "--union" --union -c mail.pem -k next.key $host 25
makes "$union" "--union in the other order" --union -k next.key -c mail.pem $host 25
makes "$union" "two keys need no --union" -k next.key -k mail.key $host 25
refuses 1 'next.key: 3 0 1 needs a certificate, and this is a private key' \
    "--union with selector 0" --union -c mail.pem -k next.key $host 25 3 0 1

# --- the union has one order and no record twice ---
all=$(for name in mail rsa wild; do
    echo "3 0 1 $(data_of 0 1 $name.pem)"; echo "3 1 1 $(data_of 1 1 $name.pem)"
done | sort)
for order in 'mail rsa wild' 'wild mail rsa' 'rsa wild mail' 'mail mail rsa wild rsa'; do
    inputs=()
    for name in $order; do inputs+=(-c "$name.chain"); done
    makes "$all" "union of $order" --record '3 1 1' --record '3 0 1' "${inputs[@]}" $host 25
    makes "$all" "and with the combinations in another order" \
        "${inputs[@]}" --record '3 0 1' $host 25 3 1 1
done
cat mail.pem other.pem >two.pem
refuses 3 'two.pem: holds several certificates that issued no other, .*"CN=mail" and "CN=other"' \
    "two servers' certificates in one file" -c two.pem $host 25
cat mail.pem other.pem mail.key >three.pem
makes "3 1 1 $(data_of 1 1 mail.pem)" "where the key tells which one is meant" -c three.pem $host 25
finish
