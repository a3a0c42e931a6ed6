# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # for the scripts that source this; of lib.sh
# Shared by the labs about faults of `tlsagen apply`; sourced after servers.sh.
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
chmod go-w .
umask 022
by_rndc="server = rndc
control-key = $PWD/rndc.key
control-host = 127.0.0.1
wait = 60"
apply() { run tlsagen apply -C "${conf:-tlsagen.conf}" "$@"; }
# zone_of NAME OPTIONS [FOLDER/]: NAME.test in a file there
zone_of() { printf 'zone %s.test {\nfile = %s%s.zone\n%s\n}\n' "$1" "${3:-}" "$1" "$2"; }
# service NAME HOST
service() { printf 'service %s {\nhost = %s\nports = 25\nsource = mail.pem\nttl = 60\n}\n' "$1" "$2"; }
# within SECONDS COMMAND...: until it succeeds
within() {
    local i tries=$(($1 * 10))
    shift
    for ((i = 0; i < tries; i++)); do "$@" && return; sleep 0.1; done
    return 1
}
