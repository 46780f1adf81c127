/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/list.h"
#include "bgp/bgp.h"
#include "bgp/bgp_tcp.h"
#include "config/config.h"
#include "core/core.h"
#include "ctl/ctl.h"
#include "dataplane/dataplane.h"
#include "dataplane/nexthop.h"
#include "host/history.h"
#include "host/host.h"
#include "rib/rib.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/netlink.h"
#include "sys/packet.h"
#include "vrf/vrf.h"

/* What the files of core/ share; nobody else includes this. */

/* An interface the configuration names: an access port or a core interface. */
struct core_port {
	const char *name; /* borrowed from the configuration */
	enum dp_role role;
	unsigned ifindex; /* 0 while the interface is gone */
	bool up;
	struct mac mac;
};

struct core {
	const struct config *cfg; /* ours */
	const char *path;         /* of its file; borrowed */
	struct loop *loop;

	/* the system */
	int lock_fd;
	struct netlink *nl;
	struct netlink_listener links;
	struct packet *packet;
	struct core_punts *punts;
	struct core_ra *ra;
	struct core_ours *ours;
	struct core_tools *tools; /* NULL: no VPN has a loopback */
	struct ctl *ctl;
	struct mono started;

	/* engines */
	struct rib *rib;
	struct dataplane *dp; /* NULL on a node that only reflects */
	struct loop_fd *dp_events;
	struct nexthops *nexthops;

	/* trades */
	struct vrfs *vrfs;
	struct hosts *hosts;
	struct history *history;
	struct gw_dhcp *dhcp;
	struct mono heard_at; /* evidence being judged came then; MONO_NEVER: none is */
	struct loop_timer hosts_timer;
	struct loop_defer hosts_defer;
	struct bgp *bgp;
	struct bgp_tcp *bgp_tcp;
	struct core_ha *ha; /* NULL: nobody to share a site with */
	struct core_mrt *mrt;
	struct core_bmp *bmp;
	size_t n_bmp;

	struct core_port *port;
	size_t n_ports;
	const struct core_port **ac_port; /* of each attachment, by id - 1 */
	unsigned *core_ifindex;           /* of the core interfaces, for nexthops */

	struct loop_timer verify_timer; /* holds our End-of-RIB back */
	struct loop_timer sync_timer;   /* sweeps the data plane if BGP stays silent */
	bool synced;
	bool adopted;   /* an earlier run left a packet path, which may be forwarding */
	bool leaving;   /* stopping, and the packet path is to stay as it is */
	size_t n_asked; /* local hosts of an earlier run */
	struct log_limit dp_full, rib_full, frames_lost, groups_full;
};

/* core_ports.c: interfaces and what is attached to them */
int core_ports_start(struct core *c, char **ret_err);
void core_ports_stop(struct core *c);
/* What core_ports_start() is made of, without the kernel. */
void core_ports_new(struct core *c);
int core_port_take(struct core *c, const char *name, enum dp_role role,
                   const struct netlink_link *l, char **ret_err);
void core_ports_attach(struct core *c);
void core_link(struct core *c, const struct netlink_link *l); /* it changed */
const struct core_port *core_ac_port(const struct core *c,
                                     const struct config_attachment *at);
const struct config_attachment *core_ac(const struct core *c, uint16_t id);
const char *core_ac_name(const struct core *c, uint16_t id, char *buf, size_t n);

/* core_punt.c: what the packet program leaves to us; see also core_punt.h */
void core_punts_new(struct core *c);
void core_punts_attach(struct core *c); /* the attachments have their ports */
void core_punts_free(struct core *c);
void core_punt_hear(struct core *c, const struct core_port *port, bool on);
void core_punt_frame(struct core *c, unsigned ifindex, const uint8_t *frame, size_t len);
void core_punts_show(const struct core *c, struct view *v);

/* core_ours.c: addresses that are this PE's in its VPNs */
void core_ours_new(struct core *c);
void core_ours_free(struct core *c);
bool core_is_ours(const struct core *c, uint32_t vrf, const struct prefix *p);

/* core_ra.c: router advertisements */
void core_ra_start(struct core *c);
void core_ra_stop(struct core *c);
void core_ra_master(struct core *c, uint32_t vrf, const struct prefix *p, uint16_t ac,
                    bool master);
void core_ra_link(struct core *c, uint16_t ac, bool up);
void core_ra_commands(struct core *c);

/* core_tools.c: ourselves as a host; see also core_tools.h */
int core_tools_start(struct core *c, char **ret_err);
void core_tools_stop(struct core *c);
bool core_tools_ac(const struct core *c, uint32_t vrf, uint16_t ac); /* is it that one? */
const char *core_tools_name(const struct core *c, uint16_t ac);
void core_tools_show(const struct core *c, struct view *v);

/* core_routes.c: between vrf/, host/, next hops and the data plane */
extern const struct vrf_ops core_vrf_ops;
int core_vpns_start(struct core *c, char **ret_err);
void core_host_up(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                  const struct mac *mac, uint32_t seq, bool router);
void core_host_down(void *arg, uint32_t vrf, const struct ip *ip);
void core_host_forward(void *arg, uint32_t vrf, const struct ip *ip, uint16_t ac,
                       const struct mac *mac, bool router);
void core_host_yield(void *arg, uint32_t vrf, const struct ip *ip);
void core_host_frozen(void *arg, uint32_t vrf, const struct ip *ip, bool on);
void core_hosts_adopt(struct core *c);
void core_nexthop_changed(void *arg, const struct ip *pe, enum dp_encap encap, bool ok);
struct host_remote core_host_remote(const struct vrf_remote *r);
bool core_remote(const struct core *c, uint32_t vrf, const struct ip *ip,
                 struct host_remote *ret);

/* core_master.c: a subnet on an attachment of a site with two PEs */
struct dp_subnet core_subnet_dp(const struct config_subnet *sn, enum afi afi);
bool core_subnet_was_master(const struct core *c, const struct config_subnet *sn,
                            enum afi afi, uint16_t ac);
void core_subnet_master(struct core *c, const struct config_vpn *vpn,
                        const struct config_subnet *sn, enum afi afi, uint16_t ac,
                        bool master);

/* core_why.c */
enum cmd_status core_why_host(void *arg, struct cmd_req *req);

/* core_trust.c: whom to believe */
void core_trust_start(struct core *c, const struct config_vpn *vpn,
                      const struct config_subnet *sn, enum afi afi);
bool core_is_local(const struct core *c, uint32_t vrf, const struct ip *ip);
bool core_is_mute(const struct core *c, uint32_t vrf, const struct ip *ip);

/*
 * core_via.c: what a route holds in the packet path, in one word that vrf/ keeps with it
 * (vrf_ops.remote): a next hop's number, or a group's, or 0.
 */
enum dp_encap core_dp_encap(enum vrf_encap e);
uint32_t core_via_ref(struct core *c, const struct vrf_remote *r, size_t n);
void core_via_unref(struct core *c, uint32_t via); /* 0 is fine */
bool core_via_group(uint32_t via);
uint32_t core_via_number(uint32_t via);
/* Do they have a next hop in common? */
bool core_via_share(const struct core *c, uint32_t a, uint32_t b);

/* Every PE's route to it, and why it is used, or not. */
void core_why_paths(const struct core *c, struct view *v, uint32_t vrf,
                    const struct prefix *p);

/* core_hosts.c: evidence in, frames and happenings out */
extern const struct host_ops core_host_ops;
void core_evidence(void *arg, const struct dp_evidence *ev);
void core_hosts_arm(struct core *c); /* after anything that may move the deadline */
extern const struct bgp_hooks core_bgp_hooks; /* arg filled in by the user */

/* core_history.c: what happened to hosts, and when */
void core_note_up(struct core *c, uint32_t vrf, const struct ip *ip, uint32_t seq,
                  struct mono forwarded);
void core_note_down(struct core *c, uint32_t vrf, const struct ip *ip);
void core_note_remote(struct core *c, uint32_t vrf, const struct ip *ip,
                      const struct vrf_remote *r, bool anew);
void core_note_redirect(struct core *c, uint32_t vrf, const struct ip *ip,
                        const struct vrf_remote *r);
void core_note_frame(struct core *c, const struct host_frame *f);
void core_note_event(struct core *c, const struct host_event *ev);
extern const struct cmd core_history_cmds[];
extern const size_t core_history_cmds_n;

/* core_ha.c: which of a site's PEs speaks for a subnet */
void core_ha_start(struct core *c);
void core_ha_set(struct core *c, const struct config *old); /* another configuration */
void core_ha_stop(struct core *c);
void core_ha_port(struct core *c, const struct config_attachment *at); /* it changed */
void core_ha_look(struct core *c); /* something of the core did */
/* Why it is of no use to speak for a subnet, with so many sessions; NULL: it is. */
const char *core_ha_trouble(struct core *c, size_t sessions, struct mono now);
void core_vrrp_heard(struct core *c, uint16_t ac, const uint8_t *frame, size_t len,
                     size_t l3);

/* core.c: VRFs, hosts, next hops; kernel_ops NULL: the real kernel */
void core_trades_start(struct core *c, const struct nexthop_kernel_ops *kernel_ops,
                       void *kernel);
void core_trades_stop(struct core *c);

/* core_bgp.c: the speaker */
/* Are the hosts of an earlier run verified?  Then End-of-RIB may go out. */
void core_bgp_verify(void *arg);
int core_bgp_start(struct core *c, char **ret_err);
int core_bgp_neighbor_check(const struct core *c, const struct config_bgp_neighbor *n);
void core_bgp_neighbor_set(struct core *c, const struct config_bgp_neighbor *n);
void core_bgp_neighbor_del(struct core *c, const struct config_bgp_neighbor *n);
void core_bgp_dynamic_set(struct core *c, const struct config *cfg);

/* core_reload.c: another configuration for a daemon that runs */
enum cmd_status core_config_apply(void *arg, struct cmd_req *req);
enum cmd_status core_config_check(void *arg, struct cmd_req *req);
enum cmd_status core_config_diff(void *arg, struct cmd_req *req);

/* core_mrt.c, core_bmp.c: who watches it */
void core_mrt_start(struct core *c);
void core_mrt_set(struct core *c); /* that part of the configuration is another */
void core_mrt_stop(struct core *c);
void core_bmp_start(struct core *c);
void core_bmp_set(struct core *c);
void core_bmp_stop(struct core *c);

/* core.c: what is a PE has a data plane; when the start may be over after s seconds */
bool core_is_pe(const struct core *c);
struct mono core_sync_after(const struct core *c, int64_t s);

/* core_show.c: commands that need more than one room */
enum cmd_status core_need_pe(const struct core *c, struct cmd_req *req);
/* Where a route sends packets by that path: "eth0 02:…", "192.0.2.12 label 100100". */
void core_way_text(const struct core *c, const struct dp_route *r,
                   const struct dp_path *path, char *buf, size_t n);
/* The ways of a route: one, or those of its group. */
struct dp_group core_ways_of(const struct core *c, const struct dp_route *r);
extern const struct cmd core_cmds[];
extern const size_t core_cmds_n;

/* An allocated line for *ret_err. */
int core_fail(char **ret_err, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
