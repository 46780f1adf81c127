# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets on the ports of a node: captured by tcpdump, counted here, dissected by tshark.

Not on a PE: tcpdump sees neither what XDP redirects nor what it drops.  Every PE port has
a far end in a switch or router, and that is where to look.
"""

import ipaddress
import os
import select
import struct
import time

from .netns import run

IPV4, IPV6, ARP, RARP = 0x0800, 0x86DD, 0x0806, 0x8035
MPLS, VLAN, QINQ = 0x8847, 0x8100, 0x88A8
PCAP_MAGIC = 0xA1B2C3D4
PROTO_UDP, PROTO_GRE, PROTO_ICMP6, PORT_MPLS = 17, 47, 58, 6635
ND_KINDS = range(133, 138)


class Capture:
    """with Capture(lab, "core") as cap: …; then cap.frames(), cap.malformed(), …"""

    serial = 0

    def __init__(self, lab, node, ports=None, expression="", direction="inout"):
        self.lab, self.node, self.expression = lab, node, expression
        self.direction = direction  # as the node has it: "in", "out"
        if ports is None:
            ports = [p.name for link in lab.topology.links for p in (link.a, link.b)
                     if p.node == node]
        Capture.serial += 1
        self.files = {p: f"{lab.dir}/{node}-{p}-{os.getpid()}-{Capture.serial}.pcap"
                      for p in ports}
        self.running = []

    def __enter__(self):
        for port, path in self.files.items():
            self.running.append(self.lab.ns(self.node).popen(
                "tcpdump", "-i", port, "-Z", "root", "-n", "-U", "--immediate-mode",
                "-s", "0", "-Q", self.direction, "-B", "16384", "-w", path, *self.expression.split(), stderr=-1))
        for p in self.running:
            self.await_line(p, b"listening on")
        return self

    @staticmethod
    def await_line(process, text):
        said, end = b"", time.monotonic() + 10
        fd = process.stderr.fileno()
        while text not in said:
            if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"tcpdump does not start: {said.decode()}")
            more = os.read(fd, 4096)
            if not more:
                raise AssertionError(f"tcpdump ended: {said.decode()}")
            said += more

    def __exit__(self, *exc):
        for p in self.running:
            p.terminate()
        for p in self.running:
            p.communicate(timeout=10)
        self.running = []

    def frames(self):
        """(time, port, bytes) of everything seen, by time."""
        seen = []
        for port, path in self.files.items():
            seen += [(at, port, data) for at, data in read_pcap(path)]
        return sorted(seen, key=lambda f: f[0])

    def inner(self):
        """(time, port, Inner) of the tenants' packets in tunnels."""
        for at, port, data in self.frames():
            packet = decapsulate(data)
            if packet:
                yield at, port, packet

    def tshark(self, *args):
        """One tshark run per port; their outputs, joined."""
        return "".join(run("tshark", "-n", "-r", path, *args, timeout=120).stdout
                       for path in self.files.values())

    def malformed(self):
        """What tshark complains about: broken packets, wrong checksums."""
        return self.tshark(
            "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
            "-o", "bgp.desegment:TRUE",
            "-Y", "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0 || "
                  "icmpv6.checksum.status == 0 || udp.checksum.status == 0")


class Inner:
    """A tenant's packet: labels it wore, encapsulation, and its own header."""

    def __init__(self, encap, labels, packet):
        self.encap, self.labels, self.packet = encap, labels, packet
        if packet[0] >> 4 == 4:
            self.ttl, self.proto = packet[8], packet[9]
            self.src, self.dst = packet[12:16], packet[16:20]
            self.payload = packet[(packet[0] & 15) * 4:]
        else:
            self.ttl, self.proto = packet[7], packet[6]
            self.src, self.dst = packet[8:24], packet[24:40]
            self.payload = packet[40:]
        self.src, self.dst = ipaddress.ip_address(self.src), ipaddress.ip_address(self.dst)

    def is_nd(self):
        return self.proto == PROTO_ICMP6 and self.payload[:1] and self.payload[0] in ND_KINDS

    def __repr__(self):
        return f"{self.encap} {self.labels} {self.src} > {self.dst} ttl {self.ttl}"


def read_pcap(path):
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24:
        return
    order = "<" if struct.unpack("<I", data[:4])[0] == PCAP_MAGIC else ">"
    at = 24
    while at + 16 <= len(data):
        sec, usec, length, _ = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + length > len(data):
            break  # still being written
        yield sec + usec / 1e6, data[at + 16:at + 16 + length]
        at += 16 + length


def ethernet(frame):
    """(ethertype, tags, payload)"""
    kind, rest, tags = struct.unpack("!H", frame[12:14])[0], frame[14:], []
    while kind in (VLAN, QINQ) and len(rest) >= 4:
        tci, kind = struct.unpack("!HH", rest[:4])
        tags.append(tci & 0xFFF)
        rest = rest[4:]
    return kind, tags, rest


def decapsulate(frame):
    """The tenant's packet inside a core frame, or None if there is none."""
    kind, _, rest = ethernet(frame)
    encap = "mpls"
    if kind == IPV4 and len(rest) >= 28:
        proto, rest = rest[9], rest[(rest[0] & 15) * 4:]
        if proto == PROTO_UDP and struct.unpack("!H", rest[2:4])[0] == PORT_MPLS:
            encap, kind, rest = "udp", MPLS, rest[8:]
        elif proto == PROTO_GRE:
            encap, kind, rest = "gre", struct.unpack("!H", rest[2:4])[0], rest[4:]
    if kind != MPLS:
        return None
    labels = []
    while len(rest) >= 4:
        entry, rest = struct.unpack("!I", rest[:4])[0], rest[4:]
        labels.append(entry >> 12)
        if entry >> 8 & 1:
            break
    return Inner(encap, labels, rest) if len(rest) >= 20 else None


def arps(frames):
    """ARP and RARP frames among frames()."""
    return [f for f in frames if ethernet(f[2])[0] in (ARP, RARP)]


def arp_addresses(frame):
    """(op, sender MAC, sender IP, target IP) of an ARP frame."""
    _, _, body = ethernet(frame)
    return (struct.unpack("!H", body[6:8])[0], body[8:14],
            ipaddress.ip_address(body[14:18]), ipaddress.ip_address(body[24:28]))
