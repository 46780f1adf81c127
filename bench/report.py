# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables out of the results bench.py left, for the terminal and for doc/performance.md."""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from datetime import date

import report_hosts
from scenarios import SCENARIOS

ORDER = ("vsubnet", "vsubnet-pe", "bird", "frr", "gobgp", "openbgpd")
NAMES = {"vsubnet-pe": "vsubnet", "bird": "BIRD", "frr": "FRR", "gobgp": "GoBGP", "openbgpd": "OpenBGPD"}
PACKAGES = {"bird": "bird2", "frr": "frr", "gobgp": "gobgpd"}


# --- results ------------------------------------------------------------------------------

class Cell:
    """A measured value, or the time after which a daemon was given up."""

    def __init__(self, value=None, over=None):
        self.value, self.over = value, over

    def fmt(self, digits):
        if self.value is not None:
            return f"{self.value:,.{digits}f}".replace(",", " ")
        return f"> {self.over:.0f}" if self.over else "–"


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def runs_of(where, scenario):
    """{daemon: [run]} as bench.py left them."""
    found = {}
    for d in ORDER:
        runs = [read(p) for p in sorted(where.glob(f"{d}.{scenario}.*.json"))]
        if runs:
            found[d] = [r for r in runs if r]
    return found


def value_of(run, row):
    for p in run["phases"]:
        if p["phase"] == row.phase:
            v = p.get(row.key)
            if not p.get("ok", True) or v is None or (isinstance(v, (int, float)) and v < 0):
                return None
            return (statistics.median(v) if row.median else v) * row.scale
    return None


def cell(runs, row, timeout):
    values = [v for v in (value_of(r, row) for r in runs) if v is not None]
    if values:
        return Cell(statistics.median(values))
    return Cell(over=timeout if row.unit == "s" and row.key != "settled_cpu_s" else None)


def ratio(cells):
    """The best peer's by ours; ">" where no peer finished."""
    ours = cells.get("vsubnet", Cell()).value
    peers = [c for d, c in cells.items() if not d.startswith("vsubnet")]
    done = [c.value for c in peers if c.value is not None]
    if not ours or not (done or any(c.over for c in peers)):
        return None, ""
    if done:
        return min(done) / ours, ""
    return min(c.over for c in peers if c.over) / ours, "> "


def table(where, name):
    """(title, columns, [(row title, [cell text], ratio text)]), or None without results."""
    s, runs, machine = SCENARIOS[name], runs_of(where, name), read(where / "machine.json")
    if not runs or not machine:
        return None
    lines = []
    for row in s.rows:
        cells = {d: cell(r, row, machine["timeout"]) for d, r in runs.items()}
        x, sign = ratio(cells)
        lines.append((f"{row.title}, {row.unit}", [c.fmt(row.digits) for c in cells.values()],
                      "–" if x is None else f"{sign}{x:.1f}x"))
    routes = next(r[0]["routes"] for r in runs.values() if r)
    title = f"{s.title}, " + f"{routes:,} routes".replace(",", " ")
    return title, [NAMES.get(d, d) for d in runs], lines


# --- aims ---------------------------------------------------------------------------------

def ratio_of(where, name, row):
    runs, machine = runs_of(where, name), read(where / "machine.json")
    if not runs or not machine:
        return None
    return ratio({d: cell(r, row, machine["timeout"]) for d, r in runs.items()})


def ours(where, name, row):
    runs = runs_of(where, name).get("vsubnet")
    return cell(runs, row, 0).value if runs else None


def aims(where):
    """[(aim, what it is, reached)]"""
    lines = []

    def times(title, need, name, n=0):
        got = ratio_of(where, name, SCENARIOS[name].rows[n])
        if got and got[0] is not None:
            lines.append((f"{title}: {need}x the fastest peer", f"{got[1]}{got[0]:.1f}x",
                          got[0] >= need))

    def most(title, limit, name, n, unit):
        got = ours(where, name, SCENARIOS[name].rows[n])
        if got is not None:
            lines.append((f"{title}: at most {limit:g} {unit}", f"{got:.1f} {unit}",
                          got <= limit))

    times("one to one", 4, "1-1")
    times("2 to 8", 6, "2-8")
    times("1 to 40", 6, "1-40")
    times("a receiver back", 4, "back")
    times("route refresh", 4, "refresh")
    for name, title in (("single", "one prefix to an UPDATE"), ("uniq", "unique attributes"),
                        ("label", "a label for every route"), ("shared", "shared addresses"),
                        ("vpn6", "VPNv6"), ("two", "two paths for each host")):
        times(title, 4, name)
    most("memory per route", 64, "1-1", 2, "bytes")
    before, after = (ours(where, "memory", SCENARIOS["memory"].rows[n]) for n in (0, 1))
    if before and after:
        lines.append(("after churn: at most 1.3 times that", f"{after / before:.2f}",
                      after <= 1.3 * before))
    most("one move, p99", 200, "moves", 1, "µs")
    most("10 000 moves, packed", 50, "moves", 4, "ms")
    most("10 000 moves, scattered", 100, "moves", 5, "ms")
    free, muted = (ours(where, "slow", SCENARIOS["slow"].rows[n]) for n in (0, 1))
    if free and muted:
        lines.append(("one reads nothing: the others are not delayed",
                      f"{muted / free:.2f} of the time", muted <= 1.15 * free))
    return lines + report_hosts.aims(where)


# --- the machine --------------------------------------------------------------------------

def note_machine(where, build, quick, repeats, timeout):
    old = read(where / "machine.json") or {}
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="ascii").read())
    memory = re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo", encoding="ascii").read())
    versions = {d: subprocess.run(["dpkg-query", "-W", "-f", "${Version}", p], check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True).stdout.split("-")[0].split("+")[0]
                for d, p in PACKAGES.items()}
    options = {}
    intro = subprocess.run(["meson", "introspect", "--buildoptions", str(build)], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if intro.returncode == 0:
        options = {o["name"]: o["value"] for o in json.loads(intro.stdout)}
    (where / "machine.json").write_text(json.dumps({
        **old, "cpu": model[1] if model else platform.machine(), "cpus": os.cpu_count(),
        "memory_gb": round(int(memory[1]) / 1e6), "kernel": platform.release(),
        "versions": versions, "load": os.getloadavg()[0], "date": str(date.today()),
        "quick": quick, "repeats": repeats, "timeout": timeout,
        "optimization": options.get("optimization"), "lto": options.get("b_lto")}, indent=1))


def machine_lines(where):
    m = read(where / "machine.json")
    if not m:
        return []
    peers = ", ".join(f"{NAMES[d]} {v}" for d, v in m["versions"].items() if v)
    lto = "with" if m["lto"] else "without"
    how = f"with -O{'3' if m['optimization'] == '2' else m['optimization']}"  # meson.build
    return [f"{m['cpus']} CPUs of {m['cpu']}, {m['memory_gb']} GB, Linux {m['kernel']}; "
            f"{peers}. Built {how}, {lto} LTO. Medians of "
            f"{m['repeats']}; load average {m['load']:.1f} when they began, {m['date']}"
            f"{', the short run' if m['quick'] else ''}."]


# --- words --------------------------------------------------------------------------------

def text(where, name):
    """For the terminal."""
    if name == "packets":
        path = where / "packets.txt"
        return "\nthe packet program, by BPF_PROG_TEST_RUN\n" + \
            (path.read_text() if path.exists() else "no results")
    if name == "hosts":
        return report_hosts.text(where)
    if name == "aims":
        return "\naims\n" + "\n".join(f"  {a:52}{b:>18}  {'yes' if c else 'NO'}"
                                     for a, b, c in aims(where))
    made = table(where, name)
    if not made:
        return f"\n{name}: no results"
    title, columns, lines = made
    out = [f"\n{title}", f"  {'':40}" + "".join(f"{c:>12}" for c in [*columns, "ratio"])]
    out += [f"  {what:40}" + "".join(f"{c:>12}" for c in [*cells, x])
            for what, cells, x in lines]
    return "\n".join(out)


def packet_rows(where):
    """[(what, "lowest–highest" of each column)] over the runs of xdpbench."""
    path = where / "packets.txt"
    rows = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        m = re.match(r"(\S.*?)\s{2,}(\d+)\s+(\d+)$", line)
        if m:
            rows.setdefault(m[1], []).append((int(m[2]), int(m[3])))

    def span(values):
        low, high = min(values), max(values)
        return f"{low}" if low == high else f"{low}–{high}"

    return [(what, *(span(v) for v in zip(*runs))) for what, runs in rows.items()]


def markdown(where, name):
    """Lines for doc/performance.md; empty without results."""
    if name == "packets":
        rows = packet_rows(where)
        return ["| nanoseconds a packet | one host | any host |", "| --- | ---: | ---: |",
                *(f"| {a} | {b} | {c} |" for a, b, c in rows)] if rows else []
    if name == "machine":
        return machine_lines(where)
    if name == "hosts":
        return report_hosts.markdown(where)
    if name == "aims":
        got = aims(where)
        return ["| aim | is | reached |", "| --- | ---: | --- |",
                *(f"| {a} | {b} | {'yes' if c else '**no**'} |" for a, b, c in got)] \
            if got else []
    made = table(where, name)
    if not made:
        return []
    title, columns, lines = made
    return [f"{title} (`--scenarios {name}`):", "",
            "| | " + " | ".join([*columns, "ratio"]) + " |",
            "| --- |" + " ---: |" * (len(columns) + 1),
            *(f"| {what} | " + " | ".join([*cells, x]) + " |" for what, cells, x in lines)]


def write(where, doc):
    """Replace what stands between <!-- bench NAME --> and <!-- end --> where there are
    results; the rest stays."""
    def fill(m):
        lines = markdown(where, m[1])
        if not lines:
            return m[0]
        return f"<!-- bench {m[1]} -->\n" + "\n".join(lines) + "\n<!-- end -->"

    old = doc.read_text()
    new = re.sub(r"<!-- bench (\S+) -->\n.*?<!-- end -->", fill, old, flags=re.S)
    doc.write_text(new)
    print(f"{doc}: {'tables replaced' if new != old else 'nothing new'}", file=sys.stderr)
