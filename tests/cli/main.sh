#!/bin/bash
# The program itself: help, version, unknown words, standard descriptors.
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

finish
