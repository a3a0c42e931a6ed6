#!/bin/bash
# The program in libtlsagen(3) compiles with tlsagen.h alone and makes the right record.
. "$(dirname "$0")/../lib.sh"

# The page's program: its literal text, with mdoc's escapes undone.
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$TLSAGEN_SOURCE/man/libtlsagen.3" |
    sed '/^\.[BE]d/d; s/\\e/\\/g; s/^\\&//' >program.c
succeeds "the page has a program" grep -q '^int main' program.c
is "$(grep -E '^#include [<"]tlsagen' program.c)" '#include <tlsagen.h>' "it includes tlsagen.h alone"
succeeds "it compiles without a warning" \
    gcc -std=c17 -Wall -Wextra -Wpedantic -Wconversion -Werror -I "$TLSAGEN_SOURCE/lib" \
    -o program program.c -L "$TLSAGEN_BUILD/lib" -ltlsagen

# What openssl says of the certificate that the program carries.
sed -n 's/^ *"\(.*\)\\n".*/\1/p' program.c | sed -n '/BEGIN CERT/,/END CERT/p' >cert.pem
digest=$(openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -r | cut -d ' ' -f 1)
like "$digest" '^[0-9a-f]{64}$' "openssl reads the program's certificate"

export LD_LIBRARY_PATH=$TLSAGEN_BUILD/lib
run ./program
is "$status" 0 "the program succeeds"
is "$out" "_25._tcp.mail.example.org.	3600	IN	TLSA	3 1 1 $digest" "it prints the record"
is "$err" "" "and nothing else"
finish
