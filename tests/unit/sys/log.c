/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/t.h"

static char last[LOG_LINE_MAX];
static uint64_t last_seq;

static void keep(void *arg, const struct log_record *rec)
{
	snprintf(last, sizeof(last), "%s", rec->text);
	last_seq = rec->seq;
}

/* The text of the newest line. */
static const char *newest(void)
{
	uint64_t pos = 0;

	last[0] = '\0';
	while (log_walk(&pos, 100, keep, NULL))
		;
	return last;
}

TEST(control_characters_and_broken_utf8_are_escaped)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"peer 192.0.2.1: up",        "peer 192.0.2.1: up"      },
		{ "a\nb\r\tc",                "a\\x0ab\\x0d\\x09c"      },
		{ "\x1b[2J",                  "\\x1b[2J"                },
		{ "caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac"},
		{ "\xc2\x9b"
		  "2J",      "\\xc2\\x9b2J"            }, /* CSI as a C1 control */
		{ "\xe2\x80\xae"
		  "x",       "\\xe2\\x80\\xaex"        }, /* right-to-left override */
		{ "\xc0\x80",                 "\\xc0\\x80"              }, /* overlong */
		{ "\xed\xa0\x80",             "\\xed\\xa0\\x80"         }, /* surrogate */
		{ "cut \xe2\x82",             "cut \\xe2\\x82"          },
		{ "\x7f",                     "\\x7f"                   },
	};

	log_to(-1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		log_notice("%s", t[i].in);
		CHECK_STR(newest(), t[i].out);
	}
}

TEST(a_long_line_is_cut_with_a_mark_and_stays_whole_characters)
{
	char big[2 * LOG_LINE_MAX];

	log_to(-1);
	memset(big, '\n', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_err("%s", big);
	CHECK(strlen(newest()) < LOG_LINE_MAX);
	CHECK_STR(last + strlen(last) - 3, "…");
	CHECK_STR(last + strlen(last) - 7, "\\x0a…");
}

TEST(levels_filter_and_have_names)
{
	enum log_level level = LOG_LEVEL_INFO;

	log_to(-1);
	CHECK(!log_level_parse("loud", &level) && level == LOG_LEVEL_INFO);
	CHECK(log_level_parse("warn", &level) && level == LOG_LEVEL_WARN);
	CHECK_STR(log_level_name(level), "warn");
	log_set_level(level);
	log_warn("seen");
	log_notice("not seen");
	CHECK_STR(newest(), "seen");
	log_set_level(LOG_LEVEL_NOTICE);
}

TEST(a_flood_is_cut_and_the_cut_is_counted)
{
	struct log_limit lim = { 0 };
	uint64_t before;

	log_to(-1);
	log_notice("start");
	newest();
	before = last_seq;
	for (int i = 0; i < 100; i++)
		log_limited(&lim, LOG_LEVEL_WARN, "bad packet %d", i);
	CHECK_STR(newest(), "bad packet 4");
	CHECK_INT(last_seq - before, LOG_LIMIT_BURST);
	lim.window_us -= LOG_LIMIT_WINDOW_S * INT64_C(1000000); /* the window passes */
	log_limited(&lim, LOG_LEVEL_WARN, "bad packet 100");
	CHECK_STR(newest(), "bad packet 100 suppressed=95");
	log_limited(&lim, LOG_LEVEL_WARN, "bad packet 101");
	CHECK_STR(newest(), "bad packet 101");
}

TEST(the_ring_keeps_the_last_lines_and_a_slow_reader_sees_the_gap)
{
	uint64_t pos = 0, first;

	log_to(-1);
	newest();
	first = last_seq;
	for (int i = 0; i < LOG_RING_LINES + 10; i++)
		log_notice("line %d", i);
	CHECK_INT(log_walk(&pos, 1, keep, NULL), 1);
	CHECK_STR(last, "line 10");
	CHECK_INT(last_seq, first + 11);
	CHECK_INT(log_walk(&pos, LOG_RING_LINES * 2, keep, NULL), LOG_RING_LINES - 1);
	CHECK_INT(log_walk(&pos, 1, keep, NULL), 0);
}

static size_t line_of(FILE *f, char *ret, size_t cap)
{
	rewind(f);
	return fread(ret, 1, cap - 1, f);
}

TEST(the_journal_gets_a_priority_and_others_get_the_time)
{
	char buf[256] = "", stream[64];
	FILE *f = tmpfile();
	struct stat st;

	CHECK(f && !fstat(fileno(f), &st));
	log_open(LOG_LEVEL_NOTICE, "vsubnetd");
	log_to(fileno(f));
	log_warn("vrf red: full");
	line_of(f, buf, sizeof(buf));
	CHECK_STR(strchr(buf, ' '), " vsubnetd: warn: vrf red: full\n");
	CHECK_INT(strcspn(buf, " "), strlen("2026-11-22T16:44:44.123456Z"));

	CHECK(!ftruncate(fileno(f), 0));
	rewind(f);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
	         (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_to(fileno(f));
	log_warn("vrf red: full");
	memset(buf, 0, sizeof(buf));
	line_of(f, buf, sizeof(buf));
	CHECK_STR(buf, "<4>vrf red: full\n");
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
	         (unsigned long long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1); /* stderr was redirected since */
	log_to(fileno(f));
	CHECK(!ftruncate(fileno(f), 0));
	rewind(f);
	log_warn("x");
	memset(buf, 0, sizeof(buf));
	line_of(f, buf, sizeof(buf));
	CHECK(buf[0] != '<');
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_LEVEL_NOTICE, NULL);
	log_to(-1);
	fclose(f);
}

TEST(time_is_utc_with_microseconds)
{
	char buf[LOG_TIME_STRLEN];

	CHECK_STR(log_time_fmt(0, buf), "1970-01-01T00:00:00.000000Z");
	CHECK_STR(log_time_fmt(INT64_C(1795365884000042), buf),
	          "2026-11-22T16:44:44.000042Z");
}
