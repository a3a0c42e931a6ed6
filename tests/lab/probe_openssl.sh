#!/bin/bash
# Certificates asked of `openssl s_server`: which are seen, and what is said where none is.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/probe_openssl.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip

new_rsa rsa; new_ec ec; new_cert ed ed25519; new_rsa other
rsa=$(leaf_of rsa.pem) ec=$(leaf_of ec.pem) ed=$(leaf_of ed.pem) other=$(leaf_of other.pem)

for version in tls1_3 tls1_2 tls1_1 tls1; do
    shown="certificate shown | TLSv1$(tr _ . <<<"${version#tls1}") | 1"
    serve 1000 -$version -cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key -cipher ALL:@SECLEVEL=0
    pid=$!
    probe mail.lab.test 1000
    is "$(grep -cF "$shown | $ec" <<<"$(line ECDSA)")" 1 "$version: the ECDSA certificate"
    is "$(grep -cF "$shown | $rsa" <<<"$(line RSA)")" 1 "$version: the RSA certificate"
    kill $pid; wait $pid 2>/dev/null

    serve 1000 -$version -cert rsa.pem -key rsa.key -cipher ALL:@SECLEVEL=0
    pid=$!
    probe mail.lab.test 1000
    like "$(line ECDSA)" "no certificate of this kind" "$version, RSA alone: no ECDSA certificate"
    like "$(line RSA)" "certificate shown.*$rsa" "$version, RSA alone: the RSA certificate"
    kill $pid; wait $pid 2>/dev/null
done

serve 1001 -cert ed.pem -key ed.key
probe mail.lab.test 1001
like "$(line ECDSA)" "certificate shown.*$ed" "Ed25519 comes with the ECDSA kind"
like "$(line RSA)" "no certificate of this kind" "and is no RSA certificate"

serve 1002 -cert rsa.pem -key rsa.key -servername mail.lab.test -cert2 other.pem -key2 other.key
probe mail.lab.test 1002
like "$(line RSA)" "certificate shown.*$other" "the host's name is sent as SNI"
probe MAIL.lab.test. 1002
like "$(line RSA)" "certificate shown.*$other" "without its final dot, in any case"
probe else.lab.test 1002
like "$(line RSA)" "certificate shown.*$rsa" "another name gets the default certificate"
probe 127.0.0.1 1002
like "$(line RSA)" "certificate shown.*$rsa" "an address is not sent as SNI"

serve 1003 -tls1_2 -Verify 1 -cert rsa.pem -key rsa.key
probe mail.lab.test 1003
like "$(line RSA)" "TLS handshake failed.*\| 1 \| $rsa \|" "a client certificate wanted: what was shown is kept"

serve 1004 -nocert -tls1_2 -cipher aNULL:@SECLEVEL=0
probe mail.lab.test 1004
is "$(grep -c 'TLS handshake failed' <<<"$out")" 2 "no certificate at all is a failure of both kinds"

openssl req -new -key rsa.key -subj /CN=leaf -out leaf.csr
openssl x509 -req -in leaf.csr -CA other.pem -CAkey other.key -CAcreateserial -out leaf.pem -days 9 2>/dev/null
serve 1005 -cert leaf.pem -key rsa.key -cert_chain other.pem
probe mail.lab.test 1005
like "$(line RSA)" "\| 2 \| $(leaf_of leaf.pem)" "the chain comes whole, leaf first"
for _ in {1..99}; do cat other.pem; done >hundred.pem
serve 1006 -cert leaf.pem -key rsa.key -cert_chain hundred.pem
probe mail.lab.test 1006
like "$(line RSA)" "certificate shown.*\| 100 \| $(leaf_of leaf.pem)" "a chain of 100 certificates"

probe mail.lab.test 9
is "$(grep -c 'connection failed.*Connection refused' <<<"$out")" 2 "a closed port is told for both kinds"

# Every address, of one family or both.
echo '127.0.0.1 both.lab.test
::1 both.lab.test' >hosts
mount --bind hosts /etc/hosts
serve 1007 -6 -cert rsa.pem -key rsa.key
run "$PROBE_TOOL" both.lab.test 1007
is "$(grep -c '^::1 | RSA | certificate shown' <<<"$out")$(wc -l <<<"$out")" 14 "all addresses are asked"
run "$PROBE_TOOL" -4 both.lab.test 1007
is "$(cut -d' ' -f1 <<<"$out" | sort -u)" 127.0.0.1 "IPv4 only"
run "$PROBE_TOOL" -6 both.lab.test 1007
is "$(cut -d' ' -f1 <<<"$out" | sort -u)" ::1 "IPv6 only"
run "$PROBE_TOOL" no.lab.test 1007
like "$status $out" '^1 error .*no\.lab\.test' "a name without addresses"
run "$PROBE_TOOL" -a mail.lab.test both.lab.test 1007
like "$status $out" '^1 error 3 .*not a numeric address' "an address must be numeric"
run "$PROBE_TOOL" 'a<b' 1007
like "$status $out" '^1 error 3 .*a<b' "a name with markup is refused"
finish
