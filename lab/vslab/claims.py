# SPDX-License-Identifier: GPL-2.0-or-later
"""What we claim of two data centres with one subnet, as questions put to a lab.  The demo
tells them as a story, tests/net asserts them."""

import json
import random
import re
import socket
import statistics
import threading
import time

from . import capture, frames
from .wait import until

GATEWAY = {4: "1.1.255.254", 6: "2001:db8:1::ffff"}
PROXY_MAC = {4: "00:00:5e:00:01:0a", 6: "00:00:5e:00:02:0a"}
PE_NAME = {**{f"192.0.2.1{n}": f"PE-{n}" for n in range(1, 6)},
           **{f"pe{n}": f"PE-{n}" for n in range(1, 6)}}
SUBNETS = {4: "1.1.0.0/16", 6: "2001:db8:1::/64"}
FIRST_PE = {"a": "pe1", "c": "pe1", "b": "pe2", "d": "pe2"}
FIRST_PE_3 = {**FIRST_PE, "e": "pe5"}


def speak_up(lab):
    """Hosts are found when they say something, as hosts do: each asks for its gateway."""
    for host in lab.topology.hosts():
        for gateway in host.host.gateways:
            lab.pings(host.name, gateway, wait=0.2)


def pes(lab):
    return [name for name in lab.daemons() if name.startswith("pe")]


# --- routing tables -------------------------------------------------------------------


def routes_text(lab, pe, vpn="blue"):
    return lab.show(pe, "routes", vpn)


def table(lab, pe, vpn="blue", family=4):
    """The VRF's table as the deck has it: {(prefix, next hop, protocol)}."""
    rows = set()
    for line in routes_text(lab, pe, vpn).splitlines():
        words = line.split()
        if len(words) >= 3 and "/" in words[0] and (":" in words[0]) == (family == 6):
            rows.add((words[0], PE_NAME.get(words[1], words[1]), words[2]))
    return rows


def expected_table(lab, pe, family=4, where=None):
    """Slide 4's table for a PE; where: {host: pe}, as at the start if not given."""
    where = where or (FIRST_PE_3 if "e" in lab.topology.nodes else FIRST_PE)
    local = "ARP" if family == 4 else "ND"
    rows = {(SUBNETS[family], "Null", "Direct")}
    for host, at in where.items():
        prefix = f"{lab.address(host, family)}/{32 if family == 4 else 128}"
        rows.add((prefix, "Local", local) if at == pe else
                 (prefix, PE_NAME[at], "BGP"))
    return rows


def tables_match(lab, where=None, families=(4, 6)):
    """A probe for until(): all PEs' tables, both families, exactly."""
    for pe in pes(lab):
        for family in families:
            got, want = table(lab, pe, family=family), expected_table(lab, pe, family, where)
            assert got == want, (f"{pe}: missing {sorted(want - got)}, "
                                 f"too much {sorted(got - want)}")
    return True


def converged(lab, where=None, timeout=20, families=(4, 6)):
    """Every host discovered and known at both sites."""
    waited_for = until("the daemons answer",
                       lambda: all(lab.answers(n) for n in lab.daemons()), timeout)
    speak_up(lab)
    until("the VRF tables are as on the deck's slide 4",
          lambda: tables_match(lab, where, families), timeout)
    return waited_for


# --- caches ---------------------------------------------------------------------------


def neighbour(lab, host, address):
    """The MAC a host has for an address, or None."""
    for entry in json.loads(lab.ns(host).run("ip", "-j", "neigh", "show").stdout or "[]"):
        if entry["dst"] == address and "FAILED" not in entry.get("state", []):
            return entry.get("lladdr")
    return None


def cam(lab, site):
    """MACs that a site's switch has learned: {mac: port}."""
    out = lab.run(lab.topology.switch(site).name, "bridge", "-j", "fdb", "show").stdout
    return {e["mac"]: e["ifname"] for e in json.loads(out)
            if e.get("state") != "permanent" and "master" in e
            and "self" not in e.get("flags", [])}


def foreign_macs(lab, site):
    """In the switch's table, but of a host that is not at the site."""
    there = {lab.mac(h.name): h.name for h in lab.topology.hosts()
             if lab.site_of(h.name) != site}
    return {mac: there[mac] for mac in cam(lab, site) if mac in there}


# --- traffic --------------------------------------------------------------------------


class Throughput:
    def __init__(self, report):
        end = report["end"]
        self.gbits = end["sum_received"]["bits_per_second"] / 1e9
        self.retransmits = end["sum_sent"].get("retransmits", 0)
        self.bytes = end["sum_received"]["bytes"]


def tcp(lab, client, server, seconds=2, family=4, reverse=False, amount=None):
    """iperf3, one stream, for so long or so many bytes ("2M"); raises if nothing gets
    through."""
    address = lab.address(server, family)
    port = random.randrange(20000, 30000)
    limit = ("-n", amount) if amount else ("-t", seconds)
    listener = lab.ns(server).popen("iperf3", "-s", "-1", "-p", str(port), stdout=-1,
                                    stderr=-1)
    try:
        until("iperf3 listens", lambda: f":{port} " in lab.run(server, "ss", "-tln").stdout)
        r = lab.run(client, "iperf3", "-J", "-c", address, "-p", port, *limit,
                    "--connect-timeout", 3000, *(["-R"] if reverse else []), check=False,
                    timeout=seconds + 20)
        report = json.loads(r.stdout or "{}")
        assert r.returncode == 0 and "error" not in report, report.get("error", r.stderr)
        return Throughput(report)
    finally:
        listener.kill()
        listener.communicate()


class PingStream:
    """A ping every few milliseconds; afterwards, how long there was no answer."""

    def __init__(self, lab, host, target, interval=0.005):
        self.interval = interval
        self.process = lab.ns(host).popen("ping", "-n", "-D", "-i", str(interval), target,
                                          stdout=-1, stderr=-1, text=True)

    def stop(self):
        self.process.send_signal(2)
        out, _ = self.process.communicate(timeout=10)
        self.times, self.seqs = [], []
        for m in re.finditer(r"\[(\d+\.\d+)\].* icmp_seq=(\d+) .*time=", out):
            self.times.append(float(m[1]))
            self.seqs.append(int(m[2]))
        sent = re.search(r"(\d+) packets transmitted", out)
        self.sent = int(sent[1]) if sent else 0
        return self

    @property
    def lost(self):
        return self.sent - len(set(self.seqs))

    @property
    def lost_ms(self):
        """Unanswered pings, as time; but for one that may still be on its way."""
        return max(0, self.lost - 1) * self.interval * 1000

    @property
    def gap_ms(self):
        """The longest time between two answers."""
        gaps = [b - a for a, b in zip(self.times, self.times[1:])]
        return max(gaps, default=0.0) * 1000


class TcpSession:
    """A connection that carries a line every few milliseconds there and back, and fails
    if it is ever reset.  Its longest silence is what an application would notice."""

    def __init__(self, lab, client, server, family=4, interval=0.01):
        self.interval, self.error, self.echoes = interval, None, []
        self.stopping = threading.Event()
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        self.listener = lab.ns(server).socket(kind, socket.SOCK_STREAM)
        self.listener.bind((lab.address(server, family), 0))
        self.listener.listen(1)
        self.sock = lab.ns(client).socket(kind, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect((lab.address(server, family), self.listener.getsockname()[1]))
        self.sock.settimeout(None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.far, _ = self.listener.accept()
        self.far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.threads = [threading.Thread(target=f, daemon=True)
                        for f in (self.echo, self.talk, self.listen)]
        for t in self.threads:
            t.start()

    def guard(self, step):
        try:
            while not self.stopping.is_set():
                step()
        except OSError as e:
            if not self.stopping.is_set():
                self.error = e

    def echo(self):
        def step():
            data = self.far.recv(4096)
            if not data:
                raise ConnectionResetError("closed")
            self.far.sendall(data)
        self.guard(step)

    def talk(self):
        def step():
            self.sock.sendall(b"x" * 100)
            time.sleep(self.interval)
        self.guard(step)

    def listen(self):
        def step():
            if not self.sock.recv(4096):
                raise ConnectionResetError("closed")
            self.echoes.append(time.monotonic())
        self.guard(step)

    def alive_since(self, moment):
        """Has anything come back after that moment?"""
        if self.error:
            raise RuntimeError(f"the TCP session ended: {self.error}")
        return bool(self.echoes) and self.echoes[-1] > moment

    def stop(self):
        self.stopping.set()
        for s in (self.sock, self.far, self.listener):
            with_shutdown(s)
        for t in self.threads:
            t.join(5)
        if self.error:
            raise RuntimeError(f"the TCP session ended: {self.error}")
        return self

    @property
    def gap_ms(self):
        return max((b - a for a, b in zip(self.echoes, self.echoes[1:])), default=0.0) * 1000


def with_shutdown(s):
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()


# --- what must not cross the core -------------------------------------------------------


def unknown_addresses(lab, n, seed=7):
    """Addresses in the subnet that no host has."""
    taken = {lab.address(h.name) for h in lab.topology.hosts()}
    rng = random.Random(seed)
    found = set()
    while len(found) < n:
        address = f"1.1.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        if address not in taken and address != GATEWAY[4]:
            found.add(address)
    return sorted(found)


def udp_frame(src_mac, dst_mac, src, dst, payload=b"anyone there?"):
    """An IPv4 frame as a host with a made-up ARP entry would send it."""
    udp = (33434).to_bytes(2, "big") * 2 + (8 + len(payload)).to_bytes(2, "big") + b"\0\0"
    total = 20 + len(udp) + len(payload)
    head = (b"\x45\0" + total.to_bytes(2, "big") + b"\0\0\x40\0\x40\x11\0\0"
            + frames.ip(src) + frames.ip(dst))
    head = head[:10] + frames.checksum(head).to_bytes(2, "big") + head[12:]
    return frames.mac(dst_mac) + frames.mac(src_mac) + b"\x08\0" + head + udp + payload


def sweep(lab, host, n=500, pause=0.001):
    """A host looks for neighbours that don't exist: ARP, ND, and packets to the PE."""
    sha, spa = frames.mac(lab.mac(host)), frames.ip(lab.address(host))
    spa6 = frames.ip(lab.address(host, 6))
    with lab.ns(host).raw("eth0") as s:
        for i, address in enumerate(unknown_addresses(lab, n)):
            s.send(frames.arp_request(sha, spa, frames.ip(address)))
            s.send(udp_frame(lab.mac(host), PROXY_MAC[4], lab.address(host), address))
            s.send(frames.ns(sha, spa6, frames.ip(f"2001:db8:1::{i + 0x1000:x}")))
            time.sleep(pause)
    return n


def crossed(lab, cap):
    """What a capture on the core holds of the tenants: (packets to hosts we know,
    packets to anyone else, ARP and ND of the tenants)."""
    known = {lab.address(h.name, f) for h in lab.topology.hosts() for f in (4, 6)}
    to_known, to_unknown, discovery = 0, [], []
    for _, _, packet in cap.inner():
        if packet.is_nd():
            discovery.append(packet)
        if str(packet.dst) in known:
            to_known += 1
        else:
            to_unknown.append(packet)
    tenants = {frames.mac(lab.mac(h.name)) for h in lab.topology.hosts()}
    for _, _, frame in capture.arps(cap.frames()):
        if frame[6:12] in tenants or str(capture.arp_addresses(frame)[3]).startswith("1.1."):
            discovery.append(frame)
    return to_known, to_unknown, discovery


def median(values):
    return statistics.median(values) if values else 0.0
