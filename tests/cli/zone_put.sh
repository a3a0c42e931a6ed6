#!/bin/bash
# tlsagen zone put, add and remove: what they change, what stays, what they refuse.
# shellcheck disable=SC2016,SC2317 # directives of zone files; functions called by name
. "$(dirname "$0")/../lib.sh"
digest() { printf '%064d' "$1"; }
tlsa() { printf '%s TLSA 3 1 1 %s\n' "$1" "$(digest "$2")"; }

new_zone() {
    printf '%s\n' '; by hand' '$ORIGIN example.org.' '$TTL 1h' '@	IN SOA ns hostmaster (' \
        '	41 ; serial' '	2h 1h 2w 1h )' '	NS ns' 'ns A 192.0.2.1' \
        "_25._tcp.mail TLSA 3 1 1 $(digest 1) ; current" 'mail A 192.0.2.25' \
        'www CNAME mail' '; the end' >db
    cp db old
}

new_zone
run tlsagen zone put db < <(tlsa _25._tcp.mail 2)
is "$status$err" 0 "put succeeds"
is "$out" "example.org: 41 -> 42" "and says what it did"
is "$(diff old db)" "5c5
< 	41 ; serial
---
> 	42 ; serial
9c9
< _25._tcp.mail TLSA 3 1 1 $(digest 1) ; current
---
> _25._tcp.mail.example.org.	3600	IN	TLSA	3 1 1 $(digest 2)" "the record stands where the old one stood"

cp db old; touch -d 2001-01-01 db
run tlsagen zone put db < <(tlsa '\095\050\053._TCP.mail.Example.ORG.' 2)
is "$status$out" "0example.org: unchanged" "the same record in another text changes nothing"
is "$(stat -c %Y db)" "$(date -d 2001-01-01 +%s)" "and nothing is written"

new_zone
run tlsagen zone add db < <(tlsa _25._tcp.mail 2; tlsa _25._tcp.mail 1)
is "$(grep -c '^_25' db)" 2 "add keeps what is there"
is "$(grep -c 'current$' db)" 1 "as it is written"
run tlsagen zone remove db _25._tcp.mail TLSA 3 1 1 "$(digest 2)"
is "$(sed 's/43 ;/41 ;/' db | diff old -)" "" "remove of one record gives the old file back, but for the serial"
run tlsagen zone remove db _25._tcp.mail TLSA 3 1 1 "$(digest 2)"
is "$out" "example.org: unchanged" "remove of what is not there"
run tlsagen zone remove db _25._tcp.mail
is "$(grep -c '^_25' db)" 0 "remove of an owner"
run tlsagen zone remove db ns.example.org. TYPE1
is "$(grep -c '^ns' db)" 0 "remove of a type by number"
cp db old; run tlsagen zone remove db mail A $'192.0.2.2\nwww CNAME mail'
like "$status$err" '^2tlsagen: the rdata is that of several records' "rdata of two records is refused"
same old db "and the file stands"

new_zone
run tlsagen zone put --no-bump db < <(tlsa _443._tcp.mail 3)
is "$(sed '$d' db | diff old -)" "" "--no-bump leaves the serial"
is "$(tail -n 1 db)" "_443._tcp.mail.example.org.	3600	IN	TLSA	3 1 1 $(digest 3)" "a new RRset stands at the end"
run tlsagen zone put --ttl 1d --serial 99 db < <(tlsa _443._tcp.mail 3)
like "$(tail -n 1 db)" '	86400	IN	TLSA' "--ttl changes the RRset's TTL"
like "$out" '41 -> 99$' "--serial"

# What inherits an owner or a TTL.
printf '%s\n' '@ 60 SOA a b 1 2 3 4 5' 'm 30 A 192.0.2.1' ' AAAA 2001:db8::1' ' TXT x' >db
run tlsagen zone remove --origin e db m A
is "$(sed -n 2,3p db)" 'm 30 AAAA 2001:db8::1
 TXT x' "what inherited owner and TTL gets them written"

# Other types, the generic form, CRLF, no final newline.
printf '@ SOA a b 1 2 3 4 5\r\nm A 192.0.2.1' >db
run tlsagen zone put --origin e db < <(echo 'm TYPE52 \# 5 030101abcd'; echo 'm SSHFP 1 2 00ff'; echo 'm TXT "a b"')
is "$status" 0 "several types at once"
is "$(grep -c $'\r$' db)" 4 "with the line ends of the file"
is "$(tail -c 1 db | od -An -tx1 | tr -d ' ')" "22" "and no final newline where there was none"
like "$(cat db)" $'\tTLSA\t3 1 1 abcd' "the generic form becomes the known one"

# Included files: the record is changed where it stands.
mkdir inc; printf '$ORIGIN e.\n@ SOA a b 1 2 3 4 5\n$INCLUDE inc/tlsa sub\nx A 192.0.2.1\n' >main
printf 'm A 192.0.2.9\n_25._tcp.m TLSA 3 1 1 %s\n' "$(digest 1)" >inc/tlsa; cp main main.old
run tlsagen zone put main < <(tlsa _25._tcp.m.sub 2)
like "$(tail -n 1 inc/tlsa)" "$(digest 2)" "a record in an included file is changed there"
is "$(diff main.old main | grep -c '^>')" 1 "and the serial in the zone file"

# Aliases.
new_zone
run tlsagen zone put db < <(tlsa www 2)
is "$status" 1 "an alias is refused"
like "$err" 'www\.example\.org\. is an alias \(CNAME\) of mail\.example\.org\.; .*--follow-cname' "and its target named"
same old db "nothing is written"
run tlsagen zone put --follow-cname db < <(tlsa www 2)
is "$(grep -c "^mail.example.org.	3600	IN	TLSA" db)" 1 "--follow-cname edits the target"

# Dry run.
new_zone
run tlsagen zone add -n db < <(tlsa _25._tcp.mail 2)
same old db "a dry run writes nothing"
patch -s old <<<"$out"; tlsagen zone add -q db < <(tlsa _25._tcp.mail 2)
same old db "patch(1) makes of its diff what the edit makes"

# refuses PATTERN WHAT COMMAND...: status 1 and the zone as it was
refuses() {
    run "${@:3}"
    is "$status" 1 "$2 is refused"
    like "$err" "^tlsagen: $1" "and told"
    same old db "and the file stands"
}
new_zone
put() { tlsagen zone put db <<<"$1"; }
refuses 'no records in standard input' "no record" put ''
run put 'x.other. A 192.0.2.1'; is "$status" 3 "an owner outside the zone is refused"
like "$err" '^tlsagen: standard input:1:1: x.other. lies outside the zone' "and told"
refuses 'standard input:1:3: "FOO" is no record type' "an unknown type" put 'x FOO 1'
refuses 'standard input:1:3: ' "an SOA" put '@ SOA a b 1 2 3 4 5'
refuses 'standard input:1:3: ' "bad rdata" put 'x TLSA 3 1 1 xyz'
run put 'mail CNAME x'; is "$status" 3 "CNAME and other data is refused"
same old db "and the file stands"
echo 'x RRSIG A 8 2 3600 20260101000000 20250101000000 1 e. AAAA' >>db; cp db old
refuses 'db:13:3: the zone is signed in this file' "a signed zone" put 'x A 192.0.2.1'
new_zone; echo '$GENERATE 1-3 _25._tcp.h$ TLSA "3 1 1 aa"' >>db; cp db old
refuses 'db:13:1: \$GENERATE makes a record that has to go' "a generated record" \
    tlsagen zone remove db _25._tcp.h2 TLSA
: >db; cp db old; refuses 'db:1:1: no SOA record' "an empty file" put 'x A 192.0.2.1'
printf '\0\0\0\2raw' >db; cp db old; refuses 'db:1:1: is a zone in raw format' "a raw zone" put 'x A 192.0.2.1'

# Association data that matches nothing.
new_zone
run tlsagen zone put db < <(echo '_25._tcp.mail TLSA 3 1 1 ceed'; tlsa _25._tcp.x 1)
like "$status $err" '^0 tlsagen: warning: _25._tcp.mail.example.org.: 2 bytes of association data, ' \
    "a digest that was cut short is told"
run tlsagen zone put db < <(echo '_25._tcp.mail TLSA 3 1 1 ceed')
is "$status $err" "0 " "and not again where it stands"
run tlsagen zone remove db _25._tcp.mail TLSA 3 1 1 ceed
is "$status $err" "0 " "nor when it goes"
new_zone
run tlsagen zone add -W db < <(echo '_25._tcp.mail TLSA 3 1 1' "$(sha256sum </dev/null | cut -c 1-64)")
like "$status $err" '^3 tlsagen: .*digest of empty input' "-W refuses the digest of nothing"
same old db "and the file stands"

# A final dot that was forgotten.
new_zone
run tlsagen zone put db < <(tlsa _25._tcp.mail.Example.org 1; echo '_25._tcp.mail.Example.org TXT x')
like "$status $err" '^0 tlsagen: warning: _25._tcp.mail.Example.org.example.org.: has the zone.s name twice' \
    "a whole name without its dot is told"
is "$(wc -l <.err)" 1 "once"
cp old db; run tlsagen zone remove db mail.example.org
like "$status $out $err" '^0 example.org: unchanged .*mail.example.org.example.org.: has the zone.s name twice' \
    "by remove, too"
cp old db; run tlsagen zone put -q db < <(tlsa _25._tcp.example 1; tlsa _25._tcp.mail.example.org. 1)
is "$status$err" 0 "and others are not"
for words in "remove db a..b" "remove --origin a..b db x" "put --origin a..b db" "bump --origin a..b db" \
    "list --origin a..b db" "check --origin a..b db"; do
    # shellcheck disable=SC2086 # words
    run tlsagen zone $words </dev/null
    is "$status" 2 "no name: $words"
done

# Two at once: both edits are in the result, and the serial is bumped for each.
new_zone
for i in 1 2 3 4; do
    for k in 1 2 3 4 5; do tlsagen zone add -q db < <(tlsa "_$k._tcp.h$i" "$k"); done &
done
wait
is "$(grep -c '^_[0-9]._tcp.h' db)" 20 "edits of runs side by side are all there"
is "$(sed -n 5p db)" '	61 ; serial' "and all serials"
is "$(find . -name '.*tlsagen*')" "" "no hidden file is left"
finish
