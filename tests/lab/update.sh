#!/bin/bash
# `tlsagen update`: records of dynamic zones, changed under TSIG keys of each algorithm, and every way
# in which a server refuses.
# shellcheck disable=SC2154 # of servers.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/update.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
needs ip dig named rndc tsig-keygen nsupdate

for bits in 256 384 512; do tsig-keygen -a hmac-sha$bits "Key$bits.lab" >key$bits; done
tsig-keygen -a hmac-sha256 stranger >stranger
sed 's/secret ".*"/secret "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="/' key256 >othersecret
chmod 640 key* stranger othersecret
for zone in dyn static; do zone_text 1 >$zone.zone; done
named_v6=::1\;
start_named "
include \"$PWD/key256\"; include \"$PWD/key384\"; include \"$PWD/key512\";
zone \"dyn.test\" { type primary; file \"dyn.zone\"; allow-update { key Key256.lab; key Key384.lab; key Key512.lab; 127.0.0.1; }; };
zone \"static.test\" { type primary; file \"static.zone\"; };"
a=$(printf 'a%.0s' {1..64}) b=$(printf 'b%.0s' {1..64})
owner=_25._tcp.mail.dyn.test

served() { dig +noall +answer @127.0.0.1 $owner TLSA | awk '{printf "%s %s %s %s ", $2, $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
update() { run tlsagen update --server 127.0.0.1 "$@"; }
# refused STATUS REGEX WHAT ARGUMENT...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    run tlsagen update "$@" <rr
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}
rr() { printf '_25._tcp.mail TLSA 3 1 1 %s\n' "$@" >rr; }

rr "$a"
update --tsig key256 dyn.test put rr
is "$status$err" 0 "put under hmac-sha256"
is "$out" "dyn.test: updated
+$owner.	3600	IN	TLSA	3 1 1 $a" "says what it did"
is "$(served)" "3600 3 1 1 $a" "the record is served"
update --tsig key256 dyn.test put rr; is "$status:$out" "0:dyn.test: unchanged" "once"
for at in ::1 '[::1]#53'; do
    run tlsagen update --server "$at" --tsig key256 dyn.test remove _25._tcp.mail TLSA
    is "$status$err:$(served)" 0: "$at: removed over IPv6"
    run tlsagen update -q --server "$at" --tsig key256 dyn.test put rr
    is "$status$err:$(served)" "0:3600 3 1 1 $a" "$at: and put"
done
rr "$b"
update --tsig key384 dyn.test. add - <rr; is "$status$err" 0 "add under hmac-sha384, from standard input"
is "$(served)" "3600 3 1 1 $a
3600 3 1 1 $b" "both are served"
update -n --tsig key512 dyn.test put rr
is "$status:$out" "0:dyn.test: would be updated
-$owner.	3600	IN	TLSA	3 1 1 $a" "a dry run"
is "$(served | wc -l)" 2 "sends nothing"
update --tsig key512 --ttl 5m dyn.test put rr
is "$status:$(served)" "0:300 3 1 1 $b" "put under hmac-sha512, with another TTL"
rr "$a" "$b"; update -q dyn.test put <rr
is "$status$out:$(served)" "0:300 3 1 1 $a
300 3 1 1 $b" "without a key, where that is allowed; the TTL stays"
update --json --tsig key256 dyn.test remove _25._tcp.mail TLSA 3 1 1 "$a"
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["changed"], d["removed"].split()[0], d["added"])' <<<"$out")" \
    "0:True $owner. " "one record removed, in JSON"
update -q --tsig key256 dyn.test remove _25._tcp.mail TLSA; is "$status:$(served)" 0: "an RRset removed"
update --tsig key256 dyn.test remove _25._tcp.mail TLSA; is "$out" "dyn.test: unchanged" "once"
printf 'x A 192.0.2.1\nx TXT "a b"\nx MX 5 ns\n' >types; update -q --tsig key256 dyn.test put types
is "$status:$(dig +short @127.0.0.1 x.dyn.test MX)$(dig +short @127.0.0.1 x.dyn.test TXT)" '0:5 ns.dyn.test."a b"' "other types"
update -q --tsig key256 dyn.test remove x; is "$status:$(dig +short @127.0.0.1 x.dyn.test MX)" 0: "a whole name removed"
python3 -c 'for i in range(300): print(f"m{i} TXT \"" + "x" * 150 + "\"")' >many; update -q --tsig key256 dyn.test put many
is "$status:$(dig +short @127.0.0.1 m299.dyn.test TXT | wc -c)" 0:153 "a message of 60 kB"

rr "$a"
refused 1 'dyn\.test: the server says BADKEY' "a key that it does not know" --server 127.0.0.1 --tsig stranger dyn.test put
refused 1 'dyn\.test: the server says BADSIG' "another secret" --server 127.0.0.1 --tsig othersecret dyn.test put
refused 1 'static\.test: the server says REFUSED' "a zone that takes none" --server 127.0.0.1 --tsig key256 static.test put
refused 3 '127\.0\.0\.1 does not hold the zone|cannot read|answers REFUSED' "a zone that it does not hold" --server 127.0.0.1 --tsig key256 other.test put
refused 4 '127\.0\.0\.1.*(refused|answer)' "nobody there" --server 127.0.0.1#5399 --timeout 2 dyn.test put
refused 2 'not a numeric address' "a name for a server" --server localhost dyn.test put
refused 2 'no server given' "no server" dyn.test put
refused 2 'none of put, add and remove' "another verb" --server 127.0.0.1 dyn.test set
chmod 644 key256; refused 1 'key256: everybody may read this secret' "a secret that everybody may read" --server 127.0.0.1 --tsig key256 dyn.test put
chmod 640 key256
tsig-keygen -a hmac-md5 old >md5; chmod 640 md5
refused 1 'md5:2: algorithm "hmac-md5" is not taken' "an old algorithm" --server 127.0.0.1 --tsig md5 dyn.test put
refused 1 'none: No such file' "no key file" --server 127.0.0.1 --tsig none dyn.test put
echo '_25._tcp.mail.example.net. TLSA 3 1 1 aa' >rr; refused 3 'lies outside the zone' "a record of another zone" --server 127.0.0.1 dyn.test put
printf '_25._tcp.alias TLSA 3 1 1 aa\n' >rr; printf '_25._tcp.alias CNAME x\n' | tlsagen update -q --server 127.0.0.1 dyn.test put
refused 1 'is an alias \(CNAME\) of x\.dyn\.test\.; update that owner' "an alias" --server 127.0.0.1 dyn.test put

# publish --update: from certificate to dynamic zone, which the server names.
host=mx.sub.dyn.test
for name in old new; do make_cert $name $host ec; done
old="3 1 1 $(data_of 1 1 old.pem)" new="3 1 1 $(data_of 1 1 new.pem)"
publish() { run tlsagen publish --update 127.0.0.1 --tsig key384 --state-dir state "$@"; }
at() { dig +noall +answer @127.0.0.1 "_$1._tcp.$host" TLSA | awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
publish -n -c old.pem $host 25
is "$status:$out" "0:dyn.test.: would be updated at 127.0.0.1
+_25._tcp.$host.	3600	IN	TLSA	$old" "publish --update: a dry run"
is "$(at 25)" "" "sends nothing"
is "$(ls state 2>&1)" "ls: cannot access 'state': No such file or directory" "and has no journal"
publish -c old.pem $host 25,465
is "$status$err:$out" "0:_25._tcp.$host. published by update at 127.0.0.1
_465._tcp.$host. published by update at 127.0.0.1" "publish --update"
is "$(at 25)$(at 465)" "$old$old" "both are served"
publish -c old.pem $host 25; is "$status:$out" "0:_25._tcp.$host. unchanged at 127.0.0.1" "once"
publish --json --add -c new.pem $host 25
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["owners"], d["zone"], d["changed"], d["former_ttl"])' <<<"$out")" \
    "0:['_25._tcp.$host.'] dyn.test. True 3600" "--add and --json"
is "$(at 25)" "$(printf '%s\n' "$old" "$new" | sort)" "the other record stays"
publish -q --ttl 2m -c new.pem $host 25; is "$status$out:$(at 25)" "0:$new" "-q and --ttl"

# --undo: the journal knows server, key and what stood there.
undo() { run tlsagen publish --undo --state-dir state "$@"; }
ttl_of() { dig +noall +answer @127.0.0.1 "_$1._tcp.$host" TLSA | awk '{print $2; exit}'; }
field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(*[d.get(f, "none") for f in sys.argv[2:]])' "state/publish/_$1._tcp.$host.json" "${@:2}"; }
not_undone() { # STATUS REGEX WHAT ARGUMENT...
    undo "${@:4}"
    is "$status:$(wc -l <<<"$err")" "$1:1" "$3: status, one line"
    like "$err" "$2" "$3: what is said"
}
is "$(field 25 phase server port key_file file zone)" "done 127.0.0.1 53 $PWD/key384 none dyn.test." "the journal names server and key"
undo $host 25
is "$status$err:$out" "0:_25._tcp.$host. undone by update at 127.0.0.1" "publish --undo of an update"
is "$(at 25)" "$(printf '%s\n' "$old" "$new" | sort)" "what stood there is there again"
is "$(ttl_of 25)" 3600 "with its TTL"
is "$(field 25 phase)" undone "and the journal says so"
not_undone 1 'the last publish was undone already' "twice" $host 25
publish -q -c old.pem $host 25
undo --json --tsig key256 $host 25
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["owners"], d["zone"], d["server"], d["changed"])' <<<"$out")" \
    "0:['_25._tcp.$host.'] dyn.test. 127.0.0.1 True" "with another key, in JSON"
is "$(at 25)" "$(printf '%s\n' "$old" "$new" | sort)" "and both are there again"
# One owner had none, the other one has some: both come back, in one update.
publish -q -c new.pem $host 465,993
is "$(at 465)$(at 993)" "$new$new" "two owners, one of them new"
undo -q $host 465,993
is "$status$out$err:$(at 465):$(at 993)" "0:$old:" "both undone: records, and none"
# Somebody else's change stays.
publish -q --add -c new.pem $host 465
printf 'server 127.0.0.1\nzone dyn.test\nupdate add _465._tcp.%s. 300 TLSA 3 1 1 cc\nsend\n' $host | nsupdate
others=$(at 465)
not_undone 3 "_465\\._tcp\\.mx\\.sub\\.dyn\\.test\\.: somebody changed the records after they were published; nothing was undone" \
    "changed meanwhile" $host 465
is "$(at 465)" "$others" "the other's records stay"
is "$(field 465 phase)" "done" "and the journal"
printf 'server 127.0.0.1\nzone dyn.test\nupdate delete _465._tcp.%s. TLSA 3 1 1 cc\nsend\n' $host | nsupdate
undo -q $host 465; is "$status$err:$(at 465)" "0:$old" "once that is gone, it is undone"
# A run that was killed, before and after the server did it: its intent can be undone, or finished.
as_intent() { sed -i 's/"phase": "[a-z]*"/"phase": "intent"/' "state/publish/_$1._tcp.$host.json"; }
publish -q -c new.pem $host 465; as_intent 465
publish -q -c new.pem $host 465; is "$(field 465 phase)" "done" "the next run finishes what one that was killed has begun"
as_intent 465; undo -q $host 465; is "$status$err:$(at 465)" "0:$old" "or it is undone"
as_intent 465; undo -q $host 465; is "$status$err:$(at 465):$(field 465 phase)" "0:$old:undone" "also when nothing had been sent"
# A refusal leaves what can be undone; places are not mixed.
publish -q -c new.pem $host 465
run tlsagen publish -q --update 127.0.0.1 --tsig stranger --state-dir state -c old.pem $host 465
is "$status:$(field 465 phase key_file)" "1:done $PWD/key384" "a refusal changes no journal"
run tlsagen publish -q --update 127.0.0.1 --tsig stranger --state-dir state -c old.pem $host 587
is "$status:$(field 587 phase)" "1:undone" "or leaves one that has nothing to undo"
run tlsagen publish -q --update 127.0.0.1 --tsig key256 --state-dir state -c old.pem $host 587
not_undone 3 'published in different places' "under different keys" $host 465,587
is "$(at 465)$(at 587)" "$new$old" "nothing was undone"
not_undone 1 'nothing was published for' "no journal" $host 26
not_undone 1 'BADKEY' "with a key that the server does not know" --tsig stranger $host 465
not_undone 1 'no zone is frozen' "--freeze" --freeze $host 465
not_undone 2 'leave out --file or --update' "--update besides" --update 127.0.0.1 $host 465
undo -q $host 465; is "$status$err:$(at 465)" "0:$old" "after all of these it is undone still"
run tlsagen publish -q --update 127.0.0.1 --tsig key384 --state-dir /dev/null/x -c new.pem $host 465
is "$status:$(at 465)" "1:$old" "without a journal nothing is sent"
refused_publish() { # STATUS REGEX WHAT ARGUMENT...
    local wanted=$1 regex=$2 what=$3
    shift 3
    run tlsagen publish -q --state-dir state -c new.pem "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}
refused_publish 3 '127\.0\.0\.1 holds no zone that _25\._tcp\.mail\.example\.org\. lies in' "a host of no zone" --update 127.0.0.1 mail.example.org 25
refused_publish 4 '127\.0\.0\.1' "nobody there" --update 127.0.0.1#5399 $host 25
refused_publish 1 'REFUSED' "a zone that takes none" --update 127.0.0.1 --tsig key256 mail.static.test 25
refused_publish 2 'changes no file' "a file besides" --update 127.0.0.1 -f static.zone $host 25
refused_publish 2 'leave out the options of files' "--backup" --update 127.0.0.1 --backup $host 25
refused_publish 2 'leave out the options of files' "--server" --update 127.0.0.1 --server nsd $host 25
refused_publish 2 '--tsig is for --update' "--tsig without it" --tsig key256 -f static.zone $host 25
refused_publish 2 'port' "port 70000" --update 127.0.0.1#70000 $host 25

# A clock that is an hour off: the server says by how much.
if command -v faketime >/dev/null; then
    rr "$b"
    run faketime -f +3600s "$TLSAGEN" update --server 127.0.0.1 --tsig key256 dyn.test put rr
    like "$status:$err" '^1:.*BADTIME: its clock is 3[56][0-9]{2} s behind' "BADTIME, with the difference"
else
    skip "BADTIME" "faketime is not installed"
fi

# Somebody else changes the RRset between reading and sending: a server that asks him to.
cat >between.py <<'END'
import socket, struct, subprocess, threading
# Passes packets on to the real server; before the update goes there, another update does.
def forward_udp():
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); listener.bind(('127.0.0.1', 5354))
    while True:
        data, peer = listener.recvfrom(65535)
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); out.connect(('127.0.0.1', 53)); out.send(data)
        listener.sendto(out.recv(65535), peer)
def read(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            return None
        data += more
    return data
threading.Thread(target=forward_udp, daemon=True).start()
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', 5354)); listener.listen()
while True:
    s, _ = listener.accept()
    size = read(s, 2)
    if size is None:
        continue
    data = read(s, struct.unpack('!H', size)[0])
    subprocess.run(['nsupdate'], input=b'server 127.0.0.1\nzone dyn.test\nupdate add _25._tcp.mail.dyn.test 300 TLSA 3 1 1 cc\nsend\n')
    out = socket.create_connection(('127.0.0.1', 53)); out.sendall(size + data)
    size = read(out, 2); s.sendall(size + read(out, struct.unpack('!H', size)[0]))
END
python3 between.py & between=$!
at_exit "kill $between 2>/dev/null"
wait_for_port 5354
rr "$b"
refused 4 'the server says (YXRRSET|NXRRSET): somebody (added|changed) the RRset meanwhile; try again' \
    "an RRset that changed meanwhile" --server 127.0.0.1#5354 --tsig key256 dyn.test put
is "$(served | grep -c "$b")" 0 "nothing was changed"
like "$(served)" 'cc$' "and the other's record is there"
[ $tap_failed = 0 ] || tail -n 10 named.log | sed 's/^/# /'
finish
