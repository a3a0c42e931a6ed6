#!/bin/bash
# tlsagen zone check: findings with their places, exit codes, JSON; the rules are test_lint's.
# shellcheck disable=SC2016 # directives of zone files
. "$(dirname "$0")/../lib.sh"

a=$(printf 'a%.0s' {1..64})
head='$ORIGIN example.org.
$TTL 1h
@ IN SOA ns h 2026112301 2 3 4 5
 NS ns
 MX 10 mail
ns A 192.0.2.1
mail A 192.0.2.2'
{ echo "$head"; echo "_25._tcp.mail TLSA 3 1 1 $a"; } >good
run tlsagen zone check good
is "$status$err" 0 "a good zone"
is "$out" "example.org: serial 2026112301, 0 errors, 0 warnings" "and a summary"
run tlsagen zone check -q good; is "$status$out$err" 0 "-q says nothing of it"

echo "$head" >warned
run tlsagen zone check warned
is "$status" 0 "warnings alone"
is "$out" "warned:5:2: warning: mail goes to mail.example.org., which has no TLSA record at _25._tcp; see tlsagen-create(1) [mx-without-tlsa]
example.org: serial 2026112301, 0 errors, 1 warning" "a warning, with its place"
run tlsagen zone check -q warned; is "$status$out" 0 "-q leaves warnings out"
run tlsagen zone check -W warned
is "$status" 3 "-W: warnings are errors"
like "$out" '^warned:5:2: error: mail goes' "and are called so"
run tlsagen zone check -qW warned
is "$status:$(wc -l <<<"$out")" 3:1 "-q -W: they are shown"

{ cat good; printf '%s\n' '_443._tcp.www TLSA 3 1 1 aabb' 'x A )' 'other.net. A 192.0.2.1' \
    '$INCLUDE part' 'y CNAME z'; } >bad
printf 'y A 192.0.2.1\nz FOO bar\n' >part
run tlsagen zone check bad
is "$status" 3 "errors"
is "$(sed -E 's/: (error|warning): .* \[/ \1 [/' <<<"$out")" "bad:9:15 error [digest-length]
bad:10:5 error [syntax]
bad:11:1 error [outside]
part:2:3 error [syntax]
bad:13:3 error [cname]
example.org: serial 2026112301, 5 errors, 0 warnings" "all of them are told, in included files too"

run tlsagen zone check --json bad
is "$status" 3 "--json: the same status"
is "$(python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["zone"], d["file"], d["serial"], d["errors"], d["warnings"])
for f in d["findings"]: print(f["severity"], f["rule"], f["file"], f["line"], f["column"])' <<<"$out")" \
    "example.org. bad 2026112301 5 0
error digest-length bad 9 15
error syntax bad 10 5
error outside bad 11 1
error syntax part 2 3
error cname bad 13 3" "--json"
printf '%s\nx caf\xe9 y\n' "$head" >latin
run tlsagen zone check --json latin
is "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["findings"][0]["text"])' <<<"$out")" \
    '"caf?" is no record type' "--json of bytes that are not UTF-8"

touch good.jnl; run tlsagen zone check good
like "$out" 'good:1:1: warning: a journal \(\.jnl\) lies beside .*\[journal\]' "a journal"
rm good.jnl

fails() { # STATUS REGEX WHAT ARGUMENT...
    local wanted=$1 regex=$2 what=$3
    shift 3
    run tlsagen zone check "$@"
    is "$status" "$wanted" "$what: status"
    like "$out$err" "$regex" "$what: what is said"
}
: >empty; fails 3 '^empty:1:1: error: no SOA' "an empty file" empty
fails 1 'no-such: No such file' "no file" no-such
fails 1 '^tlsagen: \.: is a directory' "a directory" .
mkfifo fifo; fails 1 'fifo: is a FIFO' "a FIFO" fifo
head -c 100000 /bin/sh >binary; fails 3 '^binary:1:1: error: a control byte' "a binary" --origin example.org binary
printf '\0\0\0\2\0\0\0\1' >raw; fails 3 '^raw:1:1: error: is a zone in raw format' "a raw zone" raw
sed 1d good >nameless; fails 2 'nameless:2:1: nothing tells the zone.s name; give it with --origin' "no origin" nameless
run tlsagen zone check --origin example.org nameless; is "$status" 0 "which --origin gives"
fails 2 'too few words' "no file given"
fails 2 'too many words' "two files" good bad
tlsagen zone check good 2>.err >/dev/full
is "$?" 1 "a full disk is a failure"
like "$(cat .err)" 'cannot write the result' "and told"

# The digests of nothing are those that OpenSSL makes.
for kind in "1 sha256" "2 sha512"; do
    digest=$(openssl dgst "-${kind#* }" -r /dev/null | cut -d' ' -f1)
    { echo "$head"; echo "_25._tcp.mail TLSA 3 1 ${kind% *} $digest"; } >nothing
    run tlsagen zone check nothing
    like "$out" 'error: .* the digest of empty input' "${kind#* } of nothing"
done

# Memory does not grow with the zone.
if [ -x /usr/bin/time ] && [ -z "${ASAN_OPTIONS-}" ]; then
    { cat good; seq -f 'host%.0f A 192.0.2.1' 600000; } >big
    kb=$(/usr/bin/time -f %M "$TLSAGEN" zone check -q big 2>&1)
    if [ "$kb" -lt 16384 ]; then ok "a large zone in less than 16 MB"; else not_ok "$kb kB"; fi
else
    skip "memory" "no time(1), or a sanitizer, which keeps what was freed"
fi
finish
