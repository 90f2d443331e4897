# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""python3 -m tcmuser: which module and which library are in use."""

import argparse
import sys

import tcmuser


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tcmuser",
        description="Python module for SCSI disks in a program; "
        "'pydoc3 tcmuser' tells how it is used.")
    parser.add_argument("--version", action="store_true",
                        help="print the versions of the module and of "
                        "libtcmuser")
    if not parser.parse_args().version:
        parser.print_help()
        return 0
    try:
        library = tcmuser.library_version()
    except ImportError as error:
        print(f"tcmuser {tcmuser.__version__}, no library: {error}")
        return 1
    print(f"tcmuser {tcmuser.__version__}, libtcmuser {library}")
    return 0


sys.exit(main())
