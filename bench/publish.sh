#!/bin/bash
# What `tlsagen publish` costs: one record into a small zone of a BIND, beside an edit with sed, `rndc
# reload`, and a loop that asks the server until it has the serial; and how long after the server is
# ready the wait ends; and what it takes of its own in a zone of a million records, beside the parts
# of `tlsagen zone` that it is made of, whose limits are those of zone.sh. Ratios of one run. `./bootstrap bench` runs it on its build; elsewhere:
# TLSAGEN_BUILD=build bench/publish.sh. It needs root (a network namespace), named, dig and python3.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
if [ "${BENCH_INSIDE:-}" != yes ]; then
    unshare -n -m --uts true 2>/dev/null || { echo "publish.sh: no namespaces here; run as root" >&2; exit 0; }
    BENCH_INSIDE=yes TLSAGEN_BUILD=$(dirname "$(dirname "$tlsagen")") exec setpriv --pdeathsig KILL \
        unshare -n -m --uts -p -f --kill-child --mount-proc bash "$here/publish.sh"
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
. "$here/measure.bash"
for tool in openssl named rndc dig hyperfine python3; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
type -P time >/dev/null || die "GNU time is not installed"
ip link set lo up
wait_for_port() { until (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; do sleep 0.1; done; }
. "$here/../tests/lab/servers.sh"
. "$here/../tests/certs.sh"
for name in a b; do make_cert $name mail.a.test ec; done
{ zone_text 1000000000; echo 'mail A 127.0.0.1'; } >a.zone
start_named 'zone "a.test" { type primary; file "a.zone"; };'

# Each run publishes another of the two certificates.
cat >ours <<END
#!/bin/sh
[ -e which ] && { rm which; cert=a; } || { : >which; cert=b; }
exec $tlsagen publish -q --state-dir state --control-key rndc.key --control-host 127.0.0.1 \
    -f a.zone --origin a.test -c \$cert.pem mail.a.test 25
END
# No record is made, nothing is checked, and no disk is waited for.
cat >theirs <<'END'
#!/bin/bash
old=$(sed -n 's/^@ IN SOA ns h \([0-9]*\) .*/\1/p' a.zone)
sed -i "s/ $old / $((old + 1)) /; s/^x TXT.*//" a.zone
echo "x TXT $((old + 1))" >>a.zone
rndc -k rndc.key -s 127.0.0.1 reload a.test >/dev/null
until [[ $(dig +short @127.0.0.1 a.test SOA) = *" $((old + 1)) "* ]]; do sleep 0.005; done
END
chmod +x ours theirs
./ours || die "nothing is published"
for _ in {1..5}; do
    once ours 6 ./ours
    once theirs 6 ./theirs
done
row "publish of one record, against sed, rndc reload and asking again and again" "$(ratio ours theirs)" most 1.3

# A server that takes its time: it has the new serial half a second and more after the reload, at a
# moment that nobody can guess, and notes how long after that it was asked.
cat >slow.py <<'END'
import os, socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 5399))
while True:
    data, peer = server.recvfrom(4096)
    now = time.time()
    moment = float(open('told').read()) if os.path.exists('told') else now + 1
    ready = now >= moment
    if ready:
        open('late', 'w').write(str(int((now - moment) * 1000)))
    end = data.index(b'\0', 12) + 5
    serial = (2 if ready else 1).to_bytes(4, 'big')
    server.sendto(data[:2] + b'\x84\0\0\1\0\1\0\0\0\0' + data[12:end] +
                  b'\xc0\x0c\0\6\0\1\0\0\0\5\0\x16\0\0' + serial + bytes(16), peer)
END
cat >tell.py <<'END'
import os, random, time
with open('told.new', 'w') as file:
    file.write(str(time.time() + random.uniform(0.5, 1.5)))
os.rename('told.new', 'told')
END
python3 slow.py &
slow=$!
sleep 0.5
worst=0
for _ in {1..15}; do
    rm -f told
    "$tlsagen" reload -q --exec "python3 tell.py" --query 127.0.0.1#5399 --serial 2 a.test || die "the wait failed"
    late=$(cat late)
    [ "$late" -le "$worst" ] || worst=$late
done
kill $slow
row "the wait ends after the server is ready, worst of 15, ms" "$worst" most 100

# A million records; no server is told and none is waited for, so that what is left is the tool's own.
{ zone_text 1; seq -f 'host%.0f A 192.0.2.1' 1000000; echo 'mail A 127.0.0.1'; } >big.zone
for name in a b; do "$tlsagen" create -q -c $name.pem mail.big.test 25 >$name.rr; done
big="-f big.zone --origin big.test"
cat >big <<END
#!/bin/sh
for cert in a b; do
    $tlsagen publish -q --no-check --state-dir state --exec true --wait 0 $big -c \$cert.pem mail.big.test 25
done
END
cat >parts <<END
#!/bin/sh
for cert in a b; do
    $tlsagen zone list --origin big.test --type TLSA big.zone
    $tlsagen zone put -q --origin big.test big.zone \$cert.rr
    $tlsagen zone check --origin big.test big.zone
done
END
chmod +x big parts
./big || die "nothing is published in the large zone"
for _ in {1..3}; do
    once big 2 ./big
    once parts 2 ./parts
done
row "publish into 1 M records, against zone list, put and check one after another" "$(ratio big parts)" most 1.1
row "its memory, MB" "$(peak "$tlsagen" publish -q --no-check --state-dir state --exec true --wait 0 $big -c a.pem mail.big.test 25)" most 16
