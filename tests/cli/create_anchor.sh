#!/bin/bash
# `tlsagen create`: which certificate usages 0 and 2 take, and that it is never the leaf.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca root; make_ca inter root; make_ca inter2 inter; make_ca other
make_cert mail $host ec inter2
make_cert direct $host ec root
make_cert self $host ec
# The same CA name with another key: issued nothing here.
mkdir imposter && (cd imposter && make_ca inter2)
cat mail.pem inter2.pem inter.pem root.pem >chain.pem
cat mail.pem inter2.pem >full.pem
cat root.pem inter.pem inter2.pem mail.pem >reversed.pem
cat inter.pem mail.pem root.pem inter2.pem >shuffled.pem

root=$(data_of 1 1 root.pem) inter=$(data_of 1 1 inter.pem) inter2=$(data_of 1 1 inter2.pem)
inter2_cert=$(data_of 0 2 inter2.pem)
leaf=$(data_of 1 1 mail.pem)
root_warning='^tlsagen: warning: chain.pem: anchor "CN=root CA" is a root, which few servers send'

for file in full.pem chain.pem reversed.pem shuffled.pem; do
    makes "2 1 1 $inter2" "$file: the issuer of the leaf" -c $file $host 25 2 1 1
    makes "2 0 2 $inter2_cert" "$file: its certificate" -c $file $host 25 2 0 2
    makes "0 1 1 $inter2" "$file: usage 0" -c $file $host 443 0 1 1
done
makes "2 1 1 $inter2" "leaf and CA in two inputs" -c mail.pem -c inter2.pem $host 25 2 1 1
makes "2 1 1 $inter2" "and in the other order" -c inter2.pem -c mail.pem $host 25 2 1 1
makes "2 1 1 $inter2" "with the leaf's key" -c full.pem -k mail.key $host 25 2 1 1
makes "2 1 1 $inter2" "--ta issuer" --ta issuer -c chain.pem $host 25 2 1 1

# --- chosen by word and by number ---
warns "$root_warning" "--ta root is warned of" --ta root -c chain.pem $host 25 2 1 1
is "$(rdata)" "2 1 1 $root" "--ta root"
warns "$root_warning" "-o -1 is warned of" -o -1 -c chain.pem $host 25 2 1 1
is "$(rdata)" "2 1 1 $root" "-o -1 is the root"
makes "2 1 1 $root" "-o 0 is the last" -q -o 0 -c shuffled.pem $host 25 2 1 1
makes "2 1 1 $inter" "-o 1 is the last but one" -o 1 -c shuffled.pem $host 25 2 1 1
makes "2 1 1 $inter2" "-o 2" -o 2 -c shuffled.pem $host 25 2 1 1
makes "2 1 1 $inter2" "--ta=0 without the root" --ta=0 -c full.pem $host 25 2 1 1
makes "$(printf "2 1 1 %s\n" "$root" "$inter" "$inter2" | sort)" "--ta all" \
    -q --ta all -c shuffled.pem $host 25 2 1 1
refuses 1 'anchor 3 counted from the end of the chain is the leaf or lies outside; .* has 3 above' \
    "-o never takes the leaf" -o 3 -c chain.pem $host 25 2 1 1
refuses 1 'full.pem: anchor 1 counted .* has 1 above the leaf' "-o 1 with one CA" -o 1 -c full.pem $host 25 2 1 1
refuses 1 'anchor 1000 counted' "-o beyond" -o 1000 -c full.pem $host 25 2 1 1
refuses 2 'anchor "1001" is unknown' "-o far beyond" -o 1001 -c full.pem $host 25 2 1 1
refuses 1 'full.pem: the chain ends with "CN=inter2 CA", which is no root' "--ta root without one" \
    --ta root -c full.pem $host 25 2 1 1
for anchor in issuer root all 0 1 2; do
    run tlsagen create -q --ta $anchor -c chain.pem --record '2 1 1' --record '0 1 1' $host 443
    like "$status $out" '^0 .*TLSA' "--ta $anchor makes records"
    unlike "$out" "$leaf" "--ta $anchor does not take the leaf"
done

# --- no CA certificate, or the wrong one ---
missing='mail.pem: no certificate of the CA "CN=inter2 CA" that issued "CN=mail"'
refuses 1 "$missing" "leaf alone" -c mail.pem $host 25 2 1 1
for order in '-c mail.pem -c inter.pem' '-c inter.pem -c mail.pem'; do
    # shellcheck disable=SC2086 # several words
    refuses 3 'inter.pem: CA certificate "CN=inter CA" did not issue "CN=mail"; .* "CN=inter2 CA"' \
        "the issuer's issuer: $order" $order $host 25 2 1 1
done
refuses 3 'other.pem: CA certificate "CN=other CA" did not issue "CN=mail"' "a stranger" \
    -c full.pem -c other.pem $host 25 2 1 1
refuses 3 'imposter/inter2.pem: certificate "CN=inter2 CA" did not issue "CN=mail", though it has its issuer.s name' \
    "the issuer's name with another key" -c mail.pem -c imposter/inter2.pem $host 25 2 1 1
refuses 1 'self.pem: "CN=self" is the host.s own self-signed certificate.*use 3 1 1' \
    "a self-signed certificate" -c self.pem $host 25 2 1 1
refuses 1 'self.pem: "CN=self" is the host.s own' "whatever -n says" -n -c self.pem $host 25 2 1 1
makes "2 1 1 $inter2" "a CA certificate alone" -c inter2.pem $host 25 2 1 1
makes "0 1 1 $inter2" "a CA certificate alone for usage 0" -c inter2.pem $host 443 0 1 1
warns 'root.pem: certificate is a CA.s and does not cover mail.example.org. .usage 3 takes the server.s own' \
    "a CA for usage 3 is warned of" -c root.pem $host 25
warns 'is a root' "a root alone is warned of" -c root.pem $host 25 2 1 1

# --- two leaves ---
makes "$(printf "2 1 1 %s\n" "$inter2" "$root" | sort)" "two leaves, two issuers" \
    -q -c full.pem -c direct.pem -c root.pem $host 25 2 1 1
makes "2 1 1 $inter2
3 1 1 $leaf" "usages 2 and 3 together" --record '3 1 1' --record '2 1 1' -c full.pem $host 25

# --- thousands of certificates: a leaf is found, or not, in seconds ---
# Copies of a certificate with four digits in the serial number, and as the common name.
cat >many.py <<'END'
import base64, ssl, sys
der = ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())
common_name = der.find(b"\x0c\x04mail") + 2
for i in range(3000):
    changed = bytearray(der)
    if sys.argv[2] == "subjects":
        changed[common_name:common_name + 4] = b"%04d" % i
    changed[18:22] = b"%04d" % i
    print(ssl.DER_cert_to_PEM_cert(changed), end="")
END
if command -v python3 >/dev/null; then
    python3 many.py mail.pem subjects >many.pem
    run timeout 20 "$TLSAGEN" create -c many.pem $host 25
    refused 3 'many.pem: holds several certificates that issued no other, .*"CN=0000" and "CN=0001"' \
        "3000 certificates of servers"
    (cat mail.pem; python3 many.py inter2.pem serials; cat inter2.pem) >crowd.pem
    run timeout 20 "$TLSAGEN" create -c crowd.pem $host 25 2 1 1
    is "$status|$(rdata)" "0|2 1 1 $inter2" "3000 CA certificates with the issuer's name and key"
else
    skip "thousands of certificates" "python3 is not installed"
fi

# --- usages 1 and 3 of a chain take the leaf alone ---
makes "3 1 1 $leaf" "3 1 1 of a chain in any order" -c shuffled.pem $host 25
makes "1 1 1 $leaf" "1 1 1 of a chain in any order" -c shuffled.pem $host 443 1 1 1
finish
