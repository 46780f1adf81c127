/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cmd.h"

/*
 * The command table, and finding a row by what somebody typed.  Each word may be cut
 * short as long as it fits only one ("sh ro"); a whole word beats a longer one that
 * begins with it.  The row with the most words wins, what follows them are its arguments.
 */
enum {
	WORDS_MAX = 8, /* of one command's name */
	WORDS_ROW_MAX = 256,
	WORDS_NAME_MAX = 32,
};

struct words_row {
	const struct cmd *cmd; /* borrowed */
	void *arg;
	char word[WORDS_MAX][WORDS_NAME_MAX];
	size_t n;
};

/* Zero-initialise; words_fini() frees. */
struct words {
	struct words_row *row; /* sorted by words */
	size_t n;
	size_t cap;
};

void words_fini(struct words *t);
/* Keep cmd's row.  The same words twice is a bug. */
void words_add(struct words *t, const struct cmd *cmd, void *arg);

/*
 * The row that argv[0…argc) names and how many words it took; or NULL with one line that
 * says what would have fitted.
 */
const struct words_row *words_find(const struct words *t, const char *const *argv,
                                   size_t argc, size_t *ret_used, char err[256]);

/*
 * What the last of argv (begun, maybe empty) could become: command words, and lower-case
 * words of the row's argument summary.  Each once, in order.
 */
void words_complete(const struct words *t, const char *const *argv, size_t argc,
                    void (*fn)(void *arg, const char *word), void *arg);

/* True when the row's first words are those of argv, each of them maybe cut short. */
bool words_begin(const struct words_row *row, const char *const *argv, size_t argc);
/* "show routes [VPN]" */
const char *words_usage(const struct cmd *cmd, char *buf, size_t size);
