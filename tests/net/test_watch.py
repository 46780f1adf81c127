# SPDX-License-Identifier: GPL-2.0-or-later
"""Who watches: a BMP station and MRT files, checked by parsers of their own, and by the
tools people use (tshark, pmbmpd, bgpdump).  None of those knows
RIB_GENERIC of labelled VPN routes, so of a table dump only our own parser is the judge."""

import contextlib
import json
import os
import signal
import subprocess
import time

import pytest

from vslab import bmp, mrt, speaker as bgp
from vslab.capture import Capture
from vslab.speaker import Speaker
from vslab.topologies import PE1, PE2, RR, SCRIPTED
from vslab.wait import until

RD = f"{PE1}:100"


@pytest.fixture(scope="module")
def lab(module_lab):
    lab = module_lab("scripted", watched=True)
    until("the reflector answers", lambda: lab.answers("rr"), 10)
    return lab


def connect(lab, address):
    def try_it():
        try:
            return Speaker(lab.ns("s1"), address, RR).establish()
        except (OSError, bgp.Closed, AssertionError):
            return None
    return until(f"{address} has a session", try_it, 60)


def announce(s, *prefixes):
    for prefix in prefixes:
        s.send(bgp.update(bgp.mp_reach(bgp.vpn_nlri(prefix, RD), hop=PE1),
                          *bgp.good_attrs()))


def withdraw(s, *prefixes):
    for prefix in prefixes:
        s.send(bgp.update(bgp.mp_unreach(bgp.vpn_nlri(prefix, RD))))


def test_a_station_is_told_what_happens(lab):
    first, second = SCRIPTED[:2]
    with Capture(lab, "core", expression="tcp port 11019") as cap, \
            bmp.Station(lab.ns("s2"), PE2) as st:
        until("the station is connected", lambda: st.info, 15)
        assert st.info[2] == b"rr"
        with connect(lab, first) as s, connect(lab, second) as t:
            announce(s, "1.1.1.1/32", "1.1.1.2/32")
            announce(t, "1.1.1.1/32")
            until("live routes", lambda: st.routes(first) == {"1.1.1.1/32", "1.1.1.2/32"}
                  and st.routes(second) == {"1.1.1.1/32"}, 5)
            local, _, remote, sent, received = st.opens[first]
            assert (local, remote) == (RR, s.sock.getsockname()[1])
            assert received == bgp.open_body(65000, first)

            withdraw(s, "1.1.1.2/32")
            until("one less", lambda: st.routes(first) == {"1.1.1.1/32"}, 5)

            st.drop()
            until("it is told all again", lambda: st.connections == 2 and
                  st.routes(first) == {"1.1.1.1/32"} and {(first, 1), (first, 2),
                  (second, 1)} <= st.eors, 15)

            bad = bgp.update(bgp.mp_reach(bgp.vpn_nlri("1.1.1.1/32", RD), hop=PE1),
                             bgp.origin(9), bgp.as_path(), bgp.local_pref())
            s.send(bad)
            until("what is malformed is mirrored and its route gone",
                  lambda: st.mirrored.get(first) == [{0: bad, 1: b"\0\0"}]
                  and st.routes(first) == set(), 5)
            until("statistics", lambda: first in st.stats, 15)
            assert st.stats[first][11] == (1).to_bytes(4, "big")  # treat-as-withdraw
            assert st.stats[first][7] == bytes(8)  # routes

            s.send(bgp.message(bgp.NOTIFICATION, b"\6\2"))
            until("its notification", lambda: first in st.downs, 5)
            assert st.downs[first][0] == 3 and st.downs[first][1][19:] == b"\6\2"
        until("a closed connection", lambda: st.downs.get(second, (0,))[0] == 4, 5)
        shown = lab.show_json("rr", "bmp")["collectors"][0]
        assert shown["connections"] == 2 and shown["mirrored"] == 1
    assert cap.malformed() == ""
    kinds = cap.tshark("-d", "tcp.port==11019,bmp", "-T", "fields", "-e", "bmp.type")
    assert {0, 1, 2, 3, 4, 6} <= {int(k) for k in kinds.replace(",", " ").split()}


def table(lab, path):
    lab.cli("rr", "mrt", "table", path)
    until("the file is there", lambda: os.path.exists(path), 10)
    return mrt.table(path)


def test_the_table_is_dumped(lab):
    path = f"{lab.node_dir('rr')}/dump/table"
    want = {f"7.0.{n // 250}.{n % 250}/32" for n in range(1000)}
    with connect(lab, SCRIPTED[2]) as s:
        announce(s, *want)
        until("the routes are there", lambda: lab.show_json("rr", "bgp", "neighbor",
              SCRIPTED[2])["neighbor"]["routes"]["received"] == 1000, 10)
        held = table(lab, path)
        assert {p for _, p in held[SCRIPTED[2]]} == want
        shown = lab.show_json("rr", "mrt")["table"]
        assert shown["routes"] == 1000 and not shown["running"]


def test_a_file_that_cannot_be_written_is_told(lab):
    lab.cli("rr", "mrt", "table", "/proc/nowhere")
    until("it failed", lambda: lab.show_json("rr", "mrt")["table"]["failures"] == 1, 5)
    assert "mrt: table" in lab.log("rr")
    assert lab.cli("rr", "mrt", "table", "relative", check=False).returncode == 2
    assert lab.answers("rr")


def test_messages_are_recorded(lab):
    path = f"{lab.node_dir('rr')}/mrt/updates.{time.gmtime().tm_year}"
    peer = SCRIPTED[3]
    with connect(lab, peer) as s:
        announce(s, "8.8.8.8/32")
        s.send(bgp.message(bgp.NOTIFICATION, b"\6\4"))

    def heard():
        got, states = [], []
        for when, kind, sub, body in mrt.records(path):
            assert kind == mrt.BGP4MP_ET and abs(when - time.time()) < 600
            who, rest = mrt.session(body)
            if who == peer and sub == mrt.MESSAGE_AS4:
                (message, _), = bmp.messages(rest)
                got.append(message)
            elif who == peer:
                assert sub == mrt.STATE_CHANGE_AS4
                states.append((rest[1], rest[3]))
        return got == [1, 4, 2, 3] and states[-1][0] == 6
    until("OPEN, KEEPALIVE, UPDATE, NOTIFICATION, and the end", heard, 5)
    text = subprocess.run(["bgpdump", "-m", path], capture_output=True, text=True)
    assert f"STATE|{peer}|65000|5|6" in text.stdout
    assert text.returncode == 0


def writer_of(lab, node):
    """The process that writes the files of a daemon."""
    with open(f"{lab.node_dir(node)}/pid") as f:
        daemon = int(f.read())
    with open(f"/proc/{daemon}/task/{daemon}/children") as f:
        for child in map(int, f.read().split()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open(f"/proc/{child}/cmdline", "rb") as g:
                    if b"--write-files" in g.read():
                        return child
    return None


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # before or while it is read
        return False


def test_recording_goes_on_when_the_writer_is_killed(lab):
    path = f"{lab.node_dir('rr')}/mrt/updates.{time.gmtime().tm_year}"
    peer = SCRIPTED[3]

    def recorded(kind):
        found = 0
        for _, _, sub, body in mrt.records(path):
            who, rest = mrt.session(body)
            if who == peer and sub == mrt.MESSAGE_AS4:
                found += sum(m == kind for m, _ in bmp.messages(rest))
        return found
    with connect(lab, peer) as s:
        for n in range(3):
            before, updates = lab.show_json("rr", "mrt")["updates"], recorded(2)
            killed = writer_of(lab, "rr")
            os.kill(killed, signal.SIGKILL)
            until("it is gone", lambda pid=killed: not alive(pid), 5)
            announce(s, *(f"8.8.{n}.{i}/32" for i in range(10)))
            until("what came meanwhile is written, and what came before is still there",
                  lambda want=updates + 10: recorded(2) == want, 5)
            after = lab.show_json("rr", "mrt")["updates"]
            assert after["open"] and after["failures"] == before["failures"] + 1
            assert after["lost-records"] == before["lost-records"]
            assert writer_of(lab, "rr") not in (None, killed)


def test_a_real_station_takes_it(lab, tmp_path):
    log = tmp_path / "bmp.json"
    conf = tmp_path / "pmbmpd.conf"
    conf.write_text(f"bmp_daemon_ip: {PE2}\nbmp_daemon_port: 11019\n"
                    f"bmp_daemon_msglog_file: {log}\nlogfile: {tmp_path}/log\n")
    proc = subprocess.Popen(["nsenter", f"--net={lab.ns('s2').path}", "pmbmpd",
                             "-f", str(conf)])
    try:
        with connect(lab, SCRIPTED[4]) as s:
            announce(s, "9.9.9.9/32")

            def logged():
                if not log.exists():
                    return False
                lines = [json.loads(line) for line in log.read_text().splitlines()]
                return any(e.get("ip_prefix") == "9.9.9.9/32" and e.get("rd") for e in
                           lines) and any(e.get("bmp_msg_type") == "peer_up" and
                                          e.get("peer_ip") == SCRIPTED[4] for e in lines)
            until("pmbmpd has the peer and the route", logged, 30)
    finally:
        proc.terminate()
        proc.wait(10)
