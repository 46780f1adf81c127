# SPDX-License-Identifier: GPL-2.0-or-later
"""How much is lost on the way from one host to another, and for how long, while something
breaks.  One way only: what a ping loses could have been lost on either."""

import contextlib
import random
import socket
import struct
import threading
import time


class Flows:
    """Numbered datagrams over many flows, one after the other; of IPv4, or of IPv6."""

    def __init__(self, lab, source, target, n=8, per_second=500, family=4):
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        self.pause = 1 / per_second
        self.rx = lab.ns(target).socket(kind, socket.SOCK_DGRAM)
        self.rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.rx.bind((lab.address(target, family), random.randrange(20000, 30000)))
        self.rx.settimeout(0.5)
        self.tx = []
        for _ in range(n):
            s = lab.ns(source).socket(kind, socket.SOCK_DGRAM)
            s.connect(self.rx.getsockname()[:2])
            self.tx.append(s)
        self.at, self.got, self.twice, self.going = [], {}, 0, True
        self.threads = [threading.Thread(target=f, daemon=True)
                        for f in (self.send, self.receive)]
        for t in self.threads:
            t.start()

    def send(self):
        while self.going:
            number = len(self.at)
            self.at.append(time.monotonic())
            with contextlib.suppress(OSError):  # unreachable: will be missing
                self.tx[number % len(self.tx)].send(struct.pack("!I", number))
            time.sleep(self.pause)

    def receive(self):
        while True:
            try:
                number = struct.unpack("!I", self.rx.recv(16))[0]
                self.twice += number in self.got
                self.got[number] = time.monotonic()
            except TimeoutError:
                if not self.going:
                    return

    def stop(self):
        self.going = False
        for t in self.threads:
            t.join()
        for s in (self.rx, *self.tx):
            s.close()
        return self

    @property
    def sent(self):
        return len(self.at)

    @property
    def lost(self):
        return self.sent - len(self.got)

    def flow_outage(self, flow):
        """Longest time, by the sender's clock, in which a flow's packets were lost."""
        longest = began = 0.0
        for number in range(flow, self.sent, len(self.tx)):
            if number in self.got:
                began = 0.0
            else:
                began = began or self.at[number]
                longest = max(longest, self.at[number] + self.pause - began)
        return longest * 1000

    @property
    def outage_ms(self):
        return max(self.flow_outage(f) for f in range(len(self.tx)))

    @property
    def flows_hit(self):
        return sum(self.flow_outage(f) > 0 for f in range(len(self.tx)))

    def __str__(self):
        return (f"{self.lost} of {self.sent} lost, {self.flows_hit} of {len(self.tx)} flows, "
                f"{self.outage_ms:.0f} ms at most")
