# SPDX-License-Identifier: GPL-2.0-or-later
"""Two PEs at one site: who is master, what both know, and how a PE goes and comes back."""

import contextlib
import signal

from . import claims
from .wait import until

SITE = {"pe": "pe1", "pe3": "pe3"}  # port of ce1: PE
FAR = {"pe1": "pe", "pe3": "pe3", "pe2": "pe"}  # the other end of a PE's eth0
AT_SITE = ("a", "c")
LOOPBACK = {"pe1": "192.0.2.11", "pe3": "192.0.2.13"}


def masters(lab, family=4):
    """As the site's switch sees it: the PE behind the port where the virtual MAC is."""
    port = claims.cam(lab, 1).get(claims.PROXY_MAC[family])
    return SITE.get(port)


def is_master(lab, pe, families=(4, 6)):
    got = {f: masters(lab, f) for f in families}
    assert got == {f: pe for f in families}, got
    return True


def local(lab, pe):
    return {h["address"] for h in lab.show_json(pe, "hosts", "blue")["hosts"]
            if h["state"] in ("local", "refresh")}


def both_know(lab, hosts=AT_SITE):
    want = {lab.address(h, f) for h in hosts for f in (4, 6)}
    for pe in ("pe1", "pe3"):
        missing = want - local(lab, pe)
        assert not missing, f"{pe} has not {sorted(missing)}"
    return True


def remote_knows(lab, pe="pe2", hosts=AT_SITE):
    for family in (4, 6):
        have = {row[0].split("/")[0] for row in claims.table(lab, pe, family=family)}
        missing = {lab.address(h, family) for h in hosts} - have
        assert not missing, f"{pe} has no route to {sorted(missing)}"
    return True


def settled(lab, master="pe1", timeout=90):
    """Both PEs of site 1 have its hosts, the other site knows them, `master` is master."""
    until("the daemons answer", lambda: all(lab.answers(n) for n in lab.daemons()), 20)
    claims.speak_up(lab)
    until("both PEs have the hosts of site 1", lambda: both_know(lab), 30)
    until("PE-2 knows them", lambda: remote_knows(lab), 20)
    for pe in ("pe1", "pe3"):
        until(f"{pe} knows the hosts of site 2",
              lambda: remote_knows(lab, pe, ("b", "d")), 20)
    until(f"{master} is master", lambda: is_master(lab, master), timeout)
    claims.speak_up(lab)


def port(lab, pe, up):
    """The cable to the site's switch, as both ends see it."""
    lab.ns("ce1").ip("link", "set", "dev", FAR[pe], "up" if up else "down")


def core(lab, pe, up):
    """The cable to the core; a router there forgets its routes over a port that is down."""
    lab.ns("core").ip("link", "set", "dev", pe, "up" if up else "down")
    for prefix, via in lab.node("core").routes:
        if up and prefix == f"{LOOPBACK[pe]}/32":
            lab.ns("core").ip("route", "replace", prefix, "via", via)


def power_off(lab, pe):
    """Both cables dead, and nobody there any more: no goodbye of any kind."""
    lab.hold(pe)
    port(lab, pe, False)
    core(lab, pe, False)
    with contextlib.suppress(Exception):
        lab.kill(pe, signal.SIGKILL)


def power_on(lab, pe):
    """As after a reboot: nothing of the packet path is left."""
    lab.ns(pe).run("rm", "-rf", f"{lab.dir}/bpf/{pe}", check=False)
    core(lab, pe, True)
    port(lab, pe, True)
    lab.hold(pe, False)


def igp_withdraws(lab, pe, at="pe2"):
    """What a routing protocol in the core tells of a lost PE, at once."""
    lab.ns(at).ip("route", "replace", "unreachable", f"{LOOPBACK[pe]}/32")


def igp_restores(lab, pe, at="pe2"):
    with contextlib.suppress(Exception):
        lab.ns(at).ip("route", "del", "unreachable", f"{LOOPBACK[pe]}/32")


def split(lab, on):
    """The two PEs no longer hear each other, but all hosts hear both."""
    for p in SITE:
        lab.ns("ce1").run("bridge", "link", "set", "dev", p, "isolated",
                          "on" if on else "off")
