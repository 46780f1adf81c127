# SPDX-License-Identifier: GPL-2.0-or-later
"""A BMP station (RFC 7854) with a parser of its own: it believes nothing and keeps what it
was told."""

import socket
import struct
import threading

from . import speaker

MONITORING, STATISTICS, DOWN, UP, INITIATION, TERMINATION, MIRRORING = range(7)


class Station:
    """Listens, takes one connection after the other, applies what comes."""

    def __init__(self, ns, address, port=11019):
        self.lock = threading.Lock()
        self.connections, self.error = 0, None
        self.raw = b""  # of the connection going on, or the last
        self.forget()
        self.listener = ns.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen()
        self.sock, self.going = None, True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def forget(self):
        self.info, self.ended, self.raw = {}, False, b""
        self.peers = {}  # address: {(rd, prefix): label}, of those that are up
        self.opens, self.downs, self.mirrored, self.stats = {}, {}, {}, {}
        self.eors = set()

    def run(self):
        while self.going:
            try:
                self.sock = self.listener.accept()[0]
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.forget()
            try:
                self.take()
            except OSError:
                pass
            except Exception as e:  # for the test to see
                self.error = repr(e)
                raise

    def take(self):
        waiting = b""
        while more := self.sock.recv(65536):
            waiting += more
            with self.lock:
                self.raw += more
                while len(waiting) >= 6:
                    version, size, kind = struct.unpack("!BIB", waiting[:6])
                    assert version == 3 and 6 <= size < 70000, waiting[:16].hex()
                    if len(waiting) < size:
                        break
                    self.message(kind, waiting[6:size])
                    waiting = waiting[size:]

    def drop(self):
        """The connection breaks."""
        self.sock.close() if self.sock is None else self.sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.going = False
        self.listener.close()
        if self.sock:
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
        assert self.error is None, self.error

    def message(self, kind, body):
        assert not self.ended
        assert bool(self.info) == (kind != INITIATION)
        if kind == INITIATION:
            self.info = dict(tlvs(body))
            return
        if kind == TERMINATION:
            self.ended = True
            return
        peer, body = self.peer(body)
        if kind == UP:
            assert peer not in self.peers
            self.peers[peer] = {}
            local, ports, opens = body[:16], struct.unpack("!HH", body[16:20]), body[20:]
            sent, received = messages(opens)
            assert sent[0] == received[0] == speaker.OPEN
            self.opens[peer] = (socket.inet_ntoa(local[12:]), *ports, sent[1], received[1])
            return
        assert peer in self.peers, peer
        if kind == DOWN:
            del self.peers[peer]
            self.downs[peer] = (body[0], body[1:])
        elif kind == MONITORING:
            (got, update), = messages(body)
            assert got == speaker.UPDATE
            self.monitored(peer, update)
        elif kind == STATISTICS:
            count, = struct.unpack("!I", body[:4])
            got = list(tlvs(body[4:]))
            assert len(got) == count
            self.stats[peer] = {t: v for t, v in got}
        elif kind == MIRRORING:
            self.mirrored.setdefault(peer, []).append(dict(tlvs(body)))
        else:
            raise AssertionError(f"message of type {kind}")

    def peer(self, body):
        kind, flags = body[0], body[1]
        assert kind == 0 and flags == 0 and body[2:10] == bytes(8)
        assert body[10:22] == bytes(12)
        asn, _, sec, usec = struct.unpack("!I4sII", body[26:42])
        assert asn == 65000 and sec > 1_500_000_000 and usec < 1_000_000
        return socket.inet_ntoa(body[22:26]), body[42:]

    def monitored(self, peer, body):
        for code, _, value in speaker.walk_attrs(body):
            afi, safi = struct.unpack("!HB", value[:3]) if code in (14, 15) else (0, 0)
            if safi != speaker.SAFI_VPN:
                continue
            if code == 15 and len(value) == 3:
                self.eors.add((peer, afi))
            elif code == 15:
                for rd, prefix, _ in speaker.walk_nlri(value[3:], afi):
                    self.peers[peer].pop((rd, prefix), None)
            elif code == 14:
                for rd, prefix, label in speaker.walk_nlri(value[5 + value[3]:], afi):
                    self.peers[peer][rd, prefix] = label

    def routes(self, peer):
        with self.lock:
            return {prefix for _, prefix in self.peers.get(peer, ())}


def tlvs(data):
    while data:
        kind, size = struct.unpack("!HH", data[:4])
        assert len(data) >= 4 + size
        yield kind, data[4:4 + size]
        data = data[4 + size:]


def messages(data):
    """Whole BGP messages: (type, body)."""
    got = []
    while data:
        assert data[:16] == speaker.MARKER
        size, kind = struct.unpack("!HB", data[16:19])
        assert 19 <= size <= len(data)
        got.append((kind, data[19:size]))
        data = data[size:]
    return got
