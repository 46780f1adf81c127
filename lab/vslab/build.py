# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes namespaces, bridges and cables out of a topology.

Hosts are virtual machines as far as the network can tell: each hangs on a little bridge
in the namespace "hv" (the hypervisors), and a cable leads from there to a site's switch.
A move swaps the cable, so the host itself sees no carrier change, just as in a live
migration, and the switch it leaves forgets its MAC because a port disappears.
"""

import json
import os
import subprocess

from .netns import Namespace, run
from .wait import until

HV = "hv"
HERE = os.path.dirname(os.path.abspath(__file__))

# An interface that says nothing by itself and bridges without delay.
BRIDGE = ["type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0"]


class Builder:
    def __init__(self, topology, prefix, directory):
        self.t = topology
        self.prefix = prefix
        self.dir = directory

    def ns(self, node):
        return Namespace(f"{self.prefix}{node}")

    def namespaces(self):
        return [self.ns(n) for n in (*self.t.nodes, HV)]

    def build(self):
        for ns in self.namespaces():
            ns.create()
        self.sysctls()
        for node in self.t.nodes.values():
            for bridge in node.bridges:
                self.add_bridge(node.name, bridge)
        for link in self.t.links:
            self.add_link(link)
        for node in self.t.nodes.values():
            if node.host:
                self.add_host(node)
        for node in self.t.nodes.values():
            self.add_routes(node)
        self.settle()

    def settle(self):
        """A bridge port forwards a moment after its cable is there."""
        for switch in (HV, *(n.name for n in self.t.nodes.values() if n.bridges)):
            until(f"ports of {switch} forward", lambda: self.forwarding(switch), 5, 0.01)

    def forwarding(self, switch):
        ports = json.loads(self.ns(switch).run("bridge", "-j", "link").stdout or "[]")
        ports = [p for p in ports if "master" in p]
        return all(p["state"] == "forwarding" for p in ports)

    def destroy(self):
        for ns in self.namespaces():
            ns.delete()

    def sysctls(self):
        quiet = {"net/ipv6/conf/default/disable_ipv6": 1}
        for name, values in [(HV, quiet)] + [(n.name, n.sysctl)
                                             for n in self.t.nodes.values()]:
            with self.ns(name).entered():
                for key, value in values.items():
                    with open(f"/proc/sys/{key}", "w") as f:
                        f.write(str(value))

    def add_bridge(self, node, bridge):
        ns = self.ns(node)
        ns.ip("link", "add", "name", bridge, *BRIDGE)
        ns.ip("link", "set", "dev", bridge, "up")

    def cable(self, a_node, a_name, b_node, b_name, mtu, a_mac=None, b_mac=None):
        def end(node, name, mac):
            return ["name", name, *(["address", mac] if mac else []), "mtu", str(mtu),
                    "netns", self.ns(node).name]

        run("ip", "link", "add", *end(a_node, a_name, a_mac), "type", "veth",
            "peer", *end(b_node, b_name, b_mac))

    def add_link(self, link):
        a, b = link.a, link.b
        self.cable(a.node, a.name, b.node, b.name, link.mtu, a.mac, b.mac)
        for port in (a, b):
            ns = self.ns(port.node)
            for address in port.addresses:
                ns.ip("addr", "add", address, "dev", port.name)
            if port.bridge:
                ns.ip("link", "set", "dev", port.name, "master", port.bridge)
            ns.ip("link", "set", "dev", port.name, "up")
        # Only now: turning GRO on makes the far end a target for XDP_REDIRECT only if this
        # end is up.
        for port in (a, b):
            if port.features:
                self.ns(port.node).run("ethtool", "-K", port.name, *port.features.split())
            if port.trunk:
                self.add_trunk(port)

    def add_trunk(self, port):
        """The VLANs of a switch port: one pair of cable ends per bridge, and a small tc
        program that pushes and pops tags between them and the trunk (the kernel may lack
        8021q)."""
        ns = self.ns(port.node)
        ns.run("tc", "qdisc", "add", "dev", port.name, "clsact")
        for bridge, tags in self.t.nodes[port.node].bridges.items():
            member, inner = f"{bridge}-t", f"{bridge}-x"
            ns.ip("link", "add", "name", member, "type", "veth", "peer", "name", inner)
            ns.ip("link", "set", "dev", member, "master", bridge, "up")
            ns.ip("link", "set", "dev", inner, "up")
            ns.run("tc", "qdisc", "add", "dev", inner, "clsact")
            obj = vlan_object(self.dir, tags, self.ifindex(ns, port.name),
                              self.ifindex(ns, inner))
            for dev, section in ((inner, "tc/to_trunk"), (port.name, "tc/from_trunk")):
                ns.run("tc", "filter", "add", "dev", dev, "ingress", "bpf", "da", "obj",
                       obj, "sec", section)

    @staticmethod
    def ifindex(ns, port):
        return int(ns.ip("-o", "link", "show", "dev", port).split(":")[0])

    def add_host(self, node):
        hv, ns = self.ns(HV), self.ns(node.name)
        self.add_bridge(HV, f"br-{node.name}")
        self.cable(node.name, "eth0", HV, node.name, self.t.mtu, node.host.mac)
        hv.ip("link", "set", "dev", node.name, "master", f"br-{node.name}", "up")
        self.plug(node.name, node.host.site, node.host.bridge)
        for address in node.host.addresses:
            ns.ip("addr", "add", address, "dev", "eth0")
        ns.ip("link", "set", "dev", "eth0", "up")
        for gateway in node.host.gateways:
            ns.ip("route", "add", "default", "via", gateway)

    def plug(self, host, site, bridge, instead_of=None):
        """A cable from a host's hypervisor to a site's switch; it carries frames once it
        is in the host's bridge, and then the old one is gone."""
        hv, switch = self.ns(HV), self.t.switch(site).name
        cable = f"{host}-s{site}"
        self.cable(HV, cable, switch, host, self.t.mtu)
        hv.ip("link", "set", "dev", cable, "up")
        self.ns(switch).ip("link", "set", "dev", host, "master", bridge, "up")
        until(f"{switch} forwards to {host}", lambda: self.forwarding(switch), 5, 0.01)
        if instead_of is not None:
            hv.ip("link", "set", "dev", f"{host}-s{instead_of}", "nomaster")
        hv.ip("link", "set", "dev", cable, "master", f"br-{host}")
        if instead_of is not None:
            self.unplug(host, instead_of)

    def unplug(self, host, site):
        self.ns(HV).ip("link", "del", "dev", f"{host}-s{site}")

    def add_routes(self, node):
        ns = self.ns(node.name)
        for loopback in node.loopbacks:
            ns.ip("addr", "add", loopback, "dev", "lo")
        for prefix, via in node.routes:
            six = ":" in prefix
            source = next((lo.split("/")[0] for lo in node.loopbacks
                           if (":" in lo) == six), None)
            way = ["via", via] if "." in via or ":" in via else ["dev", via]
            ns.ip("route", "add", prefix, *way, *(["src", source] if source else []))


def vlan_object(directory, tags, trunk, inner):
    """Compile vlan.bpf.c for one VLAN of one trunk."""
    out = f"{directory}/vlan-{'-'.join(map(str, tags))}-{trunk}-{inner}.o"
    if not os.path.exists(out):
        outer, second = (*tags, 0)[:2]
        subprocess.run(
            ["clang", "-O2", "-g", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu",
             f"-DOUTER={outer}", f"-DINNER={second}", f"-DTRUNK={trunk}", f"-DPORT={inner}",
             "-c", f"{HERE}/../vlan.bpf.c", "-o", out], check=True)
    return out
