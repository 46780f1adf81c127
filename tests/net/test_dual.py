# SPDX-License-Identifier: GPL-2.0-or-later
"""Slide 9: two PEs at site 1.  One of them breaks, in each way there is; what it costs is
printed, outbound (A to B) and inbound (B to A) apart."""

import contextlib
import signal
import time

import pytest

from vslab import capture, claims, dual, frames
from vslab.loss import Flows
from vslab.wait import until

# Three silent intervals and the skew of priority 100 (RFC 5798 6.1): 3.6 s.
TAKEOVER_MS = 3 * 1000 + (256 - 100) * 1000 / 256
HOLD = 9  # s, BGP hold time: when a PE that says nothing any more is given up
CORE_HOLD_MS = 3000  # a core that blinks moves nobody
CARRIER_MS = 1000  # Linux may tell of a link a second later (linkwatch)
SLACK_MS = 700  # two busy cores


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("dual-dc", ready=dual.settled, hold=HOLD)


@pytest.fixture(autouse=True)
def whole(lab):
    """Both PEs up, PE-1 master, all known, before each test."""
    dual.settled(lab)


class Loss:
    def __init__(self, lab, family=4):
        self.out = Flows(lab, "a", "b", family=family)
        self.back = Flows(lab, "b", "a", family=family)
        time.sleep(0.5)

    def stop(self, what):
        self.out.stop()
        self.back.stop()
        print(f"\n{what}: outbound {self.out}; inbound {self.back}")
        return self


@contextlib.contextmanager
def loss(lab, what, family=4, after=1.0):
    both = Loss(lab, family)
    try:
        yield both
        time.sleep(after)
    finally:
        both.stop(what)


def test_both_pes_find_all_hosts_and_both_advertise_them(lab):
    """Hosts speak to the master alone once they know it; the backup asks for the rest."""
    assert dual.both_know(lab) and dual.is_master(lab, "pe1")
    for host in dual.AT_SITE:
        for family in (4, 6):
            told = lab.show("pe2", "bgp", "routes", lab.address(host, family))
            assert "192.0.2.11" in told and "192.0.2.13" in told, told


def test_a_backup_learns_by_asking_what_only_the_master_heard(lab):
    """C is forgotten at PE-3, and says nothing PE-3 could hear."""
    address = lab.address("c")
    lab.cli("pe3", "host", "detach", "blue", address)
    assert address not in dual.local(lab, "pe3")
    before = claims.cam(lab, 1)[claims.PROXY_MAC[4]]
    dual.port(lab, "pe3", False)
    dual.port(lab, "pe3", True)
    until("PE-3 has C again", lambda: address in dual.local(lab, "pe3"), 20)
    assert claims.cam(lab, 1)[claims.PROXY_MAC[4]] == before


def test_the_backup_is_silent_to_arp_and_nd_and_its_own_address_is_answered(lab):
    with capture.Capture(lab, "ce1", ("pe3",), direction="in") as cap:
        for gateway in claims.GATEWAY.values():
            lab.ns("a").ip("neigh", "flush", "dev", "eth0")
            lab.ping("a", gateway)
        lab.ping("a", lab.address("b"))
        time.sleep(0.2)
    vmacs = {frames.mac(m) for m in claims.PROXY_MAC.values()}
    sent = [f for _, _, f in cap.frames() if f[6:12] in vmacs]
    assert not sent, sent
    assert lab.pings("a", "1.1.255.3") or claims.neighbour(lab, "a", "1.1.255.3")
    assert claims.neighbour(lab, "a", "1.1.255.3") == "02:00:00:00:02:03"


def test_a_killed_daemon_that_comes_back_is_not_noticed(lab):
    """kill -9 of the master's; its packet path goes on, and its keeper starts it again
    before the backup has missed three advertisements."""
    with loss(lab, "kill -9 of the master's daemon, restarted", after=4) as both:
        old = lab.pid("pe1")
        lab.kill("pe1")
        until("it is started again", lambda: lab.pid("pe1") != old, 5)
        until("it answers", lambda: lab.answers("pe1"), 10)
    assert both.out.outage_ms <= TAKEOVER_MS + SLACK_MS
    assert both.back.lost == 0


def test_a_killed_daemon_that_stays_away_is_replaced(lab):
    with loss(lab, "kill -9 of the master's daemon, for good") as both:
        lab.hold("pe1")
        start = time.monotonic()
        lab.kill("pe1")
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
        took = (time.monotonic() - start) * 1000
    lab.hold("pe1", False)
    print(f"the backup was master after {took:.0f} ms")
    assert took <= TAKEOVER_MS + 1000 + SLACK_MS
    assert both.out.outage_ms <= SLACK_MS
    assert both.back.lost == 0


@pytest.mark.parametrize("family", [4, 6])
def test_a_pe_without_power_is_replaced_within_three_intervals(lab, family):
    """Outbound VRRP takes over; inbound the core's routing protocol tells PE-2, whose
    flows by the dead PE change to the other one."""
    with loss(lab, f"power off, IPv{family}", family, after=2) as both:
        dual.power_off(lab, "pe1")
        dual.igp_withdraws(lab, "pe1")
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
    dual.igp_restores(lab, "pe1")
    dual.power_on(lab, "pe1")
    assert both.out.outage_ms <= TAKEOVER_MS + SLACK_MS
    assert both.back.outage_ms <= 1000 + SLACK_MS
    assert both.back.flows_hit < len(both.back.tx)


def test_a_clean_stop_hands_over_at_once(lab):
    """SIGTERM: priority 0 and a Cease (RFC 5798 6.4.3, RFC 4486)."""
    with loss(lab, "clean stop of the master") as both:
        lab.hold("pe1")
        lab.kill("pe1", signal.SIGTERM)
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 5)
    lab.hold("pe1", False)
    assert both.out.outage_ms <= 610 + SLACK_MS
    assert both.back.outage_ms <= SLACK_MS


def test_an_access_port_that_goes_down_is_gone_around(lab):
    """Inbound packets that still come to PE-1 go on to PE-3, core to core."""
    with loss(lab, "the master's access port down") as both:
        dual.port(lab, "pe1", False)
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
        time.sleep(0.5)
        assert not dual.local(lab, "pe1")
    with loss(lab, "… and up again", after=3) as again:
        dual.port(lab, "pe1", True)
        until("PE-1 is master", lambda: dual.is_master(lab, "pe1"), 70)
    assert both.out.outage_ms <= TAKEOVER_MS + SLACK_MS
    assert both.back.outage_ms <= CARRIER_MS + SLACK_MS
    assert again.back.outage_ms <= SLACK_MS


def test_a_master_without_a_core_steps_aside(lab):
    with loss(lab, "the master's core port down") as both:
        dual.core(lab, "pe1", False)
        dual.igp_withdraws(lab, "pe1")
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
    dual.igp_restores(lab, "pe1")
    dual.core(lab, "pe1", True)
    assert both.out.outage_ms <= CORE_HOLD_MS + CARRIER_MS + 610 + SLACK_MS
    assert both.back.outage_ms <= 1000 + SLACK_MS


def test_two_masters_of_a_split_switch_lose_nothing_and_heal(lab):
    with loss(lab, "split brain and healing", after=3) as both:
        dual.split(lab, True)
        time.sleep(6)
        dual.split(lab, False)
    dual.settled(lab)
    assert both.out.outage_ms <= SLACK_MS
    assert both.back.lost == 0
    assert not both.out.twice and not both.back.twice


def test_a_pe_that_was_rebooted_is_master_again_only_with_its_routes(lab):
    """It would attract what it cannot forward: it waits for End-of-RIB."""
    dual.power_off(lab, "pe1")
    until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
    with loss(lab, "preemption after a reboot", after=2) as both:
        dual.power_on(lab, "pe1")
        until("PE-1 is master", lambda: dual.is_master(lab, "pe1"), 90)
        assert dual.remote_knows(lab, "pe1", ("b", "d"))
    assert both.out.outage_ms <= SLACK_MS
    assert both.back.outage_ms <= SLACK_MS


def test_tcp_sessions_survive_the_loss_of_a_pe(lab):
    sessions = [claims.TcpSession(lab, c, s, family=f) for c, s, f in
                (("a", "b", 4), ("b", "a", 4), ("c", "d", 6), ("d", "c", 6))]
    start = time.monotonic()
    try:
        for s in sessions:
            until("it runs", lambda: s.alive_since(start + 0.3), 5)
        dual.power_off(lab, "pe1")
        dual.igp_withdraws(lab, "pe1")
        until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 10)
        now = time.monotonic()
        for s in sessions:
            until("it goes on", lambda: s.alive_since(now + 0.5), 20)
    finally:
        dual.igp_restores(lab, "pe1")
        dual.power_on(lab, "pe1")
        for s in sessions:
            s.stop()
    print("\nTCP silent for", ", ".join(f"{s.gap_ms:.0f} ms" for s in sessions))


def test_a_host_goes_to_the_other_site_and_returns(lab):
    """Both PEs of site 1 ask and withdraw; the master alone tells the neighbours."""
    address = lab.address("c")
    lab.ping("a", address)
    with capture.Capture(lab, "ce1", ("pe3",), direction="in") as cap:
        lab.move("c", 2)
        until("PE-2 has C", lambda: address in dual.local(lab, "pe2"), 10)
        until("PE-1 and PE-3 have not",
              lambda: not any(address in dual.local(lab, pe) for pe in ("pe1", "pe3")), 10)
        until("A has the proxy MAC for C", lambda: claims.neighbour(lab, "a", address)
              == claims.PROXY_MAC[4], 8)
        time.sleep(3)
    lab.move("c", 1)
    dual.settled(lab)
    assert lab.pings("b", address, wait=3)
    own = frames.mac("02:00:00:00:02:03")
    said = [f for _, _, f in capture.arps(cap.frames()) if f[6:12] == own]
    assert said and not [f for f in said if f[28:32] == f[38:42]], "the backup announced"
