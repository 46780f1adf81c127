/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/buf.h"
#include "base/view.h"

/*
 * Makes bytes of what a command shows (base/view.h), as it shows it: an answer of
 * millions of rows costs no more memory than the rows not yet consumed from the buffer.
 * Whatever the trade hands in, text holds no control character and JSON is valid.
 *
 * Text: "key: value" lines, nested objects indented, arrays of objects as "- " blocks,
 * arrays of scalars on one line, tables aligned, null as "-", flags as yes and no.
 * JSON: one root object, RFC 8259.  Using a view wrongly (a cell outside a row, a key
 * missing in an object) is a bug of the caller and stops the daemon.
 */
struct writer;

enum writer_kind {
	WRITER_TEXT = 1,
	WRITER_JSON,
	WRITER_TEXT_LINE, /* " key=value key=value", for events: no tables */
	WRITER_JSON_LINE, /* the root object on one line */
};

enum {
	WRITER_DEPTH = 16,     /* objects and arrays inside each other */
	WRITER_COLUMNS = 24,   /* of a table */
	WRITER_NOTES_MAX = 64, /* kept per JSON object; further ones are counted */
};

/* Opens the root object.  out is borrowed and only appended to. */
struct writer *writer_new(enum writer_kind kind, struct buf *out);
struct view *writer_view(struct writer *w);
/* Close what is open, the root included.  error becomes the JSON member "error"; NULL:
 * none. */
void writer_finish(struct writer *w, const char *error);
void writer_free(struct writer *w); /* NULL is fine */
