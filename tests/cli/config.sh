#!/bin/bash
# tlsagen config check: what is told, of text and JSON, with which exit code.
. "$(dirname "$0")/../lib.sh"

touch z s
good="zone example.org { file = $PWD/z }
service a { host = a.example.org ports = 25 source = $PWD/s }"
echo "$good" >good.conf

run tlsagen config check -C good.conf
is "$status:$out:$err" "0:good.conf: 1 zone, 1 service:" "a good file"
run tlsagen config check --quiet --config good.conf
is "$status:$out:$err" "0::" "--quiet"
is "$(tlsagen config check -C - <good.conf)" "-: 1 zone, 1 service" "standard input"
is "$(tlsagen config check -C <(cat good.conf) | cut -d : -f 2)" " 1 zone, 1 service" "a pipe"

printf '%s\n' "$good" 'service b { prts = 1 }' 'zone x {' >bad.conf
run tlsagen config check -C bad.conf
is "$status:$out" "1:" "faults fail, and nothing is the result"
is "$err" 'tlsagen: bad.conf:3: unknown option "prts"; is ports meant?
tlsagen: bad.conf:4: this zone does not end; write } behind it
tlsagen: bad.conf:4: zone x: neither file nor update is given; give one of them
tlsagen: bad.conf:3: service b: host is missing; give the host'"'"'s name' "each fault has its line"
run tlsagen config check --json -C bad.conf
is "$status" 1 "faults in JSON"
is "$(python3 -c 'import json, sys; r = json.loads(sys.argv[1])
print(r["file"], r["good"], r["zones"], [f["line"] for f in r["faults"]])' "$out")" \
    "bad.conf False None [3, 4, 4, 3]" "the report in JSON has them"
run tlsagen config check --json -C good.conf
is "$(python3 -c 'import json, sys; r = json.loads(sys.argv[1])
print(r["good"], r["zones"], r["services"], r["faults"])' "$out")" "True 1 1 []" "and what is good"

echo '{"zone": {"example.org": {"file": "z"}}}' >good.json
cp good.json other
is "$(tlsagen config check -C good.json)" "good.json: 1 zone, 0 services" "JSON by its name"
is "$(tlsagen config check --format json -C other)" "other: 1 zone, 0 services" "JSON by --format"
run tlsagen config check --format text -C good.json
is "$status" 1 "and it is no text"
echo '{"zone": {"a": {"file": "/z"}, "a": {}}}' >twice.json
run tlsagen config check -C twice.json
like "$status:$err" '^1:tlsagen: twice.json:1: is no JSON: duplicate object key' "a key twice"

# Several files, each named as it was found.
mkdir -p conf.d
echo "$good" >conf.d/1.conf
echo "service b { host = b.example.org ports = 25 source = $PWD/s ttl = x }" >conf.d/2.conf
echo 'include "conf.d/*.conf"' >main.conf
run tlsagen config check -C main.conf
is "$err" "tlsagen: $PWD/conf.d/2.conf:1: ttl \"x\" is not a time; give seconds, or units as in 1h30m" \
    "a fault of an included file"
run tlsagen config check -C none.conf
is "$status:$err" "1:tlsagen: cannot open none.conf: No such file or directory" "no file"

# Permissions.
chmod o+w good.conf
run tlsagen config check -C good.conf
is "$status:$err" "3:tlsagen: good.conf: everybody can write to it; chmod o-w" "everybody's file"
echo secret >key
echo 'zone example.org { update = 192.0.2.1 tsig = key }' >tsig.conf
chmod 644 key
run tlsagen config check -C tsig.conf
is "$status:$err" "3:tlsagen: tsig.conf:1: $PWD/key: everybody can read or change this secret; chmod o= it" \
    "everybody's secret"
chmod 600 key
run tlsagen config check -C tsig.conf
is "$status" 0 "a secret that is one"
if [ "$(id -u)" = 0 ]; then
    chown 12345 tsig.conf
    run tlsagen config check -C tsig.conf
    is "$status:$err" "3:tlsagen: tsig.conf: belongs to user 12345, and root reads it; give it to root with chown" \
        "somebody else's file, as root"
    chown 0:12345 tsig.conf
    chmod 660 tsig.conf
    run tlsagen config check -C tsig.conf
    is "$status:$err" "3:tlsagen: tsig.conf: its group can write to it, and root reads it; chmod g-w" \
        "a group's file, as root"
else
    skip "somebody else's file, as root" "not root"
fi

# What is named and is not there may still come; what cannot work is a fault.
mkdir -p folder programs
touch programs/plain "programs/with blank"
install -m 755 /dev/null programs/fine
install -m 755 /dev/null "programs/fine too"
check_one() { # LINE...: of a service a, behind the zone's two lines
    printf '%s\n' 'zone example.org { file = z server = rndc' "${zone_line-} }" \
        'service a { host = a.example.org ports = 25 source = s live = live' "$@" '}' >one.conf
    run tlsagen config check -C one.conf
}
check_one 'after-deploy = { programs/fine, x }'
is "$status:$out:$err" "0:one.conf: 1 zone, 1 service:" "a program with a path, and a word"
check_one 'source = none' # over the one before: it is a second one
like "$status:$err" '^1:tlsagen: one\.conf:4: source is given already' "a second source"
sed 's/source = s /source = none /' one.conf | sed '/^source/d' >none.conf
run tlsagen config check -C none.conf
is "$status:$out:$err" "0:none.conf: 1 zone, 1 service:tlsagen: warning: none.conf:3: source $PWD/none is not there; a certificate has to be put there before anything is published" \
    "a certificate that is not issued yet is a warning"
is "$(tlsagen config check -q -C none.conf 2>&1)" "" "-q tells no warnings"
run tlsagen config check --json -C none.conf
is "$(python3 -c 'import json, sys; r = json.loads(sys.argv[1])
print(r["good"], r["faults"], [(w["line"], "source" in w["text"]) for w in r["warnings"]])' "$out")" \
    "True [] [(3, True)]" "JSON has warnings"
check_one 'after-deploy = "systemctl reload postfix"'
is "$status:$err" '1:tlsagen: one.conf:4: after-deploy: no program is called "systemctl reload postfix", and there is no shell to part its words; give them by themselves: { "systemctl", "reload", "postfix" }' \
    "a command in one word"
check_one 'when-ready = { "programs/fine x", y }'
like "$status:$err" '^1:tlsagen: one\.conf:4: when-ready: no program is called "programs/fine x"' "or with others behind it"
check_one 'when-ready = "programs/none x"'
like "$status:$err" '^0:tlsagen: warning: one\.conf:4: when-ready: the program programs/none x is not there' "a path with a blank that is not there"
check_one 'when-ready = "sh programs/fine"'
like "$status:$err" '^1:tlsagen: one\.conf:4: when-ready: no program is called "sh programs/fine"' "or with a path behind it"
mkdir -p programs/My
check_one 'when-ready = "programs/My Tools/hook"'
like "$status:$err" '^0:tlsagen: warning: one\.conf:4: when-ready: the program programs/My Tools/hook is not there' "a folder is no first word of a command"
check_one 'after-deploy = "programs/fine too"'
is "$status:$err" "0:" "a program may have a blank in its name"
zone_line='check-with = "named-checkzone example.org"' check_one
like "$status:$err" '^1:tlsagen: one\.conf:2: check-with: no program is called "named-checkzone example\.org"' "of a zone"
zone_line='' check_one 'after-deploy = programs/none'
is "$status:$err" "0:tlsagen: warning: one.conf:4: after-deploy: the program programs/none is not there; install it, or give another one" \
    "a program that is not there"
check_one 'after-deploy = no-such-program-anywhere'
like "$status:$err" '^0:tlsagen: warning: one\.conf:4: after-deploy: there is no program "no-such-program-anywhere" in PATH' "nor in PATH"
check_one 'after-deploy = programs/plain'
is "$status:$err" "1:tlsagen: one.conf:4: after-deploy: programs/plain is not executable; chmod +x it, or give another program" \
    "one that is no program"
check_one 'after-deploy = ./folder'
like "$status:$err" '^1:tlsagen: one\.conf:4: after-deploy: \./folder is no program' "nor is a folder"
zone_line='control-key = none' check_one 'backup-ca = { s, none.pem }'
is "$status:$err" "0:tlsagen: warning: one.conf:2: control-key $PWD/none is not there; give the key that the name server has, or leave it out for rndc's own
tlsagen: warning: one.conf:4: backup-ca $PWD/none.pem is not there; put the CA's certificate there, or take it out" \
    "each file that is not there"
zone_line='control-key = folder' check_one
is "$status:$err" "1:tlsagen: one.conf:2: control-key $PWD/folder is a folder; give a file" "a folder for a file"
unset zone_line
echo 'trust-anchor = none' >anchor.conf
run tlsagen config check -C anchor.conf
like "$status:$err" "^0:tlsagen: warning: anchor\.conf:1: trust-anchor $PWD/none is not there; write DS or DNSKEY" "a trust anchor"
printf '%s\n' 'zone example.org { file = z }' 'defaults { source = s backup-ca = none ports = 25 }' \
    'service a { host = a.example.org }' 'service b { host = b.example.org }' \
    'service c { host = c.example.org source = "%h" }' 'service-template t { hosts = { d.example.org, e.example.org } source = "%h" }' >many.conf
run tlsagen config check -C many.conf
is "$status:$(sed "s|$PWD/||; s/ is not there.*//" <<<"$err")" "0:tlsagen: warning: many.conf:2: backup-ca none
tlsagen: warning: many.conf:5: source c.example.org
tlsagen: warning: many.conf:6: source d.example.org
tlsagen: warning: many.conf:6: source e.example.org" "what stands once is told once, for each path"

# Pinned records.
pin() {
    printf '%s\n' 'zone example.org { file = z }' "service a { host = a.example.org ports = 25 pinned = \"$1\" }" >pin.conf
    run tlsagen config check -C pin.conf
}
pin "3 1 1 $(printf %064d 1)"; is "$status:$err" "0:" "a pinned digest"
pin "3 1 0 0102"; is "$status:$err" "0:" "data in full has any length"
pin "3 1 1 abcd"
is "$status:$err" '0:tlsagen: warning: pin.conf:2: pinned "3 1 1 ..." has 2 bytes where a digest of matching type 1 has 32, and no client uses it; give the whole digest' \
    "one that is too short, as a zone may have it"
pin "3 1 2 $(printf %064d 1)"; like "$err" ' has 32 bytes where a digest of matching type 2 has 64' "of another matching type"
pin "4 1 1 $(printf %064d 1)"; like "$status:$err" '^0:.*pinned "4 1 1 \.\.\.": no client uses such a record' "a usage that there is not"
pin "3 1 1 abxy"
is "$status:$err" "1:tlsagen: pin.conf:2: \"3 1 1 abxy\" is no TLSA record: 'x' is no hex digit; give usage, selector, matching type and data in hex, as in \"3 1 1 0d6f...\"" \
    "what is no hex digit"
pin "3 1 1 abc"; like "$status:$err" '^1:tlsagen: pin\.conf:2: "3 1 1 abc" is no TLSA record: it has an odd number of hex digits, 3;' "half a byte"
is "$(wc -l <<<"$err")" 1 "in one line"

# What libConfuse itself would do with the environment, and print.
FOO=/z bash -c 'echo "state-dir = \"\${FOO}\"" >env.conf'
FOO=/z run tlsagen config check -C env.conf
like "$status:$err" '^1:tlsagen: env.conf:1: "\$\{": variables' "the environment is not put in"

for words in "config" "config chek" "config check x" "config check -C" "config check --format xml"; do
    # shellcheck disable=SC2086 # words
    run tlsagen $words
    is "$status" 2 "wrong usage: $words"
done

# A name that is not UTF-8.
cp good.json $'h\xe4nd.json'
run tlsagen config check --json -C $'h\xe4nd.json'
is "$status:$err $(python3 -c 'import json, sys; print(json.load(sys.stdin)["file"])' <<<"$out")" \
    "0: h?nd.json" "a name that is not UTF-8 is no failure"

# What is no file.
run timeout 60 "$TLSAGEN" config check -C /dev/zero
is "$status:$err" "1:tlsagen: /dev/zero: has a zero byte, so it is no text; give a configuration file" \
    "a device without an end is no configuration"
run tlsagen config check -C ''
is "$status:$err" "1:tlsagen: cannot open a file without a name: No such file or directory" \
    "an empty name"
# A FIFO is waited for: taken for an empty file, as it is without a writer, it would be good.
mkfifo pipe
(sleep 0.3; printf 'zone e.org { file = "db" }\nfoo = 1\n' >pipe) &
run tlsagen config check -C pipe
like "$status:$err" '^1:tlsagen: pipe:2: unknown option "foo"' "a FIFO is read to its end"
wait

# The examples of the manual page and the one that is installed.
run tlsagen config check -C "$TLSAGEN_SOURCE/contrib/tlsagen.conf"
like "$status:$err" '^(0:|3:.*belongs to user)' "contrib/tlsagen.conf"
awk '/^\.Bd -literal/ {n++; inside = 1; next} /^\.Ed/ {inside = 0} inside {print > ("page" n)}' \
    "$TLSAGEN_SOURCE/man/tlsagen.conf.5"
count=0
for page in page*; do
    format=text
    ! head -n 1 "$page" | grep -q '^{' || format=json
    run tlsagen config check -q --format $format -C "$page"
    is "$status:$out$err" 0: "example $page of tlsagen.conf(5), as $format"
    count=$((count + 1))
done
is "$count" 4 "the page has examples"
# All options of the page are there, and it names all that there are.
sed -n 's/^ *\[*[A-Z_]*\]* *=* *{\(\.name = \)*"\([a-z-]*\)", OBJECT_.*/\2/p' \
    "$TLSAGEN_SOURCE/lib/config/schema.c" | sort >options
sed -n 's/^\.It Cm //p' "$TLSAGEN_SOURCE/man/tlsagen.conf.5" | tr -d ' ' | tr , '\n' | sort >named
echo hosts >>named
sort -o named named
succeeds "options are found" test "$(wc -l <options)" -gt 30
same options named "tlsagen.conf(5) names all options, and no other"
finish
