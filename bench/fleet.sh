#!/bin/bash
# What `tlsagen apply` costs for many services: with nothing to do, beside a program that opens and
# reads the same certificates, zones and files of state; of a whole fleet's first run in one large
# zone, beside `cp` of the zone and `tlsagen create` of as many certificates; at three sizes; and
# beside ldns-dane, sed and rndc in a loop. Ratios of the fastest runs. `./bootstrap bench` runs it on
# its build; elsewhere:
#     TLSAGEN_BUILD=build bench/fleet.sh [SERVICES]
# 100,000 services in a zone of ten times as many records unless told otherwise, and a tenth of them in
# many zones. It needs root (a network namespace) for the part with a name server, and 2 GB of disk.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
if [ "${BENCH_INSIDE:-}" != yes ] && unshare -n -m --uts true 2>/dev/null; then
    BENCH_INSIDE=yes TLSAGEN_BUILD=$(dirname "$(dirname "$tlsagen")") exec setpriv --pdeathsig KILL \
        unshare -n -m --uts -p -f --kill-child --mount-proc bash "$here/fleet.sh" "$@"
fi
services=${1:-100000}
rounds=${BENCH_ROUNDS:-3}
loop=50 # services in the loop of today, which is scaled
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
umask 022
. "$here/measure.bash"
for tool in hyperfine python3 cc ldns-dane; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
type -P time >/dev/null || die "GNU time is not installed"
cc -O2 -o make_certs "$here/make_certs.c" -lcrypto
cc -O2 -o loops "$here/loops.c" -lcrypto
fleet() { python3 "$here/make_fleet.py" "$tmp/$1" "$tmp" "${@:2}"; } # NAME SERVICES ZONES RECORDS [OPTION...]
apply() { "$tlsagen" apply -q -C "$1/tlsagen.conf" || die "apply fails"; }
same() { "$tlsagen" plan --exit-code -C "$1/tlsagen.conf" >/dev/null || die "a second run of $1 finds something to do"; }

echo "== making $services certificates"
./make_certs "$tmp" 2000 "$services"

# --- many zones, nothing to do ---

many=$((services / 10)) zones=$((services / 100))
echo "== $many services in $zones zones"
cat >load <<END
#!/bin/sh
echo "\$1" >>$tmp/loads
END
chmod +x load
fleet many $many $zones $((many * 10)) "server = { exec, $tmp/load, \"{}\" }" 'wait = 0'
: >loads
apply many
same many
if [ "$(sort -u loads | wc -l)" != $zones ] || [ "$(wc -l <loads)" != $zones ]; then
    die "each zone is to be loaded once"
fi
for ((i = 0; i < rounds; i++)); do
    once read 3 -w 1 "./loops read many/list"
    once nothing 3 -w 1 "$tlsagen apply -q -C many/tlsagen.conf"
done
# One certificate is another: its zone alone is written, and it alone is loaded.
written() { stat -c '%n %i %y' many/*.zone | sort; }
written >before
: >loads
rm many/certs/s7.pem
cp "$(sed -n 12p paths)" many/certs/s7.pem
apply many
written >after
if [ "$(diff before after | grep -c '^>')" != 1 ] || [ "$(wc -l <loads)" != 1 ]; then
    die "one new certificate is to change one zone"
fi
one_zone=$(diff before after | sed -n 's/^> many\/\(.*\)\.zone .*/\1/p')
[ "$one_zone" = "$(cat loads)" ] || die "$one_zone was written, and $(cat loads) loaded"

# --- one large zone ---

echo "== $services services in one zone of $((services * 10)) records"
fleet one "$services" 1 $((services * 10))
# The same certificates by the same names.
awk -v folder="$tmp/one/certs" '{$NF = folder "/s" NR - 1 ".pem"; print}' requests | head -n "$services" >"batch"
cp one/z0.example.zone bare.zone
printf '#!/bin/sh\ncp bare.zone one/z0.example.zone\nrm -rf one/state\n' >anew
chmod +x anew
for ((i = 0; i < rounds; i++)); do
    once cp 3 -w 1 "cp bare.zone copy.zone"
    once create 1 -w 1 "$tlsagen create -q --batch batch"
    once first 1 --prepare ./anew "$tlsagen apply -q -C one/tlsagen.conf"
done
./anew
first_memory=$(peak "$tlsagen" apply -q -C one/tlsagen.conf)
[ "$(grep -c TLSA one/z0.example.zone)" = "$services" ] || die "not all records are there"
same one
same_memory=$(peak "$tlsagen" apply -q -C one/tlsagen.conf)
sed -i 's/^ ports = 443$/&\n ttl = 60/' one/tlsagen.conf
all_memory=$(peak "$tlsagen" apply -q -C one/tlsagen.conf)
same one

# --- three sizes ---

echo "== three sizes"
for part in 16 4; do
    size=$((services / part))
    fleet "part$part" $size 1 $((size * 10))
    cp part$part/z0.example.zone part$part.bare
    printf '#!/bin/sh\ncp part%s.bare part%s/z0.example.zone\nrm -rf part%s/state\n' $part $part $part >anew$part
    chmod +x anew$part
    for ((i = 0; i < rounds; i++)); do
        once part$part 1 --prepare ./anew$part "$tlsagen apply -q -C part$part/tlsagen.conf"
    done
done

# --- today's way ---

if [ "${BENCH_INSIDE:-}" = yes ]; then
    echo "== ldns-dane, sed and rndc in a loop"
    for tool in ip named rndc dig; do
        command -v $tool >/dev/null || die "$tool is not installed"
    done
    ip link set lo up
    wait_for_port() { until (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; do sleep 0.1; done; }
    . "$here/../tests/lab/servers.sh"
    : >rndc.key # before the configuration, which names it
    fleet served 1000 10 10000 'server = rndc' "control-key = $tmp/rndc.key" 'control-host = 127.0.0.1' 'wait = 20'
    cp -r served bare
    named=
    for z in {0..9}; do named="$named zone \"z$z.example\" { type primary; file \"$tmp/served/z$z.example.zone\"; };"; done
    start_named "$named"
    chmod go= rndc.key
    cat >today <<END
#!/bin/bash
for ((i = 0; i < 1000; i += 1000 / $loop)); do
    z=z\$((i / 100)).example zone=served/\$z.zone host=host\$i.\$z
    ldns-dane -n -c served/certs/s\$i.pem create \$host 443 3 1 1 >record
    serial=\$(sed -n 's/^@ IN SOA ns1 hostmaster \([0-9]*\) .*/\1/p' \$zone)
    sed -i "/^_443\._tcp\.\$host\./d; s/^@ IN SOA ns1 hostmaster \$serial /@ IN SOA ns1 hostmaster \$((serial + 1)) /" \$zone
    cat record >>\$zone
    rndc -k rndc.key -s 127.0.0.1 reload \$z >/dev/null
done
END
    # Serials go on, as the server has them; the records go.
    printf '#!/bin/bash\nsed -i "/TLSA/d" served/*.zone\nrm -rf served/state\n' >undo
    chmod +x today undo
    for ((i = 0; i < rounds; i++)); do
        once today 1 --prepare ./undo ./today
        once tlsagen 1 --prepare ./undo "$tlsagen apply -q -C served/tlsagen.conf"
        once settled 3 -w 1 "$tlsagen apply -q -C served/tlsagen.conf"
    done
    [ "$(dig +short @127.0.0.1 _443._tcp.host999.z9.example TLSA | wc -l)" = 1 ] || die "the server does not have the records"
    fastest[today]=$(awk -v a="${fastest[today]}" -v n=$loop 'BEGIN {print a * 1000 / n}')
fi

# --- the table ---

fastest[limit]=$(awk -v a="${fastest[cp]}" -v b="${fastest[create]}" 'BEGIN {print 5 * a + b}')
# times A B COUNT: what one service costs in A, against one of B, which has COUNT times as many
per_service() { awk -v a="${fastest[$1]}" -v b="${fastest[$2]}" -v n="$3" 'BEGIN {printf "%.2f", a / b / n}'; }
echo
row "$many services in $zones zones, nothing to do / reading all their files" "$(ratio nothing read)" most 3
row "first run of $services services in one zone / 5 cp of it and create" "$(ratio first limit)" most 1
row "its memory, MB" "$first_memory" most 256
row "memory of a run with nothing to do, MB" "$same_memory" most 256
row "memory of a run that changes all records, MB" "$all_memory" most 256
row "one of $services services / one of $((services / 4))" "$(per_service first part4 4)" most 1.5
row "one of $((services / 4)) services / one of $((services / 16))" "$(per_service part4 part16 4)" most 1.5
if [ -n "${fastest[today]:-}" ]; then
    row "ldns-dane, sed, rndc for 1,000 services ($loop, scaled) / apply" "$(ratio today tlsagen)" least 100
    row "the same / apply with nothing to do" "$(ratio today settled)" least 100
fi
echo
per "reading a file" read "$(wc -l <many/list)"
per "nothing to do: each service" nothing $many
per "cp of the large zone" cp 1
per "create: each certificate" create "$services"
per "first run: each service" first "$services"
[ -z "${fastest[today]:-}" ] || per "ldns-dane, sed, rndc: each service" today 1000
[ -z "${fastest[tlsagen]:-}" ] || per "apply by rndc: each service" tlsagen 1000
