#!/bin/bash
# The directions of include, and that the check catches each kind of forbidden one.
. "$(dirname "$0")/../lib.sh"

check() { python3 "$TLSAGEN_SOURCE/tests/check/includes.py" "$1"; }

succeeds "nobody includes what it may not know" check "$TLSAGEN_SOURCE"

# planted FILE LINE WANTED: the check refuses a copy of the tree with LINE added to FILE
planted() {
    rm -rf tree
    mkdir tree
    cp -r "$TLSAGEN_SOURCE/lib" "$TLSAGEN_SOURCE/cli" tree/
    mkdir -p "tree/$(dirname "$1")"
    printf '%s\n' "$2" >>"tree/$1"
    run check tree
    is "$status" 1 "refused in $1: $2"
    like "$out" "$1:[0-9]+: .*$3" "and says why"
}

planted lib/base/new.c '#include <tlsagen/tlsa.h>' 'base may not know tlsa'
planted lib/tlsa/new.c '#include <tlsagen/zone.h>' 'tlsa may not know zone'
planted lib/zone/new.c '  #  include "tlsa/any.h"' 'zone may not know tlsa'
planted lib/probe/new.c '#include <tlsagen/create.h>' 'probe may not know create'
planted lib/create/new.c '#include "zone/any.h"' 'create may not know zone'
planted lib/base/new.c '#include <tlsagen.h>' 'does not include tlsagen.h'
planted lib/base/new.c '#include "../zone/any.h"' 'no "\.\."'
planted lib/tlsagen/base.h '#include "base/any.h"' 'no private one'
planted lib/cellar/new.c '#include <stdio.h>' 'not in the table'
planted cli/new.c '#include <tlsagen/base.h>' 'nothing else of lib'
planted cli/new.c '#include "base/any.h"' 'nothing else of lib'

sed "s/'base': set()/'base': {'zone'}/" "$TLSAGEN_SOURCE/tests/check/includes.py" >circle.py
run python3 circle.py "$TLSAGEN_SOURCE"
is "$status" 1 "a table with a circle is refused"
like "$out" 'zone does not stand above base' "and says where"

mkdir empty
fails "an empty tree is not a passing one" check empty
finish
