/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/must.h"

/* A circular doubly linked list threaded through its members; the head is a node too. */
struct list {
	struct list *next;
	struct list *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* True while the node is in a list; a node must have been list_init()ed once. */
static inline bool list_linked(const struct list *n)
{
	return n->next != n;
}

static inline void list_add_tail(struct list *head, struct list *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

/* Take the node out, leaving it initialised; doing so twice is harmless. */
static inline void list_del(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

/* All of `from`, in its order; `to` needs no init. */
static inline void list_take_all(struct list *to, struct list *from)
{
	list_init(to);
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to->prev->next = to;
	list_init(from);
}

/* The member behind the head, or NULL. */
#define list_first(head, type, member) \
	(list_empty(head) ? NULL : container_of((head)->next, type, member))

#define list_for(pos, head, type, member)                          \
	for (type *pos = container_of((head)->next, type, member); \
	     &pos->member != (head); pos = container_of(pos->member.next, type, member))

/* The same, where the body may take pos out of the list (and nothing else). */
#define list_for_safe(pos, head, type, member)                             \
	for (type *pos = container_of((head)->next, type, member),         \
	          *pos##_n = container_of(pos->member.next, type, member); \
	     &pos->member != (head);                                       \
	     pos = pos##_n, pos##_n = container_of(pos->member.next, type, member))
