#!/usr/bin/python3
"""Run the tests and print 'N passed, N failed' last.

Stages, each usable alone by name:
  unit   release build by gcc: lint, unit, vectors, properties, simulation, BPF, CLI
  asan   the same but for BPF programs, built by clang with ASan and UBSan
  fuzz   every fuzz target for --seconds each, starting from the golden vectors
  cover  branches of the codecs that no test takes: at most one in twenty (coverage.py)
  net    labs of network namespaces with real hosts and real peers

A stage that cannot run at all counts as one failure, never as nothing.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parent.parent
RETRY_MOST = 5  # lab tests that may be run again; more than that is no accident
CASE = re.compile(r"^\[\s+(OK|FAILED)\s+\] (?!.*test\(s\))", re.M)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def run(cmd, **kw):
    print("+", " ".join(map(str, cmd)), flush=True)
    return subprocess.run(list(map(str, cmd)), cwd=TOP, **kw)


def build(folder, *options, env=None):
    """Set up once, then build; the exit code of the first step that fails."""
    env = {**os.environ, **(env or {})}
    if not (TOP / folder / "build.ninja").exists():
        r = run(["meson", "setup", folder, *options], env=env, stdout=subprocess.DEVNULL)
        if r.returncode:
            return r.returncode
    return run(["ninja", "-C", folder, "--quiet"], env=env).returncode


def count_cases(entry):
    """Cases of one meson test: cmocka's own count if it printed one, else the program."""
    text = (entry.get("stdout") or "") + (entry.get("stderr") or "")
    found = CASE.findall(text)
    ok, bad = found.count("OK"), found.count("FAILED")
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    if not good and not bad:
        bad = 1  # crashed or timed out outside a case
    return (ok, bad) if found else (int(good), bad)


def meson_test(folder, tally, *args):
    log = TOP / folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    env = {**os.environ,
           "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *args], env=env)
    if not log.exists():
        tally.add(0, 1)
        return
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["result"] == "SKIP":
            tally.add(0, 0, 1)
        else:
            tally.add(*count_cases(entry))


def stage_unit(tally, _):
    if build("build"):
        tally.add(0, 1)
    else:
        meson_test("build", tally)


def stage_asan(tally, _):
    if build("build-asan", "-Db_sanitize=address,undefined", "-Db_lundef=false",
             "--buildtype=debug", "-Doptimization=1", env={"CC": "clang"}):
        tally.add(0, 1)
    else:
        meson_test("build-asan", tally, "--no-suite", "bpf", "--no-suite", "lint")


def stage_fuzz(tally, opt):
    if build("build-fuzz", "-Dfuzz=true", "-Db_lundef=false", "--buildtype=debug",
             "-Doptimization=1", env={"CC": "clang"}):
        tally.add(0, 1)
        return
    meson_test("build-fuzz", tally, "--suite", "fuzz",
               f"--test-args=-max_total_time={opt.seconds}",
               f"--timeout-multiplier={1 + opt.seconds // 20}")


def stage_cover(tally, _):
    failed = run(["tools/coverage.py", "--min", "95"]).returncode
    tally.add(int(not failed), int(bool(failed)))


def pytest_net(report, *args):
    """One run of the labs; (passed, failed, skipped), or None if it did not get going."""
    report.unlink(missing_ok=True)
    run(["/usr/bin/python3", "-m", "pytest", "-q", "-o", "addopts=--strict-markers --tb=short",
         "-o", f"cache_dir={TOP}/build/pytest-cache", f"--junitxml={report}", "tests/net",
         *args],
        env={**os.environ, "VSUBNET_BUILD": str(TOP / "build"), "PYTHONDONTWRITEBYTECODE": "1"})
    if not report.exists():
        return None
    n = bad = skip = 0
    for s in ET.parse(report).getroot().iter("testsuite"):
        n += int(s.get("tests"))
        bad += int(s.get("failures")) + int(s.get("errors"))
        skip += int(s.get("skipped"))
    return n - bad - skip, bad, skip


def stage_net(tally, opt):
    if build("build"):
        tally.add(0, 1)
        return
    result = pytest_net(TOP / "build" / "net.xml", *opt.rest)
    if result is None:
        tally.add(0, 1)
        return
    passed, failed, skipped = result
    if 0 < failed <= RETRY_MOST:
        # Real daemons on a machine others use too: once more, in the open.
        print(f"== net: {failed} failed, they run a second time", flush=True)
        again = pytest_net(TOP / "build" / "net-again.xml", "--last-failed", *opt.rest)
        if again:
            print(f"== net: {again[0]} of them passed the second time", flush=True)
            passed, failed = passed + again[0], again[1]
    tally.add(passed, failed, skipped)


def give_back():
    """What root built through sudo belongs to whoever called."""
    owner = os.environ.get("SUDO_UID")
    if owner and os.geteuid() == 0:
        folders = [f for f in ("build", "build-asan", "build-fuzz", "build-cov") if (TOP / f).exists()]
        run(["chown", "-R", f"{owner}:{os.environ['SUDO_GID']}", *folders])


STAGES = {"unit": stage_unit, "asan": stage_asan, "fuzz": stage_fuzz, "cover": stage_cover,
          "net": stage_net}


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stage", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    ap.add_argument("--seconds", type=int, default=10, help="for each fuzz target")
    opt, opt.rest = ap.parse_known_args()
    unknown = [s for s in opt.stage if s not in STAGES]
    if unknown:
        ap.error(f"no stage '{unknown[0]}': one of {', '.join(STAGES)}")

    total = Tally()
    for name in opt.stage or STAGES:
        start, tally = time.monotonic(), Tally()
        print(f"== {name}", flush=True)
        STAGES[name](tally, opt)
        print(f"== {name}: {tally.passed} passed, {tally.failed} failed, "
              f"{tally.skipped} skipped in {time.monotonic() - start:.0f} s", flush=True)
        total.add(tally.passed, tally.failed, tally.skipped)
    give_back()
    tail = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{tail}")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
