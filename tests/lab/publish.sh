#!/bin/bash
# `tlsagen publish`: from certificate to record that four name servers really serve; what it does
# when they do not, and undo.
# shellcheck disable=SC2154,SC2086 # of servers.sh; options in one variable
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/publish.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
needs ip dig openssl named rndc nsd nsd-control knotd knotc pdns_server pdns_control
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.a.test
for name in old new; do make_cert $name $host ec; done
old="3 1 1 $(data_of 1 1 old.pem)" new="3 1 1 $(data_of 1 1 new.pem)"

# served PORT OWNER: rdata there, sorted
served() {
    dig +noall +answer @127.0.0.1 -p "$1" "$2" TLSA |
        awk '{printf "%s %s %s ", $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i); print ""}' | sort
}
# refused STATUS REGEX WHAT COMMAND...
refused() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    "$@"
    is "$status:$(wc -l <<<"$err")" "$wanted:1" "$what: status, one line"
    like "$err" "$regex" "$what: what is said"
}

{ zone_text 1; echo 'mail A 127.0.0.1'; } >a.test.zone
cp a.test.zone plain.zone
{ zone_text 1; printf 'mail A 127.0.0.1\n_25._tcp.mail CNAME _465._tcp.mail\n_465._tcp.mail CNAME _dane\n'; } >alias.zone
start_named '
zone "a.test" { type primary; file "a.test.zone"; dnssec-policy default; inline-signing yes; };
zone "plain.test" { type primary; file "plain.zone"; };
zone "alias.test" { type primary; file "alias.zone"; };'
state="--state-dir $tmp/state"
publish() { run tlsagen publish $state --control-key rndc.key --control-host 127.0.0.1 "$@"; }
zone="-f a.test.zone --origin a.test"

publish -n $zone -c old.pem $host 25
is "$status$err" 0 "a dry run"
like "$out" $'\n\\+_25\._tcp\.mail\.a\.test\.\t300\tIN\tTLSA\t'"$old"$'\nthen: rndc -k rndc.key -s 127.0.0.1 reload a.test
then: until the server has serial 2 and the records, 30 s at most$' \
    "shows the edit, the command, and what is waited for"
publish -n --json --wait 5 --wait-authoritative --wait-secure $zone -c old.pem $host 25
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["dry_run"], d["changed"], d["new_serial"]); print("\n".join(d["plan"].splitlines()[-3:]))' <<<"$out")" \
    "0:True True 2
then: until the server has serial 2 and the records, 5 s at most
then: until every authoritative server has them, 5 s at most
then: until a validating resolver finds them secure, 5 s at most" "--json, and the waits for the world"
is "$(find state 2>/dev/null)" "" "and writes nothing"

publish $zone -c old.pem $host 25,465
is "$status$err" 0 "a first publish, of two ports"
like "$out" '^_25\._tcp\.mail\.a\.test\. published, serial 1 -> 2, served after [0-9]+\.[0-9]+ s
_465\._tcp\.mail\.a\.test\. published, serial 1 -> 2, served' "a line for each"
is "$(served 53 _25._tcp.$host)$(served 53 _465._tcp.$host)" "$old$old" "both are served"
like "$(dig +dnssec @127.0.0.1 _25._tcp.$host TLSA)" 'RRSIG' "and signed"
is "$(python3 -c 'import json; d = json.load(open("state/publish/_25._tcp.mail.a.test.json")); print(d["phase"], d["zone"], repr(d["before"]), d["old_serial"], d["new_serial"])')" \
    "done a.test. '' 1 2" "the journal"

publish -n $zone -c old.pem $host 25,465
like "$status:$out" '^0:a\.test\.: unchanged, serial 2' "a dry run with nothing to do"
cp -p a.test.zone before; cp -p state/publish/_25._tcp.mail.a.test.json journal
loads=$(grep -c "loaded serial" named.log)
publish $zone -c old.pem $host 25,465
is "$status:$out" "0:_25._tcp.mail.a.test. unchanged, serial 2, served
_465._tcp.mail.a.test. unchanged, serial 2, served" "a second run changes nothing"
is "$(stat -c '%i %y' a.test.zone)" "$(stat -c '%i %y' a.test.zone)" "writes nothing"
same a.test.zone before "of the zone"
same state/publish/_25._tcp.mail.a.test.json journal "and of the journal"
is "$(grep -c "loaded serial" named.log)" "$loads" "and reloads nothing"

publish --add --json $zone -c new.pem $host 25
is "$status:$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["owners"], d["changed"], d["old_serial"], d["new_serial"], d["served"], d["former_ttl"])' <<<"$out")" \
    "0:['_25._tcp.mail.a.test.'] True 2 3 True 300" "--add and --json"
is "$(served 53 _25._tcp.$host)" "$(printf '%s\n' "$old" "$new" | sort)" "both records are served"
publish -q $zone -c new.pem $host 25; is "$status$out$err" 0 "-q"
is "$(served 53 _25._tcp.$host)" "$new" "the new one in place of both"

publish --undo $host 25
is "$status:$out" "0:_25._tcp.mail.a.test. undone, serial 4 -> 5" "undo"
is "$(served 53 _25._tcp.$host)" "$(printf '%s\n' "$old" "$new" | sort)" "both are there again"
refused 1 'was undone already' "undo twice" publish --undo $host 25
publish -q --undo $host 465; is "$status:$(served 53 _465._tcp.$host)" 0: "undo of a first publish"
refused 1 'nothing was published for _99\._tcp' "undo of nothing" publish --undo $host 99

# A run that was killed between edit and reload is finished by the next.
tlsagen create -c old.pem $host 25 | tlsagen zone put -q --origin a.test a.test.zone
publish $zone -c old.pem $host 25
like "$status:$out" '^0:_25\._tcp\.mail\.a\.test\. unchanged, serial 7, served' "an edit that was not loaded yet is"
is "$(served 53 _25._tcp.$host)" "$old" "and served"

# What the server does not take is put back: here a file that we find good, and BIND does not.
echo 'mx MX 10 nowhere.a.test.' >>a.test.zone; echo 'x 300 IN TYPE1 \# 3 010203' >>a.test.zone
cp a.test.zone before
publish --wait 2 $zone -c new.pem $host 25
is "$status:$(wc -l <<<"$err")" 4:1 "a file that the server refuses: status, one line"
like "$err" 'serves serial 7, not serial 8.*the former records are in the file again, serial 9, which the server has not loaded either$' \
    "what is said"
is "$(diff before a.test.zone | grep -c '^[<>]')" 2 "nothing differs from before but the serial"
is "$(tlsagen zone list --origin a.test --type TLSA a.test.zone | cut -f5)" "$old" "with the former record"
is "$(served 53 _25._tcp.$host)" "$old" "which is served all the time"
publish --wait 2 --no-rollback $zone -c new.pem $host 25
unlike "$err" 'former records' "--no-rollback leaves it"
is "$(tlsagen zone list --origin a.test --type TLSA a.test.zone | cut -f5)" "$new" "as it is"
sed -i '/TYPE1/d; /nowhere/d' a.test.zone
publish $zone -c new.pem $host 25; is "$status" 0 "mended, it is loaded"
is "$(served 53 _25._tcp.$host)" "$new" "and served"

# Refused before anything is changed.
cp -p a.test.zone before
sed 's/a.test/b.test/' a.test.zone >b.zone
refused 3 'b\.test.*does not have this zone' "an unknown zone" publish -q --origin b.test -f b.zone -c new.pem mail.b.test 25
refused 4 'nobody answers rndc' "no server" publish --control-port 954 $zone -c old.pem $host 25
refused 1 'certificate' "no certificate" publish $zone -c /dev/null $host 25
refused 1 'cannot make the folder' "a journal that cannot be written" publish --state-dir /proc/x $zone -c old.pem $host 25
refused 1 'refuses the new file' "--check-with" publish --check-with false $zone -c old.pem $host 25
refused 2 'no zone file given' "no zone file" publish -c old.pem $host 25
refused 2 'the host is missing' "no host" publish $zone -c old.pem
refused 2 'port' "port 70000" publish $zone -c old.pem $host 70000
same a.test.zone before "the zone file is as it was"
echo 'bad TLSA 3 1 1 aa' >>plain.zone; echo '_25._tcp.sub.mail NS x' >>plain.zone
publish -f plain.zone --origin plain.test -q -c new.pem mail.plain.test 25
is "$status" 0 "other records' faults stop nobody"
echo 'other NS x' >>plain.zone; cp plain.zone before
refused 3 'the zone would have an error: plain\.zone:[0-9]+:[0-9]+: _25\._tcp\.other\.plain\.test\.: TLSA below the delegation' \
    "a record that nobody would find" publish -f plain.zone --origin plain.test -q -c new.pem other.plain.test 25
same plain.zone before "is not written"

# Aliases are followed; what stood at their target is what is put back.
alias() { publish --follow-cname -f alias.zone --origin alias.test "$@"; }
in_alias() { tlsagen zone list --origin alias.test --type TLSA alias.zone | cut -f1,5 | sort; }
refused 1 'is an alias \(CNAME\) of' "an alias" publish -f alias.zone --origin alias.test -q -c new.pem mail.alias.test 25
alias -n -q -c old.pem mail.alias.test 25,465
like "$status:$out" $'^0:.*\n\\+_dane\\.alias\\.test\\.\t300\tIN\tTLSA\t'"$old"$'\nthen:' "--follow-cname: a dry run"
is "$(grep -c '^+_' <<<"$out")" 1 "shows the target, once"
alias -q -c old.pem mail.alias.test 25
is "$status$err:$(in_alias)" "0:_dane.alias.test.	$old" "--follow-cname edits the target"
is "$(dig +short @127.0.0.1 _25._tcp.mail.alias.test TLSA | tail -n 1 | cut -c 1-15 | tr A-Z a-z)" "$(cut -c 1-15 <<<"$old")" "and the alias leads there"
is "$(python3 -c 'import json; d = json.load(open("state/publish/_25._tcp.mail.alias.test.json")); print(d["owner"], d["after"].split()[0])')" \
    "_dane.alias.test. _dane.alias.test." "the journal has the target"
cp -p alias.zone before
alias -c old.pem mail.alias.test 25,465
is "$status:$(cut -d' ' -f2 <<<"$out" | uniq)" "0:unchanged," "once, by both aliases"
same alias.zone before "nothing is written"
alias -q -c new.pem mail.alias.test 25,465
is "$status$err:$(in_alias)" "0:_dane.alias.test.	$new" "the new one in place of it"
cp alias.zone good; echo 'x 300 IN TYPE1 \# 3 010203' >>alias.zone
alias -q --wait 2 -c old.pem mail.alias.test 25
like "$status:$err" '^4:.*the former records are in the file again' "a file that the server refuses"
is "$(in_alias)" "_dane.alias.test.	$new" "the target has its former record"
sed -i '/TYPE1/d' alias.zone
alias -q -c old.pem -c new.pem mail.alias.test 465
publish -q --undo mail.alias.test 465
is "$status$err:$(in_alias)" "0:_dane.alias.test.	$new" "undo, without --follow-cname"
alias -q --origin alias.test -c old.pem mail.alias.test 25; publish -q --undo mail.alias.test 25
is "$status$err:$(in_alias)" "0:_dane.alias.test.	$new" "undo by the other alias"
is "$(served 53 _dane.alias.test)" "$new" "what is put back is served"

# Killed at any moment: the next run completes.
i=0
for after in 0.005 0.01 0.02 0.03 0.05 0.08 0.12; do
    i=$((i + 1))
    cert=$([ $((i % 2)) = 0 ] && echo new || echo old)
    { timeout -s KILL $after "$TLSAGEN" publish -q $state --control-key rndc.key --control-host 127.0.0.1 $zone -c $cert.pem $host 25; } 2>/dev/null
    tlsagen zone check -q --origin a.test a.test.zone >/dev/null || not_ok "the zone is whole after $after s"
    publish $zone -c $cert.pem $host 25
    is "$status:$(served 53 _25._tcp.$host)" "0:3 1 1 $(data_of 1 1 $cert.pem)" "killed after $after s, and run again"
done
is "$(find . -name '*tlsagen-new*' -o -name '*.new' | wc -l)" 0 "no litter is left"

# Two at once, of different owners.
(tlsagen publish $state --control-key rndc.key --control-host 127.0.0.1 $zone -c old.pem $host 993 >one 2>&1) &
publish $zone -c old.pem $host 995
wait $!
is "$(served 53 _993._tcp.$host)$(served 53 _995._tcp.$host)" "$old$old" "two at once"

# The other servers.
others() { # KIND PORT FILE OPTION...
    local kind=$1 port=$2 file=$3
    shift 3
    wait_for_serial "$port" a.test 1
    run tlsagen publish $state-$kind --server "$kind" "$@" --query "127.0.0.1#$port" -f "$file" -c old.pem $host 25
    is "$status$err" 0 "$kind: a publish"
    like "$out" 'published, serial 1 -> 2, served after' "$kind: is confirmed"
    is "$(served "$port" _25._tcp.$host)" "$old" "$kind: the record is served"
    run tlsagen publish $state-$kind --server "$kind" "$@" --query "127.0.0.1#$port" -f "$file" -c old.pem $host 25
    like "$status:$out" '^0:.* unchanged, serial 2, served' "$kind: once"
}
for kind in nsd knot pdns; do { zone_text 1; echo 'mail A 127.0.0.1'; } | sed '1i $ORIGIN a.test.' >a.test.$kind; done
start_nsd a.test; others nsd 5301 a.test.nsd --control-config nsd.conf
start_knot a.test; others knot 5302 a.test.knot --control-config knot.conf --control-host "$PWD/knot.sock"
start_pdns a.test; others pdns 5303 a.test.pdns --control-config "$PWD/pdns"
[ $tap_failed = 0 ] || tail -n 8 ./*.log | sed 's/^/# /'
finish
