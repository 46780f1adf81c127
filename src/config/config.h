/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/rd.h"
#include "config/config_vpn.h"

/*
 * The configuration as the rest of the daemon sees it: typed, complete (every default
 * filled in, every derived value derived) and already checked as a whole.  It is made by
 * config_load() from a YAML or JSON file that fits yang/vsubnet.yang, belongs to one
 * arena, and is never changed: a reload makes a new one and compares.
 */
enum config_encap { ENCAP_MPLS_UDP, ENCAP_MPLS_GRE, ENCAP_MPLS };

enum config_tcp_ao { TCP_AO_HMAC_SHA1, TCP_AO_AES128_CMAC, TCP_AO_HMAC_SHA256 };

/* What we do of graceful restart (RFC 4724). */
enum config_gr { GR_ENABLED, GR_HELPER, GR_DISABLED };

enum { CONFIG_ADD_PATH_ALL = 255 };

/* A neighbor, with what its template gives; or a template itself, which has no address.
 */
struct config_bgp_neighbor {
	struct ip address;
	uint32_t line;           /* in the file */
	const char *template;    /* its name, or NULL */
	const char *description; /* or NULL */
	uint32_t as;             /* 0: a template without */
	uint16_t port;           /* 179 */
	struct ip source; /* local address of the session; core source unless given */

	const char *password; /* TCP-MD5 (RFC 2385), or NULL */
	const char *ao_key;   /* TCP-AO (RFC 5925), or NULL; never both */
	uint8_t ao_key_id, ao_recv_id;
	enum config_tcp_ao ao_algorithm;

	uint16_t hold_time;      /* s, 90; 0 or >= 3 */
	uint16_t send_hold_time; /* s; 0: not given, see RFC 9687 */
	uint16_t connect_retry;  /* s */
	uint8_t ttl_security;    /* hops allowed between us (GTSM, RFC 5082), 0: off */
	bool passive;            /* never open, only accept */
	bool route_reflector_client;
	bool rt_constrain;     /* RFC 4684 */
	uint8_t add_path_send; /* paths (RFC 7911); 0: the best only */
	bool add_path_receive;

	uint32_t max_prefixes;             /* per family, 0: no limit */
	uint8_t max_prefixes_warning;      /* % */
	uint16_t max_prefixes_restart_min; /* 0: not by itself */
	bool max_prefixes_warning_only;

	enum config_gr gr;
	uint16_t gr_restart_time; /* s, 120 */
	uint32_t llgr_stale_time; /* s (RFC 9494), 0: off */

	bool shutdown;
	const char *shutdown_message; /* or NULL */
};

struct config_bgp_template {
	const char *name;
	struct config_bgp_neighbor peer;
};

/* Who connects from there becomes a neighbor. */
struct config_bgp_dynamic {
	struct prefix prefix;
	const struct config_bgp_template *template;
	struct ip source; /* of the prefix's family, or AFI_NONE */
	uint16_t limit;
	uint32_t idle_time; /* s */
	uint32_t line;
};

struct config_bmp_collector {
	struct ip address;
	uint16_t port;
	struct ip source;        /* or AFI_NONE */
	uint32_t stats_interval; /* s, 0: none */
	uint16_t connect_retry;  /* s */
};

struct config_mrt {
	const char *updates, *table; /* names of files with %Y…, or NULL */
	uint32_t updates_interval, table_interval; /* s */
};

/* What `show` calls another PE: core/names in the model. */
struct config_name {
	struct ip address;
	const char *name;
};

struct config {
	uint32_t node_line, core_line, bgp_line; /* where they begin; 0: left out */

	/* node */
	const char *name;
	struct ip router_id; /* IPv4 */
	uint32_t as;
	const char *runtime_dir; /* sockets, lock, pid: /run/vsubnet */
	const char *bpf_dir;     /* pinned maps: /sys/fs/bpf/vsubnet */
	const char *tools_port;  /* by which we are a host ourselves: vs-tools */
	const char *log_level;

	/* core; n_core is 0 on a pure route reflector */
	const char *const *core_if;
	size_t n_core;
	struct ip source; /* tunnel and BGP source; router-id unless given */
	enum config_encap encap;
	uint32_t label_base;
	const struct config_name *name_of; /* of other PEs, where somebody gave one */
	size_t n_names;

	/* bgp */
	struct ip listen; /* AFI_NONE: any */
	uint16_t listen_port;
	struct ip cluster_id;  /* router-id unless given */
	uint8_t maximum_paths; /* that share a route's packets; 1: no sharing */
	const struct config_bgp_template *template;
	size_t n_templates;
	const struct config_bgp_neighbor *neighbor;
	size_t n_neighbors;
	const struct config_bgp_dynamic *dynamic;
	size_t n_dynamics;
	struct config_mrt mrt;
	const struct config_bmp_collector *bmp;
	size_t n_bmp;

	/* one entry per (port, vlan, inner-vlan), whatever number of subnets use it */
	const struct config_attachment *attachment;
	const uint32_t *attachment_vpn; /* VPN id of each */
	size_t n_attachments;

	const struct config_vpn *vpn;
	size_t n_vpns;

	/* data plane */
	uint32_t fib_hosts; /* room for so many host routes of each family */
	bool xdp_generic;   /* use generic XDP where native is missing */
	bool xdp_force;     /* replace a foreign XDP program */
};

struct config_error {
	uint32_t line, col; /* 1-based; 0: the file as a whole */
	const char *path;   /* /vpns/vpn[name='blue']/id; NULL if none */
	const char *text;   /* what was found, and what was expected */
};

struct config_errors {
	const struct config_error *error; /* sorted by line and column */
	size_t n;
};

/*
 * Read, validate and type a file.  Returns 0 and *ret; or -EINVAL and every error found,
 * not just the first, in *ret_errors; or -errno when the file can't be read (one error
 * says so).  Free both with the functions below.
 */
int config_load(const char *path, const struct config **ret,
                struct config_errors **ret_errors);
/* The same for a text in memory; `name` stands in for the path. */
int config_parse(const char *name, const char *text, size_t len,
                 const struct config **ret, struct config_errors **ret_errors);
void config_free(const struct config *cfg);
void config_errors_free(struct config_errors *errs);
/* "FILE:LINE:COL: PATH: TEXT" into buf, cut if it does not fit; returns buf. */
char *config_error_fmt(const char *file, const struct config_error *e, char *buf,
                       size_t n);
