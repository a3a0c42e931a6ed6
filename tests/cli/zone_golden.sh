#!/bin/bash
# Golden pairs of `tlsagen zone`, in tests/data/zone: see zone_golden.py.
. "$(dirname "$0")/../lib.sh"
python3 "$TLSAGEN_SOURCE/tests/cli/zone_golden.py" "$TLSAGEN" "$TLSAGEN_DATA/zone" "$tmp"
status=$?
# shellcheck disable=SC2034 # for lib.sh
tap_finished=yes
exit $status
