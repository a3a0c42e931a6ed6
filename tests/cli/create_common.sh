# shellcheck disable=SC2034,SC2154 # for the scripts that source this; lib.sh sets $status, $out, $err
# Shared by the scripts about `tlsagen create`; sourced after lib.sh.
. "$TLSAGEN_SOURCE/tests/certs.sh"
host=mail.example.org

# rdata: the records in $out without owner, TTL, class and type, one a line
rdata() { cut -f5 <<<"$out"; }

# makes RDATA WHAT ARGUMENT...: create prints these records (one a line) and nothing on stderr
makes() {
    local wanted=$1 what=$2
    shift 2
    run tlsagen create "$@"
    is "$status|$(rdata)|$err" "0|$wanted|" "$what"
}

# warns REGEX WHAT ARGUMENT...: create prints a record, and one warning that matches
warns() {
    local regex=$1 what=$2
    shift 2
    run tlsagen create "$@"
    if [ $status = 0 ] && [[ $out == *TLSA* ]] && [[ $err == 'tlsagen: warning: '* ]] &&
        [[ $err != *$'\n'* ]] && [[ $err =~ $regex ]]; then
        ok "$what"
    else
        not_ok "$what" "status $status" "stdout: $out" "stderr: $err" "wanted: $regex"
    fi
}

# refuses STATUS REGEX WHAT ARGUMENT...: nothing on stdout, and one line on stderr that matches
refuses() {
    local wanted=$1 regex=$2 what=$3
    shift 3
    run tlsagen create "$@"
    refused "$wanted" "$regex" "$what"
}

# refused STATUS REGEX WHAT: the same of what ran before
refused() {
    if [ $status = "$1" ] && [ -z "$out" ] && [[ $err == 'tlsagen: '* ]] &&
        [[ $err != *$'\n'* ]] && [[ $err =~ $2 ]]; then
        ok "$3"
    else
        not_ok "$3" "status $status, wanted $1" "stdout: $out" "stderr: $err" "wanted: $2"
    fi
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# data_of SELECTOR MATCHING FILE: association data of a PEM certificate, by the openssl command
data_of() {
    case $1 in
    0) openssl x509 -in "$3" -outform DER ;;
    1) openssl x509 -in "$3" -noout -pubkey | openssl pkey -pubin -outform DER ;;
    esac | case $2 in
    0) cat ;;
    1) openssl dgst -sha256 -binary ;;
    2) openssl dgst -sha512 -binary ;;
    esac | hex
}
