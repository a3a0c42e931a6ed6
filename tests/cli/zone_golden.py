#!/usr/bin/env python3
"""zone_golden.py TLSAGEN CASES FOLDER: for each folder of CASES the command in `args`, one argument on
a line, runs as `tlsagen` in a copy of the folder `in`; then
  out/     are the files, byte for byte and no other ones; without it they are those of in/,
           which were not written: inode and time are the same
  stdin    is its standard input; empty without it
  stdout   is what it prints; without it that does not matter
  err      is its standard error; empty without it
  status   is its exit status; 0 without it
Works in FOLDER. Prints TAP."""
import difflib
import os
import shutil
import subprocess
import sys

tlsagen, cases, folder = sys.argv[1:4]


def read(path, without=None):
    """The bytes of a file, or `without` when there is none."""
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return without


def files_below(where):
    """Path -> (kind, content or target, inode, time) of everything below."""
    found = {}
    for at, folders, files in os.walk(where):
        for name in folders + files:
            path = os.path.join(at, name)
            status = os.lstat(path)
            if os.path.islink(path):
                kind, what = 'link', os.readlink(path)
            elif os.path.isdir(path):
                kind, what = 'folder', None
            else:
                kind, what = 'file', read(path)
            found[os.path.relpath(path, where)] = (kind, what, status.st_ino, status.st_mtime_ns)
    return found


def texts_of(files):
    return {path: value[:2] for path, value in files.items()}


def difference(name, wanted, got):
    lines = [repr(text)[2:-1] for text in wanted.splitlines(True)], [repr(text)[2:-1] for text in got.splitlines(True)]
    return '\n'.join(difflib.unified_diff(*lines, f'{name} wanted', f'{name} got', lineterm=''))


def differences(wanted, got):
    """How the files differ, as text."""
    for path in sorted(wanted.keys() | got.keys()):
        if wanted.get(path) == got.get(path):
            continue
        if path in wanted and path in got and wanted[path][0] == got[path][0] == 'file':
            yield difference(path, wanted[path][1], got[path][1])
        else:
            yield f'{path}: wanted {wanted.get(path)}, got {got.get(path)}'


def faults_of(case):
    """What is wrong with what the command did."""
    if not read(f'{case}/args') or not os.path.isdir(f'{case}/in'):
        yield 'it has no args or in/'
        return
    work = os.path.join(folder, 'in')
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(f'{case}/in', work, symlinks=True)
    words = read(f'{case}/args').decode('utf-8', 'surrogateescape').removesuffix('\n').split('\n')
    before = files_below(work)
    done = subprocess.run([tlsagen, *words], cwd=work, input=read(f'{case}/stdin', b''), capture_output=True, check=False)
    after = files_below(work)
    status = int(read(f'{case}/status', b'0'))
    if done.returncode != status:
        yield f'status {done.returncode}, not {status}'
    if os.path.isdir(f'{case}/out'):
        yield from differences(texts_of(files_below(f'{case}/out')), texts_of(after))
    elif after != before:
        yield 'files were written'
        yield from differences(texts_of(before), texts_of(after))
    for name, got, wanted in (('err', done.stderr, read(f'{case}/err', b'')),
                              ('stdout', done.stdout, read(f'{case}/stdout', done.stdout))):
        if got != wanted:
            yield difference(name, wanted, got)


failed, count = 0, 0


def result(good, what, *details):
    global failed, count
    count += 1
    failed += not good
    print(f'{"ok" if good else "not ok"} {count} - {what}')
    for line in '\n'.join(details).splitlines():
        print('#  ', line)


for entry in sorted(os.listdir(cases)):
    if os.path.isdir(os.path.join(cases, entry)):
        faults = list(faults_of(os.path.join(cases, entry)))
        result(not faults, entry, *faults)
result(count >= 80, f'there are many cases: {count}')
print(f'1..{count}')
sys.exit(bool(failed))
