/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/arp.h"

#include "base/must.h"

#include "tests/unit/wire/arp_nd_vec.h"

#define A    "02:aa:00:00:00:0a"
#define C    "02:aa:00:00:00:0c"
#define VMAC "00:00:5e:00:01:0a"
#define ALL  "ff:ff:ff:ff:ff:ff"
#define NONE "00:00:00:00:00:00"

static const struct {
	const char *name;
	const char *dst, *src;
	uint16_t type, op;
	const char *sha, *spa, *tha, *tpa;
	enum arp_kind kind;
} golden[] = {
	{"arp/request",      ALL, A,    ETH_TYPE_ARP,  1, A,    "1.1.1.1",     NONE, "1.1.1.3",
         ARP_KIND_REQUEST },
	{ "arp/proxy-reply", A,   VMAC, ETH_TYPE_ARP,  2, VMAC, "1.1.1.3",     A,    "1.1.1.1",
         ARP_KIND_REPLY   },
	{ "arp/announce",    ALL, C,    ETH_TYPE_ARP,  1, C,    "1.1.1.2",     NONE, "1.1.1.2",
         ARP_KIND_ANNOUNCE},
	{ "arp/probe",       ALL, C,    ETH_TYPE_ARP,  1, C,    "0.0.0.0",     NONE, "1.1.1.2",
         ARP_KIND_PROBE   },
	{ "arp/pe-probe",    C,   VMAC, ETH_TYPE_ARP,  1, VMAC, "1.1.255.254", NONE, "1.1.1.2",
         ARP_KIND_REQUEST },
	{ "arp/pe-garp",     ALL, VMAC, ETH_TYPE_ARP,  1, VMAC, "1.1.1.2",     NONE, "1.1.1.2",
         ARP_KIND_ANNOUNCE},
	{ "arp/rarp",        ALL, C,    ETH_TYPE_RARP, 3, C,    "0.0.0.0",     C,    "0.0.0.0",
         ARP_KIND_RARP    },
};

TEST(golden_arp_frames_read_as_meant_and_write_back_the_same)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		uint8_t raw[128], out[128];
		size_t n = vec_load(golden[i].name, raw, sizeof(raw));
		struct cur c = cur_of(raw, n);
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct mac dst = vec_mac(golden[i].dst), src = vec_mac(golden[i].src);
		struct mac sha = vec_mac(golden[i].sha), tha = vec_mac(golden[i].tha);
		struct ip spa = vec_ip(golden[i].spa), tpa = vec_ip(golden[i].tpa);
		struct eth e;
		struct arp a;

		CHECK_INT(eth_read(&c, &e), ETH_OK);
		CHECK_INT(arp_read(&c, &a), ARP_OK);
		CHECK(cur_done(&c));
		CHECK(mac_eq(&e.dst, &dst) && mac_eq(&e.src, &src));
		CHECK_INT(e.type, golden[i].type);
		CHECK_INT(a.op, golden[i].op);
		CHECK(mac_eq(&a.sha, &sha) && mac_eq(&a.tha, &tha));
		CHECK(ip_eq(&a.spa, &spa) && ip_eq(&a.tpa, &tpa));
		CHECK_INT(arp_kind(&a), golden[i].kind);

		eth_write(&w, &e);
		arp_write(&w, &a);
		CHECK(wbuf_ok(&w));
		CHECK_INT(w.len, n);
		CHECK_MEM(out, raw, n);
	}
}

TEST(any_cut_of_an_arp_packet_is_short_and_leaves_ret_alone)
{
	uint8_t raw[128];
	size_t n = vec_load("arp/request", raw, sizeof(raw));

	for (size_t cut = 0; cut < n; cut++) {
		struct cur c = cur_of(raw, cut);
		struct eth e = { .type = 7 };
		struct arp a = { .op = 77 };

		if (cut < 14) {
			CHECK_INT(eth_read(&c, &e), ETH_SHORT);
			CHECK_INT(e.type, 7);
			continue;
		}
		CHECK_INT(eth_read(&c, &e), ETH_OK);
		CHECK_INT(arp_read(&c, &a), ARP_SHORT);
		CHECK_INT(a.op, 77);
	}
}

TEST(a_wrong_field_is_refused_by_its_name)
{
	static const struct {
		size_t at;
		uint8_t val;
		enum arp_fault want;
	} row[] = {
		{1,  6,    ARP_NOT_ETHERNET  },
		{ 0, 1,    ARP_NOT_ETHERNET  },
		{ 2, 0x86, ARP_NOT_IP4       },
		{ 4, 8,    ARP_BAD_LENGTH    },
		{ 5, 16,   ARP_BAD_LENGTH    },
		{ 7, 0,    ARP_BAD_OP        },
		{ 7, 5,    ARP_BAD_OP        },
		{ 6, 1,    ARP_BAD_OP        },
		{ 8, 0x03, ARP_BAD_SENDER_MAC}, /* group bit */
	};
	uint8_t raw[128];
	size_t n = vec_load("arp/request", raw, sizeof(raw));

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t bad[128];
		struct arp a;
		struct cur c = cur_of(bad + 14, n - 14);

		memcpy(bad, raw, n);
		bad[14 + row[i].at] = row[i].val;
		CHECK_INT(arp_read(&c, &a), row[i].want);
		CHECK(strlen(arp_fault_text(row[i].want)) > 0);
	}
	memset(raw + 14 + 8, 0, 6);
	{
		struct cur c = cur_of(raw + 14, n - 14);
		struct arp a;

		CHECK_INT(arp_read(&c, &a), ARP_BAD_SENDER_MAC);
	}
}

TEST(padding_behind_an_arp_packet_is_left_unread)
{
	uint8_t raw[128] = { 0 };
	struct cur c = cur_of(raw, 60);
	struct eth e;
	struct arp a;

	CHECK_INT(vec_load("arp/request", raw, sizeof(raw)), 42);
	CHECK_INT(eth_read(&c, &e), ETH_OK);
	CHECK_INT(arp_read(&c, &a), ARP_OK);
	CHECK_INT(cur_left(&c), 18);
}

TEST(tags_are_read_and_written_outermost_first)
{
	static const struct {
		uint16_t vlan, inner;
		const char *hex;
	} row[] = {
		{0,    0, "ffffffffffff 02aa0000000a 0806"                    },
		{ 100, 0, "ffffffffffff 02aa0000000a 8100 0064 0806"          },
		{ 100, 7, "ffffffffffff 02aa0000000a 88a8 0064 8100 0007 0806"},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t want[64], got[64];
		size_t n = t_hex(row[i].hex, want, sizeof(want));
		struct wbuf w = wbuf_of(got, sizeof(got));
		struct eth e = { .dst = eth_broadcast,
			         .src = vec_mac(A),
			         .type = ETH_TYPE_ARP };
		struct cur c = cur_of(want, n);
		struct eth back;

		eth_tag_set(&e, row[i].vlan, row[i].inner);
		eth_write(&w, &e);
		CHECK_INT(w.len, n);
		CHECK_MEM(got, want, n);
		CHECK_INT(eth_read(&c, &back), ETH_OK);
		CHECK_INT(back.n_tags, (row[i].vlan != 0) + (row[i].inner != 0));
		CHECK(!row[i].vlan || (back.tag[0].tci & ETH_VID_MASK) == row[i].vlan);
		CHECK(!row[i].inner || (back.tag[1].tci & ETH_VID_MASK) == row[i].inner);
	}
}

TEST(three_tags_and_8023_lengths_are_no_frames_of_ours)
{
	static const struct {
		const char *hex;
		enum eth_fault want;
	} row[] = {
		{"ffffffffffff 02aa0000000a 8100 0001 8100 0002 8100 0003 0806",
                 ETH_DEEP								 },
		{ "0180c2000000 02aa0000000a 0026 424203",                       ETH_802_3},
		{ "ffffffffffff 02aa0000000a 8100 00",                           ETH_SHORT},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[64];
		struct cur c = cur_of(raw, t_hex(row[i].hex, raw, sizeof(raw)));
		struct eth e;

		CHECK_INT(eth_read(&c, &e), row[i].want);
	}
}

TEST(arp_kinds_and_faults_have_names)
{
	struct arp a = { .op = ARP_OP_RARP_REPLY };

	CHECK_INT(arp_kind(&a), ARP_KIND_RARP_REPLY);
	for (unsigned f = ARP_OK; f < ARP_FAULT_END; f++)
		CHECK(*arp_fault_text(f));
	CHECK_STR(arp_fault_text(ARP_FAULT_END), "unknown fault");
}
