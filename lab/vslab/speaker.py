# SPDX-License-Identifier: GPL-2.0-or-later
"""A BGP speaker that says what it is told, however wrong, and writes down what it hears.

Messages are built from parts that can each be replaced by garbage; nothing here checks
what it sends.
"""

import ipaddress
import select
import socket
import struct
import time

KEEPALIVE_EVERY = 20  # seconds, when somebody reads
MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = 1, 2, 3, 4, 5
TRANSITIVE, OPTIONAL, EXTENDED = 0x40, 0x80, 0x10
SAFI_VPN = 128


def message(kind, body=b"", length=None, marker=MARKER):
    size = 19 + len(body) if length is None else length
    return marker + struct.pack("!HB", size, kind) + body


def capability(code, value=b""):
    return bytes([code, len(value)]) + value


def mp(afi, safi):
    return capability(1, struct.pack("!HBB", afi, 0, safi))


def as4(asn):
    return capability(65, struct.pack("!I", asn))


def extended_next_hop():
    """VPNv4 with next hops of IPv6 (RFC 8950)."""
    return capability(5, struct.pack("!HHH", 1, SAFI_VPN, 2))


def parameters(*capabilities):
    caps = b"".join(capabilities)
    return bytes([2, len(caps)]) + caps


def usual_parameters(asn):
    return parameters(mp(1, SAFI_VPN), mp(2, SAFI_VPN), capability(2), capability(70),
                      capability(6), as4(asn))


def open_body(asn, router_id, hold=180, params=None, version=4, params_length=None):
    params = usual_parameters(asn) if params is None else params
    size = len(params) if params_length is None else params_length
    return (struct.pack("!BHH", version, asn if asn < 65536 else 23456, hold)
            + socket.inet_aton(router_id) + bytes([size]) + params)


def attr(code, value, flags=TRANSITIVE, length=None):
    size = len(value) if length is None else length
    if size > 255 or flags & EXTENDED:
        return struct.pack("!BBH", flags | EXTENDED, code, size) + value
    return struct.pack("!BBB", flags, code, size) + value


def update(*attrs, withdrawn=b"", nlri=b"", attrs_length=None):
    body = b"".join(attrs)
    size = len(body) if attrs_length is None else attrs_length
    return message(UPDATE, struct.pack("!H", len(withdrawn)) + withdrawn
                   + struct.pack("!H", size) + body + nlri)


def rd(text):
    admin, number = text.rsplit(":", 1)
    if "." in admin:
        return struct.pack("!H4sH", 1, socket.inet_aton(admin), int(number))
    return struct.pack("!HHI", 0, int(admin), int(number))


def vpn_nlri(prefix, rd_text, label=100016, bits=None):
    net = ipaddress.ip_network(prefix)
    address = net.network_address.packed[:(net.prefixlen + 7) // 8]
    bits = 24 + 64 + net.prefixlen if bits is None else bits
    return bytes([bits]) + struct.pack("!I", label << 4 | 1)[1:] + rd(rd_text) + address


def vpn_next_hop(afi, hop):
    packed = ipaddress.ip_address(hop).packed
    mapped = afi == 2 and len(packed) == 4
    return bytes(8) + (bytes(10) + b"\xff\xff" + packed if mapped else packed)


def mp_reach(nlri, afi=1, hop="192.0.2.12", next_hop=None, safi=SAFI_VPN, **kw):
    next_hop = vpn_next_hop(afi, hop) if next_hop is None else next_hop
    value = struct.pack("!HBB", afi, safi, len(next_hop)) + next_hop + b"\0" + nlri
    return attr(14, value, **{"flags": OPTIONAL, **kw})


def mp_unreach(nlri, afi=1, safi=SAFI_VPN, **kw):
    return attr(15, struct.pack("!HB", afi, safi) + nlri, **{"flags": OPTIONAL, **kw})


def origin(value=2):
    return attr(1, bytes([value]))


def as_path(*ases):
    return attr(2, bytes([2, len(ases)]) + b"".join(struct.pack("!I", a) for a in ases)
                if ases else b"")


def local_pref(value=100):
    return attr(5, struct.pack("!I", value))


def route_target(asn=65000, number=100):
    return struct.pack("!BBHI", 0, 2, asn, number)


def ext_communities(*communities):
    return attr(16, b"".join(communities or [route_target()]), OPTIONAL | TRANSITIVE)


def good_attrs():
    return origin(), as_path(), local_pref(), ext_communities()


class Closed(Exception):
    """The other side ended the session; .notification is what it said, if anything."""

    def __init__(self, notification=None):
        self.notification = notification
        super().__init__(f"session closed, notification {notification}")


class Speaker:
    """One session.  Not a thread: it reads when asked to, so ask now and then."""

    def __init__(self, ns, local, remote, asn=65000, router_id=None, port=179, ttl=64,
                 rcvbuf=None):
        self.asn, self.router_id = asn, router_id or local
        v6 = ":" in remote
        self.buffer, self.heard, self.established = b"", [], False
        self.closed = False
        self.spoke = time.monotonic()
        self.sock = ns.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if v6:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
        else:
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        self.sock.bind((local, 0))
        self.sock.settimeout(3)
        self.sock.connect((remote, port))

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def send(self, *messages):
        self.spoke = time.monotonic()
        try:
            self.sock.sendall(b"".join(messages))
        except OSError:
            raise Closed(self.last_words()) from None

    def reset(self):
        """Go without FIN: the other side gets a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def establish(self, timeout=5, hold=180, params=None):
        self.send(message(OPEN, open_body(self.asn, self.router_id, hold, params)))
        self.expect(OPEN, timeout)
        self.send(message(KEEPALIVE))
        self.expect(KEEPALIVE, timeout)
        self.established = True
        return self

    def keep_alive(self):
        if self.established and time.monotonic() - self.spoke > KEEPALIVE_EVERY:
            self.send(message(KEEPALIVE))

    def read(self, timeout=1.0):
        """The next message as (type, body), or None; Closed when there will be no more."""
        self.keep_alive()
        end = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 19:
                size, kind = struct.unpack("!HB", self.buffer[16:19])
                if len(self.buffer) >= size:
                    body, self.buffer = self.buffer[19:size], self.buffer[size:]
                    self.heard.append((kind, body))
                    if kind == NOTIFICATION:
                        self.closed = True
                        raise Closed((body[0], body[1]))
                    return kind, body
            left = max(0.0, end - time.monotonic())
            if not select.select([self.sock], [], [], left)[0]:
                return None
            try:
                more = self.sock.recv(65536)
            except OSError:
                more = b""
            if not more:
                self.closed = True
                raise Closed()
            self.buffer += more

    def expect(self, kind, timeout=5.0):
        """The next message of that type; others are heard and passed over."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            got = self.read(end - time.monotonic())
            if got and got[0] == kind:
                return got[1]
        raise AssertionError(f"no message of type {kind} within {timeout} s")

    def last_words(self):
        """The notification they closed with, if one is on its way."""
        try:
            while self.read(1.0):
                pass
        except Closed as c:
            return c.notification
        return None

    def updates(self, seconds=0.0):
        """Bodies of all UPDATEs heard so far, after listening a little more."""
        while self.read(seconds):
            pass
        return [body for kind, body in self.heard if kind == UPDATE]

    def knows(self, prefix, afi=1):
        """From the UPDATEs heard: is this prefix announced to us now?  {rd: label}"""
        return learned(self.updates(), afi).get(prefix, {})


def walk_attrs(body):
    withdrawn = struct.unpack("!H", body[:2])[0]
    at = 2 + withdrawn
    end = at + 2 + struct.unpack("!H", body[at:at + 2])[0]
    at += 2
    while at + 3 <= end:
        flags, code = body[at], body[at + 1]
        wide = flags & EXTENDED
        size = struct.unpack("!H", body[at + 2:at + 4])[0] if wide else body[at + 2]
        at += 4 if wide else 3
        yield code, flags, body[at:at + size]
        at += size


def walk_nlri(data, afi):
    size = 4 if afi == 1 else 16
    while data:
        bits = data[0] - 88
        length = (bits + 7) // 8
        label, rdb = data[1:4], data[4:12]
        address = data[12:12 + length].ljust(size, b"\0")
        yield rdb, f"{ipaddress.ip_address(address)}/{bits}", label
        data = data[12 + length:]


def learned(updates, afi=1):
    """{prefix: {rd bytes: label bytes}} after these updates, in order."""
    table = {}
    for body in updates:
        for code, _, value in walk_attrs(body):
            if code == 14 and value[:3] == struct.pack("!HB", afi, SAFI_VPN):
                for rdb, prefix, label in walk_nlri(value[5 + value[3]:], afi):
                    table.setdefault(prefix, {})[rdb] = label
            elif code == 15 and value[:3] == struct.pack("!HB", afi, SAFI_VPN):
                for rdb, prefix, _ in walk_nlri(value[3:], afi):
                    table.get(prefix, {}).pop(rdb, None)
    return table
