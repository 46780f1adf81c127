/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void words_fini(struct words *t)
{
	free(t->row);
	*t = (struct words){ 0 };
}

static int words_cmp(const void *pa, const void *pb)
{
	const struct words_row *a = pa, *b = pb;

	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int d = strcmp(a->word[i], b->word[i]);

		if (d)
			return d;
	}
	return (a->n > b->n) - (a->n < b->n);
}

void words_add(struct words *t, const struct cmd *cmd, void *arg)
{
	struct words_row r = { .cmd = cmd, .arg = arg };

	for (const char *s = cmd->words; *s; s += *s == ' ') {
		size_t len = strcspn(s, " ");

		must(len > 0 && len < WORDS_NAME_MAX && r.n < WORDS_MAX);
		memcpy(r.word[r.n++], s, len);
		s += len;
	}
	must(r.n > 0 && t->n < WORDS_ROW_MAX);
	for (size_t i = 0; i < t->n; i++)
		must(words_cmp(&t->row[i], &r));
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 32;
		t->row = mem_realloc(t->row, t->cap * sizeof(*t->row));
	}
	t->row[t->n++] = r;
	qsort(t->row, t->n, sizeof(*t->row), words_cmp);
}

const char *words_usage(const struct cmd *cmd, char *buf, size_t size)
{
	bool args = cmd->args && *cmd->args;

	snprintf(buf, size, "%s%s%s", cmd->words, args ? " " : "", args ? cmd->args : "");
	return buf;
}

static bool words_fit(const char *word, const char *typed, bool whole)
{
	return whole ? !strcmp(word, typed) : !strncmp(word, typed, strlen(typed));
}

/*
 * A step of the descent.  The rows [from, to) share their first `at` words, and being
 * sorted, rows with the same next word lie together.
 */
struct words_step {
	const struct words *t;
	size_t from, to;
	size_t at;
};

/* The run of rows whose next word is that of row i, which has one. */
static struct words_step words_run(const struct words_step *s, size_t i)
{
	size_t end = i;

	while (end < s->to && s->t->row[end].n > s->at &&
	       !strcmp(s->t->row[end].word[s->at], s->t->row[i].word[s->at]))
		end++;
	return (struct words_step){ s->t, i, end, s->at + 1 };
}

/* Only the row of exactly `at` words comes first among those that share them. */
static const struct words_row *words_complete_row(const struct words_step *s)
{
	const struct words_row *r = &s->t->row[s->from];

	return s->from < s->to && s->at && r->n == s->at ? r : NULL;
}

/* How many different next words fit what was typed; the last of them in *ret. */
static size_t words_next(const struct words_step *s, const char *typed, bool whole,
                         struct words_step *ret)
{
	size_t i = s->from + (words_complete_row(s) ? 1 : 0), found = 0;

	while (i < s->to) {
		struct words_step run = words_run(s, i);

		if (words_fit(s->t->row[i].word[s->at], typed, whole)) {
			*ret = run;
			found++;
		}
		i = run.to;
	}
	return found;
}

/* A line that grows and is cut, not overrun. */
static void __attribute__((format(printf, 2, 3)))
words_say(char err[256], const char *fmt, ...)
{
	size_t len = strlen(err);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err + len, 256 - len, fmt, ap);
	va_end(ap);
}

static void words_say_next(char err[256], const struct words_step *s, const char *typed)
{
	size_t i = s->from + (words_complete_row(s) ? 1 : 0);
	const char *sep = " ";

	while (i < s->to) {
		if (words_fit(s->t->row[i].word[s->at], typed, false)) {
			words_say(err, "%s%s", sep, s->t->row[i].word[s->at]);
			sep = ", ";
		}
		i = words_run(s, i).to;
	}
}

static void words_say_path(char err[256], const struct words_step *s)
{
	for (size_t i = 0; i < s->at; i++)
		words_say(err, "%s%s", i ? " " : "", s->t->row[s->from].word[i]);
}

/* Descend as far as the words go.  Stops at the first that fits none or several. */
static struct words_step words_descend(const struct words *t, const char *const *argv,
                                       size_t argc, const struct words_row **ret_row,
                                       size_t *ret_found)
{
	struct words_step s = { t, 0, t->n, 0 }, next;

	*ret_row = NULL;
	*ret_found = 1;
	while (s.at < argc) {
		*ret_found = words_next(&s, argv[s.at], true, &next);
		if (!*ret_found && *argv[s.at])
			*ret_found = words_next(&s, argv[s.at], false, &next);
		if (*ret_found != 1)
			break;
		s = next;
		if (words_complete_row(&s))
			*ret_row = words_complete_row(&s);
	}
	return s;
}

const struct words_row *words_find(const struct words *t, const char *const *argv,
                                   size_t argc, size_t *ret_used, char err[256])
{
	const struct words_row *row;
	size_t found;
	struct words_step s = words_descend(t, argv, argc, &row, &found);

	err[0] = '\0';
	if (s.at == argc && !words_complete_row(&s)) {
		words_say(err, "incomplete command \"");
		words_say_path(err, &s);
		words_say(err, "\", expected one of:");
		words_say_next(err, &s, "");
		return NULL;
	}
	if (found > 1) {
		words_say(err, "ambiguous word \"%.64s\", could be:", argv[s.at]);
		words_say_next(err, &s, argv[s.at]);
		return NULL;
	}
	/* Words that follow a command which takes none are misspelt words. */
	if (row && row->n == s.at &&
	    (s.at == argc || (row->cmd->args && *row->cmd->args))) {
		*ret_used = s.at;
		return row;
	}
	words_say(err, "unknown word \"%.64s\"", argv[s.at]);
	if (s.at) {
		words_say(err, " after \"");
		words_say_path(err, &s);
		words_say(err, "\"");
	}
	if (s.to - s.from > (row && row->n == s.at ? 1u : 0u)) {
		words_say(err, ", expected one of:");
		words_say_next(err, &s, "");
	} else {
		words_say(err, ", which takes no arguments");
	}
	return NULL;
}

/* The alternatives "[in|out] [VPN]" spells in lower case: in, out. */
static void words_complete_args(const char *args, const char *typed,
                                void (*fn)(void *arg, const char *word), void *arg)
{
	for (const char *s = args; *s;) {
		size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
		bool cut = s[len] && !strchr(" []|", s[len]);
		char word[WORDS_NAME_MAX];

		if (len && len < sizeof(word) && !cut) {
			memcpy(word, s, len);
			word[len] = '\0';
			if (words_fit(word, typed, false))
				fn(arg, word);
		}
		s += len;
		s += strcspn(s, " []|");
		s += strspn(s, " []|");
	}
}

void words_complete(const struct words *t, const char *const *argv, size_t argc,
                    void (*fn)(void *arg, const char *word), void *arg)
{
	const char *typed = argc ? argv[argc - 1] : "";
	const struct words_row *row;
	size_t found, i, before = argc ? argc - 1 : 0;
	struct words_step s = words_descend(t, argv, before, &row, &found);

	if (s.at == before) {
		i = s.from + (words_complete_row(&s) ? 1 : 0);
		while (i < s.to) {
			if (words_fit(t->row[i].word[s.at], typed, false))
				fn(arg, t->row[i].word[s.at]);
			i = words_run(&s, i).to;
		}
	}
	if (row && found <= 1 && row->n == s.at && row->cmd->args)
		words_complete_args(row->cmd->args, typed, fn, arg);
}

bool words_begin(const struct words_row *row, const char *const *argv, size_t argc)
{
	if (argc > row->n)
		return false;
	for (size_t i = 0; i < argc; i++) {
		if (!words_fit(row->word[i], argv[i], false))
			return false;
	}
	return true;
}
