# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that lie, hosts that are configured, and addresses that are many hosts' on purpose."""

import json
import time

import pytest

from vslab import claims, dhcp, frames, topologies
from vslab.wait import until

FAMILIES = pytest.mark.parametrize("family", [4, 6])
ANYCAST = "1.1.1.200"
SPOOFED = "spoof: not the MAC or port the address is bound to"
STICKY = "spoof: another site has it as a configured host"


def known(lab):
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    claims.speak_up(lab)
    for pe, protocol in (("pe1", "Static"), ("pe2", "BGP")):
        until(f"{pe} has A", lambda: protocol in protocols(lab, pe, lab.address("a")), 20)
    until("the others are known", lambda: lab.pings("d", lab.address("c"), wait=0.3)
          and lab.pings("a", lab.address("b"), wait=0.3), 20)


def protocols(lab, pe, address):
    bits = 128 if ":" in address else 32
    return {p for prefix, _, p in claims.table(lab, pe, family=6 if bits == 128 else 4)
            if prefix == f"{address}/{bits}"}


def counter(lab, pe, name):
    rows = json.loads(lab.cli(pe, "--json", "show", "hosts", "counters").stdout)["counters"]
    return next(row["value"] for row in rows if row["counter"] == name)


def why(lab, pe, address):
    return lab.cli(pe, "why", "host", address, check=False).stdout


def lie(lab, liar, address, times=1):
    """The liar says that the address is its own, as any tool for it would."""
    sha = frames.mac(lab.mac(liar))
    addr = frames.ip(address)
    what = frames.unsolicited_na(sha, addr) if ":" in address else frames.garp(sha, addr)
    with lab.ns(liar).raw("eth0") as s:
        for _ in range(times):
            s.send(what)
            time.sleep(0.02)


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("trust-dc", ready=known)


@FAMILIES
def test_a_configured_host_is_static_here_and_bound_elsewhere(lab, family):
    address = lab.address("a", family)
    assert protocols(lab, "pe1", address) == {"Static"}
    assert protocols(lab, "pe2", address) == {"BGP"}
    assert "configured as 02:aa:00:00:00:0a" in why(lab, "pe1", address)
    assert "It is bound to that place" in why(lab, "pe2", address)


@FAMILIES
@pytest.mark.parametrize("liar,pe,counted", [("c", "pe1", SPOOFED), ("b", "pe2", STICKY)])
def test_a_lie_about_a_configured_host_changes_nothing_and_is_told(lab, liar, pe, counted,
                                                                   family):
    """C lies at A's own site, B at the other one; D's packets go to A all the time."""
    address, before = lab.address("a", family), counter(lab, pe, counted)
    fib = lab.show(pe, "fib", "blue")
    stream = claims.PingStream(lab, "d", address)
    time.sleep(0.3)
    lie(lab, liar, address, times=20)
    until("it is counted", lambda: counter(lab, pe, counted) > before, 5)
    assert counted in why(lab, pe, address)
    assert lab.mac(liar) in why(lab, pe, address)
    time.sleep(0.5)
    stream.stop()
    line = next(x for x in fib.splitlines() if f" {address}/" in x)
    assert line in lab.show(pe, "fib", "blue")
    assert "spoof" in lab.log(pe) and address in lab.log(pe)
    if liar == "c":  # D's LAN heard nothing; hosts on the liar's own believe what they like
        assert stream.lost_ms < 200, stream.lost_ms


def test_arping_cannot_take_it_either(lab):
    """The tool people use: requests from and for another's address."""
    address, before = lab.address("a"), counter(lab, "pe2", STICKY)
    lab.run("b", "arping", "-c", "2", "-i", "eth0", "-S", address, address, check=False)
    until("it is counted", lambda: counter(lab, "pe2", STICKY) > before, 5)
    assert protocols(lab, "pe2", address) == {"BGP"}


def test_an_anycast_address_is_each_sites_own(lab):
    for host in "cd":
        lab.ns(host).ip("addr", "add", f"{ANYCAST}/32", "dev", "eth0")
    try:
        for _ in range(8):  # a host that moves so often would be frozen
            for host in "cd":
                lie(lab, host, ANYCAST)
        for pe, host in (("pe1", "c"), ("pe2", "d")):
            until(f"{pe} forwards to its own", lambda: any(
                ANYCAST in x and lab.mac(host) in x
                for x in lab.show(pe, "fib", "blue").splitlines()), 5)
            assert ANYCAST not in claims.routes_text(lab, pe)
            assert "anycast-local" in why(lab, pe, ANYCAST)
            assert counter(lab, pe, "moves") == 0
            assert "Duplicate" not in why(lab, pe, ANYCAST)
        for host, near in (("a", "c"), ("b", "d")):
            lab.ping(host, ANYCAST)
            assert claims.neighbour(lab, host, ANYCAST) == lab.mac(near)
    finally:
        for host in "cd":
            lab.ns(host).ip("addr", "del", f"{ANYCAST}/32", "dev", "eth0")


def test_with_binding_static_nobody_is_learned_and_why_host_says_so(fresh_lab):
    lab = fresh_lab("trust-dc", binding="static")
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    until("PE-2 has A", lambda: protocols(lab, "pe2", lab.address("a")) == {"BGP"}, 20)
    lie(lab, "b", lab.address("b"), times=3)
    until("B is refused", lambda: "no" in why(lab, "pe2", lab.address("b"))
          and "binding static" in why(lab, "pe2", lab.address("b")), 5)
    assert not protocols(lab, "pe2", lab.address("b"))


def dhcp_ready(lab):
    claims.speak_up(lab)
    for n in (1, 2):
        until("server and relays are known", lambda n=n: all(
            a in lab.show(f"pe{n}", "routes", "blue")
            for a in (topologies.DHCP_SERVER, topologies.loopback(3 - n))), 20)


def test_with_binding_dhcp_a_lease_goes_with_its_host_and_nobody_else_is_believed(fresh_lab):
    """A has an address that no server gave it; V has a lease, and takes it to site 2."""
    lab = fresh_lab("dhcp", binding="dhcp")
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    dhcp_ready(lab)
    with dhcp.kea4(lab, "s", "1.1.9.1 - 1.1.9.99") as kea:
        until("Kea runs", lambda: "DHCP4_STARTED" in kea.said(), 10)
        with dhcp.dhclient(lab, "v"):
            address = dhcp.gets_address(lab, "v")
            until("PE-1 has V", lambda: protocols(lab, "pe1", address) == {"ARP"}, 10)
            assert "It is bound to " + lab.mac("v") in why(lab, "pe1", address)
            lie(lab, "a", lab.address("a"), times=2)
            lie(lab, "a", address, times=2)
            until("A's is refused", lambda: "knows of no lease" in
                  why(lab, "pe1", lab.address("a")), 5)
            assert not protocols(lab, "pe1", lab.address("a"))
            assert SPOOFED in why(lab, "pe1", address)
            lab.move("v", 2, announce=None)
            lie(lab, "b", address, times=2)  # not V
            until("B is refused", lambda: lab.mac("b") in why(lab, "pe2", address), 5)
            assert protocols(lab, "pe2", address) == {"BGP"}
            lie(lab, "v", address, times=2)
            until("V is at site 2", lambda: protocols(lab, "pe2", address) == {"ARP"}
                  and protocols(lab, "pe1", address) == {"BGP"}, 10)
