#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fail when doc/corner-cases.md names a test that does not exist.

A row is `| what goes wrong | what we do | test |`.  The last cell has one test or several,
separated by `<br>` or `;`, each as `path: name`, in backquotes or not: name is that of a
TEST() in C or of a function test_… in Python, and may be written with spaces.

usage: check-corner-cases.py [FILE]
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEFINED = {".c": re.compile(r"^TEST\((\w+)\)", re.M),
           ".py": re.compile(r"^ *def (test_\w+)\(", re.M)}


def rows(text):
    """(line number, cells, inside a table) of every row that is not a table's head."""
    lines = text.splitlines()
    for n, line in enumerate(lines, 1):
        rule = n < len(lines) and lines[n].startswith("| ---")
        if line.startswith("|") and not line.startswith("| ---") and not rule:
            yield (n, [c.strip() for c in line.strip().strip("|").split(" | ")],
                   n > 1 and lines[n - 2].startswith("|"))


def tests_in(path, known={}):
    if path not in known:
        pattern = DEFINED.get(path.suffix)
        known[path] = set(pattern.findall(path.read_text())) if pattern else set()
    return known[path]


def wrong(cell):
    """What is wrong with a cell of tests, one text each."""
    for test in re.split(r"<br>|;", cell):
        path, colon, name = test.strip().strip("`").partition(": ")
        if not colon:
            yield f'expected "path: name" of a test, found "{test.strip()}"'
        elif not (ROOT / path).is_file():
            yield f"{path}: no such file"
        elif name.strip().replace(" ", "_") not in tests_in(ROOT / path):
            yield f'{path} has no test "{name}"'


def main():
    doc = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "doc/corner-cases.md"
    bad, seen, n = [], {}, 0
    for line, cells, inside in rows(doc.read_text()):
        n += 1
        if not inside:
            bad.append(f"{doc}:{line}: expected the table to go on without an empty line")
        if len(cells) != 3 or not all(cells):
            bad.append(f"{doc}:{line}: expected three cells that say something")
            continue
        bad += [f"{doc}:{line}: {w}" for w in wrong(cells[2])]
        if cells[0] in seen:
            bad.append(f"{doc}:{line}: line {seen[cells[0]]} has this case already")
        seen[cells[0]] = line
    if not n:
        bad.append(f"{doc}: no cases")
    print("\n".join(bad) or f"corner cases: {n}, each with its test")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
