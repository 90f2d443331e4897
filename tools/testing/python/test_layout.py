# SPDX-License-Identifier: GPL-2.0-only
"""What _lib.py says of tcmuser.h is what a C compiler says."""

import ctypes
import os
import re
import subprocess
import sys
import tempfile
import unittest

import tcmuser
from tcmuser import _lib

SOURCES = os.environ["TCMUSER_SOURCES"]
STRUCTS = {"tcmuser_handler": _lib.Handler, "tcmuser_event": _lib.CEvent,
           "iovec": _lib.iovec}
CONSTANTS = {"TCMUSER_" + name: getattr(_lib, name) for name in
             ("PENDING", "SENSE", "NOT_HANDLED", "ANSWERS", "NO_RESET",
              "NO_EVENTS", "REFUSES", "FUA")}
CONSTANTS.update({"TCMUSER_" + f.name: f.value for f in tcmuser.Feature})
CONSTANTS.update({"TCMUSER_" + v.name: v.value for v in tcmuser.Level})
CONSTANTS.update({"TCMUSER_EVENT_" + t.name: t.value
                  for t in tcmuser.EventType})


def header():
    with open(SOURCES + "/lib/tcmuser.h", encoding="ascii") as file:
        return re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)


def ask_compiler():
    """What a program prints that knows the header."""
    lines = []
    for name, struct in STRUCTS.items():
        lines.append(f'P("{name}", sizeof(struct {name}));')
        for field, _ in struct._fields_:
            lines.append(f'P("{name}.{field}", offsetof(struct {name}, '
                         f'{field}));')
            lines.append(f'P("{name}.{field} size", '
                         f'sizeof(((struct {name} *)0)->{field}));')
    lines += [f'P("{name}", {name});' for name in CONSTANTS]
    source = ('#include <stdio.h>\n#include <tcmuser.h>\n'
              '#define P(name, value) printf("%s:%lu\\n", name, '
              '(unsigned long)(value))\n'
              'int main(void)\n{\n' + "\n".join(lines) + '\nreturn 0;\n}\n')
    with tempfile.TemporaryDirectory() as directory:
        program = directory + "/layout"
        subprocess.run([*os.environ.get("CC", "gcc").split(), "-I",
                        SOURCES + "/lib", "-x", "c", "-", "-o", program],
                       input=source.encode(), check=True)
        output = subprocess.run([program], stdout=subprocess.PIPE,
                                check=True).stdout.decode()
    return {name: int(value) for name, value in
            (line.split(":") for line in output.splitlines())}


class Layout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.compiler = ask_compiler()

    def test_sizes(self):
        """layout: structures are as large as in C"""
        for name, struct in STRUCTS.items():
            self.assertEqual(ctypes.sizeof(struct), self.compiler[name], name)

    def test_fields(self):
        """layout: members are where they are in C, and as large"""
        for name, struct in STRUCTS.items():
            for field, _ in struct._fields_:
                mine = getattr(struct, field)
                there = self.compiler[f"{name}.{field}"]
                size = self.compiler[f"{name}.{field} size"]
                self.assertEqual((mine.offset, mine.size), (there, size),
                                 f"{name}.{field}")

    def test_all_members(self):
        """layout: no member of a structure is missing"""
        for name, struct in STRUCTS.items():
            body = re.search(r"struct %s \{(.*?)\};" % name, header(), re.S)
            if body:
                self.assertEqual(len(struct._fields_), body[1].count(";"),
                                 name)

    def test_constants(self):
        """layout: constants have C's values"""
        for name, value in CONSTANTS.items():
            self.assertEqual(value, self.compiler[name], name)

    def test_no_constant_missing(self):
        """layout: each constant of the header has a name in Python"""
        names = re.findall(r"^#define (TCMUSER_\w+)[ \t]+\w|"
                           r"^\t(TCMUSER_\w+)(?: = \d+)?,", header(), re.M)
        names = {a or b for a, b in names if "VERSION" not in a}
        self.assertGreater(len(names), 20)
        self.assertEqual(names - set(CONSTANTS), set())

    def test_functions(self):
        """layout: functions take as many arguments as in C, and exist"""
        text = re.sub(r"\s+", " ", header())
        text = re.sub(r"void \(\*fn\)\([^)]*\)", "fn", text)
        for name, (_, *args) in _lib.FUNCTIONS.items():
            found = re.search(r"\btcmuser_%s\(([^)]*)\)" % name, text)
            self.assertTrue(found, name)
            taken = 0 if found[1] == "void" else len(found[1].split(","))
            self.assertEqual(len(args), taken - found[1].count("..."), name)

    def test_returns(self):
        """layout: functions return what they return in C"""
        kinds = {"int": ctypes.c_int, "void": None, "uint32_t":
                 ctypes.c_uint32, "uint64_t": ctypes.c_uint64, "size_t":
                 ctypes.c_size_t, "unsigned int": ctypes.c_uint}
        for kind, name in re.findall(
                r"^([a-z][\w ]*?) tcmuser_(\w+)\(", header(), re.M):
            if name in _lib.FUNCTIONS and kind in kinds:
                self.assertIs(_lib.FUNCTIONS[name][0], kinds[kind], name)

    def test_versions(self):
        """--version tells the version of the house and of the library"""
        self.assertEqual(tcmuser.__version__, os.environ["TCMUSER_VERSION"])
        output = subprocess.run([sys.executable, "-m", "tcmuser", "--version"],
                                stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(output.decode(),
                         f"tcmuser {tcmuser.__version__}, libtcmuser 9.8.7\n")

    def test_no_library(self):
        """--version tells when there is no library, and what to do"""
        done = subprocess.run([sys.executable, "-m", "tcmuser", "--version"],
                              env={**os.environ, "TCMUSER_LIBRARY": "none.so"},
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"install libtcmuser", done.stdout)
