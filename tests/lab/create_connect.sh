#!/bin/bash
# `tlsagen create --connect`: records of live servers, all addresses or none, time limits.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/create_connect.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip python3
. "$TLSAGEN_SOURCE/tests/lab/mail_servers.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.lab.test

make_ca root; make_ca inter root
make_cert leaf $host ec inter; make_cert leaf-rsa $host rsa:2048 inter
make_cert new $host rsa:2048; make_cert elsewhere www.lab.test rsa:2048; make_cert ed $host ed25519
new_rsa rsa; new_ec ec
cat >hosts <<'END'
127.0.0.1 mail.lab.test localhost one.lab.test
127.0.0.1 two.lab.test
127.0.0.2 two.lab.test
127.0.0.1 half.lab.test
127.0.0.3 half.lab.test
127.0.0.1 lame.lab.test
127.0.0.2 lame.lab.test
127.0.0.1 six.lab.test
::1 six.lab.test
END
start_postfix; start_dovecot

# records FIELDS FILE...: what is to be printed of these certificates
records() {
    local fields=$1 selector file
    shift
    selector=${fields:2:1}
    for file; do echo "$fields $(data_of "$selector" "${fields:4}" "$file")"; done | sort
}
note="tlsagen: note: what $host showed was not authenticated and is trusted on first use"
# shows RECORDS WHAT ARGUMENT...: these and, on stderr, the note alone
shows() {
    local wanted=$1 what=$2
    shift 2
    run timeout 60 "$TLSAGEN" create --connect "$@"
    is "$status|$(rdata | awk '!seen[$0]++')" "0|$wanted" "$what"
    like "$err" "^$note; compare it with [^"$'\n'"]*\$" "$what: nothing but the note"
}
# fails_to STATUS REGEX WHAT ARGUMENT...: no record, one line
fails_to() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    run timeout 60 "$TLSAGEN" create --connect "$@"
    refused "$wanted" "$regex" "$what"
}

# --- a server that stalls is given up after ten seconds; meanwhile the rest runs ---
python3 "$TLSAGEN_SOURCE/tests/lab/hostile.py" 2000 :stall &
wait_for_port 2000
serve 127.0.0.2:2000 -cert rsa.pem -key rsa.key
stalls=("--starttls direct $host" "--starttls smtp $host" "lame.lab.test")
for words in "${stalls[@]}"; do
    (
        begin=$SECONDS
        # shellcheck disable=SC2086 # several words
        timeout 60 "$TLSAGEN" create --connect $words 2000 >"stall $words.out" 2>"stall $words.err"
        echo "$? $((SECONDS - begin))" >"stall $words"
    ) &
    stalling+=($!)
done

# --- s_server: direct TLS ---
serve 1000 -cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key
both=$(records '3 1 1' rsa.pem ec.pem)
shows "$both" "RSA and ECDSA" $host 1000
shows "$(records '3 1 2' rsa.pem ec.pem)" "3 1 2" $host 1000 3 1 2
shows "$both" "--starttls direct" --starttls direct $host. 1000
shows "$(records '1 1 1' rsa.pem ec.pem)" "usage 1" $host 1000 1 1 1
run tlsagen create --connect -q $host 1000
is "$status|$(rdata)|$err" "0|$both|" "-q silences the note"
run tlsagen create --connect -W $host 1000
is "$status|$(rdata)" "0|$both" "-W does not take the note for a warning"
run tlsagen create --connect -qb $host 1000
like "$out" $'\tTYPE52\t' "-b"
run tlsagen --connect create $host 1000
is "$status|$(rdata)" "0|$both" "--connect before the command"
run "$(dirname "$TLSAGEN")/tlsagen-full" create --connect $host 1000
is "$status|$(rdata)" "0|$both" "asked of tlsagen-full itself"
serve 1001 -cert rsa.pem -key rsa.key
shows "$(records '3 1 1' rsa.pem)" "RSA alone" $host 1001
serve 1002 -cert ed.pem -key ed.key
shows "$(records '3 1 1' ed.pem)" "Ed25519 alone" $host 1002
serve 1003 -tls1_2 -cert rsa.pem -key rsa.key -servername $host -cert2 new.pem -key2 new.key
shows "$(records '3 1 1' new.pem)" "the host's name is sent as SNI" $host 1003
shows "$(records '3 1 1' rsa.pem ec.pem new.pem)" "two ports" $host 1000,1003
is "$(cut -f1 <<<"$out" | uniq -c | tr -s ' ')" " 3 _1000._tcp.$host."$'\n'" 3 _1003._tcp.$host." \
    "the union for both"
serve 1004 -cert elsewhere.pem -key elsewhere.key
run tlsagen create --connect $host 1004
like "$status $err" '^0 .*warning: .*certificate does not cover mail.lab.test' "a certificate of another host"
fails_to 3 'does not cover mail.lab.test' "which usage 1 does not excuse" -q $host 1004 1 1 1
run tlsagen create --connect -W $host 1004
like "$status|$out" '^3\|$' "nor -W"

# Passes on one connection, after that of wait_for_port, and listens no more.
cat >once.py <<'END'
import socket, threading
with socket.create_server(("127.0.0.1", 1008)) as listener:
    listener.accept()[0].close()
    client = listener.accept()[0]
server = socket.create_connection(("127.0.0.1", 1000))
def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
threading.Thread(target=copy, args=(server, client)).start()
copy(client, server)
END
python3 once.py &
wait_for_port 1008
run tlsagen create --connect $host 1008
like "$status $err" "^0 tlsagen: warning: $host port 1008 at 127.0.0.1 .*refused"$'\n'"$note" \
    "one kind of certificate cannot be asked for: a warning"
is "$(wc -l <<<"$out")" 1 "and the record of the other"

# --- the chain that is served ---
cat inter.pem root.pem >above.pem
serve 1005 -cert leaf.pem -key leaf.key -cert_chain inter.pem \
    -dcert leaf-rsa.pem -dkey leaf-rsa.key -dcert_chain inter.pem
shows "$(records '2 1 1' inter.pem)" "2 1 1 of the chain served" $host 1005 2 1 1
shows "$(records '2 0 1' inter.pem)" "2 0 1" $host 1005 2 0 1
shows "$(records '2 1 1' inter.pem; records '3 1 1' leaf.pem leaf-rsa.pem)" "2 1 1 and 3 1 1" \
    --record '3 1 1' --record '2 1 1' $host 1005
serve 1006 -cert leaf.pem -key leaf.key -cert_chain above.pem
run tlsagen create --connect -q --ta root $host 1006 2 1 1
is "$status|$(rdata)" "0|$(records '2 1 1' root.pem)" "--ta root of the chain served"
serve 1007 -cert leaf.pem -key leaf.key
fails_to 1 'no certificate of the CA "CN=inter CA" that issued "CN=leaf"' "the issuer is not served" \
    -q $host 1007 2 1 1
fails_to 1 'own self-signed certificate' "2 1 1 of a self-signed certificate" -q $host 1001 2 1 1

# --- addresses ---
serve 127.0.0.1:1010 -cert rsa.pem -key rsa.key
serve 127.0.0.2:1010 -cert new.pem -key new.key
run tlsagen create --connect two.lab.test 1010
is "$status|$(rdata)" "0|$(records '3 1 1' rsa.pem new.pem)" "two addresses with different certificates"
run tlsagen create --connect -q half.lab.test 1010
refused 1 'half.lab.test port 1010 at 127.0.0.3 .*Connection refused' "one address of two is dead"
run tlsagen create --connect=127.0.0.1 half.lab.test 1010
is "$status|$(rdata)" "0|$(records '3 1 1' rsa.pem)" "--connect=ADDRESS asks this one only"
run tlsagen create --connect=127.0.0.2 unknown.lab.test 1010
is "$status|$(rdata)" "0|$(records '3 1 1' new.pem)" "--connect=ADDRESS for a host without one"
like "$out" '^_1010._tcp.unknown.lab.test.' "in the host's name"
run tlsagen create --connect=half.lab.test half.lab.test 1010
refused 2 'half.lab.test.*numeric address' "--connect=NAME"
run tlsagen create --connect unknown.lab.test 1010
refused 4 'unknown.lab.test cannot be looked up now' "the name server does not answer"
echo 'hosts: files' >nsswitch.conf
mount --bind nsswitch.conf /etc/nsswitch.conf
run tlsagen create --connect unknown.lab.test 1010
refused 1 'no address of unknown.lab.test' "a host without address"
fails_to 1 'mail.lab.test port 9 at 127.0.0.1 .*Connection refused' "nothing listens" $host 9
serve 1011 -6 -cert ec.pem -key ec.key
run tlsagen create --connect -6 six.lab.test 1010
like "$status|$out|$err" '^1\|\|tlsagen: .*at ::1 .*refused' "-6, nothing listens there"
run tlsagen create --connect -4 six.lab.test 1010
is "$status|$(rdata)" "0|$(records '3 1 1' rsa.pem)" "-4"
run tlsagen create --connect -6 six.lab.test 1011
is "$status|$(rdata)" "0|$(records '3 1 1' ec.pem)" "-6"
run tlsagen create --connect=::1 six.lab.test 1011
is "$status|$(rdata)" "0|$(records '3 1 1' ec.pem)" "--connect with an IPv6 address"
run tlsagen create --connect -6 one.lab.test 1010
refused 1 'no .*address of one.lab.test' "-6 without an IPv6 address"

# --- Postfix and Dovecot ---
for port in 25 587 465 143 993 110 995 4190 24 submission imaps; do
    [[ $port =~ [a-z] ]] || wait_for_port $port
    shows "$both" "port $port" $host $port
done
shows "$both" "four ports" $host 25,465,993,4190
shows "$both" "--starttls for a port that is not well-known" --starttls submission $host 587
fails_to 1 'smtp: the server does not offer STARTTLS' "Postfix without TLS" \
    --starttls smtp $host 2525
fails_to 1 'imap: the server.s greeting is not IMAP' "IMAP spoken to Postfix" --starttls imap $host 25
fails_to 1 'TLS' "direct TLS spoken to Postfix" --starttls direct $host 25
fails_to 1 'does not begin with a reply code' "SMTP spoken to Dovecot" --starttls smtp $host 143

wait "${stalling[@]}"
for words in "${stalls[@]}"; do
    like "$(cat "stall $words")" '^4 1[0-9]$' "$words stalls: status 4 after ten seconds"
    out=$(cat "stall $words.out") err=$(cat "stall $words.err") status=4
    refused 4 'at 127.0.0.1 .*time limit' "$words: one line, and nothing of another address"
done
if [ $tap_failed != 0 ]; then show_mail_logs; fi
finish
