/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mem.h"
#include "config/parse.h"

#include "fuzz/fuzz.h"
#include "tests/unit/config/dump.h"

static const struct config *must_parse(const struct schema *s, const struct buf *text)
{
	const struct config *cfg = NULL;
	struct config_errors *errs = NULL;

	must(config_parse_by(s, (const char *)buf_head(text), buf_left(text), &cfg,
	                     &errs) == 0);
	return cfg;
}

/*
 * Any bytes are a configuration or are told why not, never both; and what is one means
 * the same when it is written out in full and read again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct schema *s;
	struct config_errors *errs = NULL;
	const struct config *cfg = NULL, *again;
	struct buf one = { 0 }, two = { 0 };

	if (!s)
		s = schema_new();
	if (config_parse_by(s, (const char *)data, len, &cfg, &errs) != 0) {
		must(!cfg && errs && errs->n > 0);
		for (size_t i = 0; i < errs->n; i++) {
			/* One line, nothing a terminal would obey. */
			for (const char *c = errs->error[i].text; *c; c++)
				must(*c >= ' ' && *c <= '~');
		}
		config_errors_free(errs);
		return 0;
	}
	must(cfg && !errs);
	dump_config(&one, cfg);
	again = must_parse(s, &one);
	dump_config(&two, again);
	must(buf_left(&one) == buf_left(&two) &&
	     !memcmp(buf_head(&one), buf_head(&two), buf_left(&one)));
	config_free(cfg);
	config_free(again);
	buf_fini(&one);
	buf_fini(&two);
	return 0;
}
