#!/usr/bin/env python3
"""zone_bind.py TLSAGEN FOLDER COUNT SEED DATA: random zone files in the forms where parsers differ,
edited by `tlsagen zone`; named-compilezone reads them before and after, and they differ by exactly
what was meant; what it reads in a list of the records is what it reads in the file; and what it
takes has no error of syntax for `tlsagen zone check`. The zone files of the golden pairs, the
folders of DATA, are edited and compared in the same way. Prints TAP."""
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter

tlsagen, folder, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
data_folder = sys.argv[5]
rng = random.Random(seed)
ORIGIN = 'example.org.'
HOSTS = ['a', 'b', 'mail', 'www.sub', 'c-1', '_25._tcp.mail', '_443._tcp.b', 'x\\.y', 'UPPER']


def hex_of(n):
    return ''.join(rng.choice('0123456789abcdefABCDEF') for _ in range(n))


def rdata_of(kind):
    if kind == 'A':
        return f'192.0.2.{rng.randrange(256)}'
    if kind == 'TXT':
        return rng.choice(['"a b"', '"(;"', 'plain', '"q\\"q"', '"one" "two"', '\\;semi'])
    if kind == 'MX':
        return f'{rng.randrange(50)} mail'
    digits = hex_of(64)
    return rng.choice([f'3 1 1 {digits}', f'3 1 1 {digits[:20]} {digits[20:]}', f'( 3 1\n\t1 ; c)\n {digits} )',
                       f'03 01 1 {digits}', f'\\# 35 030101{digits}'])


def spelled(owner):
    """One of the texts that mean this owner, relative to example.org."""
    if rng.random() < 0.2:
        owner = owner.upper()
    if owner.startswith('_25.') and rng.random() < 0.4:
        owner = '\\095\\050\\053' + owner[3:]
    return rng.choice([owner, owner, owner + '.' + ORIGIN, owner + '.Example.ORG.'])


def noise():
    return rng.choice(['', '', '', '; a comment ( with " things\n', '\n', '  ; \xe9\n', '\t\n'])


def soa(serial):
    return rng.choice([
        f'@ IN SOA ns host (\n\t{serial} ; serial\n 7200 3600\n 1209600 300 )\n',
        f'@ (\n IN SOA ns host {serial} 7200 3600 1209600 300 )\n',
        f'( @ IN SOA ns host {serial} 2h 1h 2w 300 ) ; (\n',
        f'example.org. IN 1h SOA ns host(({serial} 7200)\n3600 1209600;x\n 300)\n',
        f'@ soa ns host {serial} 7200 3600 1209600 300\n',
    ])


def record(last, seen):
    """A line, its owner left out at times where there is a last one. Without $TTL (seen is a set)
    each RRset has one record: BIND levels mixed TTLs, and lets the next record inherit the result."""
    owner = rng.choice(HOSTS)
    kind = rng.choice(['A', 'A', 'TXT', 'TLSA', 'MX'])
    name = spelled(owner)
    if last and seen is None and rng.random() < 0.3:
        name = ' ' if rng.random() < 0.5 else '\t'
    if seen is not None:
        if (owner, kind) in seen:
            return '; another\n'
        seen.add((owner, kind))
    middle = rng.choice(['', '', 'IN ', '60 ', '60 IN ', 'IN 60 ', '1h ', 'in '])
    kind = rng.choice([kind, kind.lower()]) if kind != 'TLSA' or rng.random() < 0.7 else 'TYPE52'
    return f'{name} {middle}{kind} {rdata_of(kind.upper() if kind != "TYPE52" else "TLSA")}' + \
        rng.choice(['', '', ' ; c', '\t']) + '\n'


def make_zone():
    """The bytes of a zone file, and of the one it includes or None."""
    included = None
    default = rng.choice(['$TTL 2h\n', '$ttl 7200 ; x\n', ''])
    seen = None if default else set()
    out = [noise(), default, '$ORIGIN example.org.\n',
           soa(rng.randrange(1, 1000)), '@ NS ns\n', 'ns A 192.0.2.1\n']
    for _ in range(rng.randrange(2, 12)):
        out.append(noise())
        if rng.random() < 0.08:
            out.append('$ORIGIN sub\n' + record(True, seen) + '$ORIGIN example.org.\n')
        elif rng.random() < 0.06:
            out.append('$GENERATE 1-3 gen$ A 192.0.2.$\n')
        elif rng.random() < 0.06 and included is None:
            included = ''.join([record(False, seen).lstrip()] + [record(True, seen) for _ in range(3)])
            out.append('$INCLUDE "in c"\n')
        else:
            out.append(record(True, seen))
    text = ''.join(out)
    if rng.random() < 0.2:
        text = text.rstrip('\n')
    if rng.random() < 0.2:
        text = text.replace('\n', '\r\n')
    return text.encode('latin-1'), included and included.encode('latin-1')


def compiled(name='zone'):
    """(records as a Counter of (owner, ttl, type, rdata), serial), or None when BIND refuses."""
    done = subprocess.run(['named-compilezone', '-q', '-i', 'none', '-k', 'ignore', '-n', 'ignore', '-m', 'ignore',
                           '-M', 'ignore', '-S', 'ignore', '-T', 'ignore', '-r', 'ignore', '-s', 'full', '-o', '-',
                           ORIGIN, name], cwd=folder, capture_output=True)
    if done.returncode != 0:
        return None
    records, serial = Counter(), None
    for line in done.stdout.decode('latin-1').splitlines():
        if not line or line.startswith(';'):
            continue
        owner, ttl, _, kind, rdata = line.split(None, 4)
        if kind == 'SOA':
            serial = int(rdata.split()[2])
            continue
        if kind == 'TLSA':
            words = rdata.lower().split()
            rdata = ' '.join(words[:3]) + ' ' + ''.join(words[3:])
        records[owner.lower(), int(ttl), kind, rdata] += 1
    return records, serial


def write(name, data):
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(data)


def empty_folder():
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))


def read_all():
    return {name: open(os.path.join(folder, name), 'rb').read() for name in sorted(os.listdir(folder))}


def edit():
    """A verb, its command line, its input, and owner, type and rdata as BIND prints them."""
    verb = rng.choice(['put', 'add', 'remove'])
    owner, kind = rng.choice(HOSTS[:-2] + ['new', '_25._tcp.new']), rng.choice(['A', 'TLSA', 'TLSA'])
    rdata = [f'192.0.2.{rng.randrange(256)}' if kind == 'A' else '3 1 1 ' + hex_of(64).lower()
             for _ in range(rng.randrange(1, 3))]
    if verb == 'remove':
        return verb, ['remove', 'zone', owner, kind], '', owner, kind, []
    return verb, [verb, 'zone'], ''.join(f'{spelled(owner)} {kind} {r}\n' for r in rdata), owner, kind, rdata


def of_rrset(records, owner, kind):
    return {key[3] for key in records if key[0] == owner and key[2] == kind}


def without(records, name, kind, several=()):
    """The records but those of an RRset. Where an RRset has several, their TTLs may be mixed in the
    file, and which of them BIND gives to all depends on what stands between them; several: RRsets of
    which the file has more records than BIND, as some are the same."""
    sizes = Counter((key[0], key[2]) for key in records) + Counter(several)
    return Counter({(key[0], key[1] if sizes[key[0], key[2]] == 1 else None, *key[2:]): n
                    for key, n in records.items() if (key[0], key[2]) != (name, kind)})


def fault_of(before, after, verb, owner, kind, rdata, changed):
    """What is wrong with the result, or None."""
    if after is None:
        return 'BIND refuses the result'
    name = f'{owner}.{ORIGIN}'.lower()
    wanted = {'put': set(rdata), 'add': of_rrset(before[0], name, kind) | set(rdata), 'remove': set()}[verb]
    if of_rrset(after[0], name, kind) != wanted:
        return f'the RRset is {of_rrset(after[0], name, kind)}'
    others = [without(records, name, kind) for records in (before[0], after[0])]
    if others[0] != others[1]:
        return f'others changed: {others[0] - others[1]} became {others[1] - others[0]}'
    if changed and after[1] != before[1] % (2**32 - 1) + 1:
        return f'serial {before[1]} became {after[1]}'
    return None


def fault_of_reading(before):
    """What is wrong with the list of the zone, or with the check of it; or None."""
    done = subprocess.run([tlsagen, 'zone', 'list', '--origin', ORIGIN, 'zone'], cwd=folder, capture_output=True)
    if done.returncode != 0:
        return f'not listed: {done.stderr!r}'
    write('listed', done.stdout)
    listed = compiled('listed')
    os.unlink(os.path.join(folder, 'listed'))
    if listed is None:
        return f'BIND refuses the list: {done.stdout!r}'
    lines = Counter((words[0].lower(), words[3]) for words in
                    (line.split(None, 4) for line in done.stdout.decode('latin-1').splitlines()))
    several = [rrset for rrset, n in lines.items() if n > 1]
    if without(listed[0], None, None, several) != without(before[0], None, None, several) or listed[1] != before[1]:
        return f'the list differs: {listed[0] - before[0]}, {before[0] - listed[0]}'
    done = subprocess.run([tlsagen, 'zone', 'check', '--origin', ORIGIN, '--json', 'zone'], cwd=folder,
                          capture_output=True)
    if done.returncode not in (0, 3):
        return f'not checked: {done.stderr!r}'
    errors = [f for f in json.loads(done.stdout)['findings'] if f['severity'] == 'error'
              and f['rule'] not in ('digest-length', 'delegation', 'dname')]
    return f'check finds {errors}' if errors else None


made, refused, unread = Counter(), Counter(), 0
misread = []
failures = []
for number in range(count):
    data, included = make_zone()
    empty_folder()
    write('zone', data)
    if included is not None:
        write('in c', included)
    before = compiled()
    if before is None:
        unread += 1
        continue
    fault = fault_of_reading(before)
    if fault:
        misread.append((number, f'{fault}\n{data!r}\n{included!r}'))
    old = read_all()
    verb, words, text, owner, kind, rdata = edit()
    done = subprocess.run([tlsagen, 'zone', *words[:1], '-q', *words[1:]], cwd=folder, input=text.encode(),
                          capture_output=True)
    new = read_all()
    if done.returncode != 0:
        refused[done.stderr.decode('latin-1').split(': ', 2)[-1][:60]] += 1
        if new != old:
            failures.append((number, 'refused, and the files changed'))
        continue
    made[verb] += 1
    fault = fault_of(before, compiled(), verb, owner, kind, rdata, new != old)
    if fault:
        failures.append((number, f'{words} {text!r}: {fault}\n{data!r}\n{included!r}'))



def golden_edits(before):
    """Edits of a zone: a new RRset, another record of one that is there, and none of another; but for
    addresses of the zone's servers, without which BIND takes no zone."""
    digits = '%064d' % 7
    yield 'put', '_25._tcp.new', 'TLSA', ['3 1 1 ' + digits]
    suffix = '.' + ORIGIN
    servers = {key[3].lower() for key in before[0] if key[2] == 'NS'}
    there = sorted({(key[0][:-len(suffix)], key[2]) for key in before[0]
                    if key[0].endswith(suffix) and key[0] not in servers and key[2] in ('A', 'TLSA')})
    for number, (owner, kind) in enumerate(there[:2]):
        rdata = '192.0.2.77' if kind == 'A' else '3 1 1 ' + digits
        yield ('add', owner, kind, [rdata]) if number == 0 else ('remove', owner, kind, [])


def golden_case(name):
    """Counts of edits made and refused, and what is wrong with them."""
    from_folder = os.path.join(data_folder, name, 'in')
    results, faults = Counter(), []

    def restore():
        empty_folder()
        for file in os.listdir(from_folder):
            path = os.path.join(from_folder, file)
            if os.path.isfile(path):
                shutil.copy(path, os.path.join(folder, 'zone' + file[2:] if file.startswith('db') else file))

    restore()
    before = compiled() if os.path.exists(os.path.join(folder, 'zone')) else None
    if before is None:
        return results, faults
    for verb, owner, kind, rdata in golden_edits(before):
        restore()
        old = read_all()
        words = [verb, '-q', '--origin', ORIGIN, 'zone'] + ([owner, kind] if verb == 'remove' else [])
        text = ''.join(f'{owner}.{ORIGIN} {kind} {r}\n' for r in rdata)
        done = subprocess.run([tlsagen, 'zone', *words], cwd=folder, input=text.encode(), capture_output=True)
        new = read_all()
        if done.returncode != 0:
            results['refused'] += 1
            fault = 'refused, and the files changed' if new != old else None
        else:
            results['made'] += 1
            fault = fault_of(before, compiled(), verb, owner, kind, rdata, new != old)
        if fault:
            faults.append((name, f'{verb} {owner} {kind}: {fault}'))
    return results, faults


golden, golden_faults = Counter(), []
for name in sorted(os.listdir(data_folder)):
    if os.path.isdir(os.path.join(data_folder, name, 'in')):
        results, faults = golden_case(name)
        golden += results
        golden_faults += faults
        golden['zones'] += bool(results)

print(f'# seed {seed}: {sum(made.values())} edits, {unread} zones that BIND refuses')
for reason, times in refused.most_common():
    print(f'# refused {times}: {reason}')
for number, text in failures[:5] + misread[:5]:
    print(f'# zone {number}:', text.replace('\n', '\n#   '))
print(('not ok' if failures else 'ok'), f'1 - {len(failures)} of the edits are not what was meant')
enough = sum(made.values()) >= count * 0.6 and len(made) == 3
print(('ok' if enough else 'not ok'), '2 - most zones are read and edited')
print(('not ok' if misread else 'ok'), f'3 - {len(misread)} of the zones are not listed as BIND reads them')
print(f'# golden pairs: {dict(golden)}')
for name, text in golden_faults:
    print(f'# {name}:', text.replace('\n', '\n#   '))
print(('not ok' if golden_faults else 'ok'), f'4 - {len(golden_faults)} edits of golden pairs are not what was meant')
many = golden['zones'] >= 80 and golden['made'] > 3 * golden['refused']
print(('ok' if many else 'not ok'), '5 - many of those are zones for BIND, and most of the edits are made')
print('1..5')
sys.exit(bool(failures) or bool(misread) or not enough or bool(golden_faults) or not many)
