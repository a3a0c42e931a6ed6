#!/bin/bash
# `tlsagen create --batch` and `--bundle`: many requests, answered in order whatever fails.
. "$(dirname "$0")/../lib.sh"
cp "$TLSAGEN_DATA"/readme/*.* .
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-128-cbc -pass pass:secret \
    -out locked.key 2>/dev/null
echo secret >passphrase
: >empty.pem

# one LINE: what the single command prints for a line of a batch
one() {
    local host=$1 port=$2 usage=$3 selector=$4 matching=$5
    shift 5
    tlsagen create -c "$*" "$host" "$port" "$usage" "$selector" "$matching"
}

# --- lines ---

cp mail.pem 'my certificate.pem'
cat >good <<'END'
# HOST PORT[,PORT...] USAGE SELECTOR MATCHING FILE

mail.example.org 25,smtps 3 1 1 mail.pem
mail.example.org	443  dane-ta SPKI sha2-256   chain.pem
   # a remark
bücher.example 25 3 0 2 www.pem
mail.example.org. 993 1 1 0 my certificate.pem
mail.example.org 25 3 1 1 next.key
END
: >wanted
while read -r host port rest; do
    case $host in '' | '#') continue ;; esac
    # shellcheck disable=SC2086 # a list of words
    one "$host" "$port" $rest >>wanted 2>/dev/null
done <good
is "$(wc -l <wanted)" 6 "the single command makes six records of these lines"
run tlsagen create --batch good
is "$status" 0 "a batch that succeeds"
is "$out" "$(cat wanted)" "a batch prints what the single command prints"
like "$err" 'warning: good:6: www.pem: certificate does not cover xn--bcher-kva.example' \
    "a warning names its line"
run tlsagen create --quiet --batch - <good
is "$status:$err" "0:" "--batch - reads standard input; -q silences warnings"
is "$out" "$(cat wanted)" "and prints the same"
sed 's/$/\r/' good >crlf
run tlsagen create -q --batch crlf
is "$out" "$(cat wanted)" "lines may end with CRLF"

if command -v ldns-dane >/dev/null; then
    is "$(printf '%s\n' 'mail.example.org 25 3 1 1 mail.pem' 'www.example.net 443 3 0 2 www.pem' |
        tlsagen create -q --batch -)" \
        "$(ldns-dane -n -c mail.pem create mail.example.org 25 3 1 1
           ldns-dane -n -c www.pem create www.example.net 443 3 0 2)" "the records are ldns-dane's"
else
    skip "the records are ldns-dane's" "ldns-dane is not installed"
fi

# --- failures ---

cat >bad <<'END'
mail.example.org 25 3 1 1 mail.pem
mail.example.org 25 3 1
192.0.2.1 25 3 1 1 mail.pem
mail.example.org 25 3 1 1 absent.pem
mail.example.org 25 3 1 1 empty.pem
mail.example.org 25 3 1 1 -
mail.example.org 25 2 1 1 mail.pem
mail.example.org 25 3 1 1 locked.key
www.example.net 443 3 1 1 www.pem
END
run tlsagen create --batch bad
is "$status" 1 "a line that fails: status 1"
is "$out" "$(one mail.example.org 25 3 1 1 mail.pem; one www.example.net 443 3 1 1 www.pem)" \
    "it does not stop the others"
is "$(sed -n 's/^tlsagen: bad:\([0-9]*\): .*/\1/p' <<<"$err" | xargs)" "2 3 4 5 6 7 8" \
    "each failure names its line"
like "$err" 'bad:4: cannot open absent.pem: No such file' "a file that is missing"
like "$err" 'bad:8: locked.key: encrypted, and the passphrase is missing' "an encrypted key"
like "$err" '7 of 9 requests failed' "the failures are counted"
run tlsagen create --batch - <<<'_25._tcp.www.example.net 25 3 1 1 mail.pem'
like "$status $err" '^1 tlsagen: standard input:1: host "_25\._tcp\.www.* has port and protocol before it' \
    "an owner for a host, without a warning before its error"
run tlsagen create --passphrase-file passphrase --batch - <<<'mail.example.org 25 3 1 1 locked.key'
is "$status:$out" "0:$(tlsagen create --passphrase-file passphrase -k locked.key mail.example.org 25)" \
    "--passphrase-file opens the keys of a batch"
run tlsagen create --stop-on-error --jobs 16 --batch bad
is "$status:$out" "1:$(one mail.example.org 25 3 1 1 mail.pem)" \
    "--stop-on-error: nothing after the first failure"
is "$(grep -c . <<<"$err")" 1 "and only that one is reported"
run tlsagen create -W --batch good
is "$status:$(wc -l <<<"$out")" "1:3" "-W: lines with warnings fail"
like "$err" 'tlsagen: good:6: .* \(an error because of -W\)' "-W says so"

printf 'mail.example.org 25 3 1 1 mail.pem\0x\n' >nul
{ head -c 9000 /dev/zero | tr '\0' x; echo; cat good; } >long
run tlsagen create --batch nul
like "$status:$err" '^1:tlsagen: nul:1: a NUL byte stands' "a NUL byte"
run tlsagen create -q --batch long
like "$status:$err" '^1:tlsagen: long:1: the line is longer than 8191 bytes$' "an overlong line"
is "$out" "$(cat wanted)" "and the lines behind it"

run tlsagen create --batch absent
like "$status:$err" '^1:tlsagen: cannot open absent: No such file' "a batch that is missing"
run tlsagen create --batch .
like "$status:$err" '^1:tlsagen: .: is a directory' "a directory"
if [ -c /dev/zero ]; then
    run tlsagen create --batch /dev/zero
    like "$status:$err" '^1:.*tlsagen: /dev/zero: no line ends within 16777216 bytes; give a file of text$' \
        "zeros for ever, for a batch"
    run tlsagen create --bundle /dev/zero 25
    is "$status:$out:$err" "1::tlsagen: /dev/zero: no line ends within 16777216 bytes; give a file of text" \
        "and for a bundle"
    { head -c 17000000 /dev/zero | tr '\0' 'x\n'; echo; cat good; } >very_long
    run tlsagen create -q --batch very_long
    like "$status:$err" '^1:.*tlsagen: very_long: no line ends within' "a line of 17 MB"
    { head -c 17000000 /dev/zero | tr '\0' '\n'; cat good; } >blank_lines
    is "$(tlsagen create -q --batch blank_lines 2>/dev/null)" "$(cat wanted)" "17 MB of empty lines"
else
    skip "zeros for ever" "no /dev/zero"
fi
run tlsagen create --batch /dev/null
is "$status:$out:$err" "0::" "an empty batch: nothing to do"
if [ -c /dev/full ]; then
    status=0
    tlsagen create -q --batch good 2>err >/dev/full || status=$?
    like "$status:$(cat err)" '^1:tlsagen: cannot write the result to standard output: No space left on device$' \
        "a full disk is told once"
else
    skip "a full disk is told once" "no /dev/full"
fi

# --- usage ---

for words in '--batch good mail.example.org 25' '--batch good -c mail.pem' '--batch good --bundle x 25' \
    '--batch good --record "3 1 1"' '--bundle mail.pem' '--batch good --jobs 0' \
    '--batch good --jobs 1000' '--batch good --starttls smtp' \
    '-c mail.pem --jobs 2 mail.example.org 25' '-c mail.pem --stop-on-error mail.example.org 25' \
    '--batch - --passphrase-file -'; do
    eval "run tlsagen create $words"
    is "$status:$out" "2:" "usage: $words"
done

# --- forms ---

run tlsagen create -q --format json --batch good
is "$(python3 -c 'import json, sys
for line in sys.stdin: print(json.loads(line)["owner"])' <<<"$out")" "$(cut -f 1 wanted)" \
    "json: one object a line"
run tlsagen create -q --format nsupdate --batch good
is "$(awk '/^update add/ {n++} /^send$/ {print n; n = 0}' <<<"$out" | xargs)" "1 1 1 1 1 1" \
    "nsupdate: an update for each owner"
run tlsagen create -q --origin example.org --no-ttl --batch good
is "$status:$(head -n 1 <<<"$out" | cut -f 1,2)" "1:_25._tcp.mail	IN" "--origin and --no-ttl"
like "$err" 'good:6: .* does not lie in the zone example.org' "a host outside the zone fails alone"
run tlsagen create -q -b -u --batch good
is "$(grep -c '^_[0-9]*\._udp\..*	TYPE52	\\# ' <<<"$out")" 6 "-b and -u"

# --- order ---

for i in {1..300}; do
    echo "h$i.example $i 3 1 1 mail.pem"
    [ $((i % 50)) != 0 ] || echo "h$i.example $i 3 1 1 empty.pem"
done >some
for _ in {1..40}; do cat some; done >many
tlsagen create --jobs 1 -q --batch many >one.out 2>one.err
is "$(wc -l <one.out):$(grep -c ': empty.pem: empty' one.err)" "12000:240" "12,240 lines, one thread"
for jobs in 2 3 16; do
    tlsagen create --jobs $jobs -q --batch many >more.out 2>more.err
    same one.out more.out "the same records with $jobs threads"
    same one.err more.err "the same messages with $jobs threads"
done

# --- memory and progress ---

# peak COMMAND...: the most memory it had at once, in kB
peak() {
    command time -o peak -f %M "$@" >/dev/null 2>&1
    cat peak
}
# A sanitizer keeps what was freed.
if [ -z "${ASAN_OPTIONS:-}" ] && type -P time >/dev/null; then
    for _ in {1..8}; do cat many; done >very_many
    for jobs in 1 16; do
        few=$(peak "$TLSAGEN" create --jobs $jobs -q --batch many | tail -n 1)
        many=$(peak "$TLSAGEN" create --jobs $jobs -q --batch very_many | tail -n 1)
        if [ "$few" -gt 0 ] && [ "$many" -lt 20000 ] && [ "$many" -lt $((few + few / 4)) ]; then
            ok "memory of $jobs threads: $many kB for 97,920 lines, $few for 12,240"
        else
            not_ok "memory of $jobs threads: $many kB for 97,920 lines, $few for 12,240"
        fi
    done
else
    skip "memory" "no time(1), or a sanitizer, which keeps what was freed"
fi

# script(1) starts $SHELL, whatever that is where the tests run; a function needs bash.
# shellcheck disable=SC2317,SC2016 # for that shell
slowly() { head -n 1 good | cat some -; sleep 0.5; cat some; }
export -f slowly
# shellcheck disable=SC2016
run env TERM=xterm SHELL="$BASH" script -qec 'slowly | "$TLSAGEN" create -q --batch - >/dev/null' /dev/null
like "$out" $'\r\e\\[K[0-9]+ requests, [0-9]+/s' "a terminal sees the progress"
like "$out" $'\r\e\\[Ktlsagen: standard input:[0-9]+: empty.pem' "it makes way for messages"
unlike "$out" $'/s[^\r]' "and is gone at the end"
run env TERM=xterm SHELL="$BASH" script -qec 'tlsagen create -q --batch many >/dev/null 2>err' /dev/null
unlike "$(cat err)" 'requests, ' "a file does not see it"

# --- bundles ---

cat mail.pem www.pem mail-rsa.pem >bundle.pem
run tlsagen create --bundle bundle.pem 25,443 3 1 1
is "$status:$out" "0:$(for c in mail:mail.example.org www:www.example.net mail-rsa:mail.example.org; do
    tlsagen create -c "${c%:*}.pem" "${c#*:}" 25,443; done)" "a bundle: each certificate for its own host"
is "$(tlsagen create --bundle - 25,443 <bundle.pem)" "$out" "from standard input"
{ cat mail.pem; echo; sed '4s/./*/' www.pem; echo text; cat mail-rsa.pem mail.key; } >damaged.pem
run tlsagen create --bundle damaged.pem 25
line=$(($(wc -l <mail.pem) + 2))
like "$status:$err" "^1:tlsagen: damaged.pem:$line: certificate 2: PEM block .* damaged" \
    "a damaged block: its line and number"
like "$err" "damaged.pem:[0-9]+: certificate 4: no certificate" "a key in a bundle"
is "$(wc -l <<<"$out")" 2 "and the others"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null \
    -subj '/CN=E7' -days 30 -addext basicConstraints=critical,CA:TRUE -out anchor.pem 2>/dev/null
cat mail.pem anchor.pem >with_ca.pem
run tlsagen create --bundle with_ca.pem 25
is "$status:$(cut -f 1 <<<"$out")" "1:_25._tcp.mail.example.org." "a CA in a bundle is no host"
like "$err" 'certificate 2: certificate "CN=E7" has no DNS name' "and that is told"
run tlsagen create --bundle empty.pem 25
like "$status:$err" '^1:tlsagen: empty.pem: holds no PEM block' "a bundle without certificates"
for _ in {1..400}; do cat bundle.pem; done >large.pem
tlsagen create --jobs 1 --bundle large.pem 25 >one.out
is "$(wc -l <one.out)" 1200 "1,200 certificates, one thread"
tlsagen create --jobs 3 --bundle large.pem 25 >more.out
same one.out more.out "the same with three threads"
finish
