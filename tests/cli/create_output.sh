#!/bin/bash
# `tlsagen create`: its output forms, read back by other programs as the same records.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_cert mail $host ec
make_cert rsa $host rsa:2048
data=$(data_of 1 1 mail.pem)
owner=_25._tcp.$host. tab=$'\t'
wanted_line="$owner${tab}3600${tab}IN${tab}TLSA${tab}3 1 1 $data"

# prints TEXT WHAT ARGUMENT...: exactly this on stdout, and nothing on stderr
prints() {
    local wanted=$1 what=$2
    shift 2
    run tlsagen create -c mail.pem "$@"
    is "$status|$out|$err" "0|$wanted|" "$what"
}

# --- TTL and owner ---
prints "$wanted_line" "--format zone is the default" --format zone $host 25
prints "${wanted_line/3600/5400}" "--ttl 1h30m" --ttl 1h30m $host 25
prints "${wanted_line/3600/0}" "--ttl 0" --ttl 0 $host 25
prints "${wanted_line/3600/2147483647}" "the longest TTL" --ttl 2147483647 $host 25
prints "${wanted_line/3600$tab/}" "--no-ttl" --no-ttl $host 25
prints "${wanted_line/.example.org./}" "--origin" --origin example.org $host 25
prints "${wanted_line/.example.org./}" "--origin in other letters, with final dot" \
    --origin EXAMPLE.Org. $host 25
prints "${wanted_line/$owner/@}" "--origin is the owner" --origin $owner $host 25
prints "${wanted_line/$owner/_25._tcp.$host}" "--origin is the root" --origin . $host 25
prints "${wanted_line/$owner/_25._tcp.xn--bcher-kva}" "--origin in Unicode" \
    -q --origin bücher.example xn--bcher-kva.bücher.example 25
refuses 3 "^tlsagen: $owner does not lie in the zone example.com\.\$" "--origin of another zone" \
    --origin example.com -c mail.pem $host 25
refuses 3 'does not lie in the zone ple.org' "--origin that ends in the middle of a label" \
    --origin ple.org -c mail.pem $host 25

# --- forms as text ---
prints "$owner${tab}3600${tab}IN${tab}TYPE52${tab}\\# 35 030101$data" "--format generic" \
    --format generic $host 25
generic=$out
prints "$generic" "-b is the same" -b $host 25
prints "update add $owner 3600 IN TLSA 3 1 1 $data
send" "--format nsupdate" --format nsupdate $host 25
prints "zone example.org.
update delete $owner IN TLSA
update add $owner 300 IN TLSA 3 1 1 $data
update delete ${owner/25/465} IN TLSA
update add ${owner/25/465} 300 IN TLSA 3 1 1 $data
send" "nsupdate with zone, deletion and two ports" \
    --format nsupdate --origin example.org --replace --ttl 300 $host 25,465

# --- read back ---
# canonical FILE: the records of a zone file as named prints them
canonical() {
    named-checkzone -q -i none -k ignore -s full -D -o canonical.out example.org "$1" >canonical.log ||
        echo "named-checkzone: $(cat canonical.log)"
    grep TLSA canonical.out | awk '{printf "%s %s %s %s %s %s ", $1, $2, $4, $5, $6, $7
        for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}'
}
zone_head='$TTL 7777
@ IN SOA ns hostmaster 1 2 3 4 5
@ IN NS ns
ns IN A 192.0.2.1
'
records=(--record '3 1 1' --record '3 0 1' --record '3 1 2' --record '3 0 2' --record '3 0 0'
    --record '3 1 0')
inputs=(-q -c mail.pem -c rsa.pem "${records[@]}")
for ttl in 7777 3600; do
    for port in 25 465; do
        for file in mail.pem rsa.pem; do
            for fields in '1 1' '0 1' '1 2' '0 2' '0 0' '1 0'; do
                echo "_$port._tcp.$host. $ttl TLSA 3 $fields $(data_of ${fields% *} ${fields#* } $file)"
            done
        done
    done | sort >wanted.$ttl
done
if command -v named-checkzone >/dev/null; then
    for options in '--format zone' '--format multiline' '--format generic' -b '--origin example.org' \
        '--origin example.org --format multiline' '--origin . --format zone' '--no-ttl' \
        '--no-ttl --format generic' '--no-ttl --format multiline --origin example.org'; do
        ttl=3600 origin=
        [[ $options != *no-ttl* ]] || ttl=7777
        [[ $options != *'origin .'* ]] || origin='$ORIGIN .'
        # shellcheck disable=SC2086 # several words
        (echo "$zone_head$origin"; tlsagen create "${inputs[@]}" $options $host 25,465) >zone
        canonical zone | sort >got
        same wanted.$ttl got "named reads $options as it was meant"
    done
else
    skip "named reads what was printed" "named-checkzone is not installed"
fi
if command -v ldns-read-zone >/dev/null; then
    for format in zone generic multiline; do
        (echo "$zone_head"; tlsagen create "${inputs[@]}" --format $format $host 25,465) >zone
        ldns-read-zone zone | awk '/TLSA/ {print $1, $2, $4, $5, $6, $7, $8}' | sort >got
        same wanted.3600 got "ldns reads --format $format as it was meant"
    done
else
    skip "ldns reads what was printed" "ldns-read-zone is not installed"
fi

# --- JSON ---
cat >flatten.py <<'END'
import json, sys
answer = json.load(sys.stdin)
assert list(answer) == ["rrsets"], answer
for rrset in answer["rrsets"]:
    assert rrset["class"] == "IN" and rrset["type"] == "TLSA", rrset
    for record in rrset["records"]:
        print(rrset["owner"], rrset["ttl"], "TLSA", record["usage"], record["selector"],
              record["matching_type"], record["data"], *[rrset[k] for k in rrset if k == "origin"])
END
if command -v python3 >/dev/null; then
    tlsagen create "${inputs[@]}" --format json $host 25,465 | python3 flatten.py 2>&1 | sort >got
    same wanted.3600 got "JSON holds the same"
    got=$(tlsagen create -c mail.pem --format json --no-ttl --origin example.org $host 25 |
        python3 flatten.py 2>&1)
    is "$got" "_25._tcp.mail None TLSA 3 1 1 $data example.org." "JSON without TTL, with an origin"
else
    skip "JSON holds the same" "python3 is not installed"
fi

# --- nsupdate reads its script: everything but the sending, which `show` and `quit` stand in for ---
if command -v nsupdate >/dev/null; then
    tlsagen create "${inputs[@]}" --format nsupdate --origin example.org --replace $host 25,465 >script
    sed 's/^send$/show\nquit/' script | nsupdate >shown 2>&1
    sed -n '/UPDATE SECTION/,$p' shown |
        awk '$3 == "IN" && $4 == "TLSA" {printf "%s %s %s %s %s %s ", $1, $2, $4, $5, $6, $7
            for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort >got
    same wanted.3600 got "nsupdate understands its script"
    is "$(grep -c 'ANY.*TLSA' shown)" 2 "and the deletions in it"
    is "$(tail -n 1 script)" send "which ends with send"
else
    skip "nsupdate understands its script" "nsupdate is not installed"
fi
finish
