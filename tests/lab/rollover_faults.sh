#!/bin/bash
# `tlsagen rollover` when things go wrong: killed before and behind each rename and each program that
# it starts, in every stage; aborted in every stage; a state that cannot be used, full disks, a hook
# that is missing, and a source that is half written or of no use. Whatever happens: what is live is a
# key with its certificate, its record is published, one line tells, and the next run goes on.
# shellcheck disable=SC2154 # of lib.sh
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/rollover_faults.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs strace
[ -z "${ASAN_OPTIONS-}" ] || skip_all "a sanitizer makes calls of its own"
. "$TLSAGEN_SOURCE/tests/lab/servers.sh"
ttl=3
. "$TLSAGEN_SOURCE/tests/lab/rollover_lab.sh"
aborts='early seen deployed verified'
kills=$(echo k{1..10})
lab_zone "$(printf '%s A 127.0.0.1\n' $aborts $kills)"
start_dns
port=4430 sockets=''
for name in $aborts $kills; do
    port=$((port + 1))
    printf 'service %s { host = %s.dane.test ports = %s keep = 1h }\n' $name $name $port >>services
    [ $name = deployed ] || sockets="$sockets $port=live/$name/combined.pem"
done
port_of() { sed -n "s/^service $1 .*ports = \([0-9]*\).*/\1/p" services; }
start_tls "$(port_of deployed)=live/deployed/combined.pem" 2>/dev/null
deaf_pid=$tls_pid
# shellcheck disable=SC2086 # words
start_tls $sockets 2>/dev/null
printf '[ -e %s/deaf-deployed ] || kill -HUP %s\n' "$tmp" "$deaf_pid" >>reload-tls
conf "after-deploy = \"$tmp/reload-tls\"" <services
at_name() { served "${2:-127.0.0.1}" "_$(port_of "$1")._tcp.$1.dane.test"; }
has() { at_name "$1" | grep -qxF "$(record "$2")"; }
# end_of FILE: the last line of its first PEM block, which tells certificates and keys apart
end_of() { sed -n '/^-----END/q; p' "$1" | tail -n 1; }
# sound SERVICE WHERE: what is live belongs together, its record is published, and so is that of what
# is shown; the zone can be loaded, and the state be read
sound() {
    local live='' shown='' page n set
    page=$(openssl s_client -connect "127.0.0.1:$(port_of "$1")" </dev/null 2>/dev/null)
    for n in 1 2; do
        [ "$(end_of "live/$1/cert.pem")" = "$(end_of "$1.$n.pem")" ] && live=$n
        grep -qxF -e "$(end_of "$1.$n.pem")" <<<"$page" && shown=$n
    done
    set=$(at_name "$1")
    [ -n "$live" ] && [ -n "$shown" ] &&
        [ "$(end_of "live/$1/privkey.pem")" = "$(end_of "$1.$live.key")" ] &&
        grep -qxF -f "$1.$live.record" <<<"$set" && grep -qxF -f "$1.$shown.record" <<<"$set" &&
        named-checkzone -q dane.test dane.test.zone && rollover status "$1" && [ "$status" = 0 ] && return
    not_ok "$1 is sound, $2" "live ${live:-none}, shown ${shown:-none}" "$set" "$out$err"
}
alone() { [ "$(at_name "$1")" = "$(record "$2")" ] && [ "$(at_name "$1" 127.0.0.3)" = "$(record "$2")" ]; }
# all_are STAGE: the services to be killed
# shellcheck disable=SC2086 # words
all_are() { at "$1" $kills; }
# shellcheck disable=SC2086
everything_idle() { at idle $aborts $kills; }
# killed STAGE CALL:NUMBER...: a run for each service, killed as it begins its own one of these calls
killed() {
    local stage=$1 number=0 place name
    shift
    for place; do
        number=$((number + 1)) name=k$number
        run timeout 60 strace -qq -e trace=rename,symlink,fsync,clone3 -o trace \
            -e "inject=${place%:*}:signal=KILL:when=${place#*:}" "$TLSAGEN" rollover run $name -C tlsagen.conf
        [ "$status" = 137 ] || not_ok "$stage: killed at $place" "$status: $out$err"
        sound $name "killed while $stage, at $place"
    done 2>/dev/null
    ok "$stage: killed in $number places"
}
writing='rename:1 fsync:2 clone3:1 rename:3 fsync:6 clone3:2 fsync:7 rename:4 rename:5 fsync:10'
deploying='rename:2 fsync:4 rename:3 fsync:11 symlink:1 rename:4 fsync:12 clone3:1 fsync:13 rename:5'
for name in $aborts $kills; do renew $name $name.1; done
pass 60 everything_idle
for name in $aborts $kills; do renew $name $name.2; done
for name in $kills; do for n in 1 2; do record $name.$n >$name.$n.record; done; done

# The records of the next key are published.
rollover run early
has early early.2 && ok "published" || not_ok "published" "$out$err"
rollover abort early; like "$status" '^[04]$' "abort once it is published" || echo "# $out$err"
limit=$((SECONDS + 120))
until rollover gate early acme/early; [ $status = 3 ] || [ $SECONDS -ge $limit ]; do
    rollover run early; sleep 0.1
done
like "$status:$out" '^3:early: never: it was aborted; another certificate ' "gate: what was aborted"
# shellcheck disable=SC2086
killed publishing $writing
# Each for itself until every server has it: a run once it is safe would deploy it.
limit=$((SECONDS + 120))
for name in seen deployed verified $kills; do
    until [[ $(stage_of $name) =~ ^(seen|safe)$ || $SECONDS -ge $limit ]]; do rollover run $name; sleep 0.3; done
done
rollover abort seen; like "$status" '^[04]$' "abort once every server has it" || echo "# $out$err"

# Deployed; what `status` tells is derived, and no run comes between.
# shellcheck disable=SC2086
all_safe() { at safe deployed verified $kills; }
until all_safe || [ $SECONDS -ge $limit ]; do sleep 0.5; done
all_safe && ok "it is safe for all" || not_ok "it is safe for all" "$out$err"
# shellcheck disable=SC2086
killed deploying $deploying
touch deaf-deployed
rollover run deployed verified
is "$(stage_of deployed):$(stage_of verified)" deployed:verified "one is verified, one is not" || echo "# $out$err"
rollover abort deployed; like "$status:$out" '^[04]:.*deployed the former certificate again' "abort once it is deployed" || echo "# $err"
live_is deployed deployed.1 "which takes the former certificate back"
rollover abort verified; like "$status:$out" '^[04]:.*deployed the former certificate again' "abort once it is verified" || echo "# $err"
live_is verified verified.1 "which does so, too"
rm deaf-deployed
pass 30 all_are verified

# The replaced records are taken away.
sed -i 's/keep = 1h/keep = 0/' tlsagen.conf
# shellcheck disable=SC2086
killed retiring $writing
rollover abort k10; like "$status:$err" '^3:.*on their way out' "abort once the replaced records go: too late"
pass 40 everything_idle
pass 20 quiet_run
for name in $aborts; do
    alone $name $name.1 && ok "abort, $name: the current key alone" || not_ok "abort, $name" "$(at_name $name)"
done
for name in $kills; do
    alone $name $name.2 && deployed $name $name.2 || not_ok "$name has come to its end" "$(at_name $name)"
done
is "$(find . -name '*.new' -o -name '*.tlsagen-new' -o -name '.link' -o -name '*.next.key')" "" "no litter is left"

# What cannot be used changes nothing: refused WHAT STATUS REGEX, as a renewal of k1 waits.
refused() {
    local before
    before=$(sha256sum dane.test.zone; readlink live/k1)
    rollover run -v k1
    like "$status:$out$err" "^$2:[^:]*: k1: $3" "$1"
    is "$(printf '%s\n' "$out" "$err" | grep -c .)" 1 "$1: in one line"
    is "$(sha256sum dane.test.zone; readlink live/k1)" "$before" "$1: nothing is published or deployed"
}
renew k1 k1.3
cp -p state/rollover/k1.state k1.state
head -c 300 k1.state >state/rollover/k1.state
refused "a state that is cut" 1 '.*k1\.state:'
sed '1s/.*/tlsagen-rollover 99/' k1.state >state/rollover/k1.state
refused "a state of a newer version" 1 '.*newer version'
sed 's/^host [^ ]*/host 00000000000000000000000000000000/' k1.state >state/rollover/k1.state
refused "a state of another host" 1 '.*another host'
cp -p k1.state state/rollover/k1.state
# full FOLDER WHAT: on a disk that is full
full() {
    mkdir -p keep full && mount -t tmpfs -o size=256k tmpfs full && cp -a "$1/." full/
    dd if=/dev/zero of=full/filler bs=4k status=none 2>/dev/null
    mount --bind full "$1"
}
free_again() { rm -f "$1/filler"; cp -a "$1/." keep/; umount "$1"; umount full; cp -a keep/. "$1/"; rm -rf keep; }
full state/rollover
refused "a full disk" 1 '.*No space left'
free_again state/rollover

# Sources that are of no use.
cp k1.2.key acme/k1/privkey.pem
refused "a source that is half written" 4 '.*somebody may still be writing'
renew k1 other-name k2.dane.test
refused "a certificate for another name" 3 '.*does not cover k1\.dane\.test'
make_key late ec && _issue late /CN=late 'subjectAltName=DNS:k1.dane.test\n' root -30 -2 && put_source acme/k1 late
refused "an expired certificate" 3 '.*expired on'
chmod 644 acme/k1/privkey.pem
renew k1 k1.3; chmod 644 acme/k1/privkey.pem
refused "a private key that everybody may read" 4 '.*privkey\.pem: everybody may read this private key'
renew k1 k1.3

# A hook that is not there: nothing is retired, and `live` goes back after the deadline.
sed -i "s|^service k1 { |&after-deploy = \"$tmp/none\" |" tlsagen.conf
deadline 3s
run timeout 20 "$TLSAGEN" config check -C tlsagen.conf
told_back() { grep -q 'k1: deployed the former certificate again' told; }
pass 40 told_back
told "k1: .*after-deploy command.*$tmp/none" "a hook that is missing is named"
live_is k1 k1.2 "live goes back"
deadline 5m
has k1 k1.2 && ok "nothing was retired" || not_ok "nothing was retired" "$(at_name k1)"

# A server that refuses its command: the zone gets no more serials than attempts, and no run in between
# makes one.
rollover abort k1; sed -i "s|after-deploy = \"$tmp/none\" ||" tlsagen.conf
pass 30 quiet_run
sed -i "s|control-key = .*|control-key = \"$tmp/no.key\"|" tlsagen.conf
sed 's/secret .*;/secret "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";/' rndc.key >no.key; chmod 600 no.key
sed -i 's/watch = 1s/watch = 10m/' tlsagen.conf
renew k1 k1.4
rollover run k1
like "$status:$err" '^1:.*k1: ' "a server that refuses its command"
before=$(cat dane.test.zone)
rollover run; rollover run -v
like "$status:$err" '^4:.*k1: the records could not be written .1 time.*tried again; next at' "a run after that waits"
is "$(cat dane.test.zone)" "$before" "and leaves the zone as it is"
sed -i "s|control-key = .*|control-key = \"$tmp/rndc.key\"|; s/watch = 10m/watch = 1s/" tlsagen.conf
rollover run k1
like "$status:$out" '^[04]:.*k1: published' "a service that is named does not wait" || echo "# $err"
has k1 k1.4 && ok "its record is published" || not_ok "its record is published" "$(at_name k1)"
finish
