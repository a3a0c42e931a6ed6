#!/bin/bash
# tlsagen status, without a network: what files tell of services in every stage.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/states.sh"

fleet_scene
status() { tlsagen status "$@" -C tlsagen.conf; }
# names JSON-PATH...: of the services
json() { python3 -c 'import json, sys
d = json.load(sys.stdin)
s = {x["service"]: x for x in d["services"]}
print(eval(sys.argv[1]))' "$1"; }
order() { awk 'NR > 1 { print (substr($0, 1, 1) == " " ? "-" : substr($0, 1, 1)) $0 }' | sed 's/^\(.\)../\1/' | awk '{print $1}' | xargs; }

# --- words ---

run tlsagen status --help
is "$status:$err" "0:" "--help"
for words in '--only late' '--sort size' '--jobs 0' '--jobs 257' '--timeout 0' '--timeout x' --format -o --zone; do
    # shellcheck disable=SC2086 # words
    run tlsagen status $words
    is "$status:$out" "2:" "$words"
    like "$err" '^tlsagen: .*tlsagen status --help' "$words: told"
done
run status nobody
like "$status $err" '^2 tlsagen: no service "nobody" in tlsagen.conf; those there: ' "a service that is not there"
run status --zone example.com
like "$status $err" '^2 tlsagen: no zone "example.com" in tlsagen.conf' "a zone that is not there"
run tlsagen status -C none.conf
like "$status $err" '^1 tlsagen: .*none\.conf' "no configuration"
mkdir empty && echo "state-dir = \"$tmp/empty\"" >empty/conf
run tlsagen status -C empty/conf
is "$status:$err" "0:" "a configuration without services"
is "$(wc -l <<<"$out")" 1 "shows the head alone"

# --- the table ---

run status
is "$status:$err" "0:" "status"
is "$(head -1 <<<"$out" | xargs)" "SERVICE HOST:PORTS RECORD KEY STAGE EXPIRES CHECKED NEXT LEFT WHAT" "the head"
is "$(order <<<"$out")" "!old !imap !broken *waiting *verified *seen >new -www" "the most urgent first, and the marks"
like "$out" $'\n! old +old\\.example\\.org:25,587 +3 1 1 0a0a0a0a +EC P-256 +idle +expired +- +- +- +the certificate has expired\n' \
    "a certificate that has expired"
like "$out" $'\n! imap .* 79 d +mismatch 1h[0-9]+m +- +- +mismatch: port 25: shown <b> & \'x\'\n' "what the last check found"
like "$out" $'\n! broken .* idle .*1 deployment was taken back' "a deployment that was taken back"
like "$out" "
\\* seen +seen\\.example\\.org:25,587 +3 1 1 0a0a0a0a \\+1 +EC P-256 \\+next +seen +[0-9]+ d +- +$(at $((now - 600 + 7205))) +1h(49|50)m" \
    "records, keys, stage, and when it is safe"
like "$out" $'\n> new +new\\.example\\.net:443 .* new .* not looked at yet' "a service that no run has looked at"
like "$out" $'\n  www .* RSA 2048 .* verified 1h[0-9]+m ' "nothing is the matter, and the key is an RSA key"
is "$(find state -newer tlsagen.conf -type f -name checks.lock)" "" "nothing is written"

# --- filters and orders ---

is "$(status --only rolling | order)" "*waiting *verified *seen" "--only rolling"
is "$(status --only failing | order)" "!old !imap !broken" "--only failing"
is "$(status --only due | order)" "*waiting >new" "--only due"
is "$(status --only due --only failing | order)" "!old !imap !broken *waiting >new" "two of them"
is "$(status --zone example.net | order)" ">new" "--zone"
is "$(status --zone EXAMPLE.NET. www imap www | order)" "!imap >new -www" "a zone and services, each once"
is "$(status --sort name | order)" "!broken !imap >new !old *seen *verified *waiting -www" "by name"
is "$(status --sort expiry | order | cut -d' ' -f1,2)" "!old *verified" "by expiry"
is "$(status --sort next | order | cut -d' ' -f1-3)" "*waiting *verified *seen" "by the next step"
is "$(status --sort check | order | awk '{print $(NF - 1), $NF}')" "!imap -www" "the longest unchecked first"

# --- JSON ---

run status --json
is "$status:$err" "0:" "--json"
is "$(json 'len(s), s["seen"]["stage"], s["seen"]["rolling"], s["seen"]["failing"], s["seen"]["due_now"]' <<<"$out")" \
    "(8, 'seen', True, False, False)" "stage and marks"
is "$(json 's["imap"]["check"]["verdict"], s["imap"]["check"]["verified"], s["imap"]["check"]["reason"], s["imap"]["problem"]' <<<"$out")" \
    "('mismatch', False, \"port 25: shown <b> & 'x'\", \"mismatch: port 25: shown <b> & 'x'\")" "the check"
is "$(json 's["www"]["certificate"]["keys"], s["www"]["certificate"]["days_left"] in (199, 200), s["www"]["certificate"]["from"], s["www"]["zone"]' <<<"$out")" \
    "('RSA 2048', True, 'source', 'example.org.')" "the certificate"
is "$(json 's["new"]["check"], s["new"]["stage"], s["new"]["due_now"]' <<<"$out")" "(None, 'new', True)" "nothing known"

# --- certificates ---

ln -s .www/2026-11-25T10-00-00Z-0a0a0a0a0a0a0a0a live/www
mkdir -p live/.www/2026-11-25T10-00-00Z-0a0a0a0a0a0a0a0a
cp imap.pem live/www/cert.pem && cp verified.pem live/www/cert-rsa.pem
is "$(status --json www | json 's["www"]["certificate"]["keys"], s["www"]["certificate"]["days_left"] in (8, 9), s["www"]["certificate"]["from"]')" \
    "('EC P-256, EC P-256', True, 'live')" "of the certificates in live the first that ends"
chmod 000 source/*/privkey.pem
is "$(status --json imap | json 's["imap"]["certificate"]["keys"]')" "EC P-256" "no key is read"
rm live/www
mkdir acme.sh && cp imap.pem acme.sh/imap.example.org.cer && cp root.pem acme.sh/ca.cer && cp seen.pem acme.sh/other.cer &&
    cp imap.key acme.sh/imap.example.org.key
sed "s,$tmp/source/imap,$tmp/acme.sh," tlsagen.conf >acme.conf
is "$(tlsagen status --json imap -C acme.conf | json 's["imap"]["certificate"]["days_left"] in (79, 80)')" True \
    "in a folder with others the host's certificate counts"
sed "s,$tmp/source/imap,$tmp/none," tlsagen.conf >none.conf
is "$(tlsagen status --json imap -C none.conf | json 's["imap"]["certificate"]')" None "no certificate yet"

# --- the terminal ---

if command -v script >/dev/null; then
    on_terminal() { LC_ALL=${3:-C.UTF-8} TERM=xterm script -qec "stty cols $1; ${2:-} '$TLSAGEN' status -C tlsagen.conf" /dev/null </dev/null | tr -d '\r'; }
    widest() { python3 -c 'import sys
print(max(len(line) for line in sys.stdin.buffer.read().decode().splitlines()))'; }
    like "$(on_terminal 200)" $'\e\\[31m' "red"
    unlike "$(on_terminal 200 NO_COLOR=1)" $'\e' "NO_COLOR"
    unlike "$(on_terminal 200 TERM=dumb)" $'\e' "a terminal that cannot"
    is "$(on_terminal 200 NO_COLOR=1 | order)" "$(status | order)" "the same lines without colour"
    for width in 40 60 80 100 140; do
        at_most=$(on_terminal $width NO_COLOR=1 | widest)
        succeeds "$width columns: $at_most are used" test "$at_most" -le $width
        at_most=$(on_terminal $width NO_COLOR=1 C | widest)
        succeeds "$width columns in ASCII: $at_most are used" test "$at_most" -le $width
        like "$(on_terminal $width NO_COLOR=1)" 'SERVICE.* STAGE.* LEFT' "$width columns: what has to be there"
    done
    steady() { sed -E 's/[0-9T:-]{19}Z +[^ ]+ +//; s/(mismatch|verified) [0-9hms]+ +/\1/'; }
    is "$(on_terminal 400 NO_COLOR=1 | steady)" "$(status | steady)" "a wide one has it all"
else
    skip "the table on a terminal" "script is not installed"
fi

# --- services whose first run comes to nothing ---

mkdir -p first/none first/half
cp www.pem first/half/fullchain.pem && install -m 600 imap.key first/half/privkey.pem
{
    echo "state-dir = \"$tmp/first-state\""
    echo "zone example.org { file = \"$tmp/db.example.org\" }"
    for name in none:www:25 half:www:27 other:web:25 good:www:28; do
        port=${name##*:} name=${name%:*}
        folder=$tmp/first/${name%:*}
        case $name in other:* | good:*) folder=$tmp/source/www ;; esac
        printf 'service %s {\n host = %s.example.org\n ports = %s\n source = "%s"\n live = "%s"\n}\n' \
            "${name%:*}" "${name#*:}" "$port" "$folder" "$tmp/first-live/${name%:*}"
    done
} >first.conf
run tlsagen status -C first.conf
is "$status:$err" "0:" "services without a state"
like "$out" $'\n! none .* new .*first/none: no server\'s certificate yet\n' "a source that is empty"
like "$out" $'\n! other .* new .*the certificate does not cover web\.example\.org' "a certificate for another name"
like "$out" $'\n  half .* new .*somebody may still be writing' "what is being written is told, and no failure"
like "$out" $'\n  good .* new .*not looked at yet' "nothing is the matter"
is "$(tlsagen status --only failing --sort name -C first.conf | order)" "!none !other" "--only failing finds them"
is "$(tlsagen status --json -C first.conf | json 's["none"]["failing"], s["good"]["failing"]')" "(True, False)" "in JSON"
fails "nothing is written" test -e first-state/rollover/none.state

# --- what cannot be used ---

cp state/checks checks
for text in 'tlsagen-checks 1' $'tlsagen-checks 1\nimap x mismatch 0\nend' $'tlsagen-checks 1\nimap 1 odd 0\nend' \
    $'tlsagen-checks 1\nend\nend' 'no checks' $'tlsagen-checks 2\nend' ''; do
    printf '%s\n' "$text" >state/checks
    run status --only failing
    like "$status $err" '^0 tlsagen: warning: the last checks are not known: .*state/checks:[0-9]+: ' "checks: ${text@Q}"
    is "$(order <<<"$out")" "!old !broken" "the rest is shown"
done
cp checks state/checks
echo tlsagen-rollover 1 >state/rollover/www.state
run status
is "$status" 1 "a state that is cut"
like "$err" 'www\.state:' "is named"
is "$(order <<<"$out" | tr ' ' '\n' | grep -c .)" 8 "all services are shown"
like "$out" $'\n! www .* error .*www\\.state:' "the broken one, too"
is "$(status --json 2>/dev/null | json 's["www"]["stage"], s["www"]["failing"], "www.state" in s["www"]["problem"]')" \
    "(None, True, True)" "in JSON"
write_idle www
sed -i 's/^host [^ ]*/host 00000000000000000000000000000000/' state/rollover/www.state
run status www
is "$status" 3 "the state of another host"
run bash -c '"$TLSAGEN" status -C tlsagen.conf >/dev/full'
like "$status $err" '^1 .*No space left' "a full disk"
finish
