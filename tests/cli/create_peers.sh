#!/bin/bash
# `tlsagen create` beside ldns-dane, hash-slinger's tlsa, danetool and the openssl command: the same
# records byte for byte, and the right ones where a peer is known to go wrong.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/cli/create_common.sh"

make_ca root; make_ca inter root
make_cert ec $host ec inter
make_cert rsa $host rsa:3072 inter
make_cert ed25519 $host ed25519 inter
make_cert ed448 $host ed448 root
make_cert self $host rsa:2048
make_cert wild '*.example.org' ec inter
cat ec.pem inter.pem root.pem >chain.pem
cat ec.pem inter.pem >full.pem
leaves='ec rsa ed25519 ed448 self wild'
fields='0_0 0_1 0_2 1_0 1_1 1_2'

# each COMMAND...: runs it with each selector and matching type behind its words
each() {
    local field
    for field in $fields; do "$@" "${field%_*}" "${field#*_}"; done
}
# ours FILE WORD...: our records of it
ours() { tlsagen create -q -c "$@"; }
# has COMMAND: or its comparison is skipped
has() { command -v "$1" >/dev/null || { skip "comparison with $1" "$1 is not installed"; return 1; }; }
# agree WHAT: files `peer` and `ours` are the same, and not empty
agree() {
    if [ -s peer ]; then same peer ours "$1"; else not_ok "$1" "the peer printed nothing"; fi
}

# --- openssl x509 or pkey | openssl dgst ---
piped() { echo "3 $2 $3 $(data_of "$2" "$3" "$1.pem")"; }
created() { ours "$1.pem" $host 25 3 "$2" "$3" | cut -f5; }
for name in $leaves; do
    each piped $name >peer
    each created $name >ours
    agree "openssl, certificate $name"
    for matching in 256 512; do
        data=$(openssl pkey -in $name.key -pubout -outform DER | openssl dgst -sha$matching -binary | hex)
        for input in $name.key $name.csr; do
            is "$(tlsagen create -k $input $host 25 3 1 $((matching / 256)) | cut -f5)" \
                "3 1 $((matching / 256)) $data" "openssl, $input, SHA-$matching"
        done
    done
done

# --- ldns-dane: whole lines, generic form, names of fields, UDP, anchors ---
# It validates usages 0 and 1 against anchors that it is given.
ldns() { ldns-dane -f root.pem "${@:1:$#-5}" -c "${@: -5:1}" create $host 25 "${@: -4:1}" "${@: -2}" 2>/dev/null; }
mine() { ours "${@: -5:1}" "${@:1:$#-5}" $host 25 "${@: -4:1}" "${@: -2}"; }
# compare WHAT OPTION... FILE USAGE -: with each selector and matching type
compare() {
    local what=$1
    shift
    each ldns "$@" >peer
    each mine "$@" >ours
    agree "ldns-dane, $what"
}
if has ldns-dane; then
    for name in $leaves; do
        compare "certificate $name" -n $name.pem 3 -
        compare "certificate $name, generic" -n -b $name.pem 3 -
    done
    compare "chain" -n chain.pem 3 -
    compare "UDP" -n -u ec.pem 3 -
    compare "usage 1" -n full.pem 1 -
    for usage in 0 2; do
        for anchor in -1 0 1; do
            compare "usage $usage, anchor $anchor" -n -o $anchor chain.pem $usage -
        done
        compare "usage $usage of a CA certificate alone" -n root.pem $usage -
    done
    ldns-dane -n -c ec.pem create $host 25 dane-ee spki sha2-512 >peer
    tlsagen -n -c ec.pem create $host 25 dane-ee spki sha2-512 >ours
    agree "ldns-dane, names of the fields, options before the command"
    (cd / && ldns-dane -n -c "$tmp/ec.pem" create $host. 25 3 1 1) >peer
    tlsagen create -c "$tmp/ec.pem" $host. 25 3 1 1 >ours
    agree "ldns-dane, a final dot"
    # Known to go wrong: the leaf as trust anchor.
    like "$(ldns-dane -n -o 1 -c full.pem create $host 25 2 1 1)" "2 1 1 $(data_of 1 1 ec.pem)" \
        "ldns-dane -o 1 takes the leaf"
    refuses 1 'is the leaf or lies outside' "which is refused here" -o 1 -c full.pem $host 25 2 1 1
    is "$(ours full.pem $host 25 2 1 1 | cut -f5)" "2 1 1 $(data_of 1 1 inter.pem)" \
        "leaf and issuing CA, which ldns-dane cannot, as openssl has them"
fi

# --- hash-slinger's tlsa ---
slinger() { # OPTION... FILE USAGE SELECTOR MATCHING
    tlsa --create --port 25 "${@:1:$#-4}" --certificate "${@: -4:1}" --usage "${@: -3:1}" \
        --selector "${@: -2:1}" --mtype "${@: -1}" $host 2>/dev/null </dev/null | sed -n 's/.* IN T/T/p'
}
typed() { ours "${@: -4:1}" "${@:1:$#-4}" $host 25 "${@: -3}" | cut -f4- | tr '\t' ' '; }
if has tlsa; then
    for name in ec rsa ed25519; do
        each slinger $name.pem 3 >peer
        each typed $name.pem 3 >ours
        agree "hash-slinger, certificate $name"
    done
    slinger inter.pem 2 1 1 >peer
    typed inter.pem 2 1 1 >ours
    agree "hash-slinger, CA certificate"
    slinger --output generic rsa.pem 3 1 0 >peer
    typed --format generic rsa.pem 3 1 0 >ours
    agree "hash-slinger, generic"
fi

# --- danetool: no full form, hexadecimal fields ---
dane() { # OPTION... SELECTOR MATCHING
    local matching=${*: -1} selector=${*: -2:1} options=(--hash sha256)
    [ "$matching" != 0 ] || return 0
    [ "$matching" = 1 ] || options=(--hash sha512)
    [ "$selector" = 1 ] || options+=(--x509)
    danetool --tlsa-rr --host $host --port 25 "${options[@]}" "${@:1:$#-2}" 2>/dev/null |
        sed -n 's/.* IN TLSA ( 0\(.\) 0\(.\) 0\(.\) \(.*\) )/\1 \2 \3 \4/p'
}
hashed() { [ "$4" = 0 ] || ours "$1" -n $host 25 "$2" "$3" "$4" | cut -f5; }
if has danetool; then
    for name in $leaves; do
        each dane --load-certificate $name.pem >peer
        each hashed $name.pem 3 >ours
        agree "danetool, certificate $name"
        openssl pkey -in $name.key -pubout -out $name.pub
        dane --load-pubkey $name.pub 1 1 >peer
        hashed $name.pub 3 1 1 >ours
        agree "danetool, public key $name"
    done
    openssl pkey -in rsa.key -pubout -outform DER -out rsa.der
    dane --inder --load-pubkey rsa.der 1 2 >peer
    hashed rsa.der 3 1 2 >ours
    agree "danetool, public key in DER"
    each dane --no-domain --load-certificate ec.pem >peer
    each hashed ec.pem 1 >ours
    agree "danetool, usage 1"
    each dane --ca --load-certificate inter.pem >peer
    each hashed inter.pem 2 >ours
    agree "danetool, usage 2 of a CA certificate"
    each dane --ca --no-domain --load-certificate inter.pem >peer
    each hashed inter.pem 0 >ours
    agree "danetool, usage 0 of a CA certificate"
    # Known to go wrong: the first certificate of a chain is taken for the CA's.
    is "$(dane --ca --load-certificate full.pem 1 1)" "2 1 1 $(data_of 1 1 ec.pem)" \
        "danetool --ca takes the leaf"
    is "$(hashed full.pem 2 1 1)" "2 1 1 $(data_of 1 1 inter.pem)" "and its issuer is taken here"
fi
finish
