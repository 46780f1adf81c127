# SPDX-License-Identifier: GPL-2.0-or-later
"""The labs we have.  All are the two data centres of the deck, varied in one respect or
another by the options of two_dc().

      site 1                        core                        site 2
    a  1.1.1.1 --+                                      +-- b  1.1.1.3
                 ce1 --- pe1 ----- core ----- pe2 --- ce2
    c  1.1.1.2 --+                  |                   +-- d  1.1.1.4
                                    rr
"""

from dataclasses import replace

from . import config, peers
from .topo import Host, Node, Port, Topology

PE1, PE2, ENT, RR = "192.0.2.11", "192.0.2.12", "192.0.2.21", "192.0.2.1"
PE3, PE5 = "192.0.2.13", "192.0.2.15"
# More addresses of s1 in the lab "scripted".
SCRIPTED_PREFIX = "198.51.100.0/24"
SCRIPTED = tuple(f"198.51.100.{i}" for i in range(1, 101))
FLAPPING_PREFIX = "198.18.0.0/23"
FLAPPING = tuple(f"198.18.{i >> 8}.{i & 255}" for i in range(1, 351))
HASTY = SCRIPTED[90:]  # with these the reflector has little patience
HASTY_HOLD, HASTY_SEND_HOLD = 3, 6
# Second loopbacks, where sessions are over IPv6 and tunnels over IPv4.
LOOPBACK6 = {PE1: "2001:db8:f::11", PE2: "2001:db8:f::12", RR: "2001:db8:f::1"}
# The lab "six": a core of nothing but IPv6.
SIX = {"s1": "2001:db8:c::1", "s2": "2001:db8:c::2", "rr": "2001:db8:c::3",
       "f1": "2001:db8:c::4"}
PASSWORD = "correct-horse"
ENT_PREFIXES = ("2.2.0.0/16",), ("2001:db8:2::/64",)

# host: site, last part of the address, last octet of the MAC
HOSTS = {"a": (1, 1, "0a"), "c": (1, 2, "0c"), "b": (2, 3, "0b"), "d": (2, 4, "0d")}
HOSTS_3 = {**HOSTS, "e": (3, 5, "0e")}

QUIET = {"net/ipv6/conf/all/disable_ipv6": 1, "net/ipv6/conf/default/disable_ipv6": 1}
ROUTER = {**QUIET, "net/ipv4/ip_forward": 1}
ROUTER6 = {"net/ipv6/conf/default/accept_dad": 0, "net/ipv4/ip_forward": 1,
           "net/ipv6/conf/all/forwarding": 1}
# No DAD wait in a lab; hosts learn nothing from router advertisements that nobody sends.
HOST = {"net/ipv6/conf/default/accept_ra": 0, "net/ipv6/conf/default/accept_dad": 0}

# The receiving end of XDP_REDIRECT needs NAPI, which GRO turns on.  Towards an XDP port
# checksums must be complete and tags in the frame, not beside it.
REDIRECT_TARGET = "gro on"
CE_PORT = "gro on tx off"
CE_TRUNK = "gro on tx off txvlan off tx-vlan-stag-hw-insert off"


def add_host(t, name, site, n, mac, bridge="br0", vpn="blue"):
    t.add(Node(name, f"host {name.upper()} 1.1.1.{n} at site {site}", sysctl=HOST,
               host=Host(site, f"02:aa:00:00:00:{mac}",
                         (f"1.1.1.{n}/16", f"2001:db8:1::{n:x}/64"),
                         ("1.1.255.254", "2001:db8:1::ffff"), bridge)))


def add_core_node(t, n, name, about, loopback, core_mtu, daemon, switched):
    """A node on the core, loopback reachable from all others."""
    node = t.add(Node(name, about, loopbacks=(f"{loopback}/32",), sysctl=QUIET,
                      daemon=daemon))
    port = "eth1" if name.startswith("pe") else "eth0"
    address = f"10.0.0.{n}/24" if switched else f"10.0.{n}.2/30"
    near = Port(name, port, (address,), f"02:00:00:00:00:{n:02x}")
    if switched:
        far = Port("core", name, bridge="br0", features=REDIRECT_TARGET)
    else:
        far = Port("core", name, (f"10.0.{n}.1/30",), f"02:00:00:00:01:{n:02x}",
                   REDIRECT_TARGET)
        node.routes = (("default", f"10.0.{n}.1"),)
    t.link(near, far, core_mtu)


def add_six(t, members):
    """IPv6 beside IPv4 on a routed core."""
    t.nodes["core"].sysctl = ROUTER6
    for n, (name, lo) in members.items():
        t.nodes[name].sysctl = HOST
        t.nodes[name].loopbacks += (f"{LOOPBACK6[lo]}/128",)
        t.nodes[name].routes += (("::/0", f"2001:db8:f:{n}::1"),)
        t.nodes["core"].routes += ((f"{LOOPBACK6[lo]}/128", f"2001:db8:f:{n}::2"),)
        i = next(i for i, link in enumerate(t.links)
                 if (link.b.node, link.b.name) == ("core", name))
        near, far = t.links[i].a, t.links[i].b
        t.links[i] = replace(t.links[i], **{
            "a": replace(near, addresses=(*near.addresses, f"2001:db8:f:{n}::2/64")),
            "b": replace(far, addresses=(*far.addresses, f"2001:db8:f:{n}::1/64"))})


def route_core(t, members, switched):
    """members: {number: (name, loopback)}.  A routed core knows the way to each loopback;
    on a switched one everybody is everybody's neighbour, which is what a VPN label alone
    needs: nobody in between would know it."""
    if not switched:
        t.nodes["core"].routes = tuple((f"{lo}/32", f"10.0.{n}.2")
                                       for n, (_, lo) in members.items())
        return
    for n, (name, _) in members.items():
        port = "eth1" if name.startswith("pe") else "eth0"
        t.nodes[name].routes = tuple((f"{lo}/32", port)
                                     for m, (_, lo) in members.items() if m != n)


def add_site(t, site, pe, bridges):
    t.add(Node(f"ce{site}", f"CE switch of site {site}", sysctl=QUIET, bridges=bridges,
               site=site))
    add_uplink(t, site, pe, site, "pe")


def add_uplink(t, site, pe, n, name):
    """The cable from a site's switch to a PE; `name` is the switch's end of it."""
    ce = f"ce{site}"
    bridges = t.nodes[ce].bridges
    tagged = any(bridges.values())
    far = Port(ce, name, trunk=tagged, bridge=None if tagged else "br0",
               features=CE_TRUNK if tagged else CE_PORT)
    t.link(Port(pe, "eth0", mac=f"02:00:00:00:02:{n:02x}"), far,
           t.mtu + 4 * max(len(tags) for tags in bridges.values()))


def reflector(kind, clients, security, passive=False, hold=None, others=((), ()),
              six=False, collector=None):
    """security: None, "md5" or "gtsm", the same on all sessions; hold: hold time."""
    md5 = PASSWORD if security == "md5" else None
    if kind == "frr":
        return peers.frr_reflector(RR, clients, password=md5,
                                   ttl_hops=3 if security == "gtsm" else 0)
    if kind == "bird":
        return peers.bird_reflector(RR, clients, password=md5,
                                    ttl_security=security == "gtsm")
    if kind == "gobgp":
        return peers.gobgp_reflector(RR, clients)
    if kind == "gobgp-rtc":
        return peers.gobgp_reflector(RR, clients, rtc=True)
    extra = (*(["passive: true"] if passive else []), *session(security, hold))
    if six:
        clients = [LOOPBACK6[c] for c in clients]
        extra += over_six(RR)
    return config.daemon(config.reflector("rr", RR, clients, extra=extra, others=others,
                                          collector=collector))


def over_six(loopback):
    return (f"source: {LOOPBACK6[loopback]}",)


def session(security, hold=None):
    return (*{None: (), "md5": (f"password: {PASSWORD}",),
              "gtsm": ("ttl-security: 3",)}[security],
            *([f"hold-time: {hold}"] if hold else []))


def two_dc(rr="vsubnet", enterprise=False, core="routed", core_mtu=1600, encap=None,
           access="untagged", security=None, daemons=True, hold=None,
           sessions=4, own=""):
    t = Topology("two-dc", "two data centres, one subnet")
    switched = core == "switched"
    vpns = [(config.BLUE_OPEN if enterprise else config.BLUE, ())]
    bridges = {"br0": ()}
    if own:
        vpns = [(dict(config.BLUE, own=own), ())]
    if access == "tagged":
        vpns = [(config.BLUE, (100,)), (config.GREEN, (200, 300))]
        bridges = {"br0": (100,), "br1": (200, 300)}

    for name, (site, n, mac) in HOSTS.items():
        add_host(t, name, site, n, mac)
    if access == "tagged":
        for name, (site, n, mac) in HOSTS.items():
            if name in "ab":
                add_host(t, f"g{name}", site, n, mac.replace("0", "1", 1), "br1", "green")

    if switched:
        t.add(Node("core", "core switch", sysctl=QUIET, bridges={"br0": ()}))
    else:
        t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("pe1", PE1), 2: ("pe2", PE2), 3: ("rr", RR)}
    clients = [PE1, PE2]
    for site, (name, lo) in ((1, members[1]), (2, members[2])):
        over = over_six(lo) if sessions == 6 else ()
        text = config.pe(name, lo, vpns, LOOPBACK6[RR] if over else RR, encap=encap,
                         site=site, extra=(*session(security, hold), *over))
        add_core_node(t, site, name, f"PE of site {site}", lo, core_mtu,
                      config.daemon(text) if daemons else None, switched)
        add_site(t, site, name, bridges)
    if enterprise:
        members[4] = ("ent", ENT)
        clients.append(ENT)
        add_core_node(t, 4, "ent", "enterprise PE (FRR)", ENT, core_mtu,
                      peers.frr_enterprise(ENT, RR, *ENT_PREFIXES), switched)
    add_core_node(t, 3, "rr", f"route reflector ({rr})", RR, core_mtu,
                  reflector(rr, clients, security, hold=hold, six=sessions == 6)
                  if daemons or rr != "vsubnet" else None, switched)
    route_core(t, members, switched)
    if sessions == 6:
        add_six(t, members)
    return t.check()


# PE: number, site, loopback
THREE_DC = {"pe1": (1, 1, PE1), "pe2": (2, 2, PE2), "pe5": (5, 3, PE5)}
TWO_SITES = {"pe1": (1, 1, PE1), "pe2": (2, 2, PE2)}
DUAL_DC = {"pe1": (1, 1, PE1), "pe3": (3, 1, PE3), "pe2": (2, 2, PE2)}


def sites_dc(pes, hosts, vpn=None, core_mtu=1600, hold=None):
    """Any number of sites and PEs; vpn(pe, n): what a PE's subnet says beside the usual."""
    t = Topology("", "")
    for name, (site, n, mac) in hosts.items():
        add_host(t, name, site, n, mac)
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {3: ("rr", RR)}
    names = {lo: name.upper().replace("PE", "PE-") for name, (_, _, lo) in pes.items()}
    for name, (n, site, lo) in pes.items():
        net = n + 10 if n > 2 else n
        members[net] = (name, lo)
        blue = dict(config.BLUE, **(vpn(name, n) if vpn else {}))
        text = config.pe(name, lo, [(blue, ())], RR, site=site, names=names,
                         extra=session(None, hold))
        add_core_node(t, net, name, f"PE of site {site}", lo, core_mtu,
                      config.daemon(text), False)
        if f"ce{site}" in t.nodes:
            add_uplink(t, site, name, n, name)
        else:
            add_site(t, site, name, {"br0": ()})
    add_core_node(t, 3, "rr", "route reflector (vsubnet)", RR, core_mtu,
                  reflector("vsubnet", [lo for _, _, lo in pes.values()], None, hold=hold),
                  False)
    route_core(t, members, False)
    return t.check()


def three_dc(core_mtu=1600, hold=None, probe_reply=None):
    """A third site with pe5 and the host e, 1.1.1.5; C may move as often as it likes.
    probe_reply: whom to tell that an address is taken."""
    def own(_name, _n):
        return {"own": f"        probe-reply: {probe_reply or 'never'}\n"
                       "        dup-exempt: [1.1.1.2, '2001:db8:1::2']\n"}

    return sites_dc(THREE_DC, HOSTS_3, own, core_mtu, hold)


# What settles who of pe1 and pe3 is master, lines of their subnets.
VRRP = {"pe1": ("vrrp:", "  priority: 120"), "pe3": ("vrrp:", "  priority: 100")}
EXTERNAL = {pe: ("vrrp:", "  external: true") for pe in ("pe1", "pe3")}


def dual_dc(core_mtu=1600, hold=None, external=False):
    """pe1, master by its priority, and pe3 on the switch of site 1, pe2 at site 2.
    external: who is master they are told by command."""
    def own(name, n):
        lines = (f"address: 1.1.255.{n}", f"address6: 2001:db8:1::ff0{n}",
                 *(EXTERNAL if external else VRRP).get(name, ()))
        return {"own": "".join(f"        {line}\n" for line in lines)}

    return sites_dc(DUAL_DC, HOSTS, own, core_mtu, hold)


# The lab "dhcp": s serves from a subnet of its own at site 2; v and w have no addresses.
DHCP_SERVER, DHCP6_SERVER = "2.2.0.67", "2001:db8:2::547"
DHCP_GUESTS = {"v": "21", "w": "22"}


def loopback(n, family=4):
    """A PE's own address in the VPN."""
    return f"10.255.0.{n}" if family == 4 else f"2001:db8:ff::{n}"


def dhcp_dc(override=True, binding="learn"):
    """Two data centres, a DHCP server in another subnet of the VPN."""
    t = Topology("", "")
    for name, (site, n, mac) in {"a": HOSTS["a"], "b": HOSTS["b"]}.items():
        add_host(t, name, site, n, mac)
    for name, mac in DHCP_GUESTS.items():
        t.add(Node(name, f"guest {name.upper()}, which asks for its addresses",
                   sysctl=HOST, host=Host(1, f"02:aa:00:00:00:{mac}", ())))
    t.add(Node("s", "DHCP server", sysctl=HOST,
               host=Host(2, "02:aa:00:00:00:67",
                         (f"{DHCP_SERVER}/24", f"{DHCP6_SERVER}/64"),
                         ("2.2.0.254", "2001:db8:2::ffff"), "br1")))
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("pe1", PE1), 2: ("pe2", PE2), 3: ("rr", RR)}
    bridges = {"br0": (100,), "br1": (200,)}
    for n in (1, 2):
        name, lo = members[n]
        blue = dict(config.BLUE, extra=config.LOOPBACKS.format(n=n),
                    own=config.RELAY.format(servers=f"{DHCP_SERVER}, '{DHCP6_SERVER}'",
                                            override=str(override).lower())
                    + f"        binding: {binding}\n")
        text = config.pe(name, lo, [(blue, (100,))], RR, site=n)
        text += config.SERVERS.format(site=n)
        add_core_node(t, n, name, f"PE of site {n}", lo, 1600, config.daemon(text), False)
        add_site(t, n, name, bridges)
    add_core_node(t, 3, "rr", "route reflector (vsubnet)", RR, 1600,
                  reflector("vsubnet", [PE1, PE2], None), False)
    route_core(t, members, False)
    return t.check()


def keepalived_dc(external=False, priority=120, more=()):
    """pe1 and a router k1 on the switch of site 1, for keepalived to run on; pe2 at site 2."""
    vrrp = ("external: true",) if external else (f"priority: {priority}", *more)

    def own(name, n):
        lines = [f"address: 1.1.255.{n}", f"address6: 2001:db8:1::ff0{n}"]
        if name == "pe1":
            lines += ["vrrp:", *(f"  {line}" for line in vrrp)]
        return {"own": "".join(f"        {line}\n" for line in lines)}

    t = sites_dc(TWO_SITES, HOSTS, own)
    t.add(Node("k1", "router of site 1 (keepalived)", sysctl=HOST))
    t.link(Port("k1", "eth0", mac="02:00:00:00:02:09",
                addresses=("1.1.255.9/16", "2001:db8:1::ff09/64"), features="tx off"),
           Port("ce1", "k1", bridge="br0"))
    return t.check()


# What pe1 alone is told: A is configured; who else is at its site is learned.
CONFIGURED = "hosts:\n" + "".join(f"""\
          - address: {address}
            mac: 02:aa:00:00:00:0a
""" for address in ("1.1.1.1", "2001:db8:1::1"))


def trust_dc(binding="learn"):
    """Site 1 has A configured; 1.1.1.200 is at both sites on purpose.  binding: of site 2."""
    def own(name, n):
        lines = ["anycast-local: [ 1.1.1.200 ]\n",
                 CONFIGURED if name == "pe1" else f"binding: {binding}\n"]
        return {"own": "".join(f"        {line}" for line in lines)}

    return sites_dc({pe: DUAL_DC[pe] for pe in ("pe1", "pe2")}, HOSTS, own)


def frr_clients(rr="vsubnet", security=None):
    """A reflector between two third-party PEs, nothing else."""
    t = Topology("frr-clients", "a reflector with two FRR PEs as clients")
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("f1", PE1), 2: ("f2", PE2), 3: ("rr", RR)}
    nets = {1: (("3.1.0.0/16", "3.1.1.1/32"), ("2001:db8:31::/64",)),
            2: (("3.2.0.0/16", "3.2.1.1/32"), ("2001:db8:32::/64",))}
    for n in nets:
        name, lo = members[n]
        v4, v6 = nets[n]
        add_core_node(t, n, name, "FRR PE", lo, 1500,
                      peers.frr_client(lo, RR, prefixes=v4, prefixes6=v6), False)
    add_core_node(t, 3, "rr", f"route reflector ({rr})", RR, 1500,
                  reflector(rr, [PE1, PE2], security), False)
    route_core(t, members, False)
    return t.check()


def add_path():
    """A reflector of two PEs that share a route distinguisher and a prefix: only ADD-PATH
    (RFC 7911) lets others know both ways.  BIRD takes all paths, f2 the best one."""
    t = Topology("add-path", "a reflector that passes several paths on to BIRD")
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("f1", PE1), 2: ("f2", PE2), 3: ("rr", RR), 4: ("b1", ENT)}
    for n in (1, 2):
        name, lo = members[n]
        add_core_node(t, n, name, "FRR PE", lo, 1500,
                      peers.frr_client(lo, RR, prefixes=("3.1.0.0/16", f"3.{n}.1.1/32"),
                                       prefixes6=("2001:db8:31::/64",), rd="65000:1"), False)
    add_core_node(t, 3, "rr", "route reflector (vsubnet)", RR, 1500,
                  reflector("vsubnet", [PE1, PE2], None,
                            others=((ENT,), ("add-path: { send: all }",))), False)
    add_core_node(t, 4, "b1", "BIRD", ENT, 1500, peers.bird_add_path(ENT, RR), False)
    route_core(t, members, False)
    return t.check()


def gobgp_clients(rr="vsubnet"):
    """A reflector between PEs that say what they want (GoBGP) and one that cannot (FRR)."""
    t = Topology("gobgp-clients", "a reflector with two GoBGP PEs and an FRR one")
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("g1", PE1), 2: ("g2", PE2), 3: ("rr", RR), 4: ("f1", ENT)}
    vrfs = {1: {"red": (1, ["65000:1"], ["65000:1"]), "hub": (3, [], ["65000:3"])},
            2: {"red": (1, ["65000:1"], ["65000:1"]), "blue": (2, ["65000:2"], ["65000:2"])}}
    for n in vrfs:
        name, lo = members[n]
        add_core_node(t, n, name, "GoBGP PE", lo, 1500,
                      peers.gobgp_client(lo, RR, vrfs[n]), False)
    add_core_node(t, 4, "f1", "FRR PE", ENT, 1500,
                  peers.frr_client(ENT, RR, prefixes=("3.4.0.0/16",),
                                   prefixes6=("2001:db8:34::/64",), rt="65000:2"), False)
    add_core_node(t, 3, "rr", f"route reflector ({rr})", RR, 1500,
                  reflector(rr, [PE1, PE2, ENT], None), False)
    route_core(t, members, False)
    return t.check()


def scripted(rr="vsubnet", security=None, watched=False):
    """A reflector, and two nodes from which tests speak BGP by hand.  s1 is many clients:
    one that offends is kept waiting for a while, so each offence has its own.  watched:
    the reflector writes MRT files, and BMP to a collector that may run on s2."""
    t = Topology("scripted", "a reflector with scripted clients")
    t.add(Node("core", "core router", sysctl=ROUTER))
    members = {1: ("s1", PE1), 2: ("s2", PE2), 3: ("rr", RR)}
    for n in (1, 2):
        add_core_node(t, n, members[n][0], "scripted speaker", members[n][1], 1500, None,
                      False)
    add_core_node(t, 3, "rr", f"route reflector ({rr})", RR, 1500,
                  reflector(rr, [PE1, PE2, *SCRIPTED[:90], *FLAPPING], security, True,
                            others=(HASTY, ("passive: true", f"hold-time: {HASTY_HOLD}",
                                            f"send-hold-time: {HASTY_SEND_HOLD}",
                                            *session(security))),
                            collector=PE2 if watched else None), False)
    route_core(t, members, False)
    for prefix in (SCRIPTED_PREFIX, FLAPPING_PREFIX):
        t.nodes["s1"].loopbacks += (prefix.replace(".0/", ".1/"),)
        t.nodes["core"].routes += ((prefix, "10.0.1.2"),)
    return t.check()


def six():
    """A reflector over IPv6: FRR, and two nodes from which tests speak BGP by hand.  VPNv4
    routes have next hops of IPv6 there (RFC 8950)."""
    t = Topology("six", "a reflector with clients over IPv6")
    t.add(Node("core", "core switch", sysctl=QUIET, bridges={"br0": ()}))
    clients = [lo for name, lo in SIX.items() if name != "rr"]
    daemons = {
        "rr": config.daemon(config.reflector("rr", RR, clients, extra=(
            "passive: true", f"source: {SIX['rr']}"))),
        "f1": peers.frr_six(PE1, SIX["f1"], SIX["rr"], ("3.1.0.0/16",), ("2001:db8:31::/64",)),
    }
    for name, address in SIX.items():
        t.add(Node(name, "on an IPv6 core", sysctl=HOST, daemon=daemons.get(name)))
        t.link(Port(name, "eth0", (f"{address}/64",)), Port("core", name, bridge="br0"))
    return t.check()


def many_hosts(rr="vsubnet", vlans=20, fib=262144):
    """Three PEs whose access ports end in the node "hosts", where a program plays all the
    hosts of all sites: bench/hostmoves."""
    t = Topology("many-hosts", "three PEs for a program that plays many hosts")
    t.add(Node("core", "core router", sysctl=ROUTER))
    t.add(Node("hosts", "where the access ports end", sysctl=QUIET))
    members = {1: ("pe1", PE1), 2: ("pe2", PE2), 3: ("pe3", PE3), 4: ("rr", RR)}
    for n in (1, 2, 3):
        name, lo = members[n]
        text = config.many_hosts(name, lo, RR, n, range(100, 100 + vlans), fib)
        add_core_node(t, n, name, f"PE of site {n}", lo, 1600, config.daemon(text), False)
        t.link(Port(name, "eth0", mac=f"02:00:00:00:02:{n:02x}"),
               Port("hosts", f"s{n}", features=CE_TRUNK), t.mtu + 4)
    add_core_node(t, 4, "rr", f"route reflector ({rr})", RR, 1600,
                  reflector(rr, [PE1, PE2, PE3], None), False)
    route_core(t, members, False)
    return t.check()


TOPOLOGIES = {
    "two-dc": (two_dc, {}, "two data centres, one subnet"),
    "two-dc-1500": (two_dc, {"core_mtu": 1500}, "the same over a core of MTU 1500"),
    "two-dc-gre": (two_dc, {"encap": "mpls-gre"}, "MPLS-in-GRE between the PEs"),
    "two-dc-mpls": (two_dc, {"encap": "mpls", "core": "switched"},
                    "native MPLS: the PEs share an Ethernet"),
    "two-dc-six": (two_dc, {"sessions": 6}, "sessions over IPv6, tunnels over IPv4"),
    "two-dc-tagged": (two_dc, {"access": "tagged"},
                      "two VPNs on one access port, by 802.1Q and by QinQ"),
    "two-dc-ra": (two_dc, {"own": config.ADVERTISED},
                  "IPv6 hosts configure themselves from router advertisements"),
    "two-dc-frr": (two_dc, {"rr": "frr"}, "FRR as the reflector"),
    "two-dc-bird": (two_dc, {"rr": "bird"}, "BIRD as the reflector"),
    "two-dc-gobgp": (two_dc, {"rr": "gobgp"}, "GoBGP as the reflector"),
    "two-dc-gobgp-rtc": (two_dc, {"rr": "gobgp-rtc"},
                         "… with route target constrain (RFC 4684)"),
    "two-dc-enterprise": (two_dc, {"enterprise": True},
                          "an enterprise PE (FRR) that imports the host routes"),
    "three-dc": (three_dc, {}, "three data centres, one subnet"),
    "dual-dc": (dual_dc, {}, "two PEs at site 1, one at site 2"),
    "dual-dc-external": (dual_dc, {"external": True}, "… where another program is the master's"),
    "dhcp": (dhcp_dc, {}, "two data centres, a DHCP server at one, guests at the other"),
    "keepalived-dc": (keepalived_dc, {}, "a PE and keepalived at site 1, a PE at site 2"),
    "trust-dc": (trust_dc, {}, "two data centres, with a host that is configured"),
    "frr-clients": (frr_clients, {}, "our reflector between two FRR PEs"),
    "add-path": (add_path, {}, "our reflector between FRR PEs and BIRD, with ADD-PATH"),
    "gobgp-clients": (gobgp_clients, {},
                      "our reflector between GoBGP PEs with route target constrain and FRR"),
    "scripted": (scripted, {}, "our reflector, for BGP spoken by hand"),
    "many-hosts": (many_hosts, {}, "three PEs for a program that plays many hosts"),
    "six": (six, {}, "our reflector on a core of IPv6, with FRR"),
}


def make(name, **options):
    make_it, preset, _ = TOPOLOGIES[name]
    t = make_it(**{**preset, **options})
    t.name = name
    return t
