#!/bin/bash
# tlsagen zone list: all records or some, of all files, as text and JSON.
# shellcheck disable=SC2016 # directives of zone files
. "$(dirname "$0")/../lib.sh"

a=$(printf 'a%.0s' {1..64})
cat >db <<EOF
\$ORIGIN example.org.
\$TTL 1h
@ IN SOA ns h ( ; start
    7 ; serial
    7200 3600 1209600 300 )
 NS ns
ns 300 A 192.0.2.1
_25._tcp.Mail TYPE52 \\# 35 0301 01 $a
 TLSA 2 1 1 ( $a ) ; the issuer
\$INCLUDE part sub
\$GENERATE 1-3 h\$ A 192.0.2.\$
txt TXT "a b" "c;d"
EOF
printf 'www CNAME ns.example.org.\n' >part

run tlsagen zone list db
is "$status$err" 0 "list succeeds"
is "$out" "example.org.	3600	IN	SOA	ns.example.org. h.example.org. 7 7200 3600 1209600 300
example.org.	3600	IN	NS	ns.example.org.
ns.example.org.	300	IN	A	192.0.2.1
_25._tcp.Mail.example.org.	3600	IN	TLSA	3 1 1 $a
_25._tcp.Mail.example.org.	3600	IN	TLSA	2 1 1 $a
www.sub.example.org.	3600	IN	CNAME	ns.example.org.
h1.example.org.	3600	IN	A	192.0.2.1
h2.example.org.	3600	IN	A	192.0.2.2
h3.example.org.	3600	IN	A	192.0.2.3
txt.example.org.	3600	IN	TXT	\"a b\" \"c;d\"" "all records, whole"
tlsagen zone list db >whole
run tlsagen zone list --origin example.org whole
is "$status:$(sort <<<"$out")" "0:$(sort whole)" "the list is a zone file, with the same list"

is "$(tlsagen zone list --type tlsa db | wc -l)" 2 "--type, in any case"
is "$(tlsagen zone list --type TYPE52 db | wc -l)" 2 "--type in the generic form"
is "$(tlsagen zone list --type SOA db | wc -l)" 1 "--type SOA"
is "$(tlsagen zone list db _25._tcp.mail)" "$(grep Mail whole)" "an owner of the zone, in any case"
is "$(tlsagen zone list db _25._tcp.mail.example.org.)" "$(grep Mail whole)" "an absolute owner"
is "$(tlsagen zone list --type NS db @)" "$(grep 'IN	NS' whole)" "the apex"
is "$(tlsagen zone list db h2)" "$(grep ^h2 whole)" "what \$GENERATE makes"
is "$(tlsagen zone list db www.sub)" "$(grep ^www whole)" "in an included file"
run tlsagen zone list --type A db txt
is "$status$out$err" 0 "nothing of the kind: nothing is listed"

run tlsagen zone list --json db _25._tcp.mail
is "$(python3 -c 'import json, sys
for r in json.load(sys.stdin): print(*(r[k] for k in ("owner", "ttl", "type", "rdata", "file", "line", "generated")))' <<<"$out")" \
    "_25._tcp.Mail.example.org. 3600 TLSA 3 1 1 $a db 8 False
_25._tcp.Mail.example.org. 3600 TLSA 2 1 1 $a db 9 False" "--json"
is "$(tlsagen zone list --json db h2 | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["generated"])')" True \
    "--json tells what \$GENERATE made"
is "$(tlsagen zone list --json db none)" "[]" "--json of nothing is an empty array"

# A signed zone may be looked at.
{ cat db; echo "x RRSIG A 8 2 3600 20300101000000 20260101000000 1 example.org. AAAA"; } >signed
run tlsagen zone list --type RRSIG signed; is "$status:${out%%	*}" "0:x.example.org." "a signed zone"

fails() { # STATUS REGEX WHAT ARGUMENT...
    local wanted=$1 regex=$2 what=$3
    shift 3
    run tlsagen zone list "$@"
    is "$status:$(wc -l <.err)" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: the message"
}
fails 2 'owner x\.example\.net\. lies outside the zone example\.org\.' "an owner outside" db x.example.net.
fails 2 'owner "a\.\.b": ' "an owner that is no name" db a..b
fails 2 'type "FOO" is none that a zone file holds' "an unknown type" --type FOO db
fails 2 'type "ANY" is none' "a type of questions" --type ANY db
fails 1 'no-such: No such file' "no file" no-such
fails 1 '^tlsagen: \.: is a directory' "a directory" .
mkfifo fifo; fails 1 'fifo: is a FIFO' "a FIFO" fifo
: >empty; fails 1 'empty:1:1: no SOA' "an empty file" empty
head -c 4096 /bin/sh >binary; fails 1 'binary:1:1: ' "a binary" --origin example.org binary
sed 1d db >nameless; fails 2 'nameless:.*--origin' "no origin" nameless
is "$(tlsagen zone list --origin example.org nameless | wc -l)" 10 "which --origin gives"
{ cat db; echo 'x A 1.2.3'; } >wrong; fails 1 '^tlsagen: wrong:13:5: ' "rdata that is none" wrong
is "$(tlsagen zone list wrong 2>/dev/null | wc -l)" 10 "after what stands before it"
fails 2 'too few words' "no file given"
fails 2 'too many words, from "c"' "too many words" db b c
tlsagen zone list db 2>.err >/dev/full
is "$?" 1 "a full disk is a failure"
like "$(cat .err)" 'cannot write the result' "and told"

# Memory does not grow with the zone.
if [ -x /usr/bin/time ] && [ -z "${ASAN_OPTIONS-}" ]; then
    { cat nameless; seq -f 'host%.0f A 192.0.2.1' 600000; } >big
    kb=$(/usr/bin/time -f %M "$TLSAGEN" zone list --origin example.org --type TLSA big 2>&1 >.list)
    is "$(wc -l <.list)" 2 "few records of a large zone"
    if [ "$kb" -lt 16384 ]; then ok "in less than 16 MB"; else not_ok "$kb kB"; fi
else
    skip "memory" "no time(1), or a sanitizer, which keeps what was freed"
fi
finish
