#!/bin/bash
# Servers that stall, flood, break off and inject: time limits hold and each gets its own answer.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/probe_hostile.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs python3 ip

port=1000
# hostile BEHAVIOUR PROTOCOL: asks such a server; $took is in milliseconds
hostile() {
    local begin
    port=$((port + 1))
    python3 "$TLSAGEN_SOURCE/tests/lab/hostile.py" $port "$1" 2>/dev/null &
    wait_for_port $port
    begin=$(date +%s%3N)
    probe -s "$2" -t 700 -T 5000 mail.lab.test $port
    took=$(($(date +%s%3N) - begin))
    kill $! && wait $! 2>/dev/null
    is "$(wc -l <<<"$out")" 2 "$1: an answer for each kind"
    if [ $took -lt 4500 ]; then ok "$1: in time"; else not_ok "$1: in time" "$took ms"; fi
}
told() { like "$(line ECDSA)" "$1" "$what"; }

smtp='220 hi,250 STARTTLS'
what="stalls before the banner"; hostile :stall smtp
told 'not now.*smtp: the time limit passed while waiting for STARTTLS'
if [ $took -ge 700 ]; then ok "the limit is used"; else not_ok "the limit is used" "$took ms"; fi
what="stalls after the banner"; hostile '220 hi:stall' smtp; told 'not now.*the time limit passed'
what="stalls after EHLO"; hostile "$smtp:stall" smtp; told 'not now.*the time limit passed'
what="stalls in the handshake"; hostile "$smtp,220 go:stall" smtp
told 'not now.*the time limit passed while shaking hands'
what="stalls in direct TLS"; hostile :stall direct; told 'not now.*while shaking hands'
what="a byte a second"; hostile :slow smtp; told 'not now.*the time limit passed'
what="a megabyte without a line end"; hostile :flood smtp
told 'protocol failed before TLS.*more than 4096 bytes without an end of line'
what="a megabyte of lines"; hostile :lines smtp
told 'protocol failed before TLS.*more than 65536 bytes before TLS'
what="binary banner"; hostile :binary imap; told 'protocol failed before TLS.*imap: .*binary data'
what="closes at once"; hostile :close pop3; told 'protocol failed.*pop3: .*the server closed'
what="closes after EHLO"; hostile "$smtp:close" smtp; told 'protocol failed.*the server closed'
what="closes in the handshake"; hostile "$smtp,220 go:close" smtp
told 'TLS handshake failed.*(the server closed|reset by peer)'
what="resets in the handshake"; hostile "$smtp,220 go:reset" smtp
told 'TLS handshake failed.*(reset|closed|[Bb]roken pipe)'
what="resets at once"; hostile :reset smtp; told '(protocol failed before TLS|connection failed).*reset' # it may come before connect() is seen to be done
what="TLS alert"; hostile :alert direct; told 'TLS handshake failed.*alert internal error'
what="text, not TLS"; hostile '220 hi:late' direct; told 'TLS handshake failed.*wrong version'
what="plain text injected behind the go-ahead"; hostile "$smtp,220 go:inject" smtp
told 'protocol failed before TLS.*plain text follows the server.s go-ahead.*250 evil'
what="plain text half a second later"; hostile "$smtp,220 go:late" smtp
told 'TLS handshake failed.*wrong version'
what="no STARTTLS"; hostile '220 hi,250 SIZE:stall' smtp; told 'no STARTTLS.*does not offer STARTTLS.*250 SIZE'
what="STARTTLS refused for now"; hostile "$smtp,454 later:stall" smtp; told 'not now.*454 later'
what="escape sequences"; hostile $'554 \e[2J\e]0;x\a:stall' smtp
told '"554 \?\[2J\?\]0;x\?"'

# The total limit, with more addresses than it has room for.
python3 "$TLSAGEN_SOURCE/tests/lab/hostile.py" 999 :stall &
wait_for_port 999
{ for i in {1..9}; do echo "127.0.0.$i many.lab.test"; done; } >hosts
mount --bind hosts /etc/hosts
begin=$(date +%s%3N)
run timeout 60 "$PROBE_TOOL" -t 20000 -T 1500 -s smtp many.lab.test 999
took=$(($(date +%s%3N) - begin))
is "$(wc -l <<<"$out")" 18 "nine addresses have two answers each"
if [ $took -lt 10000 ]; then ok "the total limit holds"; else not_ok "the total limit holds" "$took ms"; fi

# A listener whose queue is full, so that the kernel answers no more.
python3 "$TLSAGEN_SOURCE/tests/lab/hostile.py" 998 :full >full &
until [ -s full ]; do sleep 0.1; done
begin=$(date +%s%3N)
probe -t 700 mail.lab.test 998
took=$(($(date +%s%3N) - begin))
like "$out" 'the time limit passed while connecting' "an address that does not answer"
if [ $took -lt 4500 ]; then ok "its limit holds"; else not_ok "its limit holds" "$took ms"; fi
finish
