/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/ynode.h"

#include <string.h>
#include <yaml.h>

#include "base/must.h"

struct reader {
	yaml_parser_t yaml;
	struct arena *arena;
	struct errlist *errs;
	struct ynode *root;
	struct ynode *open; /* the innermost mapping or sequence being read */
	unsigned depth;
	size_t count;
	unsigned documents;

	/* A key that waits for its value. */
	const char *key;
	size_t key_len;
	uint32_t key_line, key_col;

	bool key_skip;

	bool complete;
};

__attribute__((format(printf, 3, 4))) static void fail(struct reader *r,
                                                       const yaml_mark_t *at,
                                                       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	errlist_vadd(r->errs, at ? (uint32_t)at->line + 1 : 0,
	             at ? (uint32_t)at->column + 1 : 0, NULL, fmt, ap);
	va_end(ap);
}

bool ynode_is_null(const struct ynode *y)
{
	static const char *const null[] = { "", "~", "null", "Null", "NULL" };

	if (y->kind != YNODE_SCALAR || !y->plain)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(null); i++) {
		if (!strcmp(y->text, null[i]))
			return true;
	}
	return false;
}

static const struct ynode *find_key(const struct ynode *map, const char *key, size_t len)
{
	for (const struct ynode *y = map->child; y; y = y->next) {
		if (y->key_len == len && !memcmp(y->key, key, len))
			return y;
	}
	return NULL;
}

static void check_key(struct reader *r, const yaml_mark_t *at)
{
	const struct ynode *first = find_key(r->open, r->key, r->key_len);
	struct buf b = { 0 };

	if (!first)
		return;
	r->key_skip = true;
	errlist_quote(&b, r->key, r->key_len);
	fail(r, at, "key %.*s is given twice, first at line %u; expected it once",
	     (int)buf_left(&b), (const char *)buf_head(&b), first->key_line);
	buf_fini(&b);
}

/* Hang a new node into the open collection; false: a limit, stop reading. */
static bool add(struct reader *r, enum ynode_kind kind, const yaml_event_t *ev,
                struct ynode **ret)
{
	const yaml_mark_t *at = &ev->start_mark;
	struct ynode *up = r->open, *y;

	if (++r->count > YNODE_NODES_MAX) {
		fail(r, at, "more than %d values; expected a smaller file",
		     YNODE_NODES_MAX);
		return false;
	}
	y = arena_new(r->arena, struct ynode);
	y->kind = kind;
	y->line = (uint32_t)at->line + 1;
	y->col = (uint32_t)at->column + 1;
	y->parent = up;
	if (!up) {
		r->root = y;
	} else {
		if (up->kind == YNODE_MAP && up->n >= YNODE_KEYS_MAX) {
			fail(r, at, "more than %d keys in one mapping; expected fewer",
			     YNODE_KEYS_MAX);
			return false;
		}
		if (up->last)
			up->last->next = y;
		else
			up->child = y;
		up->last = y;
		up->n++;
		y->key = r->key;
		y->key_len = r->key_len;
		y->key_line = r->key_line;
		y->key_col = r->key_col;
		y->skip = r->key_skip;
	}
	r->key = NULL;
	r->key_skip = false;
	*ret = y;
	return true;
}

static bool on_open(struct reader *r, enum ynode_kind kind, const yaml_event_t *ev)
{
	struct ynode *y;

	if (r->open && r->open->kind == YNODE_MAP && !r->key) {
		fail(r, &ev->start_mark,
		     "a key that is a list or mapping; expected a name");
		return false;
	}
	if (++r->depth > YNODE_DEPTH_MAX) {
		fail(r, &ev->start_mark, "nested more than %d deep; expected less",
		     YNODE_DEPTH_MAX);
		return false;
	}
	if (!add(r, kind, ev, &y))
		return false;
	r->open = y;
	return true;
}

static void on_close(struct reader *r)
{
	r->open = r->open->parent;
	r->depth--;
}

static bool on_scalar(struct reader *r, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	struct ynode *y;

	if (memchr(text, '\0', len)) {
		fail(r, &ev->start_mark, "a NUL character; expected text");
		return false;
	}

	if (r->open && r->open->kind == YNODE_MAP && !r->key) {
		r->key = arena_strndup(r->arena, text, len);
		r->key_len = len;
		r->key_line = (uint32_t)ev->start_mark.line + 1;
		r->key_col = (uint32_t)ev->start_mark.column + 1;
		if (len == 2 && !memcmp(text, "<<", 2) &&
		    ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
			r->key_skip = true;
			fail(r, &ev->start_mark,
			     "a merge key (<<), which is not supported; write the keys out");
			return true;
		}
		check_key(r, &ev->start_mark);
		return true;
	}
	if (!add(r, YNODE_SCALAR, ev, &y))
		return false;
	y->text = arena_strndup(r->arena, text, len);
	y->len = len;
	y->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return true;
}

/* Nothing can refer to a value: there are no anchors.  Its place stays empty. */
static bool on_alias(struct reader *r, const yaml_event_t *ev)
{
	struct ynode *y;

	fail(r, &ev->start_mark,
	     "a YAML alias (*), which is not supported; write the value out");
	if (!r->open || (r->open->kind == YNODE_MAP && !r->key) ||
	    !add(r, YNODE_SCALAR, ev, &y))
		return false;
	y->text = "";
	y->skip = true;
	return true;
}

/* What of YAML we don't take; reading goes on. */
static void check_plain(struct reader *r, const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
	}
	if (anchor)
		fail(r, &ev->start_mark,
		     "a YAML anchor (&), which is not supported; write the value out");
	if (tag)
		fail(r, &ev->start_mark,
		     "a YAML tag (!), which is not supported; leave it out");
}

/* False: the end, or no use in going on. */
static bool on_event(struct reader *r, const yaml_event_t *ev)
{
	check_plain(r, ev);
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++ == 0)
			return true;
		fail(r, &ev->start_mark, "a second YAML document; expected one");
		return false;
	case YAML_SCALAR_EVENT: return on_scalar(r, ev);
	case YAML_MAPPING_START_EVENT: return on_open(r, YNODE_MAP, ev);
	case YAML_SEQUENCE_START_EVENT: return on_open(r, YNODE_SEQ, ev);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT: on_close(r); return true;
	case YAML_ALIAS_EVENT: return on_alias(r, ev);
	case YAML_STREAM_END_EVENT: r->complete = true; return false;
	default: return true;
	}
}

/* What people do most often when libyaml says so. */
static const char *syntax_hint(const char *problem)
{
	if (strstr(problem, "mapping values"))
		return " (a text that holds ': ' or ends in ':' needs quotes)";
	if (strstr(problem, "cannot start any token"))
		return " (indent with spaces; a text that begins so needs quotes)";
	return "";
}

/* Of bytes that are no text libyaml only knows the offset. */
static void fail_encoding(struct reader *r, const char *text, size_t len)
{
	size_t at = r->yaml.problem_offset < len ? r->yaml.problem_offset : len;
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < at; i++) {
		mark.column += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	fail(r, &mark, "not text in UTF-8: %s; expected YAML or JSON", r->yaml.problem);
}

/* libyaml's problem at the place it shows, and where it began if that says more. */
static void fail_syntax(struct reader *r, const char *text, size_t len)
{
	const yaml_parser_t *p = &r->yaml;
	const char *problem = p->problem ? p->problem : "it can't be read";

	if (p->error == YAML_READER_ERROR)
		fail_encoding(r, text, len);
	else if (p->context && p->context_mark.line != p->problem_mark.line)
		fail(r, &p->problem_mark, "not YAML: %s %s that began at line %zu%s",
		     problem, p->context, p->context_mark.line + 1, syntax_hint(problem));
	else
		fail(r, &p->problem_mark, "not YAML: %s%s%s%s", problem,
		     p->context ? " " : "", p->context ? p->context : "",
		     syntax_hint(problem));
}

bool ynode_parse(struct arena *a, const char *text, size_t len, struct errlist *errs,
                 struct ynode **ret)
{
	struct reader r = { .arena = a, .errs = errs };
	bool more = true;

	if (len > YNODE_FILE_MAX) {
		fail(&r, NULL, "the file is longer than %d bytes; expected a smaller one",
		     YNODE_FILE_MAX);
		return false;
	}
	must(yaml_parser_initialize(&r.yaml));
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)(len ? text : ""),
	                             len);
	while (more) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&r.yaml, &ev)) {
			fail_syntax(&r, text, len);
			break;
		}
		more = on_event(&r, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&r.yaml);
	if (r.complete)
		*ret = r.root;
	return r.complete;
}
