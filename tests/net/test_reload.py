# SPDX-License-Identifier: GPL-2.0-or-later
"""The reflector's configuration changes under running sessions: who has nothing to do with
the change does not notice, and a file with anything wrong in it changes nothing."""

import os
import signal

import pytest

from vslab import claims
from vslab.wait import until

PE1, PE2 = "192.0.2.11", "192.0.2.12"

NODE = """\
node:
  name: rr
  router-id: 192.0.2.1
  as: 65000
  runtime-dir: {dir}
"""
CLIENT = ("    - {{ address: {}, as: 65000, connect-retry: 1, "
          "route-reflector-client: true{} }}\n")


@pytest.fixture(scope="module")
def lab(module_lab):
    return module_lab("two-dc", ready=claims.converged)


class Reflector:
    def __init__(self, lab):
        self.lab, self.path = lab, f"{lab.node_dir('rr')}/vsubnet.yaml"
        self.pid = lab.pid("rr")

    def write(self, bgp, node=NODE):
        with open(self.path, "w") as f:
            f.write(node.format(dir=self.lab.node_dir("rr")) + bgp)

    def apply(self, bgp, node=NODE, check=True):
        self.write(bgp, node)
        return self.lab.cli("rr", "config", "apply", check=check)

    def neighbor(self, address):
        p = self.lab.cli("rr", "--json", "show", "bgp", "neighbor", address, check=False)
        return p.stdout if p.returncode == 0 else None

    def sessions(self, address):
        return self.lab.show_json("rr", "bgp", "neighbor", address)["neighbor"]["sessions"]


def clients(*more, hold=""):
    return ("bgp:\n  neighbors:\n" + CLIENT.format(PE1, "") +
            "".join(more or (CLIENT.format(PE2, hold),)))


@pytest.fixture
def rr(lab):
    rr = Reflector(lab)
    rr.apply(clients())
    claims.converged(lab)
    rr.before = rr.sessions(PE1)
    yield rr
    assert lab.pid("rr") == rr.pid
    assert rr.sessions(PE1) == rr.before, "the session to PE-1 blinked"


def test_a_neighbor_that_is_dropped_and_added_does_not_disturb_the_other(lab, rr):
    rr.apply("bgp:\n  neighbors:\n" + CLIENT.format(PE1, ""))
    assert rr.neighbor(PE2) is None
    until("PE-1 to lose its routes", lambda: "PE-2" not in claims.routes_text(lab, "pe1"),
          timeout=5)
    rr.apply(clients())
    claims.converged(lab)


def test_a_hold_time_resets_its_own_session_and_a_description_none(lab, rr):
    before = lab.show_json("pe2", "bgp", "neighbor", "192.0.2.1")["neighbor"]["sessions"]

    def again():
        return lab.show_json("pe2", "bgp", "neighbor",
                             "192.0.2.1")["neighbor"]["sessions"]

    rr.apply(clients(hold=", description: second, max-prefixes: 77"))
    assert '"description":"second"' in rr.neighbor(PE2).replace(": ", ":")
    assert again() == before
    out = rr.apply(clients(hold=", hold-time: 30")).stdout
    assert "hold-time 90 → 30" in out and "resets the session" in out
    until("another session", lambda: again() == before + 1, timeout=10)
    claims.converged(lab)


def test_who_was_listed_can_come_from_a_prefix_instead(lab, rr):
    rr.apply("bgp:\n  neighbors:\n" + CLIENT.format(PE1, "") +
             "  templates:\n"
             "    - { name: pe, as: 65000, route-reflector-client: true }\n"
             "  dynamic-neighbors:\n"
             "    - { prefix: 192.0.2.0/24, template: pe, limit: 1 }\n")
    claims.converged(lab)
    assert '"template":"pe"' in rr.neighbor(PE2).replace(": ", ":")
    assert "192.0.2.0/24" in lab.show("rr", "bgp", "dynamic")


def test_a_file_with_errors_is_told_whole_and_changes_nothing(lab, rr):
    p = rr.apply("bgp:\n  neighbors:\n"
                 "    - { address: 192.0.2.300, as: 65000 }\n"
                 "    - { address: 192.0.2.9, as: 0 }\n", check=False)
    assert p.returncode == 1
    assert f"{rr.path}:8:" in p.stdout and f"{rr.path}:9:" in p.stdout
    assert rr.neighbor(PE2) is not None
    assert rr.neighbor("192.0.2.9") is None


def test_what_needs_a_restart_is_named_and_nothing_is_applied(lab, rr):
    p = rr.apply("bgp:\n  neighbors:\n" + CLIENT.format(PE1, ""), check=False,
                 node=NODE.replace("192.0.2.1", "192.0.2.7"))
    assert p.returncode == 1
    assert "node router-id 192.0.2.1 → 192.0.2.7" in p.stdout and "needs a restart" in p.stdout
    assert "nothing applied" in p.stderr
    assert rr.neighbor(PE2) is not None


def test_sighup_does_the_same_and_logs_what_it_did(lab, rr):
    rr.write("bgp:\n  neighbors:\n" + CLIENT.format(PE1, ""))
    lab.kill("rr", signal.SIGHUP)
    until("PE-2 to be dropped", lambda: rr.neighbor(PE2) is None, timeout=5)
    assert "neighbor 192.0.2.12: dropped" in lab.log("rr")
    rr.write("bgp: {neighbor: []}\n")
    lab.kill("rr", signal.SIGHUP)
    until("the error in the log", lambda: "unknown key 'neighbor'" in lab.log("rr"), timeout=5)
    assert rr.neighbor(PE1) is not None


def test_diff_and_check_change_nothing(lab, rr):
    rr.write("bgp: {}\n")
    assert "neighbor 192.0.2.12: dropped" in lab.cli("rr", "config", "diff").stdout
    assert lab.cli("rr", "config", "check", rr.path).returncode == 0
    assert lab.cli("rr", "config", "check", "relative.yaml", check=False).returncode == 2
    assert rr.neighbor(PE2) is not None


def test_a_dump_and_a_collector_begin_and_end_live(lab, rr):
    dump = f"{lab.node_dir('rr')}/updates.mrt"
    rr.apply(clients() + f"  mrt: {{ updates: {dump} }}\n"
             "  bmp: { collectors: [ { address: 192.0.2.99, port: 5000 } ] }\n")
    until("the dump to begin", lambda: os.path.exists(dump), timeout=5)
    assert "192.0.2.99" in lab.show("rr", "bmp")
    rr.apply(clients())
    assert "192.0.2.99" not in lab.show("rr", "bmp")
