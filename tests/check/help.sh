# What --help texts show; sourced after lib.sh.

# The commands of `tlsagen --help`, one a line.
commands() { "$TLSAGEN" --help | sed -n 's/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p'; }

# The options at the head of each option line of the help text on standard input, sorted.
options_of_help() {
    awk '/^ +-/ {sub(/^ +/, ""); sub(/   *.*/, ""); gsub(/\[?=[^ ,]*/, ""); print}' |
        grep -oE -- '(^|[ ,])-[-A-Za-z0-9]+' | tr -d ' ,' | sort -u
}
