#!/bin/bash
# DNS answers that are cut, forged, lame, looping or late, between `tlsagen publish` and its server:
# none is believed that lies, and none that is true is lost.
# shellcheck disable=SC2154,SC2086,SC2016 # of servers.sh; options in one variable; other scripts
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish_answers.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc python3
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.a.test
for name in old new; do make_cert $name $host ec; done
old="3 1 1 $(data_of 1 1 old.pem)"
{ zone_text 1; echo 'mail A 127.0.0.1'; } >a.zone
start_named 'zone "a.test" { type primary; file "a.zone"; };'
publish() { run tlsagen publish -q --state-dir "$tmp/state" --control-key rndc.key --control-host 127.0.0.1 -f a.zone --origin a.test "$@"; }
served() { dig +noall +answer @127.0.0.1 _25._tcp.$host TLSA | awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort; }
in_file() { tlsagen zone list --origin a.test --type TLSA a.zone | cut -f5; }
# refused STATUS REGEX WHAT COMMAND...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}
publish -c old.pem $host 25

cat >liar.py <<'END'
import socket, sys, threading, time
kind = sys.argv[1]
# In front of the real server; what it answers to questions for TLSA is spoilt.
def real(data, stream):
    if stream:
        s = socket.create_connection(('127.0.0.1', 53)); s.sendall(len(data).to_bytes(2, 'big') + data)
        f = s.makefile('rb'); return f.read(int.from_bytes(f.read(2), 'big'))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.0.0.1', 53)); s.send(data)
    return s.recv(65535)
def end_of_question(data):
    at = 12
    while data[at]:
        at += data[at] + 1
    return at + 5
def with_cname(data, answer):
    end = end_of_question(data)
    # The owner is an alias of itself.
    return answer[:2] + bytes([0x84, 0]) + bytes([0, 1, 0, 1, 0, 0, 0, 0]) + data[12:end] + b'\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c'
def udp():
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); listener.bind(('127.0.0.1', 5354))
    while True:
        data, peer = listener.recvfrom(65535)
        answer = real(data, False)
        lie = data[end_of_question(data) - 3] == 52
        if lie and kind == 'cut':
            answer = bytes([answer[0], answer[1], answer[2] | 2, answer[3]]) + data[4:6] + bytes(6) + data[12:end_of_question(data)]
        if lie and kind == 'broken':
            answer = answer[:40]
        if lie and kind == 'id':
            # The forged one says that there is nothing, and comes first.
            listener.sendto(bytes([answer[0] ^ 1]) + data[1:2] + b'\x84\3' + data[4:6] + bytes(6) + data[12:end_of_question(data)], peer)
        if lie and kind == 'question':
            forged = bytearray(data[:2] + b'\x84\3' + data[4:6] + bytes(6) + data[12:end_of_question(data)]); forged[14] ^= 1
            listener.sendto(bytes(forged), peer)
        if lie and kind == 'only-forged':
            answer = bytes([answer[0] ^ 1]) + answer[1:]
        if lie and kind == 'lame':
            answer = answer[:2] + bytes([answer[2] & ~4]) + answer[3:]
        if lie and kind == 'loop':
            answer = with_cname(data, answer)
        if lie and kind == 'refuses':
            answer = answer[:3] + bytes([(answer[3] & 0xf0) | 5]) + answer[4:]
        if lie and kind == 'late':
            time.sleep(0.9)
        if lie and kind == 'mute':
            continue
        listener.sendto(answer, peer)
def tcp():
    listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', 5354)); listener.listen()
    while True:
        s, _ = listener.accept(); f = s.makefile('rb')
        data = f.read(int.from_bytes(f.read(2), 'big'))
        answer = real(data, True) if data else b''
        s.sendall(len(answer).to_bytes(2, 'big') + answer); s.close()
threading.Thread(target=udp, daemon=True).start()
tcp()
END
# lies KIND: answers for TLSA at 127.0.0.1#5354 are so
lies() {
    python3 liar.py "$1" & liar=$!
    wait_for_port 5354
}
for kind in cut id question late; do
    lies $kind
    cert=$([ "$(served)" = "$old" ] && echo new || echo old)
    publish --query 127.0.0.1#5354 -c $cert.pem $host 25
    is "$status$err:$(served)" "0:3 1 1 $(data_of 1 1 $cert.pem)" "answers: $kind"
    kill $liar; wait $liar 2>/dev/null
done
publish -c old.pem $host 25
for lie in 'broken:(nothing|no answer)' 'only-forged:answers nothing' 'lame:answers without authority for the zone' \
    'loop:(nothing|with other records)' 'refuses:answers nothing' 'mute:answers nothing'; do
    kind=${lie%%:*}
    lies $kind
    refused 4 "_25\._tcp\.mail\.a\.test\.: the zone is loaded, and the server at 127\.0\.0\.1 .*${lie#*:}.*the former records are in the file again, serial [0-9]+, and loaded" \
        "answers: $kind" publish --wait 2 --query 127.0.0.1#5354 -c new.pem $host 25
    is "$(in_file):$(served)" "$old:$old" "the former records are there again"
    kill $liar; wait $liar 2>/dev/null
done
[ $tap_failed = 0 ] || tail -n 20 named.log | sed 's/^/# /'
finish
