#!/bin/bash
# How verify prints, many targets at once, watching, and servers that are hostile or slow.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_output.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip python3
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_cert leaf www.good.test ec
make_cert soon www.good.test ec soon -9 2
hash() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1; }
hash=$(hash leaf.pem) soon=$(hash soon.pem)
{
    echo 'www A 127.0.0.1'
    echo "_4000._tcp.www TLSA 3 1 1 $hash"
    echo "_4001._tcp.www TLSA 3 1 1 $soon"
    echo "_4002._tcp.www TLSA 3 1 1 $(printf '%064x' 7)"
    echo "slow A 127.0.0.1"
    for i in {1..40}; do echo "_$((5000 + i))._tcp.slow TLSA 3 1 1 $hash"; done
    for i in {1..25}; do echo "_$((6000 + i))._tcp.www TLSA 3 1 1 $hash"; done
    printf '%s MX 10 od|d'"'"'=x\\"y\n' one two
} >records
zone good.test <records
zone short.test stale <<<"brief A 127.0.0.1
_4000._tcp.brief TLSA 3 1 1 $hash"
start_dns
serve 4000 -cert leaf.pem -key leaf.key
serve 4001 -cert soon.pem -key soon.key
serve 4002 -cert leaf.pem -key leaf.key
verify() { run timeout 60 "$TLSAGEN" verify --trust-anchor "$anchor" "$@"; }

# JSON.
json() { python3 -c 'import json,sys; d = json.load(sys.stdin); print(eval(sys.argv[1], {"d": d}))' "$1" <<<"$out"; }
verify --json www.good.test 4000,4002
is "$status" 3 "--json: the exit status"
is "$(json '[s["verdict"] for s in d["services"]]')" "['verified', 'mismatch']" "verdicts"
is "$(json 'd["services"][0]["endpoints"][0]["certificate"]["spki_sha256"]')" "$hash" "the key shown"
is "$(json 'd["services"][0]["records"]')" \
    "[{'usage': 3, 'selector': 1, 'matching_type': 1, 'data': '$hash', 'used': 'yes', 'endpoints': 1}]" "records"
is "$(json '[(e["key"], e["verdict"], e["tls_version"], e["record"], e["depth"]) for e in d["services"][0]["endpoints"]]')" \
    "[('ECDSA', 'verified', 'TLSv1.3', 1, 0), ('RSA', 'absent', None, None, None)]" "endpoints"
is "$(json '(d["services"][0]["host"], d["services"][0]["port"], d["services"][0]["dnssec"], d["services"][0]["ttl"], d["services"][0]["reason"])')" \
    "('www.good.test.', 4000, 'secure', 300, None)" "the service"
is "$(json 'sorted({w["rule"] for w in d["services"][1]["warnings"]})')" "['unmatched']" "warnings"
verify --json absent.good.test 25
is "$(json 'd["services"][0]["verdict"]')" no-host "a host that is not there"

# Nagios.
verify --format nagios www.good.test 4000
like "$status $out" "^0 TLSA OK - 1 of 1 verified \|.* 'www\.good\.test:4000 certificate'=36[45];14:;3: 'www\.good\.test:4000 signature'=29;1:;0: 'www\.good\.test:4000 handshake'=[0-9]+ms;;;0$" "nagios: OK"
verify --format nagios -w 400 www.good.test 4000
like "$status $out" '^1 TLSA WARNING - 1 of 1 verified; .* days left \|' "nagios: a warning"
verify --format nagios www.good.test 4001
like "$status $out" '^2 TLSA CRITICAL - 1 of 1 verified; .*certificate: 1 days left' "nagios: a certificate that ends"
verify --format nagios www.good.test 4000,4002
like "$status $out" '^2 TLSA CRITICAL - 1 of 2 verified; www\.good\.test:4002: ' "nagios: a mismatch"
verify --format nagios --resolver 127.0.0.1@5399 --timeout 2 www.good.test 4000
like "$status $out" '^3 TLSA UNKNOWN - 0 of 1 verified' "nagios: no answer"
run "$TLSAGEN" verify --format nagios --trust-anchor none www.good.test 4000
like "$status $out" '^3 TLSA UNKNOWN - cannot read trust anchors none' "nagios: cannot begin"
verify --format nagios --nonsense www.good.test 4000
like "$status $out" '^3 TLSA UNKNOWN - unknown option --nonsense' "nagios: wrong usage is unknown, not critical"
verify --nonsense --format nagios www.good.test 4000
like "$status $out" '^3 TLSA UNKNOWN - ' "wherever it stands"
verify --format nagios --chain absent www.good.test 4000
like "$status $out" '^3 TLSA UNKNOWN - .*absent' "nor is a file that is not there"
verify --format nagios -w 1 www.good.test 4001
like "$status $out" "^0 .*certificate'=1;1:;1:" "nagios: -w alone moves the critical threshold"
verify --format nagios -c 20 www.good.test 4001
like "$status $out" "^2 .*certificate'=1;20:;20:" "and -c alone the warning"
verify --format nagios brief.short.test 4000
like "$status $out" "^1 TLSA WARNING .*brief\.short\.test:4000: signature: 0 days left \|.* 'brief\.short\.test:4000 signature'=0;1:;0:" \
    "nagios: a signature that ends"
verify --format nagios --mx one.good.test two.good.test
like "$status $out" '^2 TLSA CRITICAL - 0 of 2 verified; od\?d.*: ' "nagios: a bar in a name does not begin the data"
is "$(grep -o '|' <<<"$out" | wc -l) $(grep -o "'od[^']*certificate'" <<<"$out" | wc -l)" "0 0" "nor is there data without a handshake"

# Prometheus.
verify --format prometheus www.good.test 4000,4002
like "$out" 'tlsagen_service_verified\{host="www\.good\.test",port="4000",verdict="verified"\} 1' "prometheus: verified"
like "$out" 'tlsagen_service_verified\{host="www\.good\.test",port="4002",verdict="mismatch"\} 0' "prometheus: mismatch"
like "$out" 'tlsagen_endpoint_verified\{host="www\.good\.test",port="4000",address="127\.0\.0\.1",key="ECDSA",verdict="verified"\} 1' "an endpoint"
is "$(grep -vcE '^(# (HELP|TYPE) tlsagen_[a-z_]+ .*|tlsagen_[a-z_]+\{([a-z]+="[^"]*",?)+\} [0-9.]+)$' <<<"$out")" 0 "its form"
is "$(grep -c '^# TYPE' <<<"$out")" "$(grep '^# TYPE' <<<"$out" | sort -u | wc -l)" "each metric once"
# What the textfile collector asks for, without a parser of its own: HELP and TYPE once and before
# the samples of their metric, which stand together; labels quoted and escaped; no series twice.
cat >prometheus.py <<'END'
import re, sys
text = sys.stdin.read()
label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
sample = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{(%s(?:,%s)*)\} -?[0-9]+(?:\.[0-9]+)?$' % (label, label))
assert text.endswith('\n')
seen, series, helped, current = set(), set(), set(), None
for line in text.splitlines():
    if line.startswith('# HELP '):
        name = line.split()[2]
        assert name not in helped, line
        helped.add(name)
        current = name
    elif line.startswith('# TYPE '):
        assert line == '# TYPE %s gauge' % current and current not in seen, line
        seen.add(current)
    else:
        m = sample.match(line)
        assert m and m.group(1) == current and current in seen, line
        assert (m.group(1), m.group(2)) not in series, line
        series.add((m.group(1), m.group(2)))
print(len(series))
END
well_formed() { python3 prometheus.py <<<"$1"; }
is "$(well_formed "$out")" 12 "as the textfile collector wants it"
fails "which tells a series that is there twice" well_formed "$out
$(tail -n 1 <<<"$out")"
fails "and a quote that is not escaped" well_formed "${out/www/w\"w}"
verify --format prometheus --mx one.good.test two.good.test one.good.test
is "$(well_formed "$out")" 2 "a server of two mail domains, with a strange name, stands there once"
verify --format prometheus www.good.test 4000,4000
is "$(well_formed "$out")" 6 "and a port that is given twice"

# Words that are no target, and records that judge nothing: no negative answer.
verify --mx good.test 25
like "$status $err" '^2 tlsagen: "25" is no mail domain; --mx takes domains' "--mx with a port"
verify _25._tcp.www.good.test 25
like "$status $err" '^2 tlsagen: host "_25\._tcp\.www.* has port and protocol before it' "an owner for a host"
verify --chain leaf.pem --records "$TLSAGEN_DATA/readme/zone/db.example.org" mail.example.org 25
like "$status $out" '^1 mail\.example\.org:25: failed: ' "--records with a zone file"

# Many targets: a file, in order, side by side; a wrong line is told with its number.
{ echo '# targets'; echo 'www.good.test 4000'; echo; echo 'www.good.test 4002  # bad'; } >targets
verify --input targets
is "$status $(grep -c '^www' <<<"$out") $(head -1 <<<"$out")" "3 2 www.good.test:4000: verified" "--input"
verify --input - <targets
is "$status $(grep -c '^www' <<<"$out")" "3 2" "--input -"
verify --records - --chain - www.good.test 4000 </dev/null
like "$status $err" '^2 .*standard input \(-\) can be read once only' "two inputs of standard input"
verify --chain - www.good.test 4000 </dev/null
like "$status $err" '^1 .*standard input holds no certificate' "standard input by its name"
printf 'www.good.test 4000\nwww.good.test\n' >wrong
verify --input wrong
like "$status $err" '^1 .*wrong:2: a line is HOST PORT' "a wrong line"
like "$out" '^www\.good\.test:4000: verified' "the others are looked at"
run sh -c 'printf "www.good.test 4000\n\377\376\n\ngood..test 25\nwww.good.test 0\nwww.good.test 25 26\n192.0.2.1 25\r\n%02000d 25\nwww.good.test 4002" 0 |
    "$0" verify -q --trust-anchor "$1" --input -' "$TLSAGEN" "$anchor"
is "$status $(grep -c '^www' <<<"$out") $(grep -o 'standard input:[0-9]*' <<<"$err" | tr -dc '0-9\n' | tr '\n' ' ')" \
    "3 2 2 4 5 6 7 8 " "wrong lines of standard input"
verify --format nagios --input wrong
like "$status $out" '^3 TLSA UNKNOWN - 1 of 1 verified; wrong: 1 line is no target ' "and for nagios"
printf '# nobody\n' >empty
for input in empty /dev/null; do
    verify --input $input
    like "$status $out$err" "^1 .*$input: no line names a target" "$input: nothing is not verified"
done
verify --format nagios --input empty
like "$status $out" '^3 TLSA UNKNOWN - empty: no line names a target' "nor for nagios"
printf 'a\0b 25\n' >binary
verify --input binary
like "$status $err" '^1 .*binary is no text' "a binary file"
echo 'good.test 25' >wrong
verify --mx --input wrong
like "$status $err" '^1 .*wrong:1: a line is one mail domain' "and with --mx"

# Servers that wait a second before they say anything, and one that stalls for ever.
cat >slow.py <<'END'
import socket, ssl, sys, threading, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('leaf.pem', 'leaf.key')
def serve(conn, delay):
    try:
        time.sleep(delay)
        context.wrap_socket(conn, server_side=True).close()
    except OSError:
        pass
def listen(port, delay):
    with socket.create_server(('127.0.0.1', port)) as listener:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=serve, args=(conn, delay), daemon=True).start()
for i in range(1, 41):
    threading.Thread(target=listen, args=(5000 + i, 0.5 if i < 40 else 60), daemon=True).start()
time.sleep(600)
END
python3 slow.py &
wait_for_port 5040
for i in {1..39}; do echo "slow.good.test $((5000 + i))"; done >targets
begin=$(date +%s%3N)
verify -q --input targets --jobs 39
took=$(($(date +%s%3N) - begin))
is "$status $(grep -c ': verified' <<<"$out")" "0 39" "39 slow servers"
if [ $took -lt 8000 ]; then ok "side by side, in $took ms"; else not_ok "side by side" "$took ms"; fi
is "$(grep -o ':50[0-9]*' <<<"$out" | sort -c 2>&1)" "" "in the order of the targets"
echo 'slow.good.test 5040' | cat - targets >all
begin=$(date +%s%3N)
verify -q --input all --timeout 3
took=$(($(date +%s%3N) - begin))
is "$status $(grep -c ': verified' <<<"$out") $(head -1 <<<"$out")" "4 39 slow.good.test:5040: no answer" "one that stalls holds up nobody"
if [ $took -lt 9000 ]; then ok "in time, $took ms"; else not_ok "in time" "$took ms"; fi

# Watching: a change is shown, and nothing else.
"$TLSAGEN" verify -q --trust-anchor "$anchor" --watch 1 www.good.test 4002 >watched 2>watch.err &
watcher=$!
for _ in {1..50}; do [ -s watched ] && break; sleep 0.1; done
sleep 2.5
is "$(grep -c 'www.good.test:4002' watched)" 1 "--watch: nothing new, nothing printed"
kill -INT $watcher
wait $watcher
is $? 3 "--watch: interrupted, with the status of the last round"
like "$(head -1 watched)" '^20[0-9-]*T[0-9:]*Z www\.good\.test:4002: mismatch$' "with the time"

# Hostile servers, as SMTP.
port=6000
hostile() { # BEHAVIOUR STATUS VERDICT WHAT
    port=$((port + 1))
    python3 "$TLSAGEN_SOURCE/tests/lab/hostile.py" $port "$1" 2>/dev/null &
    wait_for_port $port
    verify -q --starttls smtp --timeout 2 www.good.test $port
    kill $! && wait $! 2>/dev/null
    is "$status $(sed -n '1s/.*: //p' <<<"$out")" "$2 $3" "$4"
}
smtp='220 hi,250 STARTTLS'
hostile :stall 4 "no answer" "stalls before the banner"
hostile "$smtp:stall" 4 "no answer" "stalls after EHLO"
hostile "$smtp,220 go:stall" 4 "no answer" "stalls in the handshake"
hostile :slow 4 "no answer" "a byte a second"
hostile :flood 3 "no TLS" "a megabyte without a line end"
hostile :lines 3 "no TLS" "a megabyte of lines"
hostile :binary 3 "no TLS" "a binary banner"
hostile :close 3 "no TLS" "closes at once"
hostile "$smtp,220 go:inject" 3 "no TLS" "plain text injected behind the go-ahead"
like "$out" 'injected' "which is told"
hostile "$smtp,220 go:alert" 3 "no TLS" "a TLS alert"
hostile "$smtp,220 go:reset" 3 "no TLS" "resets in the handshake"
hostile "$smtp,220 go:late" 3 "no TLS" "or a moment later"
hostile '220 hi,250 SIZE:stall' 3 "no STARTTLS" "no STARTTLS"
hostile "$smtp,454 later:stall" 4 "no answer" "STARTTLS refused for now"
hostile $'554 \e[2J\e]0;x\a:stall' 3 "no TLS" "escape sequences"
unlike "$out" $'\e' "which do not reach the terminal"

# Name servers that lie: cut answers, other questions, other ids, nonsense, and none.
cat >liar.py <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 5353))
n = 0
while True:
    q, peer = s.recvfrom(4096)
    n += 1
    for reply in (b'', q[:5], q, b'\0\0' + b'\x81\x80' + q[4:], q[:2] + b'\x81\x80' + q[4:12] + b'\xc0\x0c\0\1\0\1',
                  q[:2] + b'\x83\x80' + q[4:], q[:2] + b'\x81\x80\0\1\xff\xff\0\0\0\0' + q[12:], q[:2] + b'\x81\x80' + b'\xff' * 400):
        s.sendto(reply, peer)
END
python3 liar.py &
sleep 0.5
verify --resolver 127.0.0.1@5353 --timeout 2 www.good.test 4000
unlike "$status" '^0$' "a lying resolver verifies nothing"
run timeout 60 "$TLSAGEN" verify --trust-ad --resolver 127.0.0.1@5353 --timeout 2 www.good.test 4000
like "$status" '^[34]$' "nor one that is believed"
run timeout 30 "$DNS_TOOL" ask -p 5353 -t 1000 127.0.0.1 www.good.test 1
like "$out" '^no answer' "nor a plain question"

# Wrong usage.
usage() { verify "$@"; is "$status" 2 "usage: $*"; }
usage; usage www.good.test; usage www.good.test 0; usage www.good.test 25 26; usage 192.0.2.1 25
usage --mx; usage --format xml www.good.test 25; usage --jobs 0 www.good.test 25; usage --json --format text www.good.test 25
usage --watch 5 --json www.good.test 25; usage -c 9 -w 3 www.good.test 25; usage --mx --starttls imap good.test
usage --timeout 0 www.good.test 25; usage --input targets www.good.test; usage --starttls gopher www.good.test 25
usage --authoritative --records x www.good.test 25; usage --nonsense
run sh -c '"$0" verify --trust-anchor "$1" www.good.test 4000 >/dev/full' "$TLSAGEN" "$anchor"
is "$status" 1 "a full disk is told"
finish
