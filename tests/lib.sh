# Shared by the shell tests: TAP on stdout, a temporary folder, commands run with their output kept.
#
#   . "$(dirname "$0")/../lib.sh"
#   run tlsagen --version; is "$status" 0 "--version succeeds"
#   finish
#
# Sourcing changes to an empty temporary folder ($tmp), removed at the end. A script that ends
# without `finish` has failed. Meson gives, in the environment:
#   TLSAGEN         the program under test, which the function `tlsagen` runs
#   TLSAGEN_SOURCE  the root of the source tree
#   TLSAGEN_BUILD   the root of the build tree
#   TLSAGEN_DATA    tests/data
#   TLSAGEN_PYTHON  the python3 to be used
set -u
export LC_ALL=C TZ=UTC

# What is first on the path may be a wrapper (of pyenv, say) that costs ten times as much as a start.
[ -z "${TLSAGEN_PYTHON:-}" ] || hash -p "$TLSAGEN_PYTHON" python3

tap_count=0 tap_failed=0 tap_finished=no
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tlsagen-test.XXXXXX") || exit 1
cd "$tmp" || exit 1

# Tests that start something name it here: at_exit 'kill $pid' (run last first, before $tmp goes).
tap_exit=
at_exit() { tap_exit="$1; $tap_exit"; }
tap_end() {
    local code=$?
    eval "$tap_exit"
    cd / && rm -rf "$tmp"
    [ $tap_finished = yes ] || { echo "Bail out! the script ended early"; exit 1; }
    exit $code
}
trap tap_end EXIT
trap 'exit 1' HUP INT TERM

ok() { tap_count=$((tap_count + 1)); echo "ok $tap_count - $1"; }

# not_ok WHAT [DETAIL...]: a failure, its details as comments
not_ok() {
    tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    shift
    [ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
    return 0
}

# skip WHAT WHY: counted as skipped, not as passed
skip() { tap_count=$((tap_count + 1)); echo "ok $tap_count - $1 # SKIP $2"; }

# skip_all WHY: for a script that cannot run at all
skip_all() { echo "1..0 # SKIP $1"; tap_finished=yes; exit 0; }

# is GOT WANTED WHAT: equal as text
is() { if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "got:    $1" "wanted: $2"; fi; }

# like GOT REGEX WHAT: bash's =~ (extended regular expression)
like() { if [[ $1 =~ $2 ]]; then ok "$3"; else not_ok "$3" "got: $1" "no match for: $2"; fi; }

# unlike GOT REGEX WHAT
unlike() { if [[ $1 =~ $2 ]]; then not_ok "$3" "got: $1" "matches: $2"; else ok "$3"; fi; }

# same FILE FILE WHAT: equal byte for byte
same() {
    local difference
    if difference=$(diff -u "$1" "$2" 2>&1); then ok "$3"; else not_ok "$3" "$difference"; fi
}

# succeeds WHAT COMMAND...: its status is 0; what it printed is shown when not
succeeds() {
    local what=$1 printed
    shift
    if printed=$("$@" 2>&1); then ok "$what"; else not_ok "$what" "status $?" "$printed"; fi
}

# fails WHAT COMMAND...: its status is 1 to 98, so neither success nor a crash
fails() {
    local what=$1 printed code
    shift
    printed=$("$@" 2>&1); code=$?
    if [ $code -gt 0 ] && [ $code -lt 99 ]; then
        ok "$what"
    else
        not_ok "$what" "status $code" "$printed"
    fi
}

# run COMMAND...: sets $status, $out (stdout) and $err (stderr), final newlines cut
# shellcheck disable=SC2034 # for the script that sources this file
run() {
    status=0
    "$@" >"$tmp/.out" 2>"$tmp/.err" || status=$?
    out=$(cat "$tmp/.out") err=$(cat "$tmp/.err")
}

tlsagen() { "$TLSAGEN" "$@"; }

# finish: prints the plan; the script's status says whether all passed
finish() {
    echo "1..$tap_count"
    tap_finished=yes
    [ $tap_failed = 0 ]
    exit
}
