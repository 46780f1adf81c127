# SPDX-License-Identifier: GPL-2.0-or-later
"""Route target constrain (RFC 4684) with GoBGP 3.10, which has it, and FRR, which has not.
Our reflector is between two GoBGP PEs and one of FRR; with GoBGP as the reflector our own
PEs are in test_interop.py, and here with a route that nobody wants."""

import pytest

from vslab import claims, peers
from vslab.topologies import ENT, PE1, PE2, RR
from vslab.wait import until

RED, BLUE, HUB = "65000:1", "65000:2", "65000:3"


@pytest.fixture(scope="module")
def clients(module_lab):
    def ready(lab):
        until("all sessions", lambda: all(
            n["state"] == "Established" for n in lab.show_json("rr", "bgp")["neighbors"]), 30)

    return module_lab("gobgp-clients", ready=ready)


def rtc(lab, node, neighbor):
    return lab.show_json(node, "bgp", "neighbor", neighbor)["neighbor"]["rt-constrain"]


def has(lab, node, *prefixes):
    """Its VPN tables are just these (and, of g1 and g2, what they announce themselves)."""
    got = {p for (_, p), hop in peers.vpn_routes(lab, node).items()
           if hop not in ("0.0.0.0", "::")}
    assert got == set(prefixes), got
    return True


def test_memberships_of_gobgp_are_known_and_it_is_asked_for_everything(clients):
    def known():
        rows = clients.show_json("rr", "bgp", "rt-constrain")["memberships"]
        assert {(r["target"], r["members"]) for r in rows} == {
            ("default", 1), (f"rt:{RED}", 2), (f"rt:{BLUE}", 1)}, rows
        return True

    until("the memberships of both", known)
    assert rtc(clients, "rr", PE1)["in-force"]
    assert not rtc(clients, "rr", ENT)["in-force"]
    until("g1 has the default",
          lambda: peers.gobgp_memberships(clients, "g1") == {"0:default", "65000:" + RED})


def test_each_gets_what_its_vrfs_import_of_both_families(clients):
    peers.gobgp_route(clients, "g1", "10.1.1.0/24", f"{PE1}:1", RED)
    peers.gobgp_route(clients, "g1", "10.1.3.0/24", f"{PE1}:3", HUB)
    peers.gobgp_route(clients, "g2", "10.2.2.0/24", f"{PE2}:2", BLUE)
    peers.gobgp_route(clients, "g2", "2001:db8:21::/64", f"{PE2}:1", RED)
    until("g1 has red", lambda: has(clients, "g1", "2001:db8:21::/64"), 20)
    until("g2 has red and blue", lambda: has(clients, "g2", "10.1.1.0/24", "3.4.0.0/16",
                                             "2001:db8:34::/64"), 20)


def test_who_cannot_say_what_it_wants_gets_everything(clients):
    def told():
        n = clients.show_json("rr", "bgp", "neighbor", ENT)["neighbor"]
        return sum(f["told"] for f in n["families"]) == 4

    until("FRR was told all four", told)


def test_a_vrf_that_comes_brings_its_routes_and_no_others(clients):
    def sent():
        n = clients.show_json("rr", "bgp", "neighbor", PE1)["neighbor"]
        return n["routes"]["announcements-sent"]

    before = sent()
    peers.gobgp(clients, "g1", "vrf", "add", "more", "rd", f"{PE1}:9", "rt", "both", BLUE)
    until("g1 has blue, too", lambda: has(clients, "g1", "2001:db8:21::/64", "10.2.2.0/24",
                                          "3.4.0.0/16", "2001:db8:34::/64"))
    assert sent() == before + 3


def test_what_a_pe_wanted_goes_with_its_session(clients):
    clients.kill("g2")
    until("nobody wants blue but g1", lambda: [
        r["from"] for r in clients.show_json("rr", "bgp", "rt-constrain", BLUE)["members"]
        if r["target"] != "default"] == [PE1])
    until("and g2 again", lambda: len(
        clients.show_json("rr", "bgp", "rt-constrain", BLUE)["members"]) == 3, 30)
    until("g2 has its routes", lambda: has(clients, "g2", "10.1.1.0/24", "3.4.0.0/16",
                                           "2001:db8:34::/64"), 30)


# --- our PEs, GoBGP reflects --------------------------------------------------------------


def test_our_pe_is_sent_nothing_that_it_does_not_import(module_lab):
    lab = module_lab("two-dc-gobgp-rtc", ready=claims.converged)
    assert peers.gobgp_memberships(lab, "rr") == {"65000:65000:100"}
    peers.gobgp_route(lab, "rr", "10.9.0.0/24", f"{RR}:9", "65000:999")
    peers.gobgp_route(lab, "rr", "1.1.1.77/32", f"{RR}:9", "65000:100")
    until("what it imports comes", lambda: ("1.1.1.77/32", RR, "BGP") in
          claims.table(lab, "pe1"))
    n = lab.show_json("pe1", "bgp", "neighbor", RR)["neighbor"]
    assert n["refused"]["not-imported"] == 0
    assert n["rt-constrain"]["in-force"]
    assert n["rt-constrain"]["memberships-sent"] == 1
    assert n["messages-sent"]["route-refresh"] == 0
