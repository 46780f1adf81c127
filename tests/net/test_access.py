# SPDX-License-Identifier: GPL-2.0-or-later
"""Two VPNs with the same addresses on one access port, one by 802.1Q, one by QinQ."""

import pytest

from vslab import claims
from vslab.capture import Capture, ethernet
from vslab.wait import until

FAMILIES = pytest.mark.parametrize("family", [4, 6])
LABEL = {"blue": 100100, "green": 100200}
PAIR = {"blue": ("a", "b"), "green": ("ga", "gb")}
VPNS = pytest.mark.parametrize("vpn", PAIR)


def green_known(lab):
    want = {4: {("1.1.1.1/32", "Local", "ARP"), ("1.1.1.3/32", "PE-2", "BGP"),
                ("1.1.0.0/16", "Null", "Direct")}}
    got = claims.table(lab, "pe1", "green")
    assert got == want[4], f"green: {sorted(got)}"
    return True


@pytest.fixture(scope="module")
def lab(module_lab):
    def ready(lab):
        claims.converged(lab)
        until("green's hosts are known", lambda: green_known(lab), 15)

    return module_lab("two-dc-tagged", ready=ready)


@VPNS
@FAMILIES
def test_hosts_of_a_vpn_reach_each_other(lab, vpn, family):
    source, target = PAIR[vpn]
    until("ping", lambda: lab.pings(source, lab.address(target, family)), 5)


@VPNS
def test_tcp_through_tagged_ports(lab, vpn):
    result = claims.tcp(lab, *PAIR[vpn], seconds=1)
    print(f"{result.gbits:.2f} Gbit/s")
    assert result.gbits > 0.05


@VPNS
def test_a_vpns_packets_wear_its_label_only(lab, vpn):
    source, target = PAIR[vpn]
    with Capture(lab, "core") as cap:
        lab.ping(source, lab.address(target), "-i", "0.02", count=5)
    assert {tuple(p.labels) for _, _, p in cap.inner()} == {(LABEL[vpn],)}


def test_frames_to_hosts_wear_the_tags_of_their_vlan(lab):
    with Capture(lab, "ce2", ["pe"]) as cap:
        for source, target in PAIR.values():
            lab.ping(source, lab.address(target), "-i", "0.02", count=3)
    tags = {tuple(ethernet(f)[1]) for _, _, f in cap.frames()}
    assert tags == {(100,), (200, 300)}


def test_a_host_of_one_vpn_is_unknown_in_the_other(lab):
    assert lab.pings("a", "1.1.1.4")
    assert not lab.pings("ga", "1.1.1.4")
    assert "1.1.1.4/32" not in claims.routes_text(lab, "pe1", "green")


@VPNS
@FAMILIES
def test_each_vpn_has_its_gateway(lab, vpn, family):
    lab.ping(PAIR[vpn][0], claims.GATEWAY[family])
