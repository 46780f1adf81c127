#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a libFuzzer corpus of the hex vectors: seeds.py VECTORS CORPUS."""
import pathlib
import sys

src, dst = map(pathlib.Path, sys.argv[1:])
dst.mkdir(parents=True, exist_ok=True)
for f in sorted(src.glob('*.hex')):
    (dst / f.stem).write_bytes(bytes.fromhex(''.join(f.read_text().split())))
