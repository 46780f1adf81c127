/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "base/must.h"

#include "tests/bpf/rig.h"

/* Data from attachments: what it tells of its source (bpf/source.h). */

static struct pk data(const char *mac, const char *src, const char *dst)
{
	struct pk p = { 0 };
	bool ip4 = !strchr(src, ':');

	put(&p, PE_MAC);
	put(&p, mac);
	put(&p, ip4 ? "0800" : "86dd");
	if (ip4)
		put_echo4(&p, src, dst, 64, 20);
	else
		put_echo6(&p, src, dst, 64, 20);
	return p;
}

static struct pk data4(const char *mac, const char *src)
{
	return data(mac, src, "1.1.1.3");
}

/* Until one of them was looked at: the first of a clock tick is. */
static bool told(struct rig *r, const struct pk *p, struct dp_evidence *ret)
{
	for (int i = 0; i < 200; i++) {
		run(r->acc, p->b, p->len);
		if (heard(ret))
			return true;
	}
	return false;
}

TEST(data_from_an_unknown_source_is_told)
{
	static const char *const src[] = { "1.1.1.77", "2001:db8:1::77" };
	static const char *const dst[] = { "1.1.1.3", "2001:db8:1::3" };
	struct rig *r = rig();

	for (size_t i = 0; i < 2; i++) {
		struct pk p = data("02aa00000077", src[i], dst[i]);
		struct dp_evidence ev;
		char text[IP_STRLEN];

		CHECK(told(r, &p, &ev));
		CHECK_INT(ev.kind, DP_EV_SOURCE);
		CHECK_INT(ev.ac, 1);
		CHECK_INT(ev.vrf, RIG_VRF);
		CHECK_INT(ev.mac.b[5], 0x77);
		CHECK_INT(ev.target.afi, AFI_NONE);
		CHECK_STR(ip_fmt(&ev.sender, text), src[i]);
	}
}

TEST(data_of_a_known_host_marks_it_seen_and_is_no_event)
{
	struct rig *r = rig();
	struct pk p = data4(A_MAC, "1.1.1.1");
	bool seen = false;
	struct ip a;

	CHECK(ip_parse("1.1.1.1", &a));
	CHECK_INT(r->dp->ops->host_seen(r->dp, RIG_VRF, &a, &seen), 0);
	CHECK(!seen);
	for (int i = 0; i < 200 && !seen; i++) {
		run(r->acc, p.b, p.len);
		CHECK_INT(r->dp->ops->host_seen(r->dp, RIG_VRF, &a, &seen), 0);
	}
	CHECK(seen);
	CHECK_INT(events_heard(), 0);
}

TEST(data_with_another_place_for_a_known_host_is_told)
{
	static const struct {
		const char *mac, *src;
	} row[] = {
		{"02aa00000078", "1.1.1.1"}, /* another MAC */
		{ A_MAC,         "1.1.1.2"}, /* another attachment */
		{ A_MAC,         "1.1.1.3"}, /* it was remote: a move without a word */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct rig *r = rig();
		struct pk p = data4(row[i].mac, row[i].src);
		struct dp_evidence ev;

		CHECK(told(r, &p, &ev));
		CHECK_INT(ev.kind, DP_EV_SOURCE);
	}
}

TEST(sources_that_are_nobody_to_learn_are_not_told)
{
	static const struct {
		const char *mac, *src;
	} row[] = {
		{A_MAC,           "9.9.9.9"    }, /* behind a router */
		{ A_MAC,          "1.1.255.254"}, /* the gateway's own address */
		{ A_MAC,          "1.1.255.255"}, /* broadcast of the subnet */
		{ A_MAC,          "1.1.0.0"    },
		{ "00005e00010a",
                 "1.1.1.77"                    }, /* our proxy MAC: a loop behind the port */
		{ PE_MAC,         "1.1.1.77"   },
		{ "01005e000001", "1.1.1.77"   }, /* no station's */
	};
	struct rig *r = rig();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pk p = data4(row[i].mac, row[i].src);
		struct dp_evidence ev;

		if (told(r, &p, &ev))
			CHECK(ev.kind != DP_EV_SOURCE);
	}
}

/* Forged sources have a bucket of their own: whoever speaks ARP is heard beside them. */
TEST(unknown_sources_are_a_hundred_a_second_and_do_not_drown_arp)
{
	struct rig *r = rig();
	struct pk p = data4("02aa00000077", "1.1.1.77"), say = { 0 };
	struct dp_evidence ev;
	unsigned n = 0, more;
	time_t start = time(NULL);

	for (int i = 0; i < 64 * 300; i++)
		run(r->acc, p.b, p.len);
	while ((more = events_heard()))
		n += more;
	CHECK(n >= 100 && n <= 100 + 100 * (unsigned)(time(NULL) - start + 2));
	put(&say, "ffffffffffff02aa000000790806");
	put_arp(&say, 1, "02aa00000079", "1.1.1.79", "1.1.1.3");
	run(r->acc, say.b, say.len);
	CHECK(heard(&ev));
	CHECK_INT(ev.kind, DP_EV_ARP_REQUEST);
}
