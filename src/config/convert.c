/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/convert.h"

#include <string.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "config/place.h"

enum {
	KEYS_MAX = 3,        /* of a list of ours: port, vlan, inner-vlan */
	VALIDATE_CHUNK = 64, /* VPNs that libyang looks at together */
};

struct convert {
	const struct schema *schema;
	struct arena *arena;
	struct errlist *errs;
	struct convert_tree *out;
};

/* An entry of a list by its keys, an item of a leaf-list by its text. */
struct entry {
	struct hnode by_keys;
	const char *keys;
	const struct ynode *y;
};

static void conv_map(struct convert *c, struct ynode *map, const struct lysc_node *schema,
                     struct lyd_node *to);

static const char *buf_str(struct buf *b)
{
	buf_put(b, "", 1);
	return (const char *)buf_head(b);
}

static bool is_secret(const struct lysc_node *schema)
{
	static const char *const secret[] = { "password", "key", "tcp-ao" };

	for (size_t i = 0; schema && i < ARRAY_LEN(secret); i++) {
		if (!strcmp(schema->name, secret[i]))
			return true;
	}
	return false;
}

static void bad(const struct convert *c, struct ynode *y, const char *expected)
{
	struct buf b = { 0 };

	if (y->kind == YNODE_MAP)
		buf_printf(&b, "found a mapping");
	else if (y->kind == YNODE_SEQ)
		buf_printf(&b, "found a list");
	else if (ynode_is_null(y))
		buf_printf(&b, "found nothing");
	else if (is_secret(y->schema)) /* messages are logged */
		buf_printf(&b, "found %zu bytes", y->len);
	else {
		buf_printf(&b, "found ");
		errlist_quote(&b, y->text, y->len);
	}
	place_error(c->errs, y, NULL, "%s, expected %s", buf_str(&b), expected);
	buf_fini(&b);
	y->bad = true;
	if (y->parent)
		y->parent->bad = true;
}

/* Is y a scalar that fits the leaf?  If not, that is an error. */
static bool check_value(const struct convert *c, struct ynode *y,
                        const struct lysc_node *leaf)
{
	struct buf b = { 0 };
	const char *meant;

	if (y->skip)
		return false;
	if (y->kind == YNODE_SCALAR && !ynode_is_null(y) &&
	    schema_takes(c->schema, leaf, y->text, y->len))
		return true;
	schema_put_expected(&b, c->schema, leaf);
	meant = y->kind == YNODE_SCALAR ? schema_near_value(leaf, y->text, y->len) : NULL;
	if (meant)
		buf_printf(&b, "; did you mean '%s'?", meant);
	bad(c, y, buf_str(&b));
	buf_fini(&b);
	return false;
}

/* to NULL: only checked, because the entry around it has no place in the tree. */
static void add_term(struct convert *c, struct ynode *y, const struct lysc_node *leaf,
                     struct lyd_node *to)
{
	struct lyd_node *node;

	if (!to)
		return;
	must(lyd_new_term(to, leaf->module, leaf->name, y->text, 0, &node) == LY_SUCCESS);
	node->priv = y;
}

static void conv_leaf(struct convert *c, struct ynode *y, const struct lysc_node *leaf,
                      struct lyd_node *to)
{
	if (check_value(c, y, leaf) && !lysc_is_key(leaf))
		add_term(c, y, leaf, to);
}

/* Complain about an entry whose twin is in seen already, else remember it. */
static bool check_twice(const struct convert *c, struct ynode *y, const char *keys,
                        struct hmap *seen)
{
	uint64_t hash = hash_bytes(keys, strlen(keys));
	struct entry *e;

	hmap_for_key(h, seen, hash) {
		e = container_of(h, struct entry, by_keys);
		if (!strcmp(e->keys, keys)) {
			place_error(c->errs, y, NULL,
			            "given twice, first at line %u; expected it once",
			            e->y->line);
			return false;
		}
	}
	e = arena_new(c->arena, struct entry);
	e->keys = keys;
	e->y = y;
	hmap_add(seen, &e->by_keys, hash);
	return true;
}

static const char *pred_pos(const struct convert *c, unsigned pos)
{
	char pred[16];
	int n = snprintf(pred, sizeof(pred), "[%u]", pos);

	return arena_strndup(c->arena, pred, (size_t)n);
}

/* Is there room in the list for the entry at that place?  The rest is not looked at. */
static bool check_room(const struct convert *c, struct ynode *y, unsigned pos,
                       uint32_t max)
{
	if (pos <= max)
		return true;
	place_error(c->errs, y, NULL, "entry %u; expected at most %u", pos, max);
	y->parent->bad = true;
	return false;
}

static void conv_leaflist(struct convert *c, struct ynode *seq,
                          const struct lysc_node *leaf, struct lyd_node *to)
{
	struct hmap seen = { 0 };
	unsigned pos = 0;

	if (ynode_is_null(seq))
		return;
	if (seq->kind != YNODE_SEQ) {
		struct buf b = { 0 };

		buf_printf(&b, "a list, each item %s",
		           seq->kind == YNODE_SCALAR ? "" : "of it ");
		schema_put_expected(&b, c->schema, leaf);
		bad(c, seq, buf_str(&b));
		buf_fini(&b);
		return;
	}
	for (struct ynode *y = seq->child; y; y = y->next) {
		y->schema = leaf;
		y->pred = pred_pos(c, ++pos);
		if (!check_room(c, y, pos,
		                ((const struct lysc_node_leaflist *)leaf)->max))
			break;
		if (check_value(c, y, leaf) && check_twice(c, y, y->text, &seen))
			add_term(c, y, leaf, to);
		else
			seq->parent->bad = true;
	}
	hmap_fini(&seen);
}

static struct ynode *find(const struct ynode *map, const char *key)
{
	for (struct ynode *y = map->child; y; y = y->next) {
		if (!y->skip && y->schema && !strcmp(y->schema->name, key))
			return y;
	}
	return NULL;
}

/* The value of a key that the entry doesn't give, or NULL: it has to. */
static const char *implied_key(const struct ynode *entry, const struct lysc_node *key)
{
	const struct ynode *y;

	if (!strcmp(key->name, "vlan"))
		return "untagged";
	if (!strcmp(key->name, "inner-vlan"))
		return "none";
	if (strcmp(key->parent->name, "subnets") != 0)
		return NULL;
	y = find(entry, "prefix");
	if (!y || y->bad)
		y = find(entry, "prefix6");
	return y && y->kind == YNODE_SCALAR && !y->bad ? y->text : NULL;
}

/* Append "[vlan='100']". */
static void put_pred(struct buf *b, const char *key, const char *val)
{
	buf_printf(b, "[%s=", key);
	errlist_quote(b, val, strlen(val));
	buf_printf(b, "]");
}

/*
 * Find the entry's keys and name it by those that were given.  Returns all of them in one
 * text; NULL if one is missing or wrong, which is an error by now, or will be when the
 * entry's values are looked at.
 */
static const char *find_keys(struct convert *c, struct ynode *entry,
                             const struct lysc_node *list,
                             const char *val[static KEYS_MAX])
{
	struct buf given = { 0 }, all = { 0 };
	const char *ret = NULL;
	bool ok = true;
	size_t n = 0;

	for (const struct lysc_node *k = lysc_node_child(list); k && lysc_is_key(k);
	     k = k->next, n++) {
		struct ynode *y = find(entry, k->name);

		must(n < KEYS_MAX);
		if (!y)
			val[n] = implied_key(entry, k);
		else if (y->kind == YNODE_SCALAR && !ynode_is_null(y))
			val[n] = y->text;
		if (val[n])
			val[n] = schema_canonical(c->schema, c->arena, k, val[n]);
		if (!val[n]) {
			ok = false;
			continue;
		}
		buf_printf(&all, "%s\n", val[n]);
		if (y || n == 0)
			put_pred(&given, k->name, val[n]);
	}
	if (ok) {
		entry->pred = arena_strndup(c->arena, (const char *)buf_head(&given),
		                            buf_left(&given));
		ret = arena_strndup(c->arena, (const char *)buf_head(&all),
		                    buf_left(&all));
	}
	buf_fini(&given);
	buf_fini(&all);
	return ret;
}

/* A misspelt key is one error; that the right one is missing is no second. */
static bool is_meant(const struct ynode *map, const struct lysc_node *k)
{
	for (const struct ynode *y = map->child; y; y = y->next) {
		if (y->meant == k)
			return true;
	}
	return false;
}

/* Find out what the keys of a mapping are; unknown ones are errors. */
static void name_children(struct convert *c, struct ynode *map,
                          const struct lysc_node *schema)
{
	static const char prefix[] = "vsubnet:"; /* as in JSON, RFC 7951 4 */

	for (struct ynode *y = map->child; y; y = y->next) {
		const char *name = y->key;
		size_t len = y->key_len;
		struct buf b = { 0 };

		if (y->skip)
			continue;
		if (len > strlen(prefix) && !memcmp(name, prefix, strlen(prefix))) {
			name += strlen(prefix);
			len -= strlen(prefix);
		}
		y->schema = schema_child(c->schema, schema, name, len);
		for (struct ynode *z = map->child; y->schema && z != y; z = z->next) {
			if (z->schema != y->schema || z->skip)
				continue;
			place_error_key(c->errs, y,
			                "key '%s' is given twice, first at line %u; "
			                "expected it once",
			                y->schema->name, z->key_line);
			y->skip = true;
			break;
		}
		if (y->schema)
			continue;
		errlist_quote(&b, y->key, y->key_len);
		buf_printf(&b, ", expected one of: ");
		schema_put_children(&b, c->schema, schema, false);
		y->meant = schema_near_child(c->schema, schema, name, len);
		if (y->meant)
			buf_printf(&b, "; did you mean '%s'?", y->meant->name);
		place_error_key(c->errs, y, "unknown key %s", buf_str(&b));
		buf_fini(&b);
		map->bad = true;
	}
}

static void check_missing(struct convert *c, struct ynode *map,
                          const struct lysc_node *schema)
{
	for (const struct lysc_node *k = NULL;
	     (k = lys_getnext(k, schema, c->schema->mod->compiled, 0));) {
		struct buf b = { 0 };

		if (!(k->flags & LYS_MAND_TRUE) && !lysc_is_key(k))
			continue;
		if (map && (find(map, k->name) || is_meant(map, k) ||
		            (lysc_is_key(k) && implied_key(map, k))))
			continue;
		if (k->nodetype == LYS_CONTAINER) {
			schema_put_children(&b, c->schema, k, true);
			place_error(c->errs, map, k->name,
			            "missing; expected a mapping with %s", buf_str(&b));
		} else if (lysc_is_key(k) && !strcmp(schema->name, "subnets")) {
			/* Not in the tree, so its must is not asked. */
			if (!find(map, "prefix") && !find(map, "prefix6") && !map->bad)
				place_error(c->errs, map, NULL, "%s",
				            lysc_node_musts(schema)[0].emsg);
		} else {
			schema_put_expected(&b, c->schema, k);
			place_error(c->errs, map, k->name, "missing; expected %s",
			            buf_str(&b));
		}
		buf_fini(&b);
		if (map)
			map->bad = true;
	}
}

static void conv_list(struct convert *c, struct ynode *seq, const struct lysc_node *list,
                      struct lyd_node *parent)
{
	bool top = !list->parent; /* only vpns is */
	struct hmap seen = { 0 };
	unsigned pos = 0;

	if (ynode_is_null(seq))
		return;
	if (seq->kind != YNODE_SEQ) {
		bad(c, seq, "a list ('- ' before each entry)");
		return;
	}
	if (top)
		c->out->vpn = arena_array(c->arena, struct lyd_node *, seq->n);
	for (struct ynode *y = seq->child; y; y = y->next) {
		const char *val[KEYS_MAX] = { 0 }, *keys;
		struct lyd_node *node = NULL;

		y->schema = list;
		y->pred = pred_pos(c, ++pos);
		if (!check_room(c, y, pos, ((const struct lysc_node_list *)list)->max))
			break;
		if (y->skip)
			continue;
		if (y->kind != YNODE_MAP) {
			bad(c, y, "a mapping (key: value)");
			continue;
		}
		name_children(c, y, list);
		keys = find_keys(c, y, list, val);
		if (keys && check_twice(c, y, keys, &seen) && (top || parent)) {
			must(lyd_new_list(parent, list->module, list->name, 0, &node,
			                  val[0], val[1], val[2]) == LY_SUCCESS);
			node->priv = y;
			if (top)
				c->out->vpn[c->out->n_vpns++] = node;
		}
		conv_map(c, y, list, node);
	}
	hmap_fini(&seen);
}

/* `max-prefixes: 1000` for `max-prefixes: {limit: 1000}`: the first leaf, alone. */
static void conv_short(struct convert *c, struct ynode *y, const struct lysc_node *schema,
                       struct lyd_node *to)
{
	const struct lysc_node *leaf = lysc_node_child(schema);

	if (leaf && leaf->nodetype == LYS_LEAF)
		conv_leaf(c, y, leaf, to);
	else
		bad(c, y, "a mapping (key: value)");
}

/* Inside an entry that has no place in the tree (`entry` NULL) it is only checked. */
static void conv_container(struct convert *c, struct ynode *y,
                           const struct lysc_node *schema, struct lyd_node *entry)
{
	bool top = !schema->parent;
	bool meant = schema->flags & LYS_PRESENCE; /* that it is there says something */
	struct lyd_node *node = NULL;

	if (y->kind == YNODE_SEQ ||
	    (top && y->kind == YNODE_SCALAR && !ynode_is_null(y))) {
		bad(c, y, "a mapping (key: value)");
		return;
	}
	if (meant && y->kind == YNODE_SCALAR) {
		bad(c, y, "a mapping (key: value), or {}");
		return;
	}
	if (top || entry) {
		must(lyd_new_inner(entry, schema->module, schema->name, 0, &node) ==
		     LY_SUCCESS);
		node->priv = y;
	}
	if (y->kind == YNODE_SCALAR && !ynode_is_null(y)) {
		conv_short(c, y, schema, node);
	} else {
		name_children(c, y, schema);
		conv_map(c, y, schema, node);
	}
	/* libyang would not fill in the defaults of one that was made empty. */
	if (node && !lyd_child(node) && meant)
		must(lyd_new_implicit_tree(node, LYD_IMPLICIT_NO_STATE, NULL) ==
		     LY_SUCCESS);
	else if (node && !lyd_child(node))
		lyd_free_tree(node);
	else if (top)
		must(lyd_insert_sibling(c->out->top, node, &c->out->top) == LY_SUCCESS);
}

/* The children of a mapping whose keys are named already. */
static void conv_map(struct convert *c, struct ynode *map, const struct lysc_node *schema,
                     struct lyd_node *to)
{
	for (struct ynode *y = map->child; y; y = y->next) {
		const struct lysc_node *s = y->schema;

		if (y->skip || !s)
			continue;
		switch (s->nodetype) {
		case LYS_LEAF: conv_leaf(c, y, s, to); break;
		case LYS_LEAFLIST: conv_leaflist(c, y, s, to); break;
		case LYS_LIST: conv_list(c, y, s, to); break;
		default: conv_container(c, y, s, to); break;
		}
	}
	check_missing(c, map, schema);
}

/* What stands between values: must statements, in the model's own words. */
static void check_musts(const struct convert *c, const struct lyd_node *node)
{
	const struct ynode *y = node->priv;
	struct lysc_must *musts = lysc_node_musts(node->schema);

	if (!y || y->bad || (y->parent && y->parent->bad))
		return; /* one complaint is enough */
	for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(musts); i++) {
		ly_bool holds = 0;

		must(lyd_eval_xpath(node, lyxp_get_expr(musts[i].cond), &holds) ==
		     LY_SUCCESS);
		if (!holds)
			place_error(c->errs, y, NULL, "%s", musts[i].emsg);
	}
}

static void check_all_musts(const struct convert *c, struct lyd_node *tree)
{
	struct lyd_node *top, *node;

	LY_LIST_FOR(tree, top) {
		LYD_TREE_DFS_BEGIN(top, node)
		{
			check_musts(c, node);
			LYD_TREE_DFS_END(top, node);
		}
	}
}

void convert_make(const struct schema *s, struct arena *a, struct ynode *root,
                  struct convert_tree *ret, struct errlist *errs)
{
	struct convert c = { .schema = s, .arena = a, .errs = errs, .out = ret };

	*ret = (struct convert_tree){ 0 };
	if (root && root->kind != YNODE_MAP && !ynode_is_null(root)) {
		bad(&c, root, "a mapping (key: value)");
		return;
	}
	if (root && root->kind == YNODE_MAP) {
		name_children(&c, root, NULL);
		conv_map(&c, root, NULL, NULL);
	} else {
		check_missing(&c, root, NULL);
	}
	must(lyd_new_implicit_module(&ret->top, s->mod, LYD_IMPLICIT_NO_STATE, NULL) ==
	     LY_SUCCESS);
	check_all_musts(&c, ret->top);
	for (size_t i = 0; i < ret->n_vpns; i++) {
		must(lyd_new_implicit_tree(ret->vpn[i], LYD_IMPLICIT_NO_STATE, NULL) ==
		     LY_SUCCESS);
		check_all_musts(&c, ret->vpn[i]);
	}
}

void convert_free(struct convert_tree *t)
{
	lyd_free_all(t->top);
	for (size_t i = 0; i < t->n_vpns; i++)
		lyd_free_all(t->vpn[i]);
}

static const struct ynode *place_of(const struct lyd_node *node)
{
	while (node && !node->priv)
		node = lyd_parent(node);
	return node ? node->priv : NULL;
}

static bool validate(const struct schema *s, struct lyd_node **tree, struct errlist *errs)
{
	AUTO_FREE char *path = NULL, *msg = NULL;
	struct lyd_node *node = NULL;
	const struct ynode *y;

	if (lyd_validate_module(tree, s->mod, 0, NULL) == LY_SUCCESS)
		return true;
	/* Copies, since to look for the place may fail with a message of its own. */
	msg = mem_strdup(ly_errmsg(s->ctx) ? ly_errmsg(s->ctx) : "not valid");
	path = mem_strdup(ly_errpath(s->ctx) ? ly_errpath(s->ctx) : "/");
	if (*tree && lyd_find_path(*tree, path, 0, &node) != LY_SUCCESS)
		node = NULL;
	y = place_of(node);
	errlist_add(errs, y ? y->line : 0, y ? 1 : 0, path, "%s", msg);
	return false;
}

/* Some VPNs, beside a node that what is mandatory is there. */
static bool validate_vpns(const struct schema *s, struct convert_tree *t, size_t from,
                          size_t n, struct errlist *errs)
{
	struct lyd_node *tree = NULL, *node;
	bool ok;

	must(lyd_find_path(t->top, "/vsubnet:node", 0, &node) == LY_SUCCESS);
	must(lyd_dup_single(node, NULL, LYD_DUP_RECURSIVE, &tree) == LY_SUCCESS);
	for (size_t i = from; i < from + n; i++)
		must(lyd_insert_sibling(tree, t->vpn[i], &tree) == LY_SUCCESS);
	ok = validate(s, &tree, errs);
	for (size_t i = from; i < from + n; i++)
		lyd_unlink_tree(t->vpn[i]);
	lyd_free_all(tree);
	return ok;
}

void convert_validate(const struct schema *s, struct convert_tree *t,
                      struct errlist *errs)
{
	bool ok = validate(s, &t->top, errs);

	for (size_t i = 0; i < t->n_vpns && ok; i += VALIDATE_CHUNK) {
		size_t left = t->n_vpns - i;

		ok = validate_vpns(s, t, i, left < VALIDATE_CHUNK ? left : VALIDATE_CHUNK,
		                   errs);
	}
}
