#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The libvirt hook, with a vsubnet that writes down what it is told.

usage: test_hook.py HOOK
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HOOK = sys.argv[1]
DOMAIN = """<domain type='kvm'><name>c</name><metadata>
<vsubnet xmlns="urn:vsubnet:1">
 <host mac="52:54:00:12:34:56" vpn="blue" port="vnet-c" address="1.1.1.2"/>
 <host mac="52:54:00:12:34:56" vpn="blue" port="vnet-c" address="2001:db8:1::2"/>
 <host vpn="blue"/>
</vsubnet></metadata><devices/></domain>"""


class Hook(unittest.TestCase):
    def run_hook(self, *args, xml=DOMAIN, code=0):
        with tempfile.TemporaryDirectory() as d:
            fake = Path(d, "vsubnet")
            fake.write_text(f'#!/bin/sh\necho "$@" >>{d}/said\nexit {code}\n')
            fake.chmod(0o755)
            env = {**os.environ, "PATH": f"{d}:{os.environ['PATH']}"}
            done = subprocess.run([HOOK, *args], input=xml, env=env, text=True,
                                  capture_output=True, check=False)
            said = Path(d, "said")
            return done, said.read_text().splitlines() if said.exists() else []

    def test_a_guest_that_starts_is_attached_with_each_address(self):
        done, said = self.run_hook("c", "started", "begin", "-")
        self.assertEqual(said, ["host attach blue 1.1.1.2 52:54:00:12:34:56 vnet-c",
                                "host attach blue 2001:db8:1::2 52:54:00:12:34:56 vnet-c"])
        self.assertEqual(done.returncode, 0)
        self.assertIn("<host> without mac, port, address", done.stderr)

    def test_a_guest_that_stops_is_detached(self):
        _, said = self.run_hook("c", "stopped", "end", "-")
        self.assertEqual(said, ["host detach blue 1.1.1.2", "host detach blue 2001:db8:1::2"])

    def test_other_moments_say_nothing(self):
        for moment in (("prepare", "begin"), ("migrate", "begin"), ("release", "end")):
            self.assertEqual(self.run_hook("c", *moment, "-")[1], [])

    def test_no_failure_keeps_a_guest_from_starting(self):
        done, said = self.run_hook("c", "started", "begin", "-", code=3)
        self.assertEqual((done.returncode, len(said)), (0, 2))
        done, _ = self.run_hook("c", "started", "begin", "-", xml="<domain>")
        self.assertEqual(done.returncode, 0)
        self.assertIn("vsubnet hook: ", done.stderr)


if __name__ == "__main__":
    sys.argv[1:] = []
    unittest.main()
