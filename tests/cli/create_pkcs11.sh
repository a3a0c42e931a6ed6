#!/bin/bash
# Keys and certificates in a PKCS#11 token: SoftHSM, by OpenSSL's engine as Debian has it.
. "$(dirname "$0")/../lib.sh"
module=/usr/lib/softhsm/libsofthsm2.so
for need in softhsm2-util pkcs11-tool openssl; do
    command -v $need >/dev/null || skip_all "$need is not installed"
done
[ -e $module ] || skip_all "SoftHSM's module is not in $module"
openssl engine pkcs11 >/dev/null 2>&1 || skip_all "OpenSSL has no engine pkcs11"
# What the module allocates at start it never frees.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\n' "$tmp" >softhsm.conf
export SOFTHSM2_CONF=$tmp/softhsm.conf PKCS11_MODULE_PATH=$module
softhsm2-util --init-token --free --label lab --pin 1234 --so-pin 5678 >/dev/null 2>&1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 300 -keyout key.pem -out cert.pem \
    -subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
softhsm2-util --import key.pem --token lab --label mail --id a1 --pin 1234 >/dev/null 2>&1
pkcs11-tool --module $module --login --pin 1234 --write-object cert.der --type cert --label mail \
    --id a1 >/dev/null 2>&1
record="_25._tcp.mail.example.org.	3600	IN	TLSA	3 1 1 $(openssl pkey -in key.pem -pubout \
    -outform DER | openssl dgst -sha256 -r | cut -d ' ' -f 1)"

# A private key whose public key the token does not have.
pkcs11-tool --module $module --login --pin 1234 --write-object key.pem --type privkey --label solo \
    --id b2 >/dev/null 2>&1
softhsm2-util --init-token --free --label other --pin 4321 --so-pin 5678 >/dev/null 2>&1

of() { run tlsagen create -k "pkcs11:token=lab;object=$1" mail.example.org 25 "${@:2}" </dev/null; }
of 'mail;type=private;pin-value=1234'; is "$status$err$out" "0$record" "a private key"
of 'mail;type=private?pin-value=1234'; is "$status$err$out" "0$record" "the PIN as a query"
of 'mail;type=public;pin-value=1234'; is "$status$err$out" "0$record" "a public key"
of 'mail;type=cert'; is "$status$err$out" "0$record" "a certificate, without a PIN"
of 'mail;pin-value=1234'; is "$status$err$out" "0$record" "whatever has that label"
of 'mail' ; is "$status$err$out" "0$record" "which is a certificate, so that no PIN is needed"
of 'mail;type=cert' 3 0 1
is "${out##* }" "$(openssl dgst -sha256 -r cert.der | cut -d ' ' -f 1)" "a certificate's own digest"
of 'mail;type=private;pin-value=1234' 3 0 1; is "$status" 1 "a key has no certificate's digest"
unlike "$err" 1234 "the PIN is not told"

echo 1234 >pin; printf 1234 >bare
run tlsagen create -k 'pkcs11:token=lab;object=mail;type=private' --passphrase-file pin mail.example.org 25
is "$status$out" "0$record" "the PIN from --passphrase-file"
of "mail;type=private?pin-source=file:$tmp/bare"; is "$status$err$out" "0$record" "the PIN from pin-source="
run tlsagen create -c 'pkcs11:token=lab;object=mail;type=cert' -k key.pem \
    -k 'pkcs11:token=lab;object=mail;type=private' --passphrase-file pin mail.example.org 25
is "$status$err$out" "0$record" "several from the token and a file"

of 'absent;pin-value=1234'; is "$status" 1 "an object that is not there"
like "$err" '^tlsagen: pkcs11:.*pin-value=\.\.\.: no certificate or key found .object not found.; check the URI' "is told"
of 'solo;pin-value=1234'; is "$status" 1 "a private EC key alone"
like "$err" 'solo;pin-value=\.\.\.: the token has this private key without its public key' "is told"
of 'mail;type=private;pin-value=9999'; is "$status$out" 3 "a wrong PIN"
like "$err" "^tlsagen: pkcs11:.*the token's PIN is missing or wrong .PIN incorrect.; give it" "is told"
unlike "$err" 9999 "though not which"
is "$(wc -l <<<"$err")" 1 "in one line"
of 'mail;type=private'; is "$status$out" 3 "no PIN"
like "$err" "the token's PIN is missing or wrong .none given.; give it" "is told"
PKCS11_MODULE_PATH=/nonexistent of mail
like "$status $err" '1 .*tlsagen: pkcs11:.*no certificate or key found .Unable to load PKCS#11 module.' \
    "no module"

OPENSSL_ENGINES=/nonexistent of mail
is "$status" 1 "no engine"
like "$err" '^tlsagen: pkcs11:.*no certificate or key found .no provider and no engine for it.; check .*openssl.cnf' \
    "is told"

# A card that counts wrong PINs is not locked by one run: pkcs11-spy writes down every login.
spy=$(find /usr/lib -name pkcs11-spy.so -print -quit 2>/dev/null)
if [ -n "$spy" ]; then
    export PKCS11SPY=$module PKCS11SPY_OUTPUT=$tmp/spy
    PKCS11_MODULE_PATH=$spy of 'solo;pin-value=9999'
    is "$status $(grep -c C_Login spy)" "3 1" "a wrong PIN is tried once"
    rm spy
    PKCS11_MODULE_PATH=$spy of mail
    is "$status $(grep -c C_Login spy)" "0 0" "and none without need"
else
    skip "a wrong PIN is tried once" "there is no pkcs11-spy.so"
fi
finish
