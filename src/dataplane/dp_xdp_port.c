/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/*
 * Ports: the program on an interface, held by a bpf_link that is pinned as port-IFINDEX.
 * The link keeps the program running without us; the next daemon finds it there and puts
 * its own program into it, which the kernel does between two packets.
 */
static struct xdp_port *port_find(struct dp_xdp *x, unsigned ifindex)
{
	list_for(p, &x->ports, struct xdp_port, in_ports)
		if (p->ifindex == ifindex)
			return p;
	return NULL;
}

static void link_path(const struct dp_xdp *x, unsigned ifindex, char buf[static 512])
{
	snprintf(buf, 512, "%s/port-%u", x->pin_dir, ifindex);
}

static int ifreq_get(unsigned ifindex, unsigned long request, struct ifreq *ret)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return -errno;
	if (!if_indextoname(ifindex, ret->ifr_name) || ioctl(fd, request, ret))
		r = -errno;
	close(fd);
	return r;
}

unsigned dp_xdp_port_mtu(unsigned ifindex)
{
	struct ifreq req;

	return ifreq_get(ifindex, SIOCGIFMTU, &req) ? 0 : (unsigned)req.ifr_mtu;
}

static int port_mac(unsigned ifindex, uint8_t mac[static 6])
{
	struct ifreq req;
	int r = ifreq_get(ifindex, SIOCGIFHWADDR, &req);

	if (!r)
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	return r;
}

/* Is the link still on that interface?  One whose interface is gone says index 0. */
static bool link_alive(int fd, unsigned ifindex)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex;
}

static int busy(struct dp_xdp *x, unsigned ifindex, const char *name)
{
	uint32_t id = 0;

	bpf_xdp_query_id((int)ifindex, 0, &id);
	return dp_fail(&x->dp, -EBUSY,
	               "port %s: another XDP program (id %u) is on it: "
	               "remove it, or set force",
	               name, id);
}

static int link_make(struct dp_xdp *x, unsigned ifindex, uint32_t mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);

	return bpf_link_create(dp_xdp_prog_fd(x), (int)ifindex, BPF_XDP, &opts);
}

/* A link, native if the driver can, generic if it may be; -errno. */
static int attach(struct dp_xdp *x, struct xdp_port *p, const char *name)
{
	int fd = link_make(x, p->ifindex, XDP_FLAGS_DRV_MODE);

	if ((fd == -EBUSY || fd == -EEXIST) && x->force) {
		bpf_xdp_detach((int)p->ifindex, 0, NULL);
		fd = link_make(x, p->ifindex, XDP_FLAGS_DRV_MODE);
	}
	if (fd == -EBUSY || fd == -EEXIST)
		return busy(x, p->ifindex, name);
	if (fd < 0 && fd != -EPERM && fd != -ENODEV && x->generic) {
		fd = link_make(x, p->ifindex, XDP_FLAGS_SKB_MODE);
		p->generic = true;
	}
	if (fd == -EOPNOTSUPP)
		return dp_fail(&x->dp, fd,
		               "port %s: its driver has no native XDP: allow "
		               "generic, or use another port",
		               name);
	if (fd == -EINVAL || fd == -ERANGE)
		return dp_fail(&x->dp, fd,
		               "port %s: the driver refuses the program: its MTU "
		               "(%u) or offloads (LRO) may be in the way",
		               name, dp_xdp_port_mtu(p->ifindex));
	if (fd < 0) {
		char what[64];

		snprintf(what, sizeof(what), "port %s: attaching the program", name);
		return dp_xdp_fail(x, fd, what);
	}
	return fd;
}

static int link_open(struct dp_xdp *x, struct xdp_port *p, const char *name)
{
	char path[512];
	int r;

	link_path(x, p->ifindex, path);
	if (p->link < 0)
		p->link = bpf_obj_get(path);
	if (p->link >= 0 && link_alive(p->link, p->ifindex) &&
	    !bpf_link_update(p->link, dp_xdp_prog_fd(x), NULL))
		return 0;
	if (p->link >= 0)
		close(p->link);
	unlink(path);
	p->link = attach(x, p, name);
	if (p->link < 0)
		return p->link;
	r = bpf_obj_pin(p->link, path);
	return r ? dp_xdp_fail(x, r, "pinning a port's link") : 0;
}

static int port_publish(struct dp_xdp *x, const struct xdp_port *p, const uint8_t mac[6])
{
	struct abi_port port = {
		.role = p->role == DP_ROLE_CORE ? ABI_ROLE_CORE : ABI_ROLE_ACCESS,
	};
	uint32_t key = p->ifindex;
	int r;

	memcpy(port.mac, mac, 6);
	r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.tx), &key, &key, BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.ports), &key, &port,
		                        BPF_ANY);
	return r ? dp_xdp_fail(x, r, "writing a port") : 0;
}

static void port_forget(struct dp_xdp *x, struct xdp_port *p)
{
	uint32_t key = p->ifindex;
	char path[512];

	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.ports), &key);
	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.tx), &key);
	link_path(x, p->ifindex, path);
	unlink(path);
	if (p->link >= 0)
		close(p->link); /* the last reference: the program leaves the port */
	list_del(&p->in_ports);
	free(p);
}

static struct xdp_port *port_new(struct dp_xdp *x, unsigned ifindex)
{
	struct xdp_port *p = mem_new(struct xdp_port);

	p->ifindex = ifindex;
	p->link = -1;
	list_add_tail(&x->ports, &p->in_ports);
	return p;
}

int dp_xdp_port_add(struct dataplane *dp, unsigned ifindex, enum dp_role role)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_port *p = port_find(x, ifindex);
	char name[IF_NAMESIZE];
	uint8_t mac[6];
	int r;

	if (!if_indextoname(ifindex, name) || port_mac(ifindex, mac))
		return dp_fail(dp, -ENODEV, "port: no interface has the index %u",
		               ifindex);
	if (!p)
		p = port_new(x, ifindex);
	p->role = role;
	p->fresh = true;
	/* The maps first: from its first packet on the program knows the port. */
	r = port_publish(x, p, mac);
	if (!r)
		r = link_open(x, p, name);
	if (r)
		port_forget(x, p);
	return r;
}

int dp_xdp_port_del(struct dataplane *dp, unsigned ifindex)
{
	struct dp_xdp *x = dp_xdp_of(dp);
	struct xdp_port *p = port_find(x, ifindex);

	if (p)
		port_forget(x, p);
	return 0;
}

/* Links that are pinned, whosever they were. */
void dp_xdp_ports_adopt(struct dp_xdp *x)
{
	DIR *dir = opendir(x->pin_dir);
	struct dirent *e;
	unsigned ifindex;
	char path[512];

	while (dir && (e = readdir(dir))) {
		if (sscanf(e->d_name, "port-%u", &ifindex) != 1 || port_find(x, ifindex))
			continue;
		link_path(x, ifindex, path);
		port_new(x, ifindex)->link = bpf_obj_get(path);
	}
	if (dir)
		closedir(dir);
}

void dp_xdp_ports_sweep(struct dp_xdp *x)
{
	list_for_safe(p, &x->ports, struct xdp_port, in_ports)
		if (!p->fresh)
			port_forget(x, p);
}

void dp_xdp_ports_close(struct dp_xdp *x, bool leave_forwarding)
{
	list_for_safe(p, &x->ports, struct xdp_port, in_ports) {
		if (!leave_forwarding) {
			port_forget(x, p);
			continue;
		}
		if (p->link >= 0)
			close(p->link);
		list_del(&p->in_ports);
		free(p);
	}
}
