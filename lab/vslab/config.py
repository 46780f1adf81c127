# SPDX-License-Identifier: GPL-2.0-or-later
"""vsubnetd's configuration for lab nodes, as a user would write it."""

from .topo import Daemon

BLUE = dict(name="blue", id=100, prefix="1.1.0.0/16", gateway="1.1.255.254",
            prefix6="2001:db8:1::/64", gateway6="2001:db8:1::ffff")
# Takes the routes of the enterprise's other sites, too.
BLUE_OPEN = dict(BLUE, extra="    import-outside: true\n")
# The same addresses as blue's, another VPN: only labels and targets tell them apart.
GREEN = dict(BLUE, name="green", id=200)

# What a subnet says to be the default router of its IPv6 hosts.
ADVERTISED = """\
        router-advertisements:
          interval: 4
          lifetime: 60
          dns: ["2001:db8:53::1"]
          search: [example.com]
"""

HEAD = """\
node:
  name: {name}
  router-id: {loopback}
  as: {asn}
  runtime-dir: {{dir}}
"""

# What listings call the PEs, as the deck does.
NAMES = {"192.0.2.11": "PE-1", "192.0.2.12": "PE-2"}

NEIGHBOR = """\
    - address: {address}
      as: {asn}
      connect-retry: 1
"""

VPN = """\
  - name: {name}
    id: {id}
{extra}    subnets:
      - prefix: {prefix}
        gateway: {gateway}
        prefix6: {prefix6}
        gateway6: {gateway6}
{own}        attachments:
          - port: {port}
            site: {site}
"""


LOOPBACKS = """\
    loopback: 10.255.0.{n}
    loopback6: 2001:db8:ff::{n}
"""

RELAY = """\
        dhcp:
          servers: [{servers}]
          server-id-override: {override}
"""

# A second subnet of the VPN, behind VLAN 200: where servers are.
SERVERS = """\
      - prefix: 2.2.0.0/24
        gateway: 2.2.0.254
        prefix6: 2001:db8:2::/64
        gateway6: 2001:db8:2::ffff
        attachments:
          - port: eth0
            site: {site}
            vlan: 200
"""


def neighbors(addresses, asn=65000, extra=()):
    return "bgp:\n  neighbors:\n" + entries(addresses, asn, extra)


def entries(addresses, asn=65000, extra=()):
    text = ""
    for address in addresses:
        text += NEIGHBOR.format(address=address, asn=asn)
        text += "".join(f"      {line}\n" for line in extra)
    return text


def tag_lines(tags):
    return "".join(f"            {key}: {tag}\n" for key, tag in
                   zip(("vlan", "inner-vlan"), tags))


def pe(name, loopback, vpns, rr="192.0.2.1", asn=65000, encap=None, core="eth1",
       port="eth0", site=1, extra=(), names=NAMES):
    """vpns: (VPN, tags) pairs, all on one access port.  A VPN's "own" is what its subnet
    says on this PE and on no other."""
    text = HEAD.format(name=name, loopback=loopback, asn=asn)
    text += "dataplane:\n  bpf-dir: {bpf}\n"
    text += f"core:\n  interfaces: [{core}]\n  source: {loopback}\n"
    if encap:
        text += f"  encapsulation: {encap}\n"
    text += "  names:\n"
    text += "".join(f"    - {{ address: {a}, name: {n} }}\n" for a, n in names.items())
    text += neighbors([rr], asn, extra)
    text += "vpns:\n"
    for vpn, tags in vpns:
        vpn = {"extra": "", "own": "", **vpn}
        text += VPN.format(port=port, site=site, **vpn) + tag_lines(tags)
    return text


def many_hosts(name, loopback, rr, site, vlans, fib):
    """A PE with many attachments in one subnet, which no sweep disturbs."""
    text = HEAD.format(name=name, loopback=loopback, asn=65000)
    text += "  log-level: warn\n"
    text += f"dataplane:\n  bpf-dir: {{bpf}}\n  fib-hosts: {fib}\n"
    text += f"core:\n  interfaces: [eth1]\n  source: {loopback}\n"
    text += neighbors([rr], extra=("max-prefixes: 0",))
    text += f"""\
vpns:
  - name: blue
    id: 100
    max-hosts: {fib}
    subnets:
      - name: dc
        prefix: 10.64.0.0/14
        gateway: 10.67.255.254
        prefix6: 2001:db8:1::/64
        gateway6: 2001:db8:1::ffff
        scan-rate: 0
        max-hosts-per-attachment: {fib}
        attachments:
"""
    return text + "".join(f"          - {{ port: eth0, vlan: {v}, site: {site} }}\n"
                          for v in vlans)


# MRT files and a BMP collector, under bgp.
WATCHED = """\
  mrt:
    updates: {{dir}}/mrt/updates.%Y
  bmp:
    collectors:
      - address: {collector}
        port: 11019
        stats-interval: 10
        connect-retry: 1
"""


def reflector(name, loopback, clients, asn=65000, extra=(), others=((), ()),
              collector=None):
    """others: more clients, and what is extra for them.  collector: MRT and BMP are on."""
    client = "route-reflector-client: true"
    text = HEAD.format(name=name, loopback=loopback, asn=asn)
    text += neighbors(clients, asn, (client, *extra))
    text += entries(others[0], asn, (client, *others[1]))
    return text + (WATCHED.format(collector=collector) if collector else "")


def daemon(text):
    return Daemon("vsubnetd", ("{vsubnetd}", "-c", "{dir}/vsubnet.yaml"),
                  {"vsubnet.yaml": text}, restart=True)
