# SPDX-License-Identifier: GPL-2.0-or-later
"""What the applications of a host notice when it moves: TCP sessions with hosts of its old
site, of its new one and of a third, begun from either side, in both families.  The hosts
are Linux, their caches are warm, and nobody flushes them."""

import time

import pytest

from vslab import claims
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
