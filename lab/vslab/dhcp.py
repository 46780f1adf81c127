# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP in a lab: Kea as the server, and the clients that guests run.

Nothing here touches this machine's own resolver, leases or addresses: clients get a script
of ours that sets the address and nothing else, and private directories.
"""

import json
import os
import shutil
import stat

from .wait import until

SCRIPT = """\
#!/bin/sh
# For dhclient, udhcpc and dhcpcd: the address, and the default route.
echo "$reason$1 $new_ip_address$ip$new_ip6_address" >>{log}
case "$reason$1" in
PREINIT* | deconfig) ip link set dev {port} up ;;
BOUND | RENEW | REBIND | REBOOT)
	ip addr replace "$new_ip_address/$new_subnet_mask" dev {port} valid_lft forever
	ip route replace default via $new_routers ;;
bound | renew)
	ip addr replace "$ip/$mask" dev {port}
	ip route replace default via $router ;;
BOUND6 | RENEW6 | REBIND6)
	ip -6 addr replace "$new_ip6_address/64" dev {port} ;;
esac
exit 0
"""


def script(lab, node, port="eth0"):
    path = f"{lab.dir}/{node}-dhcp"
    with open(path, "w") as f:
        f.write(SCRIPT.format(port=port, log=f"{path}.log"))
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def events(lab, node):
    """What its client told the script, oldest first."""
    try:
        with open(f"{lab.dir}/{node}-dhcp.log") as f:
            return [line.split() for line in f]
    except FileNotFoundError:
        return []


class Program:
    """A daemon in a node, for the length of a with block."""

    def __init__(self, lab, node, *argv, env=None, log=None):
        self.lab, self.node, self.argv = lab, node, [str(a) for a in argv]
        self.env = {**os.environ, **(env or {})}
        self.log = log or f"{lab.dir}/{node}-{os.path.basename(self.argv[0])}.log"

    def __enter__(self):
        with open(self.log, "ab") as out:
            self.process = self.lab.ns(self.node).popen(*self.argv, env=self.env,
                                                        stdout=out, stderr=out)
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        try:
            self.process.wait(5)
        except Exception:
            self.process.kill()
            self.process.wait(5)

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()


def kea(lab, node, family, subnet, **options):
    """A Kea server of one subnet: with Kea(…): …"""
    where = f"{lab.dir}/{node}-kea{family}"
    os.makedirs(where, exist_ok=True)
    common = {"interfaces-config": {"interfaces": ["eth0"]},
              "lease-database": {"type": "memfile", "persist": False},
              "control-socket": {"socket-type": "unix", "socket-name": f"{where}/ctl"},
              "loggers": [{"name": f"kea-dhcp{family}", "severity": "DEBUG",
                           "debuglevel": 50, "output_options": [{"output": "stdout"}]}],
              "valid-lifetime": 600, **options}
    if family == 4:
        common["interfaces-config"]["dhcp-socket-type"] = "udp"
    else:  # by itself it hears the link only
        common["interfaces-config"]["interfaces"].append(f"eth0/{lab.address(node, 6)}")
        common["preferred-lifetime"] = common["valid-lifetime"] // 2
        common["server-id"] = {"type": "LL", "persist": False}
    common[f"subnet{family}"] = [{"id": 1, **subnet}]
    with open(f"{where}/conf", "w") as f:
        json.dump({f"Dhcp{family}": common}, f)
    return Program(lab, node, f"kea-dhcp{family}", "-c", f"{where}/conf", log=f"{where}/log",
                   env={"KEA_PIDFILE_DIR": where, "KEA_LOCKFILE_DIR": where})


def kea4(lab, node, pool, identifier=None, **options):
    """identifier: what it calls itself.  Kea 2.2 does not know Server Identifier Override
    (RFC 5107); told the gateway, it says what a server that does would say."""
    data = [{"name": "routers", "data": "1.1.255.254"}]
    if identifier:
        data.append({"name": "dhcp-server-identifier", "data": identifier})
    return kea(lab, node, 4, {"subnet": "1.1.0.0/16", "pools": [{"pool": pool}],
                              "option-data": data}, **options)


def kea6(lab, node, pool, pd=None, **options):
    subnet = {"subnet": "2001:db8:1::/64", "pools": [{"pool": pool}], "rapid-commit": True}
    if pd:
        subnet["pd-pools"] = [pd]
    return kea(lab, node, 6, subnet, **options)


def dhclient(lab, node, family=4, *options):
    """ISC's client in the foreground; its leases survive it, as those of a real host."""
    where = f"{lab.dir}/{node}-dhclient{family}"
    os.makedirs(where, exist_ok=True)
    open(f"{where}/conf", "w").close()
    return Program(lab, node, "dhclient", f"-{family}", "-d", "-v", "-cf", f"{where}/conf",
                   "-lf", f"{where}/leases", "-pf", f"{where}/pid", "-sf",
                   script(lab, node), *options, "eth0", log=f"{where}/log")


def udhcpc(lab, node, *options):
    return Program(lab, node, "udhcpc", "-f", "-i", "eth0", "-t", 5, "-T", 2, "-s",
                   script(lab, node), *options)


def dhcpcd(lab, node):
    """In a mount namespace of its own: it keeps leases and sockets in fixed places."""
    where = f"{lab.dir}/{node}-dhcpcd"
    os.makedirs(where, exist_ok=True)
    with open(f"{where}/conf", "w") as f:
        f.write("ipv4only\nnoipv4ll\nnohook resolv.conf, hostname, ntp\nclientid\n")
    mounts = (f"mount --bind {where} /var/lib/dhcpcd && mount -t tmpfs none /run/dhcpcd && "
              f"exec dhcpcd -B -d -f {where}/conf -c /bin/true eth0")
    return Program(lab, node, "unshare", "-m", "sh", "-c",
                   f"mkdir -p /run/dhcpcd /var/lib/dhcpcd && {mounts}", log=f"{where}/log")


def addresses(lab, node, family=4):
    """What it has on eth0, without link-local ones and those still tentative."""
    out = json.loads(lab.ns(node).ip("-j", f"-{family}", "addr", "show", "dev", "eth0"))
    return [a["local"] for link in out for a in link.get("addr_info", [])
            if a["scope"] == "global" and not a.get("tentative")]


def forget(lab, node):
    """A guest that is wiped: no addresses, no leases."""
    lab.ns(node).ip("addr", "flush", "dev", "eth0", "scope", "global")
    for name in os.listdir(lab.dir):
        if name.startswith(f"{node}-dhc") and name.endswith(".log"):
            os.unlink(f"{lab.dir}/{name}")
    for program in ("dhclient4", "dhclient6", "dhcpcd"):
        shutil.rmtree(f"{lab.dir}/{node}-{program}", ignore_errors=True)


def gets_address(lab, node, family=4, timeout=20):
    return until(f"{node} has an address", lambda: addresses(lab, node, family), timeout)[0]
