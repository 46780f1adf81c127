# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, named under /run/netns so that `ip -n` and tcpdump users find them.

Programs enter by nsenter, not by `ip netns exec`: the latter mounts a fresh /sys and so
hides the bpffs that our daemons pin their maps on.
"""

import contextlib
import ctypes
import os
import shlex
import signal
import socket
import subprocess

CLONE_NEWNET = 0x40000000
NETNS_DIR = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)


class CommandFailed(AssertionError):
    def __init__(self, argv, result):
        self.result = result
        text = (result.stderr or "").strip() or (result.stdout or "").strip()
        super().__init__(f"{shlex.join(argv)}: exit {result.returncode}: {text}")


def run(*argv, check=True, timeout=60, **kw):
    """Run a program to its end; its output as text."""
    argv = [str(a) for a in argv]
    kw.setdefault("stdin", subprocess.DEVNULL if "input" not in kw else None)
    if "input" in kw:
        kw.pop("stdin")
    r = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, **kw)
    if check and r.returncode:
        raise CommandFailed(argv, r)
    return r


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    def __init__(self, name):
        self.name = name
        self.path = f"{NETNS_DIR}/{name}"

    def create(self):
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "dev", "lo", "up")

    def exists(self):
        return os.path.exists(self.path)

    def pids(self):
        r = run("ip", "netns", "pids", self.name, check=False)
        return [int(p) for p in r.stdout.split()]

    def delete(self):
        """End what still runs inside (nothing but this lab's can) and remove it."""
        if not self.exists():
            return
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run("ip", "netns", "delete", self.name, check=False)

    def argv(self, *argv):
        return ["nsenter", f"--net={self.path}", "--", *[str(a) for a in argv]]

    def run(self, *argv, **kw):
        return run(*self.argv(*argv), **kw)

    def popen(self, *argv, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.argv(*argv), **kw)

    def ip(self, *args):
        return run("ip", "-n", self.name, *args).stdout

    @contextlib.contextmanager
    def entered(self):
        """This thread, for the length of a with block, is inside."""
        with open("/proc/thread-self/ns/net") as home, open(self.path) as there:
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def socket(self, *args):
        with self.entered():
            return socket.socket(*args)

    def sysctl(self, **values):
        """sysctl(net__ipv4__ip_forward=1)"""
        with self.entered():
            for key, value in values.items():
                with open("/proc/sys/" + key.replace("__", "/"), "w") as f:
                    f.write(str(value))

    def raw(self, port):
        """A packet socket on a port: bytes as on the wire, both ways."""
        with self.entered():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.bind((port, 0))
        return s
