# Keys and certificates for shell tests, made with openssl; sourced after lib.sh.
#
#   make_ca root; make_ca inter root
#   make_cert mail mail.example.org ec inter     # mail.pem, mail.key, issued by inter
#   make_cert self mail.example.org rsa:2048     # self-signed

# make_key NAME KIND: NAME.key, PKCS#8 in PEM; KIND is rsa:BITS, ec, ed25519 or ed448
make_key() {
    case $2 in
    rsa:*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$1.key" ;;
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    *) openssl genpkey -algorithm "$2" -out "$1.key" ;;
    esac
}

# _issue NAME SUBJECT EXTENSIONS ISSUER DAYS-FROM DAYS-TO: NAME.pem for NAME.key; the days are
# counted from now, and ISSUER may be NAME itself
_issue() {
    local name=$1 issuer=$4 signer
    printf '%b' "$3" >"$name.ext"
    [ "$issuer" = "$name" ] && signer=(-selfsign) || signer=(-cert "$issuer.pem")
    mkdir -p .issued && : >.issued/index && printf '%s' "[ca]
default_ca = ca
database = $PWD/.issued/index
new_certs_dir = $PWD/.issued
policy = any
default_md = sha256
rand_serial = yes
[any]
commonName = supplied
" >.issued/conf
    openssl req -new -key "$name.key" -subj "$2" -out "$name.csr" &&
        openssl ca -config .issued/conf -batch -notext -keyfile "$issuer.key" \
            "${signer[@]}" -in "$name.csr" -extfile "$name.ext" -out "$name.pem" \
            -startdate "$(date -u -d "$5 days" +%Y%m%d%H%M%SZ)" \
            -enddate "$(date -u -d "$6 days" +%Y%m%d%H%M%SZ)" 2>.issued/log ||
        { sed 's/^/# /' .issued/log; echo "Bail out! no certificate $name"; exit 1; }
}

# make_ca NAME [ISSUER]: a CA's certificate with the subject CN=NAME CA
make_ca() {
    [ -e "$1.key" ] || make_key "$1" ec
    _issue "$1" "/CN=$1 CA" 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n' \
        "${2:-$1}" -1 3650
}

# make_cert NAME HOST KIND [ISSUER [DAYS-FROM DAYS-TO]]: a server's; NAME.key stays if it is there
make_cert() {
    [ -e "$1.key" ] || make_key "$1" "$3"
    _issue "$1" "/CN=$1" "basicConstraints=CA:FALSE\nsubjectAltName=DNS:$2\n" "${4:-$1}" \
        "${5:--1}" "${6:-365}"
}
