#!/bin/bash
# tlsagen zone bump: serial and column, several files, what it refuses, and what stays of a file.
# shellcheck disable=SC2016 # directives of zone files
. "$(dirname "$0")/../lib.sh"

zone() { printf '%s\n' '$ORIGIN example.org.' '$TTL 1h' "@ IN SOA ns h ( ; start" "	$1	; serial" \
    ' 7200 3600 1209600 300 )' ' NS ns' 'ns A 192.0.2.1' >"${2:-db}"; }

zone 41
cp db old
run tlsagen zone bump db
is "$status$err" 0 "bump succeeds and is silent on stderr"
is "$out" "example.org: 41 -> 42" "and says what it did"
is "$(diff old db)" '4c4
< 	41	; serial
---
> 	42	; serial' "nothing else changes"
is "$(find . -type f ! -name .out ! -name .err | sort | xargs)" './db ./old' "no other file is left"

zone 41; run tlsagen zone bump -q db; is "$out$err$status" 0 "-q says nothing"
zone 41; run tlsagen zone bump --json db
is "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["zone"], d["old_serial"], d["new_serial"], d["changed"])' <<<"$out")" \
    "example.org. 41 42 True" "--json says it in JSON"

zone 41 $'h\xe4nd'; run tlsagen zone bump --json $'h\xe4nd'
is "$status$err $(python3 -c 'import json,sys; print(json.load(sys.stdin)["file"])' <<<"$out")" "0 h?nd" \
    "and a name that is not UTF-8 is no failure"
rm h*nd

today=$(date -u +%Y%m%d)
zone 41; run tlsagen zone bump --policy date db
like "$out" "41 -> ${today}01\$" "--policy date begins a day with 01"
run tlsagen zone bump db; like "$out" "${today}01 -> ${today}02\$" "a date stays one"
zone 41; run tlsagen zone bump --policy unixtime db
like "$out" "41 -> 1[0-9]{9}\$|41 -> 2[0-9]{9}\$" "--policy unixtime"
zone 41; run tlsagen zone bump --policy increment db; like "$out" "41 -> 42\$" "--policy increment"
zone 4000000000; run tlsagen zone bump --policy date db
is "$out" "example.org: 4000000000 -> 4000000001" "a date that is not newer is left"
like "$err" '^tlsagen: warning: .*no date or time is newer than serial 4000000000' "with a warning"
zone 4000000000; run tlsagen zone bump -W --policy date db; is "$status" 3 "-W makes it a failure"
zone 4294967295; run tlsagen zone bump db; like "$out" "4294967295 -> 1\$" "0 is passed over"

zone 41; run tlsagen zone bump --serial 99 db; like "$out" "41 -> 99\$" "--serial"
run tlsagen zone bump --serial 99 db; is "$status$out" "0example.org: unchanged" "the same serial changes nothing"
touch -d '2001-01-01' db; run tlsagen zone bump --serial 99 db
is "$(stat -c %Y db)" "$(date -d '2001-01-01' +%s)" "and writes nothing"
run tlsagen zone bump --serial 98 db
is "$status" 3 "an older serial is refused"
like "$err" '98 is not newer than the zone.s 99' "and why"
run tlsagen zone bump --serial 4294967296 db; is "$status" 2 "a serial beyond 32 bits"
run tlsagen zone bump --serial 0x10 db; is "$status" 2 "a serial that is not decimal"
run tlsagen zone bump; is "$status" 2 "no file"
run tlsagen zone bump --policy newest db; is "$status" 2 "an unknown policy"

# Dry run: patch(1) makes of the old file what bump makes.
for text in "$(printf '@ SOA a. b. 9 2 3 4 5')" "$(printf '$ORIGIN e.\n\n\n\n\n\n@ SOA (a b\n9\n2 3 4 5\n)\n\n\n\n\n\nx A 1.1.1.1')"; do
    printf '%s' "$text" >db; cp db old
    run tlsagen zone bump --origin e -n db
    is "$status" 0 "a dry run succeeds"
    same db old "and writes nothing"
    printf '%s\n' "$out" | patch -s old 2>&1
    tlsagen zone bump --origin e -q db
    same old db "patch(1) makes of the diff what bump makes"
done

zone 1 a; zone 2 b; printf 'x A 1.1.1.1\n' >c
run tlsagen zone bump a c nowhere b
is "$status" 1 "one of several files fails"
is "$out" "$(printf 'example.org: 1 -> 2\nexample.org: 2 -> 3')" "the others get theirs"
like "$err" 'c:2:1: no SOA record' "what is no zone is told"
like "$err" 'cannot open nowhere: No such file' "and what is not there"
printf '@ SOA a b 1 2 3 4 5\nx A 1.1.1.1\n' >db
run tlsagen zone bump db; is "$out" "db: 1 -> 2" "a zone without a name is told by its file"

# What stands behind the SOA.
zone 1; echo 'x A )' >>db
run tlsagen zone bump db; is "$status" 1 "a fault behind the SOA stops bump"
like "$err" '^tlsagen: db:8:5: ' "and is told with its place"
run tlsagen zone bump --quick db; is "$status$out" "0example.org: 1 -> 2" "--quick does not look there"
zone 1; touch db.jnl
run tlsagen zone bump db; is "$status" 1 "a zone with a journal is refused"
like "$err" 'tlsagen update, or publish with --update or --freeze' "with advice"
rm db.jnl

# Included SOA: that file is edited.
printf '$ORIGIN e.\n$INCLUDE inc/soa\nx A 1.1.1.1\n' >main; mkdir inc
printf '@ SOA a b 9 2 3 4 5\n' >inc/soa; cp main main.old
run tlsagen zone bump main
is "$out" "e: 9 -> 10" "an SOA in an included file"
is "$(cat inc/soa)" "@ SOA a b 10 2 3 4 5" "is edited there"
same main main.old "and nowhere else"

# What a file is besides its bytes.
zone 1; chmod 600 db
if setfattr -n user.note -v kept db 2>/dev/null; then
    tlsagen zone bump -q db
    is "$(getfattr --only-values -n user.note db 2>/dev/null)" kept "extended attributes stay"
else
    skip "extended attributes stay" "no setfattr, or a file system without them"
fi
if setfacl -m u:daemon:r db 2>/dev/null; then
    tlsagen zone bump -q db
    like "$(getfacl -cp db 2>/dev/null)" 'user:daemon:r--' "ACLs stay"
else
    skip "ACLs stay" "no setfacl, or a file system without them"
fi
zone 1; run tlsagen zone bump --backup db
is "$(sed -n 4p db.bak)" "	1	; serial" "--backup keeps the old file"
run tlsagen zone bump --backup=.orig db
is "$(sed -n 4p db.orig)" "	2	; serial" "--backup with a suffix"
run tlsagen zone bump --check-with false db; is "$status" 1 "--check-with that fails"
is "$(sed -n 4p db)" "	3	; serial" "stops the edit"
run tlsagen zone bump --check-with 'grep -q 4.;.serial' db; is "$status" 0 "--check-with sees the new file"
run tlsagen zone bump --check-with 'no-such-program' db; is "$status" 1 "--check-with that is not there"
is "$(find . -name '.*tlsagen*')" "" "no hidden file is left"

if [ "$(id -u)" = 0 ]; then
    mkdir full && mount -t tmpfs -o size=16k none full 2>/dev/null && {
        at_exit "umount '$tmp/full'"
        zone 1 full/db; head -c 12000 /dev/zero | tr '\0' ';' >>full/db; echo >>full/db; cp full/db whole
        run tlsagen zone bump full/db
        is "$status" 1 "a full disk fails"
        like "$err" 'No space left on device; the old file stands' "and says so"
        same full/db whole "the old file stands"
        is "$(ls -A full)" db "and nothing else is there"
    }
fi
# Hard links: other names keep the old zone, which is told once; a backup is none.
zone 41; ln db other; run tlsagen zone bump db
is "$status$out" "0example.org: 41 -> 42" "a file with a hard link is edited"
is "$(grep -c 'warning: .*db: has other names (hard links)' .err)/$(wc -l <.err)" 1/1 "one line warns"
like "$(cat other)" '41' "the other name has the old zone"
run tlsagen zone bump db; is "$err" "" "and is parted from it now"
zone 41; ln -f db other; run tlsagen zone bump -n db
like "$err" 'has other names' "a dry run warns, too"
run tlsagen zone bump -W db; is "$status" 3 "-W makes it a failure"
same db other "which changes nothing"
run tlsagen zone bump --serial 41 db; is "$status$err" 0 "without a change nothing is said"
rm other
zone 41; run tlsagen zone bump --backup db; is "$err" "" "a backup is no such name"
run tlsagen zone bump --backup db; is "$err" "" "nor is one from before"
zone 41 part; printf '$INCLUDE part\n' >db; ln part other; run tlsagen zone bump --origin example.org db
like "$err" 'part: has other names' "an included file with the SOA"
rm -f other part db*

finish
