#!/bin/bash
# What `tlsagen create` costs, beside mere reading, libcrypto's own parser and ldns-dane: ratios of
# one run, because times differ from machine to machine. `./bootstrap bench` runs it on its build;
# elsewhere: TLSAGEN_BUILD=build bench/create.sh. It takes about two minutes on an idle
# machine (a busy one blurs the ratios of single runs and of threads) and needs gcc, the
# development files of libcrypto, hyperfine, GNU time and ldns-dane.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
rounds=${BENCH_ROUNDS:-4}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
. "$here/measure.bash"

for tool in gcc hyperfine ldns-dane; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
type -P time >/dev/null || die "GNU time is not installed"

# --- data and helpers ---

files=10000 keys=1000 bundled=40000
echo "== making $files certificates"
for name in make_certs loops; do
    gcc -O2 -D_GNU_SOURCE -o $name "$here/$name.c" -lcrypto
done
gcc -O2 -o nothing "$here/nothing.c" -Wl,--no-as-needed -lcrypto -lidn2 -ljansson
libraries() { ldd "$1" | awk '{print $1}' | sort; }
[ "$(libraries ./nothing)" = "$(libraries "$tlsagen")" ] ||
    die "nothing.c is not linked to the libraries of $tlsagen"
./make_certs "$tmp" 2000 $files
cat bundle.pem bundle.pem bundle.pem bundle.pem >large.pem
for _ in {1..10}; do cat requests; done >many
one=$(head -n 1 paths)
sync

# The records must be right before their time means anything.
head -n 20 requests | while read -r host port usage selector matching path; do
    ldns-dane -n -c "$path" create "$host" "$port" "$usage" "$selector" "$matching"
done >peer
head -n 20 requests | "$tlsagen" create -q --batch - >ours
cmp -s peer ours || die "tlsagen and ldns-dane differ"

# Drops what the system keeps of the files: all of it for root, else the contents.
if [ -w /proc/sys/vm/drop_caches ]; then
    printf '#!/bin/sh\nsync\necho 3 >/proc/sys/vm/drop_caches\n' >forget
    dropped="all caches dropped"
else
    printf '#!/bin/sh\nexec %s/loops forget %s/paths\n' "$tmp" "$tmp" >forget
    dropped="contents dropped from the cache"
fi
chmod +x forget

# --- runs, those to be compared by turns ---

create="$tlsagen create"
echo "== measuring, $rounds rounds"
for ((round = 0; round < rounds; round++)); do
    once nothing 100 ./nothing
    once one 100 "$create -q -c $one host00000.example 25"
    once ldns-dane 10 "ldns-dane -n -c $one create host00000.example 25 3 1 1"
    once read 3 -w 1 "./loops read paths"
    once lines1 3 "$create --jobs 1 --batch requests"
    once lines 3 "$create --batch requests"
    once parse 1 "./loops parse paths"
    # Two threads show what they can do only while nothing else runs: the more chances, the better.
    once bundle1 5 -w 1 "$create --jobs 1 --bundle large.pem 25"
    once bundle2 10 "$create --jobs 2 --bundle large.pem 25"
    once keys-parse 1 "./loops keys key_paths"
    once keys1 1 "$create --jobs 1 --batch key_requests"
    once cold1 1 --prepare ./forget "$create --jobs 1 --batch requests"
    once cold 2 --prepare ./forget "$create --batch requests"
done
echo "== ldns-dane in a shell loop over 1,000 files"
head -n 1000 requests >thousand
# shellcheck disable=SC2016 # for the inner shell
printf '#!/bin/bash\nwhile read -r host port u s m path; do\n%s\ndone <thousand\n' \
    'ldns-dane -n -c "$path" create "$host" "$port" "$u" "$s" "$m"' >loop
once thousand 10 -w 1 "$create -q --batch thousand"
once shell-loop 1 "bash loop"

# --- the table ---

echo
row "one certificate / a program that links the same libraries and does nothing" \
    "$(ratio one nothing)" most 2.3
row "ldns-dane / one certificate" "$(ratio ldns-dane one)" least 10
row "batch, one thread / mere open, read, close" "$(ratio lines1 read)" most 4
row "loop of PEM_read_bio_X509 / batch, one thread" "$(ratio parse lines1)" least 6
row "batch, one thread / batch as it is called" "$(ratio lines1 lines)" least 1
row "bundle: one thread / two threads" "$(ratio bundle1 bundle2)" least 1.6
row "cold ($dropped): one thread / batch as it is called" \
    "$(ratio cold1 cold)" least 2.5
row "shell loop of ldns-dane over 1,000 files / batch" "$(ratio shell-loop thousand)" least 800
row "loop of PEM_read_bio_PrivateKey / batch of keys, one thread" \
    "$(ratio keys-parse keys1)" least 1
row "memory for 10,000 lines, one thread, MB" "$(peak "$tlsagen" create --jobs 1 --batch requests)" most 20
row "memory for 100,000 lines, one thread, MB" "$(peak "$tlsagen" create --jobs 1 --batch many)" most 20
row "memory for 100,000 lines, 16 threads, MB" "$(peak "$tlsagen" create --jobs 16 --batch many)" most 20
row "memory for a bundle of $bundled, 16 threads, MB" \
    "$(peak "$tlsagen" create --jobs 16 --bundle large.pem 25)" most 20
echo
per "does nothing" nothing 1
per "one certificate" one 1
per "ldns-dane" ldns-dane 1
per "open, read, close: each" read $files
per "batch, one thread: each" lines1 $files
per "bundle, one thread: each" bundle1 $bundled
per "PEM_read_bio_X509: each" parse $files
per "batch of keys, one thread: each" keys1 $keys
