#!/bin/bash
# tlsagen rollover: all that needs no name server: words, configuration, state files, reports.
# shellcheck disable=SC2016 # `live` in messages
. "$(dirname "$0")/../lib.sh"

mkdir -p state/rollover source live
cp "$TLSAGEN_DATA/readme/mail.pem" source/fullchain.pem
install -m 600 "$TLSAGEN_DATA/readme/mail.key" source/privkey.pem
cat >db.example.org <<'END'
example.org. 3600 IN SOA ns.example.org. h.example.org. 1 7200 3600 1209600 3600
example.org. 3600 IN NS ns.example.org.
END
# conf FILE SERVICE...: a configuration with these services
conf() {
    local file=$1 name
    shift
    cat >"$file" <<END
state-dir = "$tmp/state"
zone example.org {
    file = "$tmp/db.example.org"
}
END
    for name; do
        cat >>"$file" <<END
service $name {
    host   = $name.example.org
    ports  = { 25, 587 }
    source = "$tmp/source"
    live   = "$tmp/live/$name"
    ttl    = 1h
}
END
    done
}
conf tlsagen.conf mx1 www imap
rollover() { tlsagen rollover "$@" -C tlsagen.conf; }
names() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for word in sys.argv[1:]:
    at = value
    for part in word.split("."):
        at = at[int(part)] if isinstance(at, list) else at[part]
    print(json.dumps(at))' "$@"; }

# --- words ---

run tlsagen rollover
is "$status" 2 "no subcommand"
run tlsagen rollover rule
is "$status" 2 "an unknown subcommand"
like "$err" 'unknown subcommand "rule"' "it is named"
for sub in $(tlsagen rollover --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *[^ ].*/\1/p'); do
    run rollover "$sub" --help
    is "$status:$err" "0:" "$sub --help"
    like "$out" "^Usage: tlsagen rollover $sub " "$sub --help begins with the usage"
    run rollover "$sub" --no-such-option mx1
    is "$status" 2 "$sub: an unknown option"
    like "$err" "see 'tlsagen rollover $sub --help'" "$sub: and where options are told"
done
for sub in explain abort next-key simulate gate; do
    run rollover $sub
    is "$status:$out" "2:" "$sub: no service named"
done
run rollover gate mx1
is "$status" 2 "gate: no certificate named"
run rollover explain mx1 www
like "$status $err" '^2 .*from "www" on; give SERVICE' "explain: one service too many"
for option in --emergency --adopt; do
    run rollover run $option
    like "$status $err" "^2 .*$option is for the services that are named" "$option is not for all"
done
run rollover run -q -v
is "$status" 2 "quiet and verbose"
run rollover next-key --name www.example.org mx1
like "$status $err" '^2 .*--csr' "a name without a request"
run rollover next-key --csr --name 'no host' mx1
is "$status:$out" "2:" "a name that is no host name"

run rollover gate mx1 none.pem
is "$status:$out:$err" "1::tlsagen: cannot read the certificate none.pem: No such file or directory" \
    "gate: a certificate that does not exist is no answer"
mkdir nothing
run rollover gate mx1 nothing
like "$status:$out:$err" "^1::tlsagen: nothing: .*no server's certificate" "gate: a folder without one"

# --- configuration ---

run tlsagen rollover status -C none.conf
like "$status $err" '^1 tlsagen: .*none\.conf' "no configuration"
sed 's/ttl *= 1h/ttl = 1x/' tlsagen.conf >bad.conf
run tlsagen rollover status -C bad.conf
like "$status $err" '^1 tlsagen: .*bad\.conf:[0-9]+: ' "a fault in it, with its place"
is "$(wc -l <<<"$err")" 1 "on one line"
for sub in status run explain abort next-key simulate; do
    run rollover $sub mx2
    is "$status:$out:$err" "2::tlsagen: no service \"mx2\" in tlsagen.conf; those there: mx1, www, imap" \
        "$sub: an unknown service"
done
# shellcheck disable=SC2046 # names
conf many.conf $(printf 's%d ' {1..12})
run tlsagen rollover status -C many.conf mx1
like "$err" 's9, s10 and 2 more$' "of many services a few are named"
like "$err" '; those there: ' "when none begins so"
sed 's/^service s\([12]\) /service x\1 /' many.conf >begin.conf
run tlsagen rollover status -C begin.conf x
like "$err" '^tlsagen: no service "x" in begin.conf; those that begin so: x1, x2$' "those that begin so"
conf none.conf
run tlsagen rollover status -C none.conf mx1
like "$err" 'those there: none$' "there is none"
run tlsagen rollover run -C none.conf
is "$status:$out:$err" "0::" "run with no service has nothing to do"

# --- nothing known yet ---

run rollover status
is "$status:$err" "0:" "status without a state"
is "$(awk '{print $1, $2}' <<<"$out")" "SERVICE STAGE
mx1 new
www new
imap new" "all services are new"
like "$out" 'mx1 .*/source/fullchain\.pem: the certificate does not cover mx1\.example\.org\.; it is not deployed' \
    "it tells what a first run would stop at"
conf good.conf mail
like "$(tlsagen rollover status -C good.conf)" 'mail .* not looked at yet' "or that no run has looked at it"
is "$(rollover status www mx1 www | awk 'NR > 1 {print $1}' | xargs)" "www mx1" \
    "those that are named, in that order, each once"
is "$(find state/rollover -type f ! -name '*lock')" "" "status writes nothing"
is "$(rollover status --json | names 0.service 1.stage 2.under_way 0.next 0.ports | xargs)" \
    "mx1 new false null [25, 587]" "status --json"
sed 's/^service mx1 {/service-template web {/; s/^    host   = .*/    hosts = { mx1.example.org, www.example.org }/' tlsagen.conf |
    sed '/^service www/,$d; s,live/mx1,live/%n,' >template.conf
run tlsagen rollover status -C template.conf
is "$status:$err" "0:" "status of the services of a template"
is "$(awk 'NR > 1 {print $1, $2}' <<<"$out")" "web@mx1.example.org new
web@www.example.org new" "each is there"
run rollover explain mx1
is "$status:$err" "0:" "explain without a state"
like "$out" 'published.*seen by all servers.*safe.*deployed.*verified.*retired' "the whole time line"
run rollover abort mx1
is "$status:$out" "1:" "abort with nothing under way"
like "$err" 'mx1: nothing is under way' "says so"
run rollover next-key mx1
is "$status" 3 "next-key of a service that was never looked at"
is "$(find state/rollover -type f ! -name '*lock')" "" "no key was made"

# --- a rollover under way, from a state file ---

id=/etc/machine-id
[ -s $id ] && ! grep -qx uninitialized $id || id=/var/lib/dbus/machine-id
[ -s $id ] || { hostname >host; id=$tmp/host; }
host=$(printf 'tlsagen rollover %s' "$(head -n 1 $id)" | sha256sum | cut -c 1-32)
now=$(date +%s)
old=$(printf '0a%.0s' {1..32}) new=$(printf '0b%.0s' {1..32})
# write_state SERVICE LINE...: with the two keys, and the lines of what has happened
write_state() {
    local service=$1
    shift
    {
        printf '%s\n' "tlsagen-rollover 1" "service $service" "host $host $(hostname)" "clock - 0" \
            "now $now" current.known current.certified "current.id $old" "current.keys $old" \
            "current.chains 1" next.known next.certified "next.id $new" "next.keys $new" "next.chains 1" \
            "$@" \
            "record 3 1 1 $old written ours current current+ current.1" \
            "record 3 1 1 $new written ours next next+ next.1" \
            "step $((now - 5000)) published 3 1 1 0b0b" end
    } >"state/rollover/$service.state"
}
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
seen=$((now - 600)) safe=$((now - 600 + 7205))
write_state mx1 "staged $((now - 5000))" "written_at $((now - 5000))" "next_written $((now - 5000))" \
    "ttl 3600" "seen $seen" "looked $now"

run rollover status
is "$status:$err" "0:" "status with a state"
like "$out" "\\* mx1  +seen +$(at $safe) +1h(49|50)m " "the time that is safe, and how long until then"
like "$out" $'\n  www ' "a service with nothing under way is not marked"
is "$(rollover status --json mx1 | names 0.stage 0.under_way 0.next 0.time_line.seen 0.time_line.safe \
    0.time_line.deployed 0.waits.ttl 0.waits.caches 0.waits.keep 0.history.0.text 0.next_key 0.deploys)" \
    "\"seen\"
true
\"$(at $safe)\"
\"$(at $seen)\"
\"$(at $safe)\"
null
3600
7205
3605
\"published 3 1 1 0b0b\"
false
true" "status --json tells the time line, the waits and the history"
is "$(rollover status --json mx1 | names 0.records.0.data 0.records.0.current 0.records.0.next \
    0.records.1.current 0.records.1.next | xargs)" "$old true false false true" "and what each record serves"

run rollover explain mx1
is "$status:$err" "0:" "explain"
like "$out" "  # published  +$(at $((now - 5000)))  1h23m ago" "a mark that was reached"
like "$out" "  > safe  +$(at $safe)  in 1h(49|50)m" "the mark that comes next"
like "$out" $'\n  \. deployed\n' "a mark that nobody knows the time of"
like "$out" "2h5s = 2 T \\+ 5s: T is 1h" "why the wait is so long"
like "$out" "3 1 1 0a0a0a0a0a0a0a0a\\.\\.\\.  the current key" "what a record serves"
like "$out" "$(at $((now - 5000)))  published 3 1 1 0b0b" "the latest steps"
unlike "$out" $'\e|●' "no colour for a pipe, no UTF-8 in the C locale"
like "$(LC_ALL=C.UTF-8 rollover explain mx1)" '◐ safe' "UTF-8 where the locale has it"
is "$(rollover explain --json mx1 | grep -v seconds_left)" "$(rollover status --json mx1 | python3 -c 'import json, sys
print(json.dumps(json.load(sys.stdin)[0], indent=2))' | grep -v seconds_left)" "explain --json is the object of status --json"

if command -v script >/dev/null; then
    on_terminal() { LC_ALL=C.UTF-8 TERM=xterm script -qec "stty cols $1; $2" /dev/null </dev/null; }
    shown=$(on_terminal 80 "'$TLSAGEN' rollover status -C tlsagen.conf")
    like "$shown" $'\e\\[32m●.*─.*\e\\[33m◐.*─○─○─○' "the time line in one row on a terminal"
    unlike "$(on_terminal 80 "NO_COLOR=1 '$TLSAGEN' rollover status -C tlsagen.conf")" $'\e' "NO_COLOR"
    is "$(on_terminal 80 "NO_COLOR=1 '$TLSAGEN' rollover status -C tlsagen.conf; 
        NO_COLOR=1 '$TLSAGEN' rollover explain -C tlsagen.conf mx1" | python3 -c 'import sys
print(max(len(line.rstrip()) for line in sys.stdin.buffer.read().decode().splitlines()))')" 80 \
        "no line is wider than the terminal"
else
    skip "the time line on a terminal" "script is not installed"
fi

# What the clock says is past.
write_state mx1 "staged $((now - 90000))" "written_at $((now - 90000))" "next_written $((now - 90000))" \
    "ttl 3600" "seen $((now - 80000))" "looked $((now - 70000))"
like "$(rollover status mx1)" '\* mx1 +safe ' "safe by now"
write_state mx1 "staged $((now - 90000))" "written_at $((now - 90000))" "next_written $((now - 90000))" \
    "ttl 3600" "seen $((now - 80000))" "looked $now" "switched $((now - 1000))" "verified $((now - 900))"
like "$(rollover status mx1)" "\\* mx1 +verified +$(at $((now - 900 + 3605))) +(44|45)m" \
    "the replaced records are to go"

like "$(rollover explain mx1)" '3 1 1 0a0a0a0a0a0a0a0a\.\.\.  the former key.*3 1 1 0b0b0b0b0b0b0b0b\.\.\.  the key in use' \
    "once it is deployed, the keys are called what they are now"

# Deployed in an emergency, a minute after it was published: not safe until caches have forgotten.
hurried() { # AGO LINE...
    local at=$((now - $1))
    shift
    write_state mx1 "staged $at" "written_at $at" "next_written $at" "ttl 3600" "looked $now" \
        "switch_intent $at" "switched $at" "hasty $at" "$@"
}
until=$((now - 600 + 3605))
hurried 660 "seen $((now - 600))" "next_seen $((now - 600))" "verified $((now - 300))"
run rollover explain mx1
like "$out" "emergency: deployed without waiting: from $(at $((now - 660))) until $(at $until) senders that .* may fail" \
    "explain after an emergency tells since and until when senders may fail"
like "$out" "  > safe  +$(at $until)  in (49|50)m.*  # deployed  +$(at $((now - 660))).*  # verified" \
    "it is deployed, and not safe yet"
like "$out" "1h5s = T \\+ 5s: T is 1h" "and why"
like "$out" "at once, in an emergency" "nobody waited"
is "$(rollover status --json mx1 | names 0.time_line.safe 0.emergency.since 0.emergency.until | xargs)" \
    "$(at $until) $(at $((now - 660))) $(at $until)" "in JSON, too"
hurried 660
run rollover explain mx1
like "$out" "emergency: .*since $(at $((now - 660))) senders .* may fail, until 1h5s after every name server" \
    "until when is not known before every server has the records"
like "$out" $'\n  \. safe\n' "nor when it is safe"
hurried 9000 "next_seen $((now - 8000))" "verified $((now - 7000))" "retire $((now - 100))"
run rollover explain mx1
like "$out" "from $(at $((now - 9000))) until $(at $((now - 8000 + 3605))) senders .* may have failed" "later it is past"
like "$out" "  # seen by all servers  +$(at $((now - 8000))).*  # safe  +$(at $((now - 8000 + 3605))) .*  # retired  " \
    "the time line stays when the replaced records are on their way out"
is "$(rollover status --json mx1 | names 0.time_line.seen | xargs)" "$(at $((now - 8000)))" "in JSON as well"

# --- states that cannot be used ---

sed -i 's/^host [^ ]*/host 00000000000000000000000000000000/' state/rollover/mx1.state
run rollover status
is "$status" 3 "the state of another host"
like "$err" 'mx1\.state:3: the state of another host' "is named"
like "$out" '! mx1 +error.*www +new' "the others are shown"
is "$(rollover status --json 2>/dev/null | names 0.service 0.stage 1.stage | xargs)" "mx1 null new" "in JSON, too"
run rollover explain mx1
is "$status:$out" "3:" "explain of it"
echo "tlsagen-rollover 1" >state/rollover/mx1.state
run rollover status
is "$status" 1 "a state that is cut"
like "$err" 'mx1\.state:' "is named"
echo "tlsagen-rollover 99" >state/rollover/mx1.state
run rollover status mx1
like "$status $err" '^1 .*mx1\.state' "a state of a newer version"
cp state/rollover/mx1.state kept
run rollover run mx1
is "$status" 1 "run on it fails"
like "$err" '^tlsagen: mx1: .*mx1\.state' "with the service and the file"
same state/rollover/mx1.state kept "and leaves it"
is "$(rollover run --json mx1 2>/dev/null | names 0.service 0.kind | xargs)" "mx1 fail" "run --json"
run rollover run -q mx1
like "$err" '^tlsagen: mx1: ' "a failure is told even with -q"
rm state/rollover/mx1.state

# --- a dry run of the words that change something ---

write_state mx1 "staged $((now - 5000))" "written_at $((now - 5000))" "next_written $((now - 5000))" \
    "ttl 3600" "seen $seen" "looked $now"
cp state/rollover/mx1.state kept
for option in -n --dry-run; do
    run rollover abort $option mx1
    is "$status:$err" "0:" "abort $option"
    like "$out" '^mx1: would be done: aborted; what was published for the next key goes$' "tells what would be done"
done
same state/rollover/mx1.state kept "and does nothing of it"
run rollover next-key -n mx1
like "$status $err" '^3 .*mx1: a rollover is under way' "next-key -n refuses what next-key does"
# Nothing is under way, and somebody else deploys.
cp tlsagen.conf ext.conf
sed -i '/live *=/d; s,source *= .*,source = "'"$tmp"'/none",' ext.conf
{
    printf '%s\n' "tlsagen-rollover 1" "service mx1" "host $host $(hostname)" "clock - 0" "now $now" \
        current.known current.certified "current.id $old" "current.keys $old" "current.chains 1" \
        "ttl 3600" "seen $seen" "looked $((now - 90000))" \
        "record 3 1 1 $old written ours current current+ current.1" end
} >state/rollover/mx1.state
cp -p state/rollover/mx1.state kept
run tlsagen rollover abort -n -C ext.conf mx1
like "$status $err" '^1 .*mx1: nothing is under way' "abort -n with nothing under way"
for words in '' --csr --csr=request; do
    # shellcheck disable=SC2086
    run tlsagen rollover next-key -n $words -C ext.conf mx1
    is "$status:$out$err" "0:$([ "$words" != --csr ] || echo 'tlsagen: note: ')mx1: would be done: made the next key, and published its record beside those in use" \
        "next-key -n $words"
done
is "$(tlsagen rollover next-key -n --json --csr -C ext.conf mx1 | names events.0.kind csr | xargs)" "step null" \
    "next-key -n --json"
same state/rollover/mx1.state kept "the state is as it was"
is "$(find state/rollover request ! -name '*lock*' -type f 2>/dev/null)" "state/rollover/mx1.state" "and no key was made"

# --- each next key is a new one ---

sed -i '1i resolver = "127.0.0.1@9"' ext.conf
install -m 600 source/privkey.pem state/rollover/mx1.next.key
run timeout 60 "$TLSAGEN" rollover next-key -q -C ext.conf mx1
is "$status:$out" "4:" "next-key where no name server answers"
is "$(cmp -s source/privkey.pem state/rollover/mx1.next.key; echo $?) $(stat -c %a state/rollover/mx1.next.key)" "1 600" \
    "the key of another time is not taken"
cp state/rollover/mx1.next.key kept.key
run timeout 60 "$TLSAGEN" rollover next-key -q --csr=request -C ext.conf mx1
same state/rollover/mx1.next.key kept.key "asked for again it is the same one"
is "$(openssl req -in request -noout -pubkey)" "$(openssl pkey -in kept.key -pubout)" "which the request is for"
run timeout 60 "$TLSAGEN" rollover abort -q -C ext.conf mx1
is "$(find state/rollover ! -name '*lock*' -type f)" "state/rollover/mx1.state" "a key that was given up is removed"
cp kept state/rollover/mx1.state

# --- nothing is due: nobody is asked ---

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    # LeakSanitizer cannot work beside strace.
    no_leaks=ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    # Deployed by a first run, which then finds no name server.
    conf live.conf mail
    sed -i '1i resolver = "127.0.0.1@9"' live.conf
    run timeout 60 strace -f -E "$no_leaks" -e trace=network -o calls "$TLSAGEN" rollover run -C live.conf mail
    like "$status $out" '^4 mail: deployed: ' "a first run deploys, and then has to look"
    like "$(cat calls)" 'socket\(AF_INET' "which is seen by its system calls"
    data=$(openssl pkey -in source/privkey.pem -pubout -outform DER | sha256sum | cut -c1-64)
    sed -i "/^\(seen\|looked\|ttl\|record\) /d
        s/^end\$/ttl 3600\nseen $seen\nlooked $seen\nrecord 3 1 1 $data written ours current current+ current.1\nend/" \
        state/rollover/mail.state
    touch -d '1 hour ago' state/rollover/*.state
    before=$(stat -c '%n %Y %i' state/rollover/*.state)
    for words in 'live.conf mail' 'ext.conf mx1'; do
        # shellcheck disable=SC2086
        run strace -f -E "$no_leaks" -e trace=network -o calls "$TLSAGEN" rollover run -C $words
        is "$status:$out$err" "0:" "run with nothing due tells nothing ($words)"
        unlike "$(cat calls)" 'AF_INET' "and asks nobody ($words)"
    done
    is "$(stat -c '%n %Y %i' state/rollover/*.state)" "$before" "and writes nothing"
else
    skip "run with nothing due, by its system calls" "strace cannot be used here"
fi
rm -f state/rollover/*.state

# --- standard output that cannot be written ---

for words in status 'explain mx1' 'status --json' 'simulate mx1' --help; do
    # shellcheck disable=SC2086 # words
    run bash -c '"$TLSAGEN" rollover "$@" >/dev/full' bash $words -C tlsagen.conf
    is "$status" 1 "$words: a full disk"
    like "$err" 'No space left' "$words: it is named"
done
run bash -c '"$TLSAGEN" rollover status -C tlsagen.conf >&-'
is "$status" 1 "a closed standard output"

# --- simulate ---

run rollover simulate mx1
is "$status:$err" "0:" "simulate: no client fails"
like "$out" $'^mx1: TTL 1h, 3 name servers .*\ncomplete after [0-9a-z]+; no client fails, in [1-9]' \
    "simulate: the world, and the verdict"
like "$out" $'\n  \\+2h6m +deployed\n' "simulate: deployed at the first run after 5m + 2 T + 5s"
run rollover simulate --emergency mx1
is "$status" 3 "simulate: a deployment at once"
like "$out" 'not safe, after 0s: a client fails' "simulate: shows that a client fails"
is "$(rollover simulate --json mx1 | names complete failed failure | xargs)" "true false null" "simulate --json"
is "$(rollover simulate --json --emergency mx1 | names complete failed failed_after seconds | xargs)" \
    "false true 0 null" "simulate --json of a failure"
run rollover simulate -q --emergency mx1
is "$status:$out$err" "3:" "simulate -q"
like "$(rollover simulate --ttl 1d --server-lag 0 mx1)" $'\n  \\+2d1m +deployed\n' "simulate: another TTL"
for words in '--servers 0' '--servers 7' '--endpoints 5' '--servers x' '--ttl x'; do
    # shellcheck disable=SC2086
    run rollover simulate $words mx1
    is "$status:$out" "2:" "simulate $words"
done
is "$(find state/rollover -type f ! -name '*lock')" "" "simulate writes nothing"
finish
