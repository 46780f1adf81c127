# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of `--scenarios hosts`: what bench/hostmoves measured, one column a reflector."""
import json

REFLECTORS = {"vsubnet": "vsubnet", "bird": "BIRD", "frr": "FRR", "gobgp": "GoBGP"}


def runs_of(where):
    found = {}
    for name in REFLECTORS:
        path = where / f"hosts.{name}.json"
        if path.exists():
            found[name] = json.loads(path.read_text())
    return found


def dig(run, *path):
    for key in path:
        if run is None:
            return None
        run = run[key] if isinstance(key, int) and len(run) > key else \
            None if isinstance(key, int) else run.get(key)
    return run


def us(what, which):
    return lambda r: dig(r, "moves", what, which) and dig(r, "moves", what, which) / 1000


def ms(n, what, which="max"):
    """Of the nth evacuation, the slower family."""
    def value(r):
        got = [dig(r, "evacuations", n, f, what, which) for f in ("ipv4", "ipv6")]
        return max((v for v in got if v is not None), default=None)
    return value


def count(key):
    return lambda r: dig(r, "moves", key)


def a_move(key):
    return lambda r: r["moves"][key] / r["moves"]["remote_us"]["n"]


def tallied(n, key, which=max):
    return lambda r: which(v[key] for k, v in r["evacuations"][n]["tally"].items()
                           if k != "phase") if dig(r, "evacuations", n) else None


ROWS = (
    ("the third site's PE sends to the new place, p50, ms", us("remote_us", "p50"), 2),
    ("… p99, ms", us("remote_us", "p99"), 2),
    ("first packet of the stream at the new place, p50, ms", us("first_us", "p50"), 2),
    ("… p99, ms", us("first_us", "p99"), 2),
    ("packets lost a move, before the old PE sent the first one on", a_move("lost_old"), 1),
    ("… of them in after its daemon woke up for the update", a_move("lost_heard"), 2),
    ("packets lost in all, after the old PE sent the first one on", count("lost_after"), 0),
    ("… lost anywhere else", count("vanished"), 0),
    ("hosts at once, their IPv4 addresses: third PE has the last, ms", ms(0, "third_ms"), 0),
    ("… the old PE sends on for the last, ms", ms(0, "old_ms"), 0),
    ("… the old PE has withdrawn the last, ms", ms(0, "old_withdrawn_ms"), 0),
    ("hosts at once, both addresses: third PE has the last, ms", ms(1, "third_ms"), 0),
    ("… the old PE sends on for the last, ms", ms(1, "old_ms"), 0),
    ("… the old PE has withdrawn the last, ms", ms(1, "old_withdrawn_ms"), 0),
    ("hosts at once, by RARP alone: third PE has the last, ms", ms(2, "third_ms"), 0),
    ("both: most questions of the old PE in 100 ms", tallied(1, "asked_away_peak"), 0),
    ("both: announcements for a host where it lives", tallied(1, "conflicts", sum), 0),
)


def fmt(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", " ")


def table(where):
    """(title, columns, [(row, cells)]), or None."""
    runs = runs_of(where)
    if not runs:
        return None
    first = next(iter(runs.values()))
    n = [r["moves"]["remote_us"]["n"] for r in runs.values()]
    title = (f"{first['fill']['addresses']:,} addresses".replace(",", " ") +
             f", {min(n)} to {max(n)} moves one after the other, "
             f"{dig(first, 'evacuations', 0, 'hosts')} hosts at once; load average "
             f"{min(r['load'] for r in runs.values()):.1f} to "
             f"{max(r['load'] for r in runs.values()):.1f} when a run began")
    lines = [(what, [fmt(value(r), digits) for r in runs.values()])
             for what, value, digits in ROWS]
    return title, [REFLECTORS[n] for n in runs], lines


def text(where):
    made = table(where)
    if not made:
        return "\nhosts: no results"
    title, columns, lines = made
    return "\n".join([f"\n{title}", f"  {'':64}" + "".join(f"{c:>10}" for c in columns),
                      *(f"  {what:64}" + "".join(f"{c:>10}" for c in cells)
                        for what, cells in lines)])


def markdown(where):
    made = table(where)
    if not made:
        return []
    title, columns, lines = made
    return [f"{title} (`--scenarios hosts`):", "", "| | " + " | ".join(columns) + " |",
            "| --- |" + " ---: |" * len(columns),
            *(f"| {what} | " + " | ".join(cells) + " |" for what, cells in lines)]


def aims(where):
    """[(aim, what it is, reached)]"""
    run = runs_of(where).get("vsubnet")
    if not run:
        return []

    def most(title, value, limit, unit):
        return (f"{title}: at most {limit:g} {unit}".rstrip(), f"{value:.2f} {unit}".rstrip(),
                value <= limit)

    lost = run["moves"]["lost_after"]
    got = [most("a host moves, a third PE follows, p50", us("remote_us", "p50")(run), 2, "ms"),
           most("a host moves, a third PE follows, p99", us("remote_us", "p99")(run), 10, "ms"),
           ("packets lost by an old PE that knows better: none", f"{lost}", not lost)]
    both = [v for v in (ms(1, "third_ms")(run), ms(1, "old_ms")(run)) if v is not None]
    if both:
        got.append(most("a thousand hosts at once, all PEs follow", max(both) / 1000, 1, "s"))
    return got
