#!/usr/bin/env python3
"""summary.py BUILD...: counts the single results of the last `meson test` in each build folder.

A TAP test counts once for each of its lines, any other test once. Prints what failed, with its
comments, and what was skipped, then one line "N passed, N failed[, N skipped]". Fails when anything
failed, when a build left no log, or when nothing ran.
"""
import itertools
import json
import os
import re
import sys

LINE = re.compile(r'^(not )?ok\b *(\d*)(?: - )?([^#]*)(?:# *(skip)\S*(.*))?', re.IGNORECASE)


def results_of(test):
    """Yields (outcome, text) for each single result of one entry of testlog.json."""
    name, failed, seen = test['name'], False, False
    lines = test.get('stdout', '').splitlines()
    for at, line in enumerate(lines):
        match = LINE.match(line)
        if not match:
            continue
        seen = True
        negative, number, what, skip, why = match.groups()
        label = f'{name}: {what.strip() or number}'
        if negative:
            failed = True
            comments = itertools.takewhile(lambda text: text.startswith('#'), lines[at + 1:])
            yield 'failed', '\n'.join([label, *comments])
        elif skip:
            yield 'skipped', f'{label} ({why.strip()})'
        else:
            yield 'passed', label
    if test['result'] == 'SKIP' and not seen:
        why = re.search(r'^1\.\.0 *# *skip\S*(.*)', test.get('stdout', ''), re.M | re.I)
        yield 'skipped', name + (f' ({why.group(1).strip()})' if why else '')
    elif test['result'] in ('OK', 'SKIP'):
        if not seen:
            yield 'passed', name
    elif not failed:  # crashed, timed out, or broke its plan
        yield 'failed', f'{name}: {test["result"].lower()}'


def main(builds):
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for build in builds:
        log = os.path.join(build, 'meson-logs', 'testlog.json')
        try:
            with open(log, encoding='utf-8', errors='replace') as lines:
                tests = [json.loads(line) for line in lines]
        except OSError as error:
            print(f'failed: {build}: {error}')
            counts['failed'] += 1
            continue
        for test in tests:
            for outcome, label in results_of(test):
                counts[outcome] += 1
                if outcome != 'passed':
                    print(f'{outcome}: {build}: {label}')
    line = f'{counts["passed"]} passed, {counts["failed"]} failed'
    if counts['skipped']:
        line += f', {counts["skipped"]} skipped'
    print(line)
    return 0 if counts['passed'] > 0 and counts['failed'] == 0 else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
