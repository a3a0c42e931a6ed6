#!/bin/bash
# verify --watch: changes alone are printed, whatever order answers have; signals end it at once, with
# the status of the last round that came to its end. And the line of progress on a terminal.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_watch.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip python3 script
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_cert leaf www.good.test ec
make_cert next www.good.test ec
make_cert old www.good.test ec
hash() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1; }
for i in 2 3 4; do ip addr add 127.0.0.$i/8 dev lo; done
{
    for i in 1 2 3 4; do echo "www A 127.0.0.$i"; done
    printf '_%s._tcp.www TLSA 3 1 1 %s\n' 4000 "$(hash leaf.pem)" 4000 "$(hash next.pem)" \
        4001 "$(hash leaf.pem)" 4002 "$(hash leaf.pem)"
    printf '_4002._tcp.one TLSA 3 1 1 %s\none A 127.0.0.1\n' "$(hash leaf.pem)"
} >records
named_options='rrset-order { order cyclic; };'
zone good.test <records
start_dns
serve_with() { # CERTIFICATE: at port 4000, instead of what is there
    [ -z "${server:-}" ] || { kill "$server"; wait "$server" 2>/dev/null; }
    openssl s_server -quiet -accept 0.0.0.0:4000 -cert "$1.pem" -key "$1.key" </dev/null >/dev/null 2>&1 &
    server=$!
    wait_for_port 4000
}
serve_with leaf
# Never says anything once stall is there.
cat >stall.py <<'END'
import os, socket, ssl, threading, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('leaf.pem', 'leaf.key')
def serve(conn):
    try:
        if os.path.exists('stall'):
            open('stalled', 'w').close()
            time.sleep(100)
        context.wrap_socket(conn, server_side=True).close()
    except OSError:
        pass
with socket.create_server(('127.0.0.1', 4002)) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
python3 stall.py &
wait_for_port 4002

verify=("$TLSAGEN" verify -q --trust-anchor "$anchor")
until_is() { # COUNT WORDS: until watched has so many lines with them, 15 seconds at most
    local i
    for i in {1..150}; do [ "$(grep -cF "$2" watched)" -ge "$1" ] && return; sleep 0.1; done
}
# ends SIGNAL STATUS WHAT: the watcher, within three seconds
ends() {
    local begin
    begin=$(date +%s%3N)
    kill "-$1" $watcher
    wait $watcher
    is $? "$2" "$3"
    if [ $(($(date +%s%3N) - begin)) -lt 3000 ]; then ok "$3, at once"; else not_ok "$3, at once"; fi
}

"${verify[@]}" --watch 1 www.good.test 4000 >watched 2>watch.err &
watcher=$!
until_is 1 ': verified'
# A server turns its addresses round from answer to answer, which is no change.
dig +short @192.0.2.53 www.good.test A >first
for _ in {1..20}; do dig +short @192.0.2.53 www.good.test A | cmp -s - first || break; done
sleep 3.5
is "$(grep -c 'www.good.test:4000' watched)" 1 "addresses in another order are no change"
is "$(sed -n 's/^  \(127[.0-9]*\) .*/\1/p' watched | tr '\n' ' ')" "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 " "which have an order of their own"
serve_with next
until_is 2 ': verified'
is "$(grep -c ': verified' watched)" 2 "another key that is verified, too, is a change"
serve_with old
until_is 1 ': mismatch'
like "$(grep -F ': mismatch' watched)" '^20[0-9-]*T[0-9:]*Z www\.good\.test:4000: mismatch$' "so is one that is not"
kill "$server"; wait "$server" 2>/dev/null; server=
until_is 1 ': connection failed'
serve_with leaf
until_is 3 ': verified'
is "$(grep -c ': verified' watched)" 3 "and what is well again"
sleep 1.5
ends TERM 0 "SIGTERM between two rounds"
is "$(cat watch.err)" "" "without a message"

"${verify[@]}" --watch 1 one.good.test 4002 >watched 2>watch.err &
watcher=$!
until_is 1 ': verified'
sleep 1.5
touch stall
for _ in {1..50}; do [ -e stalled ] && break; sleep 0.1; done
ends INT 0 "SIGINT while a server stalls: the status of the last whole round"
rm -f stalled
"${verify[@]}" --watch 1 one.good.test 4002 >watched 2>watch.err &
watcher=$!
for _ in {1..50}; do [ -e stalled ] && break; sleep 0.1; done
ends TERM 4 "SIGTERM before any round is whole"
is "$(cat watched)" "" "when nothing was seen"
run sh -c '"$@" --watch 1 www.good.test 4000 >/dev/full' sh "${verify[@]}"
is "$status" 1 "a full disk ends it"

# A terminal shows how far it has come, and keeps nothing of it.
rm -f stalled
printf 'www.good.test 4000\none.good.test 4002\n' >targets
terminal() { TERM=xterm script -qec "$(printf '%q ' "$@")" typescript >/dev/null 2>&1 </dev/null; }
terminal "${verify[@]}" --timeout 2 --input targets
like "$(cat typescript)" $'\r\e\[K1 targets, [0-9]+/s, 50 %, 0:0[0-9] left' "progress on a terminal"
like "$(cat typescript)" $'left\r\e\[Kone\.good\.test:4002: ' "which is taken away before the result"
TERM=dumb script -qec "$(printf '%q ' "${verify[@]}" --timeout 2 --input targets)" typescript >/dev/null 2>&1 </dev/null
unlike "$(cat typescript)" 'left' "but not on a dumb one"
run "${verify[@]}" --timeout 2 --input targets
unlike "$err" 'left' "nor elsewhere"
finish
