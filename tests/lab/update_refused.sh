#!/bin/bash
# What `tlsagen update` says of each RCODE and each TSIG error, and of answers that lie; over TCP and
# UDP, IPv4 and IPv6. A BIND says few of them, so the server here says what it is asked to.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/update_refused.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs ip python3
secret=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
printf 'key "k" { algorithm hmac-sha256; secret "%s"; };\n' $secret >key
chmod 600 key
echo '_25._tcp.mail TLSA 3 1 1 aa' >rr
# start_liar PORT [PROTOCOL]
start_liar() {
    python3 "$TLSAGEN_SOURCE/tests/lab/update_liar.py" "$1" $secret ${2:+"$2"} >"ready$1" &
    at_exit "kill $! 2>/dev/null"
    until [ -s "ready$1" ]; do sleep 0.1; done
}
# says ZONE STATUS REGEX [OPTION...]: an update there under the key
says() {
    local zone=$1 wanted=$2 regex=$3
    shift 3
    run tlsagen update --server 127.0.0.1#5354 --tsig key "$@" "$zone.test" put rr
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$zone: status, one line"
    like "$err" "^tlsagen: $zone\.test: $regex" "$zone: what is said"
}
start_liar 5354

for signed in r s; do
    says ${signed}1 1 'the server says FORMERR'
    says ${signed}2 1 'the server says SERVFAIL: .*log'
    says ${signed}3 4 'the server says NXDOMAIN: .*try again'
    says ${signed}4 1 'the server says NOTIMP: it takes no updates'
    says ${signed}5 1 'the server says REFUSED: .*allow-update and update-policy'
    says ${signed}6 4 'the server says YXDOMAIN: .*try again'
    says ${signed}7 4 'the server says YXRRSET: .*try again'
    says ${signed}8 4 'the server says NXRRSET: .*try again'
    says ${signed}9 3 'the server says NOTAUTH: it does not hold the zone'
    says ${signed}10 3 'the server says NOTZONE'
    says ${signed}11 1 'the server says RCODE 11'
done
says t16 1 'the server says BADSIG: .*another secret'
says t17 1 'the server says BADKEY: it has no key of this name and algorithm'
says t18 1 'the server says BADTIME: its clock is 7(199|200|201) s ahead of this machine.s; set the clocks'
says slow 1 'the server says BADTIME: its clock is 3(599|600|601) s behind this machine.s; set the clocks'
says t22 1 'the server says BADTRUNC: it wants signatures of another length'
says t21 1 'the server says TSIG error 21'
says r0 1 'the answer is not signed with this key'
says forged 1 "the answer's signature is not made with this key"
says stale 1 'the answer is signed -3(599|600|601) s from now; set the clocks'
says id 1 'what 127\.0\.0\.1 sent is no answer to an update'
says kind 1 'what 127\.0\.0\.1 sent is no answer to an update'
says short 1 'what 127\.0\.0\.1 sent is no answer to an update'
run tlsagen update --server 127.0.0.1#5354 --tsig key --timeout 1 none.test put rr
is "$status:$err" "4:tlsagen: 127.0.0.1 does not answer in time" "no answer"

# What is wanted is taken by either protocol, at either address.
start_liar 5355 tcp
start_liar 5356 udp
for port in 5354 5356; do
    for address in 127.0.0.1 ::1 '[::1]'; do
        run tlsagen update --server "$address#$port" --tsig key ok.test put rr
        is "$status$err:$(head -n 1 <<<"$out")" "0:ok.test: updated" "$address, port $port"
    done
done
run tlsagen update --server 127.0.0.1#5356 --tsig key r5.test put rr
like "$status:$err" '^1:.*REFUSED' "a refusal over UDP"
python3 -c 'for i in range(40): print(f"m{i} TXT x")' >many
run tlsagen update --server 127.0.0.1#5356 --tsig key ok.test put many
like "$status:$err" '^4:.*refused' "what is too large for UDP is not sent so"
run tlsagen update --server '[::1#5354' ok.test put rr; like "$status:$err" '^2:.*not a numeric address' "half a bracket"
finish
