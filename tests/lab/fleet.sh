#!/bin/bash
# tlsagen plan and apply beside a real BIND: a few dozen zones loaded by rndc, one by dynamic update,
# one frozen around its edit, and a server that is away.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/fleet.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsupdate
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
chmod go-w .
umask 022
make_cert mail mail.f1.test ec
record="3 1 1 $(data_of 1 1 mail.pem)"
zones=24

named=
for i in $(seq $zones); do
    zone_text 1 >f$i.zone
    named="$named zone \"f$i.test\" { type primary; file \"f$i.zone\"; };"
done
zone_text 1 >dyn.zone; zone_text 1 >frz.zone
start_named "$named
zone \"dyn.test\" { type primary; file \"dyn.zone\"; allow-update { 127.0.0.1; }; };
zone \"frz.test\" { type primary; file \"frz.zone\"; allow-update { 127.0.0.1; }; };"
rndc() { command rndc -s 127.0.0.1 -k rndc.key "$@"; }
{
    printf '%s\n' "state-dir = $tmp/state"
    for name in $(seq -f 'f%.0f' $zones) frz; do
        printf 'zone %s.test {\nfile = %s.zone\nserver = rndc\ncontrol-key = rndc.key\ncontrol-host = 127.0.0.1\nwait = 20\n%s}\n' \
            $name $name "$([ $name != frz ] || echo 'freeze = yes')"
    done
    printf 'zone dyn.test {\nupdate = 127.0.0.1\n}\n'
    for name in $(seq -f 'f%.0f' $zones) frz dyn; do
        printf 'service %s {\nhost = mail.%s.test\nports = 25\nsource = mail.pem\nttl = 60\n}\n' $name $name
    done
} | sed 's/freeze = yes}/freeze = yes\n}/' >tlsagen.conf
chmod go= rndc.key
apply() { run tlsagen apply -C tlsagen.conf "$@"; }
at() { dig +noall +answer @127.0.0.1 _25._tcp.mail.$1.test TLSA | awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
served() { local n=0 i; for i in $(seq -f 'f%.0f' $zones) frz dyn; do [ "$(at $i)" = "$record" ] && n=$((n + 1)); done; echo $n; }
loads() { grep -c "zone f[0-9]*\.test/IN: loaded serial" named.log; }

apply
is "$status$err" 0 "apply"
is "$(served)" $((zones + 2)) "every zone answers with its record"
like "$out" "f7\.test\. 1 record added, 0 removed, serial 1 -> 2, loaded" "one serial for a zone"
is "$(rndc zonestatus frz.test | sed -n 's/^frozen: //p')" no "the dynamic zone is not frozen"
before=$(stat -c '%i %y' ./*.zone state/fleet/*) count=$(loads)
apply
is "$status$err:$out" "0:0 of $((zones + 2)) zones changed" "once more"
is "$(stat -c '%i %y' ./*.zone state/fleet/*):$(loads)" "$before:$count" "nothing is written, nothing loaded"

# Drift, in files and at the server.
sed -i '/TLSA/d; s/h 2 3600/h 3 3600/' f3.zone; rndc reload f3.test >/dev/null
for name in dyn frz; do
    printf 'server 127.0.0.1\nzone %s.test\nupdate delete _25._tcp.mail.%s.test TLSA\nsend\n' $name $name | nsupdate
done
run tlsagen plan --exit-code -C tlsagen.conf
is "$status:$(grep -c ^+_25 <<<"$out")" 3:3 "plan sees what is missing, in files and at servers"
count=$(loads)
apply
is "$status$err" 0 "apply restores it"
is "$(served):$(($(loads) - count))" "$((zones + 2)):1" "one zone is loaded for that"

# Somebody else's records in a dynamic zone.
printf 'server 127.0.0.1\nzone dyn.test\nupdate add _25._tcp.mail.dyn.test 60 TLSA 3 1 1 %064d\nsend\n' 5 | nsupdate
apply
is "$status" 1 "records that nobody declared are refused"
like "$err" "_25\._tcp\.mail\.dyn\.test\.: nobody declared 3 1 1 0" "and told"
is "$(at dyn | wc -l)" 2 "and left alone"
sed -i 's/^update = 127.0.0.1/&\nunknown = remove/' tlsagen.conf
apply
is "$status:$(at dyn)" "0:$record" "unknown = remove"

# One zone frozen by somebody, one that the server does not know.
for i in 4 5 6; do sed -i '/TLSA/d' f$i.zone; done
printf 'zone gone.test {\nfile = gone.zone\nserver = rndc\ncontrol-key = rndc.key\ncontrol-host = 127.0.0.1\n}\nservice gone {\nhost = mail.gone.test\nports = 25\nsource = mail.pem\n}\n' >>tlsagen.conf
zone_text 1 >gone.zone
printf 'server 127.0.0.1\nzone frz.test\nupdate delete _25._tcp.mail.frz.test TLSA\nsend\n' | nsupdate
rndc freeze frz.test
cp gone.zone gone.was
apply
is "$status:$(wc -l <<<"$err")" 1:2 "a zone frozen by somebody, and one that the server does not have"
like "$err" "frz\.test\.: .*frozen" "the first is told"
like "$err" "gone\.test\.: " "and the other"
same gone.zone gone.was "whose file is as it was"
is "$(grep -c TLSA f4.zone f5.zone f6.zone | grep -c ':1$')" 3 "all others are done"
rndc thaw frz.test >/dev/null
apply --zone frz.test; is "$status$err:$(at frz)" "0:$record" "thawed, it is done as well"

# A server that is away, and comes back.
for i in 8 9; do sed -i '/TLSA/d' f$i.zone; done
cp f8.zone f8.was
kill "$named_pid"; wait "$named_pid" 2>/dev/null
apply --zone f8.test --zone f9.test
like "$status" "^[14]$" "a server that is away"
same f8.zone f8.was "nothing was changed"
start_named "$named
zone \"dyn.test\" { type primary; file \"dyn.zone\"; allow-update { 127.0.0.1; }; };
zone \"frz.test\" { type primary; file \"frz.zone\"; allow-update { 127.0.0.1; }; };"
apply --zone f8.test --zone f9.test
is "$status$err:$(served)" "0:$((zones + 2))" "once it is back all is as it should be"
finish
