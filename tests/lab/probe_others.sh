#!/bin/bash
# Certificates asked of OpenLDAP, Prosody, vsftpd and PostgreSQL after their STARTTLS.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/probe_others.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip

chmod 755 "$tmp"
new_rsa rsa; new_ec ec
rsa=$(leaf_of rsa.pem) ec=$(leaf_of ec.pem)

shows() { # PROTOCOL PORT KIND LEAF
    wait_for_port "$2"
    probe -s "$1" mail.lab.test "$2"
    like "$(line "$3")" "certificate shown.*$4" "$1: the $3 certificate"
}

# has COMMAND: else its tests are skipped
has() {
    command -v "$1" >/dev/null && return
    skip "$1" "$1 is not installed"
    return 1
}

if has slapd; then
    mkdir ldap
    cat >slapd.conf <<END
include /etc/ldap/schema/core.schema
pidfile $tmp/slapd.pid
TLSCertificateFile $tmp/rsa.pem
TLSCertificateKeyFile $tmp/rsa.key
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=lab,dc=test
directory $tmp/ldap
END
    slapd -f slapd.conf -h 'ldap://127.0.0.1 ldaps://127.0.0.1' 2>&1 | sed 's/^/# /'
    shows ldap 389 RSA "$rsa"
    shows direct 636 RSA "$rsa"
    like "$(line ECDSA)" "no certificate of this kind" "slapd: no ECDSA certificate"
    sed '/^TLS/d' slapd.conf >plain.conf
    slapd -f plain.conf -h ldap://127.0.0.1:1389 2>&1 | sed 's/^/# /'
    wait_for_port 1389
    probe -s ldap mail.lab.test 1389
    like "$(line RSA)" 'no STARTTLS.*refuses StartTLS with LDAP result code [1-9]' "slapd without TLS"
fi

if has prosody; then
    install -d -o prosody xmpp
    cat >xmpp.lua <<END
pidfile = "$tmp/xmpp/pid"
data_path = "$tmp/xmpp"
interfaces = { "127.0.0.1" }
modules_enabled = { "tls"; "saslauth"; "dialback"; "s2s"; "c2s" }
log = "$tmp/xmpp/log"
ssl = { certificate = "$tmp/ec.pem"; key = "$tmp/ec.key" }
c2s_require_encryption = true
s2s_require_encryption = true
VirtualHost "mail.lab.test"
END
    setpriv --reuid prosody --regid prosody --clear-groups prosody --config "$tmp/xmpp.lua" -F >prosody.out 2>&1 &
    shows xmpp-client 5222 ECDSA "$ec"
    shows xmpp-server 5269 ECDSA "$ec"
    like "$(line RSA)" "no certificate of this kind" "Prosody: no RSA certificate"
    probe -s xmpp-client other.lab.test 5222
    like "$(line RSA)" 'protocol failed before TLS.*stream error.*host-unknown' "another domain"
fi

if has vsftpd; then
    mkdir empty
    cat >vsftpd.conf <<END
listen=YES
listen_address=127.0.0.1
background=NO
local_enable=YES
secure_chroot_dir=$tmp/empty
ssl_enable=YES
ssl_ciphers=HIGH
rsa_cert_file=$tmp/rsa.pem
rsa_private_key_file=$tmp/rsa.key
seccomp_sandbox=NO
END
    vsftpd vsftpd.conf >vsftpd.out 2>&1 &
    shows ftp 21 RSA "$rsa"
fi

postgres=$(echo /usr/lib/postgresql/*/bin)
PATH=$PATH:$postgres
if has postgres; then
    install -d -o postgres pg
    as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)
    "${as_postgres[@]}" initdb -D "$tmp/pg/data" -A trust >initdb.out 2>&1 || sed 's/^/# /' initdb.out
    install -o postgres -m 600 rsa.key pg/data/server.key
    install -o postgres -m 600 rsa.pem pg/data/server.crt
    cat >>pg/data/postgresql.conf <<END
ssl = on
listen_addresses = '127.0.0.1'
unix_socket_directories = '$tmp/pg'
END
    "${as_postgres[@]}" postgres -D "$tmp/pg/data" >postgres.out 2>&1 &
    server=$!
    shows postgres 5432 RSA "$rsa"
    kill -INT $server; wait $server 2>/dev/null
    "${as_postgres[@]}" postgres -D "$tmp/pg/data" -c ssl=off >postgres.out 2>&1 &
    wait_for_port 5432
    probe -s postgres mail.lab.test 5432
    like "$(line RSA)" 'no STARTTLS.*not willing to use TLS' "PostgreSQL without TLS"
fi
if [ $tap_failed != 0 ]; then
    sed 's/^/# /' prosody.out xmpp/log vsftpd.out postgres.out pg/data/log 2>/dev/null
fi
finish
