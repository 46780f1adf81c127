/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/vrrp.h"

#include "base/must.h"

#include "tests/unit/wire/arp_nd_vec.h"

static const struct {
	const char *name;
	uint8_t vrid, priority, n;
	uint16_t interval;
	enum vrrp_checksum sum;
	const char *src, *vip[2];
	bool again; /* written anew it is the same, octet by octet */
} golden[] = {
	{"vrrp/v4-pseudo",
         10,  100,
         1, 100,
         VRRP_SUM_PSEUDO, "1.1.255.252",
         { "1.1.255.254" },
         true },
	{ "vrrp/v4-plain",
         10,  100,
         1, 100,
         VRRP_SUM_PLAIN,  "1.1.255.252",
         { "1.1.255.254" },
         true },
	{ "vrrp/v4-resign",
         255, 0,
         2, 4095,
         VRRP_SUM_PSEUDO, "10.0.0.1",
         { "10.0.0.254", "10.0.1.254" },
         true },
	{ "vrrp/v6",
         10,  200,
         2, 1,
         VRRP_SUM_PSEUDO, "fe80::a",
         { "fe80::200:5eff:fe00:20a", "2001:db8:1::ffff" },
         true },
 /* its IPv4 identification is not 0 */
	{ "vrrp/v4-tcpdump",
         10,  100,
         1, 100,
         VRRP_SUM_PSEUDO, "1.1.255.252",
         { "1.1.255.254" },
         false},
};

static size_t load(size_t i, struct eth *ret_eth, uint8_t raw[256])
{
	uint8_t frame[256];
	size_t n = vec_load(golden[i].name, frame, sizeof(frame));
	struct cur c = cur_of(frame, n);

	CHECK_INT(eth_read(&c, ret_eth), ETH_OK);
	n = cur_left(&c);
	memcpy(raw, c.p, n);
	return n;
}

TEST(golden_advertisements_read_as_meant_and_write_back_the_same)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		uint8_t raw[256], out[256];
		struct eth e;
		size_t n = load(i, &e, raw);
		struct cur c = cur_of(raw, n);
		struct wbuf w = wbuf_of(out, sizeof(out));
		struct ip src = vec_ip(golden[i].src);
		struct mac group = vrrp_group_mac(src.afi);
		struct vrrp v = { 0 };

		CHECK_INT(vrrp_read(&c, &v), VRRP_OK);
		CHECK_INT(v.vrid, golden[i].vrid);
		CHECK_INT(v.priority, golden[i].priority);
		CHECK_INT(v.interval_cs, golden[i].interval);
		CHECK_INT(v.checksum, golden[i].sum);
		CHECK_INT(v.n_vips, golden[i].n);
		CHECK(ip_eq(&v.src, &src));
		CHECK(mac_eq(&e.dst, &group));
		for (unsigned k = 0; k < v.n_vips; k++) {
			struct ip vip = vrrp_vip(&v, k), want = vec_ip(golden[i].vip[k]);

			CHECK(ip_eq(&vip, &want));
		}
		vrrp_write(&w, &v);
		CHECK(wbuf_ok(&w));
		CHECK_INT(w.len, n);
		if (golden[i].again)
			CHECK_MEM(out, raw, n);
	}
}

TEST(any_cut_of_an_advertisement_is_short)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		uint8_t raw[256];
		struct eth e;
		size_t n = load(i, &e, raw);

		for (size_t k = 0; k < n; k++) {
			struct cur c = cur_of(raw, k);
			struct vrrp v = { .priority = 77 };

			CHECK_INT(vrrp_read(&c, &v), VRRP_SHORT);
			CHECK_INT(v.priority, 77);
			CHECK_INT(v.vrid, 0);
		}
	}
}

TEST(any_octet_that_is_another_is_noticed)
{
	for (size_t i = 0; i < ARRAY_LEN(golden); i++) {
		uint8_t raw[256];
		struct eth e;
		size_t n = load(i, &e, raw);
		bool four = e.type == ETH_TYPE_IP4;

		for (size_t k = 0; k < n; k++) {
			struct cur c = cur_of(raw, n);
			struct vrrp v = { 0 };

			/* class and flow of IPv6 are nobody's business */
			if (!four && (k == 1 || k == 2 || k == 3))
				continue;
			raw[k] ^= 0x55;
			CHECK(vrrp_read(&c, &v) != VRRP_OK);
			raw[k] ^= 0x55;
		}
	}
}

/* Both checksums of a packet put right again after a change. */
static void repair(uint8_t *p, size_t n)
{
	bool four = p[0] >> 4 == 4;
	size_t at = four ? (size_t)(p[0] & 15) * 4 : 40;
	uint32_t sum = 0;

	if (four && at <= n) {
		p[10] = p[11] = 0;
		for (size_t i = 0; i < at; i += 2)
			sum += (uint32_t)p[i] << 8 | p[i + 1];
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		p[10] = (uint8_t)(~sum >> 8);
		p[11] = (uint8_t)~sum;
	}
	p[at + 6] = p[at + 7] = 0;
	sum = (uint32_t)(n - at) + 112;
	for (size_t i = four ? 12 : 8; i < (four ? 20u : 40u); i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	for (size_t i = at; i < n; i++)
		sum += (uint32_t)p[i] << ((i - at) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[at + 6] = (uint8_t)(~sum >> 8);
	p[at + 7] = (uint8_t)~sum;
}

TEST(each_wrong_field_has_its_name)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		enum vrrp_fault fault;
		uint8_t vrid; /* that it is counted for */
	} bad[] = {
		{"vrrp/v4-pseudo",  0,  0x25, VRRP_NOT_VRRP,  0 },
		{ "vrrp/v4-pseudo", 0,  0x44, VRRP_SHORT,     0 },
		{ "vrrp/v4-pseudo", 9,  17,   VRRP_NOT_VRRP,  0 },
		{ "vrrp/v4-pseudo", 6,  0x20, VRRP_NOT_VRRP,  0 }, /* more fragments */
		{ "vrrp/v4-pseudo", 7,  1,    VRRP_NOT_VRRP,  0 }, /* a later one */
		{ "vrrp/v4-pseudo", 8,  254,  VRRP_TTL,       10},
		{ "vrrp/v4-pseudo", 19, 17,   VRRP_DST,       10},
		{ "vrrp/v4-pseudo", 12, 224,  VRRP_SRC,       10},
		{ "vrrp/v4-pseudo", 12, 0,    VRRP_SRC,       10},
		{ "vrrp/v4-pseudo", 12, 127,  VRRP_SRC,       10},
		{ "vrrp/v4-pseudo", 20, 0x21, VRRP_VERSION_2, 10},
		{ "vrrp/v4-pseudo", 20, 0x41, VRRP_VERSION,   10},
		{ "vrrp/v4-pseudo", 20, 0x32, VRRP_TYPE,      10},
		{ "vrrp/v4-pseudo", 21, 0,    VRRP_VRID,      0 },
		{ "vrrp/v4-pseudo", 23, 0,    VRRP_LENGTH,    10},
		{ "vrrp/v4-pseudo", 23, 2,    VRRP_LENGTH,    10},
		{ "vrrp/v4-pseudo", 25, 0,    VRRP_INTERVAL,  10},
		{ "vrrp/v6",        6,  58,   VRRP_NOT_VRRP,  0 },
		{ "vrrp/v6",        6,  0,    VRRP_NOT_VRRP,  0 }, /* an extension header */
		{ "vrrp/v6",        7,  64,   VRRP_TTL,       10},
		{ "vrrp/v6",        39, 1,    VRRP_DST,       10},
		{ "vrrp/v6",        8,  0x20, VRRP_SRC,       10},
		{ "vrrp/v6",        40, 0x21, VRRP_VERSION_2, 10},
		{ "vrrp/v6",        43, 1,    VRRP_LENGTH,    10},
		{ "vrrp/v6",        45, 0,    VRRP_INTERVAL,  10},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t frame[256], *p = frame + 14;
		size_t n = vec_load(bad[i].name, frame, sizeof(frame)) - 14;
		struct vrrp v = { .priority = 77 };
		struct cur c;

		p[bad[i].at] = bad[i].value;
		repair(p, n);
		c = cur_of(p, n);
		CHECK_INT(vrrp_read(&c, &v), bad[i].fault);
		CHECK_INT(v.vrid, bad[i].vrid);
		CHECK_INT(v.priority, 77);
	}
}

TEST(an_advertisement_without_addresses_is_refused)
{
	uint8_t frame[256], *p = frame + 14;
	size_t n = vec_load("vrrp/v4-pseudo", frame, sizeof(frame)) - 14 - 4;
	struct vrrp v = { 0 };
	struct cur c;

	p[3] = (uint8_t)n;
	p[23] = 0;
	repair(p, n);
	c = cur_of(p, n);
	CHECK_INT(vrrp_read(&c, &v), VRRP_COUNT);
}

TEST(options_and_padding_around_it_are_passed_over)
{
	uint8_t frame[256], p[256] = { 0 };
	size_t n = vec_load("vrrp/v4-pseudo", frame, sizeof(frame)) - 14;
	struct vrrp v = { 0 };
	struct cur c;

	memcpy(p, frame + 14, 20);
	memcpy(p + 24, frame + 34, n - 20); /* four octets of end-of-options */
	p[0] = 0x46;
	p[3] = (uint8_t)(n + 4);
	repair(p, n + 4);
	c = cur_of(p, n + 4 + 18);
	CHECK_INT(vrrp_read(&c, &v), VRRP_OK);
	CHECK_INT(v.priority, 100);
}

TEST(ipv6_has_no_checksum_without_pseudo_header)
{
	uint8_t buf[VRRP_LEN_MAX];
	uint8_t vip[16] = { 0xfe, 0x80, [15] = 9 };
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct vrrp v = { .src = vec_ip("fe80::1"),
		          .vrid = 1,
		          .priority = 1,
		          .interval_cs = 1,
		          .checksum = VRRP_SUM_PLAIN,
		          .n_vips = 1,
		          .vips = vip };
	struct cur c;
	uint32_t sum = 0;

	vrrp_write(&w, &v);
	c = cur_of(buf, w.len);
	CHECK_INT(vrrp_read(&c, &v), VRRP_OK);
	CHECK_INT(v.checksum, VRRP_SUM_PSEUDO);
	buf[46] = buf[47] = 0;
	for (size_t i = 40; i < w.len; i += 2)
		sum += (uint32_t)buf[i] << 8 | buf[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	buf[46] = (uint8_t)(~sum >> 8);
	buf[47] = (uint8_t)~sum;
	c = cur_of(buf, w.len);
	CHECK_INT(vrrp_read(&c, &v), VRRP_SUM);
}

TEST(a_length_that_leaves_no_room_for_an_advertisement_is_short)
{
	static const uint8_t total[] = { 0, 19, 20, 24, 27 };

	for (size_t i = 0; i < ARRAY_LEN(total); i++) {
		uint8_t frame[256], *p = frame + 14;
		size_t n = vec_load("vrrp/v4-pseudo", frame, sizeof(frame)) - 14;
		struct vrrp v = { .priority = 77 };
		struct cur c = cur_of(p, n);

		p[3] = total[i];
		repair(p, n);
		CHECK_INT(vrrp_read(&c, &v), VRRP_SHORT);
		CHECK_INT(v.priority, 77);
	}
}

TEST(what_has_no_room_is_not_written)
{
	static const char *const src[] = { "10.0.0.1", "fe80::1" };

	for (size_t i = 0; i < ARRAY_LEN(src); i++) {
		uint8_t buf[VRRP_LEN_MAX], vip[16] = { 10 };
		struct vrrp v = { .src = vec_ip(src[i]),
			          .vrid = 1,
			          .interval_cs = 1,
			          .n_vips = 1,
			          .vips = vip };
		struct wbuf w = wbuf_of(buf, sizeof(buf));
		size_t n;

		vrrp_write(&w, &v);
		CHECK(wbuf_ok(&w));
		n = w.len;
		for (size_t k = 0; k < n; k++) {
			w = wbuf_of(buf, k);
			vrrp_write(&w, &v);
			CHECK(!wbuf_ok(&w));
		}
	}
}

TEST(every_fault_has_a_text)
{
	for (int f = 0; f < VRRP_FAULT_END; f++)
		CHECK(strcmp(vrrp_fault_text(f), "unknown fault") != 0);
	CHECK_STR(vrrp_fault_text(VRRP_FAULT_END), "unknown fault");
}
