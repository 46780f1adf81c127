# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP across the core: guests without an address at one site, a server at the other, and
all PEs of the subnet with the same gateway address.  tshark judges what the relay sends."""

import contextlib

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


@pytest.fixture(scope="module")
def server(lab):
    with dhcp.kea4(lab, "s", POOL, **{"renew-timer": 3, "rebind-timer": 300}) as kea:
        until("Kea runs", lambda: "DHCP4_STARTED" in kea.said(), 10)
        yield kea


def relayed(lab, pe, name):
    return lab.show_json(pe, "dhcp")["counters"][name]


def host_row(lab, pe, address):
    return next((h for h in lab.show_json(pe, "hosts", "blue")["hosts"]
                 if h["address"] == address), None)


@pytest.fixture
def at_home(lab, server):
    for guest in topologies.DHCP_GUESTS:
        if lab.site_of(guest) != 1:
            lab.move(guest, 1, announce=None)
        dhcp.forget(lab, guest)
    return lab


def test_a_guest_gets_its_address_across_the_core_and_is_known(at_home):
    lab = at_home
    with dhcp.dhclient(lab, "v"):
        address = dhcp.gets_address(lab, "v")
        assert address.startswith("1.1.9.")
        until("PE-1 knows it", lambda: host_row(lab, "pe1", address), 10)
        lab.ping("b", address, count=3)
        lab.ping("v", "1.1.1.3")
"""
"""
