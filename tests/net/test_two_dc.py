# SPDX-License-Identifier: GPL-2.0-or-later
"""The deck's claims, slides 4 to 8, on the two data centres: tables, proxies, silence."""

import select
import time

import pytest

from vslab import capture, claims, frames
from vslab.capture import Capture
from vslab.wait import until

FAMILIES = pytest.mark.parametrize("family", [4, 6])
PES = pytest.mark.parametrize("pe", ["pe1", "pe2"])


@PES
@FAMILIES
def test_the_vrf_table_is_as_on_slide_4(two_dc, pe, family):
    assert claims.table(two_dc, pe, family=family) == \
        claims.expected_table(two_dc, pe, family)


@PES
def test_the_table_is_the_same_in_json(two_dc, pe):
    text = str(two_dc.show_json(pe, "routes", "blue"))
    for prefix in ("1.1.0.0/16", "1.1.1.1/32", "1.1.1.4/32", "2001:db8:1::3/128"):
        assert prefix in text


@FAMILIES
@pytest.mark.parametrize("source,target", [("a", "b"), ("a", "d"), ("b", "c"), ("d", "a"),
                                           ("a", "c"), ("b", "d")])
def test_hosts_reach_each_other(two_dc, source, target, family):
    two_dc.ping(source, two_dc.address(target, family))


@FAMILIES
@pytest.mark.parametrize("host", ["a", "b"])
def test_the_gateway_answers_ping(two_dc, host, family):
    two_dc.ping(host, claims.GATEWAY[family])


@FAMILIES
@pytest.mark.parametrize("source,target", [("a", "b"), ("d", "c")])
def test_a_host_at_the_other_site_is_at_the_proxy_mac(two_dc, source, target, family):
    address = two_dc.address(target, family)
    two_dc.ping(source, address)
    assert claims.neighbour(two_dc, source, address) == claims.PROXY_MAC[family]


@FAMILIES
def test_a_host_of_the_same_site_is_at_its_own_mac(two_dc, family):
    address = two_dc.address("c", family)
    two_dc.ping("a", address)
    assert claims.neighbour(two_dc, "a", address) == two_dc.mac("c")


@pytest.mark.parametrize("site", [1, 2])
def test_a_switch_learns_local_macs_only(two_dc, site):
    for source, target in (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")):
        two_dc.ping(source, two_dc.address(target))
    learned = claims.cam(two_dc, site)
    local = {two_dc.mac(h.name) for h in two_dc.topology.hosts()
             if two_dc.site_of(h.name) == site}
    assert local <= learned.keys()
    assert not claims.foreign_macs(two_dc, site)
    # Beside hosts nothing but what comes from the PE's port: its own and the proxy MACs.
    assert {port for mac, port in learned.items() if mac not in local} <= {"pe"}


def test_a_sweep_for_nobody_leaves_the_core_silent(two_dc):
    with Capture(two_dc, "core") as cap:
        for host in ("a", "b"):
            claims.sweep(two_dc, host, 300)
        two_dc.ping("a", two_dc.address("b"), "-i", "0.02", count=10)
        two_dc.ping("a", two_dc.address("b", 6), "-i", "0.02", count=10)
    known, unknown, discovery = claims.crossed(two_dc, cap)
    assert known >= 40  # the capture works: each of these pings, there and back
    assert not unknown
    assert not discovery


def ask(lab, host, frame, want, seconds=1.0):
    """Send a frame from a host; the replies it gets that `want` says yes to."""
    got, end = [], time.monotonic() + seconds
    with lab.ns(host).raw("eth0") as s:
        s.send(frame)
        while (left := end - time.monotonic()) > 0:
            if select.select([s], [], [], left)[0]:
                data = s.recv(2048)
                if data[6:12] != frames.mac(lab.mac(host)) and want(data):
                    got.append(data)
                    end = min(end, time.monotonic() + 0.2)
    return got


def arp_ask(lab, host, target, **kw):
    def reply(data):
        return (capture.ethernet(data)[0] == capture.ARP
                and capture.arp_addresses(data)[0] == 2
                and str(capture.arp_addresses(data)[2]) == target)

    sha = frames.mac(lab.mac(host))
    spa = frames.ip(kw.pop("spa", lab.address(host)))
    return ask(lab, host, frames.arp_request(sha, spa, frames.ip(target), **kw), reply)


def test_an_arp_request_for_a_remote_host_gets_one_answer_the_proxy_mac(two_dc):
    replies = arp_ask(two_dc, "a", two_dc.address("b"))
    assert len(replies) == 1
    sha = capture.arp_addresses(replies[0])[1]
    assert sha == frames.mac(claims.PROXY_MAC[4]) == replies[0][6:12]
    assert replies[0][:6] == frames.mac(two_dc.mac("a"))


def test_a_unicast_revalidation_is_answered_too(two_dc):
    assert arp_ask(two_dc, "a", two_dc.address("b"), dst=frames.mac(claims.PROXY_MAC[4]))


def test_an_arp_request_for_a_local_host_is_left_to_its_owner(two_dc):
    replies = arp_ask(two_dc, "a", two_dc.address("c"))
    assert {capture.arp_addresses(r)[1] for r in replies} == {frames.mac(two_dc.mac("c"))}


@pytest.mark.parametrize("target", ["1.1.7.7", "1.1.0.0", "1.1.255.255", "9.9.9.9"])
def test_an_arp_request_for_nobody_is_not_answered(two_dc, target):
    assert not arp_ask(two_dc, "a", target)


def test_an_address_probe_is_not_answered_and_teaches_nothing(two_dc):
    """RFC 5227 2.1.1: an answer would make a moving host give up its address."""
    assert not arp_ask(two_dc, "a", two_dc.address("b"), spa="0.0.0.0")
    assert claims.tables_match(two_dc)


def test_a_solicitation_for_a_remote_host_is_answered_without_override(two_dc):
    def advertisement(data):
        return data[12:14] == b"\x86\xdd" and data[54] == 136

    sha, src = frames.mac(two_dc.mac("a")), frames.ip(two_dc.address("a", 6))
    target = frames.ip(two_dc.address("b", 6))
    replies = ask(two_dc, "a", frames.ns(sha, src, target), advertisement)
    assert len(replies) == 1
    na = replies[0][54:]
    assert na[4] & 0x40, "S: it was solicited"
    assert not na[4] & 0x20, "O: the owner, if on-link, must win (RFC 4861 7.2.8)"
    assert na[8:24] == target
    assert na[24:32] == b"\x02\x01" + frames.mac(claims.PROXY_MAC[6])


def test_a_silent_host_is_found_when_a_neighbour_asks_for_it(two_dc):
    """Its answer goes past the PE, but the question makes the PE ask, too (glean)."""
    ns = two_dc.ns("d")
    ns.ip("addr", "add", "1.1.99.99/32", "dev", "eth0")
    try:
        until("PE-1 has it", lambda: two_dc.pings("b", "1.1.99.99", wait=0.3)
              and ("1.1.99.99/32", "PE-2", "BGP") in claims.table(two_dc, "pe1"), 15)
        two_dc.ping("a", "1.1.99.99")
    finally:
        ns.ip("addr", "del", "1.1.99.99/32", "dev", "eth0")


def test_why_host_answers_for_local_remote_and_unknown(two_dc):
    assert "1.1.1.1" in two_dc.cli("pe1", "why", "host", "1.1.1.1").stdout
    assert "1.1.1.3" in two_dc.cli("pe1", "why", "host", "1.1.1.3").stdout
    assert two_dc.cli("pe1", "why", "host", "1.1.77.77", check=False).returncode in (0, 1)
    assert two_dc.cli("pe1", "why", "host", "nonsense", check=False).returncode == 2


@pytest.mark.parametrize("what", ["hosts", "routes", "bgp", "fib", "counters", "subnets"])
@pytest.mark.parametrize("json", [False, True])
def test_everything_that_can_be_shown_is_shown(two_dc, what, json):
    if json:
        assert two_dc.show_json("pe1", what)
    else:
        assert two_dc.show("pe1", what).strip()
