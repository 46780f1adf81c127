/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

/*
 * Runs a fuzz target over files and the files of folders, without libFuzzer.  NAME.hex is
 * hex text, NAME.txt is passed over, anything else is the input itself.  Every input is
 * also tried with its end cut off and with each octet set to 0 and to 255.
 */
enum { INPUT_MAX = 1 << 16 };

static unsigned long n_inputs;

static size_t unhex(char *text, size_t n)
{
	size_t len = 0, digits = 0;
	char pair[3] = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)text[i]))
			continue;
		pair[digits++ % 2] = text[i];
		if (digits % 2 == 0)
			text[len++] = (char)strtoul(pair, NULL, 16);
	}
	return len;
}

/* In memory of exactly its size, so that a sanitizer sees the first octet behind. */
static void run_one(const char *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	must(copy);
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	n_inputs++;
}

static void run(char *data, size_t n)
{
	run_one(data, n);
	for (size_t cut = 0; cut < n; cut++)
		run_one(data, cut);
	for (size_t i = 0; i < n; i++) {
		char was = data[i];

		data[i] = 0;
		run_one(data, n);
		data[i] = (char)0xff;
		run_one(data, n);
		data[i] = was;
	}
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static int replay(const char *path)
{
	static char data[INPUT_MAX];
	struct stat st;
	FILE *f;
	size_t n;

	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		DIR *d = opendir(path);
		struct dirent *e;
		int r = d ? 0 : 1;

		while (d && !r && (e = readdir(d))) {
			char sub[4096];

			snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
			if (e->d_name[0] != '.' && e->d_type == DT_REG)
				r = replay(sub);
		}
		if (d)
			closedir(d);
		return r;
	}
	if (ends_in(path, ".txt"))
		return 0;
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(data, ends_in(path, ".hex") ? unhex(data, n) : n);
	return 0;
}

int main(int argc, char *argv[])
{
	int r = argc < 2;

	for (int i = 1; i < argc && !r; i++)
		r = replay(argv[i]);
	printf("%lu inputs\n", n_inputs);
	return r || !n_inputs ? EXIT_FAILURE : EXIT_SUCCESS;
}
