#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py NAME IN OUT: make a C string of a text, so that no file is needed at run time."""
import sys

name, src, dst = sys.argv[1:]
with open(src, encoding='ascii') as f:
    lines = f.read().split('\n')
with open(dst, 'w', encoding='ascii') as f:
    f.write(f'/* Made from {name}; do not edit. */\n#include "config/schema_text.h"\n\n')
    f.write('const char schema_text[] =')
    for line in lines:
        quoted = line.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?')
        f.write(f'\n\t"{quoted}\\n"')
    f.write(';\n')
