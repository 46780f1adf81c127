/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/writer.h"

#include <jansson.h>

#include "base/must.h"

#include "tests/t.h"

/* A view shown once, and what each form makes of it. */
static char *written(enum writer_kind kind, void (*show)(struct view *v),
                     const char *error)
{
	struct buf out = { 0 };
	struct writer *w = writer_new(kind, &out);
	char *s;

	show(writer_view(w));
	writer_finish(w, error);
	writer_free(w);
	buf_put(&out, "", 1);
	s = strdup((const char *)buf_head(&out));
	buf_fini(&out);
	return s;
}

#define CHECK_WRITTEN(kind, show, want)                 \
	do {                                            \
		char *got_ = written(kind, show, NULL); \
		CHECK_STR(got_, want);                  \
		free(got_);                             \
	} while (0)

static json_t *parsed(void (*show)(struct view *v), const char *error)
{
	json_error_t why;
	json_t *doc, *line;
	char *s = written(WRITER_JSON, show, error);

	doc = json_loads(s, JSON_REJECT_DUPLICATES, &why);
	if (!doc)
		t_fail(__FILE__, __LINE__, "not JSON: %s in:\n%s", why.text, s);
	free(s);
	s = written(WRITER_JSON_LINE, show, error);
	line = json_loads(s, JSON_REJECT_DUPLICATES, &why);
	CHECK(line);
	CHECK(json_equal(doc, line)); /* the two layouts say the same */
	CHECK(strchr(s, '\n') == s + strlen(s) - 1);
	json_decref(line);
	free(s);
	return doc;
}

static const struct view_col routes_col[] = {
	{"prefix",    "Prefix",   16},
	{ "next-hop", "Next-hop", 11},
	{ "protocol", "Protocol", 0 },
};

static void show_routes(struct view *v)
{
	static const char *const cell[] = { "1.1.0.0/16", "Null",  "Direct",
		                            "1.1.1.1/32", "Local", "ARP",
		                            "1.1.1.3/32", "PE-2",  "BGP" };

	view_table(v, "routes", routes_col, 3);
	for (size_t i = 0; i < ARRAY_LEN(cell); i++)
		view_str(v, NULL, cell[i]);
	view_table_end(v);
}

TEST(the_routing_table_prints_as_on_the_slide)
{
	CHECK_WRITTEN(WRITER_TEXT, show_routes,
	              "Prefix          Next-hop   Protocol\n"
	              "1.1.0.0/16      Null       Direct\n"
	              "1.1.1.1/32      Local      ARP\n"
	              "1.1.1.3/32      PE-2       BGP\n");
}

TEST(a_table_is_an_array_of_objects_in_json)
{
	CHECK_WRITTEN(
		WRITER_JSON, show_routes,
		"{\n"
		"  \"routes\": [\n"
		"    { \"prefix\": \"1.1.0.0/16\", \"next-hop\": \"Null\", \"protocol\": \"Direct\" },\n"
		"    { \"prefix\": \"1.1.1.1/32\", \"next-hop\": \"Local\", \"protocol\": \"ARP\" },\n"
		"    { \"prefix\": \"1.1.1.3/32\", \"next-hop\": \"PE-2\", \"protocol\": \"BGP\" }\n"
		"  ]\n"
		"}\n");
}

static void show_long_cells(struct view *v)
{
	view_table(v, "routes", routes_col, 3);
	view_str(v, NULL, "2001:db8:1::/48"); /* fills its column but one */
	view_str(v, NULL, "Null");
	view_str(v, NULL, "Direct");
	view_str(v, NULL, "2001:db8::1/128"); /* the same width: 15 */
	view_str(v, NULL, NULL);
	view_num(v, NULL, -7);
	view_str(v, NULL, "2001:db8:1:2:3::42/128"); /* 22, too long */
	view_str(v, NULL, "PE-2");
	view_flag(v, NULL, true);
	view_str(v, NULL, "2001:db8:1::1/64"); /* exactly 16: a gap all the same */
	view_str(v, NULL, "näher");            /* 5 columns, 6 bytes */
	view_flag(v, NULL, false);
	view_table_end(v);
}

TEST(a_cell_too_long_keeps_its_gap_and_the_row_falls_back_into_its_columns)
{
	CHECK_WRITTEN(WRITER_TEXT, show_long_cells,
	              "Prefix          Next-hop   Protocol\n"
	              "2001:db8:1::/48 Null       Direct\n"
	              "2001:db8::1/128 -          -7\n"
	              "2001:db8:1:2:3::42/128  PE-2  yes\n"
	              "2001:db8:1::1/64  näher    no\n");
}

static void show_ages(struct view *v)
{
	static const int64_t age[] = { 0, 59, 60, 3599, 3600, 86399, 86400, 8640000, -5 };

	view_arr(v, "ages");
	for (size_t i = 0; i < ARRAY_LEN(age); i++)
		view_age(v, NULL, age[i]);
	view_end(v);
}

TEST(an_age_is_short_for_people_and_a_number_of_seconds_for_programs)
{
	CHECK_WRITTEN(
		WRITER_TEXT, show_ages,
		"ages: 0s, 59s, 1m00s, 59m59s, 1h00m, 23h59m, 1d00h, 100d00h, 0s\n");
	CHECK_WRITTEN(WRITER_JSON_LINE, show_ages,
	              "{\"ages\": [0, 59, 60, 3599, 3600, 86399, 86400, 8640000, 0]}\n");
}

static void show_nothing(struct view *v)
{
	(void)v;
}

static void show_empty_table(struct view *v)
{
	view_table(v, "routes", routes_col, 3);
	view_table_end(v);
}

TEST(nothing_shown_is_no_text_and_an_empty_object)
{
	CHECK_WRITTEN(WRITER_TEXT, show_nothing, "");
	CHECK_WRITTEN(WRITER_JSON, show_nothing, "{}\n");
	CHECK_WRITTEN(WRITER_TEXT, show_empty_table,
	              "Prefix          Next-hop   Protocol\n");
	CHECK_WRITTEN(WRITER_JSON, show_empty_table, "{\n  \"routes\": []\n}\n");
}

static void show_nested(struct view *v)
{
	view_str(v, "name", "blue");
	view_num(v, "id", 100);
	view_obj(v, "core");
	view_flag(v, "up", true);
	view_arr(v, "interfaces");
	view_str(v, NULL, "eth1");
	view_str(v, NULL, "eth2");
	view_end(v);
	view_str(v, "source", NULL);
	view_end(v);
	view_arr(v, "neighbors");
	view_obj(v, NULL);
	view_str(v, "address", "192.0.2.1");
	view_arr(v, "families");
	view_end(v);
	view_end(v);
	view_obj(v, NULL);
	view_obj(v, "timers");
	view_num(v, "hold", 90);
	view_end(v);
	view_end(v);
	view_obj(v, NULL);
	view_end(v);
	view_num(v, NULL, 3);
	view_arr(v, NULL);
	view_num(v, NULL, 1);
	view_num(v, NULL, 2);
	view_end(v);
	view_arr(v, NULL);
	view_obj(v, NULL);
	view_num(v, "deep", 1);
	view_end(v);
	view_end(v);
	view_end(v);
	view_obj(v, "empty");
	view_end(v);
	view_note(v, "%d of %d neighbours are up.", 1, 3);
}

TEST(objects_and_arrays_are_indented_blocks_in_text)
{
	CHECK_WRITTEN(WRITER_TEXT, show_nested,
	              "name: blue\n"
	              "id: 100\n"
	              "core:\n"
	              "  up: yes\n"
	              "  interfaces: eth1, eth2\n"
	              "  source: -\n"
	              "neighbors:\n"
	              "  - address: 192.0.2.1\n"
	              "    families: none\n"
	              "  - timers:\n"
	              "      hold: 90\n"
	              "  - none\n"
	              "  - 3\n"
	              "  - 1, 2\n"
	              "  - - deep: 1\n"
	              "empty: none\n"
	              "1 of 3 neighbours are up.\n");
}

TEST(objects_and_arrays_nest_the_same_in_json)
{
	json_t *want, *got = parsed(show_nested, NULL);

	want = json_loads(
		"{\"name\":\"blue\",\"id\":100,\"core\":{\"up\":true,\"interfaces\":"
		"[\"eth1\",\"eth2\"],\"source\":null},\"neighbors\":[{\"address\":"
		"\"192.0.2.1\",\"families\":[]},{\"timers\":{\"hold\":90}},{},3,[1,2],"
		"[{\"deep\":1}]],\"empty\":{},\"notes\":[\"1 of 3 neighbours are up.\"]}",
		0, NULL);
	CHECK(want);
	CHECK(json_equal(got, want));
	json_decref(want);
	json_decref(got);
}

static void show_tables(struct view *v)
{
	static const struct view_col col[] = {
		{"a",  "A", 4},
                { "b", "B", 0}
	};

	view_str(v, "vpn", "blue");
	view_table(v, "first", col, 2);
	view_num(v, NULL, 1);
	view_num(v, NULL, 2);
	view_note(v, "between rows");
	view_num(v, NULL, 3);
	view_num(v, NULL, 4);
	view_table_end(v);
	view_table(v, "second", col, 2);
	view_table_end(v);
	view_obj(v, "inside");
	view_table(v, "third", col, 2);
	view_num(v, NULL, INT64_MIN);
	view_num(v, NULL, INT64_MAX);
	view_table_end(v);
	view_end(v);
	view_note(v, "done");
}

TEST(tables_are_set_apart_from_what_is_around_them)
{
	json_t *doc;

	CHECK_WRITTEN(WRITER_TEXT, show_tables,
	              "vpn: blue\n"
	              "\n"
	              "A   B\n"
	              "1   2\n"
	              "between rows\n"
	              "3   4\n"
	              "\n"
	              "A   B\n"
	              "\n"
	              "inside:\n"
	              "  A   B\n"
	              "  -9223372036854775808  9223372036854775807\n"
	              "done\n");
	doc = parsed(show_tables, NULL);
	CHECK_INT(json_array_size(json_object_get(doc, "first")), 2);
	CHECK_INT(json_array_size(json_object_get(doc, "second")), 0);
	CHECK_INT(json_array_size(json_object_get(doc, "notes")), 2);
	json_decref(doc);
}

/* What a peer may call itself. */
static const char hostile[] =
	"a\"b\\c\n\t\x1b[31m\x7f \xc3\xa9 \xc3( \xed\xa0\x80 \xc2\x9b "
	"\xe2\x80\xae \xf0\x9f\x98\x80 \xf4\x90\x80\x80 \xc0\xaf \xff";

static void show_hostile(struct view *v)
{
	static const struct view_col col[] = {
		{"k",  "K", 2},
                { "l", "L", 0}
	};

	view_str(v, "name", hostile);
	view_note(v, "%s", hostile);
	view_table(v, "t", col, 2);
	view_str(v, NULL, hostile);
	view_str(v, NULL, hostile);
	view_table_end(v);
}

TEST(text_never_holds_a_control_character)
{
	char *s = written(WRITER_TEXT, show_hostile, NULL);

	for (const char *p = s; *p; p++) {
		CHECK((unsigned char)*p >= ' ' || *p == '\n');
		CHECK(*p != 0x7f);
	}
	CHECK(!strstr(s, "\xc2\x9b"));     /* CSI in one character */
	CHECK(!strstr(s, "\xe2\x80\xae")); /* right-to-left override */
	CHECK(!strncmp(
		s,
		"name: a\"b\\\\c\\n\\x09\\x1b[31m\\x7f \xc3\xa9 \\xc3( \\xed\\xa0\\x80 "
		"\\u009b \\u202e \xf0\x9f\x98\x80 \\xf4\\x90\\x80\\x80 \\xc0\\xaf \\xff\n",
		100));
	free(s);
}

TEST(json_is_valid_whatever_the_string)
{
	json_t *doc = parsed(show_hostile, NULL);

	CHECK_STR(
		json_string_value(json_object_get(doc, "name")),
		"a\"b\\c\n\t\x1b[31m\x7f \xc3\xa9 \xef\xbf\xbd( \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
		"\xc2\x9b \xe2\x80\xae \xf0\x9f\x98\x80 "
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd");
	json_decref(doc);
}

TEST(json_is_valid_for_every_pair_of_bytes)
{
	for (unsigned a = 1; a < 256; a++) {
		for (unsigned b = 1; b < 256; b++) {
			const char s[] = { (char)a, (char)b, '\0' };
			struct buf out = { 0 };
			struct writer *w = writer_new(WRITER_JSON, &out);
			json_t *doc;

			view_str(writer_view(w), "s", s);
			writer_finish(w, NULL);
			writer_free(w);
			doc = json_loadb((const char *)buf_head(&out), buf_left(&out), 0,
			                 NULL);
			CHECK(doc);
			json_decref(doc);
			buf_fini(&out);
		}
	}
}

static void show_many_notes(struct view *v)
{
	view_arr(v, "list");
	view_note(v, "of the root, as an array has no members");
	view_end(v);
	view_obj(v, "inner");
	for (int i = 0; i < WRITER_NOTES_MAX + 10; i++)
		view_note(v, "note %d", i);
	view_end(v);
}

TEST(json_keeps_a_bounded_number_of_notes_and_counts_the_rest)
{
	json_t *doc = parsed(show_many_notes, NULL);
	json_t *notes = json_object_get(json_object_get(doc, "inner"), "notes");

	CHECK_INT(json_array_size(notes), WRITER_NOTES_MAX + 1);
	CHECK_STR(json_string_value(json_array_get(notes, WRITER_NOTES_MAX)),
	          "and 10 more");
	CHECK_INT(json_array_size(json_object_get(doc, "notes")), 1);
	json_decref(doc);
}

static void show_unfinished(struct view *v)
{
	view_obj(v, "a");
	view_arr(v, "b");
	view_obj(v, NULL);
	view_table(v, "c", routes_col, 3);
}

TEST(what_a_failed_command_left_open_is_closed_and_the_error_told)
{
	json_t *doc = parsed(show_unfinished, "no such \"thing\"");

	CHECK_STR(json_string_value(json_object_get(doc, "error")), "no such \"thing\"");
	json_decref(doc);
}

static void show_event(struct view *v)
{
	view_str(v, "host", "1.1.1.3");
	view_str(v, "why", "no answer, \"gone\"");
	view_str(v, "empty", "");
	view_str(v, "null", NULL);
	view_num(v, "seq", 4);
	view_flag(v, "here", false);
	view_obj(v, "from");
	view_str(v, "pe", "192.0.2.12");
	view_obj(v, "at");
	view_num(v, "site", 2);
	view_end(v);
	view_end(v);
	view_arr(v, "routes");
	view_str(v, NULL, "1.1.1.3/32");
	view_str(v, NULL, "x y");
	view_end(v);
	view_note(v, "it moved");
}

TEST(an_event_is_one_line_of_key_value_pairs)
{
	json_t *doc;

	CHECK_WRITTEN(
		WRITER_TEXT_LINE, show_event,
		" host=1.1.1.3 why=\"no answer, \\\"gone\\\"\" empty=\"\" null=- seq=4 here=no "
		"from.pe=192.0.2.12 from.at.site=2 routes=1.1.1.3/32,\"x y\" note=\"it moved\"\n");
	doc = parsed(show_event, NULL);
	CHECK_INT(json_object_size(doc), 9);
	json_decref(doc);
}
