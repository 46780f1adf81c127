# SPDX-License-Identifier: GPL-2.0-or-later
"""VRRP with keepalived as the site's other router: both families, both ways."""

import contextlib
import signal
import struct

import pytest

from vslab import claims, frames
from vslab.capture import Capture
from vslab.keepalived import Keepalived
from vslab.wait import until

INTERVAL = 1.0
DOWN = 3 * INTERVAL + 156 / 256  # of a backup with priority 100
SKEW = 156 / 256
SLACK = 1.5  # a loaded machine


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("keepalived-dc", ready=ready)


def ready(lab):
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    claims.speak_up(lab)
    until("PE-1 knows the hosts of site 2", lambda: remote(lab), 30)
    until("PE-1 may preempt", lambda: lab.show_json("pe1", "vrrp")["bgp-converged"], 60)


def remote(lab):
    have = {row[0].split("/")[0] for row in claims.table(lab, "pe1")}
    return lab.address("b") in have and lab.address("d") in have


@pytest.fixture
def k(lab):
    k = Keepalived(lab)
    yield k
    k.stop(signal.SIGKILL)
    lab.hold("pe1", False)
    until("PE-1 answers", lambda: lab.answers("pe1"), 20)
    ours_is(lab, "master", 10)


def groups(lab):
    return {g["family"]: g for g in lab.show_json("pe1", "vrrp")["groups"]}


def details(lab):
    return {g["family"]: g for g in lab.show_json("pe1", "vrrp", "blue")["groups"]}


def ours_is(lab, state, timeout, families=("ipv4", "ipv6")):
    def look():
        got = {f: groups(lab)[f]["state"] for f in families}
        assert all(s == state for s in got.values()), groups(lab)
        return True
    until(f"PE-1 is {state}", look, timeout)


def heard_us(lab, k):
    k.until_listening()
    before = {f: g["counters"]["sent"] for f, g in details(lab).items()}
    until("PE-1 advertises", lambda: all(
        g["counters"]["sent"] >= before[f] + 2 for f, g in details(lab).items()), 10)


def test_ours_with_the_higher_priority_is_master_and_keepalived_backup(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=100)
    heard_us(lab, k)
    before = details(lab)
    until("PE-1 advertises", lambda: details(lab)["ipv6"]["counters"]["sent"] >=
          before["ipv6"]["counters"]["sent"] + 5, 10)
    assert k.backup()
    lab.ping("a", "1.1.255.254")
    lab.ping("a", lab.address("b"))
    lab.ping("a", lab.address("b", 6))
    after = details(lab)
    for f in ("ipv4", "ipv6"):
        assert after[f]["state"] == "master"
        assert after[f]["counters"]["two-masters"] == before[f]["counters"]["two-masters"]


def test_keepalived_with_the_higher_priority_preempts_and_hands_back_when_it_stops(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=200)
    k.until_master()
    ours_is(lab, "backup", 3)
    for f, g in details(lab).items():
        assert g["peer"]["priority"] == 200 and g["peer"]["checksum"] == "rfc5798", g
        assert g["peer"]["same-addresses"], g
        assert "has priority 200" in g["why"], g
    lab.ping("a", "1.1.255.254")  # keepalived's now
    k.stop(signal.SIGTERM)  # it resigns
    ours_is(lab, "master", SKEW + SLACK)
    for g in details(lab).values():
        assert "resigned" in g["why"], g
        assert g["counters"]["heard-resignations"] >= 1
    lab.ping("a", lab.address("b"))


def test_keepalived_that_dies_is_replaced_in_three_intervals_and_the_skew(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=200)
    k.until_master()
    ours_is(lab, "backup", 3)
    k.stop(signal.SIGKILL)
    ours_is(lab, "master", DOWN + SLACK)
    for g in details(lab).values():
        assert "fell silent" in g["why"], g


def test_ours_that_dies_is_replaced_by_keepalived_and_preempts_when_bgp_is_there(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=100)
    heard_us(lab, k)
    lab.hold("pe1")
    lab.kill("pe1", signal.SIGKILL)
    k.until_master(DOWN + SLACK)
    lab.hold("pe1", False)
    until("PE-1 is back", lambda: lab.answers("pe1"), 20)
    ours_is(lab, "master", 90)
    for g in details(lab).values():
        assert "its priority is higher than that of" in g["why"], g
        assert g["counters"]["two-masters"] == 0
    k.until_backup(5)
    claims.speak_up(lab)
    until("hosts reach each other", lambda: lab.ping("a", lab.address("b")) or True, 20)


def test_an_orderly_stop_hands_over_within_the_skew(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=100)
    heard_us(lab, k)
    lab.hold("pe1")
    with Capture(lab, "ce1", ["pe"], "ip proto 112 or ip6 proto 112") as cap:
        lab.kill("pe1", signal.SIGTERM)
        k.until_master(SKEW + SLACK)
    last = [f for _, _, f in cap.frames() if f[6:12] == bytes.fromhex("00005e00010a")]
    assert any(f[36] == 0 for f in last), "no advertisement of priority 0"
    lab.hold("pe1", False)
    until("PE-1 is back", lambda: lab.answers("pe1"), 20)
    ours_is(lab, "master", 90)


def test_our_frames_are_well_formed_and_come_from_the_virtual_mac(lab):
    ours_is(lab, "master", 10)
    with Capture(lab, "ce1", ["pe"], "ip proto 112 or ip6 proto 112 or arp", "in") as cap:
        sent = details(lab)["ipv6"]["counters"]["sent"]
        until("PE-1 advertises", lambda: details(lab)["ipv6"]["counters"]["sent"] >= sent + 3)
    assert not cap.malformed()
    four = cap.tshark("-Y", "vrrp && ip", "-T", "fields", "-e", "eth.src", "-e", "eth.dst",
                      "-e", "ip.dst", "-e", "ip.ttl", "-e", "vrrp.prio", "-e", "vrrp.virt_rtr_id",
                      "-e", "vrrp.ip_addr", "-e", "vrrp.checksum.status").splitlines()
    six = cap.tshark("-Y", "vrrp && ipv6", "-T", "fields", "-e", "eth.src", "-e", "ipv6.dst",
                     "-e", "ipv6.hlim", "-e", "vrrp.ipv6_addr", "-e",
                     "vrrp.checksum.status").splitlines()
    assert four and six
    assert set(four) == {"\t".join(("00:00:5e:00:01:0a", "01:00:5e:00:00:12", "224.0.0.18",
                                    "255", "120", "10", "1.1.255.254", "1"))}
    assert set(six) == {"\t".join(("00:00:5e:00:02:0a", "ff02::12", "255",
                                   "fe80::200:5eff:fe00:20a,2001:db8:1::ffff", "1"))}


def test_a_lost_core_is_left_to_keepalived_until_it_is_back(lab, k):
    ours_is(lab, "master", 10)
    k.start(priority=100)
    heard_us(lab, k)
    lab.ns("core").ip("link", "set", "dev", "pe1", "down")
    try:
        k.until_master(3 + SKEW + SLACK)
        for g in details(lab).values():
            assert g["state"] == "backup" and g["priority-in-force"] == 1
            assert "the core is out of reach" in g["why"], g
    finally:
        lab.ns("core").ip("link", "set", "dev", "pe1", "up")
        lab.ns("core").ip("route", "replace", "192.0.2.11/32", "dev", "pe1")
    ours_is(lab, "master", 90)
    k.until_backup(5)


def test_no_advertisement_leaves_the_site(lab):
    """The same virtual router runs at other sites: their groups must never meet."""
    with Capture(lab, "ce2", ["pe"], "ip proto 112 or ip6 proto 112") as far, \
            Capture(lab, "core", None, "ip proto 112 or ip6 proto 112") as core:
        sent = details(lab)["ipv4"]["counters"]["sent"]
        until("PE-1 advertises", lambda: details(lab)["ipv4"]["counters"]["sent"] >= sent + 3)
    assert not far.frames() and not core.frames()


def advertisement(priority, pseudo, src="1.1.255.9", vip="1.1.255.254", vrid=10):
    """IPv4, by hand: the checksum with a pseudo-header (RFC 5798) or without (RFC 9568)."""
    group = frames.ip("224.0.0.18")
    body = struct.pack("!BBBBHH", 0x31, vrid, priority, 1, 100, 0) + frames.ip(vip)
    before = frames.ip(src) + group + struct.pack("!HH", 112, len(body)) if pseudo else b""
    body = body[:6] + struct.pack("!H", frames.checksum(before + body)) + body[8:]
    head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(body), 0, 0, 255, 112, 0)
    head += frames.ip(src) + group
    head = head[:10] + struct.pack("!H", frames.checksum(head)) + head[12:]
    return frames.mac("01:00:5e:00:00:12") + frames.mac("02:00:00:00:02:09") + \
        b"\x08\x00" + head + body


@pytest.mark.parametrize("form", ["rfc5798", "rfc9568"])
def test_either_checksum_is_understood_and_shown(lab, form):
    ours_is(lab, "master", 10)
    say = advertisement(254, form == "rfc5798")
    with contextlib.closing(lab.ns("k1").raw("eth0")) as s:
        def follows():
            s.send(say)
            return details(lab)["ipv4"]["state"] == "backup"
        until("PE-1 follows", follows, 5)
        assert details(lab)["ipv4"]["peer"]["checksum"] == form
        assert details(lab)["ipv6"]["state"] == "master"
        s.send(advertisement(0, form == "rfc5798"))
    ours_is(lab, "master", SKEW + SLACK)


def test_what_is_no_good_advertisement_is_counted_and_changes_nothing(lab):
    ours_is(lab, "master", 10)
    good = advertisement(254, True)
    bad = {"bad-checksum": good[:36] + b"\xfd" + good[37:],
           "bad-version-2": good[:34] + b"\x21" + good[35:]}
    before = details(lab)["ipv4"]["counters"]
    with contextlib.closing(lab.ns("k1").raw("eth0")) as s:
        for name, frame in bad.items():
            s.send(frame)
            until(f"{name} is counted", lambda n=name: details(lab)["ipv4"]["counters"].get(
                n, 0) > before.get(n, 0), 5)
        other = lab.show_json("pe1", "vrrp")["unknown-vrid"]
        s.send(advertisement(254, True, vrid=11))
        until("another virtual router is counted",
              lambda: lab.show_json("pe1", "vrrp")["unknown-vrid"] > other, 5)
    ours_is(lab, "master", 1)


def test_a_reflector_that_is_away_for_a_while_moves_nobody(lab):
    """All PEs lose their sessions together, and can still reach each other."""
    ours_is(lab, "master", 10)
    # A that speaks now is told to all: whom PE-1 learns later, nobody else will hear of.
    until("A pings B", lambda: lab.pings("a", lab.address("b"), wait=0.3), 10)
    resigned = details(lab)["ipv4"]["counters"]["sent-resignations"]
    lab.hold("rr")
    lab.kill("rr", signal.SIGKILL)
    try:
        until("PE-1 has no session", lambda: not lab.show_json("pe1", "vrrp")["bgp-converged"],
              10)
        sent = details(lab)["ipv4"]["counters"]["sent"]
        until("5 s pass", lambda: details(lab)["ipv4"]["counters"]["sent"] >= sent + 5, 15)
        assert lab.show_json("pe1", "vrrp")["core"] == "reachable"
        assert details(lab)["ipv4"]["counters"]["sent-resignations"] == resigned
        lab.ping("a", lab.address("b"))
    finally:
        lab.hold("rr", False)
    until("BGP is back", lambda: lab.show_json("pe1", "vrrp")["bgp-converged"], 60)
    assert details(lab)["ipv4"]["state"] == "master"


def test_its_leaves_change_while_it_runs_and_vrrp_goes_and_comes(lab, k):
    ours_is(lab, "master", 10)
    path = f"{lab.node_dir('pe1')}/vsubnet.yaml"
    with open(path) as f:
        text = f.read()

    def apply(new):
        with open(path, "w") as f:
            f.write(new)
        return lab.cli("pe1", "config", "apply").stdout

    k.start(priority=150)
    k.until_master()
    ours_is(lab, "backup", 3)
    before = {f: g["counters"]["sent-resignations"] for f, g in details(lab).items()}
    try:
        assert "vrrp changed" in apply(text.replace("priority: 120", "priority: 180"))
        ours_is(lab, "master", DOWN + SLACK)
        k.until_backup(3)
        for f, g in details(lab).items():
            assert g["priority-in-force"] == 180
            assert g["counters"]["sent-resignations"] == before[f]
        # Without VRRP it always answers; and the other one hears that it went.
        assert "vrrp dropped" in apply(text.replace("        vrrp:\n          priority: 120\n", ""))
        assert lab.show_json("pe1", "vrrp")["groups"] == []
        k.until_master(SKEW + SLACK)
        # With it again it answers until it hears that other one.
        apply(text)
        ours_is(lab, "backup", INTERVAL + SLACK)
    finally:
        apply(text)
    k.stop(signal.SIGTERM)
    ours_is(lab, "master", SKEW + SLACK)
