#!/bin/bash
# `tlsagen rollover` whose commands hang, are not there, or fail: one line each, and nothing is retired.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_hooks.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=1
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
owner=_4431._tcp.mx.dane.test
lab_zone 'mx A 127.0.0.1
else A 127.0.0.1'
start_dns
# hook: does what the file `mode` says
cat >hook <<END
#!/bin/sh
cd $tmp || exit
echo run >>hooks
case \$(cat mode) in
hang) sleep 1000 & echo \$! >child; wait ;;
fail) echo some words; echo not today; exit 7 ;;
*) ./reload-tls ;;
esac
END
chmod 755 hook
start_tls 4431=live/mx/combined.pem 4432=else.pem 2>/dev/null
conf <<END
service mx { host = mx.dane.test ports = 4431 after-deploy = "$tmp/hook" keep = 1s hook-timeout = 2s deploy-deadline = 1h }
service else { host = else.dane.test ports = 4432 when-ready = "$tmp/hook" keep = 1s hook-timeout = 2s }
END
sed -i '/^    live = /d; s|ports = 4431|& live = "'"$tmp"'/live/%n"|' tlsagen.conf
echo ok >mode
renew mx mx.1; renew else else.1
cat else.1.key else.1.pem root.pem >else.pem && kill -HUP $tls_pid
pass 40 idle mx.1 mx
pass 40 at idle else
pass 20 quiet_run
# told_once REGEX WHAT SERVICE: runs until one fails, which says that, in one line
told_once() {
    local end=$((SECONDS + 120))
    rollover run "$3"
    until [ "$status" = 1 ] || [ $SECONDS -ge $end ]; do
        sleep 0.5
        rollover run "$3"
    done
    like "$err" "^tlsagen: $3: $1[^
]*$" "$2"
}
# nothing_retired STAGE: both records are served, and the new certificate is live
nothing_retired() {
    is "$(served 127.0.0.1 $owner)" "$(record mx.1 mx.2)" "$1: nothing is retired"
    is "$(stage_of mx)" deployed "$1: deployed, and no more"
    is "$(shown 4431)" "$(fingerprint_of mx.1)" "$1: the former certificate is shown, and has its record"
}

# A command that hangs is killed with what it started; the next run tries it again.
echo hang >mode; : >hooks
renew mx mx.2
told_once "the after-deploy command: $tmp/hook did not end within 2 s and was killed" "one that hangs" mx
is "$(ps -o stat= -p "$(cat child)" | grep -v Z)" '' "is killed with what it started"
nothing_retired "one that hangs"
told_once "the after-deploy command: $tmp/hook did not end within 2 s and was killed" "and is tried again" mx
nothing_retired "tried again"
is "$(wc -l <hooks)" 2 "once a run"

# One that fails, and one that is not there.
echo fail >mode
told_once "the after-deploy command: $tmp/hook ended with status 7: not today" "one that fails: its last words" mx
nothing_retired "one that fails"
mv hook hook.away
told_once "the after-deploy command: there is no program $tmp/hook" "one that is not there" mx
nothing_retired "one that is not there"
mv hook.away hook
echo ok >mode
pass 30 idle mx.2 mx
is "$(served 127.0.0.1 $owner)" "$(record mx.2)" "all is well again: seen to its end"

# One that goes on failing: behind the deadline it goes back to what it was.
deadline 3s
echo fail >mode
renew mx mx.3
told_once "the after-deploy command: .*not today" "one that goes on failing" mx
pass 30 deployed mx mx.2
is "$(served 127.0.0.1 $owner)" "$(record mx.2 mx.3)" "live goes back, and both records stay"
echo ok >mode

# The command that tells that it is safe, of a service which somebody else deploys.
echo hang >mode
renew else else.2
told_once "the when-ready command: $tmp/hook did not end within 2 s and was killed" "when-ready hangs" else
is "$(served 127.0.0.1 _4432._tcp.else.dane.test)" "$(record else.1 else.2)" "nothing is retired"
echo ok >mode
: >hooks
pass 20 [ -s hooks ]
rollover gate else else.2.pem; is "$status" 0 "it is run again"
finish
