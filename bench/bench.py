#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Speed and memory of vsubnetd beside other BGP speakers.

Each scenario runs every daemon in turn, and that several times, so that whatever else the
machine does falls on all of them.  A cell is the median; the ratio is the best peer's
median by vsubnet's: 4.0x is four times as fast, or a quarter of the memory.  A run that is
not done within the timeout of a phase shows as "> 60"; one that took long is not repeated.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import report
import report_hosts
from scenarios import SCENARIOS, can

HERE = Path(__file__).resolve().parent
PROGRAMS = {"bird": "bird", "frr": "/usr/lib/frr/bgpd", "gobgp": "gobgpd",
            "openbgpd": "/usr/sbin/bgpd"}
OTHERS = ("packets", "hosts")  # scenarios that are no speaker's alone
LONG_S = 20  # a run that took longer is not repeated


def parse_args():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default=HERE.parent / "build", type=Path)
    p.add_argument("--quick", action="store_true", help="fewer routes, one run of each")
    p.add_argument("--repeats", type=int, help="of each run (3; quick: 1)")
    p.add_argument("--daemons", default="vsubnet,bird,frr,gobgp,openbgpd",
                   help="those installed of: %(default)s")
    p.add_argument("--scenarios", default=",".join([*SCENARIOS, *OTHERS]),
                   help="some of: %(default)s")
    p.add_argument("--timeout", type=int, help="seconds for each phase (60; quick: 30)")
    p.add_argument("--results", type=Path, metavar="DIR",
                   help="where results are kept (bench-results in the build directory)")
    p.add_argument("--report", action="store_true",
                   help="run nothing, show the results there are")
    p.add_argument("--write", action="store_true",
                   help="put the tables into doc/performance.md")
    args = p.parse_args()
    args.repeats = args.repeats or (1 if args.quick else 3)
    args.timeout = args.timeout or (30 if args.quick else 60)
    args.results = args.results or args.build / "bench-results"
    args.daemons = args.daemons.split(",")
    args.scenarios = args.scenarios.split(",")
    for what, known in (("daemons", ["vsubnet", *PROGRAMS]),
                        ("scenarios", [*SCENARIOS, *OTHERS])):
        for name in getattr(args, what):
            if name not in known:
                p.error(f"--{what}: {name}: want some of {','.join(known)}")
    if os.geteuid() and not args.report:
        p.error("needs root: each run has a network namespace of its own")
    return args


def run(args, daemon, s, out):
    """One run of scenario s, its JSON in out.  True: it ended well."""
    routes = str(s.routes[args.quick])
    env = dict(os.environ, BUILD=str(args.build), CONF=s.conf, ROUTES=routes)
    cmd = [HERE / "run", daemon, out, "--routes", routes,
           "--timeout", str(args.timeout), "--cpu", str(os.cpu_count() - 1), *s.options.split()]
    r = subprocess.run(cmd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       text=True, check=False)
    if r.returncode:
        print(f"{daemon} did not finish {s.name}: {r.stderr.strip().splitlines()[0]}",
              file=sys.stderr)
    return r.returncode == 0


def run_scenario(args, s, daemons):
    """All daemons in turns; returns whether vsubnet did it."""
    turn = [s.only] if s.only else [d for d in daemons if can(d, s)]
    good = True
    for old in args.results.glob(f"*.{s.name}.*.json"):
        old.unlink()
    for n in range(min(args.repeats, s.repeats)):
        for d in list(turn):
            began = time.monotonic()
            ok = run(args, d, s, args.results / f"{d}.{s.name}.{n}.json")
            if d.startswith("vsubnet"):
                good = good and ok
            if not ok or time.monotonic() - began > LONG_S:
                turn.remove(d)
    return good


def packets(args):
    """The packet program by itself; see xdpbench.c."""
    where = args.build / "bench"
    text = []
    for _ in range(args.repeats):
        r = subprocess.run([where / "xdpbench", where / "floor.bpf.o"], check=False,
                           stdout=subprocess.PIPE, text=True)
        text.append(r.stdout)
        if r.returncode:
            return False
    (args.results / "packets.txt").write_text("\n".join(text))
    return True


def hosts(args, daemons):
    """Hosts that move between PEs, each of the daemons as the reflector; see hostmoves."""
    good = True
    quick = ["--hosts", "12000", "--moves", "200"] if args.quick else []
    for d in daemons:
        if d not in report_hosts.REFLECTORS:
            continue
        out = args.results / f"hosts.{d}.json"
        out.unlink(missing_ok=True)
        r = subprocess.run([HERE / "hostmoves", "--build", args.build, "--reflector", d,
                            "--out", out, *quick],
                           check=False, stdout=subprocess.DEVNULL)
        good = good and (r.returncode == 0 or d != "vsubnet")
    return good


def main():
    args = parse_args()
    args.results.mkdir(parents=True, exist_ok=True)
    daemons = [d for d in args.daemons if d == "vsubnet" or shutil.which(PROGRAMS[d])]
    good = True
    if not args.report:
        report.note_machine(args.results, args.build, args.quick, args.repeats, args.timeout)
    if not args.report:
        print(f"{len(args.scenarios)} scenarios, {', '.join(daemons)}, results in "
              f"{args.results}: {'5 to 10' if args.quick else '30 to 50'} minutes for all",
              flush=True)
    for name in args.scenarios:
        if not args.report:
            good = (packets(args) if name == "packets" else
                    hosts(args, daemons) if name == "hosts" else
                    run_scenario(args, SCENARIOS[name], daemons)) and good
        print(report.text(args.results, name), flush=True)
    print(report.text(args.results, "aims"), flush=True)
    if args.write:
        report.write(args.results, HERE.parent / "doc" / "performance.md")
    return not good


if __name__ == "__main__":
    sys.exit(main())
