/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>

#include "wire/bgp_msg.h"

#include "tests/t.h"
#include "tests/unit/wire/bgp_recode.h"

/*
 * Golden messages: tests/vectors/bgp/NAME.hex is what is on the wire, NAME.txt what it
 * says.  With T_UPDATE set in the environment the texts are written anew.
 */
enum { TEXT_MAX = 16384, HEX_MAX = 2 * BGP_MSG_MAX * 2 };

static const struct bgp_ctx ctx = {
	.ibgp = true,
	.as4 = true,
	.families = UINT32_MAX,
};

struct vector {
	char name[128];
	uint8_t msg[BGP_MSG_MAX];
	size_t len;
	char text[TEXT_MAX];
};

static void path_of(const char *name, const char *ext, char ret[static 512])
{
	snprintf(ret, 512, "%s/bgp/%s.%s", T_VECTORS, name, ext);
}

static bool slurp(const char *path, char *ret, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(ret, 1, cap - 1, f);
	ret[n] = '\0';
	fclose(f);
	return true;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f);
	fputs(text, f);
	CHECK_INT(fclose(f), 0);
}

/* Call fn for each vector; their number. */
static size_t each_vector(void (*fn)(const struct vector *v))
{
	static char hex[HEX_MAX], path[512];
	static struct vector v;
	DIR *d = opendir(T_VECTORS "/bgp");
	struct dirent *e;
	size_t n = 0;

	CHECK(d);
	while ((e = readdir(d))) {
		char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".hex") != 0)
			continue;
		memset(&v, 0, sizeof(v));
		snprintf(v.name, sizeof(v.name), "%.*s", (int)(dot - e->d_name),
		         e->d_name);
		path_of(v.name, "hex", path);
		CHECK(slurp(path, hex, sizeof(hex)));
		v.len = t_hex(hex, v.msg, sizeof(v.msg));
		path_of(v.name, "txt", path);
		slurp(path, v.text, sizeof(v.text));
		fn(&v);
		n++;
	}
	closedir(d);
	return n;
}

static void check_text(const struct vector *v)
{
	char text[TEXT_MAX], path[512];

	if (!recode_text(&ctx, v->msg, v->len, text, sizeof(text)))
		t_fail(__FILE__, __LINE__, "%s is malformed", v->name);
	if (getenv("T_UPDATE")) {
		path_of(v->name, "txt", path);
		write_text(path, text);
	} else if (strcmp(text, v->text) != 0) {
		t_fail(__FILE__, __LINE__, "%s reads\n%s, not\n%s", v->name, text,
		       v->text);
	}
}

static void check_bytes(const struct vector *v)
{
	uint8_t again[BGP_MSG_MAX];
	struct wbuf w = wbuf_of(again, sizeof(again));

	CHECK(recode_msg(&ctx, v->msg, v->len, &w));
	if (w.len == v->len && !memcmp(again, v->msg, v->len))
		return;
	for (size_t i = 0; i < w.len; i++)
		fprintf(stderr, "%02x", again[i]);
	t_fail(__FILE__, __LINE__, "%s is written differently", v->name);
}

/* Every message that ends early inside is incomplete; with its length made to fit, it is
 * read as something or refused, but never past its end (the sanitizers look on). */
static void check_cuts(const struct vector *v)
{
	struct bgp_fault f;
	struct bgp_hdr h;

	for (size_t n = 0; n < v->len; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		char text[TEXT_MAX];

		CHECK(cut);
		memcpy(cut, v->msg, n);
		CHECK_INT(bgp_msg_frame(cut, n, false, &h, &f), BGP_FRAME_MORE);
		if (n >= BGP_HDR_LEN) {
			cut[16] = (uint8_t)(n >> 8);
			cut[17] = (uint8_t)n;
			(void)recode_text(&ctx, cut, n, text, sizeof(text));
		}
		free(cut);
	}
}

TEST(vectors_say_what_their_text_does)
{
	CHECK(each_vector(check_text) >= 20);
}

TEST(vectors_are_written_as_they_were_read)
{
	CHECK(each_vector(check_bytes) >= 20);
}

TEST(vectors_can_be_cut_anywhere)
{
	CHECK(each_vector(check_cuts) >= 20);
}

/* A cut inside the attributes whose section lengths were made to fit. */
TEST(update_cut_in_its_attributes_is_never_accepted)
{
	static struct bgp_update u;
	char path[512], hex[4096];
	uint8_t msg[BGP_MSG_MAX];
	size_t len;

	path_of("vpn4-host", "hex", path);
	CHECK(slurp(path, hex, sizeof(hex)));
	len = t_hex(hex, msg, sizeof(msg)) - BGP_HDR_LEN;
	for (size_t n = 5; n < len; n++) {
		uint8_t *cut = malloc(n);
		size_t attrs = n - 4;

		CHECK(cut);
		memcpy(cut, msg + BGP_HDR_LEN, n);
		cut[2] = (uint8_t)(attrs >> 8);
		cut[3] = (uint8_t)attrs;
		/* ORIGIN and AS_PATH end at 40 and 43; LOCAL_PREF at 50 is not mandatory
		 */
		if (attrs == 43 || attrs == 50)
			CHECK_INT(bgp_update_read(&ctx, cut, n, &u), BGP_OK);
		else if (attrs < 36)
			CHECK_INT(bgp_update_read(&ctx, cut, n, &u), BGP_RESET);
		else
			CHECK_INT(bgp_update_read(&ctx, cut, n, &u), BGP_WITHDRAW);
		free(cut);
	}
}
