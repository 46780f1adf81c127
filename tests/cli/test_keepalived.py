#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""keepalived's word of mouth to vsubnetd, with a vsubnet that writes down what it is told.

usage: test_keepalived.py SCRIPT
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = sys.argv[1]


class Notify(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.dir = Path(self.tmp.name)
        self.addCleanup(self.tmp.cleanup)

    def run_script(self, *args, fail_first=0):
        """vsubnet fails so often before it listens."""
        d = self.dir
        fake = d / "vsubnet"
        fake.write_text("#!/bin/sh\n"
                        f"echo x >>{d}/calls\n"
                        f"[ $(wc -l <{d}/calls) -gt {fail_first} ] || exit 1\n"
                        f'echo "$@" >>{d}/said\n')
        fake.chmod(0o755)
        env = {**os.environ, "VSUBNET": str(fake), "VSUBNET_NOTIFY_DIR": str(d)}
        done = subprocess.run([SCRIPT, *args], env=env, text=True, capture_output=True,
                              check=False, timeout=30)
        said = d / "said"
        return done.returncode, said.read_text().split("\n")[:-1] if said.exists() else []

    def test_each_state_is_told_as_master_or_backup(self):
        for state in ("MASTER", "BACKUP", "FAULT", "STOP"):
            self.run_script("blue", "dc", "INSTANCE", "blue", state, "100")
        self.assertEqual(self.run_script("blue", "dc", "ipv6", "GROUP", "g", "MASTER")[1], [
            "vrrp master blue dc", "vrrp backup blue dc", "vrrp backup blue dc",
            "vrrp backup blue dc", "vrrp master blue dc ipv6"])

    def test_it_is_said_again_until_the_daemon_listens(self):
        code, said = self.run_script("blue", "1.1.0.0/16", "INSTANCE", "blue", "MASTER", "1",
                                     fail_first=2)
        self.assertEqual((code, said), (0, ["vrrp master blue 1.1.0.0/16"]))

    def test_without_words_the_last_word_is_told_again(self):
        self.run_script("blue", "dc", "INSTANCE", "blue", "BACKUP", "1")
        self.run_script("blue", "dc", "INSTANCE", "blue", "MASTER", "1")
        self.run_script("green", "dc", "INSTANCE", "green", "BACKUP", "1")
        code, said = self.run_script()
        self.assertEqual(code, 0)
        self.assertEqual(sorted(said[-2:]), ["vrrp backup green dc", "vrrp master blue dc"])

    def test_too_few_words_are_refused(self):
        self.assertEqual(self.run_script("blue", "dc")[0], 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
