# fish completion for tlsagen(1). Commands, options and the words an option takes are read from the
# program's own --help, so they are those of the program that is installed.

# Standard input: a --help text. One line "OPTION<tab>VALUE<tab>SUMMARY" for each option.
function __tlsagen_options
    awk '/^ +-/ {
        sub(/^ +/, "")
        head = text = $0
        sub(/   *.*/, "", head)
        text = substr(text, length(head) + 1)
        sub(/^ +/, "", text)
        n = split(head, word, /,? +/)
        value = n > 1 && word[n] !~ /^-/ ? word[n] : ""
        for (i = 1; i <= n; i++) {
            sub(/[[=].*/, "", word[i])
            if (word[i] ~ /^-/)
                print word[i] "\t" value "\t" text
        }
    }'
end

# Standard input: a --help text. "COMMAND<tab>SUMMARY" for each name below "Commands:".
function __tlsagen_commands
    sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *\([^ ].*\)/\1\t\2/p'
end

function __tlsagen_complete
    set -l words (commandline -opc)
    if test (count $words) -lt 2
        printf '%s\t%s\n' --help 'show the help' --version 'show the version'
        $words[1] --help 2>/dev/null | __tlsagen_commands
        return
    end
    set -l current (commandline -ct)
    set -l command $words[1..2]
    set -l commands ($words[1..2] --help 2>/dev/null | __tlsagen_commands)
    if test (count $words) -eq 2; and set -q commands[1]; and not string match -q -- '-*' $current
        printf '%s\n' $commands
        return
    end
    if set -q words[3]; and string match -q -- $words[3]\t'*' $commands
        set command $words[1..3]
    end
    set -l found ($command --help 2>/dev/null | __tlsagen_options |
        while read -d \t -l option value text
            if string match -q -- '-*' $current
                printf '%s\t%s\n' $option $text
            else if test "$option" = $words[-1]; and string match -q -- '*|*' $value
                string split '|' $value
            end
        end)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path $current
    end
end

complete -c tlsagen -f -a '(__tlsagen_complete)'
