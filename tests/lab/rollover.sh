#!/bin/bash
# `tlsagen rollover` from the first deployment through renewals with new keys, in a zone that BIND
# signs and a secondary serves, with a Postfix that reads what is live.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs strace
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ttl=6 # long enough for a look at a stage
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
owner=_25._tcp.mx.dane.test
stranger="3 1 1 $(printf 'ab%.0s' {1..32})"
shown_by_postfix() { openssl s_client -connect 127.0.0.1:25 -starttls smtp </dev/null 2>/dev/null | fingerprint; }
# inodes: of all that a run may write, with the time of their last change
inodes() { find state live acme dane.test.zone -printf '%p %i %C@ %s\n' | sort; }
# quietly WHAT: a run now does nothing at all, nobody is asked and nothing is written
quietly() {
    local before
    before=$(inodes)
    strace -f -qq -e trace=network,process -o trace timeout 60 "$TLSAGEN" rollover run -C tlsagen.conf >quiet 2>&1
    is "$?:$(cat quiet)" 0: "$1: a run says nothing"
    is "$(grep -cE 'connect\(|send(to|msg|mmsg)\(' trace)" 0 "$1: it asks nobody"
    is "$(grep -c 'execve(' trace)" "$starts" "$1: it runs no command"
    is "$(inodes)" "$before" "$1: it writes nothing"
}

lab_zone 'mx A 127.0.0.1
www TXT "stays"'
start_dns
cat >reload-postfix <<END
#!/bin/sh
echo reload >>$tmp/hooks
exec postfix -c $tmp/postfix/etc reload
END
chmod 755 reload-postfix
conf <<END
service mx {
    host = mx.dane.test
    ports = 25
    after-deploy = "$tmp/reload-postfix"
    keep = 1h
}
END
# How many programs a run starts by itself: env, the program that it hands over to.
strace -f -qq -e trace=process -o trace timeout 60 "$TLSAGEN" rollover status -C tlsagen.conf >/dev/null 2>&1
starts=$(grep -c 'execve(' trace)

# The first deployment.
rollover status; is "$status:$(stage_of mx)" 0:new "before the first run"
rollover run; like "$status:$out$err" '^[34]:tlsagen: mx: .*(no certificate|acme/mx)' "no certificate yet: said in one line"
is "$(ls -d live 2>/dev/null)" '' "and nothing is made"
renew mx first
: >hooks
before=$(cat state/rollover/mx.state)
rollover run -n
like "$status:$out" '^[0-4]:.*mx: would be done' "a dry run of the first deployment"
is "$(ls -d live 2>/dev/null)$(cat state/rollover/mx.state)" "$before" "does nothing"
sed -i 's/^    after-deploy/#    after-deploy/' tlsagen.conf
rollover run
like "$status:$out$err" '^[04]:mx: deployed: .*live/mx is now .*mx: published 3 1 1 ' "the first certificate is deployed and published"
live_is mx first "the first certificate is live"
is "$(stat -c %a live/mx/privkey.pem live/mx/combined.pem live/mx/fullchain.pem | tr '\n' ' ')" '600 600 644 ' "modes of what is live"
is "$(served 127.0.0.1 $owner)" "$(record first)" "its record is served"
start_postfix
postconf -c postfix/etc "smtpd_tls_chain_files=$tmp/live/mx/combined.pem"
postfix -c "$tmp/postfix/etc" reload 2>/dev/null
wait_for_port 25
sed -i 's/^#    after-deploy/    after-deploy/' tlsagen.conf
pass 20 at idle mx
pass 20 quiet_run
is "$(served 127.0.0.3 $owner)" "$(record first)" "the secondary has the record"
is "$(shown_by_postfix)" "$(fingerprint_of first)" "the first certificate is shown"
rollover run; is "$status:$out$err" 0: "nothing is due"
quietly idle

# A renewal with a new key, in every stage.
renew mx second
renew_started=$(date +%s)
rollover run
like "$out" 'mx: published 3 1 1 [0-9a-f]{16}.*serial [0-9]+ -> [0-9]+' "the record of the new key is published"
is "$(served 127.0.0.1 $owner)" "$(record first second)" "beside the current one"
live_is mx first "and the former certificate stays live"
pass 20 at seen mx
rollover status; like "$out" 'mx .*seen' "status tells that every server has it"
rollover explain mx; like "$out" 'published.*seen by all servers' "explain draws the line"
rollover gate mx acme/mx; is "$status" 4 "gate: not yet"
like "$out" 'later, at ' "gate: the time when it will be safe"
rollover gate mx first.pem; is "$status" 0 "gate: what is deployed"
make_cert third mx.dane.test ec root
rollover gate mx third.pem; is "$status" 3 "gate: a key that nobody published"
pass 30 at verified mx
told 'mx: deployed: .*/live/mx is now ' "it is deployed"
is "$(($(date +%s) - renew_started >= 2 * ttl + 5))" 1 "not before 2 T + 5 s"
live_is mx second "the second certificate is live"
is "$(shown_by_postfix)" "$(fingerprint_of second)" "and shown"
is "$(served 127.0.0.1 $owner)" "$(record first second)" "the replaced record stays for a while"
rollover run; is "$status:$out$err" 0: "verified: nothing is due"
rollover status; like "$out" 'mx .*verified' "status tells so"
sed -i 's/keep = 1h/keep = 2s/' tlsagen.conf
pass 30 idle second mx
told 'mx: took away 3 1 1 ' "the replaced record is retired"
is "$(served 127.0.0.3 $owner)" "$(record second)" "and gone from the secondary"
is "$(wc -l <hooks)" 1 "after-deploy was run once"
pass 20 quiet_run
quietly "after the rollover"
like "$(cat dane.test.zone)" 'www TXT "stays"' "the rest of the zone stays"

# Somebody else's record at the name, put there at rest, is taken over, and is a reason to stop where
# nothing would serve both sides beside it.
printf '_25._tcp.mx TLSA %s\n' "$stranger" >rr
run tlsagen zone add -q --origin dane.test dane.test.zone rr; is "$status$err" 0 "somebody else adds a record"
rndc -s 127.0.0.1 -k rndc.key reload dane.test >/dev/null 2>&1
pass 20 carried "$stranger" 127.0.0.3
renew mx third
pass 40 idle third mx
is "$(served 127.0.0.1 $owner)" "$({ record third; echo "$stranger"; } | sort)" "a rollover beside it leaves it alone"
finish
