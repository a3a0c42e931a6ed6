#!/bin/bash
# tlsagen apply over a thousand zones of a BIND, some by their files and rndc, the others by dynamic
# update, with two secondaries, a named and an nsd: faults of single zones, runs that are killed, two
# runs at once, and a primary that is started anew in the middle.
# shellcheck disable=SC2154,SC2086,SC2119,SC2120 # of servers.sh; numbers; functions without arguments
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/fleet_thousand.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsd nsupdate
ip address add 127.0.0.2/8 dev lo # BIND listens on addresses of interfaces
. "$TLSAGEN_SOURCE/tests/lab/fleet_lab.sh"
make_cert mail mail.z1.test ec
ours="3 1 1 $(data_of 1 1 mail.pem)"
# Those up to $files have a file of ours: z10 gets a fault in it, z20 is a dynamic zone frozen around
# each edit, z30 lies in a folder of its own. The others are dynamic zones.
zones=${TLSAGEN_ZONES:-1000} files=$((zones * 7 / 100 + 30)) broken=10 frozen=20 alone=30
seed=${TLSAGEN_SEED:-$RANDOM}
RANDOM=$seed
echo "# TLSAGEN_SEED=$seed"
step() { echo "# $SECONDS s: $*"; }

# --- three servers, and what they hold ---

mkdir ro seconds
named='' own=()
for ((i = 1; i <= zones; i++)); do
    options=''
    [ $i -le $files ] && [ $i != $frozen ] || options='allow-update { 127.0.0.1; };'
    [ $i = $alone ] && file=ro/z$i.zone || file=z$i.zone
    zone_text 1 >$file
    [ -n "$options" ] || own+=("$file")
    named+="zone \"z$i.test\" { type primary; file \"$file\"; $options };"$'\n'
done
named_options='notify explicit; also-notify { 127.0.0.2; 127.0.0.3 port 5301; }; notify-rate 2000; startup-notify-rate 2000;
    tcp-clients 1000; tcp-listen-queue 1000; transfers-out 100;'
start_named "$named"
# The secondaries begin with the same text.
{
    echo "options { directory \"$PWD/seconds\"; pid-file none; listen-on port 53 { 127.0.0.2; }; listen-on-v6 { none; };
        recursion no; dnssec-validation no; notify no; session-keyfile none; lock-file none;
        serial-query-rate 2000; transfers-in 20; transfers-per-ns 20; masterfile-format text; };
    controls { };"
    for ((i = 1; i <= zones; i++)); do
        zone_text 1 >seconds/z$i.copy
        echo "zone \"z$i.test\" { type secondary; primaries { 127.0.0.1; }; file \"z$i.copy\"; };"
    done
} >second.conf
named -c second.conf -n 1 -g 2>second.log &
zone_text 1 >seed.zone
{
    nsd_conf 127.0.0.3
    echo "    zonefiles-write: 0"
    for ((i = 1; i <= zones; i++)); do
        printf 'zone:\n name: z%s.test\n zonefile: seed.zone\n request-xfr: 127.0.0.1 NOKEY\n allow-notify: 127.0.0.1 NOKEY\n' $i
    done
} >nsd.conf
nsd -d -c nsd.conf >nsd.log 2>&1 &
wait_for_port 53 127.0.0.2
wait_for_port 5301 127.0.0.3

for ((i = 1; i <= zones; i++)); do echo "_25._tcp.mail.z$i.test TLSA"; done >questions.tlsa
for ((i = 1; i <= zones; i++)); do echo "z$i.test SOA"; done | cat - questions.tlsa >questions
# held [ADDRESS PORT [QUESTIONS]]: serials and records, a line each: z1.test. 2, z1.test. 3 1 1 aa...
held() {
    dig +noall +answer +nosplit +tries=9 "@${1:-127.0.0.1}" -p "${2:-53}" -f "${3:-questions}" |
        awk '$4 == "SOA" {print $1, $7} $4 == "TLSA" {sub(/.*\.mail\./, "", $1); print $1, $5, $6, $7, tolower($8)}' | sort
}
# should SERIAL [RECORD...]: what held says when all zones have that serial and these records
should() {
    local i line
    for ((i = 1; i <= zones; i++)); do for line; do echo "z$i.test. $line"; done; done | sort
}
# The records of each zone: that of the certificate, and one of this turn.
of_turn() { printf '3 1 1 %064d' "$1"; }
is_held() {
    held >is
    should "$serial" "$ours" "$(of_turn $turn)" >wanted
    is "$(diff is wanted | head -n 20)" "" "$1"
}
has_all() { held "$@" | cmp -s - is; }
follow() {
    held >is
    succeeds "$1: the secondary named has all of it" within 300 has_all 127.0.0.2 53
    succeeds "$1: and the secondary nsd" within 300 has_all 127.0.0.3 5301
}

{
    printf 'state-dir = %s/state\ndefaults {\npinned = "%s"\n}\n' "$tmp" "$(of_turn 1)"
    for ((i = 1; i <= zones; i++)); do
        case $i in
        "$frozen") zone_of z$i "$by_rndc"$'\n''freeze = yes' ;;
        "$alone") zone_of z$i "$by_rndc" ro/ ;;
        *) if [ $i -le $files ]; then zone_of z$i "$by_rndc"; else printf 'zone z%s.test {\nupdate = 127.0.0.1\n}\n' $i; fi ;;
        esac
        service z$i mail.z$i.test
    done
} >tlsagen.conf
chmod go= rndc.key
turn=1 serial=1
# Another record is wanted in each zone.
next_turn() {
    turn=$((turn + 1))
    sed -i "s/^pinned = .*/pinned = \"$(of_turn $turn)\"/" tlsagen.conf
    step "turn $turn"
}
summary() { tail -n 1 <<<"$out"; }

# --- the first run, and one with nothing to do ---

should 1 >is
has_all || not_ok "the primary begins with serial 1"
step apply
apply; serial=2
is "$status$err:$(summary)" "0:$zones of $zones zones changed" "$zones zones"
is "$(grep -c 'test\. 2 records added, 0 removed, serial 1 -> 2, loaded$' <<<"$out")" $files "by rndc, under one serial each"
is_held "all are served, under one new serial each"
follow "the first run"
loads() { grep -c 'loaded serial' named.log; }
before=$(stat -c '%n %i %y' z*.zone ro/* state/fleet/*; loads)
apply
is "$status$err:$out" "0:0 of $zones zones changed" "once more"
is "$(stat -c '%n %i %y' z*.zone ro/* state/fleet/*; loads)" "$before" "nothing is written, nothing loaded"
is_held "no serial has changed"

# --- three zones that fail, and hold up no other ---

next_turn; serial=3
cp z$broken.zone broken.was
echo 'broken TLSA 3 1 1 what' >>z$broken.zone
rndc -s 127.0.0.1 -k rndc.key freeze z$frozen.test
mount --bind ro ro && mount -o remount,bind,ro ro
apply
is "$status:$(wc -l <<<"$err"):$(summary)" "1:3:$((zones - 3)) of $zones zones changed, 3 failed" \
    "a broken zone, a frozen and a read-only one: all others are done"
like "$err" "tlsagen: z$broken\.test\.: .*z$broken\.zone:[0-9]+" "the broken one is told, with file and line"
like "$err" "tlsagen: z$frozen\.test\.: .*frozen" "and the frozen one"
like "$err" "tlsagen: z$alone\.test\.: .*[Rr]ead-only" "and the read-only one"
should $serial "$ours" "$(of_turn $turn)" >wanted
held >is
is "$(comm -13 is wanted | cut -d' ' -f1 | sort | uniq -c | awk '{print $2 $1}' | xargs)" \
    "$(printf 'z%s.test.2 ' $broken $frozen $alone | xargs)" "these three have the former record, under the former serial"
cp broken.was z$broken.zone
rndc -s 127.0.0.1 -k rndc.key thaw z$frozen.test >/dev/null
umount ro
apply
is "$status$err:$(summary)" "0:3 of $zones zones changed" "mended, they are done as well"
is_held "all have the new record, under one serial each"

# --- killed, again and again ---

# whole COUNT LINES SEPARATOR: what is not so many files or zones with so many lines, of which one has
# the record of the certificate and one that of this turn or of the former one
whole() {
    awk -F"$3" -v count=$1 -v wanted=$2 -v ours="$ours" -v old="$(of_turn $((turn - 1)))" -v new="$(of_turn $turn)" '
        {lines[$1]++}
        index($0, ours) {first[$1]++}
        index($0, old) || index($0, new) {second[$1]++}
        END {for (name in lines) {
                n++
                if (lines[name] != wanted || first[name] != 1 || second[name] != 1) print name ": " lines[name] " lines"
            }
            if (n != count) print n " are there"}'
}
# What is neither old nor new, in files and as it is served, until `enough` is there.
look_at_zones() {
    until [ -e enough ]; do
        # A file has four lines, and these two.
        grep -H . "${own[@]}" | tr A-F a-f | whole ${#own[@]} 6 ':'
        held 127.0.0.1 53 questions.tlsa | whole $zones 2 ' '
        echo >>looks
    done
}
next_turn; serial=4
look_at_zones >neither 2>&1 &
looking=$!
killed=0
for ((round = 1; round <= 5; round++)); do
    lines=$((RANDOM % (zones / 7) + 1))
    "$TLSAGEN" apply -C tlsagen.conf >killed.out 2>killed.err &
    pid=$!
    until [ "$(wc -l <killed.out)" -ge $lines ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? != 137 ] || killed=$((killed + 1))
    step "killed after $(wc -l <killed.out) zones"
done
apply
touch enough
wait $looking
is "$status:$(summary | cut -d' ' -f2-)" "0:of $zones zones changed" "killed $killed times, the next run completes"
like $killed '^[1-5]$' "it was killed"
is "$(sort -u neither | head -n 20)" "" "whenever somebody looks ($(wc -l <looks) times), each zone is old or new as a whole"
is_held "all have the new record, under one serial each"

# --- two at once ---

next_turn; serial=5
"$TLSAGEN" apply -C tlsagen.conf >first.out 2>first.err &
pid=$!
apply
wait $pid
first=$? second=$status both=$(cat first.out <(echo "$out"))
# Each waits for the other, though not for ever.
like "$first$second" '^(00|04|40)$' "two runs at once (status $first and $second)"
apply
is "$status$err:$out" "0:0 of $zones zones changed" "after them nothing is to be done"
is "$(grep -c 'records\? added' <<<"$both")" $zones "each zone was changed by one of them"
is_held "all have the new record, under one serial each"

# --- the primary is started anew in the middle ---

next_turn
"$TLSAGEN" apply -C tlsagen.conf >restart.out 2>restart.err &
pid=$!
until [ "$(wc -l <restart.out)" -ge $((zones / 5)) ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill "$named_pid"
wait "$named_pid" 2>/dev/null
start_named "$named"
wait $pid
like $? '^[014]$' "the primary is started anew in the middle ($(wc -l <restart.err) zones failed)"
apply
is "$status$err" 0 "the next run completes"
held 127.0.0.1 53 questions.tlsa >is
should "$ours" "$(of_turn $turn)" >wanted
is "$(diff is wanted | head -n 20)" "" "all have the new record"

# --- records that are deleted and corrupted ---

for i in 1 2 3 4 5; do sed -i /TLSA/d z$i.zone; done
for i in 6 7 8 9; do sed -i "s/00000$turn\$/0000f$turn/" z$i.zone; done
for ((i = zones - 9; i <= zones; i++)); do
    echo "update delete _25._tcp.mail.z$i.test TLSA"
    [ $((i % 2)) = 0 ] || echo "update add _25._tcp.mail.z$i.test 60 TLSA 3 1 1 $(printf %064d 9)"
    printf 'send\n'
done | { echo 'server 127.0.0.1'; cat; } | nsupdate
sed -i 's/^defaults {/&\nunknown = remove/' tlsagen.conf
held >before
step restore
apply
is "$status:$(wc -l <<<"$err"):$(grep -c 'nobody declared 3 1 1 0.*; it goes$' <<<"$err"):$(summary)" \
    "0:9:9:19 of $zones zones changed" "records deleted in ten zones, and corrupted in nine others"
held >is
# changed FILE FILE: the difference of serials, and in how many zones
changed() { join <(awk 'NF == 2' "$1") <(awk 'NF == 2' "$2") | awk '{n[$3 - $2]++} END {for (d in n) print d ":" n[d]}' | sort | xargs; }
is "$(changed before is)" "0:$((zones - 19)) 1:19" "are restored, under one serial each"
is "$(awk 'NF > 2' is | diff - wanted | head -n 20)" "" "and all have the record of this turn"
follow "after all of it"
step end
finish
