# SPDX-License-Identifier: GPL-2.0-or-later
"""What a lab consists of, as data.  keeper.py makes it real, topologies.py fills it in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Daemon:
    """A program that belongs to a node, with the files it wants in its directory.

    In argv and files, {dir} is the node's own directory and {bpf} the lab's bpffs; in
    argv, {vsubnetd} is our daemon of the build under test.
    """

    kind: str  # "vsubnetd", "frr", "bird", "gobgp"
    argv: tuple
    files: dict
    owner: str = "root"  # of the directory
    restart: bool = False  # as systemd's Restart=always would


@dataclass(frozen=True)
class Host:
    """What makes a node a host: it hangs on a site's switch by a cable that can be moved."""

    site: int
    mac: str
    addresses: tuple  # with prefix lengths
    gateways: tuple = ()
    bridge: str = "br0"


@dataclass
class Node:
    name: str
    about: str
    loopbacks: tuple = ()
    routes: tuple = ()  # (prefix, gateway or port)
    sysctl: dict = field(default_factory=dict)
    # A switch: its bridges, and the tags each wears on the way to the PE, outermost first.
    bridges: dict = field(default_factory=dict)
    site: int = 0  # of a switch
    host: Host = None
    daemon: Daemon = None


@dataclass(frozen=True)
class Port:
    node: str
    name: str
    addresses: tuple = ()
    mac: str = None
    features: str = ""  # for ethtool -K, where the far end runs XDP
    trunk: bool = False  # carries all bridges of its switch, each with its tags
    bridge: str = None  # member of this bridge


@dataclass(frozen=True)
class Link:
    a: Port
    b: Port
    mtu: int = 1500


@dataclass
class Topology:
    name: str
    about: str
    nodes: dict = field(default_factory=dict)
    links: list = field(default_factory=list)
    mtu: int = 1500  # of hosts and sites

    def add(self, node):
        assert node.name not in self.nodes, node.name
        self.nodes[node.name] = node
        return node

    def link(self, a, b, mtu=1500):
        self.links.append(Link(a, b, mtu))

    def hosts(self):
        return [n for n in self.nodes.values() if n.host]

    def switch(self, site):
        for n in self.nodes.values():
            if n.bridges and n.site == site:
                return n
        raise KeyError(f"no site {site}")

    def sites(self):
        return sorted({n.site for n in self.nodes.values() if n.site})

    def check(self):
        for link in self.links:
            for port in (link.a, link.b):
                assert port.node in self.nodes, f"link to unknown node {port.node}"
        for n in self.hosts():
            assert n.host.bridge in self.switch(n.host.site).bridges, n.name
        return self
