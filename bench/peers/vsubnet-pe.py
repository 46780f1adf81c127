#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsubnetd's configuration as a PE that imports what bgpbench announces.

usage: vsubnet-pe.py RUNTIME_DIR [VRFS [ROUTES]]
"""
import sys

run = sys.argv[1]
vrfs = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
routes = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
print(f"""node:
  name: pe
  router-id: 192.0.2.11
  as: 65000
  runtime-dir: {run}
  log-level: warn
core:
  interfaces: [core0]
  source: 192.0.2.11
dataplane:
  fib-hosts: {routes * 12 // 10}
  bpf-dir: {run}/bpf
bgp:
  listen-address: 127.0.0.1
  neighbors:""")
for k in (1, 2):
    print(f"    - {{ address: 127.0.1.{k}, as: 65000, source: 127.0.0.1, passive: true, "
          "hold-time: 240, max-prefixes: 0 }")
print("vpns:")
for v in range(1, vrfs + 1):  # bgpbench's first RT is 65000:1
    print(f"  - {{ name: v{v}, id: {v}, rd: '65001:{v}', route-targets: ['65000:{v}'], "
          "import-outside: true }")
