/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/check.h"
#include "config/convert.h"
#include "config/errlist.h"
#include "config/parse.h"
#include "config/typed.h"
#include "config/ynode.h"

/* A configuration and the memory it lives in. */
struct generation {
	struct config cfg;
	struct arena arena;
};

int config_parse_by(const struct schema *s, const char *text, size_t len,
                    const struct config **ret, struct config_errors **ret_errors)
{
	struct errlist *errs = errlist_new();
	struct generation *g = mem_new(struct generation);
	struct arena scratch = { 0 };
	struct ynode *root = NULL;

	if (ynode_parse(&scratch, text, len, errs, &root)) {
		struct convert_tree tree;
		struct typed typed;

		convert_make(s, &scratch, root, &tree, errs);
		typed_make(&tree, &g->arena, &scratch, &g->cfg, &typed, errs);
		check_all(&typed, errs);
		if (errlist_empty(errs))
			convert_validate(s, &tree, errs);
		convert_free(&tree);
	}
	arena_fini(&scratch);
	if (errlist_empty(errs)) {
		errlist_free(errs);
		*ret = &g->cfg;
		return 0;
	}
	config_free(&g->cfg);
	*ret_errors = errlist_done(errs);
	return -EINVAL;
}

int config_parse(const char *name, const char *text, size_t len,
                 const struct config **ret, struct config_errors **ret_errors)
{
	struct schema *s = schema_new();
	int r = config_parse_by(s, text, len, ret, ret_errors);

	schema_free(s);
	return r;
}

/* The whole file, but not more than we would take. */
static int read_file(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		r = -EISDIR;
	while (r == 0 && buf_left(ret) <= YNODE_FILE_MAX) {
		ssize_t n = read(fd, buf_reserve(ret, 65536), 65536);

		if (n == 0)
			break;
		if (n > 0)
			buf_commit(ret, (size_t)n);
		else if (errno != EINTR)
			r = -errno;
	}
	close(fd);
	return r;
}

int config_load(const char *path, const struct config **ret,
                struct config_errors **ret_errors)
{
	struct buf text = { 0 };
	int r = read_file(path, &text);

	if (r < 0) {
		struct errlist *errs = errlist_new();

		errlist_add(errs, 0, 0, NULL, "can't be read: %s", strerror(-r));
		*ret_errors = errlist_done(errs);
	} else {
		r = config_parse(path, (const char *)buf_head(&text), buf_left(&text),
		                 ret, ret_errors);
	}
	buf_fini(&text);
	return r;
}

void config_free(const struct config *cfg)
{
	struct generation *g;

	if (!cfg)
		return;
	g = container_of((uintptr_t)cfg, struct generation, cfg);
	arena_fini(&g->arena);
	free(g);
}

void config_errors_free(struct config_errors *errs)
{
	if (errs)
		errlist_free(container_of(errs, struct errlist, pub));
}

char *config_error_fmt(const char *file, const struct config_error *e, char *buf,
                       size_t n)
{
	const char *path = e->path ? e->path : "", *colon = e->path ? ": " : "";

	if (e->line)
		snprintf(buf, n, "%s:%" PRIu32 ":%" PRIu32 ": %s%s%s", file, e->line,
		         e->col, path, colon, e->text);
	else
		snprintf(buf, n, "%s: %s%s%s", file, path, colon, e->text);
	return buf;
}
