# shellcheck disable=SC2034,SC2154 # lib.sh and the script that sources this have the other half
# Sets the scene of a lab test; the script names itself in lab_script first.
# Sourced after lib.sh by tests that start servers: the rest of the script runs in a network,
# mount and host-name namespace of its own, where only loopback exists and every port is free.
if [ "${LAB_INSIDE:-}" != yes ]; then
    unshare -n -m --uts true 2>/dev/null || skip_all "no namespaces here; run as root"
    tap_finished=yes
    LAB_INSIDE=yes setpriv --pdeathsig KILL \
        unshare -n -m --uts -p -f --kill-child --mount-proc bash "$lab_script"
    exit
fi
ip link set lo up

# needs COMMAND...: skips the whole script without it
needs() {
    local name
    for name; do
        command -v "$name" >/dev/null || skip_all "$name is not installed"
    done
}

# new_cert NAME ALGORITHM...: NAME.pem and NAME.key for mail.lab.test, e.g. rsa:2048
new_cert() {
    local name=$1
    shift
    openssl req -x509 -nodes -newkey "$@" -keyout "$name.key" -out "$name.pem" -days 30 \
        -subj "/CN=$name" -addext subjectAltName=DNS:mail.lab.test 2>/dev/null
    chmod 644 "$name.key"
}
new_rsa() { new_cert "$1" rsa:2048; }
new_ec() { new_cert "$1" ec -pkeyopt ec_paramgen_curve:P-256; }

# leaf_of FILE: as probe_tool prints it
leaf_of() { openssl x509 -in "$1" -outform DER | sha256sum | cut -c1-16; }

# wait_for_port PORT [ADDRESS]: until something listens, a minute at most
wait_for_port() {
    local i
    for i in {1..600}; do
        (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null && return
        sleep 0.1
    done
    echo "# nothing listens on port $1 after $i tries"
}

# serve [ADDRESS:]PORT OPTION...: an `openssl s_server`, whose process is $!
serve() {
    local at=127.0.0.1
    [[ $1 != *:* ]] || at=${1%:*}
    [[ " $* " != *' -6 '* ]] || at=::1
    openssl s_server -quiet -accept "$@" </dev/null >/dev/null 2>&1 &
    wait_for_port "${1##*:}" "$at"
}

# probe ARGUMENT...: $out is what probe_tool says about 127.0.0.1
probe() {
    run timeout 60 "$PROBE_TOOL" -a "${address:-127.0.0.1}" "$@"
    [ $status = 0 ] || not_ok "probe_tool $*" "status $status" "$err"
}
# line KIND: the answer of that kind in $out
line() { grep "| $1 |" <<<"$out"; }
