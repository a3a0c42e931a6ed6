#!/bin/bash
# tlsagen plan and apply on certificates that a rollover would not deploy: which of their records are
# published for the first time, and which are not.
. "$(dirname "$0")/../lib.sh"
chmod 755 .
umask 022

mkdir ca; : >ca/index
printf '%s\n' '[ca]' 'default_ca=one' '[one]' 'database=ca/index' 'new_certs_dir=ca' 'rand_serial=yes' \
    'default_md=sha256' 'policy=any' 'unique_subject=no' '[any]' 'commonName=supplied' >ca/conf
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
    -subj /CN=CA -days 3000 2>/dev/null
day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
cert() { # cert FILE [NAME [FROM TO]]: a certificate with a new key, from one day to another
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out request.pem \
        -subj "/CN=$1" 2>/dev/null
    printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:%s\n' "${2:-mx.example.org}" >extensions
    openssl ca -config ca/conf -batch -keyfile ca.key -cert ca.pem -in request.pem -out "$1" -notext \
        -startdate "$(day "${3:--30 days}")" -enddate "$(day "${4:-+300 days}")" \
        -extfile extensions 2>/dev/null
}
record() { tlsagen create -q -n -c "$1" mx.example.org 25 "${@:2}" | cut -f5; }
zone() { # without the service
    printf '%s\n' "\$ORIGIN example.org." '$TTL 3600' '@ IN SOA ns hostmaster 5 1h 1h 1w 1h' \
        '@ IN NS ns' 'ns IN A 192.0.2.1' 'mx IN A 192.0.2.2' >example.org.db
}
conf() { # conf [LINE...]: the service; its source is mx.pem unless a line says another
    printf '%s\n' 'state-dir = state' 'zone example.org {' 'file = example.org.db' '}' \
        'service mx {' 'host = mx.example.org' 'ports = 25' "$@" >tlsagen.conf
    grep -q ^source tlsagen.conf || echo 'source = mx.pem' >>tlsagen.conf
    echo '}' >>tlsagen.conf
}
first() { # first [LINE...]: nothing was published so far
    rm -rf state; conf "$@"
    run tlsagen plan --exit-code -C tlsagen.conf
    planned=$status
    run tlsagen apply -C tlsagen.conf
}
apply() { run tlsagen apply -C tlsagen.conf; }
records() { sed -n 's/^_25\._tcp\.mx\S*\s.*TLSA\s*//p' example.org.db | sort | xargs; }
sorted() { printf '%s\n' "$@" | sort | xargs; }
refused() { # refused WHAT WHY: no record was published for the first time
    is "$planned $status $(records)" "1 1 " "$1: no record"
    like "$err" "mx: \S*$2; no record is published for it" "$1 is told as the reason"
}

cert old.pem mx.example.org '-300 days' '-1 day'
cert later.pem mx.example.org '+5 days' '+100 days'
cert other.pem www.example.net
cert good.pem

# --- usage 3 asks for neither dates nor names ---

zone; cp old.pem mx.pem
first
is "$planned $status $(records)" "3 0 $(record old.pem)" "an expired certificate of usage 3 has its record"
like "$err" "warning: .*mx\.pem: the certificate expired on 20.*; usage 3 does not ask for that, a rollover does" \
    "and a warning"
apply
is "$status" 0 "a second run"
like "$err" "mx: \S*mx\.pem: the certificate expired on 20" "warns again"
zone; cp other.pem mx.pem
first
is "$status:$err:$(records)" "0::$(record other.pem)" "one certificate serves hosts of other names"
zone; cp later.pem mx.pem
first
refused "a certificate of the future, alone" "mx\.pem: the certificate is not valid before 20[-0-9]+ [0-9:]+Z"

# Beside one that is published it does no harm.
zone; cp good.pem mx.pem
first
is "$status:$err:$(records)" "0::$(record good.pem)" "a certificate as it should be"
cp later.pem mx.pem
apply
is "$status $(records)" "0 $(sorted "$(record good.pem)" "$(record later.pem)")" \
    "a certificate of the future beside the one in use"
like "$err" "is not valid before 20.*; usage 3 does not ask for that" "which is told"

# --- usages 0 to 2 ask for both ---

for usage in "2 1 1" "1 1 1"; do
    zone
    for what in old later other; do
        cat $what.pem ca.pem >mx.pem
        first "records = { \"$usage\" }"
        case $what in
        old) refused "$usage: expired" "mx\.pem: the certificate expired on 20[-0-9]+ [0-9:]+Z" ;;
        later) refused "$usage: not valid yet" "mx\.pem: the certificate is not valid before 20.*" ;;
        other) refused "$usage: another name" "mx\.pem: the certificate does not cover mx\.example\.org\." ;;
        esac
    done
done
cp old.pem mx.pem
first 'records = { "1 1 1", "3 1 1" }'
is "$status $(records)" "0 $(sorted "$(record old.pem 1 1 1)" "$(record old.pem)")" \
    "beside a record of usage 3 that of another usage does no harm"
cp good.pem mx.pem
zone; first 'records = { "1 1 1" }'
is "$status:$err:$(records)" "0::$(record good.pem 1 1 1)" "usage 1 with a certificate as it should be"
published=$(records)
for what in old later other; do
    cp $what.pem mx.pem
    apply
    is "$status $(records)" "0 $published" "$what: what was published stays, and nothing comes"
    like "$err" "no record is published for it; what was published stays" "$what is told"
done
cp other.pem mx.pem; cat good.pem >>mx.pem # read as a rollover reads it
apply; is "$status:$err:$(records)" "0::$published" "of several certificates that of the host counts"
cp other.pem mx.pem; cat old.pem >>mx.pem
zone; first 'records = { "1 1 1" }'
refused "several certificates, that of the host has expired" "mx\.pem: the certificate expired on 20.*"

# A record that is published is restored whatever has become of its certificate.
cp good.pem mx.pem
zone; first 'records = { "1 1 1" }'
cp old.pem mx.pem
zone; apply
is "$status $(records)" "0 $published" "removed from the zone, the record in use comes back"

# --- where a rollover deploys, it is asked ---

live=(live=live)
for what in old later other; do
    zone; cp $what.pem mx.pem; cp $what.pem.key key.pem; chmod 600 key.pem
    first "${live[@]}" 'source = { mx.pem, key.pem }'
    is "$planned $status $(records)" "1 1 " "live: $what: no record"
    like "$err" "mx: \S*mx\.pem: .*; it is not deployed" "live: $what: as the rollover says it"
done
zone; cp good.pem mx.pem
first "${live[@]}"
is "$planned $status $(records)" "1 1 " "live: a certificate without its key has no record"
like "$err" "mx: .*no private key belongs to certificate" "as the rollover says it"
cp good.pem.key key.pem; chmod 600 key.pem
first "${live[@]}" 'source = { mx.pem, key.pem }'
is "$status:$err:$(records)" "0::$(record good.pem)" "live: with its key it has"
zone; first
is "$status:$err:$(records)" "0::$(record good.pem)" "without live nobody asks for the key"
mkdir folder; cp good.pem folder/fullchain.pem; cp other.pem.key folder/privkey.pem
zone; first 'source = folder'
is "$status:$err:$(records)" "0::$(record good.pem)" "nor whose the key is that lies beside it"
chmod 600 folder/privkey.pem
zone; first "${live[@]}" 'source = folder'
is "$planned $status $(records)" "1 1 " "live: another one's key"
like "$err" "the key beside it is another one's" "is told"

# --- what holds no certificate; pinned records are none's ---

: >mx.pem
zone; first
is "$planned $status $(records)" "1 1 " "an empty file"
like "$err" "mx: \S*mx\.pem" "is told"
pinned="2 1 1 $(printf '%064d' 9)"
cp old.pem mx.pem
conf; sed -i "s/^source = .*/pinned = { \"$pinned\" }/" tlsagen.conf
rm -rf state; zone; apply
is "$status:$err:$(records)" "0::$pinned" "pinned records"
finish
