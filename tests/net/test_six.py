# SPDX-License-Identifier: GPL-2.0-or-later
"""The two data centres with BGP sessions over IPv6; tunnels, and so next hops, are of IPv4.
Next hops of IPv6 (RFC 8950) are in test_interop.py."""

import pytest

from vslab import claims
from vslab.topologies import LOOPBACK6, PE2, RR
from vslab.wait import until


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("two-dc-six", ready=claims.converged)


@pytest.mark.parametrize("family", [4, 6])
def test_hosts_reach_each_other(lab, family):
    lab.ping("a", lab.address("b", family))
    lab.ping("d", lab.address("c", family))


def test_the_sessions_are_of_ipv6_and_the_next_hops_are_not(lab):
    assert LOOPBACK6[RR] in lab.show("pe1", "bgp")
    shown = str(lab.show_json("pe1", "bgp", "routes"))
    assert PE2 in shown and LOOPBACK6[PE2] not in shown


def test_a_move_is_followed(lab):
    where = {**claims.FIRST_PE, "c": "pe2"}
    lab.move("c", 2)
    until("the PEs follow", lambda: claims.tables_match(lab, where))
    lab.move("c", 1)
    until("and back", lambda: claims.tables_match(lab))
