#!/bin/bash
# What `tlsagen zone` costs, beside `cp` and `sync` of the same file and the programs that are used
# for it today: ratios of one run. `./bootstrap bench` runs it on its build; elsewhere:
#     TLSAGEN_BUILD=build bench/zone.sh [MEGABYTES]
# 100 megabytes unless told otherwise. It needs hyperfine, GNU time, taskset and ldns-read-zone, and
# four times the size on the disk. The slow peers run once, on a zone of a tenth.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
megabytes=${1:-100}
rounds=${BENCH_ROUNDS:-3}
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
. "$here/measure.bash"
for tool in hyperfine taskset ldns-read-zone python3; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
type -P time >/dev/null || die "GNU time is not installed"

# A zone as hosters have them: hosts, some text, mail, aliases; SOA first.
make_zone() { # MEGABYTES
    python3 - "$1" <<'END_OF_PYTHON'
import random, sys
random.seed(1)
left = int(sys.argv[1]) * 1000000
out = ['$ORIGIN example.org.\n$TTL 3600\n@ IN SOA ns1 hostmaster (\n'
       '\t2026112301\t; serial\n\t7200 3600 1209600 3600 )\n\tIN NS ns1\nns1 IN A 192.0.2.1\n'
       '_25._tcp.mail IN TLSA 3 1 1 ' + '0' * 64 + '\n']
while left > 0:
    lines = []
    for _ in range(20000):
        i = random.randrange(10 ** 8)
        k = i % 20
        if k < 12:
            lines.append(f'host{i}\t3600\tIN\tA\t10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n')
        elif k < 16:
            lines.append(f'host{i} IN AAAA 2001:db8::{i & 65535:x}:{i >> 8 & 65535:x}\n')
        elif k < 18:
            lines.append(f'txt{i}\tIN\tTXT\t"v=spf1 include:_spf.example.net -all"\n')
        elif k < 19:
            lines.append(f'alias{i}\tIN\tCNAME\thost{i}\n')
        else:
            lines.append(f'mx{i} 300 IN MX 10 mail.example.net. ; another host\n')
    out.append(''.join(lines))
    left -= len(out[-1])
    sys.stdout.write(''.join(out))
    out = []
END_OF_PYTHON
}

echo "== making a zone of $megabytes MB"
make_zone "$megabytes" >zone
make_zone $((megabytes / 10 + 1)) >tenth
cat zone >/dev/null
zone="$tlsagen zone"
printf '_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 %064d\n' 0 >rr0
printf '_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 %064d\n' 1 >rr1
printf '_25._tcp.mx9.example.org. 3600 IN TLSA 3 1 1 %064d\n' 1 >new
printf '#!/bin/sh\ncp zone copy && sync copy\n' >copy.sh
# Each run of these changes the zone once.
printf '#!/bin/sh\n%s put -q zone rr1 && %s put -q zone rr0\n' "$zone" "$zone" >put2.sh
printf '#!/bin/sh\n%s add -q zone new && %s remove -q zone _25._tcp.mx9.example.org. TLSA\n' \
    "$zone" "$zone" >add2.sh
chmod +x ./*.sh

echo "== measuring, $rounds rounds"
for ((round = 0; round < rounds; round++)); do
    once copy 3 --prepare 'rm -f copy' ./copy.sh
    once quick 3 "$zone bump -q --quick zone"
    once bump2 3 "$zone bump -q zone"
    once bump1 3 "taskset -c 0 $zone bump -q zone"
    once put2 2 ./put2.sh
    once put1 2 "taskset -c 0 ./put2.sh"
    once add2 2 ./add2.sh
    once list 3 "$zone list --type TLSA zone"
    once check 2 "$zone check zone"
    once read 3 "cat zone"
    once sed 2 "sed -i s/2026112301/2026112302/ zone"
done
echo "== the peers, on a tenth"
once tenth 3 "$zone bump -q tenth"
once ldns 1 "ldns-read-zone -S YYYYMMDDxx tenth"

# rate A: gigabytes that A reads in a second
rate() {
    awk -v s="${fastest[$1]}" -v size="$(stat -c %s zone)" 'BEGIN {printf "%.2f", size / s / 1e9}'
}

# half A: one of the two changes that A makes
half() { fastest[$1]=$(awk -v a="${fastest[$1]}" 'BEGIN {print a / 2}'); }
half put2; half put1; half add2

echo
row "bump --quick / cp and sync" "$(ratio quick copy)" most 1.1
row "bump, two threads / cp and sync" "$(ratio bump2 copy)" most 1.3
row "bump, one processor / cp and sync" "$(ratio bump1 copy)" most 1.8
row "put, two threads / cp and sync" "$(ratio put2 copy)" most 1.3
row "put, one processor / cp and sync" "$(ratio put1 copy)" most 1.8
row "add and remove, two threads, the mean / cp and sync" "$(ratio add2 copy)" most 1.3
row "sed -i / bump" "$(ratio sed bump2)" least 3
row "ldns-read-zone -S / bump, a zone of a tenth" "$(ratio ldns tenth)" least 40
row "list --type TLSA, GB per second" "$(rate list)" least 2
row "check, GB per second" "$(rate check)" least 2
row "memory of bump, MB" "$(peak "$tlsagen" zone bump -q zone)" most 16
row "memory of put, MB" "$(peak "$tlsagen" zone put -q zone rr1)" most 16
echo
per "cp and sync" copy 1
per "bump --quick" quick 1
per "bump" bump2 1
per "put" put2 1
per "list --type TLSA" list 1
per "check" check 1
per "cat" read 1
