# SPDX-License-Identifier: GPL-2.0-or-later
"""Daemons die; packets go on, and what was known is known again."""

import contextlib
import signal
import socket
import struct
import threading
import time

import pytest

from vslab import claims
from vslab.keeper import start_time
from vslab.wait import until


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("two-dc", ready=claims.converged)


@pytest.fixture(autouse=True)
def whole(lab):
    claims.converged(lab)


class OneWay:
    """Numbered datagrams from one host to another; counts what is missing."""

    def __init__(self, lab, source, target, per_second=1000):
        self.pause = 1 / per_second
        self.rx = lab.ns(target).socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.rx.bind((lab.address(target), 0))
        self.rx.settimeout(0.5)
        self.tx = lab.ns(source).socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tx.connect(self.rx.getsockname())
        self.sent, self.got, self.going = 0, set(), True
        self.threads = [threading.Thread(target=f, daemon=True)
                        for f in (self.send, self.receive)]
        for t in self.threads:
            t.start()

    def send(self):
        while self.going:
            with contextlib.suppress(OSError):  # unreachable: will be missing
                self.tx.send(struct.pack("!I", self.sent))
            self.sent += 1
            time.sleep(self.pause)

    def receive(self):
        while True:
            try:
                self.got.add(struct.unpack("!I", self.rx.recv(16))[0])
            except TimeoutError:
                if not self.going:
                    return

    def stop(self):
        self.going = False
        for t in self.threads:
            t.join()
        return self

    @property
    def missing(self):
        return sorted(set(range(self.sent)) - self.got)


def restarted(lab, node, old):
    until(f"{node} is restarted", lambda: lab.pid(node) != old, 5)
    until(f"{node} answers", lambda: lab.answers(node), 10)


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGUSR1], ids=["crash", "upgrade"])
def test_a_pe_forwards_while_its_daemon_is_away(lab, sig):
    """From its hosts to the other site's: its tables outlive the daemon, and the next one
    adopts them."""
    flow = OneWay(lab, "a", "b")
    until("it flows", lambda: len(flow.got) > 200, 5)
    old = lab.kill("pe1", sig)
    restarted(lab, "pe1", old)
    claims.converged(lab)
    before = flow.sent
    until("it flows on", lambda: flow.sent > before + 500, 5)
    flow.stop()
    assert not flow.missing, f"{len(flow.missing)} of {flow.sent}: {flow.missing[:10]}"


def kept_through(lab, node, sig=signal.SIGKILL):
    """Restart a node's daemon under traffic both ways between the sites: none is lost."""
    flows = [OneWay(lab, "b", "a"), OneWay(lab, "a", "b")]
    until("it flows", lambda: all(len(f.got) > 200 for f in flows), 5)
    old = lab.kill(node, sig)
    restarted(lab, node, old)
    claims.converged(lab)
    before = [f.sent for f in flows]
    until("it flows on", lambda: all(f.sent > n + 500 for f, n in zip(flows, before)), 5)
    for f in flows:
        f.stop()
        assert not f.missing, f"{len(f.missing)} of {f.sent}: {f.missing[:10]}"


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGUSR1], ids=["crash", "upgrade"])
def test_hosts_behind_a_restarted_pe_stay_reachable(lab, sig):
    """The reflector keeps the PE's routes until it has verified its hosts and says
    End-of-RIB (RFC 4724)."""
    kept_through(lab, "pe1", sig)


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGUSR1], ids=["crash", "upgrade"])
def test_packets_go_on_while_the_reflector_restarts(lab, sig):
    """The PEs keep what it told them until it has heard them all and told all again."""
    kept_through(lab, "rr", sig)


def test_a_host_that_left_during_the_restart_is_withdrawn_at_its_end(lab):
    old = lab.kill("pe1")
    lab.run("c", "sysctl", "-qw", "net.ipv6.conf.all.keep_addr_on_down=1")
    lab.run("c", "ip", "link", "set", "eth0", "down")
    restarted(lab, "pe1", old)
    until("C is gone at PE-2", lambda: lab.address("c") + "/32" not in
          claims.routes_text(lab, "pe2"), 20)
    lab.run("c", "ip", "link", "set", "eth0", "up")
    lab.announce("c")
    claims.converged(lab)


def test_killed_six_times_in_a_minute_it_is_back_each_time_at_once(lab):
    """Within a second of being reachable: a lost line costs no back-off."""
    for _ in range(6):
        old = lab.kill("pe1")
        restarted(lab, "pe1", old)
        begin = time.monotonic()
        until("the session is up", lambda: lab.show_json("rr", "bgp")["neighbors"][0]["state"] ==
              "Established", 5, 0.05)
        assert time.monotonic() - begin < 1.5
    claims.converged(lab)


def test_what_changed_meanwhile_is_not_believed_afterwards(lab):
    """C moves away while its PE's daemon is dead: no stale local route survives."""
    old = lab.kill("pe1")
    lab.move("c", 2)
    restarted(lab, "pe1", old)
    where = {**claims.FIRST_PE, "c": "pe2"}
    until("both PEs have C at site 2", lambda: claims.tables_match(lab, where, (4,)), 20)
    until("A reaches C", lambda: lab.pings("a", lab.address("c"), wait=0.3), 15)
    lab.move("c", 1)
    until("and back", lambda: claims.tables_match(lab, families=(4,)), 10)


def test_a_restarted_reflector_reflects_again(lab):
    old = lab.kill("rr")
    restarted(lab, "rr", old)
    claims.converged(lab)
    lab.ping("a", lab.address("b"))


def test_killed_ten_times_in_a_row_it_still_comes_back(lab):
    for _ in range(10):
        lab.kill("pe2")
        until("it is restarted", lambda: start_time(lab.pid("pe2")), 5, 0.02)
    claims.converged(lab, timeout=30)
    lab.ping("a", lab.address("b"))


@pytest.mark.parametrize("kind", ["frr", "bird"])
def test_other_reflectors_keep_a_restarting_pe_s_routes_too(fresh_lab, kind):
    """RFC 4724 between us, restarting, and somebody else's helper."""
    lab = fresh_lab("two-dc", rr=kind)
    claims.converged(lab)
    kept_through(lab, "pe1")
