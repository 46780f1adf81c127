# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP across the core: guests without an address at one site, a server at the other, and
all PEs of the subnet with the same gateway address.  tshark judges what the relay sends."""

import pytest

from vslab import claims, dhcp, topologies
from vslab.capture import Capture
from vslab.wait import until

POOL, POOL6 = "1.1.9.1 - 1.1.9.99", "2001:db8:1::9000 - 2001:db8:1::9fff"


def ready(lab):
    claims.speak_up(lab)
    until("the server's site knows the relay of the other",
          lambda: topologies.loopback(1) in lab.show("pe2", "routes", "blue") and
          topologies.loopback(2) in lab.show("pe1", "routes", "blue"), 20)
    for n in (1, 2):
        until("the server is known", lambda n=n: topologies.DHCP_SERVER in
              lab.show(f"pe{n}", "routes", "blue"), 20)


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("dhcp", ready=ready)


SOON = {"renew-timer": 3, "rebind-timer": 300}


@pytest.fixture
def server(lab):
    """As one that lets relays name the server (RFC 5107)."""
    with dhcp.kea4(lab, "s", POOL, "1.1.255.254", **SOON) as kea:
        until("Kea runs", lambda: "DHCP4_STARTED" in kea.said(), 10)
        yield kea


def relayed(lab, pe, name):
    return lab.show_json(pe, "dhcp")["counters"][name]


def host_row(lab, pe, address):
    return next((h for h in lab.show_json(pe, "hosts", "blue")["hosts"]
                 if h["address"] == address), None)


def found(lab, address):
    """At site 2, by everybody."""
    until("PE-2 has the host", lambda: host_row(lab, "pe2", address), 10)
    until("PE-1 has given it up", lambda: not host_row(lab, "pe1", address), 10)
    until("A reaches it", lambda: lab.pings("a", address), 15)


@pytest.fixture
def guests(lab):
    """Without addresses and leases, at site 1."""
    for guest in topologies.DHCP_GUESTS:
        for pe in ("pe1", "pe2"):  # what it had before is nobody's now
            lab.cli(pe, "host", "detach", "blue", lab.mac(guest), check=False)
        if lab.site_of(guest) != 1:
            lab.move(guest, 1, announce=None)
        dhcp.forget(lab, guest)
    return lab


@pytest.fixture
def at_home(guests, server):
    return guests


def test_a_guest_gets_its_address_across_the_core_and_is_known(at_home):
    lab = at_home
    with dhcp.dhclient(lab, "v"):
        address = dhcp.gets_address(lab, "v")
        assert address.startswith("1.1.9.")
        until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
        lab.ping("b", address, count=3)
        lab.ping("v", "1.1.1.3")
        lease = next(x for x in lab.show_json("pe1", "dhcp", "leases")["leases"]
                     if x["address"] == address)
        assert lease["mac"] == lab.mac("v") and lease["server"] == topologies.DHCP_SERVER


def test_every_pe_has_the_gateway_yet_answers_find_the_relay_that_asked(at_home):
    """And tshark finds nothing wrong with what the server gets."""
    lab = at_home
    before = [relayed(lab, pe, "to-hosts") for pe in ("pe1", "pe2")]
    with Capture(lab, "s", ["eth0"], "udp port 67 and src net 10.255.0.0/24") as cap:
        with dhcp.udhcpc(lab, "w", "-q", "-n"):
            dhcp.gets_address(lab, "w")
    after = [relayed(lab, pe, "to-hosts") for pe in ("pe1", "pe2")]
    assert after[0] > before[0] and after[1] == before[1]
    assert not cap.malformed()
    fields = cap.tshark("-T", "fields", "-E", "separator=|", "-Y", "dhcp.type == 1",
                        "-e", "ip.src", "-e", "dhcp.ip.relay", "-e", "dhcp.hops",
                        "-e", "dhcp.option.agent_information_option.link_selection",
                        "-e", "dhcp.option.agent_information_option.server_id_override",
                        "-e", "dhcp.option.agent_information_option.agent_circuit_id",
                        "-e", "dhcp.option.agent_information_option.agent_remote_id")
    relay = topologies.loopback(1)
    want = (relay, relay, "1", "1.1.0.0", "1.1.255.254", b"eth0.100".hex(), b"pe1".hex())
    assert {tuple(line.replace(":", "").split("|")) for line in fields.splitlines()} == {want}


def test_a_renewal_comes_to_the_pe_at_hand_before_and_after_a_move(at_home):
    lab = at_home
    with dhcp.dhclient(lab, "v") as client:
        address = dhcp.gets_address(lab, "v")
        until("it takes the gateway for the server",
              lambda: "DHCPREQUEST for " + address + " on eth0 to 1.1.255.254" in client.said(),
              15)
        until("renewed", lambda: ["RENEW", address] in dhcp.events(lab, "v"), 15)
        until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
        before = relayed(lab, "pe2", "leases")
        lab.move("v", 2, announce=None)
        until("PE-2 relayed a renewal", lambda: relayed(lab, "pe2", "leases") > before, 20)
        found(lab, address)
        assert dhcp.addresses(lab, "v") == [address]


def test_a_renewal_to_the_server_itself_goes_by_routing_before_and_after_a_move(guests):
    lab = guests
    with dhcp.kea4(lab, "s", POOL, **SOON) as kea, dhcp.dhclient(lab, "v") as client:
        until("Kea runs", lambda: "DHCP4_STARTED" in kea.said(), 10)
        address = dhcp.gets_address(lab, "v", timeout=30)
        text = f"DHCPACK of {address} from {topologies.DHCP_SERVER}"
        until("renewed", lambda: text in client.said(), 15)
        lab.move("v", 2, announce=None)
        before = client.said().count(text)
        until("renewed there", lambda: client.said().count(text) > before, 20)
        found(lab, address)


def test_a_guest_that_boots_at_the_other_site_asks_for_its_old_address_and_is_found(at_home):
    """INIT-REBOOT, while the route of the old site still stands."""
    lab = at_home
    with dhcp.dhclient(lab, "v") as client:
        address = dhcp.gets_address(lab, "v")
        until("its lease is kept", lambda: f"bound to {address}" in client.said(), 10)
        until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
    lab.ns("v").ip("addr", "flush", "dev", "eth0", "scope", "global")
    lab.move("v", 2, announce=None)
    assert host_row(lab, "pe1", address)
    with dhcp.dhclient(lab, "v"):
        until("it has it again", lambda: ["REBOOT", address] in dhcp.events(lab, "v"), 15)
        found(lab, address)


def test_a_release_ends_the_lease(at_home):
    lab = at_home
    with dhcp.dhclient(lab, "v") as client:
        address = dhcp.gets_address(lab, "v")
        until("its lease is kept", lambda: f"bound to {address}" in client.said(), 10)
        before = relayed(lab, "pe1", "leases-ended")
    with dhcp.dhclient(lab, "v", 4, "-r") as client:
        until("released", lambda: "DHCPRELEASE of " + address in client.said(), 10)
        until("told", lambda: relayed(lab, "pe1", "leases-ended") > before, 10)
    assert address not in [x["address"] for x in
                           lab.show_json("pe1", "dhcp", "leases")["leases"]]


@pytest.fixture
def server6(lab):
    pd = {"prefix": "2001:db8:ff00::", "prefix-len": 40, "delegated-len": 56}
    with dhcp.kea6(lab, "s", POOL6, pd, **SOON) as kea:
        until("Kea runs", lambda: "DHCP6_STARTED" in kea.said(), 10)
        yield kea


def test_ipv6_is_served_the_same_way_across_the_core_and_after_a_move(guests, server6):
    lab = guests
    with Capture(lab, "s", ["eth0"], "udp port 547 and src net 2001:db8:ff::/48") as cap:
        with dhcp.dhclient(lab, "v", 6, "-N", "-P"):
            address = dhcp.gets_address(lab, "v", 6)
            assert address.startswith("2001:db8:1::9")
            until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
            lab.ping("b", address, count=3)
            assert relayed(lab, "pe1", "prefixes-delegated")
            lab.move("v", 2, announce=None)
            before = relayed(lab, "pe2", "leases")
            until("PE-2 relayed a renewal", lambda: relayed(lab, "pe2", "leases") > before, 20)
            found(lab, address)
    assert not cap.malformed()
    fields = cap.tshark("-T", "fields", "-E", "separator=|", "-Y", "dhcpv6.msgtype == 12",
                        "-e", "ipv6.src", "-e", "dhcpv6.linkaddr", "-e", "dhcpv6.interface_id")
    seen = {tuple(line.replace(":", "").split("|")) for line in fields.splitlines()}
    name = b"eth0.100".hex()
    for n in (1, 2):
        assert (topologies.loopback(n, 6).replace(":", ""), "2001db81ffff", name) in seen


# --- a guest that checks its address (RFC 5227, RFC 4862 5.4) ---------------------------


def acd_probe(lab, host, address):
    """An ARP Probe (RFC 5227 2.1.1), three times: does anybody say that it is his?"""
    r = lab.run(host, "arping", "-0", "-c", 3, "-W", 0.5, "-i", "eth0", address, check=False)
    return "from" in r.stdout


def test_a_probe_finds_no_duplicate_of_an_address_that_is_moving_here(guests):
    lab = guests
    lab.ping("a", "1.1.1.3")
    until("PE-1 has the route of B", lambda: "1.1.1.3" in lab.show("pe1", "routes", "blue"), 10)
    assert not acd_probe(lab, "v", "1.1.1.3")
    assert acd_probe(lab, "v", "1.1.1.1")  # A is on this LAN and answers itself


def test_linux_dad_finds_no_duplicate_of_an_address_that_is_moving_here(guests):
    lab, address = guests, "2001:db8:1::3"
    lab.ping("a", address)
    lab.ns("v").sysctl(net__ipv6__conf__eth0__accept_dad=1)
    lab.ns("v").ip("addr", "add", f"{address}/64", "dev", "eth0")
    until("tentative no more", lambda: address in dhcp.addresses(lab, "v", 6), 10)
    assert "dadfailed" not in lab.ns("v").ip("addr", "show", "dev", "eth0")
    lab.ns("v").ip("addr", "flush", "dev", "eth0", "scope", "global")
    lab.ns("v").sysctl(net__ipv6__conf__eth0__accept_dad=0)
    claims.speak_up(lab)  # B says that it is B's


def test_dhcpcd_checks_the_address_it_gets_back_at_the_other_site_and_keeps_it(at_home):
    lab = at_home
    with dhcp.dhcpcd(lab, "w") as client:
        address = dhcp.gets_address(lab, "w", timeout=30)
        until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
    lab.ns("w").ip("addr", "flush", "dev", "eth0", "scope", "global")
    lab.move("w", 2, announce=None)
    assert host_row(lab, "pe1", address)
    with dhcp.dhcpcd(lab, "w") as client:
        assert dhcp.gets_address(lab, "w", timeout=30) == address
        assert "probing" in client.said() and "already in use" not in client.said()
        found(lab, address)
