# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to the transport and to the processes at both ends, and that the reflector
loses nothing by it: no session that is not concerned, no descriptor, no memory, no CPU.

s1 is many clients, s2 the one who watches.  Hold times are small, so that seconds tell.
"""

import os
import resource
import signal
import socket
import time

import pytest

from vslab import speaker as bgp
from vslab.speaker import KEEPALIVE, NOTIFICATION, OPEN, Closed, Speaker, message
from vslab.topologies import (FLAPPING, HASTY, HASTY_HOLD, HASTY_SEND_HOLD, PE1, PE2, RR,
                               SCRIPTED)
from vslab.wait import until

RD = f"{PE1}:100"
HOLD = HASTY_HOLD
MB = 1 << 20
STRANGER = "10.0.1.2"  # s1's address on the core, which is no neighbor


@pytest.fixture(scope="module")
def lab(module_lab):
    def ready(lab):
        until("the reflector answers", lambda: lab.answers("rr"))
    return module_lab("scripted", ready=ready)


@pytest.fixture(scope="module")
def address():
    """Another client each time: one that failed is kept waiting, as it should be."""
    fresh = iter(SCRIPTED[:90])
    return lambda: next(fresh)


@pytest.fixture(autouse=True)
def same_daemon(lab):
    pid = lab.pid("rr")
    yield
    assert lab.pid("rr") == pid and not lab.ends("rr") and lab.answers("rr")


@pytest.fixture(scope="module")
def watcher(lab):
    """Up all the time; its keepalives are sent by whoever reads it, often enough."""
    with until("s2's session", lambda: connect(lab, "s2", PE2), 20) as s:
        yield s


def connect(lab, node, local, hold=180, rcvbuf=None):
    try:
        s = Speaker(lab.ns(node), local, RR, rcvbuf=rcvbuf)
    except OSError:
        return None
    try:
        return s.establish(hold=hold)
    except (Closed, OSError, AssertionError):
        s.close()
        return None


def session(lab, local, **kw):
    return until(f"a session of {local}", lambda: connect(lab, "s1", local, **kw), 20)


def host(n):
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32"


def announce(*prefixes, hop=PE1):
    nlri = b"".join(bgp.vpn_nlri(p, RD) for p in prefixes)
    return bgp.update(bgp.mp_reach(nlri, hop=hop), *bgp.good_attrs())


def many(first, count, each=200):
    return b"".join(announce(*(host(i) for i in range(n, min(n + each, first + count))))
                    for n in range(first, first + count, each))


def stat(pid):
    """(CPU seconds, RSS octets, open descriptors)"""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return (ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * resource.getpagesize(),
            len(os.listdir(f"/proc/{pid}/fd")))


def down(lab, peer):
    return f"peer {peer}: down" in lab.log("rr")


# --- the peer goes away ---------------------------------------------------------------------


def at_connect(s):
    del s


def after_open(s):
    s.send(message(OPEN, bgp.open_body(s.asn, s.router_id)))


def after_its_open(s):
    after_open(s)
    s.expect(OPEN)


def established(s):
    s.establish()


def within_an_update(s):
    s.establish()
    s.send(announce("10.9.9.9/32")[:40])


STATES = [at_connect, after_open, after_its_open, established, within_an_update]


@pytest.mark.parametrize("how", ["FIN", "RST"])
@pytest.mark.parametrize("when", STATES, ids=lambda f: f.__name__)
def test_a_peer_that_goes_in_any_state_may_come_back(lab, address, watcher, when, how):
    local = address()
    s = Speaker(lab.ns("s1"), local, RR)
    when(s)
    if s.established:
        s.send(announce("10.8.0.1/32"))
        if when is established:
            until("its route is there", lambda: watcher.knows("10.8.0.1/32"), 5, 0.01)
    s.reset() if how == "RST" else s.close()
    with session(lab, local) as s:
        assert s.established
        until("its old route is gone", lambda: not watcher.knows("10.8.0.1/32"), 5, 0.01)


def test_a_peer_that_falls_silent_is_given_up_after_the_hold_time(lab, address, watcher):
    """Half open: it is gone, and nobody told us."""
    local = address()
    s = session(lab, local, hold=HOLD)
    s.send(announce("10.8.0.2/32"))
    until("its route is there", lambda: watcher.knows("10.8.0.2/32"), 5, 0.01)
    began = time.monotonic()
    until("its route is gone", lambda: not watcher.knows("10.8.0.2/32"), HOLD + 3, 0.05)
    assert time.monotonic() - began > HOLD - 1
    with pytest.raises(Closed) as closed:
        s.last_words()
        s.read(0)
    assert (NOTIFICATION, b"\4\0") in s.heard, closed.value
    s.close()
    session(lab, local).close()


# --- processes that stand still -------------------------------------------------------------


@pytest.fixture(scope="module")
def stopped(lab):
    """Stop our daemon for so long, and let it go on."""
    def stop(seconds):
        pid = lab.kill("rr", signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)
    return stop


def test_a_stop_shorter_than_the_hold_time_goes_unnoticed(lab, address, stopped):
    local = address()
    with session(lab, local, hold=HOLD) as s:
        stopped(HOLD * 0.6)
        for _ in range(4):  # keepalives go both ways again
            s.send(message(KEEPALIVE))
            s.expect(KEEPALIVE, 2)
        assert not down(lab, local)


def test_after_a_stop_what_came_meanwhile_counts(lab, address, stopped):
    """It slept past the hold time, the peer did not: its keepalives lie in the socket, and
    are read before the timer is believed."""
    local = address()
    with session(lab, local, hold=HOLD) as s:
        pid = lab.kill("rr", signal.SIGSTOP)
        for _ in range(5):
            time.sleep(1)
            s.send(message(KEEPALIVE))
        os.kill(pid, signal.SIGCONT)
        until("it says something", lambda: s.read(0.1), 2)
        s.send(message(KEEPALIVE))
        s.expect(KEEPALIVE, 2)
        assert not down(lab, local)


def test_a_stop_longer_than_the_peers_hold_time_is_recovered_from(lab, address, watcher,
                                                                   stopped):
    local = address()
    s = session(lab, local, hold=HOLD)
    s.send(announce("10.8.0.3/32"))
    lab.kill("rr", signal.SIGSTOP)
    s.reset()  # its hold timer has run out
    stopped(1)
    with session(lab, local, hold=HOLD) as s:
        s.send(announce("10.8.0.3/32"))
        until("its route is there", lambda: watcher.knows("10.8.0.3/32"), 5, 0.01)


# --- out of something -----------------------------------------------------------------------


def test_out_of_descriptors_it_neither_spins_nor_drops_a_session(lab, address, watcher):
    pid = lab.pid("rr")
    cpu, _, fds = stat(pid)
    was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (fds, was[1]))
    try:
        local = address()
        s = Speaker(lab.ns("s1"), local, RR)
        s.send(message(OPEN, bgp.open_body(s.asn, s.router_id)))
        assert s.read(2) is None
        assert stat(pid)[0] - cpu < 0.5
        watcher.send(message(KEEPALIVE))
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
    s.expect(OPEN, 3)  # the one who waited is served
    s.close()
    assert "out of file descriptors" in lab.log("rr")
    assert not down(lab, PE2)


def test_with_tiny_socket_buffers_all_gets_through(lab, address, watcher):
    small = {"tcp_wmem": "4096 4096 4096", "tcp_rmem": "4096 4096 4096"}
    old = {k: lab.run("rr", "sysctl", "-n", f"net.ipv4.{k}").stdout.split() for k in small}
    for k, v in small.items():
        lab.run("rr", "sysctl", "-q", f"net.ipv4.{k}={v}")
    try:
        with session(lab, address()) as s, session(lab, address()) as other:
            s.sock.settimeout(20)
            s.send(many(1 << 20, 5000))
            until("the last is known", lambda: other.knows(host((1 << 20) + 4999)), 20)
    finally:
        for k, v in old.items():
            lab.run("rr", "sysctl", "-q", f"net.ipv4.{k}={' '.join(v)}")


def test_a_flood_from_strangers_is_counted_and_leaves_nothing(lab, watcher):
    pid = lab.pid("rr")
    before = stat(pid)
    for _ in range(10):
        socks = []
        for _ in range(100):
            s = lab.ns("s1").socket(socket.AF_INET, socket.SOCK_STREAM)
            s.settimeout(3)
            s.bind((STRANGER, 0))
            s.connect((RR, 179))
            socks.append(s)
        for s in socks:
            assert s.recv(1) == b""
            s.close()
    after = stat(pid)
    assert after[2] <= before[2]
    assert after[1] - before[1] < 2 * MB
    shown = lab.show_json("rr", "bgp")
    assert any(v >= 1000 for v in numbers(shown)), shown
    assert lab.log("rr").count(f"refused a connection from {STRANGER}") < 50
    assert not down(lab, PE2)


def numbers(x):
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, list):
        return [n for v in x for n in numbers(v)]
    return [x] if isinstance(x, int) and not isinstance(x, bool) else []


# --- peers that do not read -----------------------------------------------------------------


@pytest.mark.parametrize("pace", [0, 1], ids=["nothing", "an octet a second"])
def test_a_peer_that_does_not_read_costs_itself_the_session_and_nobody_anything(
        lab, address, watcher, pace):
    pid = lab.pid("rr")
    lazy_ip = HASTY[pace]
    lazy = session(lab, lazy_ip, rcvbuf=1024)
    first, count = (2 + pace) << 20, 60_000
    before = stat(pid)[1]
    with session(lab, address()) as s:
        s.sock.settimeout(30)
        began = time.monotonic()
        s.send(many(first, count))
        until("the others have them all", lambda: watcher.knows(host(first + count - 1)), 20)
        took = time.monotonic() - began
        grown = stat(pid)[1] - before
        print(f"{count} routes in {took:.2f} s, {grown / MB:.1f} MB")
        # The table itself, and at most some buffers for the one that does not read.
        assert grown < count * 100 + 2 * MB
        end = time.monotonic() + 3 * HASTY_SEND_HOLD
        while not down(lab, lazy_ip):
            assert time.monotonic() < end, "it is still up"
            lazy.sock.send(message(KEEPALIVE))  # it lives: its hold time is no reason
            if pace:
                lazy.sock.recv(pace)
            time.sleep(1)
            watcher.send(message(KEEPALIVE))
            s.send(message(KEEPALIVE))
        assert not down(lab, PE2)
    lazy.close()
    until("its socket is gone", lambda: lazy_ip not in lab.run(
        "rr", "ss", "-Htn", "state", "established").stdout, 5)
    with session(lab, lazy_ip) as s:
        assert s.established


# --- again and again ------------------------------------------------------------------------


def test_a_thousand_flaps_leave_nothing_behind(lab, watcher):
    """350 clients, three times each, every other time without a FIN.  The speaker keeps
    each waiting a little longer every time, which is all that this test waits for."""
    pid = lab.pid("rr")
    marks = []
    for _ in range(3):
        for n, local in enumerate(FLAPPING):
            s = until(f"{local} is let in", lambda: connect(lab, "s1", local), 30, 0.1)
            s.send(announce(host((9 << 16) + n)))
            s.reset() if n & 1 else s.close()
        until("all their routes are gone", lambda: not any(
            p.startswith("10.9.") and rds for p, rds in
            bgp.learned(watcher.updates()).items()), 10)
        watcher.heard.clear()
        watcher.send(message(KEEPALIVE))
        marks.append(stat(pid))
    print([f"{rss / MB:.2f} MB, {fds} descriptors" for _, rss, fds in marks])
    until("all descriptors are back", lambda: stat(pid)[2] <= marks[0][2], 5)
    assert marks[-1][1] - marks[0][1] < MB
    assert not down(lab, PE2)
