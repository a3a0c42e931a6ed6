#!/bin/bash
# tlsagen plan, apply and import on zone files: what is shown, what is written and what is not, and
# runs that are stopped, killed, or two at once.
. "$(dirname "$0")/../lib.sh"
chmod 755 .
umask 022

cert() { # cert NAME FILE: a certificate with a new key
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" -out "$2" \
        -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -addext basicConstraints=CA:FALSE -days 30 \
        2>/dev/null
}
record() { tlsagen create -c "$1" "$2" 25 3 1 1 | cut -f5; }
zone() { # zone NAME: a zone file
    printf '%s\n' "\$ORIGIN $1." '$TTL 3600' '@ IN SOA ns hostmaster 5 1h 1h 1w 1h ; serial' \
        '@ IN NS ns' 'ns IN A 192.0.2.1' 'mx IN A 192.0.2.2 ; kept' >"$1.db"
}
serial() { sed -n 's/.* SOA ns hostmaster \([0-9]*\) .*/\1/p' "$1.db"; }
identity() { stat -c '%i %y' "$1.db"; }
conf() { # conf [OPTIONS-OF-ZONE]: two zones, two services
    printf '%s\n' 'state-dir = state' \
        "zone example.org { file = example.org.db; ${1-}" '}' \
        "zone example.net { file = example.net.db; ${1-}" '}' \
        'service mx1 { host = mx.example.org' 'ports = { 25, 465 }' 'source = mx1.pem' '}' \
        'service mx2 { host = mx.example.net' 'ports = 25' 'source = mx2.pem' '}' |
        sed 's/; /\n/g' >tlsagen.conf
}
plan() { run tlsagen plan -C tlsagen.conf "$@"; }
apply() { run tlsagen apply -C tlsagen.conf "$@"; }

cert mx.example.org mx1.pem
cert mx.example.net mx2.pem
one=$(record mx1.pem mx.example.org)

# --- a first run, and one that finds nothing to do ---

zone example.org; zone example.net; conf
before=$(identity example.org)
plan
is "$status" 0 "plan"
like "$out" "
\+_25\._tcp\.mx\.example\.org\.	3600	IN	TLSA	$one
\+_465\._tcp\.mx\.example\.org\.	3600	IN	TLSA	$one" "plan shows what would come"
like "$out" "2 of 2 zones would change" "plan counts zones"
is "$(identity example.org)" "$before" "plan writes nothing"
fails "plan leaves no state" test -e state/fleet
plan --exit-code; is "$status" 3 "plan --exit-code when something would change"
plan nobody; like "$status:$err" '^2:tlsagen: no service "nobody" in .*; those there: ' "plan of a service that is not there"
plan --json
is "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["changed"], sorted(c["owner"] for z in d["zones"] for c in z["changes"])[0])' <<<"$out")" \
    "2 _25._tcp.mx.example.net." "plan --json"
run tlsagen apply -n -C tlsagen.conf; is "$status" 0 "apply --dry-run"
is "$(identity example.org)" "$before" "apply --dry-run writes nothing"

apply
is "$status" 0 "apply"
like "$out" "example\.org\. 2 records added, 0 removed, serial 5 -> 6" "apply tells the serials"
like "$(cat example.org.db)" "_25\._tcp\.mx\.example\.org\.	3600	IN	TLSA	$one" "the record is there"
like "$(cat example.org.db)" "192\.0\.2\.2 ; kept" "comments stay"
is "$(serial example.org) $(serial example.net)" "6 6" "one serial for each zone"
run tlsagen status -C tlsagen.conf
like "$out" "mx1 +mx\.example\.org:25,465 +${one:0:14}.* kept by .apply.; its rollover has not begun" \
    "status shows what was published, before there is a rollover"
is "$(tlsagen status --json -C tlsagen.conf | python3 -c 'import json,sys; d=json.load(sys.stdin); r = d["services"][0]["records"][0]; print(r["data"], d["services"][0]["text"])')" \
    "${one#3 1 1 } kept by \`apply\`; its rollover has not begun" "so does its JSON"
cp state/fleet/example.net.applied kept; echo broken >state/fleet/example.net.applied
run tlsagen status -C tlsagen.conf
like "$status:$err:$out" '^1:tlsagen: .*state/fleet/example\.net\.applied:[0-9]+: damaged.*mx1 .* 3 1 1 ' "what cannot be read is told, all else is shown"
mv kept state/fleet/example.net.applied
before="$(identity example.org) $(identity example.net) $(stat -c %i state/fleet/*)"
apply; is "$status" 0 "a second apply"
like "$out" "0 of 2 zones changed" "it has nothing to do"
is "$(identity example.org) $(identity example.net) $(stat -c %i state/fleet/*)" "$before" \
    "it writes nothing"
plan --exit-code; is "$status" 0 "plan --exit-code with nothing to do"

# --- drift ---

sed -i '/_465/d; s/^_25._tcp.mx.example.org.\t3600/_25._tcp.mx.example.org.\t60/' example.org.db
plan
like "$out" "
-_25\._tcp\.mx\.example\.org\.	60	IN	TLSA	$one" "another TTL goes"
like "$out" "
\+_465\._tcp\.mx\.example\.org\." "a record that was removed comes back"
apply; is "$status $(serial example.org) $(serial example.net)" "0 7 6" "one serial restores both"

other="3 1 1 $(printf '%064d' 7)"
put() { printf '_25._tcp.mx.example.org. 3600 IN TLSA %s\n' "$1" >>example.org.db; }
put "$other"; before=$(identity example.org)
apply
is "$status" 1 "records that nobody declared: refused"
like "$err" "_25\._tcp\.mx\.example\.org\.: nobody declared $other; nothing is changed" "it is told"
is "$(identity example.org)" "$before" "that owner is left alone"
plan; is "$status" 0 "plan only shows them"
apply -q
like "$status:$out:$err" "^1::tlsagen: _25\._tcp\.mx\.example\.org\.: nobody declared $other; nothing" \
    "--quiet tells why the status is 1"
plan -q; is "$status:$out$err" 0: "and nothing when it is 0"
sed -i '/_465/d' example.org.db
apply; is "$status" 1 "refused at one owner"
like "$(cat example.org.db)" "_465._tcp.mx.example.org." "other owners of the zone are changed"
conf 'unknown = keep'
apply; is "$status" 0 "unknown = keep"
like "$(cat example.org.db)" "$other" "it is kept"
conf 'unknown = remove'
apply; is "$status" 0 "unknown = remove"
unlike "$(cat example.org.db)" "$other" "it is removed"
conf

# --- a new key ---

old=$one
cert mx.example.org new.pem; cp new.pem mx1.pem; new=$(record mx1.pem mx.example.org)
before=$(identity example.net)
plan
like "$out" "
\+_25\._tcp\.mx\.example\.org\.	3600	IN	TLSA	$new" "the record of a new key comes"
unlike "$out" "
-_" "and none goes"
like "$err" "mx1: a new key" "which is told"
apply; is "$status" 0 "apply with a new key"
is "$(grep -c "^_25.*$old\|^_25.*$new" example.org.db)" 2 "both are there"
is "$(identity example.net)" "$before" "only the zone of the new key is written"
plan --exit-code; is "$status" 0 "then nothing is to be done"
mv mx1.pem away.pem
apply; is "$status" 0 "a certificate that is away changes nothing"
like "$err" "mx1\.pem: no server's certificate yet, there is no such file; what was published stays" \
    "which is told"
mv away.pem mx1.pem

# --- sources without a certificate ---

source_of() { # source_of FILE: a third service, with that source
    conf
    printf '%s\n' 'service mx3 { host = imap.example.net' 'ports = 993' "source = $1" '}' >>tlsagen.conf
}
openssl genpkey -algorithm ed25519 -out alone.pem
source_of alone.pem; apply -q mx3
is "$status:$out:$err" "1::tlsagen: mx3: $PWD/alone.pem: no server's certificate yet, only a private key" \
    "a key where a certificate is meant"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
    -subj /CN=ca -days 30 2>/dev/null
source_of ca.pem; plan -q mx3
like "$status:$out:$err" "^1::tlsagen: mx3: .*: no server's certificate yet, only those of CAs$" \
    "one of a CA"
source_of nothing.pem; plan -q mx3
like "$status:$out:$err" "^1::tlsagen: mx3: .*/nothing.pem: .* yet, there is no such file$" "none at all"
conf

# --- services, zones, faults ---

sed -i '/_465/d' example.org.db; sed -i '/_25/d' example.net.db
apply mx2; is "$status" 0 "one service"
unlike "$(cat example.org.db)" "_465" "others are not touched"
like "$(cat example.net.db)" "_25\._tcp" "that one is"
apply --zone example.org; like "$(cat example.org.db)" "_465" "a zone by its name"
apply nobody; is "$status" 2 "a service that there is not"
apply --zone example.com; is "$status" 2 "a zone that there is not"
like "$err" '^tlsagen: no zone "example.com" in tlsagen.conf; those there: example.org., example.net.$' \
    "those that there are"
apply --zone example.o; like "$err" '; those that begin so: example.org.$' "and those that begin so"
run tlsagen plan -n -C tlsagen.conf; is "$status" 2 "plan has no --dry-run"

cp example.org.db good.db
printf '(\n' >>example.org.db; sed -i '/_25/d' example.net.db
apply; is "$status" 1 "a broken zone"
like "$err" "example\.org\.: .*example\.org\.db:[0-9]+" "its line is told"
like "$(cat example.net.db)" "_25\._tcp" "others are done"
cp good.db example.org.db
if [ "$(id -u)" = 0 ]; then
    skip "a folder that is read-only" "root writes everywhere"
else
    mkdir ro; cp example.org.db ro/; chmod 555 ro; sed -i 's#= example.org.db#= ro/example.org.db#' tlsagen.conf
    sed -i '/_465/d' example.net.db
    apply; is "$status" 1 "a folder that is read-only"
    chmod 755 ro
fi
conf
rm example.org.db; apply; is "$status" 1 "no zone file"
cp good.db example.org.db
printf 'damaged' >state/fleet/example.org.applied
apply; is "$status" 1 "a damaged memory"
like "$err" "example\.org\.applied:2: damaged" "is told with its place"
rm state/fleet/example.org.applied
sed -i '/_25._tcp.mx.example.org/d; /_465/d' example.org.db
apply; is "$status" 0 "without memory it begins anew"

# --- a server that is told ---

cat >load.sh <<'EOF'
#!/bin/sh
echo "$1" >>loads
[ ! -e refuse ]
EOF
chmod 755 load.sh
conf "server = { exec, $PWD/load.sh, \"{}\" }; wait = 0"
: >loads
apply; is "$status $(cat loads)" "0 " "nothing to do, nobody told"
sed -i '/_465/d' example.org.db
apply; is "$status $(cat loads)" "0 example.org" "the zone that changed is loaded, once"
sed -i '/_465/d' example.org.db; before=$(grep -v SOA example.org.db | sort); touch refuse
apply; is "$status" 1 "a server that refuses"
like "$err" "^tlsagen: example\.org\.: $PWD/load.sh failed with .*; the former records are in the file again" \
    "is told, with the zone's name once"
is "$(grep -v SOA example.org.db | sort)" "$before" "the file is as it was"
rm refuse; : >loads
apply; is "$status $(cat loads)" "0 example.org" "the next run does it"

# A run that was killed between the edit and the load.
sed -i '3i pending' state/fleet/example.org.applied; : >loads
apply; is "$status $(cat loads)" "0 example.org" "a load that may be missing is done"
like "$out" "example\.org\. unchanged, and loaded" "which is told"
: >loads; apply; is "$(cat loads)" "" "once"

# --- services of a template, whose names have a "@" ---

zone example.com
printf '%s\n' 'state-dir = state' 'zone example.com {' 'file = example.com.db' '}' \
    'service-template web {' 'ports = 443' 'source = mx1.pem' \
    'hosts = { a.example.com, b.example.com }' '}' >template.conf
run tlsagen apply -C template.conf; is "$status$err" 0 "services of a template"
is "$(grep -c '^_443\._tcp\.[ab]\.example\.com' example.com.db)" 2 "have their records"

zone example.com; rm -rf state; printf '%s\n' 'service other {' 'host = other.example.com' 'ports = 25' 'source = mx1.pem' '}' >>template.conf
run tlsagen plan web --exit-code -C template.conf
is "$status:$(grep -c '^+_443\._tcp\.[ab]\.' <<<"$out"):$(grep -c ^+_ <<<"$out")" 3:2:2 "plan of a template is of all its services"
run tlsagen apply other web@b.example.com web -C template.conf; is "$status:$(grep -c TLSA example.com.db)" 0:3 "so is apply, each once"
run tlsagen status web --json -C template.conf
is "$(python3 -c 'import json,sys; print([s["service"] for s in json.load(sys.stdin)["services"]])' <<<"$out")" \
    "['web@a.example.com', 'web@b.example.com']" "and status"
run tlsagen rollover status web -C template.conf
is "$status:$(grep -c '^  web@' <<<"$out")" 0:2 "and the rollover's"
run tlsagen rollover explain web -C template.conf
is "$status:$err" '2:tlsagen: "web" is a service-template in template.conf; name one of its services: web@a.example.com, web@b.example.com' \
    "where one service is meant, the template's are told"
run tlsagen plan we -C template.conf; like "$status:$err" '^2:.*no service "we".*begin so: web@a\.example\.com, web@b' "a name cut short is none"

# --- import ---

conf
cat >>example.net.db <<'EOF'
_443._tcp.www 60 IN TLSA 2 0 1 (00112233445566778899aabbccddeeff
  00112233445566778899AABBCCDDEEFF)
_8443._tcp.www 60 TLSA 2 0 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
_443._udp.WWW 60 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
*.wild 60 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
EOF
run tlsagen import example.org.db example.net.db
is "$status" 0 "import"
like "$err" "\*\.wild\.example\.net\.: left out" "owners that no service has are told"
{ echo 'state-dir = other-state'; printf '%s\n' "$out"; } >imported.conf
run tlsagen config check -C imported.conf; is "$status" 0 "it is a configuration"
like "$out" "2 zones, 4 services" "ports with the same records share a service"
run tlsagen plan --exit-code -C imported.conf; is "$status" 0 "plan with it finds nothing to do"
cp example.net.db was.db
sed -i 's/^_8443.*//; s/001122334455667788/991122334455667788/' example.net.db
run tlsagen apply -C imported.conf; is "$status" 0 "apply restores what was removed and changed"
like "$(serial example.net)" "^[0-9]+$" "the zone is sound"
is "$(serial example.net)" "$(($(serial was) + 1))" "under one serial"
listed() { tlsagen zone list "$1" --type TLSA | grep -v wild | tr A-Z a-z | sort; }
is "$(listed example.net.db)" "$(listed was.db)" \
    "all records are as they were"
{ cat was.db; printf '%s\n' '_99._tcp.mx 300 TLSA 3 1 1 aa' '_99._tcp.mx 60 TLSA 3 1 1 bb'; } >several.db
run tlsagen import several.db
like "$err" "_99\._tcp\..* several TTLs; the first counts, and .tlsagen apply. gives it to all" "several TTLs"
{ echo 'state-dir = several'; printf '%s\n' "$out"; } >several.conf
run tlsagen plan --exit-code -C several.conf
like "$status:$err" "^3:.*_99\._tcp\.mx.*: its records have several TTLs; all get 300" "plan says what would change"
run tlsagen import; is "$status" 2 "import without a file"
run tlsagen import none.db; is "$status" 1 "import of a file that is not there"
for zone in org net; do # the names of the zones stand nowhere in them
    sed '/ORIGIN/d' example.$zone.db >"$zone zone"
done
run tlsagen import -q 'org zone'; like "$status:$err" '^2:.*nothing tells the zone.s name' "a file without its zone's name"
run tlsagen import -q --origin example.org 'org zone' 'net zone'
like "$status:$err" '^2:.*give ZONE=FILE for each' "--origin is of one file"
run tlsagen import 'net zone' 'org zone'
is "$status:$out:$err" "2::tlsagen: net zone: nothing tells the zone's name; give the file as ZONE=net zone; see 'tlsagen import --help'" \
    "of several files the first without its zone's name is told, with what to do"
ln -s example.org.db linked.db; cp example.org.db copied.db
run tlsagen import example.org.db example.net.db example.org.db
is "$status:$out:$err" "2::tlsagen: example.org.db is given twice; see 'tlsagen import --help'" "a file given twice"
run tlsagen import example.org.db linked.db
like "$status:$out:$err" "^2::tlsagen: example.org.db and linked.db are one file; give it once" "by two names"
run tlsagen import example.org.db example.ORG=copied.db none.db
like "$status:$out:$err" "^2::tlsagen: example.org.db and copied.db both have the zone example.org.; give one" "two files of a zone"
sed 's/\.example\.org\./ /; s/^mx/ mx/' 'org zone' | grep -v '^ ' >shared.db
run tlsagen import -q example.org=shared.db example.com=./shared.db
is "$status:$(grep -c '^zone' <<<"$out")" 0:2 "one file for two zones"
run tlsagen import -q example.org.db none.db; like "$status:$out:$err" '^1:zone "example.org" .*:tlsagen: .*none.db' \
    "a file that is not there holds up no other"
run tlsagen import -q --server rndc --control-config 'a "b" %c.conf' --control-port 9953 --view in \
    --query '[::1]#5353' --wait 5 example.org='org zone' example.net='net zone'
is "$status" 0 "import of zones by name"
{ echo 'state-dir = new-state'; printf '%s\n' "$out"; } >named.conf
run tlsagen plan --exit-code -C named.conf; is "$status:$err" 0: "plan finds nothing to do"
is "$(grep -c 'server = rndc\|view = "in"\|wait = 5\|query = "::1#5353"\|control-port = "9953"' named.conf)" 10 \
    "the server is written down for both"
run tlsagen import -q --exec "$PWD/tell.sh {} 50% \"x\"" example.org='org zone'
{ echo 'state-dir = new-state'; printf '%s\n' "$out"; } >named.conf
printf '#!/bin/sh\nprintf "%%s," "$@" >told\n' >tell.sh; chmod 755 tell.sh
sed -i 's/    unknown/    wait = 0\n    unknown/' named.conf; sed -i '/_465/d' 'org zone'
run tlsagen apply -C named.conf; is "$status $(cat told)" '0 example.org,50%,"x",' "--exec is what apply runs"
run tlsagen import -q --query ::1 example.org='org zone'; like "$status:$out" "^0:.*server = rndc" "rndc by default"
run tlsagen import --server bad 'org zone'; is "$status" 2 "a server that there is not"
cp 'org zone' a=b; run tlsagen import -q --origin example.org ./a=b; is "$status" 0 "a file with = in its name"
for what in =x x=; do run tlsagen import $what; is "$status" 2 "$what is no ZONE=FILE"; done
run tlsagen import --origin example.org example.org='org zone'; is "$status" 2 "two names for one zone"
sed '/TLSA/d; /^  /d' example.org.db >bare.db
run tlsagen import bare.db; is "$status" 0 "a zone without TLSA records"
like "$out" "^zone \"example.org\"" "has its zone section"

# Pinned records that are pinned no more go.
sed -i 's/^    ports = { 443 }/&\n    # /; /proto = udp/,/^}/{s/"3 1 1 0011[0-9a-f]*"/"3 1 1 aa"/}' imported.conf
run tlsagen apply -C imported.conf; is "$status" 0 "another pinned record"
run tlsagen status -C imported.conf
like "$out" $'\n  [^ ]+ .* 3 1 1 [0-9a-f]{8} .*pinned; .apply. keeps it so' "status shows it, and nothing is due"
is "$(tlsagen status --only due -C imported.conf | wc -l)" 1 "so --only due has nothing"
is "$(listed example.net.db | grep _443._udp.www | cut -f 5)" "3 1 1 aa" "takes the place of the first"

# --- many zones: stopped, killed, two at once ---

mkdir many; cp mx1.pem many/; cd many || exit 1
{
    echo 'state-dir = state'
    for i in $(seq 30); do
        zone "z$i.test"
        printf 'zone z%s.test {\nfile = z%s.test.db\nserver = { exec, sleep, "0.04" }\nwait = 0\n}\nservice s%s {\nhost = mx.z%s.test\nports = 25\nsource = mx1.pem\n}\n' "$i" "$i" "$i" "$i"
    done
} >tlsagen.conf
run tlsagen plan --jobs 8 -C tlsagen.conf
is "$(sed -n 's/^--- \([a-z0-9]*\)\..*/\1/p' <<<"$out" | paste -sd' ')" "$(seq -f z%g -s' ' 30)" \
    "plan shows zones in the order of the configuration"
run tlsagen plan --jobs 8 --json -C tlsagen.conf
is "$(sed -n 's/^ *"zone": "\([a-z0-9]*\)\..*/\1/p' <<<"$out" | paste -sd' ')" "$(seq -f z%g -s' ' 30)" \
    "in JSON, too"
run bash -c '"$TLSAGEN" plan -C tlsagen.conf >/dev/full'
is "$status:$(wc -l <<<"$err")" 1:1 "a full disk is told once"
sed 's/"0.04"/"0.5"/' tlsagen.conf >slow.conf
"$TLSAGEN" apply --jobs 2 -C slow.conf >out 2>err & pid=$!
for _ in $(seq 500); do grep -q TLSA z3.test.db && break; sleep 0.01; done
kill -INT $pid; wait $pid; code=$?
is "$code" 4 "SIGINT"
like "$(cat err)" "stopped after [0-9]+ of 30 zones" "it tells where it stopped"
done_then=$(grep -l TLSA ./*.db | wc -l)
succeeds "some zones are done, not all" test "$done_then" -gt 0 -a "$done_then" -lt 30
apply; is "$status" 0 "the next run goes on"
is "$(grep -l TLSA ./*.db | wc -l)" 30 "to the end"

# Every zone has its records and the next serial, or neither, and nothing else.
sound() {
    awk '/ SOA ns hostmaster / {serial[FILENAME] = $6} /TLSA/ {count[FILENAME]++}
        END {
            for (i = 1; i <= 30; i++) {
                name = "z" i ".test.db"
                has = count[name] + 0 ":" serial[name]
                if (has != "0:5" && has != "1:6")
                    print name, has
            }
        }' z*.test.db
}
faulty='' rounds='1 2 3 4 5'
[ -z "${ASAN_OPTIONS-}" ] || rounds='2 4' # each is slow
for round in $rounds; do
    rm -rf state; for i in $(seq 30); do zone "z$i.test"; done
    "$TLSAGEN" apply --jobs 4 -C tlsagen.conf >out 2>err & pid=$!
    sleep "0.0$round"; sleep "0.$((round - 1))"
    kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
    what=$(sound) || faulty="$faulty $what"
    apply; [ "$status" = 0 ] || faulty="$faulty; status $status: $err"
    [ "$(grep -l TLSA ./*.db | wc -l)" = 30 ] || faulty="$faulty; not all zones"
    what=$(sound) || faulty="$faulty $what"
    ! grep -q pending state/fleet/*.applied || faulty="$faulty; pending"
done
is "$faulty" "" "killed at any moment, every zone is old or new, and the next run completes"

rm -rf state; for i in $(seq 30); do zone "z$i.test"; done
"$TLSAGEN" apply -C tlsagen.conf >out1 2>&1 & pid=$!
tlsagen apply -C tlsagen.conf >out2 2>&1; code=$?
wait $pid; is "$? $code" "0 0" "two at once"
is "$(sound)" "" "each zone was changed once"

# --- what others generate, and a terminal ---

zone json.test; rm -rf state
cat >fleet.json <<'END'
{"state-dir": "state",
 "zone": {"json.test": {"file": "json.test.db"}},
 "service-template": {"mail": {"hosts": ["a.json.test", "b.json.test"], "ports": [25, 465], "source": "mx1.pem"}}}
END
run tlsagen plan --exit-code -C fleet.json
is "$status:$(grep -c '^+_' <<<"$out")" 3:4 "plan of a configuration in JSON"
mv fleet.json fleet.cfg
run tlsagen apply --format json -C - <fleet.cfg
is "$status:$(grep -c TLSA json.test.db):$(serial json.test)" 0:4:6 "apply of one from standard input"
run tlsagen plan --exit-code --format json -C fleet.cfg
is "$status" 0 "and then there is nothing to do"

for i in 1 2 3; do zone "slow$i.test"; done
rm -rf state
{
    echo 'state-dir = state'
    for i in 1 2 3; do
        printf '%s\n' "zone slow$i.test { file = slow$i.test.db" 'server = { exec, sleep, "0.4" }' 'wait = 0' '}' \
            "service s$i { host = mx.slow$i.test" 'ports = 25' 'source = mx1.pem' '}'
    done
} >slow.conf
run env TERM=xterm SHELL="$BASH" script -qec '"$TLSAGEN" apply --jobs 1 -C slow.conf' /dev/null
like "$out" $'\r\e\\[K[23] services, [0-9]+/s, [0-9]+ %, 0:0[0-9] left' "a terminal sees how far it is"
unlike "$out" $'left[^\r]' "and nothing of it at the end"
finish
