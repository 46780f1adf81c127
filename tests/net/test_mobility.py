# SPDX-License-Identifier: GPL-2.0-or-later
"""Slide 10: a host moves to the other site with its address and its sessions."""

import json
import time

import pytest

from vslab import claims, frames
from vslab.wait import until

# From the last answer at the old site to the first by the new one.  A remote site's PE has
# nothing to wait for but one BGP update; the old site probes for 0.9 s first, and Linux
# believes no second announcement within a second of the first.
REMOTE_LOSS_MS, OLD_SITE_LOSS_MS = 500, 5000


@pytest.fixture(scope="module")
def lab(module_lab):
    # C moves more often here than any host does that is one.
    exempt = "        dup-exempt: [1.1.1.2, '2001:db8:1::2']\n"
    return module_lab("two-dc", ready=claims.converged, own=exempt)


@pytest.fixture
def at_home(lab):
    """C at site 1 before each test, whatever the one before did with it."""
    if lab.site_of("c") != 1:
        lab.move("c", 1)
    claims.converged(lab)
    return lab


def moved(lab, site, families=(4, 6), timeout=10):
    where = {**claims.FIRST_PE, "c": f"pe{site}"}
    until(f"both PEs have C at site {site}",
          lambda: claims.tables_match(lab, where, families), timeout)


def test_both_tables_follow_a_move_and_a_return(at_home):
    at_home.move("c", 2)
    moved(at_home, 2)
    at_home.move("c", 1)
    moved(at_home, 1)


def test_a_tcp_session_from_another_site_survives(at_home):
    lab = at_home
    session = claims.TcpSession(lab, "b", "c")
    ping = claims.PingStream(lab, "b", lab.address("c"))
    start = time.monotonic()
    until("both run", lambda: session.alive_since(start + 0.3), 5)
    lab.move("c", 2)
    now = time.monotonic()
    until("the session goes on", lambda: session.alive_since(now + 1), 15)
    session.stop()
    ping.stop()
    print(f"ping lost {ping.lost_ms:.0f} ms, TCP silent {session.gap_ms:.0f} ms")
    assert ping.lost_ms < REMOTE_LOSS_MS


def test_a_tcp_session_over_ipv6_survives(at_home):
    lab = at_home
    session = claims.TcpSession(lab, "d", "c", family=6)
    start = time.monotonic()
    until("it runs", lambda: session.alive_since(start + 0.3), 5)
    lab.move("c", 2)
    now = time.monotonic()
    until("the session goes on", lambda: session.alive_since(now + 1), 15)
    session.stop()


@pytest.mark.parametrize("family", [4, 6])
def test_the_old_sites_caches_are_repaired(at_home, family):
    """A had C's own MAC; PE-1, sure that C is gone, announces its proxy MAC for it."""
    lab, address = at_home, at_home.address("c", family)
    lab.ping("a", address)
    assert claims.neighbour(lab, "a", address) == lab.mac("c")
    lab.move("c", 2)
    until("A has the proxy MAC for C", lambda: claims.neighbour(lab, "a", address)
          == claims.PROXY_MAC[family], OLD_SITE_LOSS_MS / 1000)
    moved(lab, 2)


def test_old_neighbours_reach_each_other_again(at_home):
    lab = at_home
    lab.ping("a", lab.address("c"))
    lab.move("c", 2)
    until("A pings C", lambda: lab.pings("a", lab.address("c"), wait=0.3), 15)
    until("C pings A", lambda: lab.pings("c", lab.address("a"), wait=0.3), 15)


def test_switches_forget_and_learn(at_home):
    lab = at_home
    lab.move("c", 2)
    moved(lab, 2)
    lab.ping("c", lab.address("b"))
    assert lab.mac("c") not in claims.cam(lab, 1)
    assert claims.cam(lab, 2)[lab.mac("c")] == "c"
    assert not claims.foreign_macs(lab, 1) and not claims.foreign_macs(lab, 2)


def test_a_move_that_is_not_announced_is_noticed_when_the_host_asks(at_home):
    """Any ARP request will do.  What it remembers from its old site it need not ask for,
    so it forgets that here."""
    lab = at_home
    lab.move("c", 2, announce="silent")
    lab.ns("c").ip("neigh", "flush", "dev", "eth0")
    until("C reaches its new neighbour",
          lambda: lab.pings("c", lab.address("b"), wait=0.3), 5)
    claims.speak_up(lab)
    moved(lab, 2, families=(4,))


@pytest.mark.parametrize("family", [4, 6])
def test_a_move_without_a_word_is_noticed_by_the_data_it_sends(at_home, family):
    """Its cache is warm and stays so: not one ARP or ND packet comes from C itself."""
    lab, b = at_home, at_home.address("b", family)
    host = lab.ns("c")
    host.ip("neigh", "replace", b, "lladdr", claims.PROXY_MAC[family], "dev", "eth0",
            "nud", "permanent")
    try:
        lab.move("c", 2, announce="silent")
        until("C's data tells where it is",
              lambda: lab.pings("c", b, wait=0.3)
              and claims.tables_match(lab, {**claims.FIRST_PE, "c": "pe2"}, (family,)), 10)
    finally:
        host.ip("neigh", "del", b, "dev", "eth0")


def test_a_host_known_here_once_comes_back_by_rarp_alone(at_home):
    """QEMU's announcement for guests without a driver for it: a MAC, no address."""
    lab = at_home
    lab.move("c", 2)
    moved(lab, 2)
    lab.move("c", 1, announce="rarp")
    moved(lab, 1, families=(4,), timeout=15)


def test_a_rarp_alone_brings_a_host_that_this_site_has_never_seen(fresh_lab):
    """Only the MAC in C's routes from site 1 tells PE-2 which addresses to ask for; and
    E, C's new neighbour, is told C's own MAC by PE-2."""
    lab = fresh_lab("two-dc")
    claims.converged(lab)
    lab.ping("b", lab.address("c"))
    assert claims.neighbour(lab, "b", lab.address("c")) == claims.PROXY_MAC[4]
    lab.move("c", 2, announce="rarp")
    moved(lab, 2, timeout=5)
    until("B has C's own MAC", lambda: claims.neighbour(lab, "b", lab.address("c"))
          == lab.mac("c"), 5)


def test_nothing_else_changes_when_a_host_moves(at_home):
    lab = at_home
    ping = claims.PingStream(lab, "a", lab.address("b"))
    lab.move("c", 2)
    moved(lab, 2)
    ping.stop()
    assert ping.sent > 20 and ping.lost <= 1  # the last may still be on its way


def test_a_move_leaves_its_steps_and_their_times(at_home):
    lab, address = at_home, at_home.address("c")

    def rows(pe):
        done = lab.cli(pe, "--json", "show", "hosts", "history", address, "blue", check=False)
        return json.loads(done.stdout).get("history", [])

    start = {pe: max((r["time"] for r in rows(pe)), default="") for pe in ("pe1", "pe2")}

    def steps(pe):
        """Since then."""
        return [r["detail"] if r["step"] == "happened" else r["step"]
                for r in rows(pe) if r["time"] > start[pe]]

    lab.move("c", 2)
    moved(lab, 2)
    until("PE-1 has told C's old neighbours", lambda: steps("pe1").count("repaired") >= 3, 10)
    old, new = steps("pe1"), steps("pe2")
    at = [old.index(s) for s in ("received", "redirected", "probed", "withdrawn", "repaired")]
    assert at == sorted(at) and "contested" in old, old
    at = [new.index(s) for s in ("heard", "moved-here", "forwarded", "advertised")]
    assert at == sorted(at), new
    spans = {r["span"]: r for r in lab.show_json("pe1", "hosts", "moves")["moves"]}
    assert spans["received to packets following"]["count"] >= 1
    assert 800_000 < spans["received to our own withdrawn"]["max-us"] < 3_000_000


def test_one_address_at_two_sites_is_frozen_and_told(at_home):
    """Each site's PE hears its own: a move back and forth for ever, but for the freeze."""
    lab, address = at_home, "1.1.0.50"
    for name in ("c", "d"):
        lab.ns(name).ip("address", "add", address + "/16", "dev", "eth0")

    def announce(name):
        with lab.ns(name).raw("eth0") as s:
            s.send(frames.garp(frames.mac(lab.mac(name)), frames.ip(address)))

    def states():
        return {pe: [h["state"] for h in lab.show_json(pe, "hosts", "blue")["hosts"]
                     if h["address"] == address] for pe in ("pe1", "pe2")}
    try:
        announce("c")
        until("PE-1 has it", lambda: states()["pe1"] == ["local"], 5)
        announce("d")
        until("one PE gives up", lambda: ["duplicate"] in states().values(), 30)
        frozen = next(pe for pe, s in states().items() if s == ["duplicate"])
        why = lab.cli(frozen, "why", "host", address).stdout
        assert "Duplicate" in why and "host clear" in why, why
        lab.cli(frozen, "host", "clear", "blue", address)
    finally:
        for name in ("c", "d"):
            lab.ns(name).ip("address", "del", address + "/16", "dev", "eth0")
