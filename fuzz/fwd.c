/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hook comes first: fwd.h is written in its terms. */
/* clang-format off */
#include "bpf/hook_native.h"
#include "bpf/fwd.h"
/* clang-format on */

#include "base/ip.h"
#include "base/must.h"
#include "dataplane/hosttab.h"

/*
 * The packet program against any frame, on an access and on a core port of a small PE.
 * Properties: it ends in one reason, counted once; what it passes or drops is unchanged
 * in length or dropped; what it sends has an IP header that adds up, is not longer than
 * the link takes, and left by a port that exists.
 */
struct native_tables native;

enum { ACC = 1, CORE = 2, VRF = 7, HEADROOM = 256, FRAME_MAX = 2048, CORE_MTU = 1500 };

static const uint8_t pe_mac[6] = { 2, 0xee, 0, 0, 0, 1 };
static const uint8_t vmac[6] = { 0, 0, 0x5e, 0, 1, 10 };
static const uint8_t other_vmac[6] = { 0, 0, 0x5e, 0, 1, 11 }; /* a backup's */

static void addr_set(struct abi_addr *k, uint32_t scope, const char *text)
{
	struct ip ip;

	must(ip_parse(text, &ip));
	k->scope = scope << 8 | ip.afi;
	memcpy(k->addr, ip.b, 16);
}

static void host(const char *text, uint64_t value)
{
	struct hosttab t;
	struct abi_hostkey k;
	struct ip ip;

	must(ip_parse(text, &ip));
	k = hosttab_key(VRF, &ip);
	hosttab_init(&t, ip.afi, ip.afi == AFI_IP4 ? native.hosts4 : native.hosts6,
	             NATIVE_BUCKETS, 0, SIZE_MAX);
	must(!hosttab_set(&t, &k, value, 0));
}

static void subnet(int i, const char *prefix, unsigned plen, const char *gw,
                   const char *own)
{
	struct abi_addr g, o;

	addr_set(&native.subnet_key[i].key, ACC, prefix);
	native.subnet_key[i].plen = ABI_LPM_SCOPE + plen;
	addr_set(&g, VRF, gw);
	addr_set(&o, VRF, own);
	native.gateway[2 * i] = g;
	native.gateway[2 * i + 1] = o;
	memcpy(native.subnet[i].gateway, g.addr, 16);
	memcpy(native.subnet[i].own, o.addr, 16);
	memcpy(native.subnet[i].proxy_mac, vmac, 6);
	native.subnet[i].plen = (uint8_t)plen;
	native.subnet[i].flags = ABI_SUBNET_MASTER | ABI_SUBNET_GATEWAY | ABI_SUBNET_OWN;
	addr_set(&native.prefix_key[i].key, VRF, prefix);
	native.prefix_key[i].plen = ABI_LPM_SCOPE + plen;
	native.prefix[i].value = abi_val_other(ABI_DISCARD, 0, 0);
}

/* Subnet i has one, and is found by it at place `at`. */
static void link_local(int i, int at, const char *ip)
{
	addr_set(&native.subnet_key[at].key, ACC, ip);
	native.subnet_key[at].plen = ABI_LPM_SCOPE + 128;
	memcpy(native.subnet[i].link_local, native.subnet_key[at].key.addr, 16);
	native.subnet[i].flags |= ABI_SUBNET_LINK_LOCAL;
	native.subnet[at] = native.subnet[i];
}

static void nexthop(int i, enum abi_encap encap, uint16_t overhead)
{
	native.nexthops[i].r[0] = (struct abi_rewrite){
		.ifindex = CORE,
		.valid = 1,
		.encap = (uint8_t)encap,
		.n_labels = encap == ABI_ENCAP_MPLS ? 2 : 0,
		.inner_max = (uint16_t)(CORE_MTU - overhead),
	};
}

static void furnish(void)
{
	static const uint8_t mac[6] = { 2, 0xaa, 0, 0, 0, 10 };

	memset(&native, 0, sizeof(native));
	native.geometry = (struct abi_geometry){ ABI_VERSION, NATIVE_BUCKETS,
		                                 NATIVE_BUCKETS, 0, 0 };
	native.ports[ACC].role = ABI_ROLE_ACCESS;
	native.ports[CORE].role = ABI_ROLE_CORE;
	memcpy(native.ports[CORE].mac, pe_mac, 6);
	for (int i = 0; i < NATIVE_MAX; i++) {
		native.ackey[i] = (struct abi_ackey){ .ifindex = 0xffff };
		for (int m = 0; m < ABI_AC_MACS; m++)
			memcpy(native.acs[i].mac[m], m ? vmac : pe_mac, 6);
		for (int m = 0; m < ABI_AC_MACS - 1; m++)
			memcpy(native.acs[i].proxy[m], m ? other_vmac : vmac, 6);
	}
	native.ackey[0] = (struct abi_ackey){ .ifindex = ACC };
	native.ackey[1] = (struct abi_ackey){ .ifindex = ACC, .vlan = 100 };
	native.ackey[2] = (struct abi_ackey){ .ifindex = ACC, .vlan = 100, .inner = 200 };
	for (uint32_t i = 0; i < 3; i++) {
		native.ackey_id[i] = i + 1;
		native.acs[i + 1].vrf = VRF;
		native.acs[i + 1].ifindex = ACC;
		native.acs[i + 1].mtu = 1500;
		native.acs[i + 1].vlan = native.ackey[i].vlan;
		native.acs[i + 1].inner = native.ackey[i].inner;
		native.acs[i + 1].tpid = ETHERTYPE_STAG;
	}
	subnet(0, "1.1.0.0", 16, "1.1.255.254", "1.1.255.11");
	subnet(1, "2001:db8:1::", 64, "2001:db8:1::fffe", "2001:db8:1::ff11");
	link_local(1, 2, "fe80::1");
	native.vrfs[VRF].have = 1 << ABI_IP4 | 1 << ABI_IP6;
	memcpy(native.vrfs[VRF].gateway4, native.gateway[0].addr, 4);
	memcpy(native.vrfs[VRF].gateway6, native.gateway[2].addr, 16);
	native.label = (struct abi_label){ ABI_LABEL_VRF, VRF };
	addr_set(&native.peer[0], 0, "192.0.2.12");
	memcpy(native.self.addr4, "\xc0\0\2\x0b", 4);
	nexthop(1, ABI_ENCAP_UDP, 32);
	nexthop(2, ABI_ENCAP_GRE, 28);
	nexthop(3, ABI_ENCAP_MPLS, 12);
	for (unsigned i = 1; i <= 3; i++)
		native.groups[1].member[i - 1] =
			abi_val_other(ABI_REMOTE, 2000 + i, i) | ABI_VAL_TURN_ONE;
	host("1.1.1.4", abi_val_group(1, ABI_VAL_TURN_ONE));
	host("2001:db8:1::4", abi_val_group(1, ABI_VAL_TURN_ONE));
	for (unsigned i = 1; i <= 3; i++) {
		char text[32];

		snprintf(text, sizeof(text), "1.1.1.%u", i);
		host(text, abi_val_other(ABI_REMOTE, 2003, i));
		snprintf(text, sizeof(text), "2001:db8:1::%u", i);
		host(text, abi_val_other(ABI_REMOTE, 2003, i));
		snprintf(text, sizeof(text), "1.1.2.%u", i);
		host(text, abi_val_local(i, mac));
		snprintf(text, sizeof(text), "2001:db8:1::2:%u", i);
		host(text, abi_val_local(i, mac));
	}
}

/* The outer IPv4 header of what was sent over the core adds up to zero. */
static void check_sent(const hook_t *h)
{
	const uint8_t *b = h->data;
	uint32_t sum = 0;

	must(h->out == ACC || h->out == CORE);
	must(h->end - b >= 14);
	if (h->out == CORE) {
		must(native.trace.reason != ABI_TO_HOST);
		if (b[12] == 0x08 && b[13] == 0) {
			unsigned len = (unsigned)b[16] << 8 | b[17];

			must(b[14] == 0x45 && len <= CORE_MTU && len + 14 <= h->end - b);
			for (int i = 14; i < 34; i += 2)
				sum += (uint32_t)b[i] << 8 | b[i + 1];
			must((sum & 0xffff) + (sum >> 16) == 0xffff);
		} else {
			must(b[12] == 0x88 && b[13] == 0x47);
		}
	}
	if (native.trace.reason == ABI_ANSWERED)
		must((!memcmp(b + 6, vmac, 6) || !memcmp(b + 6, pe_mac, 6)) &&
		     (!(b[0] & 1) || !memcmp(b, "\x33\x33\0\0\0\1", 6)));
}

/* To the kernel as it came, VRRP too, which another program may speak; to the daemon with
 * nobody's MAC in front. */
static void check_passed(const hook_t *h, const uint8_t *data, size_t size)
{
	size_t from = native.trace.reason > ABI_TO_VRRP ? 6 : 0;

	must(h->end == h->data + size);
	must((h->ifindex == ACC) == (native.trace.reason >= ABI_TO_VRRP));
	must(!memcmp(h->data + from, data + from, size - from));
	must(!from || !memcmp(h->data, "\2\0\0\0\0\0", 6));
}

static void one(uint32_t port, const uint8_t *data, size_t size)
{
	/* Exactly as large as it may get: the sanitizer sees a step beyond. */
	uint8_t *room = malloc(HEADROOM + size + 16);
	hook_t h = { room,
		     room + HEADROOM,
		     room + HEADROOM + size,
		     room + HEADROOM + size + 16,
		     port,
		     0 };
	uint64_t before = 0, after = 0;
	int verdict;

	must(room);
	memcpy(h.data, data, size);
	for (int i = 0; i < ABI_EVENT_RATE; i++)
		before += native.counts[i].packets;
	verdict = fwd_packet(&h);
	for (int i = 0; i < ABI_EVENT_RATE; i++)
		after += native.counts[i].packets;
	must(after == before + 1);
	must(native.trace.reason < ABI_EVENT_RATE);
	if (verdict == HOOK_SENT)
		check_sent(&h);
	else if (verdict == HOOK_PASS)
		check_passed(&h, data, size);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 14 || size > FRAME_MAX) /* hooks hand over whole Ethernet headers */
		return 0;
	furnish();
	one(ACC, data, size);
	one(CORE, data, size);
	return 0;
}
