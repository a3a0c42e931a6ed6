# shellcheck disable=SC2154 # lib.sh sets $tmp
# Signed zones under a root of our own, served by BIND at the addresses of the real root servers:
# what libunbound does without any configuration is what happens here. Sourced after netns.sh.
#
#   zone good.test <<<'mail IN A 127.0.0.1'           # signed, with its DS in the parent
#   zone plain.test unsigned <<<...                    # see the kinds at zone()
#   start_dns                                          # after all zones; $anchor is the root's DS
needs named dnssec-keygen dnssec-signzone dnssec-dsfromkey dig python3
ip addr add 192.0.2.53/32 dev lo
ip addr add 192.0.2.54/32 dev lo
ip addr add 192.0.2.99/32 dev lo
for root in 198.41.0.4 199.9.14.201 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 \
    192.112.36.4 198.97.190.53 192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33; do
    ip addr add $root/32 dev lo
done
chmod 755 "$tmp"
mkdir -p dns
anchor=$tmp/dns/anchor
: >dns/zones
: >dns/delegations

_date() { date -u -d "$1" +%Y%m%d%H%M%S; }

# zone NAME [KIND [OPTION...]]: records from standard input under a SOA and an NS. Kinds: signed;
# nsec3; optout; unsigned; expired (its signatures are); stale (they expire in an hour); badds (the
# parent has another key's DS); lame (delegated to a server that does not have it); dead (to one that never answers).
zone() {
    local name=$1 kind=${2:-signed} file=dns/$1.zone ns=192.0.2.53
    case $kind in lame) ns=192.0.2.54 ;; dead) ns=192.0.2.99 ;; esac
    { printf '$TTL %s\n@ IN SOA ns.%s. hostmaster.%s. 1 3600 600 86400 60\n@ IN NS ns.%s.\nns IN A %s\n' \
        "${ttl:-300}" "$name" "$name" "$name" "$ns"; cat; } >"$file"
    printf '%s. IN NS ns.%s.\nns.%s. IN A %s\n' "$name" "$name" "$name" "$ns" >>dns/delegations
    _sign "$name" "$kind"
    case $kind in lame | dead) return ;; esac
    echo "zone \"$name\" { type primary; file \"$tmp/$file.signed\"; };" >>dns/zones
}

# _sign NAME KIND: FILE.signed, and the DS among the delegations
_sign() {
    local name=$1 file=dns/$1.zone key options=()
    if [ "$2" = unsigned ]; then
        cp "$file" "$file.signed"
        return
    fi
    case $2 in
    nsec3) options=(-3 -) ;;
    optout) options=(-3 - -A) ;;
    expired) options=(-s "$(_date '-20 days')" -e "$(_date '-2 days')") ;;
    stale) options=(-e "$(_date '+1 hour')") ;;
    esac
    key=$(dnssec-keygen -q -K dns -a ECDSAP256SHA256 -f KSK "$name")
    cat "dns/$key.key" >>"$file"
    dnssec-signzone -q -z -P -K dns -d dns -o "$name" "${options[@]}" -f "$file.signed" "$file" "$key" \
        >dns/log 2>&1 || { sed 's/^/# /' dns/log; echo "Bail out! $name is not signed"; exit 1; }
    [ "$2" != badds ] || key=$(dnssec-keygen -q -K dns -a ECDSAP256SHA256 -f KSK "$name")
    dnssec-dsfromkey -2 "dns/$key.key" >"dns/$name.ds"
    [ "$name" = . ] || cat "dns/$name.ds" >>dns/delegations
}

# start_dns: the root and test. with the delegations, and the server; $named is its process
start_dns() {
    local delegations=dns/delegations
    grep -v '\.test\. ' dns/delegations >dns/tops || :
    grep '\.test\. ' dns/delegations >dns/below || :
    : >dns/delegations
    zone test <dns/below
    cat dns/tops >>dns/delegations
    { printf '$TTL 300\n. IN SOA a.root-servers.net. nstld. 1 1800 900 604800 60\n'
        printf '. IN NS a.root-servers.net.\na.root-servers.net. IN A 198.41.0.4\n'
        cat $delegations; } >dns/..zone
    _sign . signed
    echo "zone \".\" { type primary; file \"$tmp/dns/..zone.signed\"; };" >>dns/zones
    cp dns/..ds "$anchor"
    cat >dns/named.conf <<CONF
options {
    directory "$tmp/dns"; pid-file none; session-keyfile none; listen-on { !192.0.2.54; !192.0.2.99; any; };
    listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no; check-names primary ignore;
    allow-query { any; }; ${named_options:-}
};
controls { };
$(cat dns/zones)
CONF
    # A server at the address of lame zones that refuses everything.
    cat >dns/lame.conf <<CONF
options {
    directory "$tmp/dns"; pid-file none; session-keyfile none; listen-on { 192.0.2.54; };
    listen-on-v6 { none; }; recursion no; allow-query { none; };
};
controls { };
CONF
    named -c "$tmp/dns/named.conf" -n 1 -f 2>dns/named.log &
    # shellcheck disable=SC2034 # for the script that sources this
    named=$!
    named -c "$tmp/dns/lame.conf" -n 1 -f 2>dns/lame.log &
    python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.99", 53))
time.sleep(600)' &
    wait_for_port 53 192.0.2.53
    wait_for_port 53 192.0.2.54
}
