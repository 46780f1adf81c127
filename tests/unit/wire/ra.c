/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/ra.h"

#include "base/must.h"
#include "wire/nd.h"

#include "tests/t.h"

static uint16_t nd_checksum_of(const uint8_t *b)
{
	struct ip src = ip_of(AFI_IP6, b + 8), dst = ip_of(AFI_IP6, b + 24);

	return nd_checksum(&src, &dst, b + 40, (size_t)b[4] << 8 | b[5]);
}

static void fix(uint8_t *b)
{
	uint16_t sum;

	b[42] = b[43] = 0;
	sum = nd_checksum_of(b);
	b[42] = (uint8_t)(sum >> 8);
	b[43] = (uint8_t)sum;
}

static struct ip ip(const char *s)
{
	struct ip a;

	CHECK(ip_parse(s, &a));
	return a;
}

/* All that can be said, once. */
static struct ra full(void)
{
	struct ra ra = { .src = ip("fe80::200:5eff:fe00:20a"),
		         .dst = ip("ff02::1"),
		         .hop_limit = 64,
		         .other = true,
		         .lifetime_s = 1800,
		         .has_lla = true,
		         .lla = { { 0, 0, 0x5e, 0, 2, 10 } },
		         .mtu = 1450,
		         .n_prefixes = 1,
		         .n_dns = 2,
		         .dns_s = 1800 };

	CHECK(prefix_parse("2001:db8:1::/64", &ra.prefix[0].prefix));
	ra.prefix[0].on_link = ra.prefix[0].autonomous = true;
	ra.prefix[0].valid_s = 2592000;
	ra.prefix[0].preferred_s = 604800;
	ra.dns[0] = ip("2001:db8:53::1");
	ra.dns[1] = ip("2001:db8:53::2");
	CHECK(ra_search_add(&ra, "example.com"));
	CHECK(ra_search_add(&ra, "bb.example."));
	return ra;
}

/* The parts by the RFCs' pictures: 4861 4.2, 4.6.1, 4.6.4, 4.6.2, 8106 5.1, 5.2. */
/* clang-format off */
static const char vector[] =
	"60000000" "0090" "3aff"
	"fe8000000000000002005efffe00020a" "ff020000000000000000000000000001"
	"8600" "0000" "40" "40" "0708" "00000000" "00000000"
	"0101" "00005e00020a"
	"0501" "0000" "000005aa"
	"0304" "40" "c0" "00278d00" "00093a80" "00000000" "20010db8000100000000000000000000"
	"1905" "0000" "00000708" "20010db8005300000000000000000001"
	"20010db8005300000000000000000002"
	"1f05" "0000" "00000708" "07" "6578616d706c65" "03" "636f6d" "00"
	"02" "6262" "07" "6578616d706c65" "00" "00000000000000";
/* clang-format on */

TEST(an_advertisement_is_written_as_the_rfcs_draw_it)
{
	struct ra ra = full();
	uint8_t got[RA_LEN_MAX], want[RA_LEN_MAX];
	struct wbuf w = wbuf_of(got, sizeof(got));
	size_t n = t_hex(vector, want, sizeof(want));

	ra_write(&w, &ra);
	CHECK(wbuf_ok(&w));
	want[42] = got[42], want[43] = got[43]; /* it adds up: */
	CHECK_INT(nd_checksum_of(got), 0);
	CHECK_INT(w.len, n);
	CHECK_MEM(got, want, n);
}

TEST(what_is_written_reads_back_the_same)
{
	struct ra ra = full(), again;
	uint8_t buf[RA_LEN_MAX + 7];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur c;

	ra_write(&w, &ra);
	c = cur_of(buf, w.len + 7); /* padding behind it is none of it */
	CHECK_INT(ra_read(&c, &again), RA_OK);
	CHECK_MEM(&again, &ra, sizeof(ra));
}

TEST(an_advertisement_cut_anywhere_or_bent_is_refused_by_name)
{
	static const struct {
		size_t at;
		uint8_t to;
		enum ra_fault f;
		bool fix; /* with a right checksum */
	} bend[] = {
		{0,    0x40, RA_OTHER,     false},
		{ 6,   17,   RA_OTHER,     false},
		{ 7,   254,  RA_HOP_LIMIT, false},
		{ 40,  133,  RA_OTHER,     false},
		{ 41,  1,    RA_CODE,      true },
		{ 42,  0,    RA_CHECKSUM,  false},
		{ 8,   0x20, RA_SOURCE,    true },
		{ 57,  0,    RA_OPTION,    true }, /* length 0 */
		{ 57,  2,    RA_OPTION,    true }, /* a MAC of 14 octets */
		{ 58,  1,    RA_OPTION,    true }, /* of a group */
		{ 65,  90,   RA_OPTION,    true }, /* beyond the end */
		{ 73,  3,    RA_OPTION,    true }, /* a prefix that is cut */
		{ 74,  129,  RA_OPTION,    true }, /* of more bits than there are */
		{ 105, 1,    RA_OPTION,    true }, /* no server */
		{ 5,   12,   RA_SHORT,     true }, /* not even the fixed part */
		{ 5,   17,   RA_OPTION,    true }, /* half an option's head */
		{ 105, 4,    RA_OPTION,    true }, /* half a server */
		{ 152, 64,   RA_OPTION,    true }, /* a label too long */
		{ 152, 31,   RA_OPTION,    true }, /* one that runs out of the option */
	};
	struct ra ra = full(), out;
	uint8_t buf[RA_LEN_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	ra_write(&w, &ra);
	for (size_t n = 0; n < w.len; n++) {
		struct cur c = cur_of(buf, n);

		CHECK_INT(ra_read(&c, &out), RA_SHORT);
	}
	for (size_t i = 0; i < ARRAY_LEN(bend); i++) {
		uint8_t b[RA_LEN_MAX];
		struct cur c = cur_of(b, w.len);
		enum ra_fault f;

		memcpy(b, buf, w.len);
		b[bend[i].at] = bend[i].to;
		if (bend[i].fix)
			fix(b);
		f = ra_read(&c, &out);
		if (f != bend[i].f)
			t_fail(__FILE__, __LINE__, "octet %zu as %u: %s, not %s",
			       bend[i].at, bend[i].to, ra_fault_text(f),
			       ra_fault_text(bend[i].f));
	}
}

TEST(solicitations_come_with_and_without_an_address)
{
	struct rs a = { .src = ip("fe80::a"),
		        .dst = ip("ff02::2"),
		        .has_lla = true,
		        .lla = { { 2, 0xaa, 0, 0, 0, 10 } } };
	struct rs b = { .src = ip("::"), .dst = ip("ff02::2") }, got;
	struct rs bad = { .src = ip("::"),
		          .dst = ip("ff02::2"),
		          .has_lla = true,
		          .lla = { { 2, 0xaa, 0, 0, 0, 10 } } };
	struct rs group = { .src = ip("ff02::9"), .dst = ip("ff02::2") };
	struct {
		const struct rs *rs;
		enum ra_fault f;
		size_t len;
	} t[] = {
		{&a,      RA_OK,     56},
		{ &b,     RA_OK,     48},
		{ &bad,   RA_OPTION, 56},
		{ &group, RA_SOURCE, 48}
	};

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		uint8_t buf[64];
		struct wbuf w = wbuf_of(buf, sizeof(buf));
		struct cur c;

		rs_write(&w, t[i].rs);
		CHECK_INT(w.len, t[i].len);
		c = cur_of(buf, w.len);
		memset(&got, 0, sizeof(got));
		CHECK_INT(rs_read(&c, &got), t[i].f);
		if (t[i].f == RA_OK)
			CHECK_MEM(&got, t[i].rs, sizeof(got));
		for (size_t n = 0; n < w.len; n++) {
			c = cur_of(buf, n);
			CHECK_INT(rs_read(&c, &got), RA_SHORT);
		}
	}
}

TEST(names_that_cannot_be_are_refused)
{
	static const char *const bad[] = {
		"",
		".",
		"a..b",
		".a",
		"a..",
		"a123456789b123456789c123456789d123456789e123456789f123456789g1234"
	};
	struct ra ra = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!ra_search_add(&ra, bad[i]));
	CHECK_INT(ra.search_len, 0);
	while (ra_search_add(&ra, "example.com"))
		continue;
	CHECK_INT(ra.search_len,
	          RA_SEARCH_MAX / 13 * 13); /* as many as there is room for */
}

TEST(more_prefixes_and_servers_than_there_is_room_for_are_skipped)
{
	struct ra ra = full(), got;
	uint8_t buf[RA_LEN_MAX + 512];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur c;

	ra.n_dns = RA_DNS_MAX;
	for (unsigned i = 0; i < RA_DNS_MAX; i++)
		ra.dns[i] = ip("2001:db8::1");
	ra.n_prefixes = RA_PREFIXES_MAX;
	for (unsigned i = 1; i < RA_PREFIXES_MAX; i++)
		ra.prefix[i] = ra.prefix[0];
	ra_write(&w, &ra);
	memmove(buf + 56 + 32, buf + 56, w.len - 56); /* one more prefix in front */
	memcpy(buf + 56, buf + 72 + 32, 32);
	w.len += 32;
	buf[4] = (uint8_t)((w.len - 40) >> 8);
	buf[5] = (uint8_t)(w.len - 40);
	fix(buf);
	c = cur_of(buf, w.len);
	CHECK_INT(ra_read(&c, &got), RA_OK);
	CHECK_INT(got.n_prefixes, RA_PREFIXES_MAX);
	CHECK_INT(got.n_dns, RA_DNS_MAX);
}

/* An advertisement that has these options and nothing else. */
static enum ra_fault read_options(const uint8_t *options, size_t n, struct ra *ret)
{
	struct ra ra = { .src = ip("fe80::1"), .dst = ip("ff02::1") };
	uint8_t buf[2048];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct cur c;

	ra_write(&w, &ra);
	wbuf_bytes(&w, options, n);
	CHECK(wbuf_ok(&w));
	buf[4] = (uint8_t)((w.len - 40) >> 8);
	buf[5] = (uint8_t)(w.len - 40);
	fix(buf);
	c = cur_of(buf, w.len);
	return ra_read(&c, ret);
}

TEST(of_two_macs_the_first_is_taken_and_none_may_be_zero)
{
	uint8_t o[64];
	struct ra ra;
	size_t n = t_hex("0101 020000000001 0101 020000000002", o, sizeof(o));

	CHECK_INT(read_options(o, n, &ra), RA_OK);
	CHECK_INT(ra.lla.b[5], 1);
	n = t_hex("0101 000000000000", o, sizeof(o));
	CHECK_INT(read_options(o, n, &ra), RA_OPTION);
}

TEST(a_hundred_servers_and_domains_are_no_more_than_there_is_room_for)
{
	uint8_t o[8 + 16 * 100] = { 25, 201 }; /* RDNSS */
	struct ra ra;

	CHECK_INT(read_options(o, sizeof(o), &ra), RA_OK);
	CHECK_INT(ra.n_dns, RA_DNS_MAX);
	memset(o, 0, sizeof(o));
	o[0] = 31; /* DNSSL */
	o[1] = 201;
	for (size_t i = 8; i + 8 <= sizeof(o); i += 8)
		memcpy(o + i, "\6domain", 8);
	CHECK_INT(read_options(o, sizeof(o), &ra), RA_OK);
	CHECK_INT(ra.search_len, RA_SEARCH_MAX / 8 * 8);
}

TEST(a_name_longer_than_255_octets_is_none)
{
	uint8_t o[8 + 5 * 64] = { 31, sizeof(o) / 8 };
	char name[300];
	struct ra ra;

	for (size_t i = 0; i < 4; i++)
		o[8 + 64 * i] = 63;
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	name[sizeof(name) - 1] = 0;
	CHECK_INT(read_options(o, sizeof(o), &ra), RA_OPTION);
	CHECK(!ra_search_add(&ra, name));
}

TEST(every_fault_has_a_text)
{
	for (int f = 0; f < RA_FAULT_END; f++)
		CHECK(strcmp(ra_fault_text(f), "unknown fault") != 0);
	CHECK_STR(ra_fault_text(RA_FAULT_END), "unknown fault");
}
