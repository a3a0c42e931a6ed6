#!/usr/bin/env python3
"""includes.py ROOT: which part of the tree includes which; prints each forbidden include.

A room is a folder lib/ROOM with the public header lib/tlsagen/ROOM.h (or those of HEADERS). It
may include itself and the rooms named for it in MAY; every room named there stands above it, so
there are no circles.
cli/ knows tlsagen.h and its own headers only. Fails on a finding, and when nothing was read.
"""
import pathlib
import re
import sys

MAY = {
    'base': set(),
    'tlsa': {'base'},
    'zone': {'base'},
    'dns': {'base', 'tlsa', 'zone'},
    'probe': {'base', 'tlsa', 'zone'},
    'server': {'base', 'tlsa', 'zone'},
    'create': {'base', 'tlsa', 'probe'},
    'publish': {'base', 'tlsa', 'zone', 'dns', 'server', 'create'},
    'batch': {'base', 'tlsa', 'create'},
    'verify': {'base', 'tlsa', 'zone', 'dns', 'probe'},
    'config': {'base', 'tlsa', 'zone', 'server', 'create', 'publish'},
    'rollover': {'base', 'tlsa', 'zone', 'dns', 'probe', 'server', 'create', 'publish', 'verify',
                 'config'},
    'fleet': {'base', 'tlsa', 'zone', 'dns', 'probe', 'server', 'create', 'publish', 'batch',
              'rollover',
              'verify', 'config'},
}
# Public headers that are not named after their room.
HEADERS = {'service': 'base', 'material': 'tlsa', 'record': 'tlsa', 'input': 'create', 'world': 'publish', 'update': 'publish', 'judge': 'probe', 'checks': 'fleet'}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(included):
    """The room a header of lib/ belongs to, as (room, is public), or None for a system's header."""
    folder, _, name = included.rpartition('/')
    if folder == 'tlsagen':
        stem = name.removesuffix('.h')
        return HEADERS.get(stem, stem), True
    return (folder, False) if folder in MAY else None


def fault_in_lib(root, path, quote, included):
    public_header = path.parent.name == 'tlsagen'
    room = HEADERS.get(path.stem, path.stem) if public_header else path.parent.name
    if room not in MAY:
        return f'room {room} is not in the table of {pathlib.Path(__file__).name}'
    if included == 'tlsagen.h':
        return 'the library does not include tlsagen.h'
    if '..' in included.split('/'):
        return 'no ".." in includes'
    target = room_of(included)
    if target is None:
        beside = path.parent / included
        if quote == '"' and not beside.is_file():
            return 'neither beside this file nor in a room'
        return 'a public header includes no private one' if quote == '"' and public_header else None
    if target[0] not in MAY:
        return f'room {target[0]} is not in the table of {pathlib.Path(__file__).name}'
    if public_header and not target[1]:
        return 'a public header includes no private one'
    if target[0] != room and target[0] not in MAY[room]:
        return f'{room} may not know {target[0]}'
    return None


def fault_in_cli(root, path, quote, included):
    if included == 'tlsagen.h' or (quote == '"' and (root / 'cli' / included).is_file()):
        return None
    if quote == '"' or room_of(included) or (root / 'lib' / included).exists():
        return 'the program knows tlsagen.h and nothing else of lib/'
    return None


def main(root):
    rules = [(root.glob('lib/*/*.[ch]'), fault_in_lib), (root.glob('cli/*.[ch]'), fault_in_cli)]
    read, faults = 0, 0
    for at, room in enumerate(MAY):
        for below in MAY[room] - set(list(MAY)[:at]):
            faults += 1
            print(f'{pathlib.Path(__file__).name}: {below} does not stand above {room}')
    for paths, fault_in in rules:
        for path in sorted(paths):
            read += 1
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                fault = match and fault_in(root, path, *match.groups())
                if fault:
                    faults += 1
                    print(f'{path.relative_to(root)}:{number}: {line.strip()}: {fault}')
    return 0 if read > 0 and faults == 0 else 1


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
