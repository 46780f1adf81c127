# SPDX-License-Identifier: GPL-2.0-or-later
"""What a peer can get wrong, and what becomes of it (RFC 4271 6, RFC 7606).

s1 speaks, wrongly; s2 listens to what the reflector makes of it.  Each fault is about a
route that s1 announced properly before, so that every fate shows:

    KEEP      the fault is harmless: the route stays, the session too
    WITHDRAW  the route goes, the session stays
    RESET     the session ends with this NOTIFICATION, and the routes with it

and in no case does the daemon end, or s2 hear anything else about it.
"""

import struct
import time

import pytest

from vslab import speaker as bgp
from vslab.speaker import (EXTENDED, KEEPALIVE, OPEN, OPTIONAL, ROUTE_REFRESH, TRANSITIVE,
                           UPDATE, Closed, Speaker, attr, message)
from vslab.topologies import PE1, PE2, RR, SCRIPTED
from vslab.wait import until

KEEP, WITHDRAW = "keep", "withdraw"
OT = OPTIONAL | TRANSITIVE
RD = f"{PE1}:100"

HEADER, OPEN_ERROR, UPDATE_ERROR, FSM, REFRESH = 1, 2, 3, 5, 7


def reset(code, *subcodes):
    """Ends with this code and one of these subcodes; none: whichever."""
    return code, subcodes


def route(prefix):
    return bgp.mp_reach(bgp.vpn_nlri(prefix, RD), hop=PE1)


def faulty(*attrs, without=None):
    """An UPDATE about the route with good attributes, but for these.  An attribute of the
    same code replaces the good one."""
    def make(prefix):
        codes = {a[1] for a in attrs}
        good = [a for a in bgp.good_attrs() if a[1] not in codes and a[1] != without]
        return bgp.update(route(prefix), *good, *attrs)
    return make


def next_hop(octets):
    """An UPDATE with such a next hop."""
    return lambda prefix: bgp.update(
        bgp.mp_reach(bgp.vpn_nlri(prefix, RD), next_hop=octets), *bgp.good_attrs())


def nlri_of(**kw):
    return lambda prefix: bgp.update(
        bgp.mp_reach(bgp.vpn_nlri(prefix, RD, **kw), hop=PE1), *bgp.good_attrs())


def raw(data):
    return lambda prefix: data


def cut_nlri(prefix):
    return bgp.update(bgp.mp_reach(bgp.vpn_nlri(prefix, RD)[:-2], hop=PE1), *bgp.good_attrs())


def twice(prefix):
    return bgp.update(route(prefix), route(prefix), *bgp.good_attrs())


def unreach_cut(prefix):
    return bgp.update(bgp.mp_unreach(bgp.vpn_nlri(prefix, RD)[:-2]))


def unreach_twice(prefix):
    gone = bgp.mp_unreach(bgp.vpn_nlri("9.9.9.9/32", RD))
    return bgp.update(gone, gone)


def attribute_overruns(prefix):
    """The last attribute claims more than there is: MP_REACH was read, so withdraw
    (RFC 7606 4)."""
    return bgp.update(route(prefix), bgp.origin(), bgp.as_path(), bgp.local_pref(),
                      attr(16, bgp.route_target(), OT, length=80))


def one_octet_over(prefix):
    return bgp.update(route(prefix), *bgp.good_attrs(), b"\x40")


def no_nlri_at_all(prefix):
    return bgp.update(attr(1, b"\x02\x02"), bgp.as_path(), bgp.local_pref())


EMPTY = b""
CASES = {
    # name: (what is sent, the fate)
    "ORIGIN of two octets": (faulty(attr(1, b"\2\2")), WITHDRAW),
    "ORIGIN of no octet": (faulty(attr(1, EMPTY)), WITHDRAW),
    "ORIGIN 3": (faulty(bgp.origin(3)), WITHDRAW),
    "ORIGIN marked optional": (faulty(attr(1, b"\2", OT)), WITHDRAW),
    "no ORIGIN": (faulty(without=1), WITHDRAW),
    "no AS_PATH": (faulty(without=2), WITHDRAW),
    "AS_PATH with segment type 9": (faulty(attr(2, b"\x09\x01\0\0\xfd\xe8")), WITHDRAW),
    "AS_PATH segment longer than the path": (faulty(attr(2, b"\x02\x05\0\0\xfd\xe8")),
                                             WITHDRAW),
    "AS_PATH segment of no AS": (faulty(attr(2, b"\x02\0")), WITHDRAW),
    "AS_PATH with an octet over": (faulty(attr(2, b"\x02\x01\0\0\xfd\xe9\x02")), WITHDRAW),
    "LOCAL_PREF of three octets": (faulty(attr(5, b"\0\0\x64")), WITHDRAW),
    "MED of three octets": (faulty(attr(4, b"\0\0\1", OPTIONAL)), WITHDRAW),
    "COMMUNITIES of three octets": (faulty(attr(8, b"\0\0\1", OT)), WITHDRAW),
    "COMMUNITIES empty": (faulty(attr(8, EMPTY, OT)), WITHDRAW),
    "ORIGINATOR_ID of three octets": (faulty(attr(9, b"\1\1\1", OPTIONAL)), WITHDRAW),
    "CLUSTER_LIST of five octets": (faulty(attr(10, bytes(5), OPTIONAL)), WITHDRAW),
    "EXTENDED_COMMUNITIES of 12 octets": (faulty(attr(16, bgp.route_target() + bytes(4), OT)),
                                          WITHDRAW),
    "EXTENDED_COMMUNITIES empty": (faulty(attr(16, EMPTY, OT)), WITHDRAW),
    "EXTENDED_COMMUNITIES marked well-known": (faulty(attr(16, bgp.route_target(),
                                                           TRANSITIVE)), WITHDRAW),
    "LARGE_COMMUNITY of 11 octets": (faulty(attr(32, bytes(11), OT)), WITHDRAW),
    "an attribute longer than the rest": (attribute_overruns, WITHDRAW),
    "one octet after the last attribute": (one_octet_over, WITHDRAW),
    "an NLRI with label 5": (nlri_of(label=5), WITHDRAW),

    "ATOMIC_AGGREGATE of one octet": (faulty(attr(6, b"\0")), KEEP),
    "AGGREGATOR of five octets": (faulty(attr(7, bytes(5), OT)), KEEP),
    "no LOCAL_PREF, which then is 100": (faulty(without=5), KEEP),
    "LOCAL_PREF twice": (faulty(bgp.local_pref(), bgp.local_pref(7)), KEEP),
    "unknown optional transitive attribute": (faulty(attr(250, b"\1\2\3", OT)), KEEP),
    "unknown optional attribute": (faulty(attr(251, bytes(300), OPTIONAL)), KEEP),
    "unknown extended community": (faulty(bgp.ext_communities(
        bgp.route_target(), b"\x43\x99abcdef")), KEEP),
    "attributes in another order": (lambda prefix: bgp.update(
        *reversed(bgp.good_attrs()), route(prefix)), KEEP),
    "a short attribute with the extended length bit": (
        faulty(attr(1, b"\2", TRANSITIVE | EXTENDED)), KEEP),

    "MP_REACH twice": (twice, reset(UPDATE_ERROR)),
    "MP_UNREACH twice": (unreach_twice, reset(UPDATE_ERROR)),
    "a next hop of 16 octets for VPNv4": (next_hop(bytes(16)), reset(UPDATE_ERROR)),
    "an empty next hop": (next_hop(EMPTY), reset(UPDATE_ERROR)),
    "an NLRI of 87 bits": (nlri_of(bits=87), reset(UPDATE_ERROR)),
    "an NLRI of 121 bits": (nlri_of(bits=121), reset(UPDATE_ERROR)),
    "an NLRI cut short": (cut_nlri, reset(UPDATE_ERROR)),
    "a withdrawn NLRI cut short": (unreach_cut, reset(UPDATE_ERROR)),
    "MP_REACH of two octets": (raw(bgp.update(attr(14, b"\0\1", OPTIONAL),
                                              *bgp.good_attrs())), reset(UPDATE_ERROR)),
    "attributes wrong and no NLRI": (no_nlri_at_all, reset(UPDATE_ERROR)),
    "withdrawn routes longer than the message": (
        raw(message(UPDATE, struct.pack("!HH", 500, 0))), reset(UPDATE_ERROR, 1)),
    "attributes longer than the message": (
        raw(message(UPDATE, struct.pack("!HH", 0, 500))), reset(UPDATE_ERROR, 1)),
    "UPDATE of 22 octets": (raw(message(UPDATE, b"\0\0\0")), reset(HEADER, 2)),
    "marker with a hole": (raw(message(KEEPALIVE, marker=b"\xff" * 15 + b"\xfe")),
                           reset(HEADER, 1)),
    "length 18": (raw(message(KEEPALIVE, length=18)), reset(HEADER, 2)),
    "KEEPALIVE of 20 octets": (raw(message(KEEPALIVE, b"\0")), reset(HEADER, 2)),
    "message type 9": (raw(message(9, b"hello")), reset(HEADER, 3)),
    "message type 0": (raw(message(0)), reset(HEADER, 3)),
    "a second OPEN": (raw(message(OPEN, bgp.open_body(65000, PE1))), reset(FSM)),
    "ROUTE-REFRESH of three octets": (raw(message(ROUTE_REFRESH, b"\0\1\0")),
                                      reset(HEADER, 2)),
    "beginning of a refresh of five octets": (
        raw(message(ROUTE_REFRESH, b"\0\1\1\x80\0")), reset(REFRESH, 1)),
}

OPENS = {
    "version 3": (bgp.open_body(65000, PE1, version=3), {(2, 1)}),
    "another AS": (bgp.open_body(65001, PE1), {(2, 2)}),
    "router id 0.0.0.0": (bgp.open_body(65000, "0.0.0.0"), {(2, 3)}),
    "the reflector's own router id": (bgp.open_body(65000, RR), {(2, 3)}),
    "hold time 1": (bgp.open_body(65000, PE1, hold=1), {(2, 6)}),
    "hold time 2": (bgp.open_body(65000, PE1, hold=2), {(2, 6)}),
    "parameters longer than the message": (
        bgp.open_body(65000, PE1, params_length=200), {(2, 0), (1, 2)}),
    "parameters shorter than their length": (
        bgp.open_body(65000, PE1, params=b"\x02\x20\x01\x04"), {(2, 0)}),
    "a capability longer than its parameter": (
        bgp.open_body(65000, PE1, params=b"\x02\x04\x01\x20\0\1"), {(2, 0)}),
    "a parameter of unknown type": (
        bgp.open_body(65000, PE1, params=b"\x09\x02\0\0"), {(2, 4)}),
    "extended parameters cut short": (
        bgp.open_body(65000, PE1, params=b"\xff\x01\x00\x02\x00"), {(2, 0), (2, 4)}),
    "nothing behind the version": (b"\x04", {(1, 2)}),
    "AS4 capability of one octet": (
        bgp.open_body(65000, PE1, params=bgp.parameters(
            bgp.mp(1, 128), bgp.capability(65, b"\0"))), {(2, 0), (2, 2)}),
}


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("scripted")


def try_open(lab, node, local):
    try:
        return Speaker(lab.ns(node), local, RR).establish()
    except (Closed, OSError):
        return None


@pytest.fixture(scope="module")
def observer(lab):
    with until("the observer's session", lambda: try_open(lab, "s2", PE2), 10) as s:
        yield s


class Session:
    """s1's.  When a fault has ended it, the next is from another of its addresses: the
    reflector rightly keeps an offender waiting, longer each time."""

    def __init__(self, lab):
        self.lab, self.speaker, self.addresses = lab, None, iter(SCRIPTED)

    def get(self):
        if self.speaker is None or self.speaker.closed:
            address = next(self.addresses)
            self.speaker = until("s1's session",
                                 lambda: try_open(self.lab, "s1", address), 10)
        return self.speaker

    def stranger(self):
        """A connection on which nothing has been said yet."""
        self.drop()
        return Speaker(self.lab.ns("s1"), next(self.addresses), RR)

    def drop(self):
        if self.speaker:
            self.speaker.close()
        self.speaker = None


@pytest.fixture(scope="module")
def talker(lab):
    session = Session(lab)
    yield session
    session.drop()


@pytest.fixture(autouse=True)
def same_daemon(lab):
    """Whatever comes, the daemon that was there is there."""
    pid = lab.pid("rr")
    yield
    assert lab.pid("rr") == pid and lab.answers("rr") and not lab.ends("rr")


def announce(talker, observer, prefix):
    talker.get().send(bgp.update(route(prefix), *bgp.good_attrs()))
    until(f"the observer has {prefix}", lambda: observer.knows(prefix), 5, 0.01)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_in_an_established_session(lab, talker, observer, name):
    make, fate = CASES[name]
    n = list(CASES).index(name) + 1
    prefix, marker = f"1.1.1.{n}/32", f"1.1.2.{n}/32"
    announce(talker, observer, prefix)

    if fate in (KEEP, WITHDRAW):
        talker.get().send(make(prefix))
        announce(talker, observer, marker)  # what comes after has been read as well
        assert bool(observer.knows(prefix)) == (fate == KEEP)
        return

    with pytest.raises(Closed) as closed:
        talker.get().send(make(prefix))
        for _ in range(5):
            talker.get().read(1.0)
    talker.drop()
    code, subcodes = fate
    said = closed.value.notification
    assert said and said[0] == code, f"notification {said}"
    assert not subcodes or said[1] in subcodes, f"notification {said}"
    until("its routes are withdrawn", lambda: not observer.knows(prefix), 5)


@pytest.mark.parametrize("name", OPENS)
def test_a_faulty_open_is_refused_with_its_reason(lab, talker, observer, name):
    body, reasons = OPENS[name]
    with talker.stranger() as s:
        with pytest.raises(Closed) as closed:
            s.send(message(OPEN, body))
            for _ in range(5):
                s.read(1.0)
    assert closed.value.notification in reasons


@pytest.mark.parametrize("first", [message(KEEPALIVE), bgp.update(), b"GET / HTTP/1.0\r\n\r\n"
                                   + bytes(40)], ids=["KEEPALIVE", "UPDATE", "HTTP"])
def test_who_does_not_begin_with_open_is_shown_out(lab, talker, observer, first):
    with talker.stranger() as s:
        with pytest.raises(Closed) as closed:
            s.send(first)
            for _ in range(5):
                s.read(1.0)
    assert closed.value.notification is None or closed.value.notification[0] in (HEADER, FSM)


@pytest.mark.parametrize("capability", [
    bgp.capability(3, b"\0\1\0\x80\xff\x41\3"),  # ORF: more entries than there are
    bgp.capability(64, b"\0"),  # graceful restart, one octet
    bgp.capability(73, b"\xff" + b"x" * 3),  # FQDN, inner length too long
    bgp.capability(75, b"\xf0version"),  # software version
    bgp.capability(71, bytes(5)),  # LLGR, not in sevens
    bgp.capability(69, bytes(3)),  # ADD-PATH, not in fours
    bgp.capability(239, bytes(200)),
], ids=["ORF", "GR", "FQDN", "software version", "LLGR", "ADD-PATH", "unknown"])
def test_an_odd_capability_is_ignored_or_refused_but_does_no_harm(lab, talker, observer,
                                                                   capability):
    params = bgp.usual_parameters(65000) + bgp.parameters(capability)
    with talker.stranger() as s:
        s.send(message(OPEN, bgp.open_body(65000, s.router_id, params=params)))
        try:
            s.expect(OPEN)
            s.send(message(KEEPALIVE))
            s.expect(KEEPALIVE)
        except Closed as c:
            assert c.notification and c.notification[0] == OPEN_ERROR


def test_a_stream_cut_anywhere_means_the_same(lab, talker, observer):
    """TCP has no message boundaries."""
    data = bgp.update(route("1.1.3.1/32"), *bgp.good_attrs())
    for at in (1, 16, 18, 19, 25, len(data) - 1):
        talker.get().send(data[:at])
        time.sleep(0.02)  # so that it arrives by itself; the result is the same if not
        talker.get().send(data[at:])
    until("the observer has it", lambda: observer.knows("1.1.3.1/32"), 5)


def test_all_that_while_the_observer_kept_its_session(observer, talker):
    announce(talker, observer, "1.1.4.1/32")
    assert observer.knows("1.1.4.1/32")


def test_nothing_malformed_is_kept(lab, talker, observer):
    """What the reflector shows is what the observer was told."""
    talker.drop()
    until("s1's routes are gone", lambda: not any(
        bgp.learned(observer.updates()).values()), 5)
    assert "1.1.1." not in lab.show("rr", "bgp", "routes")
