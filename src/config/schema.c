/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/schema.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema_text.h"

struct schema *schema_new(void)
{
	struct schema *s = mem_new(struct schema);
	struct lys_module *mod = NULL;

	/* Keep the last message, print none; ly_temp_log_options() does not stop them
	 * all. */
	s->log_options = ly_log_options(LY_LOSTORE_LAST);
	/* Both can only fail for want of memory, or by a module the tests never saw. */
	must(ly_ctx_new(NULL,
	                LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIRS |
	                        LY_CTX_SET_PRIV_PARSED,
	                &s->ctx) == LY_SUCCESS);
	must(lys_parse_mem(s->ctx, schema_text, LYS_IN_YANG, &mod) == LY_SUCCESS);
	s->mod = mod;
	return s;
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	ly_ctx_destroy(s->ctx);
	ly_log_options(s->log_options);
	free(s);
}

const struct lysc_node *schema_child(const struct schema *s,
                                     const struct lysc_node *parent, const char *name,
                                     size_t len)
{
	return len ? lys_find_child(parent, s->mod, name, len, 0, 0) : NULL;
}

static const struct lysc_type *type_of(const struct lysc_node *n)
{
	return n->nodetype == LYS_LEAF ? ((const struct lysc_node_leaf *)n)->type
	                               : ((const struct lysc_node_leaflist *)n)->type;
}

static bool is_number(LY_DATA_TYPE t)
{
	return t == LY_TYPE_UINT8 || t == LY_TYPE_UINT16 || t == LY_TYPE_UINT32;
}

/*
 * libyang is more generous with numbers than we want to be: it takes " 7", "+7" and
 * "007", which YAML 1.1 would read as octal.
 */
static bool is_plain(const struct lysc_type *type, const char *text, size_t len)
{
	if (!is_number(type->basetype) && type->basetype != LY_TYPE_UNION)
		return true;
	if (strpbrk(text, "+- \t\n"))
		return false;
	return len < 2 || text[0] != '0' || strspn(text, "0123456789") != len;
}

/* What libyang has to say of the value is said better here. */
static bool validate(const struct schema *s, const struct lysc_node *leaf,
                     const char *text, size_t len, const char **ret_canonical)
{
	LY_ERR err;

	if (!is_plain(type_of(leaf), text, len))
		return false;
	err = lyd_value_validate(s->ctx, leaf, text, len, NULL, NULL, ret_canonical);
	if (err != LY_SUCCESS)
		ly_err_clean(s->ctx, NULL);
	return err == LY_SUCCESS;
}

bool schema_takes(const struct schema *s, const struct lysc_node *leaf, const char *text,
                  size_t len)
{
	return validate(s, leaf, text, len, NULL);
}

const char *schema_canonical(const struct schema *s, struct arena *a,
                             const struct lysc_node *leaf, const char *text)
{
	const char *val;
	char *ret;

	if (!validate(s, leaf, text, strlen(text), &val))
		return NULL;
	ret = arena_strndup(a, val, strlen(val));
	lydict_remove(s->ctx, val);
	return ret;
}

const char *schema_default(const struct lysc_node *leaf)
{
	const struct lysp_node *p = leaf->priv;

	return leaf->nodetype == LYS_LEAF ? ((const struct lysp_node_leaf *)p)->dflt.str
	                                  : NULL;
}

static void put_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* Descriptions are folded in the module; a message is one line. */
static void put_folded(struct buf *b, const char *s)
{
	bool gap = false;

	for (; *s; s++) {
		if (*s == ' ' || *s == '\n') {
			gap = true;
			continue;
		}
		if (gap)
			put_str(b, " ");
		gap = false;
		buf_put(b, s, 1);
	}
}

/* Typedefs of ours say in their description what they take. */
static const char *typedef_words(const struct schema *s, const struct lysc_node *leaf)
{
	const struct lysp_node *p = leaf->priv;
	const char *name = leaf->nodetype == LYS_LEAF
	                           ? ((const struct lysp_node_leaf *)p)->type.name
	                           : ((const struct lysp_node_leaflist *)p)->type.name;

	for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(s->mod->parsed->typedefs);
	     i++) {
		if (!strcmp(s->mod->parsed->typedefs[i].name, name))
			return s->mod->parsed->typedefs[i].dsc;
	}
	return NULL;
}

static void put_range(struct buf *b, const struct lysc_range *range, uint64_t max)
{
	if (!range) {
		buf_printf(b, "a number from 0 to %" PRIu64, max);
		return;
	}
	for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(range->parts); i++) {
		uint64_t lo = range->parts[i].min_u64, hi = range->parts[i].max_u64;

		put_str(b, i ? " or " : "");
		if (lo == hi)
			buf_printf(b, "%" PRIu64, lo);
		else
			buf_printf(b, "a number from %" PRIu64 " to %" PRIu64, lo, hi);
	}
}

static void put_enums(struct buf *b, const struct lysc_type_enum *type)
{
	put_str(b, "one of: ");
	for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(type->enums); i++)
		buf_printf(b, "%s%s", i ? ", " : "", type->enums[i].name);
}

void schema_put_expected(struct buf *b, const struct schema *s,
                         const struct lysc_node *leaf)
{
	const struct lysc_type *type = type_of(leaf);
	const char *words = typedef_words(s, leaf);

	if (words) {
		put_folded(b, words);
		return;
	}
	switch (type->basetype) {
	case LY_TYPE_BOOL: put_str(b, "true or false"); break;
	case LY_TYPE_ENUM: put_enums(b, (const struct lysc_type_enum *)type); break;
	case LY_TYPE_UINT8:
		put_range(b, ((const struct lysc_type_num *)type)->range, UINT8_MAX);
		break;
	case LY_TYPE_UINT16:
		put_range(b, ((const struct lysc_type_num *)type)->range, UINT16_MAX);
		break;
	case LY_TYPE_UINT32:
		put_range(b, ((const struct lysc_type_num *)type)->range, UINT32_MAX);
		break;
	default: put_str(b, "another value"); break;
	}
}

enum {
	NEAR_MAX = 32, /* longer words are not compared */
};

static char fold(char c)
{
	if (c == '_' || c == ' ')
		return '-';
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to add, drop, change or swap with a neighbour to make b of a. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned d[NEAR_MAX + 1][NEAR_MAX + 1];

	if (na > NEAR_MAX || nb > NEAR_MAX)
		return NEAR_MAX;
	for (unsigned i = 0; i <= na; i++) {
		for (unsigned j = 0; j <= nb; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			char x = fold(a[i - 1]), y = fold(b[j - 1]);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			               d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b[j - 2]) &&
			    fold(a[i - 2]) == y && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}

/* Is d close enough for a word of that length?  A beginning of it always is. */
static bool is_near(const char *word, const char *text, size_t len, unsigned *ret_d)
{
	unsigned most = len <= 3 ? 1 : len <= 8 ? 2 : 3;

	*ret_d = distance(text, len, word, strlen(word));
	if (len >= 3 && !strncmp(word, text, len < strlen(word) ? len : strlen(word)) &&
	    *ret_d > most)
		*ret_d = most;
	return *ret_d <= most;
}

const struct lysc_node *schema_near_child(const struct schema *s,
                                          const struct lysc_node *parent,
                                          const char *text, size_t len)
{
	const struct lysc_node *best = NULL;
	unsigned best_d = 0, d;

	for (const struct lysc_node *c = NULL;
	     (c = lys_getnext(c, parent, s->mod->compiled, 0));) {
		if (is_near(c->name, text, len, &d) && (!best || d < best_d)) {
			best = c;
			best_d = d;
		}
	}
	return best;
}

const char *schema_near_value(const struct lysc_node *leaf, const char *text, size_t len)
{
	const struct lysc_type *type = type_of(leaf);
	struct lysc_type_bitenum_item *e;
	const char *best = NULL;
	unsigned best_d = 0, d;

	if (type->basetype != LY_TYPE_ENUM)
		return NULL;
	e = ((const struct lysc_type_enum *)type)->enums;
	for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(e); i++) {
		if (is_near(e[i].name, text, len, &d) && (!best || d < best_d)) {
			best = e[i].name;
			best_d = d;
		}
	}
	return best;
}

void schema_put_children(struct buf *b, const struct schema *s,
                         const struct lysc_node *parent, bool mandatory)
{
	const char *sep = "";

	for (const struct lysc_node *c = NULL;
	     (c = lys_getnext(c, parent, s->mod->compiled, 0));) {
		if (mandatory && !(c->flags & LYS_MAND_TRUE))
			continue;
		buf_printf(b, "%s%s", sep, c->name);
		sep = ", ";
	}
}
