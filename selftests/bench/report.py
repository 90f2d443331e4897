#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
What was measured by bench-guest.sh and tcg-count.so, put together.

    report.py DIR [--json FILE] [--svg FILE] [--profile] [--reference MODULE]
              [--wall] [--expected FILE --kernel SERIES [--update]]

DIR has a folder 'round.N' for each round, with 'records', and 'counts' and
'kallsyms.N' unless it was measured by the clock. One row for each target and
workload; with several rounds the median, and the spread of IOPS in percent of it.
"""
import argparse
import bisect
import collections
import glob
import json
import os
import statistics
import sys

import chart
import gate
import growth

# The two that are never in use together
OWN = ('target_core_user', 'ublk_drv')
# The daemon is static: its code is below this, that of others is not, and here or
# above; tcg-count.c knows it, too
DAEMON_END = 0x10000000
KERNEL = 1 << 63
# What is counted by how often a function is entered
EVENTS = {
    'syscalls': ('entry_SYSCALL_64',),
    'wakeups': ('ttwu_do_activate', 'ttwu_do_activate.isra.0',
                'ttwu_do_activate.constprop.0'),
    'faults': ('asm_exc_page_fault',),
}


# How else a daemon of the same kind may be served
WAYS = ('-at-once', '-awake', '-delay', '-fills', '-queues', '-spin')
# What only the plugin knows
COUNTED = ('insns', 'own', 'daemon', 'idle', *EVENTS)


class Symbols:
    """The functions of a kernel and its modules, by address"""

    def __init__(self, path):
        found = {}
        with open(path, encoding='ascii') as file:
            for line in file:
                words = line.split()
                if words[1] in 'tTwW':
                    found.setdefault(int(words[0], 16),
                                     (words[2], words[3].strip('[]')
                                      if len(words) > 3 else 'kernel'))
        self.starts = sorted(found)
        self.names = [found[start] for start in self.starts]

    def find(self, vaddr):
        """(function, module, whether this is its first instruction)"""
        at = bisect.bisect_right(self.starts, vaddr) - 1
        if at < 0:
            return '?', '?', False
        return (*self.names[at], self.starts[at] == vaddr)


class Window:
    """What was executed between two marks"""

    def __init__(self, blocks, symbols):
        self.functions = collections.Counter()
        self.modules = collections.Counter()
        self.entered = collections.Counter()
        for vaddr, insns, runs in blocks:
            if vaddr < KERNEL:
                where = 'daemon' if vaddr < DAEMON_END else 'programs'
                self.modules[where] += insns * runs
                self.functions[where, 'user'] += insns * runs
                continue
            name, module, first = symbols.find(vaddr)
            self.functions[name, module] += insns * runs
            self.modules[module] += insns * runs
            if first:
                self.entered[name] += runs
        self.insns = sum(self.modules.values())

    def events(self, names):
        return sum(self.entered[name] for name in names)


def read_counts(path):
    """Yields the blocks of each window"""
    blocks = None
    with open(path, encoding='ascii') as file:
        for line in file:
            if line.startswith('window '):
                if blocks is not None:
                    yield blocks
                blocks = []
            else:
                vaddr, insns, runs = line.split()
                blocks.append((int(vaddr, 16), int(insns), int(runs)))
    if blocks is not None:
        yield blocks


def read_records(path):
    with open(path, encoding='ascii') as file:
        for line in file:
            if line.startswith('module='):
                yield dict(word.split('=', 1) for word in line.split())


def count(window, nr, ns):
    """What the plugin has seen of @nr commands in @ns nanoseconds"""
    row = {
        'insns': window.insns / nr,
        'own': sum(window.modules[one] for one in OWN) / nr,
        'daemon': window.modules['daemon'] / nr,
        # the part of the time in which nothing was executed
        'idle': max(0.0, 1 - window.insns / ns),
    }
    for event, names in EVENTS.items():
        row[event] = window.events(names) / nr
    return row


def measure(record, window):
    """One run, by command"""
    nr = int(record['commands'])
    if not nr:
        sys.exit(f"report: no command in {record['target']} {record['run']}")
    ns = int(record['ns'])
    row = {
        'iops': nr * 1e9 / ns,
        'ns': ns / nr,
        'kib': int(record['kib']) / nr,
        'switches': int(record['switches']) / nr,
    }
    row.update(count(window, nr, ns) if window else dict.fromkeys(COUNTED))
    return row


def median_of(rows):
    row = {key: None if rows[0][key] is None else
           statistics.median(one[key] for one in rows) for key in rows[0]}
    iops = [one['iops'] for one in rows]
    row['rounds'] = len(rows)
    # one round says nothing about it
    row['spread'] = (100 * (max(iops) - min(iops)) / row['iops']
                     if len(rows) > 1 else None)
    return row


def compare(rows, reference):
    """Adds what stands in relation to other rows"""
    for (module, target, luns, run), row in rows.items():
        floor = rows.get(('none', 'nullio', luns, run))
        # who takes less at a time has cheaper commands, and more of them
        if floor and not 0.9 < row['kib'] / floor['kib'] < 1.1:
            floor = None
        row['added'] = row['ns'] - floor['ns'] if floor else None
        row['ratio'] = row['added_ratio'] = None
        fast = rows.get(('none', 'ublk-null', luns, run))
        row['ublk'] = (row['iops'] / fast['iops']
                       if fast and 0.9 < row['kib'] / fast['kib'] < 1.1 else None)
        # a daemon's other ways are compared to its plain one
        like = target
        for way in WAYS:
            like = like.replace(way, '')
        dist = rows.get((reference, like, luns, run))
        if module in (reference, 'none') or not dist:
            continue
        if not 0.9 < row['kib'] / dist['kib'] < 1.1:
            continue
        row['ratio'] = row['iops'] / dist['iops']
        if floor:
            row['added_ratio'] = row['added'] / (dist['ns'] - floor['ns'])


COLUMNS = (('kib', '%.0f'), ('iops', '%.0f'), ('spread', '%.1f%%'), ('added', '%.0f'),
           ('added_ratio', '%.2f'), ('ratio', '%.2f'), ('ublk', '%.2f'),
           ('own', '%.0f'), ('insns', '%.0f'), ('wakeups', '%.2f'), ('switches', '%.2f'),
           ('syscalls', '%.2f'), ('faults', '%.3f'))


def table(rows):
    # not every kernel has it
    columns = [c for c in COLUMNS if c[0] != 'ublk' or
               any(row['ublk'] for row in rows.values())]
    titles = ['workload', 'module', 'target', 'luns'] + [c[0] for c in columns]
    lines = [titles]
    for (module, target, luns, run), row in sorted(
            rows.items(), key=lambda item: (item[0][3], item[0])):
        lines.append([run, module, target, luns] +
                     ['-' if row[key] is None else form % row[key]
                      for key, form in columns])
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles))]
    for line in lines:
        print('  '.join(text.ljust(width) if i < 3 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(line, widths))))


def profile(record, window, top):
    nr = int(record['commands'])
    print(f"\n{record['module']} {record['target']} {record['run']}:"
          f" {window.insns / nr:.0f} instructions per command")
    for module, insns in window.modules.most_common():
        if insns / nr >= 1:
            print(f'{insns / nr:10.1f}  {module}')
    print('by function:')
    own = [item for item in window.functions.items() if item[0][1] in OWN]
    for (name, module), insns in window.functions.most_common(top):
        print(f'{insns / nr:10.1f}  {name} [{module}]')
    print('own functions:')
    for (name, _), insns in sorted(own, key=lambda item: -item[1])[:top]:
        print(f'{insns / nr:10.1f}  {name}')


def parse():
    parser = argparse.ArgumentParser(description='what make bench has measured')
    parser.add_argument('dir')
    parser.add_argument('--json')
    parser.add_argument('--svg')
    parser.add_argument('--profile', action='store_true')
    parser.add_argument('--top', type=int, default=25)
    parser.add_argument('--reference', default='dist')
    parser.add_argument('--wall', action='store_true')
    parser.add_argument('--expected')
    parser.add_argument('--kernel')
    parser.add_argument('--update', action='store_true')
    return parser.parse_args()


def read_round(path, wall):
    """Yields each record of a round, and its window"""
    symbols = {}
    records = list(read_records(os.path.join(path, 'records')))
    windows = ([None] * len(records) if wall else
               list(read_counts(os.path.join(path, 'counts'))))
    if len(records) != len(windows):
        sys.exit(f'report: {path}: {len(records)} records, {len(windows)} windows')
    for record, blocks in zip(records, windows):
        nr, window = record['symbols'], None
        if blocks is not None:
            if nr not in symbols:
                symbols[nr] = Symbols(os.path.join(path, f'kallsyms.{nr}'))
            window = Window(blocks, symbols[nr])
        yield record, window


def collect(paths, args):
    """{(module, target, luns, workload): row}"""
    runs = collections.defaultdict(list)
    for path in paths:
        for record, window in read_round(path, args.wall):
            key = tuple(record[k] for k in ('module', 'target', 'luns', 'run'))
            runs[key].append(measure(record, window))
            if args.profile and len(runs[key]) == 1:
                profile(record, window, args.top)
    return {key: median_of(some) for key, some in runs.items()}


def write_json(rows, grown, path):
    names = ('module', 'target', 'luns', 'run')
    with open(path, 'w', encoding='ascii') as file:
        json.dump({'rows': [dict(zip(names, key), **row)
                            for key, row in rows.items()],
                   'growth': growth.as_json(grown)}, file, indent=1)
        file.write('\n')


def main():
    args = parse()
    paths = glob.glob(os.path.join(glob.escape(args.dir), 'round.*'))
    rows = collect(paths, args)
    compare(rows, args.reference)
    grown = growth.read(os.path.join(path, 'records') for path in paths)
    if not rows and not grown:
        sys.exit('report: nothing was measured')
    print()
    table(rows)
    growth.table(grown)
    if args.json:
        write_json(rows, grown, args.json)
    if args.svg:
        chart.draw(rows, args.svg)
    if args.expected and args.update:
        gate.update(args.expected, args.kernel, rows)
    elif args.expected and not gate.judge(args.expected, args.kernel, rows):
        sys.exit(1)


if __name__ == '__main__':
    main()
