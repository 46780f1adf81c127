# SPDX-License-Identifier: GPL-2.0-or-later
"""Router advertisements: Linux hosts configure themselves from them and reach the other
site, what they learn is the same at both, and tshark judges what is sent."""

import json

import pytest

from vslab import claims
from vslab.capture import Capture
from vslab.wait import until

ROUTER = "fe80::200:5eff:fe00:20a"


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("two-dc-ra", ready=claims.converged)


def own_address(lab, host):
    """What the host made itself of the prefix, or None."""
    shown = lab.run(host, "ip", "-j", "-6", "addr", "show", "dev", "eth0").stdout
    for address in json.loads(shown)[0]["addr_info"]:
        if address.get("dynamic") and address["local"].startswith("2001:db8:1:"):
            return address["local"]
    return None


def default_routes(lab, host):
    shown = json.loads(lab.run(host, "ip", "-j", "-6", "route", "show", "default").stdout)
    return {(r.get("gateway"), r.get("protocol"), r.get("metrics", [{}])[0].get("mtu"))
            for r in shown}


def listen(lab, host):
    """Forget the static way out and believe routers; the kernel then asks for them."""
    lab.run(host, "ip", "-6", "route", "flush", "default")
    for name, value in (("accept_ra", 2), ("autoconf", 1), ("addr_gen_mode", 0)):
        lab.run(host, "sysctl", "-qw", f"net.ipv6.conf.eth0.{name}={value}")


@pytest.fixture(scope="module")
def configured(lab):
    for host in "ab":
        listen(lab, host)
    for host in "ab":
        until(f"{host} has an address", lambda h=host: own_address(lab, h), 15)
    return lab


def test_hosts_at_both_sites_learn_one_and_the_same_router(configured):
    lab = configured
    for host in "ab":
        routers = {r[0] for r in default_routes(lab, host)}
        assert routers == {ROUTER}, f"{host}: {routers}"


def test_hosts_that_configured_themselves_reach_each_other(configured):
    lab = configured
    source, target = own_address(lab, "a"), own_address(lab, "b")
    # Nobody learns from an address's check; who speaks from it is known.
    for host, address in (("a", source), ("b", target)):
        lab.ping(host, claims.GATEWAY[6], "-I", address, "-c", "2")
    until("ping", lambda: lab.pings("a", target, "-I", source), 10)


def test_the_link_local_router_answers_a_ping(configured):
    configured.ping("a", f"{ROUTER}%eth0")


def test_hosts_hear_the_mtu_of_the_tunnels(configured):
    lab = configured
    # Ports of 1500 and a core of 1600: the port is what limits.
    shown = lab.run("a", "sysctl", "-n", "net.ipv6.conf.eth0.mtu").stdout
    assert int(shown) == 1500


def test_a_host_that_asks_is_told_and_tshark_finds_no_fault(configured):
    lab = configured
    with Capture(lab, "ce1", ["a"]) as cap:
        lab.run("a", "ip", "-6", "neigh", "flush", "dev", "eth0")
        until("some advertisements", lambda: sum(
            1 for _, _, f in cap.frames() if f[12:14] == b"\x86\xdd" and f[54] == 134) >= 2, 15)
    assert not cap.malformed()
    said = cap.tshark("-Y", "icmpv6.type == 134", "-T", "fields",
                      "-e", "eth.src", "-e", "ipv6.src", "-e", "ipv6.hlim",
                      "-e", "icmpv6.opt.linkaddr", "-e", "icmpv6.nd.ra.router_lifetime",
                      "-e", "icmpv6.opt.prefix", "-e", "icmpv6.opt.mtu",
                      "-e", "icmpv6.opt.rdnss", "-e", "icmpv6.checksum.status")
    lines = set(filter(None, said.split("\n")))
    assert len(lines) == 1, lines
    fields = lines.pop().split("\t")
    assert fields[:7] == ["00:00:5e:00:02:0a", ROUTER, "255", "00:00:5e:00:02:0a", "60",
                          "2001:db8:1::", "1500"]
    assert fields[7] == "2001:db8:53::1"


def test_a_rogue_router_is_told_and_stays_on_its_link(configured):
    lab = configured
    rows = lab.show_json("pe1", "router-advertisements")["router-advertisements"]
    assert rows[0]["rogue"] == 0 and rows[0]["role"] == "master"
    rogue = (
        "import socket,struct\n"
        "s=socket.socket(socket.AF_INET6,socket.SOCK_RAW,58)\n"
        "s.setsockopt(41,18,255)\n"
        "i=socket.if_nametoindex('eth0')\n"
        "s.setsockopt(41,17,i)\n"
        "s.sendto(struct.pack('!BBHBBHII',134,0,0,64,0,9000,0,0),('ff02::1',0,0,i))\n")
    with Capture(lab, "ce2", ["b"]) as cap:
        lab.run("c", "python3", "-c", rogue)
        until("PE-1 tells it", lambda: lab.show_json(
            "pe1", "router-advertisements")["router-advertisements"][0]["rogue"] >= 1, 5)
    assert "another router advertises itself" in lab.log("pe1")
    assert not [f for _, _, f in cap.frames()
                if f[12:14] == b"\x86\xdd" and f[54] == 134 and f[6] == 2]
