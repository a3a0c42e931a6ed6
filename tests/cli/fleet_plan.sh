#!/bin/bash
# tlsagen plan says what apply would refuse, by the same words, and what it would do besides edits.
. "$(dirname "$0")/../lib.sh"
chmod 755 .
umask 022

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mx.key -out mx.pem \
    -subj /CN=mx -addext basicConstraints=CA:FALSE -days 30 2>/dev/null
zone() { # zone NAME [LINE...]
    printf '%s\n' "\$ORIGIN $1." '$TTL 3600' '@ IN SOA ns hostmaster 5 1h 1h 1w 1h' \
        '@ IN NS ns' 'ns IN A 192.0.2.1' "${@:2}" >"$1.db"
}
conf() { # conf [LINE-OF-ZONE...]: a service in each of two zones
    {
        echo 'state-dir = state'
        for name in one.test two.test; do
            printf '%s\n' "zone $name {" "file = $name.db" "$@" '}' "service ${name%.test} {" \
                "host = mx.$name" 'ports = 25' 'source = mx.pem' '}'
        done
    } >tlsagen.conf
}
plan() { run tlsagen plan --exit-code -C tlsagen.conf "$@"; }
apply() { run tlsagen apply -C tlsagen.conf "$@"; }
sum() { cat ./*.db | cksum; }
# both WHAT PATTERN: plan fails as apply does, and shows the other zone, which apply does
both() {
    rm -rf state; zone two.test
    before=$(sum)
    plan
    planned="$status:$err" shown=$out
    is "$(sum)" "$before" "$1: plan changes nothing"
    apply
    is "$planned" "$status:$err" "$1: plan has the status and the words of apply"
    like "$status:$err" "$2" "$1: which are these"
    like "$shown" $'\n\+_25\._tcp\.mx\.two\.test\..*\n1 of 2 zones would change, 1 failed$' \
        "$1: the other zone is shown"
    like "$out" $'two\.test\. 1 record added.*\n1 of 2 zones changed, 1 failed$' "$1: and done"
}

printf '#!/bin/sh\necho "$1" >>loads\n' >load.sh; chmod 755 load.sh
server="server = { exec, $PWD/load.sh, \"{}\" }"

# --- what the edit refuses ---

conf
zone one.test '_25._tcp.mx IN CNAME tlsa.mx' 'tlsa.mx IN A 192.0.2.2'
both "an alias at the owner" \
    '^1:tlsagen: one\.test\.: _25\._tcp\.mx\.one\.test\. is an alias \(CNAME\) of tlsa\.mx\.one\.test\.; the records belong there$'
plan --json
is "$status:$(python3 -c 'import json,sys; print([(z["outcome"], "alias" in z["problem"]) for z in json.load(sys.stdin)["zones"]])' <<<"$out")" \
    "1:[('failed', True), ('same', False)]" "so does the JSON"
zone one.test; touch one.test.db.jnl
both "a journal beside the file" '^1:tlsagen: one\.test\.: .*one\.test\.db: a journal \(.*one\.test\.db\.jnl\) lies beside it'
rm one.test.db.jnl
zone one.test '$INCLUDE mx.one' '$INCLUDE mx.one'; echo '_25._tcp.mx IN TLSA 3 1 1 aa' >mx.one
sed -i '/one.test.db/a unknown = remove' tlsagen.conf
both "a file that is included twice" 'tlsagen: one\.test\.: .*mx\.one is included more than once'

# --- what the check refuses, of which a server is told ---

conf "$server" 'wait = 0'
zone one.test 'mx IN NS ns.mx' 'ns.mx IN A 192.0.2.3'
both "an owner below a delegation" \
    '^1:tlsagen: one\.test\.: nothing was changed: the zone would have an error: .*one\.test\.db:[0-9]+:[0-9]+: _25\._tcp\.mx\.one\.test\.: TLSA below the delegation of mx\.one\.test\.'
zone one.test 'mx IN DNAME mx.two.test.'
both "an owner below a DNAME" '^1:tlsagen: .*: TLSA below the DNAME at mx\.one\.test\.'
zone one.test '@ IN MX ten mx'
both "another fault of the zone" '^1:tlsagen: one\.test\.: nothing was changed: .*one\.test\.db:6:9: '
zone one.test 'sub IN NS ns' '_25._tcp.mx.sub IN TLSA 3 1 1 aa'; zone two.test; rm -rf state
plan; is "$status:$err" 3: "a fault of a record that is another's refuses nothing"
conf
zone one.test 'mx IN NS ns.mx' 'ns.mx IN A 192.0.2.3'; zone two.test
plan; is "$status:$err" 3: "without a server nothing is checked"
apply; is "$status:$err" 0: "by apply, too"

# --- what is worth a warning ---

rm -rf state; zone one.test '@ IN DNSKEY 257 3 8 AwEAAc==' ; zone two.test; ln two.test.db link
plan; warnings=$err
like "$status:$(sort <<<"$err")" '^3:.*one\.test\.db: has DNSKEY records; if the zone is signed from this file, sign it again
.*two\.test\.db: has other names \(hard links\), which keep the old zone' "warnings of the edit"
apply
is "$status:$(sort <<<"$err")" "0:$(sort <<<"$warnings")" "apply has the same"
rm link
rm -rf state publish; conf 'server = rndc'; mkdir -p state/publish
printf 'frozen\n' >state/publish/one.test.lock
plan
like "$status:$err" '^0:tlsagen: warning: one\.test\.: a run that was killed has left it frozen; apply would thaw it first$' \
    "a zone left frozen"
is "$(cat state/publish/one.test.lock)" frozen "stays so for apply"

# --- files that this user cannot write ---

other=()
[ "$(id -u)" != 0 ] || other=(setpriv --reuid nobody --regid nogroup --clear-groups)
mkdir ro; conf; sed -i 's#= one.test.db#= ro/one.test.db#; s#^state-dir.*#state-dir = other#' tlsagen.conf
zone one.test; mv one.test.db ro/; zone two.test
mkdir -m 777 other; chmod 755 ro; [ "$(id -u)" = 0 ] || chmod 555 ro
run "${other[@]}" "$TLSAGEN" plan --exit-code --zone one.test -C tlsagen.conf
like "$status:$out" $'^3:.*\n\+_25\._tcp\.mx\.one\.test\.' "a folder that cannot be written: what should be is shown"
why='cannot make a new file beside [^ ]*/ro/one\.test\.db, and the old file stands: Permission denied'
like "$err" "^tlsagen: warning: this user could not do it: $why" "and a warning"
run "${other[@]}" "$TLSAGEN" apply --zone one.test -C tlsagen.conf
like "$status:$err" "^1:tlsagen: one\.test\.: $why" "apply of that user fails so"
chmod 755 ro
if [ "$(id -u)" = 0 ]; then
    chmod 777 ro
    run "${other[@]}" "$TLSAGEN" plan --exit-code --zone one.test -C tlsagen.conf
    why='cannot keep owner and group \(0:0\) of [^ ]*/ro/one\.test\.db, and the old file stands; run as its owner or root'
    like "$status:$err" "^3:tlsagen: warning: this user could not do it: $why" "another's file"
    run "${other[@]}" "$TLSAGEN" apply --zone one.test -C tlsagen.conf
    like "$status:$err" "^1:tlsagen: one\.test\.: $why" "apply fails so"
    if mount_ro=$(unshare -m sh -c "mount -t tmpfs none ro && cp two.test.db ro/one.test.db &&
        sed -i s/two/one/ ro/one.test.db && mount -o remount,ro ro && '$TLSAGEN' plan --exit-code -C tlsagen.conf" 2>&1) ||
        [[ $mount_ro =~ tlsagen: ]]; then
        like "$mount_ro" 'tlsagen: one\.test\.: cannot make a new file beside [^ ]*/ro/one\.test\.db, .*: Read-only file system.*, 1 failed' \
            "a file system that nobody can write fails"
    else
        skip "a file system that nobody can write fails" "$mount_ro"
    fi
    chmod 755 ro
else
    skip "another's file" "only root can make one"
    skip "apply fails so" "only root can make one"
    skip "a file system that nobody can write fails" "only root mounts"
fi

# --- a load that is missing ---

rm -rf state; conf "$server" 'wait = 0'; zone one.test; zone two.test
apply; is "$status" 0 "both zones are as they should be"
sed -i '3i pending' state/fleet/{one,two}.test.applied; : >loads
before=$(sum; cksum state/fleet/*)
plan
is "$status:$err" 3: "a run was killed before its server had loaded the zones: plan --exit-code"
is "$out" 'one.test. unchanged, and would be loaded, as a run that was stopped may not have done it
two.test. unchanged, and would be loaded, as a run that was stopped may not have done it
0 of 2 zones would change, 2 would be loaded' "plan says so"
is "$(sum; cksum state/fleet/*)$(cat loads)" "$before" "and leaves it to apply"
plan --json
is "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["changed"], d["loaded"], [(z["outcome"], z["reloaded"]) for z in d["zones"]])' <<<"$out")" \
    "0 2 [('same', True), ('same', True)]" "in JSON, too"
plan -q; is "$status:$out$err" 3: "--quiet"
apply one
is "$status:$out:$(cat loads)" '0:one.test. unchanged, and loaded, as a run that was stopped may not have done it
0 of 1 zone changed, 1 loaded:one.test' "apply does it"
plan; like "$status:$out" $'^3:two\.test\. unchanged.*\n0 of 2 zones would change, 1 would be loaded$' "the other is left"
apply; plan; is "$status:$out" "0:0 of 2 zones would change" "then there is nothing left"
conf; sed -i '3i pending' state/fleet/one.test.applied
plan; is "$status:$out" "0:0 of 2 zones would change" "without a server there is nothing to be loaded"
# A zone file whose name is not UTF-8.
rm -rf state; conf; zone one.test; zone two.test; mv two.test.db $'h\xe4nd'
sed -i $'s/two\\.test\\.db/"h\xe4nd"/' tlsagen.conf
plan --json
is "$status:$err $(python3 -c 'import json, sys
print([zone["at"].rpartition("/")[2] for zone in json.load(sys.stdin)["zones"]])' <<<"$out")" \
    "3: ['one.test.db', 'h?nd']" "a name that is not UTF-8 is no failure of --json"

finish
