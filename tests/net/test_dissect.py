# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything we emit, on the core, on access ports and in BGP, dissected by tshark without
a complaint."""

import pytest

from vslab import claims
from vslab.capture import Capture
from vslab.wait import until

LABS = ["two-dc-1500", "two-dc-gre", "two-dc-mpls", "two-dc-tagged"]


def make_noise(lab):
    """A bit of everything that makes a PE speak."""
    for family in (4, 6):
        target = lab.address("b", family)
        lab.pings("a", target, count=2)
        lab.pings("a", target, "-t", "1")
        lab.pings("a", target, "-t", "2")
        lab.pings("a", target, "-M", "do", "-s", "1450")
        lab.pings("a", target, "-s", "4000")
        lab.pings("a", claims.GATEWAY[family])
    claims.sweep(lab, "a", 50)
    claims.tcp(lab, "a", "b", amount="2M")  # tshark is slow
    lab.move("c", 2)
    until("C is at site 2", lambda: claims.tables_match(
        lab, {**claims.FIRST_PE, "c": "pe2"}, (4,)), 15)
    until("A's cache is repaired", lambda: claims.neighbour(lab, "a", lab.address("c"))
          in (None, claims.PROXY_MAC[4]), 5)
    lab.kill("rr")
    claims.converged(lab, {**claims.FIRST_PE, "c": "pe2"}, families=(4,))


@pytest.mark.parametrize("name", LABS)
def test_tshark_finds_nothing_malformed(fresh_lab, name):
    lab = fresh_lab(name)
    # The BGP of the first meeting is worth a look, so begin before anybody is ready.
    with Capture(lab, "core") as core, Capture(lab, "ce1", ["pe"], "not tcp") as site1, \
            Capture(lab, "ce2", ["pe"], "not tcp") as site2:
        claims.converged(lab)
        make_noise(lab)
    for cap in (core, site1, site2):
        assert cap.malformed() == ""

    bgp = core.tshark("-Y", "bgp", "-T", "fields", "-e", "bgp.type")
    kinds = {int(kind) for line in bgp.split() for kind in line.split(",")}
    assert {1, 2, 4} <= kinds  # OPEN, UPDATE, KEEPALIVE: it did see them
    inner = core.tshark("-Y", "mpls && (icmp || icmpv6 || tcp)")
    assert len(inner.splitlines()) > 20
