#!/bin/bash
# What a change of a large zone costs for each byte, whatever the machine is doing: instructions of
# the whole run, and calls that move bytes. A zone is walked through once, and its bytes are read
# once; the proof looks only at what the edit is near to.
. "$(dirname "$0")/../lib.sh"

command -v valgrind >/dev/null || skip_all "valgrind is not installed"
full=$TLSAGEN_BUILD/cli/tlsagen-full
# meson has malloc fill all memory, which users do not.
unset MALLOC_PERTURB_

# As hosters have them: addresses, text in quotes, aliases, mail with comments.
make_zone() { # BYTES
    awk -v left="$1" 'BEGIN {
        head = "$ORIGIN example.org.\n$TTL 3600\n@ IN SOA ns1 host 1 7200 3600 1209600 3600\n" \
               "@ NS ns1\n_25._tcp.mail TLSA 3 1 1 aa\n"
        printf "%s", head
        for (i = 0; left > 0; i++) {
            k = i * 7 % 20
            if (k < 12) line = "host" i "\t3600\tIN\tA\t10." i % 256 ".2.3\n"
            else if (k < 16) line = "host" i " IN AAAA 2001:db8::" i % 10000 "\n"
            else if (k < 18) line = "txt" i "\tIN\tTXT\t\"v=spf1 include:_spf.example.net -all\"\n"
            else if (k < 19) line = "alias" i "\tIN\tCNAME\thost" i "\n"
            else line = "mx" i " 300 IN MX 10 mail.example.net. ; another host\n"
            printf "%s", line
            left -= length(line)
        }
    }'
}
cost() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

make_zone 4000000 >zone
size=$(stat -c %s zone)
{ head -n 5 zone; echo "host A 10.1.2.3"; } >little
printf '_25._tcp.mail TLSA 3 1 1 bb\n' >new

# per_byte WHAT MOST COMMAND...: of a zone of 4 MB, without what the same does with a little one
per_byte() {
    local what=$1 most=$2 all start tenths
    shift 2
    all=$(cost "$full" zone "$@" zone "${more[@]}")
    start=$(cost "$full" zone "$@" little "${more[@]}")
    tenths=$((${all:-0} > 0 ? (all - start) * 10 / size : 0))
    if [ "$tenths" -gt 10 ] && [ "$tenths" -le $((most * 10)) ]; then
        ok "$what: at most $most instructions per byte, $((tenths / 10)).$((tenths % 10)) found"
    else
        not_ok "$what: at most $most instructions per byte, $((tenths / 10)).$((tenths % 10)) found"
    fi
}
more=()
per_byte "bump" 9 bump -q
more=(new)
per_byte "put" 9 put -q
more=()
per_byte "list" 8 list --type TLSA
per_byte "check, which walks twice" 16 check -q

# Nothing is quadratic: a comment and a line of a megabyte, records of 64 kB.
awk 'BEGIN {
    print "$ORIGIN example.org."; print "@ 60 IN SOA ns1 host 1 7200 3600 1209600 3600"; print "@ NS ns1"
    c = "a comment ( of \" a megabyte"; while (length(c) < 1000000) c = c c
    print ";", c; print "x A 192.0.2.1 ;", c
    s = "0123456789abcdef"; while (length(s) < 240) s = s s
    s = substr(s, 1, 240); one = two = ""
    for (i = 0; i < 260; i++) { one = one " \"" s "\""; two = two "\n \"" s "\" ; (" }
    print "y TXT" one; print "z TXT (" two " \n )"; print "_25._tcp.mail TLSA 3 1 1 aa"
    blank = " "; while (length(blank) < 1000000) blank = blank blank
    print "v A" blank "192.0.2.1"
}' >long
zone_of_hosts=$size
size=$(stat -c %s long); mv zone hosts; mv long zone
per_byte "bump of a zone of long lines" 14 bump -q
is "$(sed -n 2p zone)" "@ 60 IN SOA ns1 host 2 7200 3600 1209600 3600" "and its serial is another"
more=(new)
# The records beside the edit are compared, and these are long ones.
per_byte "put into it" 22 put -q
more=()
size=$zone_of_hosts; mv hosts zone

# With room for included files, programs that are loaded, and the parts that are compared.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    strace -f -o calls -e trace=read,pread64,write,pwrite64,copy_file_range,mmap \
        "$full" zone bump -q zone
    reads=$(grep -c 'pread64(' calls)
    most=$((size / 262144 + 12))
    if [ "$reads" -gt 10 ] && [ "$reads" -le $most ]; then
        ok "the zone is read once, in pieces of 256 kB: $reads reads"
    else
        not_ok "the zone is read once, in pieces of 256 kB: $reads reads, $most at most"
    fi
    copies=$(grep -cE 'copy_file_range\(|pwrite64\(' calls)
    if [ "$copies" -le $((size / 262144 + 8)) ]; then
        ok "and written once: $copies calls"
    else
        not_ok "and written once: $copies calls"
    fi
else
    skip "the zone is read once, in pieces of 256 kB" "strace cannot be used"
    skip "and written once" "strace cannot be used"
fi
finish
