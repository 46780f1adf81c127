/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/udp.h"

#include "base/must.h"

#include "tests/unit/wire/arp_nd_vec.h"

enum { ETH = 14 };

static enum udp_fault read_all(const uint8_t *p, size_t n, struct udp *u, struct cur *d)
{
	struct cur c = cur_of(p, n);

	return udp_read(&c, u, d);
}

TEST(golden_packets_read_as_meant_and_write_back_the_same)
{
	static const struct {
		const char *name, *src, *dst;
		uint16_t sport, dport;
		uint8_t ttl;
		size_t len;
	} row[] = {
		{"dhcp/discover",     "0.0.0.0",            "255.255.255.255", 68,  67,  64, 300},
		{ "dhcp/ack-relayed", "10.0.0.67",          "10.255.0.11",     67,  67,  63, 306},
		{ "dhcp/solicit6",    "fe80::aa:ff:fe00:c", "ff02::1:2",       546, 547, 1,  66 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[600], out[600];
		size_t n = vec_load(row[i].name, raw, sizeof(raw)), start;
		struct ip src = vec_ip(row[i].src), dst = vec_ip(row[i].dst);
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct udp u;
		struct cur d;

		CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_OK);
		CHECK(ip_eq(&u.src, &src) && ip_eq(&u.dst, &dst));
		CHECK_INT(u.sport, row[i].sport);
		CHECK_INT(u.dport, row[i].dport);
		CHECK_INT(u.ttl, row[i].ttl);
		CHECK_INT(cur_left(&d), row[i].len);
		start = udp_open(&w, &u);
		wbuf_bytes(&w, d.p, cur_left(&d));
		udp_close(&w, start);
		CHECK(wbuf_ok(&w));
		CHECK_INT(w.len, n - ETH);
		CHECK_MEM(out, raw + ETH, w.len);
	}
}

TEST(any_cut_of_a_packet_is_short_and_leaves_ret_alone)
{
	static const char *const name[] = { "dhcp/discover", "dhcp/solicit6" };

	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		uint8_t raw[600];
		size_t n = vec_load(name[i], raw, sizeof(raw));

		for (size_t cut = 0; cut < n - ETH; cut++) {
			struct udp u = { .sport = 77 };
			struct cur d = { 0 };

			CHECK_INT(read_all(raw + ETH, cut, &u, &d), UDP_SHORT);
			CHECK_INT(u.sport, 77);
			CHECK(!d.p);
		}
	}
}

static void fix_ip_sum(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < (ip[0] & 15u) * 4; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

TEST(a_wrong_field_is_refused_by_its_name)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t val;
		bool fix; /* the IP header's checksum */
		enum udp_fault want;
	} row[] = {
		{"dhcp/discover",  0,  0x55, false, UDP_NOT_UDP    }, /* version */
		{ "dhcp/discover", 0,  0x44, true,  UDP_SHORT      }, /* header length */
		{ "dhcp/discover", 2,  0xff, true,  UDP_SHORT      }, /* total length */
		{ "dhcp/discover", 8,  63,   false, UDP_IP_CHECKSUM},
		{ "dhcp/discover", 9,  6,    true,  UDP_NOT_UDP    },
		{ "dhcp/discover", 6,  0x20, true,  UDP_FRAGMENT   }, /* more follow */
		{ "dhcp/discover", 7,  1,    true,  UDP_FRAGMENT   }, /* not the first */
		{ "dhcp/discover", 24, 0xff, false, UDP_LENGTH     },
		{ "dhcp/discover", 27, 0xaa, false, UDP_CHECKSUM   },
		{ "dhcp/discover", 99, 0xaa, false, UDP_CHECKSUM   },
		{ "dhcp/solicit6", 6,  58,   false, UDP_NOT_UDP    },
		{ "dhcp/solicit6", 45, 7,    false, UDP_LENGTH     },
		{ "dhcp/solicit6", 46, 0xaa, false, UDP_CHECKSUM   },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t raw[600];
		size_t n = vec_load(row[i].name, raw, sizeof(raw));
		struct udp u;
		struct cur d;

		raw[ETH + row[i].at] = row[i].val;
		if (row[i].at == 24 || row[i].at == 45)
			raw[ETH + row[i].at - 1] = 0;
		if (row[i].fix)
			fix_ip_sum(raw + ETH);
		CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), row[i].want);
		CHECK(strlen(udp_fault_text(row[i].want)) > 0);
	}
	CHECK_STR(udp_fault_text(UDP_FAULT_END), "unknown fault");
}

TEST(a_length_that_is_less_than_the_header_is_short)
{
	uint8_t raw[600];
	size_t n = vec_load("dhcp/discover", raw, sizeof(raw));
	struct udp u;
	struct cur d;

	raw[ETH + 2] = 0;
	raw[ETH + 3] = 19;
	fix_ip_sum(raw + ETH);
	CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_SHORT);
}

TEST(ip_options_are_passed_over_and_padding_is_not_data)
{
	uint8_t raw[600], with[640];
	size_t n = vec_load("dhcp/discover", raw, sizeof(raw));
	struct udp u;
	struct cur d;

	memcpy(with, raw + ETH, 20);
	memset(with + 20, 1, 4); /* no operation */
	memcpy(with + 24, raw + ETH + 20, n - ETH - 20);
	memset(with + n - ETH + 4, 0xee, 8);
	with[0] = 0x46;
	with[3] = (uint8_t)(with[3] + 4);
	fix_ip_sum(with);
	CHECK_INT(read_all(with, n - ETH + 12, &u, &d), UDP_OK);
	CHECK_INT(cur_left(&d), 300);
}

TEST(no_checksum_is_for_ipv4_only)
{
	uint8_t raw[600];
	size_t n = vec_load("dhcp/discover", raw, sizeof(raw));
	struct udp u;
	struct cur d;

	memset(raw + ETH + 26, 0, 2);
	CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_OK);
	n = vec_load("dhcp/solicit6", raw, sizeof(raw));
	memset(raw + ETH + 46, 0, 2);
	CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_CHECKSUM);
}

TEST(a_checksum_that_a_guest_left_to_its_nic_is_taken)
{
	/* The sum of the pseudo-header alone: 0.0.0.0, 255.255.255.255, 17, 308. */
	static const struct {
		const char *name;
		size_t at;
		uint16_t sum;
	} row[] = {
		{"dhcp/discover", 26, 17 + 308},
	};
	uint8_t raw[600];
	struct udp u;
	struct cur d;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		size_t n = vec_load(row[i].name, raw, sizeof(raw));

		raw[ETH + row[i].at] = (uint8_t)(row[i].sum >> 8);
		raw[ETH + row[i].at + 1] = (uint8_t)row[i].sum;
		CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_OK);
		raw[ETH + row[i].at + 1]++;
		CHECK_INT(read_all(raw + ETH, n - ETH, &u, &d), UDP_CHECKSUM);
	}
}

TEST(what_does_not_fit_is_not_written)
{
	struct ip a = vec_ip("10.0.0.1"), b = vec_ip("10.0.0.2");
	struct udp u = { .src = a, .dst = b, .ttl = 64 };
	static uint8_t big[70000];
	struct wbuf w = wbuf_of(big, 30);
	size_t start = udp_open(&w, &u);

	wbuf_u24(&w, 0);
	udp_close(&w, start);
	CHECK(!wbuf_ok(&w));
	w = wbuf_of(big, sizeof(big));
	start = udp_open(&w, &u);
	wbuf_room(&w, 65536);
	udp_close(&w, start);
	CHECK(!wbuf_ok(&w));
}

TEST(a_sum_of_zero_is_written_as_all_ones)
{
	struct ip a = vec_ip("10.0.0.1"), b = vec_ip("10.0.0.2");
	struct udp u = { .src = a, .dst = b, .sport = 1, .dport = 2, .ttl = 64 };
	uint8_t raw[40];
	struct wbuf w = wbuf_of(raw, sizeof(raw));
	size_t start = udp_open(&w, &u);
	struct cur d;

	/* 0a00+0001+0a00+0002 + 17 + 2*10 + 1 + 2 + x = ffff */
	wbuf_u16(&w, (uint16_t)(0xffff - (0x1400 + 3 + 17 + 20 + 3)));
	udp_close(&w, start);
	CHECK_INT(raw[26] << 8 | raw[27], 0xffff);
	CHECK_INT(read_all(raw, w.len, &u, &d), UDP_OK);
}
