#!/bin/bash
# contrib/demo.sh, which ./bootstrap demo runs: what it shows is so.
. "$(dirname "$0")/../lib.sh"
unshare -n -m true 2>/dev/null || skip_all "no namespaces here; run as root"
for name in named unbound dig ip dnssec-dsfromkey; do
    command -v $name >/dev/null || PATH=$PATH:/usr/sbin command -v $name >/dev/null || skip_all "$name is not installed"
done
export TMPDIR=$tmp
run timeout 60 bash "$TLSAGEN_SOURCE/contrib/demo.sh" "$TLSAGEN"
is "$status$err" 0 "the demonstration succeeds"
like "$out" $'\n_443\._tcp\.mail\.demo\.test\. published, serial 2026010101 -> [0-9]{10}, served after' "it publishes"
like "$out" 'secure for a validating resolver after' "the answer is secure"
like "$out" $'\n_443\._tcp\.mail\.demo\.test\. unchanged' "once"
like "$out" 'flags: qr rd ra ad;' "for unbound, too"
like "$out" $'\nmail\.demo\.test:443: verified' "and a strict client verifies the server"
is "$(find . -mindepth 1 ! -name .out ! -name .err)" "" "nothing is left behind"
is "$(pgrep -f "$tmp" | wc -l)" 0 "and nothing runs on"
finish
