/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/ctl.h"

/*
 * A request line: {"words": ["show", "routes", "blue"], "format": "json"}.  Strict: these
 * two members only, words required, format "text" or "json" (text if absent).
 */
struct req {
	const char *word[CTL_WORDS_MAX];
	size_t n;
	bool json;
	void *doc; /* owns the words */
};

/* 0, or -EINVAL with what was found and expected in err; *ret is untouched then. */
int req_parse(const char *line, size_t len, struct req *ret, char err[256]);
void req_fini(struct req *r); /* zero-initialised is fine */
