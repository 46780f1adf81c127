/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/core_punt.h"

#include "tests/unit/core/world.h"

/* Frames that the packet program leaves to the daemon: whose they are, and of what. */
static struct {
	uint16_t ac;
	size_t len, l3;
	unsigned n;
} got[CORE_PUNT_END];

#define HEAR(kind)                                                               \
	static void on_##kind(struct core *c, uint16_t ac, const uint8_t *frame, \
	                      size_t len, size_t l3)                             \
	{                                                                        \
		got[kind].n++;                                                   \
		got[kind].ac = ac;                                               \
		got[kind].len = len;                                             \
		got[kind].l3 = l3;                                               \
	}
HEAR(CORE_PUNT_VRRP)
HEAR(CORE_PUNT_DHCP)
HEAR(CORE_PUNT_DHCP6)
HEAR(CORE_PUNT_RS)
HEAR(CORE_PUNT_RA)

static void listen_to_all(struct world *w)
{
	memset(got, 0, sizeof(got));
	core_punt_to(&w->c, CORE_PUNT_VRRP, on_CORE_PUNT_VRRP);
	core_punt_to(&w->c, CORE_PUNT_DHCP, on_CORE_PUNT_DHCP);
	core_punt_to(&w->c, CORE_PUNT_DHCP6, on_CORE_PUNT_DHCP6);
	core_punt_to(&w->c, CORE_PUNT_RS, on_CORE_PUNT_RS);
	core_punt_to(&w->c, CORE_PUNT_RA, on_CORE_PUNT_RA);
}

static unsigned heard_in_all(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CORE_PUNT_END; i++)
		n += got[i].n;
	return n;
}

#define MACS           \
	"020000000000" \
	"02aa0000000a"
#define IP4(p)                        \
	"450000280001000000" p "0000" \
	"01010101"                    \
	"e0000012"
#define IP6(p)                             \
	"60000000000c" p "ff"              \
	"fe80000000000000000000000000000a" \
	"ff020000000000000000000000000012"

#define BLUE  MACS "81000064"
#define GREEN MACS "810020c8" /* with a priority */
#define QINQ  MACS "88a8012c8100001e"

static const struct {
	const char *hex;
	enum core_punt_kind kind;
	uint16_t ac;
	size_t l3;
} frame[] = {
	{BLUE "0800" IP4("70") "310a640100640000",   CORE_PUNT_VRRP,  AC_BLUE,  18},
	{ BLUE "86dd" IP6("70") "310a640100640000",  CORE_PUNT_VRRP,  AC_BLUE,  18},
	{ BLUE "0800" IP4("11") "0044004300080000",  CORE_PUNT_DHCP,  AC_BLUE,  18},
	{ BLUE "86dd" IP6("11") "0222022300080000",  CORE_PUNT_DHCP6, AC_BLUE,  18},
	{ BLUE "86dd" IP6("3a") "8500000000000000",  CORE_PUNT_RS,    AC_BLUE,  18},
	{ GREEN "86dd" IP6("3a") "8600000000000000", CORE_PUNT_RA,    AC_GREEN, 18},
	{ QINQ "0800" IP4("70") "310a640100640000",  CORE_PUNT_VRRP,  AC_QINQ,  22},
};

TEST(each_kind_of_frame_comes_to_who_asked_for_it_with_its_attachment)
{
	struct world *w = world_new();

	listen_to_all(w);
	for (size_t i = 0; i < ARRAY_LEN(frame); i++) {
		uint8_t b[256];
		size_t len = t_hex(frame[i].hex, b, sizeof(b));
		unsigned before = got[frame[i].kind].n, all = heard_in_all();

		core_punt_frame(&w->c, ETH0, b, len);
		CHECK_INT(got[frame[i].kind].n, before + 1);
		CHECK_INT(heard_in_all(), all + 1);
		CHECK_INT(got[frame[i].kind].ac, frame[i].ac);
		CHECK_INT(got[frame[i].kind].len, len);
		CHECK_INT(got[frame[i].kind].l3, frame[i].l3);
	}
	world_free(w);
}

TEST(what_is_cut_or_of_no_attachment_comes_to_nobody)
{
	struct world *w = world_new();
	uint8_t b[256];
	size_t len = t_hex(frame[2].hex, b, sizeof(b));

	listen_to_all(w);
	for (size_t n = 0; n < 18 + 20 + 4; n++)
		core_punt_frame(&w->c, ETH0, b, n);
	core_punt_frame(&w->c, ETH1, b, len); /* another port */
	b[15] = 101;                          /* another VLAN */
	core_punt_frame(&w->c, ETH0, b, len);
	b[15] = 100;
	b[16] = 0x88, b[17] = 0xcc; /* LLDP */
	core_punt_frame(&w->c, ETH0, b, len);
	CHECK_INT(heard_in_all(), 0);
	world_free(w);
}
