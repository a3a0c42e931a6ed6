#!/bin/bash
# Certificates asked of Postfix and Dovecot after their STARTTLS.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/probe_mail.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip

. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
new_rsa rsa; new_ec ec
rsa=$(leaf_of rsa.pem) ec=$(leaf_of ec.pem)
start_postfix
start_dovecot
for what in 'smtp 25' 'submission 587' 'direct 465' 'imap 143' 'direct 993' 'pop3 110' 'direct 995' \
    'sieve 4190' 'lmtp 24'; do
    read -r protocol port <<<"$what"
    wait_for_port "$port"
    probe -s "$protocol" mail.lab.test "$port"
    like "$(line ECDSA)" "certificate shown.*$ec" "$what: the ECDSA certificate"
    like "$(line RSA)" "certificate shown.*$rsa" "$what: the RSA certificate"
done
probe -s smtp mail.lab.test 2525
like "$(line RSA)" 'no STARTTLS.*smtp: the server does not offer STARTTLS' "Postfix without TLS"
probe -s imap mail.lab.test 25
like "$(line RSA)" 'protocol failed before TLS.*imap: the server.s greeting is not IMAP: "220 mail' \
    "IMAP spoken to Postfix"
probe -s smtp mail.lab.test 143
like "$(line RSA)" 'protocol failed before TLS.*does not begin with a reply code: "\* OK' \
    "SMTP spoken to Dovecot"
if [ $tap_failed != 0 ]; then show_mail_logs; fi
finish
