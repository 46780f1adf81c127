# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that can't start says why in one line, ends, and leaves nothing behind.  One
whose configuration is wrong reports every mistake, each with its place."""

import os
import re
import signal
import socket
import subprocess

import pytest

from vslab import keeper, topologies
from vslab.netns import run
from vslab.wait import until

XDP_C = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int other(struct xdp_md *ctx) { return XDP_PASS; }
char _license[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="module")
def lab(module_lab):
    """Everything but our daemons."""
    return module_lab("two-dc", daemons=False)


@pytest.fixture
def pe(lab):
    """PE-1, ready to be started by hand."""
    node = Node(lab, "pe1")
    yield node
    node.end_all()
    assert not node.left_behind(), "a test leaves something behind"


class Node:
    def __init__(self, lab, name):
        self.lab, self.name, self.ns = lab, name, lab.ns(name)
        self.dir, self.bpf = lab.node_dir(name), f"{lab.dir}/bpf/{name}"
        self.running = []
        text = topologies.make("two-dc").nodes[name].daemon.files["vsubnet.yaml"]
        self.yaml = text.replace("{dir}", self.dir).replace("{bpf}", self.bpf)

    def config(self, text=None, name="vsubnet.yaml"):
        path = f"{self.dir}/{name}"
        with open(path, "w") as f:
            f.write(text or self.yaml)
        return path

    def start(self, path):
        p = self.ns.popen(keeper.program("vsubnetd"), "-c", path, stdout=-1, stderr=-1,
                          text=True)
        self.running.append(p)
        return p

    def start_well(self, path):
        p = self.start(path)
        until("the daemon answers", lambda: p.poll() is not None
              or self.lab.answers(self.name), 10)
        assert p.poll() is None, p.communicate()[1]
        return p

    def fails(self, path=None, prefix=(), seconds=10):
        """Starts, ends by itself, and says one line; that line."""
        r = self.ns.run(*prefix, keeper.program("vsubnetd"), "-c", path or self.config(),
                        check=False, timeout=seconds)
        assert r.returncode > 0, f"exit {r.returncode}"
        lines = r.stderr.strip().splitlines()
        assert len(lines) == 1, r.stderr
        return lines[0]

    def end_all(self):
        for p in self.running:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
        for p in self.running:
            try:
                p.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.communicate()

    def left_behind(self):
        """Programs, pins, sockets."""
        left = [f"XDP on {name}" for name in ("eth0", "eth1")
                if "xdp" in self.ns.ip("link", "show", "dev", name)]
        left += [f"tc on {name}" for name in ("eth0", "eth1")
                 if "bpf" in self.ns.run("tc", "filter", "show", "dev", name, "ingress",
                                         check=False).stdout]
        left += [f"promiscuous {name}" for name in ("eth0", "eth1")
                 if "PROMISC" in self.ns.ip("link", "show", "dev", name)]
        for root, _, files in os.walk(self.bpf):
            left += [f"pin {root}/{f}" for f in files]
        left += [f"socket {f}" for f in os.listdir(self.dir) if f.endswith(".sock")]
        left += [f"listens: {line}" for line in
                 self.ns.run("ss", "-Htln").stdout.splitlines() if ":179" in line]
        return left


def test_it_starts_and_stops_and_leaves_nothing(pe):
    p = pe.start_well(pe.config())
    # hosts send to the proxy MAC, which no NIC's filter knows
    assert "promiscuous eth0" in pe.left_behind()
    p.send_signal(signal.SIGTERM)
    _, said = p.communicate(timeout=10)
    assert p.returncode == 0, said


def test_without_privileges(pe):
    path = pe.config()
    os.chmod(path, 0o644)
    said = pe.fails(path, ("setpriv", "--reuid", "65534", "--regid", "65534",
                           "--clear-groups"))
    assert re.search(r"CAP_|permi|privilege|root", said, re.I), said
    assert not pe.left_behind()


def test_with_a_busy_xdp_hook(pe, tmp_path):
    (tmp_path / "other.c").write_text(XDP_C)
    run("clang", "-O2", "-g", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-c",
        tmp_path / "other.c", "-o", tmp_path / "other.o")
    pe.ns.ip("link", "set", "dev", "eth0", "xdp", "obj", str(tmp_path / "other.o"),
             "sec", "xdp")
    try:
        said = pe.fails()
        assert "eth0" in said and "XDP" in said, said
        assert pe.left_behind() == ["XDP on eth0"]  # theirs
    finally:
        pe.ns.ip("link", "set", "dev", "eth0", "xdp", "off")


@pytest.mark.parametrize("line,instead", [("port: eth0", "port: eth7"),
                                          ("interfaces: [eth1]", "interfaces: [eth7]")])
def test_with_an_absent_interface(pe, line, instead):
    said = pe.fails(pe.config(pe.yaml.replace(line, instead)))
    assert "eth7" in said, said
    assert not pe.left_behind()


def test_with_an_address_in_use(pe):
    other = pe.ns.socket(socket.AF_INET6, socket.SOCK_STREAM)
    with other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        other.bind(("::", 179))
        other.listen(1)
        said = pe.fails()
        assert "179" in said and "in use" in said.lower(), said
    assert not pe.left_behind()


def test_twice(pe):
    path = pe.config()
    first = pe.start_well(path)
    said = pe.fails(path)
    assert str(first.pid) in said or "running" in said or "in use" in said.lower(), said
    assert first.poll() is None and pe.lab.answers("pe1"), "the first one goes on"


def test_with_no_configuration_file(pe):
    r = pe.ns.run(keeper.program("vsubnetd"), "-c", "/nowhere.yaml", check=False, timeout=10)
    assert r.returncode > 0 and "/nowhere.yaml" in r.stderr


BROKEN = """\
node:
  name: pe1
  router-id: 192.0.2.256
  as: 0
core:
  interfaces: [eth1]
  encapsulation: vxlan
vpns:
  - name: blue
    id: 100
    subnets:
      - prefix: 1.1.0.0/16
        gateway: 2.2.255.254
        colour: mauve
        attachments:
          - port: eth0
            vlan: 5000
"""
# line: what must be in its error
MISTAKES = {3: "192.0.2.256", 4: "0", 7: "vxlan", 14: "colour", 17: "5000"}


def check(path):
    return run(keeper.program("vsubnetd"), "--check", path, check=False)


def test_every_mistake_is_reported_with_its_place(pe):
    path = pe.config(BROKEN, "broken.yaml")
    r = check(path)
    assert r.returncode > 0
    said = {}
    for line in r.stderr.splitlines() + r.stdout.splitlines():
        m = re.match(re.escape(path) + r":(\d+):(\d+): (.*)", line)
        if m:
            said[int(m[1])] = m[3]
    for line, text in MISTAKES.items():
        assert text in said.get(line, ""), f"line {line}:\n{r.stderr}{r.stdout}"


def test_nothing_starts_with_a_mistaken_configuration(pe):
    path = pe.config(BROKEN, "broken.yaml")
    r = pe.ns.run(keeper.program("vsubnetd"), "-c", path, check=False, timeout=10)
    assert r.returncode > 0
    assert f"{path}:3:" in r.stderr and f"{path}:17:" in r.stderr
    assert not pe.left_behind()


def test_a_good_configuration_passes_the_check(pe):
    r = check(pe.config())
    assert r.returncode == 0, r.stderr
    assert not pe.left_behind()
