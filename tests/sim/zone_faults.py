#!/usr/bin/env python3
"""zone_faults.py TLSAGEN FOLDER: edits of a zone in two files, under strace(1), which makes each
system call fail in turn, and kills the program at each that changes something. Whatever happens, each file is the old one or
the new one, the one with the SOA is never the only new one, a message tells what is wrong, and the next
run finishes the work and leaves nothing behind. Prints TAP."""
import concurrent.futures
import os
import re
import shutil
import stat
import subprocess
import sys

tlsagen, folder = sys.argv[1:3]
ERRORS = ['EIO', 'ENOSPC']
# What says nothing about files, or ends the program by itself.
IGNORED = {'exit_group', 'brk', 'mmap', 'munmap', 'getrandom', 'mprotect', 'futex', 'rt_sigaction', 'rt_sigprocmask', 'madvise',
           'wait4', 'clone3', 'vfork', 'clone', 'restart_syscall', 'clock_nanosleep'}
# What changes no file: it makes no difference at which of several in a row the program is killed.
READING = re.compile(r'(read|pread64|close|fstat|newfstatat|statx|lseek|fcntl|[fl]?getxattr|[fl]?listxattr|access|faccessat2?|'
                     r'getcwd|ioctl|flock|fadvise64|prlimit64|readlink|getdents64|get[a-z]*id|umask|'
                     r'openat(?!.*O_(CREAT|TMPFILE|TRUNC)))\(')
MODE = 0o640
OLD, NEW = '3 1 1 ' + '1' * 64, '3 1 1 ' + '2' * 64
HEAD = '$ORIGIN e.\n$TTL 60\n'
SOA = '@ SOA a b 41 2 3 4 5\n'
TLSA = f'_25._tcp.m TLSA {OLD} ; here\n'
TWO = {'zone': HEAD + SOA + '$INCLUDE inc\nx A 192.0.2.1\n', 'inc': TLSA}
SOA_BELOW = {'zone': HEAD + '$INCLUDE inc\n' + TLSA, 'inc': SOA + 'x A 192.0.2.1\n'}
RECORD = f'_25._tcp.m TLSA {NEW}\n'
# Name, files, the one with the SOA, words behind `tlsagen zone`, input
CASES = [
    ('bump', TWO, 'zone', ['bump', 'zone'], ''),
    ('put', TWO, 'zone', ['put', 'zone'], RECORD + 'y A 192.0.2.2\n'),
    ('put with a backup', TWO, 'zone', ['put', '--backup=.old', 'zone'], RECORD),
    ('put with a program that checks', TWO, 'zone', ['put', '--check-with=/bin/true', 'zone'], RECORD),
    ('add', TWO, 'zone', ['add', 'zone'], RECORD),
    ('remove', TWO, 'zone', ['remove', 'zone', '_25._tcp.m', 'TLSA'], ''),
    ('put, the SOA below', SOA_BELOW, 'inc', ['put', '--origin', 'e', 'zone'], RECORD),
]


def write_files(where, files):
    shutil.rmtree(where, ignore_errors=True)
    os.mkdir(where)
    for name, text in files.items():
        path = os.path.join(where, name)
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        os.chmod(path, MODE)
        try:
            os.setxattr(path, 'user.note', b'kept')
        except OSError:
            pass


def read_files(where):
    texts = {}
    for name in os.listdir(where):
        with open(os.path.join(where, name), encoding='ascii') as file:
            texts[name] = file.read()
    return texts


def attributes(where, name):
    path = os.path.join(where, name)
    return stat.S_IMODE(os.stat(path).st_mode), {key: os.getxattr(path, key) for key in os.listxattr(path)}


def run(where, words, text, *tracing):
    return subprocess.run([*tracing, tlsagen, 'zone', *words], cwd=where, input=text, text=True,
                          capture_output=True, check=False)


def calls_of(where, words, text):
    """(call, its number among those of the same name, whether a kill there makes a difference) of each
    call from the first that names the zone on."""
    log = where + '.log'
    done = run(where, words, text, 'strace', '-o', log)
    assert done.returncode == 0, done.stderr
    counts, found, begun, changed = {}, [], False, True
    with open(log, encoding='latin-1') as lines:
        for line in lines:
            match = re.match(r'(\w+)\((.*)', line)
            if not match:
                continue
            name, rest = match.groups()
            counts[name] = counts.get(name, 0) + 1
            begun = begun or bool(re.search(r'"([^"]*/)?zone', rest)) and name != 'execve'
            before, changed = changed, not READING.match(line)
            if begun and name not in IGNORED and not re.match(r'write$', name):
                found.append((name, counts[name], before or changed))
    os.unlink(log)
    return found


class Case:
    def __init__(self, name, files, last, words, text):
        self.name, self.files, self.last, self.words, self.text = name, files, last, words, text
        self.where = os.path.join(folder, re.sub(r'\W', '-', name))
        write_files(self.where, files)
        self.calls = calls_of(self.where, words, text)
        self.new = {key: value for key, value in read_files(self.where).items() if key in files}
        self.extra = set(read_files(self.where)) - set(files)
        self.changed = {key for key in files if self.new[key] != files[key]}
        write_files(self.where, files)
        self.kept = {key: attributes(self.where, key) for key in files}

    def try_one(self, call, number, fault):
        """What is wrong after this fault at this call, or None."""
        where = f'{self.where}.{call}.{number}.{fault}'.replace('=', '-')
        write_files(where, self.files)
        done = run(where, self.words, self.text, 'strace', '-o', '/dev/null', '-e', f'trace={call}', '-e',
                   f'inject={call}:{fault}:when={number}')
        wrong = self.judge(where, call, done, 'KILL' in fault) or self.judge_next(where)
        shutil.rmtree(where)
        return wrong and f'{self.name}: {call} {number} {fault}: {wrong}'

    def judge(self, where, call, done, killed):
        now = read_files(where)
        for name, old in self.files.items():
            if now.get(name) not in (old, self.new[name]):
                return f'{name} is neither old nor new: {now.get(name)!r}'
            if attributes(where, name) != self.kept[name]:
                return f'{name} has {attributes(where, name)}'
        is_new = {name for name in self.changed if now[name] == self.new[name]}
        if self.last in is_new and is_new != self.changed:
            return 'the SOA is new, and records are old'
        if killed:
            return None if done.returncode in (-9, 137) else f'not killed: {done.returncode}'
        if done.returncode == 0:
            return None if is_new == self.changed else 'success, and an old file'
        lines = done.stderr.splitlines()
        if len(lines) != 1 or not lines[0].startswith('tlsagen: ') or done.returncode != 1:
            return f'status {done.returncode}, {done.stderr!r}'
        if is_new == self.changed and 'is in place' not in lines[0]:
            return f'all is new, and it says {lines[0]}'
        if is_new and is_new != self.changed and 'run again' not in lines[0]:
            return f'some is new, and it says {lines[0]}'
        litter = set(now) - set(self.files) - self.extra
        if is_new and is_new != self.changed:
            litter.discard(f'.{self.last}.tlsagen-new')
        return f'left {litter}' if litter and call != 'unlink' else None

    def judge_next(self, where):
        """The same once more, without a fault."""
        before = read_files(where)
        if before == self.files:
            return None
        done = run(where, self.words, self.text)
        now = read_files(where)
        if done.returncode != 0:
            return f'the next run fails: {done.stderr!r}'
        left = set(now) - set(self.files) - self.extra
        if left:
            return f'the next run leaves {left}'
        again = self.words[0] == 'bump' and before[self.last] == self.new[self.last]
        if not again and any(now[name] != self.new[name] for name in self.files):
            return f'the next run makes {now!r}'
        return None


failed, tried = [], 0
with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
    for index, words in enumerate(CASES):
        case = Case(*words)
        todo = [(call, number, f'error={ERRORS[at % len(ERRORS)]}') for at, (call, number, _) in enumerate(case.calls)]
        todo += [(call, number, 'signal=KILL') for call, number, kill in case.calls if kill]
        results = list(pool.map(lambda one, case=case: case.try_one(*one), todo))
        wrong = [result for result in results if result]
        names = {call for call, *_ in case.calls}
        missing = {'openat', 'pread64', 'flock', 'linkat', 'rename', 'fsync', 'fchmod', 'utimensat'} - names
        for text in (wrong + [f'{name} is never called' for name in sorted(missing)])[:5]:
            print('#', text)
        bad = bool(wrong or missing)
        failed += wrong
        tried += len(todo)
        print(f'{"not ok" if bad else "ok"} {index + 1} - {case.name}: {len(case.calls)} calls, each failing, and '
              f'{len(todo) - len(case.calls)} of them the last of the program')
        failed += sorted(missing)
print(f'1..{len(CASES)}\n# {tried} runs')
sys.exit(bool(failed))
