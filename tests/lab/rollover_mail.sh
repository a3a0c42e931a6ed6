#!/bin/bash
# Mail through three rollovers in a row, ten a second, each with a new key from certbot, while the runs
# of `tlsagen rollover run` are killed in every stage: everything is delivered, nothing is put off, and
# every connection is `Verified`.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_mail.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs strace
strace -o /dev/null true 2>/dev/null || skip_all "strace cannot be used here"
[ -z "${ASAN_OPTIONS-}" ] || skip_all "a sanitizer makes calls of its own"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
ttl=3
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
. "$TLSAGEN_SOURCE/tests/lab/acme.sh"
. "$TLSAGEN_SOURCE/tests/lab/mail_sender.sh"
owner=_25._tcp.mx.dane.test
mkdir killers kills
real_rndc=$(command -v rndc)

# killer NAME COMMAND...: a program that does what COMMAND does, and kills who started it: before, at
# its first call in a stage, and afterwards, at its second
killer() {
    local name=$1
    shift
    cat >"$name" <<END
#!/bin/sh
[ $name != reload-and-kill ] || [ ! -e $tmp/slow ] || exit 0
if [ -e $tmp/kills/on ]; then
    calls=$tmp/kills/${name##*/}.\$(cat $tmp/kills/on)
    echo >>\$calls
    case \$(wc -l <\$calls) in
        1) echo ${name##*/} before >>$tmp/kills/shots; kill -9 \$PPID; exit ;;
        2) $* "\$@"; echo ${name##*/} behind >>$tmp/kills/shots; kill -9 \$PPID; exit ;;
    esac
fi
exec $* "\$@"
END
    chmod 755 "$name"
}

# run_killed CALL STEP: a run that is killed before such a system call: in each stage first before the
# call of number STEP, then before that of twice the number, and so on, as far as it comes
run_killed() {
    local stage count
    stage=$(stage_of mx)
    count=kills/$round.$stage
    [ -e "$count" ] || echo >"$count"
    quietly strace -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$(($2 * $(wc -l <"$count")))" \
        "$TLSAGEN" rollover run -C tlsagen.conf
    [ "$status" != 137 ] || { echo >>"$count"; echo "$stage" >>kills/all; }
}
# run_with_killers: one whose programs kill it
run_with_killers() {
    stage_of mx >kills/on
    PATH=$tmp/killers:$PATH quietly "$TLSAGEN" rollover run -C tlsagen.conf
    [ "$status" != 137 ] || cat kills/on >>kills/all
}
# quietly COMMAND...: like `run`, and the shell does not tell that it was killed
quietly() { run timeout 120 "$@"; } 2>/dev/null

# In the first round the secondary and the receiver take their time, so that runs are killed in the
# stages which else are over in no time: they follow when that has happened.
killed_in() { grep -qx "$1" kills/all 2>/dev/null; }
secondary() {
    transfers "$1"
    [ "$1" = none ] || rndc -s 127.0.0.1 -k rndc.key notify dane.test >/dev/null 2>&1
}
follow() {
    [ "$round" = first ] || return 0
    case $(stage_of mx) in
    published) ! killed_in published || secondary any ;;
    deployed) [ ! -e slow ] || ! killed_in deployed || { rm -f slow && ./reload-postfix 2>/dev/null; } ;;
    verified) secondary none ;;
    retired) ! killed_in retired || secondary any ;;
    esac
}

# pass_killed ROUND COMMAND...: runs, as from a timer, until what certbot has got is live and nothing
# is under way; COMMAND makes one
pass_killed() {
    local end=$((SECONDS + 200))
    round=$1
    shift
    : >told
    until complete; do
        [ $SECONDS -lt $end ] || { not_ok "$round: complete in time" "$(stage_of mx)" "$(tail -n 5 told)"; break; }
        "$@"
        printf '%s\n' "$out" "$err" | grep . >>told
        follow
        # Who was killed is followed at once by the next.
        [ "$status" = 137 ] || sleep 0.3
    done
    rm -f kills/on
}

# renewal ROUND COMMAND...: certbot renews, and all else is done by such runs
renewal() {
    local before
    before=$(fingerprint_at live/mx/cert.pem)
    new_certificate --key-type ecdsa
    is "$(fingerprint_at live/mx/cert.pem)" "$before" "$1: certbot has a new certificate, which is not yet live"
    pass_killed "$@"
    is "$(shown_by_postfix)" "$(fingerprint_at le/live/mx/cert.pem)" "$1: deployed, and shown"
    is "$(served 127.0.0.1 $owner | wc -l)" 1 "$1: the former record is retired"
}

lab_zone '@ MX 10 mx
mx A 127.0.0.1'
start_dns
start_pebble
killer reload-and-kill "$tmp/reload-postfix"
killer killers/rndc "$real_rndc"
conf "after-deploy = \"$tmp/reload-and-kill\"" <<END
service mx { host = mx.dane.test ports = 25 source = "$tmp/le/live/mx" deploy-deadline = 5m }
END
printf '#!/bin/sh\n' >reload-postfix && chmod 755 reload-postfix # which is started below
new_certificate --key-type ecdsa
rollover run
receive_mail "$tmp/live/mx/combined.pem"
pass 30 complete
pass 20 quiet_run
# The first publication is no rollover: that there is no TLSA record, resolvers and the processes of
# Postfix remember for a while, and such mail goes out encrypted, `Untrusted`. So nobody sends before
# resolvers have the record, and the sender's processes never have asked for it in vain.
pass 20 carried "$(served 127.0.0.1 $owner)" 127.0.0.2 127.0.0.3
start_sender
send_mail
mail_is_delivered

start_mail
secondary none
: >slow
renewal first run_killed rename 1 # before a file is replaced
renewal second run_killed fsync 2 # behind that, as a rule: file, rename, folder
renewal third run_with_killers
stop_mail

is "$(failures)" '' "no mail was put off or given up, and every connection was verified"
is "$(delivered)" "$(mail_count)" "every mail was delivered"
is "$(connections Verified)" "$(watched_mails)" "each by a verified connection: $(watched_mails)"
is "$(grep -c 'relay=none.*status=sent' postfix/log)" "$(mail_count)" "the receiver has all of them"
sort kills/all | uniq -c | sed 's/^/# killed: /'
for stage in staged published seen safe deployed verified retired; do
    succeeds "runs were killed in the stage \"$stage\"" killed_in $stage
done
is "$(sort -u kills/shots | paste -sd,)" "reload-and-kill before,reload-and-kill behind,rndc before,rndc behind" "and by what they started"
finish
