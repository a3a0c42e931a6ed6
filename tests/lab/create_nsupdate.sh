#!/bin/bash
# `tlsagen create --format nsupdate`: a name server takes the script and then serves the records.
. "$(dirname "$0")/../lib.sh"
lab_script=$(realpath "$TLSAGEN_SOURCE/tests/lab/create_nsupdate.sh")
. "$TLSAGEN_SOURCE/tests/lab/netns.sh"
needs openssl ip named nsupdate dig
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"
host=mail.lab.test

cat >named.conf <<END
options {
    directory "$tmp"; pid-file none; listen-on port 53 { 127.0.0.1; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; session-keyfile none;
};
controls { };
zone "lab.test" { type primary; file "lab.test.zone"; allow-update { 127.0.0.1; }; };
END
cat >lab.test.zone <<'END'
$TTL 300
@ IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
mail IN A 127.0.0.1
END
echo 'nameserver 127.0.0.1' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
named -c named.conf -n 1 -f 2>named.log &
wait_for_port 53

# served PORT: TTL and rdata of the TLSA records there
served() {
    dig +noall +answer @127.0.0.1 "_$1._tcp.$host" TLSA |
        awk '{printf "%s %s %s %s ", $2, $5, $6, $7; for (i = 8; i <= NF; i++) printf "%s", tolower($i)
            print ""}' | sort
}
# update WHAT ARGUMENT...: makes a script and gives it to nsupdate
update() {
    local what=$1
    shift
    succeeds "$what: a script" tlsagen create --format nsupdate -q "$@"
    tlsagen create --format nsupdate -q "$@" >script
    succeeds "$what: the server takes it" timeout 20 nsupdate script
}

make_cert old $host rsa:2048; make_cert new $host ec
old="$(data_of 1 1 old.pem)" new="$(data_of 1 1 new.pem)"
update "a first record" -c old.pem $host 25,465
is "$(served 25)" "3600 3 1 1 $old" "the record is served"
is "$(served 465)" "3600 3 1 1 $old" "and that of the other port"
update "the same again" -c old.pem $host 25
is "$(served 25)" "3600 3 1 1 $old" "is there once"
update "another beside it" --origin lab.test --ttl 60 -c new.pem $host 25
is "$(served 25)" "$(printf '60 3 1 1 %s\n' "$old" "$new" | sort)" "both are served, with one TTL"
update "the new one in its place" --origin lab.test --replace -c new.pem $host 25
is "$(served 25)" "3600 3 1 1 $new" "the old one is gone"
is "$(served 465)" "3600 3 1 1 $old" "but not at the other port"
update "whole certificates" --replace -c old.pem -c new.pem $host 465 3 0 0
is "$(served 465)" "$(printf '3600 3 0 0 %s\n' "$(data_of 0 0 old.pem)" "$(data_of 0 0 new.pem)" | sort)" \
    "are served to the last byte"
tlsagen create --format nsupdate -c new.pem other.example.net 25 >script 2>/dev/null
fails "a host of another zone is the server's to refuse" timeout 20 nsupdate script
[ $tap_failed = 0 ] || sed 's/^/# /' named.log
finish
