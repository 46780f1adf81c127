/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/core.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/priv.h"
#include "sys/spool.h"

/* vsubnetd: arguments, start, stop. */

#define CONFIG_PATH "/etc/vsubnet/vsubnet.yaml"

enum { EXIT_USAGE = 2, ERROR_LINE_MAX = 2048 };

struct args {
	const char *config;
	bool check;
	bool debug;
};

static void usage(FILE *to)
{
	fprintf(to,
	        "usage: vsubnetd [-d] [-c FILE]     run in the foreground\n"
	        "       vsubnetd --check [FILE]     check a configuration and exit\n"
	        "       vsubnetd --version\n"
	        "\n"
	        "  -c, --config FILE   configuration (" CONFIG_PATH ")\n"
	        "  -d, --debug         log at level debug\n"
	        "\n"
	        "SIGHUP has it read its configuration again.\n"
	        "SIGTERM and SIGINT stop it; SIGUSR1 stops it and leaves the packet path\n"
	        "forwarding with what it has, for the next vsubnetd to adopt.\n");
}

/* Returns -1 to go on, else the exit code. */
static int parse_args(int argc, char *argv[], struct args *ret)
{
	static const struct option opts[] = {
		{"config",     required_argument, NULL, 'c' },
		{ "check",        no_argument, NULL, 'k' },
		{ "debug",           no_argument, NULL, 'd' },
		{ "foreground",no_argument, NULL, 'f' },
		{ "help",         no_argument, NULL, 'h' },
		{ "version",     no_argument, NULL, 'V' },
		{ 0       }
	};
	int o;

	while ((o = getopt_long(argc, argv, "c:dfhV", opts, NULL)) != -1) {
		switch (o) {
		case 'c': ret->config = optarg; break;
		case 'k': ret->check = true; break;
		case 'd': ret->debug = true; break;
		case 'f': break; /* always */
		case 'h': usage(stdout); return EXIT_SUCCESS;
		case 'V': puts("vsubnetd " VSUBNET_VERSION); return EXIT_SUCCESS;
		default: usage(stderr); return EXIT_USAGE;
		}
	}
	if (ret->check && optind == argc - 1)
		ret->config = argv[optind++];
	if (optind != argc) {
		fprintf(stderr, "vsubnetd: unexpected argument \"%s\"\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static const struct config *load(const char *path)
{
	const struct config *cfg = NULL;
	struct config_errors *errs = NULL;

	if (!config_load(path, &cfg, &errs))
		return cfg;
	for (size_t i = 0; i < errs->n; i++) {
		char line[ERROR_LINE_MAX];

		fprintf(stderr, "%s\n",
		        config_error_fmt(path, &errs->error[i], line, sizeof(line)));
	}
	fprintf(stderr, "vsubnetd: %s: %zu error%s, nothing started\n", path, errs->n,
	        plural(errs->n));
	config_errors_free(errs);
	return NULL;
}

struct stop {
	struct loop *loop;
	struct core *core;
	bool leave_forwarding;
};

static void on_signal(void *arg, int signo)
{
	struct stop *s = arg;

	s->leave_forwarding = signo == SIGUSR1;
	loop_stop(s->loop);
}

static void on_hangup(void *arg, int signo)
{
	struct stop *s = arg;

	if (s->core)
		core_reload(s->core);
}

static int run(const struct config *cfg, const char *path)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGUSR1 };
	struct stop stop = { .loop = loop_new() };
	char *err = NULL;
	struct core *core;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		loop_signal(stop.loop, signals[i], on_signal, &stop);
	loop_signal(stop.loop, SIGHUP, on_hangup, &stop);
	core = stop.core = core_start(stop.loop, cfg, path, &err);
	if (!core) {
		fprintf(stderr, "vsubnetd: %s\n", err);
		free(err);
		loop_free(stop.loop);
		return EXIT_FAILURE;
	}
	log_notice("vsubnetd " VSUBNET_VERSION ": %s is running", cfg->name);
	loop_run(stop.loop);
	log_notice("vsubnetd: stopping%s",
	           stop.leave_forwarding ? ", packets go on" : "");
	core_stop(core, stop.leave_forwarding);
	loop_free(stop.loop);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct args args = { .config = CONFIG_PATH };
	enum log_level level = LOG_LEVEL_INFO;
	const struct config *cfg;
	int r;

	if (argc == 2 && !strcmp(argv[1], "--write-files")) /* started by ourselves */
		return spool_main(SPOOL_WRITER_FD);
	r = parse_args(argc, argv, &args);

	if (r >= 0)
		return r;
	cfg = load(args.config);
	if (!cfg)
		return EXIT_FAILURE;
	if (args.check) {
		printf("%s: good: %zu VPN%s, %zu attachment%s, %zu neighbor%s\n",
		       args.config, cfg->n_vpns, plural(cfg->n_vpns), cfg->n_attachments,
		       plural(cfg->n_attachments), cfg->n_neighbors,
		       plural(cfg->n_neighbors));
		config_free(cfg);
		return EXIT_SUCCESS;
	}
	/* What tables give back goes to the system at once; without this malloc keeps
	 * ever larger pieces for itself after the first one it frees. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	log_level_parse(cfg->log_level, &level);
	log_open(args.debug ? LOG_LEVEL_DEBUG : level, "vsubnetd");
	priv_umask();
	return run(cfg, args.config);
}
