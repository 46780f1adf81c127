# SPDX-License-Identifier: GPL-2.0-or-later
"""Other people's BGP speakers, VPNv4 and VPNv6, routes in both directions: FRR, BIRD and
GoBGP reflect for us, we reflect for FRR, and an FRR enterprise PE imports the host routes
(slide 12)."""

import pytest

from vslab import claims, peers
from vslab import speaker as bgp
from vslab.speaker import Closed, Speaker
from vslab.topologies import ENT, ENT_PREFIXES, PE1, PE2, RR, SIX
from vslab.wait import until

REFLECTORS = ["frr", "bird", "gobgp", "gobgp-rtc"]


def host_routes(lab, where=None):
    """{(rd, prefix): next hop} as a reflector of both PEs should have it."""
    loopback = {"pe1": PE1, "pe2": PE2}
    routes = {}
    for host, pe in (where or claims.FIRST_PE).items():
        lo = loopback[pe]
        routes[(f"{lo}:100", f"{lab.address(host, 4)}/32")] = lo
        routes[(f"{lo}:100", f"{lab.address(host, 6)}/128")] = lo
    return routes


def reflector_has(lab, want):
    got = peers.vpn_routes(lab, "rr")
    assert got == want, f"missing {set(want) - set(got)}, too much {set(got) - set(want)}"
    return True


@pytest.fixture(scope="module", params=REFLECTORS)
def reflected(request, module_lab):
    return module_lab(f"two-dc-{request.param}", ready=claims.converged)


def test_the_reflector_has_our_host_routes_and_no_others(reflected):
    until("its VPN tables", lambda: reflector_has(reflected, host_routes(reflected)))


@pytest.mark.parametrize("family", [4, 6])
def test_reflected_routes_carry_traffic(reflected, family):
    reflected.ping("a", reflected.address("b", family))
    reflected.ping("d", reflected.address("c", family))


def test_a_move_is_an_update_and_a_withdrawal(reflected):
    where = {**claims.FIRST_PE, "c": "pe2"}
    reflected.move("c", 2)
    until("the reflector follows",
          lambda: reflector_has(reflected, host_routes(reflected, where)))
    until("the PEs follow", lambda: claims.tables_match(reflected, where))
    reflected.move("c", 1)
    until("and back", lambda: claims.tables_match(reflected))


def remote(lab, pe):
    return {r for r in claims.table(lab, pe) if r[2] == "BGP"}


def test_a_lost_reflector_takes_its_routes_along_and_brings_them_back(reflected):
    reflected.kill("rr")
    until("PE-1 has no remote routes", lambda: not remote(reflected, "pe1"), interval=0.02)
    assert ("1.1.1.1/32", "Local", "ARP") in claims.table(reflected, "pe1")
    claims.converged(reflected, timeout=30)


# --- an enterprise PE ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def enterprise(module_lab):
    def ready(lab):
        until("PE-1 answers", lambda: lab.answers("pe1"))
        claims.speak_up(lab)
        until("the enterprise PE has the host routes", lambda: enterprise_has(lab), 30)

    return module_lab("two-dc-enterprise", ready=ready)


def enterprise_has(lab, where=None):
    want = {prefix: hop for (_, prefix), hop in host_routes(lab, where).items()}
    got = {p: hop for p, hop in peers.frr_unicast(lab, "ent").items() if p in want}
    assert got == want, f"got {got}"
    return True


def test_an_enterprise_pe_imports_the_host_routes(enterprise):
    """Its unicast table, that of its VRF, has every /32 and /128 by way of its PE."""
    assert enterprise_has(enterprise)


@pytest.mark.parametrize("pe", ["pe1", "pe2"])
def test_our_pes_import_the_enterprises_prefixes(enterprise, pe):
    for family, prefix in ((4, ENT_PREFIXES[0][0]), (6, ENT_PREFIXES[1][0])):
        until(f"{pe} has {prefix} by way of {ENT}", lambda: (prefix, ENT, "BGP") in
              claims.table(enterprise, pe, family=family))


def test_the_enterprise_follows_a_move(enterprise):
    enterprise.move("c", 2)
    until("it has C behind PE-2",
          lambda: enterprise_has(enterprise, {**claims.FIRST_PE, "c": "pe2"}))
    enterprise.move("c", 1)
    until("and behind PE-1 again", lambda: enterprise_has(enterprise))


# --- we reflect ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clients(module_lab):
    return module_lab("frr-clients")


@pytest.mark.parametrize("client,hop,prefixes", [
    ("f1", PE2, ("3.2.0.0/16", "3.2.1.1/32", "2001:db8:32::/64")),
    ("f2", PE1, ("3.1.0.0/16", "3.1.1.1/32", "2001:db8:31::/64"))])
def test_we_reflect_between_frr_pes(clients, client, hop, prefixes):
    def has():
        got = peers.frr_unicast(clients, client)
        assert all(got.get(p) == hop for p in prefixes), got
        return True

    until(f"{client} has the other's routes", has, 20)


def test_frr_hears_our_end_of_rib(clients):
    for family in ("IPv4 VPN", "IPv6 VPN"):
        until(f"End-of-RIB for {family}",
              lambda: f"rcvd End-of-RIB for {family} from {RR}" in clients.log("f1"), 20)


def test_a_withdrawal_is_reflected(clients):
    def knows():
        return "3.1.1.1/32" in peers.frr_unicast(clients, "f2")

    until("f2 has it", knows, 20)
    peers.vtysh(clients, "f1", "conf", "router bgp 65000", "address-family ipv4 unicast",
                "no network 3.1.1.1/32")
    until("f2 has it no more", lambda: not knows())
    peers.vtysh(clients, "f1", "conf", "router bgp 65000", "address-family ipv4 unicast",
                "network 3.1.1.1/32")
    until("f2 has it again", knows)


# --- several paths of a destination (RFC 7911) --------------------------------------------


@pytest.fixture(scope="module")
def add_path(module_lab):
    return module_lab("add-path")


def b1_has(lab, *hops):
    both = set(hops)

    def has():
        got4, got6 = (peers.bird_paths(lab, "b1", t) for t in ("vpntab4", "vpntab6"))
        assert got4.get(("65000:1", "3.1.0.0/16")) == both, got4
        assert got6.get(("65000:1", "2001:db8:31::/64")) == {PE1, PE2}, got6
        assert got4.get(("65000:1", "3.2.1.1/32")) == {PE2}, got4
        return True

    return has


def test_bird_takes_all_paths_of_a_destination(add_path):
    until("both PEs' paths at BIRD", b1_has(add_path, PE1, PE2), 20)


def test_one_path_of_two_is_withdrawn_and_comes_back(add_path):
    def network(no):
        peers.vtysh(add_path, "f1", "conf", "router bgp 65000",
                    "address-family ipv4 unicast", f"{no}network 3.1.0.0/16")

    until("both PEs' paths at BIRD", b1_has(add_path, PE1, PE2), 20)
    network("no ")
    until("only the other PE's", b1_has(add_path, PE2))
    network("")
    until("both again", b1_has(add_path, PE1, PE2))


# --- sessions that are protected ----------------------------------------------------------


@pytest.mark.parametrize("security", ["md5", "gtsm"])
@pytest.mark.parametrize("rr", ["frr", "bird", "vsubnet"])
def test_a_protected_session_comes_up(fresh_lab, rr, security):
    claims.converged(fresh_lab("two-dc", rr=rr, security=security), families=(4,))


@pytest.mark.parametrize("security,ttl", [("md5", 255), ("gtsm", 64)])
def test_who_has_no_key_or_is_too_far_away_gets_no_session(fresh_lab, security, ttl):
    lab = fresh_lab("scripted", security=security)
    until("the reflector answers", lambda: lab.answers("rr"))
    with pytest.raises(OSError):  # not even its SYN is answered
        Speaker(lab.ns("s1"), PE1, RR, ttl=ttl)
    assert f"peer {PE1}: up" not in lab.log("rr")


def test_a_neighbour_near_enough_gets_a_session(fresh_lab):
    lab = fresh_lab("scripted", security="gtsm")
    until("the reflector answers", lambda: lab.answers("rr"))
    with Speaker(lab.ns("s1"), PE1, RR, ttl=255) as s:
        s.establish()
        until("the reflector says so", lambda: f"peer {PE1}: up" in lab.log("rr"))


# --- a core of IPv6 -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def six(module_lab):
    def ready(lab):
        until("the reflector answers", lambda: lab.answers("rr"))
    return module_lab("six", ready=ready)


def six_client(lab, node, *capabilities):
    """A scripted client over IPv6 with these capabilities beside the usual ones."""
    params = bgp.usual_parameters(65000) + bgp.parameters(*capabilities)
    s = Speaker(lab.ns(node), SIX[node], SIX["rr"],
                router_id="192.0.2.2" + node[1])
    return s.establish(params=params)


def try_six(lab, node, *capabilities):
    try:
        return six_client(lab, node, *capabilities)
    except (Closed, OSError):
        return None


def test_vpnv4_with_next_hops_of_ipv6_is_reflected_to_and_from_frr(six):
    """RFC 8950: 24 octets of next hop, kept as they are."""
    with until("s1", lambda: try_six(six, "s1", bgp.extended_next_hop()), 20) as s:
        s.send(bgp.update(bgp.mp_reach(bgp.vpn_nlri("3.9.0.0/16", f"{PE2}:100"),
                                       hop=SIX["s1"]), *bgp.good_attrs()))
        s.send(bgp.update(bgp.mp_reach(bgp.vpn_nlri("2001:db8:39::/64", f"{PE2}:100"), afi=2,
                                       hop=SIX["s1"]), *bgp.good_attrs()))

        def frr_has():
            got = peers.frr_unicast(six, "f1")
            assert got.get("3.9.0.0/16") == SIX["s1"], got
            assert got.get("2001:db8:39::/64") == SIX["s1"], got
            return True

        until("FRR has them by way of s1", frr_has, 20)
        until("s1 has FRR's", lambda: s.knows("3.1.0.0/16") and
              s.knows("2001:db8:31::/64", 2), 20)
        hops = {v[4:4 + v[3]] for body in s.updates() for code, _, v in bgp.walk_attrs(body)
                if code == 14}
        assert hops == {bgp.vpn_next_hop(1, SIX["f1"])}


def test_who_cannot_take_such_a_next_hop_is_not_given_it(six):
    with until("s2", lambda: try_six(six, "s2"), 20) as s:
        until("s2 has the VPN-IPv6 route", lambda: s.knows("2001:db8:31::/64", 2), 20)
        assert not s.knows("3.1.0.0/16")
