# bash completion for tlsagen(1). Commands, options and the words an option takes are read from the
# program's own --help, so they are those of the program that is installed.

# Standard input: a --help text. One line "OPTION VALUE" for each option; no VALUE: takes none.
_tlsagen_options() {
    awk '/^ +-/ {
        sub(/^ +/, "")
        sub(/   *.*/, "")
        n = split($0, word, /,? +/)
        value = n > 1 && word[n] !~ /^-/ ? word[n] : ""
        for (i = 1; i <= n; i++) {
            sub(/[[=].*/, "", word[i])
            if (word[i] ~ /^-/)
                print word[i], value
        }
    }'
}

# Standard input: a --help text. The names below "Commands:", one a line.
_tlsagen_commands() {
    sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p'
}

_tlsagen() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]} help option value words=
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        words="--help --version
            $("$program" --help 2>/dev/null | _tlsagen_commands)"
    else
        help=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null)
        if [ "$COMP_CWORD" = 2 ]; then
            words=$(_tlsagen_commands <<<"$help")
        elif _tlsagen_commands <<<"$help" | grep -qxFe "${COMP_WORDS[2]}"; then
            help=$("$program" "${COMP_WORDS[1]}" "${COMP_WORDS[2]}" --help 2>/dev/null)
        fi
        while read -r option value; do
            case $current in
            -*) words+=" $option" ;;
            *) [[ $option == "$previous" && $value == *\|* ]] && words=${value//\|/ } ;;
            esac
        done < <(_tlsagen_options <<<"$help")
    fi
    # Without words of ours, readline completes file names.
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _tlsagen tlsagen
