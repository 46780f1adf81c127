# SPDX-License-Identifier: GPL-2.0-or-later
"""What the applications of a host notice when it moves: TCP sessions with hosts of its old
site, of its new one and of a third, begun from either side, in both families.  The hosts
are Linux, their caches are warm, and nobody flushes them."""

import time

import pytest

from vslab import claims, frames
from vslab.wait import until

WARM_S = 1.5  # longer than Linux' locktime
# From the last echo before the move to the first after it, with Linux' own retransmission
# timer in it (200 ms, doubled each time).
GAP_MS = {"garp": 700, "rarp": 700, "silent": 2000}


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("three-dc", ready=claims.converged)


@pytest.fixture
def at_home(lab):
    """C at site 1, with A; B is at site 2, E at site 3."""
    if lab.site_of("c") != 1:
        lab.move("c", 1)
    claims.converged(lab)
    for host in "cabe":  # what it remembers of the test before
        lab.ns(host).ip("neigh", "flush", "dev", "eth0")
    return lab


def sessions(lab, family):
    """C and each of the others, client and server in turn."""
    pairs = [(x, y) for peer in "abe" for x, y in (("c", peer), (peer, "c"))]
    return {f"{x}->{y}": claims.TcpSession(lab, x, y, family=family) for x, y in pairs}


def survive(lab, family, announce):
    made = sessions(lab, family)
    begun = time.monotonic()
    until("all run", lambda: all(s.alive_since(begun + WARM_S) for s in made.values()), 10)
    assert claims.neighbour(lab, "c", lab.address("a", family)) == lab.mac("a")
    assert claims.neighbour(lab, "a", lab.address("c", family)) == lab.mac("c")
    lab.move("c", 2, announce=announce)
    moved = time.monotonic()
    try:
        until("all go on", lambda: all(s.alive_since(moved + 2) for s in made.values()), 30)
    finally:
        late = {n: max((e for e in s.echoes), default=0) - moved for n, s in made.items()}
        print(f"\nIPv{family} {announce}, last echo after the move, s:",
              " ".join(f"{n} {v:.1f}" for n, v in late.items()))
    for s in made.values():
        s.stop()
    gaps = {n: round(s.gap_ms) for n, s in made.items()}
    print(f"IPv{family} {announce}, longest silence, ms: "
          + " ".join(f"{n} {g}" for n, g in gaps.items()))
    return gaps


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("announce", ["garp", "rarp", "silent"])
def test_tcp_with_old_new_and_third_site_survives_a_move(at_home, family, announce):
    gaps = survive(at_home, family, announce)
    assert max(gaps.values()) < GAP_MS[announce], gaps


@pytest.mark.parametrize("family", [4, 6])
def test_the_mover_is_told_our_mac_for_its_old_neighbours(at_home, family):
    """Before it sends a single frame to them, and though it was sure of theirs."""
    lab, a = at_home, at_home.address("a", family)
    lab.ns("c").ip("neigh", "flush", "dev", "eth0")
    lab.ping("c", a)
    assert claims.neighbour(lab, "c", a) == lab.mac("a")
    lab.move("c", 2)
    until("C has the proxy MAC for A",
          lambda: claims.neighbour(lab, "c", a) == claims.PROXY_MAC[family], 5)
    until("they reach each other", lambda: lab.pings("c", a), 5)

    def record(pe):
        rows = lab.show_json(pe, "hosts", "history", lab.address("c", family), "blue")
        return [r["detail"] if r["step"] == "happened" else r["step"]
                for r in rows["history"]]

    until("C's record says so", lambda: "cache-repaired" in record("pe2"), 5)


def test_a_machine_that_checks_its_address_where_it_has_moved_keeps_it(at_home):
    """Linux' own DAD, while PE-2 still has the route from site 1: nobody answers for it,
    and it is found when the check is over, though it says nothing then."""
    lab, c = at_home, at_home.ns("c")
    address = at_home.address("c", 6)
    lab.move("c", 2, announce="silent")
    c.ip("address", "del", address + "/64", "dev", "eth0")
    c.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1")
    c.ip("address", "add", address + "/64", "dev", "eth0")
    try:
        where = {**claims.FIRST_PE_3, "c": "pe2"}
        until("PE-2 has it", lambda: claims.tables_match(lab, where, (6,)), 10)
        shown = c.run("ip", "-6", "address", "show", "dev", "eth0").stdout
        assert "dadfailed" not in shown and "tentative" not in shown, shown
    finally:
        c.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")


def test_there_and_back_within_a_second_ends_where_it_is(at_home):
    lab = at_home
    session = claims.TcpSession(lab, "e", "c")
    begun = time.monotonic()
    until("it runs", lambda: session.alive_since(begun + 0.3), 5)
    lab.move("c", 2)
    lab.move("c", 1)
    back = time.monotonic()
    until("it goes on", lambda: session.alive_since(back + 2), 15)
    session.stop()
    print(f"\nthere and back, longest silence: {session.gap_ms:.0f} ms")
    until("all PEs agree", lambda: claims.tables_match(lab), 10)


def test_all_addresses_of_a_machine_move_by_its_rarp(at_home):
    lab, c = at_home, at_home.ns("c")
    more = ["1.1.0.60", "1.1.0.61", "2001:db8:1::60", "2001:db8:1::61"]
    for a in more:
        c.ip("address", "add", a + ("/64" if ":" in a else "/16"), "dev", "eth0")

    def at(pe):
        return {h["address"] for h in lab.show_json(pe, "hosts", "blue")["hosts"]}
    try:
        for a in more:
            lab.pings("a", a)  # asks; C's answer tells PE-1
            c.run("ping", "-n", "-c1", "-W1", "-I", a,
                  claims.GATEWAY[6 if ":" in a else 4], check=False)
        until("PE-1 has them", lambda: set(more) <= at("pe1"), 10)
        lab.move("c", 2, announce="rarp")
        until("PE-2 has them all", lambda: set(more) <= at("pe2"), 5)
        until("PE-1 has none", lambda: not set(more) & at("pe1"), 5)
    finally:
        for a in more:
            c.ip("address", "del", a + ("/64" if ":" in a else "/16"), "dev", "eth0")


# --- probe-reply: mac-aware -----------------------------------------------------------


@pytest.fixture(scope="module")
def aware(module_lab):
    return module_lab("three-dc", ready=claims.converged, probe_reply="mac-aware")


def answers_to_a_check(lab, host, address, wait=1.0):
    """An RFC 5227 probe; which MACs say that they have the address."""
    sha, found = frames.mac(lab.mac(host)), set()
    with lab.ns(host).raw("eth0") as s:
        s.send(frames.arp_request(sha, bytes(4), frames.ip(address)))
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                got = s.recv(2048)
            except TimeoutError:
                break
            if got[12:14] == b"\x08\x06" and got[28:32] == frames.ip(address) \
                    and got[6:12] != sha:
                found.add(got[22:28].hex(":"))
    return found


def dad(lab, host, address):
    """Linux checks the address itself: "tentative", then taken or not."""
    ns = lab.ns(host)
    ns.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1")
    ns.ip("address", "add", address + "/64", "dev", "eth0")

    def shown():
        return next(line for line in ns.run("ip", "-6", "address", "show", "dev", "eth0")
                    .stdout.splitlines() if address + "/" in line)
    try:
        until("the check is over", lambda: "dadfailed" in shown()
              or "tentative" not in shown(), 5)
        return "dadfailed" not in shown()
    finally:
        ns.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")


def test_another_machine_is_told_that_an_address_is_taken(aware):
    """D, at site 2, wants C's addresses, which are at site 1."""
    lab = aware
    assert answers_to_a_check(lab, "d", lab.address("c")) == {claims.PROXY_MAC[4]}
    address = lab.address("c", 6)
    try:
        assert not dad(lab, "d", address)
    finally:
        lab.ns("d").ip("address", "del", address + "/64", "dev", "eth0")


def test_the_machine_that_moved_is_never_told_that_its_address_is_taken(aware):
    lab, address = aware, aware.address("c", 6)
    lab.move("c", 2, announce="silent")
    lab.ns("c").ip("address", "del", address + "/64", "dev", "eth0")
    assert answers_to_a_check(lab, "c", lab.address("c")) == set()
    assert dad(lab, "c", address)
    where = {**claims.FIRST_PE_3, "c": "pe2"}
    until("PE-2 has it", lambda: claims.tables_match(lab, where), 15)
