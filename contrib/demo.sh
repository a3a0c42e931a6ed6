#!/bin/bash
# demo.sh TLSAGEN: makes a throw-away key and certificate in a temporary folder, makes the TLSA
# record with the program given, and compares it with what openssl computes.
set -eu
tlsagen=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

show() { printf '\n\033[1m$ %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[01]*m//g'; fi; }

show openssl req -x509 -newkey ec … -out cert.pem -addext subjectAltName=DNS:mail.example.org
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
    -keyout key.pem -out cert.pem -subj /CN=mail.example.org \
    -addext subjectAltName=DNS:mail.example.org 2>/dev/null
openssl x509 -in cert.pem -noout -subject -enddate

show tlsagen create -c cert.pem mail.example.org 25
record=$("$tlsagen" create -c cert.pem mail.example.org 25)
echo "$record"

show "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl sha256"
digest=$(openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -r | cut -d ' ' -f 1)
echo "$digest"

if [ "${record##* }" = "$digest" ]; then
    printf '\nThe record carries the digest of the certificate'\''s public key.\n'
else
    printf '\nThe record and the digest differ.\n'
    exit 1
fi
