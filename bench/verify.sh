#!/bin/bash
# What `tlsagen verify` costs: one service beside `openssl s_client`, and 1,000 services that each
# answer after 100 ms, one after another and 32 at once. Ratios of one run. `./bootstrap bench` runs
# it on its build; elsewhere: TLSAGEN_BUILD=build bench/verify.sh. It needs root (a network
# namespace), named, hyperfine, GNU time and python3, and takes about four minutes.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
if [ "${BENCH_INSIDE:-}" != yes ]; then
    unshare -n -m --uts true 2>/dev/null || { echo "verify.sh: no namespaces here; run as root" >&2; exit 0; }
    BENCH_INSIDE=yes TLSAGEN_BUILD=$(dirname "$(dirname "$tlsagen")") exec setpriv --pdeathsig KILL \
        unshare -n -m --uts -p -f --kill-child --mount-proc bash "$here/verify.sh"
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
. "$here/measure.bash"
for tool in openssl named hyperfine python3; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
ip link set lo up

needs() { :; }
wait_for_port() { until (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; do sleep 0.1; done; }
. "$here/../tests/certs.sh"
. "$here/../tests/lab/dns_servers.sh"
services=${BENCH_SERVICES:-1000}

make_cert leaf www.good.test ec
hash=$(openssl x509 -in leaf.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
{
    echo "www A 127.0.0.1"
    echo "_4000._tcp.www TLSA 3 1 1 $hash"
    for ((i = 0; i < services; i++)); do
        printf 'h%d A 127.0.0.1\n_4001._tcp.h%d TLSA 3 1 1 %s\n' $i $i "$hash"
    done
} >records
zone good.test <records
start_dns
cat >slow.py <<'END'
import socket, ssl, threading, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('leaf.pem', 'leaf.key')
def serve(conn):
    try:
        time.sleep(0.1)
        context.wrap_socket(conn, server_side=True).close()
    except OSError:
        pass
listener = socket.create_server(('127.0.0.1', 4001), backlog=256)
while True:
    conn, _ = listener.accept()
    threading.Thread(target=serve, args=(conn,), daemon=True).start()
END
python3 slow.py &
openssl s_server -quiet -accept 127.0.0.1:4000 -cert leaf.pem -key leaf.key </dev/null >/dev/null 2>&1 &
wait_for_port 4001
wait_for_port 4000

verify="$tlsagen verify -q --trust-anchor $anchor"
[ "$($verify www.good.test 4000 | head -n 1)" = "www.good.test:4000: verified" ] || die "nothing is verified"

# One service; verify shakes hands twice (ECDSA, and RSA in vain) and validates all answers.
cat >others <<END
#!/bin/sh
openssl s_client -connect 127.0.0.1:4000 -servername www.good.test -dane_tlsa_domain www.good.test \
    -dane_tlsa_rrdata "3 1 1 $hash" -brief </dev/null >/dev/null 2>&1
dig +dnssec @192.0.2.53 _4000._tcp.www.good.test TLSA >/dev/null
END
chmod +x others
for _ in {1..3}; do
    once verify 10 "$verify www.good.test 4000"
    once others 10 ./others
done
row "one service, against s_client and dig" "$(ratio verify others)" most 1.2

seq 0 $((services - 1)) | sed 's/.*/h&.good.test 4001/' >all
head -n 40 all >some
took() { # COMMAND...: seconds
    local begin
    begin=$(date +%s%3N)
    "$@" >out || die "$* failed: $(tail -n 2 out)"
    echo $(($(date +%s%3N) - begin))
}
# One after another is measured with 40 of them and scaled up.
single=$(took $verify --jobs 1 --input some)
many=$(took env time -f %M -o memory $verify --jobs 32 --input all)
[ "$(grep -c ': verified' out)" = "$services" ] || die "not all are verified"
row "$services services that take 100 ms, 32 at once instead of one" "$((single * services / 40 / many))" least 15
row "memory, $services services at 32 jobs, MB" "$(($(cat memory) / 1000))" most 64
