"""Runs the acceptance tests and ends with one line: `N passed, N failed, N skipped`.

    python run.py [PATTERN…]        only tests whose name contains one of the patterns
"""

import sys
import time
import unittest
from pathlib import Path

import mesh


class Report(unittest.TestResult):
    """One line per test, by the sentence of its docstring."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()
        self.passed = getattr(self, "passed", 0)

    def line(self, mark, test, note=""):
        sentence = test.shortDescription() or str(test)
        print(f"{mark} {sentence} ({time.monotonic() - self.began:.1f} s){note}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.line("✔", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.line("✘", test, "\n" + self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.began = getattr(self, "began", time.monotonic())
        self.line("✘", test, "\n" + self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.began = getattr(self, "began", time.monotonic())
        self.line("-", test, f": skipped, {reason}")


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main(patterns):
    here = Path(__file__).parent
    found = unittest.defaultTestLoader.discover(str(here), pattern="test_*.py")
    chosen = [
        test for test in flatten(found)
        if not patterns or any(pattern in test.id() for pattern in patterns)
    ]
    report = Report()
    report.passed = 0
    try:
        unittest.TestSuite(chosen).run(report)
    finally:
        mesh.stop_shared()
    failed = len(report.failures) + len(report.errors)
    print(f"{report.passed} passed, {failed} failed, {len(report.skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
