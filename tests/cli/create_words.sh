#!/bin/bash
# `tlsagen create`: its words and options, and what is said of those that are wrong.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_cert mail $host ec
data=$(data_of 1 1 mail.pem)
line="_25._tcp.$host."$'\t3600\tIN\tTLSA\t'"3 1 1 $data"

# prints LINES WHAT ARGUMENT...: exactly this on stdout, and nothing on stderr
prints() {
    local wanted=$1 what=$2
    shift 2
    run tlsagen "$@"
    is "$status|$out|$err" "0|$wanted|" "$what"
}
# wrong REGEX WHAT ARGUMENT...: wrong usage, with a pointer to the help
wrong() { refuses 2 "$1.*; see 'tlsagen create --help'\$" "${@:2}"; }

prints "$line" "the default is 3 1 1" create -c mail.pem $host 25

# --- host names ---
prints "$line" "a final dot" create -c mail.pem $host. 25
prints "${line/$host/MAIL.example.org}" "upper case stays" create -c mail.pem MAIL.example.org 25
prints "${line/$host/xn--bcher-kva.example}" "Unicode" create -q -c mail.pem bücher.example 25
prints "${line/$host/xn--bcher-kva.example}" "Unicode in upper case" create -q -c mail.pem BÜCHER.example. 25
prints "${line/$host/xn--fa-hia.de}" "ß is no ss" create -q -c mail.pem faß.de 25
prints "${line/$host/xn--wgv71a119e.jp}" "Japanese" \
    create -q -c mail.pem 日本語.jp 25
prints "${line/$host/xn--bcher-kva.example}" "an A-label" create -q -c mail.pem xn--bcher-kva.example 25
prints "${line/$host/localhost}" "one label" create -q -c mail.pem localhost 25
prints "${line/$host/a_b.example.org}" "an underscore" create -q -c mail.pem a_b.example.org 25
label=$(printf 'a%.0s' {1..63})
prints "${line/$host/$label.org}" "a label of 63 bytes" create -q -c mail.pem $label.org 25
wrong 'label "aa[^"]*" has 64 bytes' "a label of 64 bytes" -c mail.pem a$label.org 25
long=$label.$label.$label.$(printf 'a%.0s' {1..61})
refuses 2 'owner .* is longer than the 253' "an owner of more than 255 bytes" -c mail.pem "$long" 25
wrong 'wildcard' "a wildcard" -c mail.pem '*.example.org' 25
wrong '"192.0.2.1" is an address' "an IPv4 address" -c mail.pem 192.0.2.1 25
wrong '"2001:db8::1" is an address' "an IPv6 address" -c mail.pem 2001:db8::1 25
wrong 'host name is empty' "an empty name" -c mail.pem '' 25
wrong 'host name is empty' "the root" -c mail.pem . 25
wrong 'empty label' "two dots" -c mail.pem mail..example.org 25
wrong 'empty label' "two dots at the end" -c mail.pem $host.. 25
wrong 'hyphen' "a hyphen at the beginning" -c mail.pem -- -mail.example.org 25
wrong 'contains " "' "a blank" -c mail.pem 'mail example.org' 25
wrong 'contains ":"' "a URL" -c mail.pem https://example.org 443
refuses 2 'host "_25._tcp.mail.* has port and protocol before it' "an owner for a host" \
    -c mail.pem _25._tcp.$host 25
wrong 'no internationalised name' "bytes that are not UTF-8" -c mail.pem $'\xff.example' 25

# --- ports ---
prints "$line" "the name of a port" create -c mail.pem $host smtp
prints "${line/_25/_993}" "another" create -c mail.pem $host IMAPS
prints "${line/_25/_65535}" "the last port" create -c mail.pem $host 65535
prints "${line/_25/_53}" "a service of /etc/services or our own table" create -c mail.pem $host domain
prints "$line"$'\n'"${line/_25/_465}"$'\n'"${line/_25/_587}" "several, in their order" \
    create -c mail.pem $host 25,465,submission
prints "${line/_25/_465}"$'\n'"$line" "each once" create -c mail.pem $host 465,25,smtp,465
for port in 0 65536 70000 99999999999999999999; do
    wrong "port $port does not exist; give 1 to 65535" "port $port" -c mail.pem $host $port
done
wrong 'port \*: a wildcard would answer' "the wildcard port" -c mail.pem $host '*'
wrong 'wildcard' "the wildcard in a list" -c mail.pem $host '25,*'
for port in '' ',' '25,' ',25' 25,,26 ' 25' +25 0x19 25-30 no-such-service; do
    wrong 'is neither 1 to 65535 nor a known service' "port \"$port\"" -c mail.pem $host "$port"
done

# --- usage, selector, matching type ---
sha512=$(data_of 1 2 mail.pem)
prints "${line% *} $data" "usage alone" create -c mail.pem $host 25 3
prints "${line% *} $data" "usage and selector" create -c mail.pem $host 25 3 1
prints "${line%3 1 1*}3 1 2 $sha512" "all three" create -c mail.pem $host 25 3 1 2
prints "${line%3 1 1*}3 1 2 $sha512" "names in any case" create -c mail.pem $host 25 dane-ee SPKI Sha2-512
prints "${line%3 1 1*}3 1 2 $sha512" "--record" create -c mail.pem --record 'DANE-EE 1 SHA2-512' $host 25
prints "$line"$'\n'"${line%3 1 1*}3 1 2 $sha512" "several --record, each once" \
    create -c mail.pem --record '3 1 2' --record '3 1 1' --record '3 1 2' $host 25
prints "${line%3 1 1*}3 0 1 $(data_of 0 1 mail.pem)"$'\n'"$line" "--record beside the words" \
    create -c mail.pem --record '3 1 1' $host 25 3 0 1
wrong 'certificate usage "4" is unknown; give 0 to 3, or PKIX-TA' "usage 4" -c mail.pem $host 25 4
wrong 'certificate usage "" is unknown' "an empty usage" -c mail.pem $host 25 ''
wrong 'selector "2" is unknown; give 0 to 1' "selector 2" -c mail.pem $host 25 3 2
wrong 'matching type "3" is unknown; give 0 to 2' "matching type 3" -c mail.pem $host 25 3 1 3
wrong 'matching type "SHA1" is unknown' "SHA1" -c mail.pem $host 25 3 1 SHA1
wrong '"extra" is one word too many' "a word too many" -c mail.pem $host 25 3 1 1 extra
for record in '' '3 1' '3 1 1 1' '3,1,1' '3 1 9' 311; do
    wrong "" "--record \"$record\"" -c mail.pem --record "$record" $host 25
done

# --- options in general ---
prints "$line" "options behind the words" create $host 25 -c mail.pem
prints "$line" "options before the command" -c mail.pem create $host 25
prints "${line/_tcp/_udp}" "flags before the command" -n -u -c mail.pem create $host 25
prints "${line/_tcp/_udp}" "flags in one word" -nuc mail.pem create $host 25 3 1 1
prints "$line" "--cert before the command" --cert mail.pem create $host 25
prints "$line" "a value in the option's word" -cmail.pem create $host 25
cp mail.pem create; cp mail.pem k; cp mail.key mail.k
prints "$line" "a file named as the command" -c create create $host 25
prints "$line" "a value that ends like an option" -ck create $host 25
prints "$line" "the same of -k" -kmail.k create $host 25
prints "$line" "-- ends the options" create -c mail.pem -- $host 25
prints "${line/_tcp/_udp}" "-u" create -u -c mail.pem $host 25
for proto in tcp udp sctp; do
    prints "${line/_tcp/_$proto}" "--proto $proto" create --proto $proto -c mail.pem $host 25
done
wrong 'protocol "dccp" is unknown; give tcp, udp or sctp' "--proto dccp" --proto dccp -c mail.pem $host 25
run tlsagen -c mail.pem
is "$status" 2 "options without a command are wrong usage"
like "$err" '^tlsagen: no command given; see .tlsagen --help.$' "and the missing command is named"
run tlsagen -c mail.pem craete $host 25
like "$status $err" '^2 tlsagen: unknown command "craete"' "options before a command misspelt"
run tlsagen craete create -c mail.pem $host 25
like "$status $err" '^2 tlsagen: unknown command "craete"' "a command misspelt is not skipped"
run tlsagen create --help
like "$status $out" '^0 Usage: tlsagen create ' "--help"
run tlsagen -h create
is "$status" 0 "-h before the command"

mkdir alone && cp "$TLSAGEN" alone/tlsagen
if [ -e "$(strings -a "$TLSAGEN" 2>/dev/null | grep -m 1 '/libexec/tlsagen$')/tlsagen-full" ]; then
    skip "the other program is missing" "it is installed"
else
    run alone/tlsagen create --connect $host 25
    refused 1 'cannot start .*/tlsagen-full, which holds this part .* install tlsagen whole' \
        "the other program is missing"
fi

wrong 'no input; give -c or -k' "nothing"
wrong 'no input; give -c or -k' "no input" $host 25
wrong 'the host is missing' "no host" -c mail.pem
wrong 'the port is missing' "no port" -c mail.pem $host
wrong 'unknown option -Z' "an unknown option" -Z -c mail.pem $host 25
wrong 'unknown option --nonsense' "an unknown long option" --nonsense -c mail.pem $host 25
wrong 'unknown option --nonsense' "one with a value" --nonsense=x -c mail.pem $host 25
wrong 'option --union takes no value' "a value for a flag" --union=x -c mail.pem $host 25
wrong 'option --quiet takes no value' "for one that has a letter" --quiet=x -c mail.pem $host 25
wrong 'unknown option -Z' "behind an option with a value" --ttl=5 -Zq -c mail.pem $host 25
wrong 'unknown option -Z' "as the second letter" -qZ -c mail.pem $host 25
wrong 'option --c may mean --cert or --connect; write it out' "an ambiguous option" \
    --c mail.pem $host 25
wrong 'option -c needs a value' "-c without a value" $host 25 -c
wrong 'option --ttl needs a value' "--ttl without a value" $host 25 --ttl
wrong 'format "xml" is unknown; give zone' "--format xml" --format xml -c mail.pem $host 25
wrong 'anchor "leaf" is unknown; give issuer' "--ta leaf" --ta leaf -c mail.pem $host 25 2 1 1
wrong 'anchor "-2" is unknown' "--ta -2" --ta -2 -c mail.pem $host 25 2 1 1
wrong 'anchor "1x" is unknown' "-o 1x" -o 1x -c mail.pem $host 25 2 1 1
wrong 'TTL "x" is not a time' "--ttl x" --ttl x -c mail.pem $host 25
wrong 'TTL' "--ttl too long" --ttl 2147483648 -c mail.pem $host 25
wrong 'origin: .*empty label' "--origin with two dots" --origin a..b -c mail.pem $host 25
wrong 'nsupdate needs a TTL' "nsupdate without TTL" --format nsupdate --no-ttl -c mail.pem $host 25
wrong 'replace is for --format nsupdate' "--replace for a zone" --replace -c mail.pem $host 25
for option in --starttls=smtp -4 -6; do
    wrong 'are for --connect' "$option without --connect" $option -c mail.pem $host 25
done
wrong 'have no place beside --connect' "-c and --connect" --connect -c mail.pem $host 25
wrong 'twice' "--connect twice" --connect --connect $host 25
wrong 'over TCP only' "--connect over UDP" --connect -u $host 25
wrong 'no STARTTLS protocol "ssh"' "an unknown STARTTLS protocol" --connect --starttls ssh $host 25
finish
