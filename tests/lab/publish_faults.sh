#!/bin/bash
# Faults that `tlsagen publish` survives: servers and control programs that fail, full disks, runs that
# are killed or meet. The zone file is whole each time, and a later run finishes.
# shellcheck disable=SC2154,SC2086,SC2016 # of servers.sh; options in one variable; other scripts
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish_faults.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.a.test
for name in old new; do make_cert $name $host ec; done
old="3 1 1 $(data_of 1 1 old.pem)" new="3 1 1 $(data_of 1 1 new.pem)"
mkdir zone disk
mount -t tmpfs -o size=256k tmpfs zone
at_exit 'umount -l $tmp/zone $tmp/disk'
{ zone_text 1; echo 'mail A 127.0.0.1'; } >zone/a.zone
named_zones='zone "a.test" { type primary; file "zone/a.zone"; };'
start_named "$named_zones"
disown # the shell is not to tell of its end
start_again() {
    named -c named.conf -n 1 -g 2>>named.log &
    named_pid=$!
    disown
    wait_for_port 53
    wait_for_port 953
}
control="--control-key rndc.key --control-host 127.0.0.1"
publish() { run tlsagen publish -q --state-dir "$tmp/state" $control -f zone/a.zone --origin a.test "$@"; }
served() { dig +noall +answer @127.0.0.1 _25._tcp.$host TLSA | awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
in_file() { tlsagen zone list --origin a.test --type TLSA zone/a.zone | grep "^_25" | cut -f5 | sort; }
# refused STATUS REGEX WHAT COMMAND...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}
# program NAME WORD SCRIPT: a control program that does SCRIPT in place of the command WORD
program() {
    printf '#!/bin/bash\ncase " $* " in\n*" %s "*) %s;;\nesac\nexec rndc "$@"\n' "$2" "$3" >"$1"
    chmod +x "$1"
}
publish -c old.pem $host 25
is "$status$err:$(served)" "0:$old" "all is well"

# --- the control program ---
program hangs reload 'sleep 100'
refused 4 'hangs did not end within 2 s and was killed.*the former records are in the file again' "hangs" \
    publish --wait 2 --control-program ./hangs -c new.pem $host 25
is "$(in_file):$(served):$(pgrep -fc '^sleep 100$')" "$old:$old:0" "nothing is left of it"
program hangs zonestatus 'sleep 100'
cp zone/a.zone before
refused 4 'hangs did not end within 5 s and was killed' "hangs before the edit" publish --control-program ./hangs -c new.pem $host 25
same before zone/a.zone "nothing was changed"
refused 1 'there is no program /none/rndc; install it, or give its path' "is missing" publish --control-program /none/rndc -c new.pem $host 25
refused 1 'cannot run \./before: Permission denied' "is no program" publish --control-program ./before -c new.pem $host 25
same before zone/a.zone "nothing was changed"
program dies reload 'kill -SEGV $$'
refused 1 'dies was ended by signal 11; the former records are in the file again, serial [0-9]+, which the server has not loaded either' \
    "is killed by a signal" publish --control-program ./dies -c new.pem $host 25
is "$(in_file):$(served)" "$old:$old" "the former records are there"
program talks 'zonestatus' 'head -c 10000000 /dev/zero | tr "\0" x'
program talks2 'reload' 'head -c 10000000 /dev/zero | tr "\0" "\033"'
publish --control-program ./talks2 -c new.pem $host 25
is "$status$err:$(served)" "0:$new" "prints 10 MB and goes on"
publish -c old.pem $host 25
program talks2 'reload' 'head -c 10000000 /dev/zero | tr "\0" "\033"; exit 7'
refused 1 'talks2 failed with status 7: "\?{400,}' "prints 10 MB and fails" publish --control-program ./talks2 -c new.pem $host 25
is "${#err}" "$(printf %s "$err" | wc -c)" "no control byte is shown"
[ ${#err} -lt 1100 ] && ok "nor all of it" || not_ok "nor all of it" ${#err}
sed 's/secret ".*"/secret "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="/' rndc.key >other.key
cp zone/a.zone before
refused 1 'the server does not let us control it' "a wrong key" publish --control-key other.key -c new.pem $host 25
same before zone/a.zone "nothing was changed"

# --- the server ---
program kills reload 'kill -9 $(cat named.pid); sleep 0.2'
echo $named_pid >named.pid
refused 4 'nobody answers ./kills.*the former records are in the file again.*not loaded either' "dies when it is told to reload" \
    publish --control-program ./kills -c new.pem $host 25
is "$(in_file)" "$old" "the former records are in the file"
refused 4 'nobody answers rndc' "is down" publish -c new.pem $host 25
start_again
is "$(served)" "$old" "started again, it has the former records"
program kills reload 'rndc "$@"; kill -9 $(cat named.pid); sleep 0.2; exit 0'
echo $named_pid >named.pid
refused 4 'nobody answers ./kills' "dies while it loads" publish --control-program ./kills -c new.pem $host 25
start_again
publish -c new.pem $host 25
is "$status$err:$(served)" "0:$new" "a later run publishes"
publish -c old.pem $host 25

# --- a full disk ---
program fills reload 'dd if=/dev/zero of=zone/fill bs=1k 2>/dev/null; exit 1'
refused 1 'fills failed with status 1; the former records could not be put back: .*No space left on device' "is full behind the edit" \
    publish --control-program ./fills -c new.pem $host 25
is "$(tlsagen zone check -q --origin a.test zone/a.zone)" "" "the file is whole"
publish -c new.pem $host 25
is "$status$err:$(served)" "0:$new" "and a later run needs no room to finish"
cp zone/a.zone before
refused 1 'No space left on device' "is full before the edit" publish -c old.pem $host 25
same before zone/a.zone "the file is as it was"
rm zone/fill
is "$(find zone state -name '*new*')" "" "no litter"
mount -t tmpfs -o size=64k tmpfs disk
program fills reload 'dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null; exec rndc "$@"'
refused 1 'the server has the records: the journal: .*No space left' "is full of the journal" \
    publish --state-dir disk --control-program ./fills -c old.pem $host 25
is "$(served)" "$old" "what was said is so"
rm disk/fill
publish --state-dir disk -c old.pem $host 25
is "$status:$(python3 -c 'import json; print(json.load(open("disk/publish/_25._tcp.mail.a.test.json"))["phase"])')" "0:done" "a later run writes it"

# --- two at once, of one owner ---
program waits reload 'until [ -e go ]; do sleep 0.05; done; exec rndc "$@"'
(tlsagen publish --state-dir state $control --control-program ./waits -f zone/a.zone --origin a.test -c new.pem $host 25 >one 2>&1) &
until [ "$(in_file)" = "$new" ]; do sleep 0.05; done
refused 4 'a\.test\.: another run publishes in this zone; try again' "one at work" publish --wait 1 -c old.pem $host 25
(sleep 0.5; touch go) &
publish -c old.pem $host 25
is "$status$err" 0 "the second waits for the first"
wait
like "$(cat one)" 'published' "which has published"
is "$(in_file):$(served)" "$old:$old" "and is followed"
# Somebody else's edit behind ours is not rolled back.
program meddles reload 'tlsagen=$TLSAGEN; "$tlsagen" create -c old.pem -c new.pem mail.a.test 25 | "$tlsagen" zone put -q --origin a.test zone/a.zone; exit 1'
export TLSAGEN
refused 1 'the former records could not be put back: somebody else has changed them' "an edit by somebody else" \
    publish --control-program ./meddles -c new.pem $host 25
is "$(in_file)" "$(printf '%s\n' "$old" "$new" | sort)" "stays"
publish -c old.pem $host 25

# --- killed in each phase ---
cat >rndc-kills <<'END'
#!/bin/bash
# Before the command that KILL_AT names, or behind it; the program that runs us is killed.
command=$(printf '%s\n' "$@" | grep -E '^(zonestatus|reload)$')
[ "$KILL_AT" != "before-$command" ] || { kill -s "$KILL_BY" $PPID; exit 1; }
rndc "$@"
code=$?
[ "$KILL_AT" != "after-$command" ] || kill -s "$KILL_BY" $PPID
exit $code
END
printf '#!/bin/sh\nkill -s $KILL_BY $PPID\n' >check-kills
chmod +x rndc-kills check-kills
# killed BY PHASE: a run that does not end by itself
killed() {
    local check=
    publish -c old.pem $host 25
    [ "$2" != check ] || check="--check-with ./check-kills"
    { KILL_AT=$2 KILL_BY=$1 "$TLSAGEN" publish --state-dir state $control --control-program ./rndc-kills \
        -f zone/a.zone --origin a.test $check -c new.pem $host 25; } >/dev/null 2>&1
    is $? $((128 + $(kill -l "$1"))) "SIG$1 $2: it is gone"
    is "$(tlsagen zone check -q --origin a.test zone/a.zone)" "" "the file is whole"
}
for by in TERM KILL; do
    for phase in before-zonestatus after-zonestatus check before-reload after-reload; do
        killed $by $phase
        publish -c new.pem $host 25
        is "$status$err:$(in_file):$(served)" "0:$new:$new" "and a later run finishes"
    done
done
for phase in before-reload after-reload; do
    killed KILL $phase
    run tlsagen publish -q --state-dir state $control --undo $host 25
    is "$status$err:$(in_file):$(served)" "0:$old:$old" "and a later run undoes"
done
is "$(find . -name '*tlsagen-new*' -o -name '*.new')" "" "no litter"

[ $tap_failed = 0 ] || tail -n 20 named.log | sed 's/^/# /'
finish
