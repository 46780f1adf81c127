#!/usr/bin/env python3
"""Fail when a module includes what its line in layers.txt does not allow.

Also: *_int.h stays inside its module, a .c includes its own header first, and no file
outgrows the caps.  Runs in well under a second; `make test` runs it.  src/bpf/ is kernel
side: it may include dataplane/abi.h and itself, and nothing includes it.
"""
import pathlib, re, sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
CAP = {".c": 1000, ".h": 250}
INC = re.compile(r'^\s*#\s*include\s+"([^"/]+)/([^"]+)"', re.M)

allowed, bad = {}, []
for line in (pathlib.Path(__file__).parent / "layers.txt").read_text().splitlines():
    if line.strip() and not line.startswith("#"):
        mod, deps = line.split(":")
        for d in deps.split():
            if d not in allowed:
                bad.append(f"layers.txt: {mod} names {d}, which is not below it")
        allowed[mod] = set(deps.split()) | {mod}

for mod in allowed:
    for f in sorted((ROOT / mod).rglob("*.[ch]")):
        text = f.read_text()
        n = text.count("\n")
        if n > CAP[f.suffix]:
            bad.append(f"{f}: {n} lines, cap {CAP[f.suffix]}")
        incs = INC.findall(text)
        for m, h in incs:
            if m not in allowed[mod]:
                bad.append(f'{f}: {mod}/ may not include "{m}/{h}"')
            elif h.endswith("_int.h") and m != mod:
                bad.append(f'{f}: "{m}/{h}" is private to {m}/')
        own = f"{f.stem}.h"
        if f.suffix == ".c" and f.with_suffix(".h").exists() and incs[:1] != [(mod, own)]:
            bad.append(f'{f}: first include must be "{mod}/{own}"')

for f in sorted((ROOT / "bpf").rglob("*.[ch]")):
    for m, h in INC.findall(f.read_text()):
        if (m, h) != ("dataplane", "abi.h") and m != "bpf":
            bad.append(f'{f}: bpf/ may not include "{m}/{h}"')
for d in ROOT.iterdir():
    if d.is_dir() and d.name != "bpf" and d.name not in allowed:
        bad.append(f"{d}: a room that layers.txt does not know")

print("\n".join(bad) or f"layers: {len(allowed)} modules, clean")
sys.exit(bool(bad))
