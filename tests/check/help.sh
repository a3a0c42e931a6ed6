# What --help texts show; sourced after lib.sh.

# The commands of `tlsagen --help`, one a line.
commands() { "$TLSAGEN" --help | sed -n 's/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p'; }

# The subcommands of a help text on standard input, one a line; nothing for a command without.
subcommands() { sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p'; }

# help_of COMMAND: its help text, and those of its subcommands
help_of() {
    local name
    "$TLSAGEN" "$1" --help || return
    for name in $("$TLSAGEN" "$1" --help | subcommands); do
        "$TLSAGEN" "$1" "$name" --help || return
    done
}

# The options at the head of each option line of the help text on standard input, sorted.
options_of_help() {
    awk '/^ +-/ {sub(/^ +/, ""); sub(/   *.*/, ""); gsub(/\[?=[^ ,]*/, ""); print}' |
        grep -oE -- '(^|[ ,])-[-A-Za-z0-9]+' | tr -d ' ,' | sort -u
}
