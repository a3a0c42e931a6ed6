#!/bin/bash
# Usages x selectors x matching types against leaf, intermediate and root, whole chains and cut
# ones: the verdict is that of `openssl s_client -dane_tlsa_rrdata`, or an RFC section says why not.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/verify_chains.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip
. "$TLSAGEN_SOURCE/tests/certs.sh"
. "$TLSAGEN_SOURCE/tests/lab/dns_servers.sh"

make_ca root
make_ca inter root
make_ca other
make_cert leaf '*.good.test' ec inter
make_cert rsa '*.good.test' rsa:2048 inter
make_cert wrong www.example.net ec inter
make_cert old '*.good.test' ec inter -30 -2
make_cert self self.example.net ec
cat inter.pem root.pem >above.pem

# data SELECTOR MATCHING CERTIFICATE: association data, made by openssl alone, which is kept
declare -A kept
for cert in leaf inter root other rsa wrong old self; do
    openssl x509 -in $cert.pem -outform DER >$cert.0
    openssl x509 -in $cert.pem -noout -pubkey | openssl pkey -pubin -outform DER >$cert.1
    for selector in 0 1; do
        kept[$selector 0 $cert]=$(od -An -v -tx1 $cert.$selector | tr -d ' \n')
        for matching in 1 2; do
            digest=$(openssl dgst -sha$((256 * matching)) -r $cert.$selector)
            kept[$selector $matching $cert]=${digest%% *}
        done
    done
done
data() { echo "${kept[$*]}"; }

# The cases: what it is, a host, the server's port, and its records. Ports: 4001 leaf+inter+root,
# 4002 leaf+inter, 4003 leaf alone, 4004 another name, 4005 expired, 4006 self-signed, 4007 RSA and
# ECDSA, 4008 a hundred. verify_chains.table has the verdicts of both programs for each.
: >records
: >cases
number=0
# add_case WHAT PORT RECORD...
add_case() {
    local what=$1 port=$2 record
    shift 2
    number=$((number + 1))
    for record; do echo "_$port._tcp.c$number TLSA $record" >>records; done
    echo "c$number A 127.0.0.1" >>records
    local IFS=';'
    printf '%s|%s\n' "c$number $port $*;" "$what" >>cases
}
for usage in 0 1 2 3; do
    for selector in 0 1; do
        for matching in 0 1 2; do
            for cert in leaf inter root; do
                record="$usage $selector $matching $(data $selector $matching $cert)"
                for port in 4001 4002 4003; do
                    add_case "$usage $selector $matching $cert" $port "$record"
                done
            done
        done
    done
done
for port in 4004 4005 4006; do
    for cert in wrong old self inter root; do
        for usage in 2 3; do add_case "$usage 1 1 $cert" $port "$usage 1 1 $(data 1 1 $cert)"; done
    done
done
good=$(data 1 1 leaf) bad=$(data 1 1 other)
add_case "3 1 1 other, 3 1 1 leaf" 4001 "3 1 1 $bad" "3 1 1 $good"
# Agility: 3 1 1 is passed over for 3 1 2; full data is not (RFC 7671 section 9).
add_case "3 1 1 leaf, 3 1 2 other" 4001 "3 1 1 $good" "3 1 2 $(data 1 2 other)"
add_case "3 1 1 other, 3 1 2 leaf" 4001 "3 1 1 $bad" "3 1 2 $(data 1 2 leaf)"
add_case "3 1 0 leaf, 3 1 2 other" 4001 "3 1 0 $(data 1 0 leaf)" "3 1 2 $(data 1 2 other)"
add_case "3 0 1 of the key, 2 1 1 inter" 4001 "3 0 1 $good" "2 1 1 $(data 1 1 inter)"
add_case "3 1 1 other, 2 1 1 other" 4001 "3 1 1 $bad" "2 1 1 $bad"
# Unknown parameters and wrong lengths beside what is known, and alone.
add_case "4 1 1 leaf, 3 1 1 leaf" 4001 "4 1 1 $good" "3 1 1 $good"
add_case "3 2 1 leaf, 3 1 1 other" 4001 "3 2 1 $good" "3 1 1 $bad"
add_case "3 1 9 leaf, 3 1 1 leaf" 4001 "3 1 9 $good" "3 1 1 $good"
add_case "3 1 1 cut, 3 1 1 leaf" 4001 "3 1 1 ${good:0:40}" "3 1 1 $good"
add_case "4 1 1 leaf" 4001 "4 1 1 $good"
add_case "3 2 1 leaf" 4001 "3 2 1 $good"
add_case "3 1 9 leaf" 4001 "3 1 9 $good"
add_case "3 1 1 cut" 4001 "3 1 1 ${good:0:40}"
add_case "3 1 2 with 32 bytes" 4001 "3 1 2 $good"
add_case "3 1 0 that is no key" 4001 "3 1 0 $good"
add_case "3 1 1 leaf, 3 1 1 rsa" 4007 "3 1 1 $good" "3 1 1 $(data 1 1 rsa)"
add_case "2 1 1 inter" 4007 "2 1 1 $(data 1 1 inter)"
# A hundred certificates.
add_case "3 1 1 leaf" 4008 "3 1 1 $good"
add_case "2 1 1 other" 4008 "2 1 1 $(data 1 1 other)"
# An anchor that is not sent, beside a record that verifies.
add_case "2 1 1 root, 3 1 1 leaf" 4002 "2 1 1 $(data 1 1 root)" "3 1 1 $good"
add_case "2 1 1 inter, 3 1 1 leaf" 4002 "2 1 1 $(data 1 1 inter)" "3 1 1 $good"

zone good.test <records
start_dns
serve 4001 -cert leaf.pem -key leaf.key -cert_chain above.pem
serve 4002 -cert leaf.pem -key leaf.key -cert_chain inter.pem
serve 4003 -cert leaf.pem -key leaf.key
serve 4004 -cert wrong.pem -key wrong.key -cert_chain above.pem
serve 4005 -cert old.pem -key old.key -cert_chain above.pem
serve 4006 -cert self.pem -key self.key
serve 4007 -cert leaf.pem -key leaf.key -cert_chain inter.pem -dcert rsa.pem -dkey rsa.key -dcert_chain inter.pem
for _ in {1..99}; do cat other.pem; done >hundred.pem
serve 4008 -cert leaf.pem -key leaf.key -cert_chain hundred.pem

# The CA store of both programs, for usages 0 and 1.
export SSL_CERT_FILE=$tmp/root.pem SSL_CERT_DIR=$tmp/none
verify() { run timeout 60 "$TLSAGEN" verify --trust-anchor "$anchor" "$@"; }

# client HOST PORT RECORDS...: verified or not, by s_client
client() {
    local host=$1.good.test port=$2 options=() record
    shift 2
    for record; do options+=(-dane_tlsa_rrdata "$record"); done
    openssl s_client -connect 127.0.0.1:"$port" -servername "$host" -dane_tlsa_domain "$host" \
        -dane_ee_no_namechecks "${options[@]}" -verify_return_error -brief </dev/null >out 2>&1
    if [[ $'\n'$(<out) == *$'\nVerification: OK'* ]]; then echo verified; else echo not; fi
}

# All at once: what is said of each HOST:PORT
sed 's/|.*//; s/^\(c[0-9]*\) \([0-9]*\) .*/\1.good.test \2/' cases >targets
verify -q --input targets
is "$status$err" 3 "all cases are looked at"
declare -A verdicts
while IFS= read -r line; do verdicts[${line%%: *}]=${line#*: }; done <<<"$out"

echo '# port, records: s_client, tlsagen. A line where they differ has to end with the section of an RFC.' >table
agreed=0
while IFS='|' read -r where what; do
    read -r host port list <<<"$where"
    IFS=';' read -ra wanted <<<"$list"
    ours=${verdicts[$host.good.test:$port]:-}
    theirs=$(client "$host" "$port" "${wanted[@]}")
    case "$theirs:$ours" in
    verified:verified | not:mismatch | not:"records unusable") agreed=$((agreed + 1)) ;;
    *) not_ok "$host $port" "records: $(cut -c1-200 <<<"$list")" "s_client: $theirs" "tlsagen: $ours" "$(cat out)" ;;
    esac
    printf '%s  %-30s %-9s %s\n' "$port" "$what" "$theirs" "$ours" >>table
done <cases
same "$(dirname "$lab_script")/verify_chains.table" table "and come to what the table says"
is "$agreed" "$(wc -l <cases)" "tlsagen and s_client agree in $number cases"
is "$(grep -c 'verified  verified' table)" "$(grep -c ' verified' table)" "both call the same ones verified"

# What the answers say.
last() { grep -F "$1" cases | head -1 | cut -d' ' -f"$2"; }
host=$(last "3 1 1 $bad;3 1 1 $good" 1)
verify "$host.good.test" 4001
like "$out" "127\.0\.0\.1  ECDSA  verified  TLSv1\.3  EC P-256  36[45] days  record [12] \(3 1 1 ${good:0:12}\.\.\.\), depth 0" \
    "the record that matched, TLS version, key and days"
like "$out" "warning: record [12] \(3 1 1 ${bad:0:12}\.\.\.\) matches no server.*\[unmatched\]" "a record that matches no server"
host=$(last "3 1 1 $good;3 1 2" 1)
verify "$host.good.test" 4001
like "$status $out" "^3 .*key ${good:0:12}\.\.\. \(3 1 1\), and no record verifies it" "the key shown is told"
like "$out" "\[weaker-digest\]" "and the record that clients pass over"
host=$(last "4003 2 1 1" 1)
verify "$host.good.test" 4003
like "$out" "sends 1 certificate without .*\[anchor-missing\]" "a leaf without the anchor"
host=$(last "4002 2 1 1 $(data 1 1 root)" 1)
verify "$host.good.test" 4002
like "$out" "sends 2 certificates without .*\[anchor-missing\]" "a chain without the anchor"
host=$(last "4002 2 1 1 $(data 1 1 root);3 1 1 $good" 1)
verify "$host.good.test" 4002
like "$status $out" "^0 .*sends 2 certificates without .*\[anchor-missing\]" "and when another record verifies"
host=$(last "4002 2 1 1 $(data 1 1 inter);3 1 1 $good" 1)
verify "$host.good.test" 4002
unlike "$out" "anchor-missing" "but not when the anchor is there"
host=$(last "4002 2 0 0 $(data 0 0 root)" 1)
verify "$host.good.test" 4002
like "$status $out" "^0 " "2 0 0 brings the anchor itself"
unlike "$out" "anchor-missing" "so that nothing lacks"
host=$(last "4001 2 1 1 $(data 1 1 inter)" 1)
verify "$host.good.test" 4001
unlike "$out" "anchor-missing" "a chain with it"
host=$(last "4003 3 1 1 $good" 1)
verify "$host.good.test" 4003
like "$out" "\[single-record\]" "one record alone"
verify -W "$host.good.test" 4003
is "$status" 3 "-W: warnings are errors"
host=$(last "3 1 1 $good;3 1 1 $(data 1 1 rsa)" 1)
verify "$host.good.test" 4007
is "$(grep -c 'days  record' <<<"$out")" 2 "RSA and ECDSA are both verified"
host=$(last "4001 0 1 1" 1)
verify "$host.good.test" 4001
like "$out" "mismatch" "usage 0 with the leaf's data"

# Before publishing, and before deploying.
"$TLSAGEN" create -q -c leaf.pem c1.good.test 4001 >new
verify --records new c1.good.test 4001
like "$status $out" '^0 c1\.good\.test:4001: verified' "--records: they would verify"
"$TLSAGEN" create -q -c other.pem c1.good.test 4001 >new
verify --records new c1.good.test 4001
like "$status $out" '^3 c1\.good\.test:4001: mismatch' "--records: they would not"
verify --records new c2.good.test 4001
like "$status $out" '^1 .*new holds no TLSA record of _4001\._tcp\.c2\.good\.test' "--records of another host"
cat leaf.pem above.pem >chain.pem
host=$(last "3 1 1 $bad;3 1 1 $good" 1)
verify --chain chain.pem "$host.good.test" 4001
like "$status $out" '^0 .*: verified' "--chain: may be deployed"
verify --chain wrong.pem "$host.good.test" 4001
like "$status $out" '^3 .*: mismatch' "--chain: must not be deployed"
verify --chain new "$host.good.test" 4001
like "$status $err" '^1 .*new holds no certificate' "--chain without one"
verify --records new --chain other.pem c1.good.test 4001
like "$status $out" '^0 ' "--records and --chain together need nobody"
finish
