/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cur.h"
#include "base/ip.h"
#include "base/rd.h"

#include "tests/t.h"

TEST(addresses_and_prefixes_print_as_they_parse)
{
	static const char *const good[] = {
		"1.1.0.0/16",   "0.0.0.0/0", "2001:db8:1::/64",
		"1.1.1.255/32", "::/0",      "2001:db8::1/128"
	};
	char buf[PREFIX_STRLEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct prefix p;

		CHECK(prefix_parse(good[i], &p));
		CHECK_STR(prefix_fmt(&p, buf), good[i]);
	}
}

TEST(prefixes_that_are_not_are_refused)
{
	static const char *const bad[] = {
		"",           "1.1.0.0",     "1.1.0.0/33", "1.1.0.1/16",
		"1.1.0.0/",   "1.1.0.0/ 16", "1.1.0/16",   "::1/64",
		"::/129",     "1.1.0.0/016", "x/8",        "1.1.0.0/-1",
		"1.1.0.0/8x", "/8"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct prefix p = { .plen = 77 };

		if (prefix_parse(bad[i], &p))
			t_fail(__FILE__, __LINE__, "took \"%s\"", bad[i]);
		CHECK_INT(p.plen, 77);
	}
}

TEST(prefix_covers_what_lies_inside_and_its_own_family_only)
{
	struct prefix net, host, other, six;

	CHECK(prefix_parse("1.1.0.0/16", &net));
	CHECK(prefix_parse("1.1.255.254/32", &host));
	CHECK(prefix_parse("1.2.0.0/32", &other));
	CHECK(prefix_parse("::/0", &six));
	CHECK(prefix_covers(&net, &host) && prefix_covers(&net, &net));
	CHECK(!prefix_covers(&host, &net) && !prefix_covers(&net, &other));
	CHECK(!prefix_covers(&six, &host));
}

TEST(macs_parse_strictly)
{
	struct mac m;
	char buf[MAC_STRLEN];

	CHECK(mac_parse("00:00:5E:00:01:0a", &m));
	CHECK_STR(mac_fmt(&m, buf), "00:00:5e:00:01:0a");
	CHECK(!mac_parse("00:00:5e:00:01", &m) && !mac_parse("00-00-5e-00-01-0a", &m));
	CHECK(!mac_parse("00:00:5e:00:01:0g", &m) &&
	      !mac_parse("00:00:5e:00:01:0a0", &m));
}

TEST(route_targets_and_distinguishers_take_their_three_forms)
{
	static const struct {
		const char *text;
		uint8_t wire[8];
	} row[] = {
		{"65000:100",       { 0, 2, 0xfd, 0xe8, 0, 0, 0, 100 } },
		{ "192.0.2.11:100", { 1, 2, 192, 0, 2, 11, 0, 100 }    },
		{ "4200000000:7",   { 2, 2, 0xfa, 0x56, 0xea, 0, 0, 7 }},
	};
	char buf[EXTCOM_STRLEN];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct extcom c;
		struct rd rd;

		CHECK(extcom_parse(row[i].text, EXTCOM_RT, &c));
		CHECK_MEM(c.b, row[i].wire, 8);
		CHECK_STR(extcom_fmt(&c, buf) + 3, row[i].text);
		CHECK(rd_parse(row[i].text, &rd));
		CHECK_INT(rd.b[1], row[i].wire[0]);
		CHECK_STR(rd_fmt(&rd, buf), row[i].text);
	}
}

TEST(route_targets_out_of_range_are_refused)
{
	static const char *const bad[] = { "65000",
		                           "65000:",
		                           ":1",
		                           "1.2.3.4:65536",
		                           "65000:4294967296",
		                           "4200000000:65536",
		                           "a:1",
		                           "1:2:3",
		                           "65000:-1",
		                           "2001:db8::1:1" };
	struct extcom c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (extcom_parse(bad[i], EXTCOM_RT, &c))
			t_fail(__FILE__, __LINE__, "took \"%s\"", bad[i]);
	}
}

TEST(a_cursor_read_past_the_end_is_zero_and_stays_bad)
{
	const uint8_t b[] = { 1, 2, 3 };
	struct cur c = cur_of(b, sizeof(b));
	struct cur sub = cur_sub(&c, 2);

	CHECK_INT(cur_u16(&sub), 0x0102);
	CHECK(cur_done(&sub));
	CHECK_INT(cur_u8(&sub), 0); /* the parent's byte is out of reach */
	CHECK(!cur_ok(&sub));
	CHECK_INT(cur_u16(&c), 0);
	CHECK_INT(cur_u8(&c), 0); /* sticky */
	CHECK(!cur_ok(&c) && !cur_done(&c));
}
