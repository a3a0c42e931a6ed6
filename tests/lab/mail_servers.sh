# shellcheck disable=SC2154 # lib.sh sets $tmp
# Postfix and Dovecot on 127.0.0.1 as mail.lab.test, with an RSA and an ECDSA certificate: rsa.pem
# and ec.pem with their keys, made by the script that sources this after netns.sh.
needs postfix dovecot
chmod 755 "$tmp"
hostname mail.lab.test
echo '127.0.0.1 mail.lab.test localhost' >hosts
mount --bind hosts /etc/hosts

start_postfix() {
    mkdir -p postfix/spool && install -d -o postfix postfix/data && cp -r /etc/postfix postfix/etc
    cat >postfix/etc/main.cf <<END
compatibility_level = 3.6
queue_directory = $tmp/postfix/spool
data_directory = $tmp/postfix/data
maillog_file = $tmp/postfix/log
maillog_file_prefixes = $tmp
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mail.lab.test
alias_maps =
smtpd_tls_security_level = may
smtpd_tls_chain_files = $tmp/rsa.key $tmp/rsa.pem $tmp/ec.key $tmp/ec.pem
END
    awk '!/^[#[:space:]]/ && NF > 7 {$5 = "n"; print}' /etc/postfix/master.cf >postfix/etc/master.cf
    cat >>postfix/etc/master.cf <<'END'
587 inet n - n - - smtpd
465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
2525 inet n - n - - smtpd -o smtpd_tls_security_level=none
postlog unix-dgram n - n - 1 postlogd
END
    postfix -c "$tmp/postfix/etc" start >postfix/start 2>&1 || sed 's/^/# /' postfix/start
}

start_dovecot() {
    mkdir -p dovecot/run
    cat >dovecot/conf <<END
base_dir = $tmp/dovecot/run
log_path = $tmp/dovecot/log
protocols = imap pop3 lmtp sieve
ssl = yes
ssl_cert = <$tmp/rsa.pem
ssl_key = <$tmp/rsa.key
ssl_alt_cert = <$tmp/ec.pem
ssl_alt_key = <$tmp/ec.key
mail_location = maildir:$tmp/dovecot/mail
listen = 127.0.0.1
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$tmp/dovecot
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
END
    dovecot -c "$tmp/dovecot/conf" >dovecot/start 2>&1 || sed 's/^/# /' dovecot/start
}

# show_mail_logs: as comments, for a test that failed
show_mail_logs() { sed 's/^/# /' postfix/log dovecot/log; }

# start_dane_sender ADDRESS: a Postfix of its own in ./sender, listening there, that sends at level dane
# and logs to sender/log; further settings from standard input
start_dane_sender() {
    local more
    more=$(cat)
    mkdir -p sender/spool && install -d -o postfix sender/data && cp -r /etc/postfix sender/etc
    cat >sender/etc/main.cf <<END
compatibility_level = 3.6
queue_directory = $tmp/sender/spool
data_directory = $tmp/sender/data
maillog_file = $tmp/sender/log
maillog_file_prefixes = $tmp
inet_interfaces = $1
inet_protocols = ipv4
myhostname = sender.test
mydestination =
alias_maps =
smtp_tls_security_level = dane
smtp_dns_support_level = dnssec
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
$more
END
    awk '!/^[#[:space:]]/ && NF > 7 {$5 = "n"; print}' /etc/postfix/master.cf >sender/etc/master.cf
    echo 'postlog unix-dgram n - n - 1 postlogd' >>sender/etc/master.cf
    postfix -c "$tmp/sender/etc" start >sender/start 2>&1 || sed 's/^/# /' sender/start
    wait_for_port 25 "$1"
}
