#!/bin/bash
# `tlsagen create`: pipes, standard descriptors that are closed or full, and signals.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca inter
make_cert mail $host ec inter
make_cert rsa $host rsa:2048 inter
data=$(data_of 1 1 mail.pem)
line="_25._tcp.$host."$'\t3600\tIN\tTLSA\t'"3 1 1 $data"

# through WHAT: what ran printed the one record and nothing else
through() { is "$status|$out|$err" "0|$line|" "$1"; }

# --- standard input and pipes ---
run tlsagen create -c - $host 25 <mail.pem; through "standard input is a file"
run tlsagen create -c - $host 25 < <(cat mail.pem); through "standard input is a pipe"
run tlsagen create -k - $host 25 <mail.key; through "a key on standard input"
run tlsagen create -c mail.pem -k - $host 25 <mail.key; through "a key beside a certificate's file"
run tlsagen create -c /dev/stdin $host 25 <mail.pem; through "/dev/stdin"
run tlsagen create -c <(cat mail.pem) -k <(cat mail.key) $host 25; through "two process substitutions"
run tlsagen create -c <(sleep 0.3; head -n 3 mail.pem; sleep 0.3; tail -n +4 mail.pem) $host 25
through "a pipe that is slow and comes in pieces"
(echo comment; cat mail.pem; head -c 300000 /dev/zero | tr '\0' '\n') >big.pem
run tlsagen create -c <(cat big.pem) $host 25; through "more than a pipe holds"
mkfifo fifo; cat mail.pem >fifo &
run tlsagen create -c fifo $host 25; through "a FIFO with a writer"
run tlsagen create -c <(exit 0) $host 25
refused 1 '^tlsagen: /dev/fd/[0-9]+: empty' "a writer that wrote nothing"
run tlsagen create -c - $host 25 </dev/null
refused 1 '^tlsagen: standard input: empty' "standard input is empty"
run tlsagen create -c - $host 25 <.
refused 1 '^tlsagen: standard input: is a directory' "standard input is a directory"
run tlsagen create -c - $host 25 <&-
refused 1 '^tlsagen: cannot read standard input: Bad file descriptor' "standard input is closed"
run tlsagen create -c mail.pem $host 25 <&-; through "standard input is closed and not needed"
run tlsagen create -c - $host 25 3>/dev/null 0>&3
refused 1 '^tlsagen: cannot read standard input: Bad file descriptor' "standard input can only be written"
refuses 1 '^tlsagen: standard input: has (20971520 bytes, )?more than' "standard input is endless" \
    -c - $host 25 </dev/zero
for inputs in '-c - -c -' '-c - -k -' '-k - -k mail.key -c -'; do
    # shellcheck disable=SC2086 # several words
    refuses 2 'standard input .-. can be read once only' "standard input twice: $inputs" $inputs $host 25
done
if command -v python3 >/dev/null; then
    # As some parents leave it: reading must wait asleep, and not try again and again.
    cat >nonblocking.py <<'END'
import os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(reader, False)
with open("mail.pem", "rb") as file:
    text = file.read()
child = subprocess.Popen(sys.argv[1:], stdin=reader)
def sleeps():
    """Whether it comes to rest: the same system call in ten looks, and asleep in each."""
    def look():
        with open(f"/proc/{child.pid}/status") as status:
            lines = status.read().splitlines()
        return [line for line in lines if line.startswith(("State:", "voluntary"))]
    for attempt in range(40):
        looks = []
        for _ in range(10):
            looks.append(look())
            time.sleep(0.02)
        if "S (sleeping)" in looks[0][0] and all(other == looks[0] for other in looks):
            return True
    return False
for part in text[:200], text[200:]:
    if not sleeps():
        print("does not sleep while it waits")
    os.write(writer, part)
os.close(writer)
sys.exit(child.wait())
END
    run python3 nonblocking.py "$TLSAGEN" create -c - $host 25
    through "standard input does not block"
    cat >full_pipe.py <<'END'
import os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.3)
got = b""
while True:
    data = os.read(reader, 65536)
    if not data:
        break
    got += data
sys.stdout.buffer.write(got)
sys.exit(child.wait())
END
    ports=$(seq -s, 1 900)
    tlsagen create -c rsa.pem -q $host "$ports" 3 0 0 >wanted
    run python3 full_pipe.py "$TLSAGEN" create -c rsa.pem -q $host "$ports" 3 0 0
    is "$status $err" "0 " "standard output does not block"
    succeeds "and all of it arrives" cmp wanted .out
else
    skip "descriptors that do not block" "python3 is not installed"
fi

# --- standard output and error ---
for format in zone multiline generic nsupdate json; do
    run bash -c "\"\$TLSAGEN\" create --format $format -c mail.pem $host 25 >/dev/full"
    refused 1 '^tlsagen: cannot write the result to standard output: No space left' "full disk, $format"
done
run bash -c "\"\$TLSAGEN\" create -c mail.pem $host 25 >&-"
refused 1 'cannot write the result to standard output: Bad file descriptor' "standard output is closed"
run bash -c "(sleep 0.2; \"\$TLSAGEN\" create -c mail.pem $host 25; echo \$? >code) | true; cat code"
is "$out" 1 "a pipe that nobody reads is a failure"
like "$err" '^tlsagen: cannot write the result to standard output: Broken pipe$' "and is told"
run bash -c "\"\$TLSAGEN\" create -c old -c mail.pem $host 25 2>&-"
is "$status|$out" "1|" "standard error is closed: an error is seen in the status"
run bash -c "\"\$TLSAGEN\" create -c mail.pem other.example.net 25 2>&- | wc -l"
is "$out" 1 "and warnings do not reach the records"
run bash -c "\"\$TLSAGEN\" create -c mail.pem $host 25 <&- >&- 2>&-"
is "$status" 1 "everything is closed"

# --- signals ---
mkfifo silent
for signal in TERM INT HUP; do
    # A background job of bash ignores INT, which env undoes.
    env --default-signal=$signal "$TLSAGEN" create -c mail.pem -c silent $host 25 >signal.out 2>signal.err &
    pid=$!
    for _ in {1..100}; do
        find "/proc/$pid/fd" -lname "*/silent" 2>/dev/null | grep -q . && break
        sleep 0.05
    done
    kill -$signal $pid
    wait $pid; code=$?
    is "$code $(cat signal.out signal.err)" "$((128 + $(kill -l $signal))) " "SIG$signal ends the waiting"
done
finish
