# SPDX-License-Identifier: GPL-2.0-or-later
"""What hosts and hypervisors send, as bytes: ARP, RARP, neighbour discovery.

By hand rather than by scapy: the lab's tools start in a tenth of the time.
"""

import ipaddress
import socket
import struct

BROADCAST = bytes([0xFF] * 6)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return ipaddress.ip_address(text).packed


def arp(op, sha, spa, tha, tpa, dst=BROADCAST, src=None, ethertype=0x0806):
    return (dst + (src or sha) + struct.pack("!HHHBBH", ethertype, 1, 0x0800, 6, 4, op)
            + sha + spa + tha + tpa)


def arp_request(sha, spa, tpa, **kw):
    return arp(1, sha, spa, bytes(6), tpa, **kw)


def garp(sha, addr):
    """The announcement as a request, which more stacks believe (RFC 5227 section 3)."""
    return arp(1, sha, addr, bytes(6), addr)


def rarp(sha):
    """What QEMU says for a guest after live migration: a MAC and nothing else."""
    return arp(3, sha, bytes(4), sha, bytes(4), ethertype=0x8035)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def icmp6(src_mac, dst_mac, src, dst, kind, body, hop_limit=255):
    length = 4 + len(body)
    pseudo = src + dst + struct.pack("!II", length, socket.IPPROTO_ICMPV6)
    csum = checksum(pseudo + struct.pack("!BBH", kind, 0, 0) + body)
    return (dst_mac + src_mac + struct.pack("!HIHBB", 0x86DD, 6 << 28, length,
                                            socket.IPPROTO_ICMPV6, hop_limit)
            + src + dst + struct.pack("!BBH", kind, 0, csum) + body)


def solicited_node(addr):
    return ip("ff02::1:ff00:0")[:13] + addr[13:]


def multicast_mac(group):
    return b"\x33\x33" + group[12:]


def ns(sha, src, target):
    group = solicited_node(target)
    body = bytes(4) + target + b"\x01\x01" + sha
    return icmp6(sha, multicast_mac(group), src, group, 135, body)


def unsolicited_na(sha, addr):
    """Override set, solicited not: "from now on I am here" (RFC 4861 7.2.6)."""
    all_nodes = ip("ff02::1")
    body = struct.pack("!I", 0x20000000) + addr + b"\x02\x01" + sha
    return icmp6(sha, multicast_mac(all_nodes), addr, all_nodes, 136, body)
