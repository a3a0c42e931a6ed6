#!/bin/bash
# The program itself: help, version, unknown words, standard descriptors, signals.
# shellcheck disable=SC2016 # directives of zone files, and scripts for another bash
. "$(dirname "$0")/../lib.sh"

run tlsagen --version
is "$status" 0 "--version succeeds"
like "$out" '^tlsagen [0-9]+\.[0-9]+\.[0-9]+$' "--version prints name and version"
is "$err" "" "--version is silent on stderr"

run tlsagen --help
is "$status" 0 "--help succeeds"
like "$out" '^Usage: tlsagen COMMAND' "--help begins with the usage"

run tlsagen
is "$status" 2 "no command is wrong usage"
is "$out" "" "wrong usage prints no result"
like "$err" '^tlsagen: [^'$'\n'']*no command given' "wrong usage says what is missing"

run tlsagen no-such-command
is "$status" 2 "an unknown command is wrong usage"
like "$err" 'unknown command "no-such-command"' "the unknown command is named"

run tlsagen $'\e[31m'
unlike "$err" $'\e' "control bytes of the arguments do not reach the terminal"

run bash -c '"$TLSAGEN" --help >/dev/full'
is "$status" 1 "a full disk is a failure"
like "$err" '^tlsagen: .*No space left' "a full disk is named"

run bash -c '"$TLSAGEN" --help >&-'
is "$status" 1 "a closed stdout is a failure"

run tlsagen zone -q put db
is "$status" 2 "an option before the subcommand is wrong usage"
like "$err" '-q stands where the subcommand of zone belongs; options follow it' "and told as that"

# What the caller ignores.
printf '$ORIGIN e.\n@ 60 SOA a b 1 2 3 4 5\n' >db
cat >ignoring <<'EOF'
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
EOF
run python3 ignoring "$TLSAGEN" zone bump --check-with true db
is "$status$err" 0 "with SIGCHLD ignored a command's status is known"
run python3 ignoring "$TLSAGEN" reload --exec true --wait 0 example.org
is "$status$err" 0 "that of a name server's, too"
run tlsagen reload -n --json --exec $'h\xe4nd x' example.org
is "$status $(python3 -c 'import json, sys; print(json.load(sys.stdin)["command"])' <<<"$out")" "0 h?nd x" \
    "reload -n --json is JSON"
run bash -c '(ulimit -f 0; exec "$TLSAGEN" zone bump db) 2>&1 | cat; exit "${PIPESTATUS[0]}"'
is "$status" 1 "a file that may not grow is a failure"
like "$out" '^tlsagen: cannot [a-z]+ .*/db, and the old file stands: File too large' "and named"
like "$(cat db)" ' b 2 2 3' "and the file stands"

finish
