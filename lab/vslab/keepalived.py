# SPDX-License-Identifier: GPL-2.0-or-later
"""keepalived on a router of a site: the other virtual router, or the one that decides."""

import contextlib
import os
import signal

from .wait import until

VIP = {4: "1.1.255.254", 6: "2001:db8:1::ffff"}
LINK_LOCAL = "fe80::200:5eff:fe00:20a"

INSTANCE = """\
vrrp_instance v{family} {{
    state BACKUP
    interface eth0
    virtual_router_id 10
    priority {priority}
    advert_int {interval}
    {nopreempt}
    {vmac}
    {source}
    virtual_ipaddress {{
{addresses}
    }}
    {notify}
}}
"""


class Keepalived:
    """One process on a node; who is master there is told by the addresses it has."""

    def __init__(self, lab, node="k1"):
        self.lab, self.node, self.process = lab, node, None

    def config(self, priority, interval=1, preempt=True, vmac=True, families=(4, 6),
               notify=None, source=None):
        text = "global_defs {\n    vrrp_version 3\n    script_user root\n}\n"
        for f in families:
            addresses = [VIP[4] + "/16"] if f == 4 else [LINK_LOCAL, VIP[6] + "/64"]
            text += INSTANCE.format(
                family=f, priority=priority, interval=interval,
                nopreempt="" if preempt else "nopreempt",
                vmac=f"use_vmac vrrp{f}" if vmac else "",
                addresses="\n".join(f"        {a}" for a in addresses),
                source=f"mcast_src_ip {source}" if source else "",
                notify=f'notify "{notify} ipv{f}"' if notify else "")
        return text

    def start(self, priority, env=None, **kw):
        d = f"{self.lab.dir}/{self.node}"
        self.lab.run(self.node, "mkdir", "-p", d)
        with open(f"{d}/keepalived.conf", "w") as f:
            f.write(self.config(priority, **kw))
        for name in ("keepalived.pid", "vrrp.pid"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{d}/{name}")
        self.log = open(f"{d}/keepalived.log", "w")
        self.process = self.lab.ns(self.node).popen(
            "keepalived", "-n", "-l", "-D", "-P", "-f", f"{d}/keepalived.conf",
            "-p", f"{d}/keepalived.pid", "-r", f"{d}/vrrp.pid", stdout=self.log,
            stderr=self.log, env={**os.environ, **(env or {})})

    def stop(self, sig=signal.SIGTERM):
        """SIGKILL: without a word, and its addresses stay until they are taken away."""
        if not self.process:
            return
        if sig == signal.SIGKILL:  # the child first, or it would notice
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
                with open(f"{self.lab.dir}/{self.node}/vrrp.pid") as f:
                    os.kill(int(f.read()), sig)
        self.process.send_signal(sig)
        self.process.wait(timeout=10)
        self.process = None
        self.log.close()
        for f in (4, 6):
            with contextlib.suppress(Exception):
                self.lab.ns(self.node).ip("link", "del", "dev", f"vrrp{f}")

    def says(self):
        with open(f"{self.lab.dir}/{self.node}/keepalived.log") as f:
            return f.read()

    def until_listening(self, timeout=10):
        until("keepalived listens",
              lambda: self.says().count("Entering BACKUP STATE") >= 2, timeout)

    def has(self, family):
        return VIP[family] in self.lab.ns(self.node).ip("addr", "show")

    def master(self, families=(4, 6)):
        return all(self.has(f) for f in families)

    def backup(self, families=(4, 6)):
        return self.process.poll() is None and not any(self.has(f) for f in families)

    def until_master(self, timeout=10, families=(4, 6)):
        until("keepalived is master", lambda: self.master(families), timeout)

    def until_backup(self, timeout=10, families=(4, 6)):
        until("keepalived is backup", lambda: self.backup(families), timeout)
