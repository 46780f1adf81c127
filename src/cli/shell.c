/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/shell.h"

#include <ctype.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { SHELL_HISTORY = 500, SHELL_COMPLETIONS = 128 };

struct shell {
	const struct answer_to *to;
	EditLine *el;
};

static volatile bool shell_stop; /* the one thing a signal handler can reach */

static void shell_on_signal(int signo)
{
	(void)signo;
	shell_stop = true;
}

static char *shell_prompt(EditLine *el)
{
	static char prompt[] = "vsubnet> ";

	(void)el;
	return prompt;
}

int shell_split(char *text, const char *word[SHELL_WORDS_MAX], const char **ret_why)
{
	char *to = text;
	int n = 0;

	for (const char *s = text; *s;) {
		char quote = '\0';

		if (isspace((unsigned char)*s)) {
			s++;
			continue;
		}
		if (*s == '#')
			break;
		if (n == SHELL_WORDS_MAX) {
			*ret_why = "too many words";
			return -1;
		}
		word[n++] = to;
		for (; *s && (quote || !isspace((unsigned char)*s)); s++) {
			if (*s == quote)
				quote = '\0';
			else if (!quote && (*s == '"' || *s == '\''))
				quote = *s;
			else if (*s == '\\' && quote != '\'' && s[1])
				*to++ = *++s;
			else
				*to++ = *s;
		}
		if (quote) {
			*ret_why = "a quote is not closed";
			return -1;
		}
		if (*s)
			s++; /* before its place is overwritten */
		*to++ = '\0';
	}
	return n;
}

/* The words in front of the cursor, the last one begun or empty. */
static int shell_words_at(const LineInfo *li, char *text, size_t size,
                          const char *word[SHELL_WORDS_MAX])
{
	size_t len = (size_t)(li->cursor - li->buffer);
	const char *why;
	int n;

	if (len + 1 > size)
		return -1;
	memcpy(text, li->buffer, len);
	text[len] = '\0';
	n = shell_split(text, word, &why);
	if (n < 0 || n >= SHELL_WORDS_MAX - 2)
		return -1;
	if (!len || isspace((unsigned char)li->cursor[-1]))
		word[n++] = "";
	return n;
}

static size_t shell_common(const char *const *cand, size_t n)
{
	size_t len = strlen(cand[0]);

	for (size_t i = 1; i < n; i++) {
		size_t same = 0;

		while (same < len && cand[i][same] == cand[0][same])
			same++;
		len = same;
	}
	return len;
}

/* Insert what all candidates agree on; when that is nothing, list them. */
static unsigned char shell_offer(EditLine *el, char *list, const char *typed)
{
	const char *cand[SHELL_COMPLETIONS], *line;
	size_t n = 0, common, have = strlen(typed);
	char add[64];

	while (n < SHELL_COMPLETIONS && (line = strsep(&list, "\n")) && *line)
		cand[n++] = line;
	if (!n)
		return CC_REFRESH_BEEP;
	common = shell_common(cand, n);
	if (common > have || n == 1) {
		snprintf(add, sizeof(add), "%.*s%s", (int)(common - have), cand[0] + have,
		         n == 1 ? " " : "");
		return el_insertstr(el, add) < 0 ? CC_ERROR : CC_REFRESH;
	}
	putchar('\n');
	for (size_t i = 0; i < n; i++)
		printf("%s%s", cand[i], i == n - 1 ? "\n" : "  ");
	fflush(stdout);
	return CC_REDISPLAY;
}

static unsigned char shell_complete(EditLine *el, int ch)
{
	const char *ask[SHELL_WORDS_MAX + 1] = { "completions" };
	struct answer_to to;
	struct buf list = { 0 };
	unsigned char did = CC_REFRESH_BEEP;
	struct shell *sh;
	char text[1024];
	int n;

	(void)ch;
	el_get(el, EL_CLIENTDATA, &sh);
	to = *sh->to;
	to.json = false;
	n = shell_words_at(el_line(el), text, sizeof(text), ask + 1);
	if (n >= 0 && answer_take(&to, ask, (size_t)n + 1, &list) == ANSWER_OK) {
		buf_put(&list, "", 1);
		did = shell_offer(el, (char *)list.p + list.off, ask[n]);
	}
	buf_fini(&list);
	return did;
}

/* Returns false to leave. */
static bool shell_line(struct shell *sh, char *line, int *code)
{
	const char *word[SHELL_WORDS_MAX], *why;
	int n = shell_split(line, word, &why);

	if (n < 0) {
		fprintf(stderr, "vsubnet: %s\n", why);
		*code = ANSWER_USAGE;
		return true;
	}
	if (n == 0)
		return true;
	if (n == 1 && (!strcmp(word[0], "exit") || !strcmp(word[0], "quit")))
		return false;
	shell_stop = false;
	*code = answer_show(sh->to, word, (size_t)n, &shell_stop);
	return true;
}

static void shell_signals(void)
{
	/* No SA_RESTART: ^C ends what is being followed, not the prompt. */
	const struct sigaction sa = { .sa_handler = shell_on_signal };

	sigaction(SIGINT, &sa, NULL);
}

int shell_run(const struct answer_to *to)
{
	struct shell sh = { .to = to };
	History *hist = history_init();
	int code = ANSWER_OK, len;
	bool more = true;
	HistEvent ev;

	setlocale(LC_CTYPE, ""); /* libedit edits characters, not bytes */
	shell_signals();
	sh.el = el_init("vsubnet", stdin, stdout, stderr);
	must(hist && sh.el);
	history(hist, &ev, H_SETSIZE, SHELL_HISTORY);
	history(hist, &ev, H_SETUNIQUE, 1);
	el_set(sh.el, EL_CLIENTDATA, &sh);
	el_set(sh.el, EL_PROMPT, shell_prompt);
	el_set(sh.el, EL_EDITOR, "emacs");
	el_set(sh.el, EL_HIST, history, hist);
	el_set(sh.el, EL_SIGNAL, 1);
	el_set(sh.el, EL_ADDFN, "complete", "complete the word", shell_complete);
	el_set(sh.el, EL_BIND, "^I", "complete", NULL);
	el_source(sh.el, NULL); /* the user's ~/.editrc */
	while (more) {
		const char *got = el_gets(sh.el, &len);
		AUTO_FREE char *line = NULL;

		if (!got && shell_stop) { /* ^C at the prompt: a fresh line */
			shell_stop = false;
			el_reset(sh.el);
			putchar('\n');
			continue;
		}
		if (!got || len <= 0)
			break;
		line = mem_strdup(got);
		if (*line != '\n')
			history(hist, &ev, H_ENTER, got);
		more = shell_line(&sh, line, &code);
	}
	el_end(sh.el);
	history_end(hist);
	return code;
}
