#!/bin/bash
# What is in contrib/ for others to start: hooks of ACME clients, units of systemd, a line for cron.
. "$(dirname "$0")/../lib.sh"
hooks=$TLSAGEN_SOURCE/contrib/acme
units=$TLSAGEN_SOURCE/contrib/systemd

# --- hooks, beside a tlsagen that writes down its words and exits as it is told ---

mkdir bin
cat >bin/tlsagen <<'END'
#!/bin/sh
echo "$*" >>"$CALLS"
case $2 in gate) exit "${GATE:-0}" ;; *) exit "${RUN:-0}" ;; esac
END
chmod +x bin/tlsagen
export CALLS=$tmp/calls PATH=$tmp/bin:$PATH
# called HOOK WORD...: sets $status and $calls
called() {
    local hook=$1
    shift
    : >calls
    run "$hooks/$hook" "$@"
    calls=$(paste -sd '|' calls)
}

for hook in "$hooks"/*.sh; do
    name=$(basename "$hook")
    succeeds "$name is executable" test -x "$hook"
    succeeds "sh reads $name" sh -n "$hook"
    if command -v shellcheck >/dev/null; then
        succeeds "shellcheck $name as POSIX sh" shellcheck -s sh "$hook"
    else
        skip "shellcheck $name as POSIX sh" "shellcheck is not installed"
    fi
done

for hook in certbot lego acme-sh; do
    called $hook.sh mx1
    is "$status $calls" "0 rollover run mx1" "$hook: runs the rollover of its service"
    called $hook.sh
    is "$status $calls" "0 rollover run" "$hook: of all, when none is named"
    RUN=4 called $hook.sh mx1
    is "$status" 0 "$hook: what is not due yet is no failure of the hook"
    RUN=3 called $hook.sh mx1
    is "$status" 1 "$hook: what an operator has to look at is"
    is "$out$err" "" "$hook: adds nothing to the output"
done

called dehydrated.sh deploy_cert mx1.example.org key cert full chain 1
is "$status $calls" "0 rollover run" "dehydrated: deploy_cert"
RUN=4 called dehydrated.sh deploy_cert mx1.example.org key cert full chain 1
is "$status" 0 "dehydrated: not due yet"
RUN=1 called dehydrated.sh deploy_cert mx1.example.org key cert full chain 1
is "$status" 1 "dehydrated: a failure"
for word in deploy_challenge clean_challenge unchanged_cert startup_hook this_hookscript_is_broken ''; do
    called dehydrated.sh $word
    is "$status $calls$out$err" "0 " "dehydrated: ${word:-no word} is passed over"
done

called deploy-when-safe.sh mx1 cert.pem sh -c 'echo deployed; exit 7'
is "$status $out $calls" "7 deployed rollover run -q mx1|rollover gate mx1 cert.pem" \
    "deploy-when-safe: runs the command, whose status is its own"
for code in 1 3 4; do
    GATE=$code called deploy-when-safe.sh mx1 cert.pem echo deployed
    is "$status $out" "$code " "deploy-when-safe: nothing is deployed when the gate says $code"
done
RUN=4 called deploy-when-safe.sh mx1 cert.pem echo deployed
is "$status $out" "0 deployed" "deploy-when-safe: a run that is held up leaves it to the gate"
RUN=1 called deploy-when-safe.sh mx1 cert.pem echo deployed
is "$status $out$calls" "1 rollover run -q mx1" "deploy-when-safe: a run that fails ends it"
called deploy-when-safe.sh mx1 cert.pem
is "$status $calls" "2 " "deploy-when-safe: no command"

# --- systemd and cron ---

cp "$TLSAGEN_BUILD/contrib/tlsagen-rollover.service" "$units/tlsagen-rollover.timer" .
like "$(grep ^ExecStart= tlsagen-rollover.service)" '^ExecStart=/.*/tlsagen rollover run$' \
    "the service runs what is installed"
unlike "$(cat tlsagen-rollover.service)" '@[a-z]+@' "nothing is left to be filled in"
is "$(grep ^SuccessExitStatus= tlsagen-rollover.service)" SuccessExitStatus=4 "not due yet is no failure"
# The program is not installed where it will be.
sed -i 's,^ExecStart=[^ ]*,ExecStart=/bin/true,' tlsagen-rollover.service
if systemd-analyze --version >/dev/null 2>&1; then
    run systemd-analyze verify --man=no "$tmp/tlsagen-rollover.service" "$tmp/tlsagen-rollover.timer"
    is "$status$out$err" 0 "systemd-analyze finds nothing in the units"
    run systemd-analyze security --offline=true --threshold=35 "$tmp/tlsagen-rollover.service"
    is "$status" 0 "the service is exposed to 3.5 of 10 at most"
    sed -i 's/^SystemCallFilter=/NoSuchSetting=/' tlsagen-rollover.service
    run systemd-analyze verify --man=no "$tmp/tlsagen-rollover.service"
    like "$err" NoSuchSetting "a fault in a unit would be seen"
else
    for unit in service timer; do
        is "$(grep -vE '^(#.*|\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.+|)$' tlsagen-rollover.$unit)" "" \
            "each line of the $unit is a section, a setting or a comment"
    done
fi

is "$(grep -vE '^(#.*|[A-Z]+=.*|(\*|\*/[0-9]+) \* \* \* \* root tlsagen rollover run)$' \
    "$TLSAGEN_SOURCE/contrib/tlsagen.cron")" "" "the lines for cron"
finish
