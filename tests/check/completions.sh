#!/bin/bash
# The completions of bash, zsh and fish, asked in those shells, offer what --help shows.
# shellcheck disable=SC2016 # code of other shells
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/check/help.sh"
completions=$TLSAGEN_SOURCE/contrib/completions

# A program with every form of help line, and the real one, both called tlsagen.
mkdir made real
cat >made/tlsagen <<'END'
#!/bin/sh
if [ "$1" = --help ]; then
    printf '%s\n' 'Usage: tlsagen COMMAND' '' 'Commands:' '  create     make records' \
        '  zone-edit  edit a zone' '' 'Options:' '  -h, --help     show this text'
elif [ "$1 $2" = 'zone-edit --help' ]; then
    printf '%s\n' 'Usage: tlsagen zone-edit COMMAND' '' 'Commands:' '  put        put in' \
        '  remove     take out' '' 'Options:' '  -h, --help     show this text'
elif [ "$1 $2" = 'zone-edit put' ]; then
    printf '%s\n' 'Usage: tlsagen zone-edit put' '' '      --policy auto|date  which serial'
else
    printf '%s\n' 'Usage: tlsagen create' '' '  -c, --certificate FILE     a certificate: PEM' \
        '      --format zone|generic  how to print' '                             it all' \
        '      --connect[=ADDRESS]    from a server' '  -q, --quiet                no warnings'
fi
END
chmod +x made/tlsagen
ln -s "$TLSAGEN" real/tlsagen

# in_SHELL WORD...: the candidates for the last WORD, sorted, on one line
in_bash() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tlsagen; printf "%s\n" "${COMPREPLY[@]}"' \
        "$completions/tlsagen.bash" "$@" 2>&1 | sort | xargs
}
in_fish() {
    HOME=$tmp fish --no-config -c 'source $argv[1]; complete -C "$argv[2..]"' \
        "$completions/tlsagen.fish" "$@" 2>&1 | cut -f 1 | sort | xargs
}
# zsh completes only at a prompt: its function is called with the two that show and filter replaced.
in_zsh() {
    zsh -f -c '
        _describe() { print -rl -- "${(@)${(@P)@[-1]}%%:*}" }
        _files() { }
        words=("${@[2,-1]}") CURRENT=$(($# - 1))
        source $1' zsh "$completions/_tlsagen" "$@" 2>&1 |
        awk -v begun="${*: -1}" 'index($0, begun) == 1' | sort | xargs
}

for shell in bash zsh fish; do
    if ! command -v $shell >/dev/null; then
        skip "$shell completion" "$shell is not installed"
        continue
    fi
    export PATH=$tmp/made:$PATH
    is "$(in_$shell tlsagen '')" "--help --version create zone-edit" "$shell: commands"
    is "$(in_$shell tlsagen z)" "zone-edit" "$shell: a command begun"
    is "$(in_$shell tlsagen create -)" "--certificate --connect --format --quiet -c -q" \
        "$shell: options"
    is "$(in_$shell tlsagen create --c)" "--certificate --connect" "$shell: an option begun"
    is "$(in_$shell tlsagen create --format '')" "generic zone" "$shell: words of an option"
    is "$(in_$shell tlsagen zone-edit '')" "put remove" "$shell: subcommands"
    is "$(in_$shell tlsagen zone-edit r)" "remove" "$shell: a subcommand begun"
    is "$(in_$shell tlsagen zone-edit -)" "--help -h" "$shell: options before a subcommand"
    is "$(in_$shell tlsagen zone-edit put -)" "--policy" "$shell: options of a subcommand"
    is "$(in_$shell tlsagen zone-edit put --policy '')" "auto date" "$shell: words of its option"
    export PATH=$tmp/real:$PATH
    for name in $(commands); do
        is "$(in_$shell tlsagen "$name" -)" "$(tlsagen "$name" --help | options_of_help | xargs)" "$shell: $name"
        for sub in $(tlsagen "$name" --help | subcommands); do
            is "$(in_$shell tlsagen "$name" "$sub" -)" \
                "$(tlsagen "$name" "$sub" --help | options_of_help | xargs)" "$shell: $name $sub"
        done
    done
done
finish
