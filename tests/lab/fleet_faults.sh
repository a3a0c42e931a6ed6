#!/bin/bash
# tlsagen apply when something goes wrong, and with much at once: updates of more than 64 kB, two
# secondaries, a server restarted in the middle, two runs at once, runs that are killed, a full disk, a
# folder that is read-only, an alias at one owner.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/fleet_faults.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsd nsupdate
ip address add 127.0.0.2/8 dev lo # BIND listens on addresses of interfaces
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
chmod go-w .
umask 022
make_cert mail mail.f1.test ec
record="3 1 1 $(data_of 1 1 mail.pem)"
many=600 zones=12
apply() { run tlsagen apply -C "${conf:-tlsagen.conf}" "$@"; }
soa() { dig +short "@${2:-127.0.0.1}" -p "${3:-53}" "$1" SOA | cut -d' ' -f3; }
tlsa() { dig +short "@${2:-127.0.0.1}" -p "${3:-53}" "$1" TLSA | awk '{printf "%s %s %s ", $1, $2, $3; for (i = 4; i <= NF; i++) printf "%s", tolower($i); print ""}'; }
# within SECONDS COMMAND...: until it succeeds
within() {
    local i tries=$(($1 * 10))
    shift
    for ((i = 0; i < tries; i++)); do "$@" && return; sleep 0.1; done
    return 1
}

# --- a primary, and two secondaries ---

named=
for i in $(seq $zones); do
    zone_text 1 >f$i.zone
    named="$named zone \"f$i.test\" { type primary; file \"f$i.zone\"; };"
done
zone_text 1 >dyn.zone
zone_text 1 >sec.zone
secondaries='notify explicit; also-notify { 127.0.0.2; 127.0.0.3 port 5301; }; allow-transfer { any; };'
named="$named zone \"dyn.test\" { type primary; file \"dyn.zone\"; allow-update { 127.0.0.1; }; allow-transfer { any; }; };
zone \"sec.test\" { type primary; file \"sec.zone\"; $secondaries };"
start_named "$named"
cat >second.conf <<END
options {
    directory "$PWD"; pid-file none; listen-on port 53 { 127.0.0.2; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; session-keyfile none; lock-file none;
};
controls { };
zone "sec.test" { type secondary; primaries { 127.0.0.1; }; file "sec.copy"; };
END
named -c second.conf -n 1 -g 2>second.log &
wait_for_port 53 127.0.0.2
nsd_conf 127.0.0.3 >nsd.conf
cat >>nsd.conf <<END
zone:
    name: sec.test
    zonefile: sec.nsd
    request-xfr: 127.0.0.1 NOKEY
    allow-notify: 127.0.0.1 NOKEY
END
nsd -d -c nsd.conf >nsd.log 2>&1 &
wait_for_port 5301 127.0.0.3

by_rndc="server = rndc
control-key = $PWD/rndc.key
control-host = 127.0.0.1
wait = 20"
zone_of() { printf 'zone %s.test {\nfile = %s.zone\n%s\n}\n' "$1" "$1" "$2"; }
service() { printf 'service %s {\nhost = %s\nports = 25\nsource = mail.pem\nttl = 60\n}\n' "$1" "$2"; }
chmod go= rndc.key

printf 'state-dir = %s/state\n%s\n%s\n' "$tmp" "$(zone_of sec "$by_rndc")" "$(service sec mail.sec.test)" >sec.conf
conf=sec.conf apply
is "$status$err" 0 "a zone with two secondaries"
second() { [ "$(tlsa _25._tcp.mail.sec.test "$@")" = "$record" ]; }
succeeds "the secondary named follows" within 60 second 127.0.0.2
succeeds "the secondary nsd follows" within 60 second 127.0.0.3 5301
is "$(soa sec.test 127.0.0.2)$(soa sec.test 127.0.0.3 5301)" 22 "to one new serial"

# --- more than an update can have ---

{
    printf 'state-dir = %s/state\nzone dyn.test {\nupdate = 127.0.0.1\n}\n' "$tmp"
    for i in $(seq $many); do service dyn$i host-with-a-rather-long-name-$i.dyn.test; done
} >dyn.conf
before=$(soa dyn.test)
conf=dyn.conf apply
is "$status$err" 0 "$many services by dynamic update"
like "$out" "$many records added" "all at once"
transferred() { dig +noall +answer @127.0.0.1 dyn.test AXFR | awk '$4 == "TLSA"' | wc -l; }
is "$(transferred)" $many "the server has them"
parts=$(($(soa dyn.test) - before))
succeeds "by more than one update, each with a serial of its own ($parts)" test $parts -gt 1 -a $parts -lt 20
conf=dyn.conf apply
is "$status:$out:$(soa dyn.test)" "0:0 of 1 zone changed:$((before + parts))" "once more: nothing is sent"

# Killed between two of them: what was sent is whole, and the next run goes on.
printf 'server 127.0.0.1\nzone dyn.test\n%s\nsend\n' \
    "$(seq -f "update delete _25._tcp.host-with-a-rather-long-name-%.0f.dyn.test TLSA" $many)" | nsupdate
"$TLSAGEN" apply -C dyn.conf >/dev/null 2>&1 &
pid=$!
changed() { [ "$(soa dyn.test)" != "$1" ] || ! kill -0 $pid 2>/dev/null; }
within 60 changed "$(soa dyn.test)"
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
conf=dyn.conf apply
is "$status$err:$(transferred)" "0:$many" "killed in the middle, the next run completes"

# --- zones in files: killed, two at once, a restart ---

{
    printf 'state-dir = %s/state\n' "$tmp"
    for i in $(seq $zones); do zone_of f$i "$by_rndc"; service f$i mail.f$i.test; done
} >tlsagen.conf
served() { local n=0 i; for i in $(seq $zones); do [ "$(tlsa _25._tcp.mail.f$i.test)" = "$record" ] && n=$((n + 1)); done; echo $n; }
remove() { for i in $(seq $zones); do "$TLSAGEN" zone remove -q --origin f$i.test f$i.zone _25._tcp.mail.f$i.test. TLSA; rndc -s 127.0.0.1 -k rndc.key reload f$i.test >/dev/null; done; }
# whole: each file has the record or not, and nothing else was lost
whole() {
    local i
    for i in $(seq $zones); do
        case $(grep -c . f$i.zone):$(grep -c TLSA f$i.zone) in 4:0 | 5:1) ;; *) cat f$i.zone; return 1 ;; esac
    done
}
faults=
for round in 1 2 3 4; do
    "$TLSAGEN" apply --jobs 3 -C tlsagen.conf >/dev/null 2>&1 &
    pid=$!
    touched() { [ "$(grep -l TLSA f*.zone | wc -l)" -ge "$1" ] || ! kill -0 $pid 2>/dev/null; }
    within 60 touched $((3 * round - 2))
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    whole >not-whole || faults="$faults; $(cat not-whole)"
    apply
    [ "$status:$(served)" = "0:$zones" ] || faults="$faults; round $round: $status $(served) $err"
    remove
done
is "$faults" "" "killed while it works, zones are old or new, and the next run completes"
"$TLSAGEN" apply -C tlsagen.conf >/dev/null 2>first.err &
pid=$!
apply
wait $pid
is "$?$(cat first.err):$status$err:$(served)" "0:0:$zones" "two runs at once"
serials() { for i in $(seq $zones); do soa f$i.test; done | sort | uniq -c | awk '{print $1}' | xargs; }
is "$(serials)" $zones "each zone was changed by one of them"
remove

# The server goes while the run is at it, and comes back.
"$TLSAGEN" apply --jobs 1 -C tlsagen.conf >/dev/null 2>&1 &
pid=$!
within 60 touched 3
kill "$named_pid"
wait "$named_pid" 2>/dev/null
wait $pid
like $? "^[014]$" "a server that ends in the middle"
whole >not-whole; is "$?$(cat not-whole)" 0 "zones are old or new"
start_named "$named"
apply
is "$status$err:$(served)" "0:$zones" "once it is back the next run completes"

# --- faults of one zone, which hold up no other ---

mkdir small ro
mount -t tmpfs -o size=64k tmpfs small
{ zone_text 1; seq -f 'host%.0f A 192.0.2.1' 1500; } >small/full.zone
zone_text 1 >ro/ro.zone
zone_text 1 >alias.zone
echo '_25._tcp.mail CNAME elsewhere.example.' >>alias.zone
zone_text 1 >good.zone
{
    printf 'state-dir = %s/state\n' "$tmp"
    for name in full ro alias good; do
        case $name in full) folder=small/ ;; ro) folder=ro/ ;; *) folder= ;; esac
        printf 'zone %s.test {\nfile = %s%s.zone\n}\n' $name "$folder" $name
        service $name mail.$name.test
    done
    service beside other.alias.test
} >faults.conf
mount --bind ro ro && mount -o remount,bind,ro ro
head -c 65536 /dev/zero >small/ballast 2>/dev/null
cp small/full.zone full.was; cp ro/ro.zone ro.was; cp alias.zone alias.was
conf=faults.conf apply
is "$status" 1 "zones on a full disk, in a read-only folder, with an alias"
like "$err" "full\.test\.: .*[Nn]o space left" "the full disk is told"
like "$err" "ro\.test\.: .*[Rr]ead-only" "and the read-only folder"
like "$err" "alias\.test\.: .*_25\._tcp\.mail\.alias\.test\. is an alias \(CNAME\) of elsewhere\.example" "and the alias"
same small/full.zone full.was "the first zone is as it was"
same ro/ro.zone ro.was "so is the second"
same alias.zone alias.was "and the third, whole: its other service waits as well"
is "$(ls small)" "ballast
full.zone" "nothing is left on the full disk"
like "$(cat good.zone)" "$record" "the sound one is done"
rm small/ballast
umount ro
sed -i /CNAME/d alias.zone
conf=faults.conf apply
is "$status$err" 0 "with room, rights and no alias the next run completes"
is "$(grep -h TLSA small/full.zone ro/ro.zone alias.zone | wc -l)" 4 "all have their records"

# A state folder on a full disk: nothing is published that cannot be remembered.
head -c 65536 /dev/zero >small/ballast 2>/dev/null
sed "s#^state-dir.*#state-dir = $tmp/small/state#" faults.conf >nostate.conf
for name in ro/ro alias good; do sed -i /TLSA/d $name.zone; done
cp good.zone good.was
conf=nostate.conf apply --zone good.test
is "$status" 1 "a state folder without room"
like "$err" "[Nn]o space left" "is told"
same good.zone good.was "and nothing is published"
umount small
finish
