#!/bin/bash
# `tlsagen create`: inputs of every kind, told by their content, and what is said of bad ones.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca root; make_ca inter root
make_cert mail $host ec inter
make_cert rsa $host rsa:2048 inter
make_cert ed $host ed25519 inter

# A FIFO that nobody writes to is given up after ten seconds; meanwhile the rest runs.
mkfifo silent
(
    tlsagen create -c silent $host 25 >silent.out 2>silent.err
    echo "$?|$(cat silent.out)|$(cat silent.err)" >silent.result
) & silent_pid=$!

# --- certificates ---
leaf="3 1 1 $(data_of 1 1 mail.pem)" cert="3 0 1 $(data_of 0 1 mail.pem)"
cat mail.pem inter.pem root.pem >chain.pem
cat root.pem mail.pem inter.pem >shuffled.pem
openssl x509 -in mail.pem -outform DER -out mail.der
openssl x509 -in mail.pem -trustout -addtrust serverAuth -out trusted.pem
openssl crl2pkcs7 -nocrl -certfile chain.pem -out chain.p7b
openssl pkcs7 -in chain.p7b -outform DER -out chain.p7c
openssl pkcs12 -export -in mail.pem -inkey mail.key -certfile inter.pem -passout pass: -out mail.p12
openssl pkcs12 -export -in mail.pem -nokeys -nomac -keypbe NONE -certpbe NONE -passout pass: \
    -out open.p12
sed 's/$/\r/' mail.pem >crlf.pem
openssl x509 -in mail.pem -text -out text.pem
sed 's/ CERTIFICATE/ X509 CERTIFICATE/' mail.pem >old-label.pem
printf '\357\273\277' | cat - mail.pem >bom.pem
head -c -1 mail.pem >no-newline.pem
(cat mail.pem; printf 'text behind it\n') >behind.pem
cat mail.pem mail.key >with-key.pem
cat mail.key mail.pem inter.pem >key-first.pem
for file in mail.pem chain.pem shuffled.pem mail.der trusted.pem chain.p7b chain.p7c mail.p12 open.p12 \
    crlf.pem text.pem old-label.pem bom.pem no-newline.pem behind.pem with-key.pem key-first.pem; do
    makes "$cert" "$file: the certificate with -c" -c $file $host 25 3 0 1
    makes "$leaf" "$file: its key with -k" -k $file $host 25
done

# --- keys ---
for name in mail rsa ed; do
    data="3 1 1 $(data_of 1 1 $name.pem)"
    openssl pkey -in $name.key -outform DER -out $name.key.der
    openssl pkey -in $name.key -pubout -out $name.pub
    openssl pkey -in $name.key -pubout -outform DER -out $name.pub.der
    openssl req -in $name.csr -outform DER -out $name.csr.der
    for file in $name.key $name.key.der $name.pub $name.pub.der $name.csr $name.csr.der; do
        makes "$data" "$file alone" -k $file $host 25
        makes "$data" "$file with its certificate" -c $name.pem -k $file $host 25
    done
done
data="3 1 1 $(data_of 1 1 rsa.pem)"
openssl rsa -in rsa.key -traditional -out pkcs1.key 2>/dev/null
openssl rsa -in rsa.key -traditional -outform DER -out pkcs1.der 2>/dev/null
openssl rsa -in rsa.key -RSAPublicKey_out -out pkcs1.pub 2>/dev/null
openssl rsa -in rsa.key -RSAPublicKey_out -outform DER -out pkcs1.pub.der 2>/dev/null
for file in pkcs1.key pkcs1.der pkcs1.pub pkcs1.pub.der; do
    makes "$data" "$file: PKCS#1" -k $file $host 25
done
(openssl ecparam -name prime256v1; openssl ec -in mail.key 2>/dev/null) >sec1.key
makes "$leaf" "EC key behind its parameters" -k sec1.key $host 25
openssl ec -in mail.key -outform DER -out sec1.der 2>/dev/null
makes "$leaf" "EC key in SEC 1 DER" -k sec1.der $host 25

# A public key of an algorithm that libcrypto does not know (OID 1.3.9999.3).
printf '\x30\x13\x30\x07\x06\x05\x2b\xce\x0f\x03\x01\x03\x08\x00abcdefg' >unknown.pub
makes "3 1 1 $(sha256sum <unknown.pub | cut -d' ' -f1)" "public key of an unknown algorithm" \
    -k unknown.pub $host 25

# --- URIs and odd names ---
makes "$leaf" "file: URI" -c "file:$tmp/mail.pem" $host 25
cp mail.pem a:b.pem; cp mail.pem ./-dash.pem; cp mail.pem 'with blank.pem'
makes "$leaf" "a colon in a file's name" -c a:b.pem $host 25
makes "$leaf" "a file whose name begins with a dash" -c -dash.pem $host 25
makes "$leaf" "a blank in a file's name" -c 'with blank.pem' $host 25
refuses 1 'file:/no-such: no certificate or key found' "file: URI of nothing" -c file:/no-such $host 25

# --- bad inputs: one line that names the input and what it is, status 1 ---
: >empty; printf '\n' >newline; mkdir folder; printf '\1\2\3binary\0\377' >binary; truncate -s 20M huge
head -c 300 mail.pem >cut.pem
head -c 200 mail.der >cut.der
cat mail.der inter.pem >mixed.der
(cat mail.pem; head -c 300 inter.pem) >second-cut.pem
printf -- '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n' >no-content.pem
sed 's/^MII/!!!/' mail.pem >bad-base64.pem
openssl ecparam -name prime256v1 -out parameters.pem
openssl genpkey -quiet -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out dh.pem
modulus=$(openssl asn1parse -in dh.pem | sed -n '2s/.*://p')
printf 'asn1=SEQUENCE:s\n[s]\np=INTEGER:0x%s\ng=INTEGER:2\n' "$modulus" >dh.conf
openssl asn1parse -genconf dh.conf -noout -out dh.der
sed 's/ PRIVATE KEY/ OPENSSH PRIVATE KEY/' mail.key >ssh.key
printf '\x30\x03\x02\x01\x05' >integer.der
openssl crl2pkcs7 -nocrl -out nothing.p7b
refuses 1 '^tlsagen: empty: empty;' "empty file" -c empty $host 25
refuses 1 '^tlsagen: newline: neither PEM nor DER' "file of a newline" -c newline $host 25
refuses 1 '^tlsagen: folder: is a directory' "directory" -c folder $host 25
refuses 1 '^tlsagen: cannot open nothing-here: No such file' "no file" -c nothing-here $host 25
refuses 1 'without a name' "file name empty" -c '' $host 25
refuses 1 '^tlsagen: binary: neither PEM nor DER' "binary" -c binary $host 25
refuses 1 '^tlsagen: huge: has 20971520 bytes, more than' "huge file" -c huge $host 25
refuses 1 '^tlsagen: /dev/zero: has more than' "endless device" -c /dev/zero $host 25
refuses 1 '^tlsagen: /dev/null: empty' "/dev/null" -c /dev/null $host 25
refuses 1 '^tlsagen: cut.pem: PEM block 1 is damaged or truncated' "truncated PEM" -c cut.pem $host 25
refuses 1 '^tlsagen: second-cut.pem: PEM block 2 is damaged' "second block truncated" \
    -c second-cut.pem $host 25
refuses 1 '^tlsagen: cut.der: truncated DER, 200 bytes of [0-9]+' "truncated DER" -c cut.der $host 25
refuses 1 '^tlsagen: mixed.der: [0-9]+ bytes stand after the DER' "something after DER" -c mixed.der $host 25
refuses 1 '^tlsagen: no-content.pem: ' "PEM block without content" -c no-content.pem $host 25
refuses 1 '^tlsagen: bad-base64.pem: PEM block 1 is damaged' "bad base64" -c bad-base64.pem $host 25
refuses 1 '^tlsagen: parameters.pem: holds "EC PARAMETERS" only' "parameters" -c parameters.pem $host 25
refuses 1 '^tlsagen: dh.pem: holds "DH PARAMETERS" only' "DH parameters" -c dh.pem $host 25
refuses 1 '^tlsagen: dh.der: DER, but no' "DH parameters in DER" -c dh.der $host 25
refuses 1 '^tlsagen: ssh.key: .*"OPENSSH PRIVATE KEY"' "SSH key" -k ssh.key $host 25
refuses 1 '^tlsagen: integer.der: DER, but no' "DER of something else" -c integer.der $host 25
refuses 1 '^tlsagen: nothing.p7b: PKCS#7 without a certificate' "PKCS#7 without certificates" \
    -c nothing.p7b $host 25
refuses 1 '^tlsagen: empty: empty' "a bad input after a good one" -c mail.pem -c empty $host 25
unlike "$out" TLSA "and nothing is printed of the good one"
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$tmp"; cp mail.pem unreadable.pem; chmod 0 unreadable.pem
    run setpriv --reuid nobody --regid nogroup --clear-groups \
        "$TLSAGEN" create -c "$tmp/unreadable.pem" $host 25
    refused 1 'cannot open .*unreadable.pem: Permission denied' "unreadable file"
else
    cp mail.pem unreadable.pem; chmod 0 unreadable.pem
    refuses 1 'cannot open unreadable.pem: Permission denied' "unreadable file" -c unreadable.pem $host 25
fi
refuses 1 'cannot open /nowhere/\?\[31mx: ' "control bytes of a name are not printed" \
    -c $'/nowhere/\e[31mx' $host 25

# --- the wrong kind for what is wanted ---
refuses 1 'mail.key: 3 0 1 needs a certificate, and this is a private key' "private key for 3 0 1" \
    -c mail.key $host 25 3 0 1
refuses 1 'mail.pub: 1 1 1 needs a certificate, and this is a public key' "public key for 1 1 1" \
    -c mail.pub $host 25 1 1 1
refuses 1 'mail.csr: 2 1 1 needs a certificate, and this is a certification request' \
    "request for 2 1 1" -c mail.csr $host 25 2 1 1
refuses 1 'pkcs1.pub: 0 0 2 needs a certificate, and this is a public key' "PKCS#1 public key for 0 0 2" \
    -k pkcs1.pub $host 25 0 0 2

wait $silent_pid
like "$(cat silent.result)" '^4\|\|tlsagen: silent: nothing was written to this pipe within 10 seconds$' \
    "FIFO without writer"
finish
