#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Speed and memory of vsubnetd as a route reflector beside other BGP speakers.

Each scenario runs every daemon in turn, and that several times, so that whatever else the
machine does falls on all of them.  A cell is the median; the ratio is the best peer's
median by vsubnet's: 4.0x is four times as fast, or a quarter of the memory.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = {"bird": "bird", "frr": "/usr/lib/frr/bgpd", "gobgp": "gobgpd",
            "openbgpd": "/usr/sbin/bgpd"}
GOBGP_MAX = 100_000  # routes times receivers; a million takes it a minute

# name: title, routes (full, quick), bgpbench's options, 48 neighbors configured?,
# rows of (phase, key, unit, digits, title).  CPU is counted until the daemon rests.
CPU = ("settled_cpu_s", "s", 2, "CPU of the daemon")
SCENARIOS = {
    "1-1": ("one sender, one receiver", (1_000_000, 100_000),
            "--senders 1 --receivers 1 --phases idle,converge,verify", False,
            [("converge", "time_s", "s", 3, "all routes through"), ("converge", *CPU),
             ("converge", "bytes_per_route", "B", 1, "memory per route")]),
    "2-8": ("two senders, eight receivers", (500_000, 100_000),
            "--senders 2 --receivers 8 --phases idle,converge,moves:500,burst:10000x3,verify",
            False,
            [("converge", "time_s", "s", 3, "all routes through"), ("converge", *CPU),
             ("converge", "bytes_per_route", "B", 1, "memory per route"),
             ("moves", "p50_us", "us", 0, "one move, p50"),
             ("moves", "p99_us", "us", 0, "one move, p99"),
             ("burst", "burst_s", "s", 3, "10 000 moves at once")]),
    "1-40": ("one sender, forty receivers", (200_000, 50_000),
             "--senders 1 --receivers 40 --phases idle,converge,verify", True,
             [("converge", "time_s", "s", 3, "all routes through"), ("converge", *CPU),
              ("converge", "bytes_per_route", "B", 1, "memory per route")]),
    "back": ("a receiver comes back for the table", (1_000_000, 100_000),
             "--senders 1 --receivers 1 --phases converge,restart,verify", False,
             [("restart", "table_s", "s", 3, "Established to the last route"),
              ("restart", *CPU)]),
    "uniq": ("an attribute set for every route", (500_000, 100_000),
             "--senders 1 --receivers 1 --per-update 1 --unique-attrs "
             "--phases idle,converge,verify", False,
             [("converge", "time_s", "s", 3, "all routes through"), ("converge", *CPU),
              ("converge", "bytes_per_route", "B", 1, "memory per route")]),
}


def parse_args():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default=HERE.parent / "build", type=Path)
    p.add_argument("--quick", action="store_true", help="fewer routes, two repeats")
    p.add_argument("--repeats", type=int, help="of each run (3; quick: 2)")
    p.add_argument("--daemons", default="vsubnet,bird,frr,gobgp,openbgpd",
                   help="those installed of: %(default)s")
    p.add_argument("--scenarios", default="1-1,2-8,1-40,back,packets",
                   help=f"of {','.join(SCENARIOS)},packets; %(default)s")
    p.add_argument("--timeout", type=int, default=180, help="seconds for each phase")
    p.add_argument("--keep", type=Path, metavar="DIR", help="leave bgpbench's JSON there")
    args = p.parse_args()
    args.repeats = args.repeats or (2 if args.quick else 3)
    args.daemons = args.daemons.split(",")
    args.scenarios = args.scenarios.split(",")
    for what, known in (("daemons", ["vsubnet", *PROGRAMS]), ("scenarios", [*SCENARIOS, "packets"])):
        for name in getattr(args, what):
            if name not in known:
                p.error(f"--{what}: {name}: want some of {','.join(known)}")
    if os.geteuid():
        p.error("needs root: each run has a network namespace of its own")
    return args


def run(args, daemon, scenario, out):
    """One run; its phases by name, or None."""
    _, routes, options, many, _ = SCENARIOS[scenario]
    env = dict(os.environ, BUILD=str(args.build), CONF="-48" if many else "")
    cmd = [HERE / "run", daemon, out, "--routes", str(routes[args.quick]),
           "--timeout", str(args.timeout), *options.split()]
    r = subprocess.run(cmd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       text=True, check=False)
    try:
        phases = {p["phase"]: p for p in json.loads(out.read_text())["phases"]}
    except (OSError, ValueError):
        phases = None
    if r.returncode or not phases:
        print(f"{daemon} failed {scenario}: {r.stderr.strip()}", file=sys.stderr)
        return None
    if "burst" in phases:
        phases["burst"]["burst_s"] = statistics.median(phases["burst"]["bursts_s"])
    return phases


def can(daemon, scenario, quick):
    """Does this daemon run this scenario?"""
    _, routes, options, many, _ = SCENARIOS[scenario]
    if daemon == "gobgp":
        receivers = int(options.split()[3])
        return routes[quick] * receivers <= GOBGP_MAX and not many
    # OpenBGPD 7.7 takes no notice of a VPN withdrawal, so nothing moves.
    return not (daemon == "openbgpd" and "moves" in options)


def packets(args):
    """The packet program by itself; see xdpbench.c."""
    where = args.build / "bench"
    print("\nthe packet program, by BPF_PROG_TEST_RUN", flush=True)
    return all(subprocess.run([where / "xdpbench", where / "floor.bpf.o"], check=False)
               .returncode == 0 for _ in range(args.repeats))


def median(runs, phase, key):
    values = [r[phase][key] for r in runs if key in r.get(phase, {})]
    return statistics.median(values) if values else None


def table(args, scenario, results):
    title, routes, _, _, rows = SCENARIOS[scenario]
    print(f"\n{title}, {routes[args.quick]:,} VPNv4 routes, median of {args.repeats}")
    peers = [d for d in results if d != "vsubnet"]
    print(f"  {'':32}" + "".join(f"{d:>12}" for d in results) + f"{'ratio':>9}")
    for phase, key, unit, digits, what in rows:
        cells = {d: median(runs, phase, key) for d, runs in results.items()}
        best = min((cells[d] for d in peers if cells[d] is not None), default=None)
        ours = cells.get("vsubnet")
        ratio = f"{best / ours:8.1f}x" if best is not None and ours else f"{'-':>9}"
        print(f"  {what + ', ' + unit:32}" +
              "".join(f"{'-' if v is None else format(v, f'.{digits}f'):>12}"
                      for v in cells.values()) + ratio)
    sys.stdout.flush()


def main():
    args = parse_args()
    daemons = [d for d in args.daemons if d == "vsubnet" or shutil.which(PROGRAMS[d])]
    where = args.keep or Path(tempfile.mkdtemp(prefix="vsubnet-bench-"))
    where.mkdir(parents=True, exist_ok=True)
    failed = False
    for scenario in args.scenarios:
        if scenario == "packets":
            failed = not packets(args) or failed
            continue
        results = {d: [] for d in daemons if can(d, scenario, args.quick)}
        for n in range(args.repeats):
            for d, runs in results.items():
                got = run(args, d, scenario, where / f"{d}.{scenario}.{n}.json")
                failed = failed or not got
                if got:
                    runs.append(got)
        table(args, scenario, results)
    if not args.keep:
        shutil.rmtree(where)
    return failed


if __name__ == "__main__":
    sys.exit(main())
