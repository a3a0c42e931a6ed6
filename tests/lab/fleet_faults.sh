#!/bin/bash
# tlsagen apply when something goes wrong: updates of more than 64 kB, of which a later one is refused,
# an update whose answer is lost, a full disk, a folder that is read-only, an alias at one owner. A
# thousand zones with faults, two secondaries and runs that are killed are in fleet_thousand.sh.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/fleet_faults.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsupdate python3
. "$TLSAGEN_SOURCE/tests/lab/fleet_lab.sh"
make_cert mail mail.f1.test ec
record="3 1 1 $(data_of 1 1 mail.pem)"
many=600
soa() { dig +short @127.0.0.1 "$1" SOA | cut -d' ' -f3; }
# transferred ZONE: its TLSA records
transferred() { dig +noall +answer +nosplit @127.0.0.1 "$1" AXFR | awk '$4 == "TLSA" {print $1, $5, $6, $7, tolower($8)}'; }

zone_text 1 | tee dyn.zone policy.zone >lost.zone
# The name that may not be changed is in the second half.
denied=_25._tcp.host-with-a-rather-long-name-$((many * 2 / 3)).policy.test
policy() { printf 'update-policy { %s grant lab zonesub TLSA; };\n' "$1" >policy; }
policy "deny lab name $denied TLSA;"
start_named "zone \"dyn.test\" { type primary; file \"dyn.zone\"; allow-update { 127.0.0.1; }; allow-transfer { any; }; };
zone \"policy.test\" { type primary; file \"policy.zone\"; include \"$PWD/policy\"; allow-transfer { any; }; };
zone \"lost.test\" { type primary; file \"lost.zone\"; allow-update { 127.0.0.1; }; allow-transfer { any; }; };"
chmod go= rndc.key

# --- more than an update can have ---

{
    printf 'state-dir = %s/state\nzone dyn.test {\nupdate = 127.0.0.1\n}\n' "$tmp"
    for i in $(seq $many); do service dyn$i host-with-a-rather-long-name-$i.dyn.test; done
} >dyn.conf
before=$(soa dyn.test)
conf=dyn.conf apply
is "$status$err" 0 "$many services by dynamic update"
like "$out" "$many records added" "all at once"
is "$(transferred dyn.test | wc -l)" $many "the server has them"
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
is "$status$err:$(transferred dyn.test | wc -l)" "0:$many" "killed in the middle, the next run completes"

# A later one is refused: what was sent is told, and remembered as ours.
{
    printf 'state-dir = %s/state\nzone policy.test {\nupdate = 127.0.0.1\ntsig = rndc.key\n}\n' "$tmp"
    for i in $(seq $many); do service policy$i host-with-a-rather-long-name-$i.policy.test; done
} >policy.conf
applied=state/fleet/policy.test.applied
conf=policy.conf apply
is "$status:$(wc -l <<<"$err"):$out" "1:1:0 of 1 zone changed, 1 failed" "a policy that refuses one of several updates"
like "$err" "tlsagen: policy\.test\.: [0-9]+ of $many owners are done, and stay so; the others: policy\.test\.: the server says REFUSED: .*update-policy" \
    "is told, with what was done before"
done_before=$(transferred policy.test | wc -l)
like "$err" ": $done_before of $many owners" "as many as the server has"
succeeds "whole updates, and no other ($done_before)" test "$done_before" -gt 0 -a "$done_before" -lt $((many * 2 / 3))
is "$(transferred policy.test | grep -c "^$denied")" 0 "without the one that is refused"
is "$(sed -n 3p $applied):$(grep -c "$record" $applied)" "pending:$many" "what was published is remembered, as are those that may have been"
run tlsagen plan --exit-code -C policy.conf
is "$status:$(grep -c '^+_25' <<<"$out")" "3:$((many - done_before))" "plan shows what is missing"
# The records that are there are replaced as our own, should others be wanted meanwhile.
sed 's/^source = .*/pinned = "3 1 1 '"$(printf %064d 7)"'"/' policy.conf >others.conf
conf=others.conf apply
is "$status:$(wc -l <<<"$err")" 1:1 "other records, under the same policy"
unlike "$err" "nobody declared" "those published are known as ours"
is "$(transferred policy.test | grep -c "$(printf %064d 7)")" "$done_before" "and replaced, as far as the policy lets"
policy ''
rndc -s 127.0.0.1 -k rndc.key reconfig
allowed() { conf=policy.conf apply; [ "$status$err" = 0 ]; }
succeeds "with another policy the next run completes" within 60 allowed
is "$(transferred policy.test | grep -c " $record\$")" $many "all have their records, and no other"
is "$(transferred policy.test | wc -l):$(sed -n 3p $applied | cut -c1-4):$(wc -l <$applied)" "$many:_25.:$((many + 3))" "and nothing is pending"
conf=policy.conf apply
is "$status$err:$out" "0:0 of 1 zone changed" "once more: nothing is sent"

# --- an update whose answer is lost ---

cat >deaf.py <<'PY'
import socket, struct, threading
# Passes questions on to the real server, and updates, too, whose answers it keeps to itself.
def forward_udp():
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); listener.bind(('127.0.0.1', 5354))
    while True:
        data, peer = listener.recvfrom(65535)
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); out.connect(('127.0.0.1', 53)); out.send(data)
        listener.sendto(out.recv(65535), peer)
threading.Thread(target=forward_udp, daemon=True).start()
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', 5354)); listener.listen()
while True:
    s, _ = listener.accept()
    stream = s.makefile('rb'); size = stream.read(2)
    if len(size) == 2:
        out = socket.create_connection(('127.0.0.1', 53)); out.sendall(size + stream.read(struct.unpack('!H', size)[0]))
        out.makefile('rb').read(2) # the server has done it
    stream.close(); s.close()
PY
python3 deaf.py & deaf=$!
at_exit "kill $deaf 2>/dev/null"
wait_for_port 5354
lost() { printf 'state-dir = %s/state\nzone lost.test {\nupdate = %s\n}\nservice lost {\nhost = mail.lost.test\nports = 25\npinned = "3 1 1 %064d"\n}\n' "$tmp" "$1" "$2" >lost.conf; }
lost '"127.0.0.1#5354"' 1
conf=lost.conf apply
like "$status:$err" "^[14]:tlsagen: lost\.test\.: 127\.0\.0\.1 closed the connection\$" "an update whose answer is lost"
is "$(transferred lost.test)" "_25._tcp.mail.lost.test. 3 1 1 $(printf %064d 1)" "though the server has done it"
lost 127.0.0.1 2
conf=lost.conf apply
is "$status$err:$(transferred lost.test)" "0:_25._tcp.mail.lost.test. 3 1 1 $(printf %064d 2)" "its record is known as ours, and replaced by the next one"

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
        zone_of $name '' "$folder"
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
