# SPDX-License-Identifier: GPL-2.0-only
"""Has our module become dearer than it was? What it was is in bench/expected."""
OWN_LIMIT = 1.03
RATIO_LIMIT = 0.95
TITLE = """# SPDX-License-Identifier: GPL-2.0-only
#
# What make bench-gate has measured, and 'make bench-gate UPDATE=1' writes: own
# instructions per command, and IOPS in relation to the distribution's module.
#
# kernel workload target own ratio
"""


def figures(rows):
    """{(workload, target): (own, ratio)} of what can be compared"""
    return {(run, target): (row['own'], row['ratio'])
            for (module, target, _, run), row in rows.items()
            if module == 'ours' and row['ratio']}


def read(path):
    found = {}
    try:
        with open(path, encoding='ascii') as file:
            for line in file:
                words = line.split()
                if words and not line.startswith('#'):
                    found[tuple(words[:3])] = (float(words[3]), float(words[4]))
    except FileNotFoundError:
        pass
    return found


def update(path, kernel, rows):
    found = {key: value for key, value in read(path).items() if key[0] != kernel}
    for key, value in figures(rows).items():
        found[(kernel, *key)] = value
    with open(path, 'w', encoding='ascii') as file:
        file.write(TITLE)
        for key in sorted(found):
            file.write(f"{' '.join(key)} {found[key][0]:.1f} {found[key][1]:.3f}\n")


def judge(path, kernel, rows):
    """Says what is worse; whether nothing is"""
    good, now = True, figures(rows)
    wanted = {key[1:]: value for key, value in read(path).items()
              if key[0] == kernel}
    if not wanted:
        print(f'bench: nothing is expected of kernel {kernel}: UPDATE=1 writes it')
        return False
    for key, (own, ratio) in sorted(wanted.items()):
        name = ' '.join(key)
        if key not in now:
            print(f'bench: {name}: not measured')
            good = False
            continue
        if now[key][0] > own * OWN_LIMIT:
            print(f'bench: {name}: {now[key][0]:.0f} own instructions per command,'
                  f' {own:.0f} are expected')
            good = False
        if now[key][1] < ratio * RATIO_LIMIT:
            print(f"bench: {name}: {now[key][1]:.3f} of the distribution's IOPS,"
                  f' {ratio:.3f} are expected')
            good = False
    print('bench: as cheap as expected' if good else 'bench: dearer than expected')
    return good
