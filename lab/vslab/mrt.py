# SPDX-License-Identifier: GPL-2.0-or-later
"""MRT files (RFC 6396), read by a parser of its own."""

import socket
import struct

from . import speaker

TABLE_DUMP_V2, BGP4MP_ET = 13, 17
PEER_INDEX_TABLE, RIB_GENERIC = 1, 6
MESSAGE_AS4, STATE_CHANGE_AS4 = 4, 5


def records(path):
    """(time, type, subtype, body) of each; what is cut is an error."""
    with open(path, "rb") as f:
        data = f.read()
    while data:
        sec, kind, sub, size = struct.unpack("!IHHI", data[:12])
        assert len(data) >= 12 + size, "the last record is cut"
        body, data = data[12:12 + size], data[12 + size:]
        usec = 0
        if kind == BGP4MP_ET:
            usec, = struct.unpack("!I", body[:4])
            body = body[4:]
            assert usec < 1_000_000
        yield sec + usec / 1e6, kind, sub, body


def table(path):
    """{peer address: {(rd, prefix): label}} of a table dump."""
    peers, held = [], {}
    for n, (_, kind, sub, body) in enumerate(records(path)):
        assert kind == TABLE_DUMP_V2
        if n == 0:
            assert sub == PEER_INDEX_TABLE
            peers = peer_table(body)
            continue
        assert sub == RIB_GENERIC
        sequence, afi, safi = struct.unpack("!IHB", body[:7])
        assert (sequence, safi) == (n - 1, speaker.SAFI_VPN)
        size = 1 + (body[7] + 7) // 8
        (rd, prefix, label), = speaker.walk_nlri(body[7:7 + size], afi)
        for peer in entries(body[7 + size:]):
            assert (rd, prefix) not in held.setdefault(peers[peer], {})
            held[peers[peer]][rd, prefix] = label
    return held


def peer_table(body):
    size, = struct.unpack("!H", body[4:6])
    body = body[6 + size:]
    count, body = struct.unpack("!H", body[:2])[0], body[2:]
    peers = []
    for _ in range(count):
        assert body[0] == 2  # IPv4, four-octet AS
        peers.append(socket.inet_ntoa(body[5:9]))
        body = body[13:]
    assert not body
    return peers


def entries(body):
    count, body = struct.unpack("!H", body[:2])[0], body[2:]
    for _ in range(count):
        peer, _, size = struct.unpack("!HIH", body[:8])
        attrs = body[8:8 + size]
        assert attrs[:4] == b"\x80\x0e\x0d\x0c"  # MP_REACH_NLRI: next hop only
        yield peer
        body = body[8 + size:]
    assert not body


def session(body):
    """(peer, what follows) of a BGP4MP record of four-octet AS numbers."""
    _, _, _, afi = struct.unpack("!IIHH", body[:12])
    assert afi == 1
    return socket.inet_ntoa(body[12:16]), body[20:]
