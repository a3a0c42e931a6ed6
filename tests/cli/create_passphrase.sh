#!/bin/bash
# `tlsagen create`: encrypted inputs and where their passphrase comes from.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca root; make_ca inter root
make_cert mail $host ec inter
make_cert rsa $host rsa:2048 inter
mail="3 1 1 $(data_of 1 1 mail.pem)" rsa="3 1 1 $(data_of 1 1 rsa.pem)"
openssl pkcs8 -topk8 -in mail.key -passout pass:secret -out mail.enc
openssl pkcs8 -topk8 -in mail.key -passout pass:secret -outform DER -out mail.enc.der
openssl rsa -in rsa.key -aes128 -passout pass:secret -traditional -out rsa.enc 2>/dev/null
openssl pkcs12 -export -in mail.pem -inkey mail.key -certfile inter.pem -passout pass:secret \
    -out mail.p12
printf 'secret\nsecond line\n' >right; printf 'secret\r\n' >crlf; printf secret >short
echo wrong >wrong; : >empty; head -c 2000 /dev/zero | tr '\0' x >long

# without_terminal COMMAND...: nobody to ask
without_terminal() { setsid -w "$@" </dev/null; }

for file in mail.enc mail.enc.der mail.p12; do
    for pass in right crlf short; do
        makes "$mail" "$file with the passphrase file \"$pass\"" --passphrase-file $pass -k $file $host 25
    done
    for pass in wrong empty; do
        refuses 3 "^tlsagen: $file: encrypted, and the passphrase is missing or wrong" \
            "$file with the passphrase file \"$pass\"" --passphrase-file $pass -k $file $host 25
    done
    run without_terminal "$TLSAGEN" create -k $file $host 25
    refused 3 "^tlsagen: $file: encrypted, .*--passphrase-file" "$file without passphrase and terminal"
done
makes "$rsa" "traditional encryption" --passphrase-file right -k rsa.enc $host 25
refuses 3 "^tlsagen: rsa.enc: encrypted" "traditional encryption, wrong passphrase" \
    --passphrase-file wrong -k rsa.enc $host 25
makes "2 1 1 $(data_of 1 1 inter.pem)" "PKCS#12 holds the CA's certificate too" \
    --passphrase-file right -c mail.p12 $host 25 2 1 1
makes "$mail" "a passphrase that is not needed" --passphrase-file right -k mail.key $host 25

refuses 1 '^tlsagen: passphrase: cannot open nothing: No such file' "no passphrase file" \
    --passphrase-file nothing -k mail.enc $host 25
refuses 1 '^tlsagen: passphrase: \.: is a directory' "a folder as passphrase file" \
    --passphrase-file . -k rsa.enc $host 25
refuses 1 '^tlsagen: passphrase: the first line of long is longer than [0-9]+ bytes' \
    "a passphrase too long" --passphrase-file long -k mail.enc $host 25
refuses 1 '^tlsagen: passphrase: cannot open nothing' "no passphrase file for PKCS#12" \
    --passphrase-file nothing -k mail.p12 $host 25

# A pipe can be read once, and two inputs want it.
both=$(printf '%s\n%s' "$mail" "$rsa" | sort)
makes "$both" "passphrase by process substitution, two keys" --passphrase-file <(cat right) \
    -k mail.enc -k rsa.enc $host 25
run tlsagen create --passphrase-file - -k rsa.enc -k mail.enc $host 25 < <(cat right)
is "$status|$(rdata)|$err" "0|$both|" "passphrase on standard input, two keys"
refuses 2 'standard input .* once only' "standard input as passphrase and key" \
    --passphrase-file - -k - $host 25

# --- asked at the terminal ---
# at_terminal ANSWER ARGUMENT...: create on a new terminal where ANSWER is typed; $out is all shown
cat >terminal.py <<'END'
import os, pty, select, sys, termios, time
answer, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
shown, typed = b"", False
while True:
    if not select.select([terminal], [], [], 20)[0]:
        os.kill(pid, 9)
        print("nothing happens")
        break
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    shown += data
    if not typed and b"Passphrase of" in shown and shown.endswith(b": "):
        # The prompt is written before the terminal stops to show what is typed.
        for _ in range(200):
            if not termios.tcgetattr(terminal)[3] & termios.ECHO:
                break
            time.sleep(0.02)
        os.write(terminal, answer.encode().decode("unicode_escape").encode())
        typed = True
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
at_terminal() {
    local answer=$1
    shift
    run timeout 30 "${TLSAGEN_PYTHON:-python3}" terminal.py "$answer" "$TLSAGEN" create "$@"
}
if command -v python3 >/dev/null; then
    at_terminal 'secret\n' -k mail.enc $host 25
    like "$status $out" "^0 Passphrase of mail\.enc: .*TLSA.$mail\$" "the passphrase is asked for"
    unlike "$out" secret "and not shown"
    at_terminal 'wrong\n' -k mail.enc $host 25
    like "$status $out" '^3 Passphrase of mail\.enc: .*mail.enc: encrypted, and the passphrase is' \
        "a wrong passphrase is typed"
    at_terminal '\x03' -k mail.enc $host 25
    like "$status $out" '^[1-9][0-9]* Passphrase of mail\.enc:' "interrupted at the prompt"
    unlike "$out" TLSA "nothing is printed then"
    at_terminal 'secret\n' -k mail.p12 $host 25
    like "$status $out" "^0 Passphrase of mail\.p12: .*TLSA.$mail\$" "PKCS#12"
    at_terminal 'secret\n' -k rsa.enc $host 25
    like "$status $out" "^0 Passphrase of rsa\.enc: .*TLSA.$rsa\$" "traditional encryption"
    at_terminal 'secret\n' -k "file:$tmp/mail.enc" $host 25
    like "$status $out" "^0 Passphrase of file:.*: .*TLSA.$mail\$" "file: URI"
    at_terminal 'secret\n' --passphrase-file wrong -k mail.enc $host 25
    unlike "$out" 'Passphrase of' "nobody is asked when there is a passphrase file"
    cp mail.enc $'\e[31m.enc'
    at_terminal 'secret\n' -k $'\e[31m.enc' $host 25
    like "$status $out" '^0 Passphrase of \?\[31m' "control bytes of a name are not shown"
else
    skip "passphrase asked at the terminal" "python3 is not installed"
fi
finish
