# SPDX-License-Identifier: GPL-2.0-or-later
"""A site whose mastership keepalived settles: it runs on pe1 and pe3, and tells vsubnetd."""

import contextlib
import os
import time

import pytest

from vslab import claims, dual, keeper
from vslab.loss import Flows
from vslab.wait import until

NOTIFY = f"{keeper.repository()}/contrib/keepalived-notify"

CONF = """\
global_defs {{
	router_id {pe}
	script_user root
	vrrp_version 3
}}
vrrp_instance blue {{
	state BACKUP
	interface eth0
	virtual_router_id 10
	priority {priority}
	advert_int 1
	mcast_src_ip {own}
	virtual_ipaddress {{
		1.1.255.254/32
	}}
	notify "{dir}/notify blue 1.1.0.0/16"
}}
"""


class Keepalived:
    def __init__(self, lab, pe, priority):
        self.lab, self.pe = lab, pe
        d = self.dir = lab.node_dir(pe)
        own = f"1.1.255.{pe[-1]}"
        lab.ns(pe).ip("addr", "replace", f"{own}/32", "dev", "eth0")
        keeper.write(f"{d}/keepalived.conf",
                     CONF.format(pe=pe, priority=priority, own=own, dir=d))
        keeper.write(f"{d}/notify", f"""#!/bin/sh
VSUBNET_NOTIFY_DIR={d} VSUBNET_SOCKET={d}/vsubnet.sock VSUBNET={keeper.program("vsubnet")} \\
	exec {NOTIFY} "$@"
""")
        os.chmod(f"{d}/notify", 0o755)
        self.process = None

    def start(self):
        with open(f"{self.dir}/keepalived.log", "a") as log:
            self.process = self.lab.ns(self.pe).popen(
                "keepalived", "-n", "-l", "-D", "-P", "-f", f"{self.dir}/keepalived.conf",
                "-p", f"{self.dir}/keepalived.pid", "-r", f"{self.dir}/vrrp.pid",
                stdout=log, stderr=log)

    def stop(self, kill=False):
        if not self.process:
            return
        if kill:  # its child first, or it would say goodbye
            with contextlib.suppress(Exception), open(f"{self.dir}/vrrp.pid") as f:
                os.kill(int(f.read()), 9)
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(10)
        self.process = None


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("dual-dc-external")


@pytest.fixture(scope="module")
def routers(lab):
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    both = {pe: Keepalived(lab, pe, p) for pe, p in (("pe1", 120), ("pe3", 100))}
    for r in both.values():
        r.start()
    yield both
    for r in both.values():
        r.stop()


def test_keepalived_says_who_is_master_and_moves_it(lab, routers):
    dual.settled(lab)
    out = Flows(lab, "a", "b")
    time.sleep(0.5)
    routers["pe1"].stop()
    until("PE-3 is master", lambda: dual.is_master(lab, "pe3"), 5)
    time.sleep(1)
    print(f"\nkeepalived of the master stopped: outbound {out.stop()}")
    assert out.outage_ms < 2000
    out = Flows(lab, "a", "b")
    routers["pe1"].start()
    until("PE-1 is master again", lambda: dual.is_master(lab, "pe1"), 15)
    time.sleep(1)
    print(f"… and started again: outbound {out.stop()}")
    assert out.outage_ms < 1000


def test_a_daemon_that_is_restarted_is_what_keepalived_said(lab, routers):
    dual.settled(lab)
    old = lab.pid("pe1")
    lab.kill("pe1")
    until("it is started again", lambda: lab.pid("pe1") != old, 5)
    until("it answers", lambda: lab.answers("pe1"), 10)
    claims.speak_up(lab)
    assert dual.is_master(lab, "pe1")
    assert "master" in lab.show("pe1", "vrrp")
