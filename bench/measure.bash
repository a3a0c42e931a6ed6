# shellcheck shell=bash
# measure.bash - what the benchmarks share; sourced by them.

die() { echo "bench: $*" >&2; exit 1; }
# Seconds of the fastest run seen of each NAME; the fastest, because other work on the machine only
# ever adds.
declare -A fastest

# once NAME RUNS COMMAND...: options of hyperfine may stand before the command
once() {
    local name=$1 runs=$2 seconds
    shift 2
    hyperfine -N --style none -r "$runs" --export-csv csv "$@" >/dev/null 2>log ||
        { cat log >&2; die "$name cannot be measured"; }
    # The last columns are min and max.
    seconds=$(awk -F, 'END {print $(NF - 1)}' csv)
    if [ -z "${fastest[$name]:-}" ] ||
        awk -v a="$seconds" -v b="${fastest[$name]}" 'BEGIN {exit !(a < b)}'; then
        fastest[$name]=$seconds
    fi
}

# ratio A B: how many times as long A takes as B
ratio() { awk -v a="${fastest[$1]}" -v b="${fastest[$2]}" 'BEGIN {printf "%.2f", a / b}'; }

# peak COMMAND...: its largest memory, in MB
peak() {
    command time -o peak -f %M "$@" >/dev/null
    awk 'END {printf "%.1f", $1 / 1000}' peak
}

# row WHAT FOUND most|least GOAL: one line of the table
row() {
    local verdict
    verdict=$(awk -v found="$2" -v goal="$4" -v kind="$3" \
        'BEGIN {print (kind == "most" ? found <= goal : found >= goal) ? "met" : "MISSED"}')
    printf '%-76s %8s  at %-5s %4s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

# per WHAT NAME COUNT: microseconds each, to see what stands behind a ratio
per() {
    awk -v what="$1" -v seconds="${fastest[$2]}" -v count="$3" \
        'BEGIN {printf "%-76s %8.1f  microseconds\n", what, seconds / count * 1e6}'
}
