#!/bin/bash
# What `tlsagen rollover status` costs, beside a program that opens and reads the same state files:
# ratios of processor time, user's and system's, of the fastest runs. `./bootstrap bench` runs it on
# its build; elsewhere:
#     TLSAGEN_BUILD=build bench/rollover.sh [SERVICES]
# 10,000 services unless told otherwise.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
tlsagen=$(realpath "${TLSAGEN_BUILD:-$here/../build}/cli/tlsagen")
services=${1:-10000}
rounds=${BENCH_ROUNDS:-5}
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/tlsagen-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
. "$here/measure.bash"
for tool in python3 cc; do
    command -v $tool >/dev/null || die "$tool is not installed"
done
cc -O2 -o loops "$here/loops.c" -lcrypto

# Every third service is on its way to another key, as after a night of renewals.
mkdir -p state/rollover
python3 - "$services" "$PWD" <<'END_OF_PYTHON'
import hashlib, socket, sys, time
count, folder = int(sys.argv[1]), sys.argv[2]
def first_line(path):
    try:
        return open(path).readline().strip()
    except OSError:
        return ''
machine = first_line('/etc/machine-id')
if machine in ('', 'uninitialized'):
    machine = first_line('/var/lib/dbus/machine-id') or socket.gethostname()
host = hashlib.sha256(b'tlsagen rollover ' + machine.encode()).hexdigest()[:32]
now = int(time.time())
def side(name, digest):
    return [f'{name}.known', f'{name}.certified', f'{name}.id {digest}', f'{name}.keys {digest}',
            f'{name}.chains 1']
with open('tlsagen.conf', 'w') as conf, open('list', 'w') as paths:
    conf.write(f'state-dir = "{folder}/state"\nzone example.org {{\n file = "{folder}/none"\n}}\n'
               'defaults {\n ports = 443\n source = "/srv/%h"\n live = "/srv/live/%n"\n'
               '}\n')
    for i in range(count):
        name = f'h{i}'
        conf.write(f'service {name} {{\n host = {name}.example.org\n}}\n')
        old, new = (hashlib.sha256(f'{i}{x}'.encode()).hexdigest() for x in 'on')
        lines = ['tlsagen-rollover 1', f'service {name}', f'host {host} {socket.gethostname()}',
                 'clock - 0', f'now {now}'] + side('current', old)
        records = [f'record 3 1 1 {old} written ours current current+ current.1']
        if i % 3 == 0:
            lines += side('next', new) + [f'staged {now - 60}', f'next_written {now - 60}']
            records.append(f'record 3 1 1 {new} written ours next next+ next.1')
        lines += [f'written_at {now - 60}', 'ttl 3600', f'seen {now - 30}', f'looked {now}'] + records
        lines += [f'step {now - 60 - j} published 3 1 1 {old[:16]}...' for j in range(5)] + ['end']
        with open(f'state/rollover/{name}.state', 'w') as state:
            state.write('\n'.join(lines) + '\n')
        paths.write(f'{folder}/state/rollover/{name}.state\n')
END_OF_PYTHON
"$tlsagen" rollover status -C tlsagen.conf >shown 2>log || { head -n 3 log >&2; die "status fails"; }
[ "$(grep -c '^\* .* seen ' shown)" = $(((services + 2) / 3)) ] || die "status does not show the services"

# burn NAME COMMAND...: its processor time, user's and system's, by getrusage(2)
burn() {
    local name=$1 seconds
    shift
    seconds=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)' "$@") || die "$name cannot be measured"
    if [ -z "${fastest[$name]:-}" ] ||
        awk -v a="$seconds" -v b="${fastest[$name]}" 'BEGIN {exit !(a < b)}'; then
        fastest[$name]=$seconds
    fi
}
for ((i = 0; i < rounds; i++)); do
    burn read ./loops read list
    burn status "$tlsagen" rollover status -C tlsagen.conf
    burn json "$tlsagen" rollover status --json -C tlsagen.conf
done

echo
row "status of $services services / reading their state files" "$(ratio status read)" most 2
row "status --json of $services services / reading their state files" "$(ratio json read)" most 3
echo
per "reading a state file" read "$services"
per "status" status "$services"
per "status --json" json "$services"
