/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#include "cli/answer.h"
#include "cli/shell.h"

/*
 * The command line.  It knows no command: words go to vsubnetd as they are, so a client
 * fits daemons that know more or less than it.
 */
static const char usage[] =
	"usage: vsubnet [-s SOCKET] [-j] COMMAND…\n"
	"\n"
	"  -s, --socket SOCKET  vsubnetd's control socket (or VSUBNET_SOCKET);\n"
	"                       default " ANSWER_SOCKET "\n"
	"  -j, --json           answer in JSON; may also stand behind the command\n"
	"  -V, --version        print the version\n"
	"  -h, --help           print this\n"
	"\n"
	"Words may be cut short: \"vsubnet sh ro\" is \"vsubnet show routes\".\n"
	"\"vsubnet help\" lists the commands of the running daemon.  On a terminal, vsubnet\n"
	"without a command opens a prompt.\n";

static const struct option options[] = {
	{"socket",     required_argument, NULL, 's' },
	{ "json",        no_argument, NULL, 'j' },
	{ "version",           no_argument, NULL, 'V' },
	{ "help",no_argument, NULL, 'h' },
	{ 0        },
};

static int ask(const struct answer_to *to, char *const *word, int n)
{
	AUTO_FREE const char **words = mem_zalloc((size_t)n * sizeof(*words));

	for (int i = 0; i < n; i++)
		words[i] = word[i];
	return answer_show(to, words, (size_t)n, /* stop= */ NULL);
}

int main(int argc, char *argv[])
{
	const char *env = getenv("VSUBNET_SOCKET");
	struct answer_to to = { .socket = env && *env ? env : ANSWER_SOCKET };
	int opt;

	/* getopt permutes: options count wherever they stand, up to "--". */
	while ((opt = getopt_long(argc, argv, "s:jVh", options, NULL)) >= 0) {
		switch (opt) {
		case 's': to.socket = optarg; break;
		case 'j': to.json = true; break;
		case 'V': puts("vsubnet " VSUBNET_VERSION); return ANSWER_OK;
		case 'h': fputs(usage, stdout); return ANSWER_OK;
		default: fputs("Try \"vsubnet --help\".\n", stderr); return ANSWER_USAGE;
		}
	}
	if (optind < argc)
		return ask(&to, argv + optind, argc - optind);
	if (isatty(STDIN_FILENO))
		return shell_run(&to);
	fputs(usage, stderr);
	return ANSWER_USAGE;
}
