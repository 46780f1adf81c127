# SPDX-License-Identifier: GPL-2.0-or-later
"""What bench.py runs: for each scenario bgpbench's options and the rows of its table."""
from typing import NamedTuple


class Row(NamedTuple):
    title: str
    phase: str
    key: str
    unit: str = "s"
    digits: int = 2
    median: bool = False  # the value is a list: its median
    scale: float = 1


class Scenario(NamedTuple):
    name: str
    title: str
    routes: tuple  # full, quick
    options: str
    rows: tuple
    conf: str = ""  # "-48": the configuration with 48 neighbors
    repeats: int = 9
    only: str = ""  # the one program that does it


def through(phase="converge", title="all routes through"):
    return Row(title, phase, "time_s", digits=3)


def cpu(phase="converge"):
    """Counted until the daemon rests."""
    return Row("CPU", phase, "settled_cpu_s")


def memory(phase="converge", title="memory per route"):
    return Row(title, phase, "bytes_per_route", "bytes", 1)


CONVERGE = (through(), cpu(), memory())
SIMPLE = "--phases idle,converge,verify"
HALF = (500_000, 50_000)
FULL = (1_000_000, 100_000)

SCENARIOS = {s.name: s for s in (
    Scenario("1-1", "One sender, one receiver", FULL,
             f"--senders 1 --receivers 1 {SIMPLE}", CONVERGE),
    Scenario("2-8", "Two senders, eight receivers", HALF,
             f"--senders 2 --receivers 8 {SIMPLE}", CONVERGE),
    Scenario("1-40", "One sender, forty receivers", (200_000, 20_000),
             f"--senders 1 --receivers 40 {SIMPLE}", CONVERGE, "-48"),
    Scenario("back", "A receiver comes back for the table", FULL,
             "--senders 1 --receivers 1 --phases converge,restart,verify",
             (Row("Established to the last route", "restart", "table_s", digits=3),
              cpu("restart"))),
    Scenario("refresh", "A receiver asks for the table by ROUTE-REFRESH", FULL,
             "--senders 1 --receivers 1 --phases converge,refresh,verify",
             (through("refresh", "the table again"), cpu("refresh"))),
    Scenario("moves", "Moves, two senders and eight receivers", FULL,
             "--senders 2 --receivers 8 "
             "--phases idle,converge,moves:1000,burst:10000x5,scatter:10000x5,verify",
             (Row("one move, sent to the last, p50", "moves", "sent_p50_us", "µs", 0),
              Row("one move, sent to the last, p99", "moves", "sent_p99_us", "µs", 0),
              Row("one move, read by the last, p50", "moves", "p50_us", "µs", 0),
              Row("one move, read by the last, p99", "moves", "p99_us", "µs", 0),
              Row("10 000 at once, packed", "burst", "bursts_s", "ms", 1, True, 1000),
              Row("10 000 at once, scattered", "scatter", "bursts_s", "ms", 1, True, 1000))),
    Scenario("single", "One prefix to an UPDATE", HALF,
             f"--senders 1 --receivers 1 --per-update 1 {SIMPLE}", CONVERGE),
    Scenario("uniq", "An attribute set for every route", HALF,
             f"--senders 1 --receivers 1 --per-update 1 --unique-attrs {SIMPLE}", CONVERGE),
    Scenario("label", "A label for every route", HALF,
             f"--senders 1 --receivers 1 --label route {SIMPLE}", CONVERGE),
    Scenario("shared", "Tenants with the same addresses under different RDs", HALF,
             f"--senders 1 --receivers 1 --hosts shared {SIMPLE}", CONVERGE),
    Scenario("vpn6", "VPNv6 /128", HALF,
             f"--senders 1 --receivers 1 --vpnv6 {SIMPLE}", CONVERGE),
    Scenario("two", "Two paths for each host", HALF,
             f"--senders 2 --receivers 1 --overlap {SIMPLE}",
             (through(), cpu(), memory(title="memory per host"))),
    Scenario("slow", "One of eight receivers reads nothing", HALF,
             "--senders 2 --receivers 8 "
             "--phases idle,converge,withdraw,mute:1,converge,resume,verify",
             (through(title="the other seven, while it reads"),
              through("converge-muted", "the other seven, while it does not"),
              memory(title="memory per route, while it reads"),
              memory("converge-muted", "memory per route, while it does not"),
              through("resume", "it reads again, until it knows all"))),
    Scenario("memory", "Memory after churn and after withdrawal", FULL,
             "--senders 1 --receivers 1 --phases idle,converge,churn:10,withdraw",
             (memory(), memory("churn", "after 10 rounds of churn"), cpu("churn"),
              memory("withdraw", "after withdrawal of all")), repeats=1),
    Scenario("pe", "A PE imports them into 1000 VRFs", FULL,
             "--senders 1 --receivers 1 --phases idle,feed,withdraw",
             (through("feed", "until it rests"), cpu("feed"),
              memory("feed", "memory of the daemon per route"),
              Row("the kernel's for its BPF maps", "feed", "maps_kb", "MB", 0, scale=1 / 1024),
              through("withdraw", "all withdrawn, until it rests"),
              memory("withdraw", "memory left per route")), only="vsubnet-pe"),
)}


def can(daemon, s):
    """Does this daemon run this scenario at all?"""
    if daemon == "gobgp":
        return not s.conf and "--vpnv6" not in s.options  # as bench/peers/ has it
    # OpenBGPD 7.7 takes no notice of a VPN withdrawal, so nothing moves.
    return not (daemon == "openbgpd" and ("moves" in s.options or "withdraw" in s.options))
