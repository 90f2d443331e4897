# SPDX-License-Identifier: GPL-2.0-only
"""What devices cost that do nothing, as bench-growth.sh has found it"""
import collections
import statistics

TITLES = {
    'idle-kib': 'idle device, KiB',
    'idle-served-kib': 'idle device that a daemon has mapped, KiB',
    'after-burst-kib': '10 s after 32 commands of 128 KiB, KiB',
}
for nr in (1, 100, 500):
    TITLES[f'create-us-{nr}'] = f'to make number {nr}, microseconds'
    TITLES[f'remove-us-{nr}'] = f'to remove number {nr}, microseconds'


def read(paths):
    """{(what, module): value}; the median of the rounds"""
    found = collections.defaultdict(list)
    for path in paths:
        with open(path, encoding='ascii') as file:
            for line in file:
                if line.startswith('growth '):
                    words = dict(word.split('=', 1) for word in line.split()[1:])
                    found[words['what'], words['module']].append(
                        int(words['value']))
    return {key: statistics.median_low(values) for key, values in found.items()}


def table(found):
    modules = sorted({module for _, module in found})
    if not modules:
        return
    wide = max(map(len, TITLES.values()))
    print('\n' + ' ' * wide + ''.join(f'{module:>10}' for module in modules))
    for what, title in TITLES.items():
        print(title.ljust(wide) + ''.join(
            f"{found.get((what, module), '-'):>10}" for module in modules))


def as_json(found):
    return [{'what': what, 'module': module, 'value': value}
            for (what, module), value in found.items()]
