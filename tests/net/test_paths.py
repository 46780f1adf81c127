# SPDX-License-Identifier: GPL-2.0-or-later
"""A site with two PEs as another site sees it: packets to its hosts are shared between the
two, flow by flow, and what becomes of them when one of the two can't deliver."""

import contextlib
import signal
import socket
import time

import pytest

from vslab import claims, dual
from vslab.loss import Flows
from vslab.wait import until

FLOWS = 1000
NEAR = ("pe1", "pe3")
PORT = 20999


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("dual-dc", ready=dual.settled)


def ways(lab, host, family=4):
    """The next hops PE-2 has for it."""
    prefix = f"{lab.address(host, family)}/{32 if family == 4 else 128}"
    return sorted(row[1] for row in claims.table(lab, "pe2", family=family)
                  if row[0] == prefix)


def shared(lab, hosts=dual.AT_SITE):
    for host in hosts:
        for family in (4, 6):
            got = ways(lab, host, family)
            assert got == ["PE-1", "PE-3"], (host, family, got)
    return True


@pytest.fixture(autouse=True)
def whole(lab):
    dual.settled(lab)
    until("PE-2 shares the hosts of site 1 between its PEs", lambda: shared(lab), 30)


def counter(lab, pe, reason):
    rows = lab.show_json(pe, "counters")["counters"]
    return sum(r["packets"] for r in rows if r["reason"] == reason)


def send(lab, source, target, family=4, n=FLOWS):
    """A datagram of each of n flows; how many came to the host."""
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with contextlib.ExitStack() as stack:
        rx = stack.enter_context(lab.ns(target).socket(kind, socket.SOCK_DGRAM))
        rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        rx.bind((lab.address(target, family), PORT))
        rx.settimeout(0.3)
        for i in range(n):
            with lab.ns(source).socket(kind, socket.SOCK_DGRAM) as tx:
                tx.bind((lab.address(source, family), 30000 + i))
                tx.sendto(b"flow", rx.getsockname()[:2])
        got = 0
        with contextlib.suppress(TimeoutError):
            while got < n:
                rx.recv(16)
                got += 1
        return got


@contextlib.contextmanager
def mute(lab, name):
    """A daemon that says and hears nothing, and does not know it."""
    lab.kill(name, signal.SIGSTOP)
    try:
        yield
    finally:
        lab.kill(name, signal.SIGCONT)


@pytest.mark.parametrize("family", (4, 6))
def test_a_thousand_flows_are_shared_evenly_between_the_two_pes(lab, family):
    before = {pe: counter(lab, pe, "to-host") for pe in NEAR}
    assert send(lab, "b", "a", family) == FLOWS
    got = {pe: counter(lab, pe, "to-host") - before[pe] for pe in NEAR}
    print(f"\n{got}")
    for n in got.values():
        assert 0.9 * FLOWS / 2 <= n <= 1.1 * FLOWS / 2 + 20, got  # and a few of others


def test_every_next_hop_is_shown_and_each_verdict_is_told(lab):
    address = lab.address("a")
    fib = [r for r in lab.show_json("pe2", "fib", "blue")["fib"]
           if r["prefix"] == f"{address}/32"]
    assert len(fib) == 2 and all(r["kind"] == "remote" for r in fib), fib
    assert {r["way"].split()[0] for r in fib} == {"192.0.2.11", "192.0.2.13"}
    why = lab.cli("pe2", "why", "host", address).stdout
    assert "best" in why and "shares the packets" in why, why


def test_a_pe_that_is_lost_moves_its_own_flows_only(lab):
    flows = Flows(lab, "b", "a", n=40)
    time.sleep(1)
    dual.igp_withdraws(lab, "pe1")
    until("PE-2 has one way", lambda: ways(lab, "a") == ["PE-3"], 10)
    time.sleep(1)
    dual.igp_restores(lab, "pe1")
    until("PE-2 has both again", lambda: shared(lab), 10)
    time.sleep(0.5)
    flows.stop()
    print(f"\nthe core lost PE-1: {flows}")
    assert flows.flows_hit <= 30 and flows.outage_ms < 300, str(flows)


def test_packets_for_hosts_behind_a_dead_port_go_on_to_the_sites_other_pe(lab):
    """The reflector is mute, so that PE-2 goes on sending half of the flows to PE-1."""
    with mute(lab, "rr"):
        dual.port(lab, "pe1", False)
        until("PE-1 has given up its hosts", lambda: not dual.local(lab, "pe1"), 10)
        assert len(ways(lab, "a")) == 2
        before = counter(lab, "pe1", "to-core")
        for family in (4, 6):
            assert send(lab, "b", "a", family, 200) == 200
        sent_on = counter(lab, "pe1", "to-core") - before
        print(f"\n{sent_on} of 400 were sent on by PE-1")
        assert 100 < sent_on < 300
    until("PE-2 has one way", lambda: ways(lab, "a") == ["PE-3"], 20)
    dual.port(lab, "pe1", True)


def test_two_pes_that_both_lost_the_site_do_not_play_ping_pong(lab):
    with mute(lab, "rr"):
        dual.port(lab, "pe1", False)
        dual.port(lab, "pe3", False)
        for pe in NEAR:
            until(f"{pe} has given up its hosts", lambda pe=pe: not dual.local(lab, pe), 10)
        before = {pe: (counter(lab, pe, "to-core"), counter(lab, pe, "core-again"))
                  for pe in NEAR}
        assert send(lab, "b", "a", n=100) == 0
        sent = sum(counter(lab, pe, "to-core") - before[pe][0] for pe in NEAR)
        ended = sum(counter(lab, pe, "core-again") - before[pe][1] for pe in NEAR)
        print(f"\n{sent} sent on, {ended} ended")
        assert ended >= 100 and sent <= 2 * ended + 20
    until("PE-2 has no way", lambda: not ways(lab, "a"), 20)
    for pe in NEAR:
        dual.port(lab, pe, True)
