# SPDX-License-Identifier: GPL-2.0-only
"""tap.py MODULE...: runs its tests, each of which is named by its docstring."""

import faulthandler
import sys
import unittest


class Tap(unittest.TestResult):
    nr = 0

    def _report(self, test, ok, more=""):
        self.nr += 1
        name = test.shortDescription() or str(test)
        print(f"{'ok' if ok else 'not ok'} {self.nr} - {name}{more}",
              flush=True)

    def _failed(self, test, error):
        for line in self._exc_info_to_string(error, test).splitlines():
            print("#", line)
        self._report(test, False)

    def addSuccess(self, test):
        self._report(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._report(test, True, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, err)


def main():
    faulthandler.enable()
    faulthandler.dump_traceback_later(100, exit=True)
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = suite.run(Tap())
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
