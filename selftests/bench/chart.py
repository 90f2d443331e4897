# SPDX-License-Identifier: GPL-2.0-only
"""The picture of make bench: what a command costs beyond LIO's ramdisk without data"""
from xml.sax.saxutils import escape

BAR, GAP, LEFT, RIGHT, WIDE = 14, 12, 250, 90, 900
COLOURS = {'none': '#888888', 'ours': '#2a7f3f'}
OTHER = '#b5532c'


def draw(rows, path):
    """One group of bars for each workload, one bar for each target"""
    some = {key: row['added'] for key, row in rows.items()
            if row['added'] is not None and key[1] != 'nullio'}
    # in proportion to the longest of its own group: they differ by a factor of 50
    most = {}
    for key, added in some.items():
        most[key[3]] = max(most.get(key[3], 1), added)
    parts, y, last = [], 30, None
    for key in sorted(some, key=lambda key: (key[3], key)):
        module, target, _, run = key
        if run != last:
            y += GAP + BAR
            parts.append(f'<text x="10" y="{y - 4}" font-weight="bold">'
                         f'{escape(run)}</text>')
            last = run
        wide = max(1, (WIDE - LEFT - RIGHT) * max(0, some[key]) / most[run])
        name = target if module == 'none' else f'{module}: {target}'
        parts.append(f'<text x="30" y="{y + BAR - 3}">{escape(name)}</text>'
                     f'<rect x="{LEFT}" y="{y}" width="{wide:.0f}"'
                     f' height="{BAR - 3}" fill="{COLOURS.get(module, OTHER)}"/>'
                     f'<text x="{LEFT + wide + 6:.0f}" y="{y + BAR - 3}">'
                     f'{some[key]:.0f}</text>')
        y += BAR
    with open(path, 'w', encoding='ascii') as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}"'
                   f' height="{y + 20}" font-family="sans-serif" font-size="11">'
                   '<rect width="100%" height="100%" fill="white"/>'
                   '<text x="10" y="18">nanoseconds per command beyond the ramdisk'
                   ' that has no data; each workload has its own scale</text>'
                   + '\n'.join(parts) + '</svg>\n')
