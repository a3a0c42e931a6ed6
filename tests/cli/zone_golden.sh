#!/bin/bash
# Golden pairs of `tlsagen zone`: for each folder of tests/data/zone the command in `args`, one
# argument on a line, runs in a copy of the folder `in`; then
#   out/     are the files, byte for byte and no other ones; without it they are those of in/,
#            which were not written: inode and time are the same
#   stdin    is its standard input; empty without it
#   stdout   is what it prints; without it that does not matter
#   err      is its standard error; empty without it
#   status   is its exit status; 0 without it
. "$(dirname "$0")/../lib.sh"

# The files below, each with its kind, and inode and time when $1 is "inodes".
list_files() {
    if [ "$1" = inodes ]; then find . -mindepth 1 -printf '%y %p %i %T@\n'; else find . -mindepth 1 -printf '%y %p\n'; fi | sort
}

same_files() { # FOLDER: the files here are those of the folder
    diff -r "$1" . >../diff 2>&1
}

case_fault() { # FOLDER: prints what is wrong with what the command did in ./in
    local folder=$1 wanted_status=0 stdin=/dev/null
    [ ! -e "$folder/status" ] || wanted_status=$(cat "$folder/status")
    [ ! -e "$folder/stdin" ] || stdin=$folder/stdin
    mapfile -t words <"$folder/args"
    cd in || return
    before=$(list_files inodes)
    "$TLSAGEN" "${words[@]}" <"$stdin" >../stdout 2>../stderr
    local got=$?
    [ $got = "$wanted_status" ] || echo "status $got, not $wanted_status"
    if [ -e "$folder/out" ]; then
        same_files "$folder/out" || cat ../diff
    else
        [ "$(list_files inodes)" = "$before" ] || echo "files were written"
        same_files "$folder/in" || cat ../diff
    fi
    if [ -e "$folder/err" ]; then cp "$folder/err" ../wanted; else : >../wanted; fi
    diff ../wanted ../stderr || true
    [ ! -e "$folder/stdout" ] || diff "$folder/stdout" ../stdout || true
}

count=0
for folder in "$TLSAGEN_DATA"/zone/*/; do
    folder=${folder%/} name=$(basename "$folder")
    if [ ! -s "$folder/args" ] || [ ! -d "$folder/in" ]; then
        not_ok "$name" "it has no args or in/"
        continue
    fi
    rm -rf work && mkdir work && cp -a "$folder/in" work/in
    fault=$(cd work && case_fault "$folder")
    if [ -z "$fault" ]; then ok "$name"; else not_ok "$name" "$fault"; fi
    count=$((count + 1))
done
if [ $count -ge 80 ]; then ok "there are many cases"; else not_ok "there are $count cases"; fi
finish
