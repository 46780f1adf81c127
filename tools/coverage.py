#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what the tests cover of the sources: coverage.py [--min N] [--missed] [PATH ...]

Builds with gcc and gcov (folder build-cov, no optimisation), runs the tests of the BGP
codecs and the speaker, and prints lines and branches for each file below the PATHs
(src/wire).  A branch of must() is not counted: it is there for our own mistakes, and no
test can take it.  Any file below N percent of branches fails.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / "build-cov"
TESTS = re.compile(r"^(wire|replay (bgp|dhcp|nlri|ra|vrrp)|bgp|rib|"
                   r"sim (session|routes|faults|show|bytes)|conformance|lessons|prop)")


def run(cmd, **kw):
    return subprocess.run(list(map(str, cmd)), cwd=TOP, **kw)


def build_and_test():
    if not (BUILD / "build.ninja").exists():
        run(["meson", "setup", BUILD, "-Db_coverage=true", "--buildtype=debug",
             "-Dwerror=false"],  # without optimisation gcc suspects more
            check=True, stdout=subprocess.DEVNULL)
    run(["ninja", "-C", BUILD, "--quiet", "build.ninja"], check=True)
    names = json.loads(run(["meson", "introspect", BUILD, "--tests"], check=True,
                           stdout=subprocess.PIPE).stdout)
    picked = [t for t in names if TESTS.match(t["name"])]
    targets = sorted({os.path.relpath(t["cmd"][0], BUILD) for t in picked})
    for old in BUILD.rglob("*.gcda"):
        old.unlink()
    run(["ninja", "-C", BUILD, "--quiet", *targets], check=True)
    r = run(["meson", "test", "-C", BUILD, "--no-rebuild", "--print-errorlogs", "--quiet",
             *(t["name"] for t in picked)], stdout=subprocess.DEVNULL)
    if r.returncode:
        sys.exit("coverage: tests fail, there is nothing to measure")


def gcov_files(folder):
    """The JSON of every object below the folder of the build that was run."""
    with tempfile.TemporaryDirectory() as tmp:
        objects = [str(p) for p in (BUILD / folder).rglob("*.gcda")]
        if not objects:
            sys.exit(f"coverage: nothing below {folder} was run")
        subprocess.run(["gcov", "--json-format", "--branch-probabilities", *objects], cwd=tmp,
                       check=True, stdout=subprocess.DEVNULL)
        for name in pathlib.Path(tmp).glob("*.gcov.json.gz"):
            with gzip.open(name, "rt") as f:
                data = json.load(f)
            for entry in data["files"]:
                path = pathlib.Path(data["current_working_directory"]) / entry["file"]
                yield os.path.relpath(path.resolve(), TOP), entry


def collect(paths):
    """file -> line -> [hits, branches taken]; one line of several objects is summed."""
    found = collections.defaultdict(dict)
    for folder in paths:
        for name, entry in gcov_files(folder):
            if not name.startswith(folder.rstrip("/") + "/") or not name.endswith(".c"):
                continue
            for line in entry["lines"]:
                taken = [b["count"] for b in line["branches"]]
                was = found[name].setdefault(line["line_number"], [0, [0] * len(taken)])
                was[0] += line["count"]
                was[1] = [a + b for a, b in zip(was[1], taken)] or taken
    return found


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("paths", nargs="*", default=["src/wire"])
    ap.add_argument("--min", type=float, default=0, help="branches of each file, percent")
    ap.add_argument("--missed", action="store_true", help="print lines with missed branches")
    ap.add_argument("--no-run", action="store_true", help="the counts of the last run")
    opt = ap.parse_args()

    if not opt.no_run:
        build_and_test()
    total = [0, 0, 0, 0]
    low = []
    print(f"{'file':<32} {'lines':>14} {'branches':>16}")
    for name, lines in sorted(collect(opt.paths).items()):
        text = (TOP / name).read_text().splitlines()
        ours = {n for n in lines if re.search(r"\bmust\(", text[n - 1])}
        hit = sum(1 for v in lines.values() if v[0])
        branches = [(n, t) for n, v in sorted(lines.items()) if n not in ours for t in v[1]]
        taken = sum(1 for _, t in branches if t)
        total = [a + b for a, b in zip(total, (hit, len(lines), taken, len(branches)))]
        print(f"{name:<32} {hit:>4}/{len(lines):<4} {percent(hit, len(lines)):>3.0f}%"
              f" {taken:>5}/{len(branches):<4} {percent(taken, len(branches)):>4.0f}%")
        if percent(taken, len(branches)) < opt.min:
            low.append(name)
        if opt.missed:
            for n in sorted({n for n, t in branches if not t}):
                print(f"    {n}: {text[n - 1].strip()}")
    print(f"{'total':<32} {total[0]:>4}/{total[1]:<4} {percent(*total[:2]):>3.0f}%"
          f" {total[2]:>5}/{total[3]:<4} {percent(*total[2:]):>4.0f}%")
    if low:
        print(f"below {opt.min:g}% of branches: {', '.join(low)}", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
