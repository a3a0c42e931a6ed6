#!/bin/bash
# `tlsagen publish --freeze`: the file of a dynamic zone, edited between rndc freeze and rndc thaw. No
# zone stays frozen, whatever happens in between.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish_freeze.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsupdate
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.dyn.test
for name in old new; do make_cert $name $host ec; done
make_cert inl mail.inl.test ec
old="3 1 1 $(data_of 1 1 old.pem)" new="3 1 1 $(data_of 1 1 new.pem)"

for zone in dyn inl signed plain; do { zone_text 1; echo 'mail A 127.0.0.1'; } >$zone.zone; done
start_named '
zone "dyn.test" { type primary; file "dyn.zone"; allow-update { 127.0.0.1; }; };
zone "inl.test" { type primary; file "inl.zone"; allow-update { 127.0.0.1; }; dnssec-policy default; inline-signing yes; };
zone "signed.test" { type primary; file "signed.zone"; allow-update { 127.0.0.1; }; dnssec-policy default; };
zone "plain.test" { type primary; file "plain.zone"; };'
control="--control-key rndc.key --control-host 127.0.0.1"
rndc() { command rndc -s 127.0.0.1 -k rndc.key "$@"; }
publish() { run tlsagen publish --state-dir "$tmp/state" $control "$@"; }
freeze() { publish --freeze -f dyn.zone --origin dyn.test "$@"; }
at() { dig +noall +answer @127.0.0.1 "$1" TLSA | awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
frozen() { rndc zonestatus "${1:-dyn.test}" | sed -n 's/^frozen: //p'; }
serial() { dig +short @127.0.0.1 dyn.test SOA | cut -d' ' -f3; }
update() { printf 'server 127.0.0.1\nzone %s\nupdate add %s\nsend\n' "$1" "$2" | nsupdate 2>&1; }
# refused STATUS REGEX WHAT COMMAND...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}

# The server has more than the file; both are led here.
update dyn.test 'x.dyn.test 60 A 192.0.2.1'
refused 3 'dyn\.test\.: a dynamic zone.*publish with --update or --freeze' "without --freeze" publish -f dyn.zone --origin dyn.test -c old.pem $host 25
like "$(tlsagen zone bump --origin dyn.test dyn.zone 2>&1)" 'dyn\.zone\.jnl\) lies beside it.*publish with --update or --freeze' "a journal leads here, too"
cp dyn.zone before
freeze -n -c old.pem $host 25
is "$status$err" 0 "a dry run"
like "$out" $'^first: rndc -k rndc\.key -s 127\.0\.0\.1 freeze dyn\.test\n--- .*\n\\+_25\\._tcp.*\nthen: rndc -k rndc\.key -s 127\.0\.0\.1 thaw dyn\.test\nthen: until the server has serial 2 and the records, 30 s at most$' \
    "shows the plan"
same dyn.zone before "and changes nothing"
is "$(frozen)" no "nor freezes"

freeze -c old.pem $host 25
is "$status$err" 0 "a publish"
like "$out" '^_25\._tcp\.mail\.dyn\.test\. published, serial 2 -> 3, served after' "what is said: the serial is that of the server's own file"
is "$(at _25._tcp.$host):$(frozen):$(serial)" "$old:no:3" "the record is served, and the zone not frozen"
is "$(dig +short @127.0.0.1 x.dyn.test A)" 192.0.2.1 "what was only in the journal is there"
is "$(update dyn.test 'y.dyn.test 60 A 192.0.2.2'):$(dig +short @127.0.0.1 y.dyn.test A)" :192.0.2.2 "updates go on"
ttl=$(dig +noall +answer @127.0.0.1 _25._tcp.$host TLSA | awk '{print $2}')
loads=$(grep -c "command 'freeze" named.log)
freeze -c old.pem $host 25
is "$status:$out" "0:_25._tcp.$host. unchanged, serial 4, served" "once"
freeze --ttl "$ttl" -c old.pem $host 25; is "$status:${out##*. }" "0:unchanged, serial 4, served" "with its TTL"
is "$(grep -c "command 'freeze" named.log)" "$loads" "nothing is frozen for that"
freeze -q --ttl 90 -c old.pem $host 25
is "$status:$(dig +noall +answer @127.0.0.1 _25._tcp.$host TLSA | awk '{print $2}')" 0:90 "another TTL"
freeze -q --add -c new.pem $host 25
is "$status:$(at _25._tcp.$host)" "0:$(printf '%s\n' "$old" "$new" | sort)" "--add"
freeze -q -c new.pem $host 25; is "$status:$(at _25._tcp.$host)" "0:$new" "the new one alone"
publish --freeze --undo $host 25
like "$status:$out" "^0:_25\._tcp\.$host\. undone, serial [0-9]+ -> [0-9]+" "--undo"
is "$(at _25._tcp.$host):$(frozen)" "$(printf '%s\n' "$old" "$new" | sort):no" "both are there again"
publish --freeze -q -f inl.zone --origin inl.test -c inl.pem mail.inl.test 25
is "$status$err:$(at _25._tcp.mail.inl.test):$(frozen inl.test)" "0:3 1 1 $(data_of 1 1 inl.pem):no" "a dynamic zone that is signed in line"
like "$(dig +dnssec @127.0.0.1 _25._tcp.mail.inl.test TLSA)" RRSIG "its record is signed"
publish --freeze -q -f plain.zone --origin plain.test -c new.pem mail.plain.test 25
is "$status:$(at _25._tcp.mail.plain.test)" "0:$new" "a zone that is not dynamic is edited as it is"

# What fails thaws, too.
refused 1 'signed' "a zone that is signed in its file" publish -q --freeze -f signed.zone --origin signed.test -c new.pem mail.signed.test 25
is "$(frozen signed.test)" no "is thawed"
refused 1 'refuses the new file' "a check that fails" freeze --check-with false -c new.pem $host 993
is "$(frozen)" no "thaws"
update dyn.test 'sub.dyn.test 60 NS ns.other.test.'
refused 3 'the zone would have an error: .*below the delegation' "an error of the zone" freeze -q -c new.pem below.sub.dyn.test 25
is "$(frozen)" no "thaws, too"
# BIND refuses what we let pass: the file is put back, and thawed.
cat >rndc-spoils <<'END'
#!/bin/sh
case "$*" in *thaw*) [ -e spoiled ] || { touch spoiled; sed -i '$a _1._tcp.x TYPE1 \\# 3 010203' dyn.zone; };; esac
exec rndc "$@"
END
chmod +x rndc-spoils
wanted=$(at _25._tcp.$host)
refused 4 'still frozen 2 s later.*; the former records are in the file again, serial [0-9]+, which the server has not loaded either; and the zone may be frozen still' \
    "a file that does not load" freeze --control-program ./rndc-spoils --wait 2 -c new.pem $host 25
is "$(at _25._tcp.$host):$(frozen)" "$wanted:yes" "the old records are served all the time"
sed -i '/TYPE1/d' dyn.zone
freeze -c new.pem $host 25
like "$status:$err" '^0:tlsagen: warning: a run that was killed had left the zone frozen; it was thawed$' "mended, the next run thaws"
is "$(at _25._tcp.$host):$(frozen)" "$new:no" "and publishes"

# Frozen by somebody else: his.
rndc freeze dyn.test
refused 3 'somebody has frozen the zone' "a zone that somebody else froze" freeze -c old.pem $host 25
is "$(frozen)" yes "is left alone"
rndc thaw dyn.test >/dev/null
refused 2 'is for zone files of rndc' "--freeze with another server" run tlsagen publish --freeze --server nsd -f dyn.zone -c old.pem $host 25
refused 2 'is for zone files of rndc' "--freeze with --update" publish --freeze --update 127.0.0.1 -c old.pem $host 25
refused 4 'nobody answers' "no server" freeze --control-port 954 -c old.pem $host 25

# Killed in each phase: the next run thaws and finishes. SIGTERM waits until nothing is frozen.
cat >rndc-kills <<'END'
#!/bin/sh
# Before the command that KILL_AT names, or behind it; the program that runs us is killed.
command=$(printf '%s\n' "$@" | grep -E '^(zonestatus|freeze|thaw|reload)$')
[ "$KILL_AT" != "before-$command" ] || { kill -s "$KILL_BY" $PPID; sleep 0.2; }
rndc "$@"
code=$?
[ "$KILL_AT" != "after-$command" ] || kill -s "$KILL_BY" $PPID
sleep 0.1
exit $code
END
printf '#!/bin/sh\nkill -s $KILL_BY $PPID; sleep 0.2\n' >check-kills
chmod +x rndc-kills check-kills
i=0
for by in TERM KILL; do
    for phase in before-zonestatus before-freeze after-freeze check before-thaw after-thaw; do
        i=$((i + 1))
        cert=$([ $((i % 2)) = 0 ] && echo new || echo old)
        [ $phase = check ] && check="--check-with ./check-kills" || check=
        { KILL_AT=$phase KILL_BY=$by "$TLSAGEN" publish --state-dir state $control --control-program ./rndc-kills --freeze -q \
            -f dyn.zone --origin dyn.test $check -c $cert.pem $host 25; } >/dev/null 2>&1
        code=$?
        [ $by = KILL ] && is $code 137 "SIGKILL $phase: it is gone"
        [ $by = TERM ] && is "$code:$(frozen)" 143:no "SIGTERM $phase: it ends, and the zone is not frozen"
        tlsagen zone check -q --origin dyn.test dyn.zone >/dev/null || not_ok "$phase, $by: the zone is whole"
        freeze -c $cert.pem $host 25
        is "$status:$(at _25._tcp.$host):$(frozen)" "0:3 1 1 $(data_of 1 1 $cert.pem):no" "SIG$by $phase: run again"
        is "$(update dyn.test "z$i.dyn.test 60 A 192.0.2.1")" "" "SIG$by $phase: updates go on"
    done
done
# A run without --freeze, and an undo, thaw as well.
{ KILL_AT=after-freeze KILL_BY=KILL "$TLSAGEN" publish --state-dir state $control --control-program ./rndc-kills --freeze -f dyn.zone \
    --origin dyn.test -c old.pem $host 25; } >/dev/null 2>&1
is "$(frozen)" yes "killed once more"
# What it called has its lock until it ends, too: while there is one, the run counts as one at work.
flock state/publish/dyn.test.lock true
freeze -n -c old.pem $host 25
like "$status:$err" '^0:tlsagen: warning: a run that was killed may have left the zone frozen; the next run that is no dry run thaws it$' \
    "a dry run names it"
run tlsagen reload --state-dir state $control dyn.test
like "$status:$err" '^3:tlsagen: dyn\.test: the zone is frozen and not loaded until rndc thaw; a tlsagen publish that was killed has left it so, and the next one thaws it$' \
    "and so does a reload"
run tlsagen reload $control dyn.test
like "$status:$err" '^3:.*until rndc thaw$' "which knows of its own state folder only"
is "$(frozen)" yes "neither thaws"
publish -f dyn.zone --origin dyn.test -c old.pem $host 25
is "$status:$(frozen)" 3:no "a run without --freeze thaws"

# Two at once take turns.
freeze -q -c old.pem $host 25
(tlsagen publish --state-dir state $control --freeze -f dyn.zone --origin dyn.test -c new.pem $host 1001 >one 2>&1) &
freeze -c new.pem $host 1002
is "$status$err" 0 "two at once: the one"
wait $!
is "$(cut -d' ' -f2 one):$(at _1001._tcp.$host)$(at _1002._tcp.$host):$(frozen)" "published,:$new$new:no" "and the other"
[ $tap_failed = 0 ] || tail -n 20 named.log | sed 's/^/# /'
finish
