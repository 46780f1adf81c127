# SPDX-License-Identifier: GPL-2.0-or-later
"""A running lab, as its users see it: nodes to run things in, hosts to move, daemons to
ask and to kill."""

import contextlib
import json
import os
import shutil
import signal
import time

from . import frames, keeper, topologies
from .build import Builder
from .netns import run
from .wait import until


class LabError(Exception):
    """Said to the user as it is, without a traceback."""


def running():
    """Ids of the labs that are up, or whose remains lie about."""
    try:
        return sorted(d for d in os.listdir(keeper.STATE)
                      if os.path.exists(f"{keeper.STATE}/{d}/state.json"))
    except FileNotFoundError:
        return []


def up(name, lab_id=None, die_with_us=False, **options):
    """Build a lab and return it.  die_with_us: it ends with this thread at the latest."""
    lab_id = lab_id or name
    if name not in topologies.TOPOLOGIES:
        raise LabError(f"no lab \"{name}\"; there are: {', '.join(topologies.TOPOLOGIES)}")
    if os.geteuid():
        raise LabError("labs need root: network namespaces, BPF")
    if lab_id in running():
        old = Lab(lab_id)
        if old.keeper_alive():
            raise LabError(f"lab {lab_id} is up already (lab/lab down {lab_id} ends it)")
        old.down()
    try:
        process = keeper.spawn(lab_id, name, options, die_with_us)
    except RuntimeError as e:
        raise LabError(str(e)) from None
    lab = Lab(lab_id)
    lab.process = process
    return lab


class Lab:
    def __init__(self, lab_id):
        self.id = lab_id
        self.dir = f"{keeper.STATE}/{lab_id}"
        try:
            with open(f"{self.dir}/state.json") as f:
                self.state = json.load(f)
        except FileNotFoundError:
            raise LabError(f"lab {lab_id} is not up (lab/lab up {lab_id})") from None
        self.topology = topologies.make(self.state["topology"], **self.state["options"])
        self.builder = Builder(self.topology, f"vs-{lab_id}-", self.dir)
        self.process = None  # the keeper, if we started it

    # --- life ---------------------------------------------------------------------------

    def keeper_alive(self):
        return keeper.start_time(self.state["keeper"]) == self.state["keeper_start"]

    def down(self):
        """End it, whatever state it is in."""
        if self.keeper_alive():
            os.kill(self.state["keeper"], signal.SIGTERM)
            if self.process:
                self.process.wait(30)
            until("the lab's keeper ends", lambda: not self.keeper_alive(), 30)
        if os.path.exists(self.dir):  # it died before it could clean up
            self.builder.destroy()
            keeper.clean(self.dir)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.down()

    # --- nodes --------------------------------------------------------------------------

    def node(self, name):
        try:
            return self.topology.nodes[name]
        except KeyError:
            raise LabError(f"no node \"{name}\" in {self.id}; there are: "
                           f"{' '.join(self.topology.nodes)}") from None

    def ns(self, name):
        if name != "hv":
            self.node(name)
        return self.builder.ns(name)

    def node_dir(self, name):
        return f"{self.dir}/{name}"

    def run(self, name, *argv, **kw):
        return self.ns(name).run(*argv, **kw)

    def environment(self, name):
        """Of a command run by hand in a node."""
        env = dict(os.environ, VSUBNET_LAB=self.id, VSUBNET_NODE=name)
        env["VSUBNET_SOCKET"] = f"{self.node_dir(name)}/vsubnet.sock"
        env["VTYSH_SOCKET"] = self.node_dir(name)
        places = []
        for prog in ("vsubnet", "vsubnetd"):
            with contextlib.suppress(FileNotFoundError):
                places.append(os.path.dirname(keeper.program(prog)))
        env["PATH"] = ":".join([*dict.fromkeys(places), env["PATH"], "/usr/sbin", "/sbin"])
        return env

    def log(self, name):
        with contextlib.suppress(FileNotFoundError):
            with open(f"{self.node_dir(name)}/log", errors="replace") as f:
                return f.read()
        return ""

    # --- our daemons --------------------------------------------------------------------

    def daemons(self, kind="vsubnetd"):
        return [n.name for n in self.topology.nodes.values()
                if n.daemon and n.daemon.kind == kind]

    def pid(self, name):
        if not self.node(name).daemon:
            raise LabError(f"{name} runs no daemon")
        with open(f"{self.node_dir(name)}/pid") as f:
            return int(f.read())

    def ends(self, name):
        """How its daemon ended so far, one line each time."""
        with contextlib.suppress(FileNotFoundError):
            with open(f"{self.node_dir(name)}/ends") as f:
                return f.read().splitlines()
        return []

    def kill(self, name, sig=signal.SIGKILL):
        """Signal its daemon; returns the pid that got it."""
        pid = self.pid(name)
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            raise LabError(f"the daemon of {name} is down already") from None
        return pid

    def hold(self, name, held=True):
        """Its daemon is not started again once it has ended, until it is held no more."""
        path = f"{self.node_dir(name)}/held"
        if held:
            keeper.write(path, "")
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def cli(self, name, *args, check=True, timeout=10):
        """Ask a vsubnetd; returns the finished process."""
        return run(keeper.program("vsubnet"), "-s", f"{self.node_dir(name)}/vsubnet.sock",
                   *args, check=check, timeout=timeout)

    def show(self, name, *args):
        return self.cli(name, "show", *args).stdout

    def show_json(self, name, *args):
        return json.loads(self.cli(name, "--json", "show", *args).stdout)

    def answers(self, name):
        """Is its daemon there to be asked?"""
        return self.cli(name, "show", "bgp", check=False).returncode == 0

    # --- hosts --------------------------------------------------------------------------

    def host(self, name):
        node = self.node(name)
        if not node.host:
            hosts = " ".join(h.name for h in self.topology.hosts())
            raise LabError(f"{name} is no host; hosts are: {hosts}")
        return node.host

    def site_of(self, name):
        """Where a host is plugged in now."""
        self.host(name)
        ports = self.ns("hv").ip("-br", "link", "show")
        for site in self.topology.sites():
            if f"{name}-s{site}@" in ports:
                return site
        return None

    def address(self, name, family=4):
        want = "." if family == 4 else ":"
        return next(a.split("/")[0] for a in self.host(name).addresses if want in a)

    def mac(self, name):
        return self.host(name).mac

    def move(self, name, site, announce="garp"):
        """Unplug, plug in elsewhere, announce.  Returns the moment it began."""
        host, old = self.host(name), self.site_of(name)
        if site not in self.topology.sites():
            raise LabError(f"no site {site}; there are: "
                           f"{' '.join(map(str, self.topology.sites()))}")
        if old == site:
            raise LabError(f"{name} is at site {site} already")
        at = time.monotonic()
        self.builder.plug(name, site, host.bridge, instead_of=old)
        self.announce(name, announce)
        return at

    def announce(self, name, how="garp", rounds=3):
        """As QEMU does after a live migration: a few rounds, 50, 150, … ms apart."""
        sha = frames.mac(self.mac(name))
        if how == "rarp":
            what = [frames.rarp(sha)]
        elif how == "garp":
            what = [frames.garp(sha, frames.ip(self.address(name, 4))),
                    frames.unsolicited_na(sha, frames.ip(self.address(name, 6)))]
        else:
            return
        with self.ns(name).raw("eth0") as s:
            for i in range(rounds):
                if i:
                    time.sleep(0.05 + 0.1 * (i - 1))
                for frame in what:
                    s.send(frame)

    def ping(self, name, target, *options, count=1, wait=1, check=True):
        return self.run(name, "ping", "-n", "-c", count, "-W", wait, *options, target,
                        check=check, timeout=30 + count * (wait + 1))

    def pings(self, name, target, *options, **kw):
        return self.ping(name, target, *options, check=False, **kw).returncode == 0


def tools_missing():
    return [t for t in ("ip", "tc", "ethtool", "nsenter", "ping") if not shutil.which(t)]
