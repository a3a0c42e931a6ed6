# shellcheck shell=bash disable=SC2154 # lib.sh sets $tmp
# Mail that flows to dane.test, and what became of it: a Postfix on 127.0.0.4 sends at level `dane`, the
# one of mail_servers.sh is mx.dane.test and receives. Sourced after rollover_lab.sh.
#
#   receive_mail FILE   # the receiver, with key and chain from FILE
#   start_sender        # once a validating resolver has the records of what it shows
#   start_mail; ...; stop_mail
#   failures            # what a sender would notice
needs sendmail postconf
# Postfix writes each mail through to the disk, which says nothing here and takes long.
for spool in postfix/spool sender/spool; do
    mkdir -p $spool && mount -t tmpfs tmpfs $spool
    at_exit "umount -l $tmp/$spool"
done

# receive_mail FILE: and the program reload-postfix
receive_mail() {
    cat >reload-postfix <<END
#!/bin/sh
[ ! -e $tmp/postfix/spool/pid/master.pid ] || exec postfix -c $tmp/postfix/etc reload
END
    chmod 755 reload-postfix
    start_postfix
    postconf -c postfix/etc "smtpd_tls_chain_files=$1" myhostname=mx.dane.test mydestination=dane.test \
        local_recipient_maps= local_transport=discard: inet_interfaces=127.0.0.1
    ./reload-postfix 2>/dev/null
    wait_for_port 25
}

# Put off mail is tried again soon; with less than 3 s the queue manager may find it still in use, and
# leaves it alone for five minutes.
start_sender() {
    start_dane_sender 127.0.0.4 <<END
in_flow_delay = 0
minimal_backoff_time = 3s
maximal_backoff_time = 3s
queue_run_delay = 1s
default_destination_concurrency_failed_cohort_limit = 1000000
END
    : >mails
}

# send_mail: one mail, a line in `mails` once it is in the queue
send_mail() {
    printf 'From: a@sender.test\nTo: b@dane.test\nSubject: key\n\nkey\n' |
        sendmail -C "$tmp/sender/etc" -f a@sender.test b@dane.test && echo >>mails
}
# flow_of_mail: ten a second, as long as the file `flow` is there; a machine that is slower sends fewer
flow_of_mail() {
    local next=${EPOCHREALTIME/./} now
    trap - EXIT HUP INT TERM
    while [ -e flow ]; do
        send_mail
        now=${EPOCHREALTIME/./}
        next=$((next + 100000 > now ? next + 100000 : now))
        sleep "$(printf '0.%06d' $((next - now)))"
    done
}
mail_count() { wc -l <mails; }
# delivered: how many mails were accepted by the receiver
delivered() { grep -c 'to=<b@dane\.test>.* status=sent ' sender/log; }
all_delivered() { [ "$(delivered)" -ge "$(mail_count)" ]; }
# mail_is_delivered: until everything sent so far is, or two minutes have gone
mail_is_delivered() {
    local end=$((SECONDS + 120))
    until all_delivered || [ $SECONDS -ge $end ]; do sleep 0.2; done
}

# start_mail: the watched time begins
start_mail() {
    mail_is_delivered
    watched_from=$(($(wc -l <sender/log) + 1)) mails_before=$(mail_count)
    : >flow
    flow_of_mail & flow_pid=$!
}
# stop_mail: it ends, when the last mail was delivered
stop_mail() {
    rm -f flow
    wait "$flow_pid"
    mail_is_delivered
}
watched_log() { tail -n "+$watched_from" sender/log; }
watched_mails() { echo $(($(mail_count) - mails_before)); }
# connections: how many in the watched time were `Verified`, `Untrusted`, ...
connections() { watched_log | grep -c " $1 TLS connection established to mx\.dane\.test"; }
# failures: the lines of deliveries that were put off or given up, and of connections that are not
# `Verified`, in the watched time
failures() {
    watched_log | grep -E ' status=(deferred|bounced|expired)|TLS connection established' |
        grep -v ' Verified TLS connection established'
}
