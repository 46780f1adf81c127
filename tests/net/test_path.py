# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets between sites: TCP with host interfaces as Linux sets them up, encapsulations,
MTU, TTL, ICMP, hairpin."""

import re
import socket
import struct

import pytest

from vslab import claims, frames
from vslab.capture import Capture
from vslab.topologies import PE2
from vslab.wait import until

FAMILIES = pytest.mark.parametrize("family", [4, 6])
LABS = {"mpls-udp": "two-dc", "mpls-udp, core 1500": "two-dc-1500", "mpls-gre": "two-dc-gre",
        "native mpls": "two-dc-mpls"}
ENCAP = {"mpls-udp": "udp", "mpls-udp, core 1500": "udp", "mpls-gre": "gre",
         "native mpls": "mpls"}
# Smallest that shows the path is sound; a lost checksum or segment gives a few kbit/s.
GBITS_MIN = 0.05


@pytest.fixture(scope="module", params=LABS)
def encap(request):
    return request.param


@pytest.fixture(scope="module")
def lab(module_lab, encap):
    return module_lab(LABS[encap], ready=claims.converged)


@FAMILIES
@pytest.mark.parametrize("reverse", [False, True], ids=["a to b", "b to a"])
def test_tcp_with_default_host_offloads(lab, family, reverse):
    for host in ("a", "b"):
        features = lab.run(host, "ethtool", "-k", "eth0").stdout
        for feature in ("tcp-segmentation-offload", "tx-checksumming"):
            assert f"{feature}: on" in features, "hosts must keep their defaults"
    result = claims.tcp(lab, "a", "b", 1, family, reverse)
    print(f"{result.gbits:.2f} Gbit/s")
    assert result.gbits > GBITS_MIN


def test_packets_wear_the_vpn_label_in_the_encapsulation_asked_for(lab, encap):
    with Capture(lab, "core") as cap:
        lab.ping("a", lab.address("b"), "-i", "0.02", count=5)
        lab.ping("a", lab.address("b", 6), "-i", "0.02", count=5)
    packets = [p for _, _, p in cap.inner()]
    assert len(packets) >= 20
    assert {p.encap for p in packets} == {ENCAP[encap]}
    assert {tuple(p.labels) for p in packets} == {(100100,)}


@FAMILIES
def test_the_ttl_is_two_less_at_the_other_host(lab, family):
    """Both PEs are routers and count, the core between them does not (RFC 3443)."""
    out = lab.ping("a", lab.address("b", family)).stdout
    assert re.search(r"ttl=(\d+)", out)[1] == "62"


@FAMILIES
@pytest.mark.parametrize("ttl", [1, 2])
def test_a_ttl_that_runs_out_is_answered_by_the_gateway_address(lab, family, ttl):
    until("time exceeded from the PE", lambda: claims.GATEWAY[family] in
          exceeded(lab, lab.address("b", family), ttl), 5, 0.2)


def exceeded(lab, target, ttl):
    out = lab.ping("a", target, "-t", ttl, check=False).stdout
    return "\n".join(line for line in out.splitlines()
                     if "exceeded" in line.lower())


def core_mtu(lab):
    return next(link.mtu for link in lab.topology.links if link.a.node == "pe1"
                and link.a.name == "eth1")


@FAMILIES
def test_a_full_size_packet_passes_or_its_sender_is_told_the_mtu(lab, encap, family):
    """Path MTU discovery inside one subnet: what the tunnel leaves of the core's MTU."""
    overhead = {"udp": 32, "gre": 28, "mpls": 4}[ENCAP[encap]]
    room = min(1500, core_mtu(lab) - overhead)
    header = 28 if family == 4 else 48
    target = lab.address("b", family)
    lab.run("a", "ip", "route", "flush", "cache", check=False)
    lab.run("a", "ip", "-6", "route", "flush", "cache", check=False)
    lab.ping("a", target, "-M", "do", "-s", room - header)
    if room == 1500:
        return
    told = until("Fragmentation Needed / Packet Too Big", lambda: re.search(
        r"mtu\s*=\s*(\d+)",
        lab.ping("a", target, "-M", "do", "-s", 1500 - header, check=False).stdout
        + lab.ping("a", target, "-M", "do", "-s", 1500 - header, check=False).stderr), 5, 0.2)
    assert int(told[1]) == room


def hairpin_frame(lab, source, target):
    """As from a host that still has the PE's MAC for a neighbour of its own site."""
    return claims.udp_frame(lab.mac(source), claims.PROXY_MAC[4], lab.address(source),
                            lab.address(target), b"by way of the PE")


def test_a_packet_for_a_host_of_the_same_port_comes_back(lab):
    with Capture(lab, "ce1", ["c"]) as cap, lab.ns("a").raw("eth0") as s:
        s.send(hairpin_frame(lab, "a", "c"))
        until("it arrives at c", lambda: arrived(lab, cap), 5)


def arrived(lab, cap):
    return [f for _, _, f in cap.frames() if f[:6] == frames.mac(lab.mac("c"))
            and b"by way of the PE" in f]


def test_no_redirect_is_sent_for_it(lab):
    with Capture(lab, "ce1", ["a"]) as cap, lab.ns("a").raw("eth0") as s:
        for _ in range(5):
            s.send(hairpin_frame(lab, "a", "c"))
        lab.ping("a", claims.GATEWAY[4])  # what comes back comes before this
    redirects = [f for _, _, f in cap.frames() if f[12:14] == b"\x08\0" and f[23] == 1
                 and f[34] == 5]
    assert not redirects


def test_a_packet_to_nobody_is_answered_unreachable_at_a_bounded_rate(lab):
    def unreachable():
        with Capture(lab, "ce1", ["a"]) as cap, lab.ns("a").raw("eth0") as s:
            for address in claims.unknown_addresses(lab, 200, seed=99):
                s.send(claims.udp_frame(lab.mac("a"), claims.PROXY_MAC[4],
                                        lab.address("a"), address))
            lab.ping("a", claims.GATEWAY[4])
        return [f for _, _, f in cap.frames() if f[12:14] == b"\x08\0" and f[23] == 1
                and f[34] == 3]

    told = until("a destination unreachable", unreachable, 5)
    assert len(told) < 100
    assert {f[26:30] for f in told} == {frames.ip(claims.GATEWAY[4])}


def tunnelled(kind, packet):
    """What follows the outer IPv4 header, and its protocol."""
    label = (100100 << 12 | 0x1FF).to_bytes(4, "big")
    if kind == "udp":
        head = struct.pack("!HHHH", 50000, 6635, 8 + 4 + len(packet), 0)
        return socket.IPPROTO_UDP, head + label + packet
    return socket.IPPROTO_GRE, b"\0\0\x88\x47" + label + packet


@pytest.mark.parametrize("kind", ["udp", "gre"])
@pytest.mark.parametrize("sender,arrives", [("pe1", True), ("rr", False)])
def test_tunnels_are_taken_from_pes_only(lab, kind, sender, arrives):
    """Whoever can send to the core must not be able to send into the VPN.  Both kinds of
    tunnel are always accepted, whatever this lab's PEs send."""
    words = f"by {kind} from {sender}".encode()
    inner = claims.udp_frame(lab.mac("a"), lab.mac("b"), lab.address("a"), lab.address("b"),
                             words)[14:]
    proto, payload = tunnelled(kind, inner)
    with Capture(lab, "ce2", ["b"]) as cap:
        with lab.ns(sender).socket(socket.AF_INET, socket.SOCK_RAW, proto) as s:
            s.sendto(payload, (PE2, 0))
        lab.ping("a", lab.address("b"))  # what was sent before it has arrived, too
    assert any(words in f for _, _, f in cap.frames()) == arrives
