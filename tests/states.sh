# shellcheck shell=bash
# shellcheck disable=SC2154 # lib.sh sets $tmp
# State files of rollovers, made by hand (lib/rollover/state.h); sourced after lib.sh by tests that
# want services in every stage. They go to state/rollover of the current folder.
#
#   write_idle www; write_rolling mx1 staged 5000 written_at 5000 next_written 5000 seen 600
id=/etc/machine-id
[ -s $id ] && ! grep -qx uninitialized $id || id=/var/lib/dbus/machine-id
[ -s $id ] || { hostname >host; id=$tmp/host; }
host=$(printf 'tlsagen rollover %s' "$(head -n 1 $id)" | sha256sum | cut -c 1-32)
now=$(date +%s)
# shellcheck disable=SC2034 # for the script that sources this
old=$(printf '0a%.0s' {1..32}) new=$(printf '0b%.0s' {1..32})
# at SECONDS: as times are printed
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# write_lines SERVICE LINE...: the state with a current key, and these lines
write_lines() {
    local service=$1
    shift
    mkdir -p state/rollover
    printf '%s\n' "tlsagen-rollover 1" "service $service" "host $host $(hostname)" "clock - 0" \
        "now $now" current.known current.certified "current.id $old" "current.keys $old" \
        "current.chains 1" "$@" end >"state/rollover/$service.state"
}
# write_idle SERVICE [LINE...]: nothing is under way
write_idle() {
    local service=$1
    shift
    write_lines "$service" "ttl 3600" "looked $((now - 7200))" "$@" \
        "record 3 1 1 $old written ours current current+ current.1"
}
# write_rolling SERVICE NAME AGO...: a rollover under way, and what happened how many seconds ago
write_rolling() {
    local service=$1 lines=()
    shift
    while [ $# -gt 1 ]; do
        lines+=("$1 $((now - $2))")
        shift 2
    done
    write_lines "$service" next.known next.certified "next.id $new" "next.keys $new" "next.chains 1" \
        "ttl 3600" "${lines[@]}" "record 3 1 1 $old written ours current current+ current.1" \
        "record 3 1 1 $new written ours next next+ next.1" "step $((now - 5000)) ${step:-published 3 1 1 0b0b}"
}

# fleet_scene: tlsagen.conf with services in every stage; needs certs.sh
fleet_scene() {
    local name
    make_ca root
    mkdir -p source live
    cat >tlsagen.conf <<END
state-dir = "$tmp/state"
zone example.org { file = "$tmp/db.example.org" }
zone example.net { file = "$tmp/db.example.net" }
END
    for name in www:200:rsa:2048 imap:80:ec old:-1:ec seen:300:ec waiting:300:ec verified:9:ec broken:300:ec; do
        make_cert "${name%%:*}" "${name%%:*}.example.org" "$(cut -d: -f3- <<<"$name")" root -20 "$(cut -d: -f2 <<<"$name")"
        name=${name%%:*}
        mkdir "source/$name"
        cp "$name.pem" "source/$name/fullchain.pem"
        install -m 600 "$name.key" "source/$name/privkey.pem"
        printf 'service %s {\n    host = %s.example.org\n    ports = { 25, 587 }\n    source = "%s/source/%s"\n    live = "%s/live/%s"\n    ttl = 1h\n    watch = 1h\n}\n' \
            "$name" "$name" "$tmp" "$name" "$tmp" "$name" >>tlsagen.conf
    done
    printf 'service new {\n    host = new.example.net\n    ports = 443\n    source = "%s/source/www"\n    ttl = 1h\n}\n' "$tmp" >>tlsagen.conf
    write_idle www "finished $((now - 864000))"
    write_idle imap
    write_idle old
    write_idle broken "failures 1"
    step=${hostile:-} write_rolling seen staged 5000 written_at 5000 next_written 5000 seen 600 looked 1
    write_rolling verified staged 90000 written_at 90000 next_written 90000 seen 80000 looked 10 switched 1000 verified 900
    write_rolling waiting staged 90000 written_at 90000 next_written 90000 seen 80000 looked 70000
    printf 'tlsagen-checks 1\nimap %s mismatch 1798000000 %s\nwww %s verified 1798000000\nend\n' $((now - 4000)) \
        "${hostile:-port 25: shown <b> & 'x'}" $((now - 4000)) >state/checks
}
