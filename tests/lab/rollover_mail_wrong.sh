#!/bin/bash
# That rollover_mail.sh can fail: the same mail, through rollovers by operators who do not wait long
# enough, or take the old record away too early. Each makes deliveries fail; one who does all by the
# rules, with the same means, makes none fail.
# shellcheck disable=SC2154,SC2016 # of lib.sh; zone text
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_mail_wrong.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ttl=5               # long enough for a slow machine to publish and switch in it
resolver_asks=127.0.0.3 # so that it is certain whose answer it holds
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_sender.sh"
owner=_25._tcp.mx.dane.test
serial=1 round=0

# publish CERTIFICATE...: the records of these and no others, in the zone and at the primary
publish() {
    serial=$((serial + 1))
    lab_zone "@ MX 10 mx
mx A 127.0.0.1
$(record "$@" | sed 's/^/_25._tcp.mx TLSA /')"
    sed -i "s/ns h 1 /ns h $serial /" dane.test.zone
    rndc -s 127.0.0.1 -k rndc.key reload dane.test >/dev/null 2>&1
    wait_until has 127.0.0.1 "$@"
}
# has SERVER CERTIFICATE...: it serves their records and no others
has() {
    local server=$1
    shift
    [ "$(served "$server" $owner)" = "$(record "$@")" ]
}
wait_until() {
    local end=$((SECONDS + 60))
    until "$@"; do
        [ $SECONDS -lt $end ] || { not_ok "came true: $*"; return; }
        sleep 0.1
    done
}
# switch CERTIFICATE: what the receiver shows
switch() {
    cat "$1.key" "$1.pem" root.pem >live.new && mv live.new live.pem
    ./reload-postfix 2>/dev/null
}
# fresh: the resolver holds what it knows of them for a whole T
fresh() {
    [ "$(dig +noall +answer @127.0.0.2 $owner TLSA | awk '$4 == "TLSA" {print $2; exit}')" = $ttl ]
}

# The operators: from $old to $new.
by_the_rules() {
    publish $old $new
    wait_until has 127.0.0.3 $old $new
    sleep $((2 * ttl + 5))
    switch $new
    sleep $ttl
    publish $new
}
# While resolvers hold what they have got for a whole T. The secondary follows right behind the switch.
deploy_at_once() {
    transfers none
    publish $old $new
    wait_until fresh
    switch $new
    let_follow
}
# One T from when the file was written, and not from when the secondary has it, which lags.
wait_from_the_write() {
    transfers none
    publish $old $new
    sleep $ttl
    switch $new
    wait_until put_off
    let_follow
}
put_off() { [ -n "$(failures)" ]; }
let_follow() {
    transfers any
    rndc -s 127.0.0.1 -k rndc.key notify dane.test >/dev/null 2>&1
}
# All the time that is needed before the switch, but the old record goes before it.
retire_early() {
    publish $old $new
    wait_until has 127.0.0.3 $old $new
    sleep $((2 * ttl + 5))
    publish $new
    wait_until has 127.0.0.2 $new
    sleep $((ttl + 2)) # until processes of the sender have asked anew
    switch $new
}

# watch OPERATOR: with mail, until there is no resolver and no mail that knows anything else
watch() {
    old=key$round
    round=$((round + 1))
    new=key$round
    make_cert $new mx.dane.test ec root
    start_mail
    "$1"
    wait_until resolved
    stop_mail
    publish $new
    wait_until has 127.0.0.3 $new
    wait_until has 127.0.0.2 $new
}
resolved() { has 127.0.0.2 $new || has 127.0.0.2 $old $new; }
# fails_by OPERATOR WHAT: mail shows what is wrong with it; on a machine that is so slow that what was
# cached was forgotten before the switch, the second or third time
fails_by() {
    local i
    for i in 1 2 3; do
        watch "$1"
        [ -z "$(failures)" ] || break
        echo "# $1: nothing failed the first $i times"
    done
    like "$(failures)" 'status=deferred .*Server certificate not (trusted|verified)' "$2: mail is put off"
    is "$(delivered)" "$(mail_count)" "$2: and delivered when resolvers have caught up"
    echo "# $1: $(watched_mails) mails, $(failures | grep -c 'status=deferred') times put off"
}

make_ca root
make_cert key0 mx.dane.test ec root
lab_zone "@ MX 10 mx
mx A 127.0.0.1
$(record key0 | sed 's/^/_25._tcp.mx TLSA /')"
start_dns
cat key0.key key0.pem root.pem >live.pem
receive_mail "$tmp/live.pem"
wait_until has 127.0.0.2 key0
start_sender
send_mail
mail_is_delivered

watch by_the_rules
is "$(failures)" '' "by the rules: no mail is put off, and every connection is verified"
is "$(connections Verified)" "$(watched_mails)" "by the rules: so is every mail"
fails_by deploy_at_once "deployed at once"
fails_by wait_from_the_write "deployed one T after the file was written"
fails_by retire_early "retired before the switch"
finish
