#!/bin/bash
# tlsagen config check: what is told, of text and JSON, with which exit code.
. "$(dirname "$0")/../lib.sh"

good='zone example.org { file = /z }
service a { host = a.example.org ports = 25 source = /s }'
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

echo '{"zone": {"example.org": {"file": "/z"}}}' >good.json
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
echo 'service b { host = b.example.org ports = 25 source = /s ttl = x }' >conf.d/2.conf
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

# What libConfuse itself would do with the environment, and print.
FOO=/z bash -c 'echo "state-dir = \"\${FOO}\"" >env.conf'
FOO=/z run tlsagen config check -C env.conf
like "$status:$err" '^1:tlsagen: env.conf:1: "\$\{": variables' "the environment is not put in"

for words in "config" "config chek" "config check x" "config check -C" "config check --format xml"; do
    # shellcheck disable=SC2086 # words
    run tlsagen $words
    is "$status" 2 "wrong usage: $words"
done

# The examples of the manual page and the one that is installed.
run tlsagen config check -C "$TLSAGEN_SOURCE/contrib/tlsagen.conf"
like "$status:$err" '^(0:|3:.*belongs to user)' "contrib/tlsagen.conf"
awk '/^\.Bd -literal/ {n++; inside = 1; next} /^\.Ed/ {inside = 0} inside {print > ("page" n)}' \
    "$TLSAGEN_SOURCE/man/tlsagen.conf.5"
count=0
for page in page*; do
    format=text
    ! head -n 1 "$page" | grep -q '^{' || format=json
    run tlsagen config check --format $format -C "$page"
    is "$status:$err" 0: "example $page of tlsagen.conf(5), as $format"
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
