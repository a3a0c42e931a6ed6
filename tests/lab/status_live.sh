#!/bin/bash
# `tlsagen status --live`: services judged over the network, remembered, and exported.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/status_live.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip python3 ss
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_cert leaf www.good.test ec
hash=$(openssl x509 -in leaf.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
{
    echo 'www A 127.0.0.1'
    for port in 4000 4001 4003 4004 4006; do echo "_$port._tcp.www TLSA 3 1 1 $hash"; done
    echo "_4002._tcp.www TLSA 3 1 1 $(printf '%064x' 7)"
    for i in {1..40}; do echo "_$((5000 + i))._tcp.www TLSA 3 1 1 $hash"; done
} >records
zone good.test <records
start_dns
for port in 4000 4001 4002 4004 4006; do serve $port -cert leaf.pem -key leaf.key; done
# service NAME PORTS [LINE]
service() {
    printf 'service %s {\n    host = www.good.test\n    ports = { %s }\n    source = "%s/leaf.pem"\n    ttl = 5m\n    %s\n}\n' \
        "$1" "$2" "$tmp" "${3:-}"
}
cat >tlsagen.conf <<END
state-dir = "$tmp/state"
trust-anchor = "$anchor"
zone good.test { file = "$tmp/records" }
$(service fine '4000, 4001')
$(service wrong '4004, 4002')
$(service closed 4003)
$(service hidden 4005 'verify = no')
END
status() { run timeout 120 "$TLSAGEN" status -C tlsagen.conf "$@"; }
json() { python3 -c 'import json, sys
s = {x["service"]: x for x in json.load(sys.stdin)["services"]}
print(eval(sys.argv[1]))' "$1" <<<"$out"; }

status
is "$status" 0 "before any check"
like "$out" 'fine .* new .* - ' "nothing was checked"
status --live --json
is "$status:$err" "3:" "--live: a definite negative decides"
is "$(json '[(n, s[n]["check"] and s[n]["check"]["verdict"]) for n in sorted(s)]')" \
    "[('closed', 'no-connection'), ('fine', 'verified'), ('hidden', None), ('wrong', 'mismatch')]" "verdicts"
like "$(json 's["wrong"]["check"]["reason"]')" '^port 4002: ' "why, and at which port"
is "$(json 's["fine"]["check"]["certificate_not_after"]')" \
    "$(date -u -d "$(openssl x509 -in leaf.pem -noout -enddate | cut -d= -f2)" +%Y-%m-%dT%H:%M:%SZ)" "when the certificate shown ends"
is "$(stat -c %a state/checks)" 644 "it is remembered"
status
is "$status" 0 "without --live afterwards"
like "$out" '! wrong .* mismatch [0-9]+s .*port 4002: ' "a failing service"
like "$out" 'fine .* verified [0-9]+s ' "a verified one"
status --only failing
is "$(awk 'NR > 1 {print $2}' <<<"$out" | sort | xargs)" "closed wrong" "--only failing"
status --live fine
is "$status" 0 "one that is verified"
status --live closed --timeout 5
is "$status" 4 "one that cannot be reached: try again"
status
like "$out" '! wrong .* mismatch' "others' checks stay"
run "$TLSAGEN" export -C tlsagen.conf --format prometheus
like "$out" 'tlsagen_fleet_verified\{service="wrong",zone="good\.test\.",host="www\.good\.test\.",verdict="mismatch"\} 0' "exported"

# within_a_minute COMMAND...: until it succeeds
within_a_minute() { local i; for ((i = 0; i < 600; i++)); do "$@" && return; sleep 0.1; done; return 1; }

# Mended, and looked at again.
sed -i "s/4002/4006/" tlsagen.conf
status --live wrong
is "$status" 0 "once it is mended"
status --only failing
is "$(awk 'NR > 1 {print $2}' <<<"$out" | xargs)" closed "it fails no more"

# Many ports, side by side: servers that never answer hold up nobody for longer than their own time.
python3 -c 'import socket, time
kept = [socket.create_server(("127.0.0.1", 5000 + i)) for i in range(1, 41)]
time.sleep(300)' &
silent=$!
wait_for_port 5040
service many "$(seq -s, 5001 5040)" >>tlsagen.conf
begin=$(date +%s)
status --live many --timeout 3 --jobs 40
is "$status" 4 "forty servers that are silent"
took=$(($(date +%s) - begin))
succeeds "do not wait for each other (took $took s, one by one 120)" test $took -lt 100

# Stopped in the middle, by one thread: what is known by then is shown and remembered.
{ sed '/^service/,$d' tlsagen.conf; service early 4000; service between '4001, 5001'; service late 5002; } >stopped.conf
sed -i 's#^state-dir.*#state-dir = "'"$tmp"'/stopped"#' stopped.conf
"$TLSAGEN" status -C stopped.conf --live --timeout 8 --jobs 1 >stopped.out 2>stopped.err &
pid=$!
# The second port of `between` is connected to, and silent.
connected() { ss -Htn state established dport = :5001 | grep -q .; }
within_a_minute connected
kill -INT $pid
wait $pid
is "$?" 4 "--live that is stopped: try again"
like "$(cat stopped.err)" 'stopped after 3 of 4 ports' "it says where"
like "$(cat stopped.out)" 'early .* verified ' "what was found before is shown"
like "$(cat stopped.out)" 'between .* no-answer ' "so is what was under way"
unlike "$(cat stopped.out)" 'late .* (verified|no-)' "the rest was not begun"
run "$TLSAGEN" status -C stopped.conf
like "$out" 'early .* verified ' "and it is remembered"
kill $silent

# A state folder that cannot be written: shown, with a warning.
rm -rf state && : >state
status --live fine
like "$status $err" '^[14] tlsagen: .*state' "a state folder that is a file"
rm state && mkdir state && mkdir state/checks.lock
status --live fine
like "$status $err" '^0 tlsagen: warning: these checks are not remembered: .*checks\.lock' "a lock that cannot be made"
like "$out" 'fine .* verified' "the check is shown all the same"
finish
