#!/bin/bash
# Edits of zones in the forms where parsers differ change for BIND what they mean to, and nothing
# else. TLSAGEN_SEED repeats a run, TLSAGEN_ZONES makes it longer.
. "$(dirname "$0")/../lib.sh"
command -v named-compilezone >/dev/null || skip_all "named-compilezone is not installed"
mkdir zones
python3 "$TLSAGEN_SOURCE/tests/sim/zone_bind.py" "$TLSAGEN" zones "${TLSAGEN_ZONES:-60}" \
    "${TLSAGEN_SEED:-$RANDOM}" "$TLSAGEN_DATA/zone"
status=$?
# shellcheck disable=SC2034 # for lib.sh
tap_finished=yes
exit $status
