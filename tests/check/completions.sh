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

# in_SHELL, started once for many questions: standard input has the words of one on each line, parted
# by tabs; the candidates for the last word of each go out, one a line, and then a line ".".
in_bash() {
    bash -c '. "$0"
        while IFS= read -r line; do
            mapfile -t -d "$1" COMP_WORDS <<<"$line"
            COMP_WORDS[-1]=${COMP_WORDS[-1]%?} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _tlsagen </dev/null
            printf "%s\n" "${COMPREPLY[@]}" .
        done' "$completions/tlsagen.bash" $'\t' 2>&1
}
in_fish() {
    HOME=$tmp fish --no-config -c 'source $argv[1]
        while read -l line
            complete -C (string replace -a \t " " -- $line) </dev/null
            echo .
        end' "$completions/tlsagen.fish" 2>&1 | cut -f 1
}
# zsh completes only at a prompt: its function is called with the two that show and filter replaced.
in_zsh() {
    zsh -f -c '
        _describe() {
            local word
            for word in "${(@)${(@P)@[-1]}%%:*}"; do [[ $word != $words[CURRENT]* ]] || print -r -- $word; done
        }
        _files() { }
        while IFS= read -r line; do
            words=("${(@ps:\t:)line}") CURRENT=$#words
            source $1 </dev/null
            print .
        done' zsh "$completions/_tlsagen" 2>&1
}
# The answers, each sorted and on one line.
sorted() {
    python3 -c 'import sys
for answer in ("\n" + sys.stdin.read()).split("\n.\n")[:-1]:
    print(*sorted(answer.split()))'
}

# ask WHAT WANTED WORD...: a question to the program in the folder $program
ask() {
    local IFS=$'\t'
    echo "$1" >>"$program/what"
    echo "$2" >>"$program/wanted"
    shift 2
    echo "tlsagen	$*" >>"$program/questions"
}
program=made
ask commands "--help --version create zone-edit" ''
ask "a command begun" "zone-edit" z
ask options "--certificate --connect --format --quiet -c -q" create -
ask "an option begun" "--certificate --connect" create --c
ask "words of an option" "generic zone" create --format ''
ask subcommands "put remove" zone-edit ''
ask "a subcommand begun" "remove" zone-edit r
ask "options before a subcommand" "--help -h" zone-edit -
ask "options of a subcommand" "--policy" zone-edit put -
ask "words of its option" "auto date" zone-edit put --policy ''
program=real
for name in $(commands); do
    help=$("$TLSAGEN" "$name" --help)
    ask "$name" "$(options_of_help <<<"$help" | xargs)" "$name" -
    for sub in $(subcommands <<<"$help"); do
        ask "$name $sub" "$("$TLSAGEN" "$name" "$sub" --help | options_of_help | xargs)" "$name" "$sub" -
    done
done
like "$(wc -l <real/questions)" '^[2-9][0-9]$' "there are many questions"

for shell in bash zsh fish; do
    if ! command -v $shell >/dev/null; then
        skip "$shell completion" "$shell is not installed"
        continue
    fi
    for program in made real; do
        PATH=$tmp/$program:$PATH in_$shell <$program/questions | sorted >answers
        while IFS= read -r what <&3 && IFS= read -r wanted <&4; do
            IFS= read -r got <&5
            is "$got" "$wanted" "$shell: $what"
        done 3<$program/what 4<$program/wanted 5<answers
    done
done
finish
