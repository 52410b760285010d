"""What cannot start is refused before it starts, by the name of the setting, and `--check` says the same."""

import subprocess
import tempfile
import unittest

from mesh import BINARIES

WORKER = ("--name", "worker-1", "--model-directory", "/tmp")
WRONG = [
    ("router", ("--model-directory", "/nope"), "--model-directory"),
    ("router", ("--model-directory", "/tmp", "--catalog", "/nope/x.sqlite"), "--catalog"),
    ("router", ("--model-directory", "/tmp", "--cached-tokens", "1"), "--cached-tokens"),
    ("expert-worker", ("--name", "w", "--artifact-cache", "/proc/x"), "--artifact-cache"),
    ("expert-worker", ("--name", "w", "--model-directory", "/nope"), "--model-directory"),
    ("expert-worker", ("--name", "w"), "--artifact-cache"),
    ("expert-worker", ("--name", "w", "--threads", "0"), "--threads"),
    *(("expert-worker", (*WORKER[2:], "--name", name), "--name") for name in ("", "a\nb", "é", "a" * 129)),
    ("knowledge-store", ("--database", "/tmp/x.sqlite", "--encoder", "/nope"), "--encoder"),
    ("knowledge-store", ("--database", "/nope/x.sqlite", "--encoder", "/tmp"), "--database"),
]


def run(program, *flags):
    return subprocess.run(
        [BINARIES / program, *flags, "--admin-address", "127.0.0.1:0"], capture_output=True, text=True, timeout=20)


class SettingTests(unittest.TestCase):
    def test_wrong(self):
        """a setting that cannot be used is refused with status 64 and its name"""
        for program, flags, setting in WRONG:
            for mode in ((), ("--check",)):
                with self.subTest(program=program, flags=flags, mode=mode):
                    ended = run(program, *mode, *flags)
                    self.assertEqual((ended.returncode, ended.stdout), (64, ""))
                    self.assertIn(setting, ended.stderr)

    def test_right(self):
        """what --check finds valid is printed setting by setting"""
        with tempfile.TemporaryDirectory() as folder:
            for program, flags in (
                    ("expert-worker", ("--name", "worker-1", "--artifact-cache", f"{folder}/new/cache")),
                    ("router", ("--model-directory", folder, "--catalog", f"{folder}/new.sqlite")),
                    ("knowledge-store", ("--database", f"{folder}/new.sqlite", "--encoder", folder))):
                ended = run(program, "--check", *flags)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertIn(f"  {flags[0]} {flags[1]}\n", ended.stdout)

    def test_help(self):
        """the first example of --help is a configuration that --check finds complete"""
        text = run("expert-worker", "--help").stdout
        example = text.split("Examples:\n")[1].splitlines()[0].split()
        ended = run(example[0], "--check", *example[1:])
        self.assertEqual(ended.returncode, 0, ended.stderr)


if __name__ == "__main__":
    unittest.main()
