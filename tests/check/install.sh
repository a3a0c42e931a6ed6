#!/bin/bash
# What `meson install` puts in place is complete: programs, library, headers, pages, completions.
. "$(dirname "$0")/../lib.sh"
. "$TLSAGEN_SOURCE/tests/check/help.sh"

run meson install -C "$TLSAGEN_BUILD" --no-rebuild --destdir "$tmp/root"
is "$status" 0 "meson install"
option() { meson introspect --buildoptions "$TLSAGEN_BUILD" |
    python3 -c 'import json,sys; print({o["name"]: o["value"] for o in json.load(sys.stdin)}[sys.argv[1]])' "$1"; }
prefix=$(option prefix) libdir=$(option libdir)
at=$tmp/root$prefix

for file in bin/tlsagen libexec/tlsagen/tlsagen-full "$libdir/libtlsagen.so" include/tlsagen.h \
    "$libdir/pkgconfig/libtlsagen.pc" share/man/man1/tlsagen.1 share/man/man3/libtlsagen.3 \
    share/bash-completion/completions/tlsagen share/zsh/site-functions/_tlsagen \
    share/fish/vendor_completions.d/tlsagen.fish share/tlsagen/acme/certbot.sh share/tlsagen/tlsagen.cron \
    lib/systemd/system/tlsagen-rollover.service lib/systemd/system/tlsagen-rollover.timer; do
    succeeds "$file is installed" test -s "$at/$file"
done
is "$(cd "$at/include" && find . -name '*.h' | sort)" \
    "$(cd "$TLSAGEN_SOURCE/lib" && find tlsagen.h tlsagen -name '*.h' | sed 's,^,./,' | sort)" \
    "all public headers are installed, and no other"
for page in "$TLSAGEN_SOURCE"/man/*.[1-9]; do
    succeeds "$(basename "$page") is installed" test -s "$at/share/man/man${page##*.}/$(basename "$page")"
done

# Each header alone, for users in C and in C++.
strict='-Wall -Wextra -Wpedantic -Werror -fsyntax-only'
for header in $(cd "$at/include" && find . -name '*.h' | sort); do
    # shellcheck disable=SC2086 # a list of options
    succeeds "$header alone in C17" \
        gcc -std=c17 $strict -I "$at/include" -include "$header" -x c /dev/null
    if command -v g++ >/dev/null; then
        # shellcheck disable=SC2086
        succeeds "$header alone in C++17" \
            g++ -std=c++17 $strict -I "$at/include" -include "$header" -x c++ /dev/null
    else
        skip "$header alone in C++17" "g++ is not installed"
    fi
done

# A user of the library finds it with pkg-config.
cat >version.c <<'END'
#include <stdio.h>
#include <tlsagen.h>
int main(void) { return puts(tlsagen_version()) < 0; }
END
export PKG_CONFIG_PATH=$at/$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/root
read -ra flags < <(pkg-config --cflags --libs libtlsagen)
succeeds "a program builds with pkg-config's flags" gcc -o version version.c "${flags[@]}"
run env LD_LIBRARY_PATH="$at/$libdir" ./version
is "tlsagen $out" "$("$TLSAGEN" --version)" "and runs with the shared library"

# The installed programs, where they were configured to be, in a mount namespace of their own.
# installed COMMAND...: runs it with the installed tree laid over the prefix
namespace=-rm
[ "$(id -u)" != 0 ] || namespace=-m
installed() {
    unshare $namespace sh -c 'mount --bind "$1" "$2" && shift 2 && "$@"' sh "$at" "$prefix" "$@"
}
if [ -d "$prefix" ] && installed true 2>/dev/null; then
    succeeds "the installed program runs" installed "$prefix/bin/tlsagen" --version
    for name in $(commands); do
        run installed "$prefix/bin/tlsagen" "$name" --help
        is "$out" "$("$TLSAGEN" "$name" --help)" "the installed program knows $name"
    done
else
    skip "the installed program runs" "no mount namespace here"
fi
finish
