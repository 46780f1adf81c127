/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/words.h"

#include "base/must.h"

#include "tests/t.h"

static const struct cmd cmds[] = {
	{"show routes",         "[VPN]",             "", false, NULL},
	{ "show bgp",           "[VPN] [in|out]",    "", false, NULL},
	{ "show bgp neighbors", "[ADDRESS]",         "", false, NULL},
	{ "show bgp network",   "",                  "", false, NULL},
	{ "show hosts",         "",                  "", false, NULL},
	{ "show host",          "IP",                "", false, NULL},
	{ "why host",           "IP",                "", false, NULL},
	{ "why packet",         NULL,                "", false, NULL},
	{ "config apply",       "[confirm SECONDS]", "", true,  NULL},
};

struct split {
	char text[128];
	const char *argv[16];
	size_t argc;
};

/* Words of s; a trailing space is an empty last word. */
static void split(struct split *x, const char *s)
{
	char *save = x->text;

	snprintf(x->text, sizeof(x->text), "%s", s);
	x->argc = 0;
	while (save)
		x->argv[x->argc++] = strsep(&save, " ");
}

static struct words table(void)
{
	struct words t = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cmds); i++)
		words_add(&t, &cmds[i], NULL);
	return t;
}

TEST(words_find_their_row_however_short_they_are)
{
	static const struct {
		const char *typed, *words; /* words NULL: refused, with err */
		size_t used;
		const char *err;
	} row[] = {
		{"show routes",           "show routes",        2, NULL                                         },
		{ "sh ro",                "show routes",        2, NULL                                         },
		{ "s r blue",             "show routes",        2, NULL                                         },
		{ "show bgp",             "show bgp",           2, NULL                                         },
		{ "show b blue out",      "show bgp",           2, NULL                                         },
		{ "show bgp neighbors",   "show bgp neighbors", 3, NULL                                         },
		{ "sho bg nei 192.0.2.1", "show bgp neighbors", 3, NULL                                         },
		{ "show host",            "show host",          2, NULL                                         }, /* whole beats longer */
		{ "show hosts",           "show hosts",         2, NULL                                         },
		{ "c a confirm 60",       "config apply",       2, NULL                                         },
		{ "show host 1.1.1.3 s",  "show host",          2, NULL                                         },
		{ "show h",               NULL,                 0, "ambiguous word \"h\", could be: host, hosts"},
		{ "show bgp ne",          NULL,                 0,
                 "ambiguous word \"ne\", could be: neighbors, network"                                          },
		{ "show",                 NULL,                 0,
                 "incomplete command \"show\", expected one of: bgp, host, hosts, routes"                       },
		{ "w",                    NULL,                 0,
                 "incomplete command \"why\", expected one of: host, packet"                                    },
		{ "shw routes",           NULL,                 0,
                 "unknown word \"shw\", expected one of: config, show, why"                                     },
		{ "show rotues",          NULL,                 0,
                 "unknown word \"rotues\" after \"show\", expected one of: bgp, host, hosts, routes"            },
		{ "show hosts blue",      NULL,                 0,
                 "unknown word \"blue\" after \"show hosts\", which takes no arguments"                         },
		{ "why packet x",         NULL,                 0,
                 "unknown word \"x\" after \"why packet\", which takes no arguments"                            },
		{ "show  routes",         NULL,                 0,
                 "unknown word \"\" after \"show\", expected one of: bgp, host, hosts, routes"                  },
	};
	struct words t = table();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct split x;
		size_t used = 0;
		char err[256];
		const struct words_row *r;

		split(&x, row[i].typed);
		r = words_find(&t, x.argv, x.argc, &used, err);
		if (row[i].words) {
			if (!r)
				t_fail(__FILE__, __LINE__, "%s: %s", row[i].typed, err);
			CHECK_STR(r->cmd->words, row[i].words);
			CHECK_INT(used, row[i].used);
		} else {
			if (r)
				t_fail(__FILE__, __LINE__, "%s finds %s", row[i].typed,
				       r->cmd->words);
			CHECK_STR(err, row[i].err);
		}
	}
	words_fini(&t);
}

TEST(a_very_long_word_only_cuts_the_error_short)
{
	struct words t = table();
	char word[3000], err[256];
	const char *argv[] = { "show", word };
	size_t used;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	CHECK(!words_find(&t, argv, 2, &used, err));
	CHECK(strlen(err) < sizeof(err));
	words_fini(&t);
}

static void collect(void *arg, const char *word)
{
	char *s = arg;
	size_t len = strlen(s);

	snprintf(s + len, 256 - len, "%s ", word);
}

TEST(completions_are_the_next_words_and_the_words_of_the_arguments)
{
	static const struct {
		const char *typed, *want;
	} row[] = {
		{"",                 "config show why "         },
		{ "s",               "show "                    },
		{ "show ",           "bgp host hosts routes "   },
		{ "sh h",            "host hosts "              },
		{ "show bgp ",       "neighbors network in out "},
		{ "show bgp n",      "neighbors network "       },
		{ "show bgp blue o", "out "                     },
		{ "show routes ",    ""                         },
		{ "config apply ",   "confirm "                 },
		{ "nonsense ",       ""                         },
		{ "show h ",         ""                         },
		{ "x",               ""                         },
	};
	struct words t = table();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char got[256] = "";
		struct split x;

		split(&x, row[i].typed);
		words_complete(&t, x.argv, x.argc, collect, got);
		CHECK_STR(got, row[i].want);
	}
	words_fini(&t);
}
