# SPDX-License-Identifier: GPL-2.0-or-later
"""Other people's BGP speakers as lab daemons, and what they say they know.

All speak VPNv4 and VPNv6.  None needs a kernel with MPLS or VRFs: they are reflectors, or
(FRR) a PE whose control plane is what we look at.
"""

import ipaddress
import json
import re

from .topo import Daemon

FRR_BGPD = "/usr/lib/frr/bgpd"


def frr(config):
    """bgpd alone: -Z, no zebra, so every next hop counts as reachable."""
    return Daemon(
        "frr",
        (FRR_BGPD, "-f", "{dir}/bgpd.conf", "-i", "{dir}/bgpd.pid", "--vty_socket", "{dir}",
         "-P", "0", "-Z", "-u", "frr", "-g", "frr"),
        {"bgpd.conf": config}, owner="frr", restart=True)


def frr_reflector(loopback, clients, asn=65000, password=None, ttl_hops=0):
    text = f"""\
frr defaults traditional
log stdout informational
router bgp {asn}
 bgp router-id {loopback}
 bgp cluster-id {loopback}
 no bgp default ipv4-unicast
"""
    for c in clients:
        text += f" neighbor {c} remote-as {asn}\n neighbor {c} update-source {loopback}\n"
        text += f" neighbor {c} timers connect 1\n"
        text += f" neighbor {c} password {password}\n" if password else ""
        text += f" neighbor {c} ttl-security hops {ttl_hops}\n" if ttl_hops else ""
    for family in ("ipv4 vpn", "ipv6 vpn"):
        text += f" address-family {family}\n"
        for c in clients:
            text += f"  neighbor {c} activate\n  neighbor {c} route-reflector-client\n"
        text += " exit-address-family\n"
    return frr(text)


def frr_enterprise(loopback, rr, prefixes, prefixes6, asn=65000, rt="65000:100", label=500,
                   rd=None):
    """A third-party PE: imports the VPN's host routes, exports its own subnets.

    Without a kernel VRF the VPN is leaked to and from the default instance, where the
    imported /32s and /128s then stand in the unicast tables.
    """
    def family(af, vpn_af, nets):
        lines = [f" address-family {af} unicast"]
        lines += [f"  network {n}" for n in nets]
        lines += [f"  rd vpn export {rd or loopback + ':100'}", f"  rt vpn both {rt}",
                  f"  label vpn export {label}", "  export vpn", "  import vpn",
                  " exit-address-family",
                  f" address-family {vpn_af}", f"  neighbor {rr} activate",
                  " exit-address-family"]
        return "\n".join(lines) + "\n"

    return frr(f"""\
frr defaults traditional
log stdout informational
router bgp {asn}
 bgp router-id {loopback}
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor {rr} remote-as {asn}
 neighbor {rr} update-source {loopback}
 neighbor {rr} timers connect 1
""" + family("ipv4", "ipv4 vpn", prefixes) + family("ipv6", "ipv6 vpn", prefixes6))


def frr_client(loopback, rr, asn=65000, **kw):
    """A plain PE, nothing but sessions and a VPN of its own."""
    return frr_enterprise(loopback, rr, kw.pop("prefixes", ()), kw.pop("prefixes6", ()),
                          asn=asn, **kw)


def frr_six(router_id, address, rr, prefixes, prefixes6, asn=65000, rt="65000:100"):
    """A PE on a core of IPv6: VPNv4 routes with next hops of IPv6 (RFC 8950)."""
    def family(af, vpn_af, nets):
        lines = [f" address-family {af} unicast", *(f"  network {n}" for n in nets),
                 f"  rd vpn export {router_id}:100", f"  rt vpn both {rt}",
                 "  label vpn export 500", "  export vpn", "  import vpn",
                 " exit-address-family", f" address-family {vpn_af}",
                 f"  neighbor {rr} activate", " exit-address-family"]
        return "\n".join(lines) + "\n"

    return frr(f"""\
frr defaults traditional
log stdout informational
router bgp {asn}
 bgp router-id {router_id}
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor {rr} remote-as {asn}
 neighbor {rr} update-source {address}
 neighbor {rr} capability extended-nexthop
 neighbor {rr} timers connect 1
""" + family("ipv4", "ipv4 vpn", prefixes) + family("ipv6", "ipv6 vpn", prefixes6))


def bird_reflector(loopback, clients, asn=65000, password=None, ttl_security=False):
    text = f"""\
log stderr {{ info, remote, warning, error, auth, fatal, bug }};
router id {loopback};
vpn4 table vpntab4;
vpn6 table vpntab6;
protocol device {{}}
# The kernel's routes, so that next hops and multihop peers resolve.
protocol kernel {{ learn; ipv4 {{ import all; export none; }}; }}
template bgp site {{
	local {loopback} as {asn};
	multihop;
	connect delay time 1;
	connect retry time 2;
	error wait time 1, 4;
	rr client;
	rr cluster id {loopback};
"""
    text += f'\tpassword "{password}";\n' if password else ""
    text += "\tttl security on;\n" if ttl_security else ""
    text += """\
	vpn4 mpls { table vpntab4; import all; export all; next hop keep; };
	# VPN-IPv6 routes of an IPv4 core have mapped next hops, which BIRD has to be told.
	vpn6 mpls { table vpntab6; import all; export all; next hop keep; extended next hop; };
}
"""
    for i, c in enumerate(clients, 1):
        text += f"protocol bgp p{i} from site {{ neighbor {c} as {asn}; }}\n"
    return Daemon("bird", ("bird", "-f", "-c", "{dir}/bird.conf", "-s", "{dir}/bird.ctl",
                           "-P", "{dir}/bird.pid"), {"bird.conf": text}, restart=True)


def bird_add_path(loopback, rr, asn=65000):
    """A client that takes every path of a destination (RFC 7911)."""
    text = f"""\
log stderr all;
router id {loopback};
vpn4 table vpntab4;
vpn6 table vpntab6;
protocol device {{}}
protocol bgp up {{
	local {loopback} as {asn};
	neighbor {rr} as {asn};
	multihop;
	connect delay time 1;
	connect retry time 2;
	vpn4 mpls {{ table vpntab4; import all; export none; add paths rx; }};
	vpn6 mpls {{ table vpntab6; import all; export none; add paths rx; extended next hop; }};
}}
"""
    return Daemon("bird", ("bird", "-f", "-c", "{dir}/bird.conf", "-s", "{dir}/bird.ctl",
                           "-P", "{dir}/bird.pid"), {"bird.conf": text}, restart=True)


def bird_paths(lab, node, table):
    """{(rd, prefix): next hops of all paths}."""
    out = lab.ns(node).run("birdc", "-s", f"{lab.node_dir(node)}/bird.ctl",
                           "show", "route", "all", "table", table).stdout
    routes, key = {}, None
    for line in out.splitlines():
        if m := re.match(r"(\d\S*:\d+) (\S+)\s+unreachable", line):
            key = m.groups()
        elif m := re.search(r"BGP.next_hop: (\S+)", line):
            routes.setdefault(key, set()).add(_hop(m[1]))
    return routes


def gobgp_reflector(loopback, clients, asn=65000, rtc=False):
    """rtc: with route target constrain (RFC 4684)."""
    text = _gobgp_head(loopback, asn)
    for c in clients:
        text += _gobgp_neighbor(loopback, c, asn, rtc, f"""\
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "{loopback}"
""")
    return _gobgp(text)


def gobgp_client(loopback, rr, vrfs, asn=65000, rtc=True):
    """A PE.  vrfs: {name: (number, imports, exports)}; routes come by gobgp_route()."""
    text = _gobgp_head(loopback, asn) + _gobgp_neighbor(loopback, rr, asn, rtc)
    for name, (n, imports, exports) in vrfs.items():
        text += f"""
[[vrfs]]
  [vrfs.config]
    name = "{name}"
    id = {n}
    rd = "{loopback}:{n}"
    import-rt-list = {json.dumps(imports)}
    export-rt-list = {json.dumps(exports)}
"""
    return _gobgp(text)


def _gobgp_head(loopback, asn):
    return f"""\
[global.config]
  as = {asn}
  router-id = "{loopback}"
  local-address-list = ["{loopback}"]
"""


def _gobgp_neighbor(loopback, address, asn, rtc, more=""):
    text = f"""
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{address}"
    peer-as = {asn}
  [neighbors.transport.config]
    local-address = "{loopback}"
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
{more}"""
    families = ["l3vpn-ipv4-unicast", "l3vpn-ipv6-unicast"] + (["rtc"] if rtc else [])
    for family in families:
        text += f"""\
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}"
"""
    return text


def _gobgp(text):
    return Daemon("gobgp", ("gobgpd", "-f", "{dir}/gobgpd.toml", "--api-hosts",
                            "127.0.0.1:50051"), {"gobgpd.toml": text}, restart=True)


# --- what they know -------------------------------------------------------------------


def vtysh(lab, node, *commands):
    argv = ["vtysh", "--vty_socket", lab.node_dir(node)]
    for c in commands:
        argv += ["-c", c]
    return lab.ns(node).run(*argv).stdout


def _hop(text):
    """A VPN-IPv6 next hop of an IPv4 core is a mapped address (RFC 4659 3.2.1.2)."""
    address = ipaddress.ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _frr_vpn(lab, node):
    routes = {}
    for family in ("ipv4", "ipv6"):
        table = json.loads(vtysh(lab, node, f"show bgp {family} vpn json") or "{}")
        for rd, prefixes in table.get("routes", {}).get("routeDistinguishers", {}).items():
            for prefix, paths in prefixes.items():
                hop = paths[0]["nexthops"][0]["ip"]
                routes[(rd, prefix)] = _hop(hop)
    return routes


def _bird_vpn(lab, node):
    out = lab.ns(node).run("birdc", "-s", f"{lab.node_dir(node)}/bird.ctl",
                           "show route all").stdout
    routes, key = {}, None
    for line in out.splitlines():
        if m := re.match(r"(\S+:\d+) (\S+/\d+)\s", line):
            key = (m[1], m[2])
        elif key and (m := re.match(r"\s+BGP\.next_hop: (\S+)", line)):
            routes[key] = _hop(m[1])
    return routes


def _gobgp_vpn(lab, node):
    routes = {}
    for family in ("vpnv4", "vpnv6"):
        out = lab.ns(node).run("gobgp", "-j", "global", "rib", "-a", family).stdout
        for key, paths in (json.loads(out) if out.strip() else {}).items():
            rd, prefix = _split_rd(key)
            for attr in paths[0]["attrs"]:
                if "nexthop" in attr:
                    routes[(rd, prefix)] = _hop(attr["nexthop"])
    return routes


def _split_rd(key):
    """"192.0.2.11:100:2001:db8:1::1/128" has its RD in front, an IPv4 one here."""
    a, b, rest = key.split(":", 2)
    return f"{a}:{b}", rest


_VPN = {"frr": _frr_vpn, "bird": _bird_vpn, "gobgp": _gobgp_vpn}


def vpn_routes(lab, node):
    """{(rd, prefix): next hop} of a third-party speaker."""
    return _VPN[lab.topology.nodes[node].daemon.kind](lab, node)


def gobgp(lab, node, *words):
    return lab.ns(node).run("gobgp", *words).stdout


def gobgp_route(lab, node, prefix, rd, rt, add=True):
    """A VPN route of its own, by hand: those of its VRFs have label 0, which is reserved."""
    gobgp(lab, node, "global", "rib", "add" if add else "del", "-a",
          "vpnv6" if "." not in prefix else "vpnv4", prefix, "label", "100", "rd", rd,
          "rt", rt)


def gobgp_memberships(lab, node):
    """Origin AS and target of each (RFC 4684), as "65000:65000:1"; "0:default" is all."""
    out = gobgp(lab, node, "-j", "global", "rib", "-a", "rtc")
    return set(json.loads(out) if out.strip() else {})


def frr_unicast(lab, node):
    """{prefix: next hop} of the default instance's unicast tables."""
    routes = {}
    for family in ("ipv4", "ipv6"):
        table = json.loads(vtysh(lab, node, f"show bgp {family} unicast json") or "{}")
        for prefix, paths in table.get("routes", {}).items():
            hop = paths[0]["nexthops"][0]["ip"] if paths[0].get("nexthops") else "::"
            routes[prefix] = _hop(hop)
    return routes
