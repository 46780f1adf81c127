/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

/* Whom a subnet believes, and how much of it: part of struct config_subnet. */
struct config_attachment;

enum config_binding {
	BINDING_LEARN,  /* whoever speaks for itself */
	BINDING_DHCP,   /* whom a DHCP server gave the address, and configured hosts */
	BINDING_STATIC, /* configured hosts only */
};

/* A configured host: here for as long as its port is up. */
struct config_host {
	struct ip address;
	struct mac mac;
	const struct config_attachment *at;
};

struct config_trust {
	enum config_binding binding;
	const struct config_host *host;
	size_t n_hosts;
	const struct ip *anycast; /* at several sites at once, each for itself */
	size_t n_anycast;
	const struct ip *dup_exempt; /* may move as often as they like */
	size_t n_dup_exempt;
	uint32_t max_hosts;   /* of the subnet, each family (65536) */
	uint32_t max_per_mac; /* addresses (64); 0: any number */
	uint32_t max_new;     /* hosts a second on an attachment (200) */
};
