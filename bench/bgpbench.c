/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgpbench.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "phase.h"
#include "session.h"
#include "usage.h"

/* bgpbench.c - a black-box load generator and meter for a BGP/MPLS-VPN
 * route reflector.
 *
 * It opens N sender and M receiver sessions to one daemon, each from a source
 * address of its own, and runs the phases asked for on the command line.  All
 * sessions live in one thread and one epoll loop, and the tool's CPU time is
 * reported beside the daemon's, so that a reader can tell which of the two a
 * figure measures.
 *
 * Truth is kept in one array, want[]: for each route the sender whose path
 * every receiver should end up with (0: none).  Every receiver keeps what it
 * was told in owner[], and counts the routes on which the two agree; a phase
 * is over when every receiver agrees on all routes.
 */
struct bench bench = {
	.plan = {
		.routes = 100000, .block = 50, .vrfs = 1000, .nhs = 64,
		.rd_asn = 65000, .rd_base = 1, .nh_base = 0x0a800000, .host_base = 0x0a000000,
	},
	.open_opts = { .asn = 65000, .hold = 240, .as4 = true, .refresh = true },
	.port = 179, .nsend = 1, .nrecv = 1,
	.timeout_s = 300, .move_gap_us = 2000, .settle_max_s = 15,
	.phases = "idle,converge", .tag = "",
	.match_phase = true, .rss_idle_kb = -1,
};

uint64_t bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

double bench_secs(uint64_t ns)
{
	return ns / 1e9;
}

void bench_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("bgpbench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* ---- start ---- */

static const char usage_text[] =
	"usage: bgpbench [options]           results: one JSON object on stdout\n"
	"sessions\n"
	"  --host A --port N    daemon under test (127.0.0.1, 179)\n"
	"  --src A              first source address; one per session (127.0.1.1)\n"
	"  --senders N --receivers M   (1, 1)\n"
	"  --as N               both ends' AS (65000, iBGP); --ebgp AS: ours, if not\n"
	"  --hold S             hold time (240)\n"
	"  --no-as4 --no-refresh --extmsg   capabilities\n"
	"  --rtc N              RFC 4684; receivers ask for the RTs of N VRFs\n"
	"routes\n"
	"  --routes K           (100000)\n"
	"  --per-update P       prefixes per UPDATE and attribute set (50)\n"
	"  --vrfs V             distinct RD and RT (1000)\n"
	"  --nhs N              distinct next hops per sender (64)\n"
	"  --unique-attrs       a MED of its own for every UPDATE\n"
	"  --label vrf|route    (vrf)\n"
	"  --rd ASN:BASE        first RD and RT (65000:1)\n"
	"  --nexthop A          first next hop; sender k adds k << 16 (10.128.0.0)\n"
	"  --hosts distinct|shared   shared: every VRF uses the same addresses (distinct)\n"
	"  --vpnv6              VPNv6 /128 instead of VPNv4 /32\n"
	"  --overlap            every sender announces all routes\n"
	"run\n"
	"  --phases LIST        idle[:S] converge feed refresh restart moves[:N] burst[:NxR]\n"
	"                       scatter[:NxR] churn[:R] withdraw mute[:N] resume\n"
	"                       verify pause:S  (idle,converge)\n"
	"  --move-gap US        pause between single moves (2000)\n"
	"  --withdraw-first     a move withdraws before it announces\n"
	"  --cpu N              keep to this CPU\n"
	"  --pid A[,B...]       the daemon's processes, for RSS and CPU (summed)\n"
	"  --timeout S          per phase (300)   --settle S  longest rest wait (15)\n"
	"  --tag TEXT           copied to the output   --verbose\n";

static unsigned long num(const char *s, unsigned long lo, unsigned long hi)
{
	char *end;
	unsigned long v = strtoul(s, &end, 0);
	if (!*s || *end || v < lo || v > hi)
		bench_die("bad number %s (want %lu to %lu)", s, lo, hi);
	return v;
}

static bool choice(const char *s, const char *no, const char *yes)
{
	if (strcmp(s, no) != 0 && strcmp(s, yes) != 0)
		bench_die("%s: want %s or %s", s, no, yes);
	return !strcmp(s, yes);
}

static struct in_addr addr(const char *s)
{
	struct in_addr a;
	if (inet_pton(AF_INET, s, &a) != 1)
		bench_die("bad address %s", s);
	return a;
}

enum opt {
	O_HOST = 1,
	O_PORT,
	O_SRC,
	O_SENDERS,
	O_RECEIVERS,
	O_AS,
	O_EBGP,
	O_HOLD,
	O_NOAS4,
	O_NOREFRESH,
	O_EXTMSG,
	O_RTC,
	O_ROUTES,
	O_PER,
	O_VRFS,
	O_NHS,
	O_UNIQUE,
	O_LABEL,
	O_RD,
	O_NEXTHOP,
	O_VPNV6,
	O_HOSTS,
	O_OVERLAP,
	O_PHASES,
	O_GAP,
	O_WDFIRST,
	O_CPU,
	O_PID,
	O_TIMEOUT,
	O_SETTLE,
	O_TAG,
	O_VERBOSE,
	O_HELP,
};

static const struct option long_opts[] = {
	{"host",            1, 0, O_HOST     },
	{ "port",           1, 0, O_PORT     },
	{ "src",            1, 0, O_SRC      },
	{ "senders",        1, 0, O_SENDERS  },
	{ "receivers",      1, 0, O_RECEIVERS},
	{ "as",             1, 0, O_AS       },
	{ "ebgp",           1, 0, O_EBGP     },
	{ "hold",           1, 0, O_HOLD     },
	{ "no-as4",         0, 0, O_NOAS4    },
	{ "no-refresh",     0, 0, O_NOREFRESH},
	{ "extmsg",         0, 0, O_EXTMSG   },
	{ "rtc",            1, 0, O_RTC      },
	{ "routes",         1, 0, O_ROUTES   },
	{ "per-update",     1, 0, O_PER      },
	{ "vrfs",           1, 0, O_VRFS     },
	{ "nhs",            1, 0, O_NHS      },
	{ "unique-attrs",   0, 0, O_UNIQUE   },
	{ "label",          1, 0, O_LABEL    },
	{ "rd",             1, 0, O_RD       },
	{ "nexthop",        1, 0, O_NEXTHOP  },
	{ "vpnv6",          0, 0, O_VPNV6    },
	{ "hosts",          1, 0, O_HOSTS    },
	{ "overlap",        0, 0, O_OVERLAP  },
	{ "phases",         1, 0, O_PHASES   },
	{ "move-gap",       1, 0, O_GAP      },
	{ "withdraw-first", 0, 0, O_WDFIRST  },
	{ "cpu",            1, 0, O_CPU      },
	{ "pid",            1, 0, O_PID      },
	{ "timeout",        1, 0, O_TIMEOUT  },
	{ "settle",         1, 0, O_SETTLE   },
	{ "tag",            1, 0, O_TAG      },
	{ "verbose",        0, 0, O_VERBOSE  },
	{ "help",           0, 0, O_HELP     },
	{ 0,		0, 0, 0          },
};

static void keep_to_cpu(unsigned n)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(n, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		bench_die("cannot run on CPU %u", n);
}

static void parse_args(int argc, char **argv)
{
	int c;
	unsigned asn, base;

	bench.host = addr("127.0.0.1");
	bench.src_base = addr("127.0.1.1");
	while ((c = getopt_long(argc, argv, "", long_opts, NULL)) != -1) {
		switch (c) {
		case O_HOST: bench.host = addr(optarg); break;
		case O_PORT: bench.port = num(optarg, 1, 65535); break;
		case O_SRC: bench.src_base = addr(optarg); break;
		case O_SENDERS: bench.nsend = num(optarg, 1, 100); break;
		case O_RECEIVERS: bench.nrecv = num(optarg, 1, 100); break;
		case O_AS: bench.open_opts.asn = num(optarg, 1, UINT32_MAX); break;
		case O_EBGP:
			bench.open_opts.asn = num(optarg, 1, UINT32_MAX);
			bench.ebgp = true;
			break;
		case O_HOLD: bench.open_opts.hold = num(optarg, 3, 65535); break;
		case O_NOAS4: bench.open_opts.as4 = false; break;
		case O_NOREFRESH: bench.open_opts.refresh = false; break;
		case O_EXTMSG: bench.open_opts.extmsg = true; break;
		case O_RTC:
			bench.rtc_vrfs = num(optarg, 1, UINT32_MAX);
			bench.open_opts.rtc = true;
			break;
		case O_ROUTES: bench.plan.routes = num(optarg, 1, 16000000); break;
		case O_PER: bench.plan.block = num(optarg, 1, 240); break;
		case O_VRFS: bench.plan.vrfs = num(optarg, 1, 1000000); break;
		case O_NHS: bench.plan.nhs = num(optarg, 1, 65536); break;
		case O_UNIQUE: bench.plan.unique_attrs = true; break;
		case O_LABEL:
			bench.plan.label_per_route = choice(optarg, "vrf", "route");
			break;
		case O_HOSTS:
			bench.plan.shared_hosts = choice(optarg, "distinct", "shared");
			break;
		case O_RD:
			if (sscanf(optarg, "%u:%u", &asn, &base) != 2 || asn > 65535)
				bench_die("bad RD %s", optarg);
			bench.plan.rd_asn = asn;
			bench.plan.rd_base = base;
			break;
		case O_NEXTHOP: bench.plan.nh_base = ntohl(addr(optarg).s_addr); break;
		case O_VPNV6: bench.plan.v6 = true; break;
		case O_OVERLAP: bench.overlap = true; break;
		case O_PHASES: bench.phases = optarg; break;
		case O_GAP: bench.move_gap_us = num(optarg, 0, 10000000); break;
		case O_WDFIRST: bench.wd_first = true; break;
		case O_CPU: keep_to_cpu(num(optarg, 0, CPU_SETSIZE - 1)); break;
		case O_PID:
			for (char *p = strtok(optarg, ", "); p; p = strtok(NULL, ", ")) {
				if (bench.npids == MAX_PIDS)
					bench_die("too many pids");
				bench.pids[bench.npids++] = num(p, 1, 1u << 30);
			}
			break;
		case O_TIMEOUT: bench.timeout_s = num(optarg, 1, 3600); break;
		case O_SETTLE: bench.settle_max_s = num(optarg, 0, 600); break;
		case O_TAG: bench.tag = optarg; break;
		case O_VERBOSE: bench.verbose = true; break;
		case O_HELP: fputs(usage_text, stdout); exit(0);
		default: fputs(usage_text, stderr); exit(1);
		}
	}
	if (optind < argc)
		bench_die("unexpected argument %s", argv[optind]);
	if (bench.plan.block > reach_max(&bench.plan))
		bench_die("--per-update: at most %u of this family fit a message",
		          reach_max(&bench.plan));
	/* Host routes stay inside one octet's worth of address space. */
	if (bench.plan.routes > 1u << 24)
		bench_die("more than 2^24 routes");
}

int main(int argc, char **argv)
{
	parse_args(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	bench.out = stdout;
	bench.nses = bench.nsend + bench.nrecv;
	bench.want = calloc(bench.plan.routes, 1);
	bench.ep = epoll_create1(EPOLL_CLOEXEC);
	if (!bench.want || bench.ep < 0)
		bench_die("no memory or no epoll");
	for (unsigned k = 0; k < bench.nses; k++) {
		struct session *s = &bench.ses[k];
		s->receiver = k >= bench.nsend;
		s->idx = s->receiver ? k - bench.nsend : k;
		snprintf(s->name, sizeof s->name, "%c%u", s->receiver ? 'r' : 's',
		         s->idx);
		s->src.s_addr = htonl(ntohl(bench.src_base.s_addr) + k);
		s->fd = -1;
		s->rx = malloc(RX_SIZE);
		if (s->receiver) {
			s->owner = calloc(bench.plan.routes, 1);
			s->seen = calloc(bench.plan.routes, 1);
			s->match = bench.plan.routes;
			if (!s->owner || !s->seen)
				bench_die("no memory");
			/* touch the pages now, not while a phase is timed */
			memset(s->owner, 0, bench.plan.routes);
			memset(s->seen, 0, bench.plan.routes);
		}
		if (!s->rx)
			bench_die("no memory");
	}
	struct usage before = usage_of_daemon();
	uint64_t t0 = bench_now();
	if (!session_bring_up(0, bench.nses))
		bench_die("sessions did not come up within %u s", bench.timeout_s);
	double up_s = bench_secs(bench_now() - t0);

	fprintf(bench.out,
	        "{\"tag\": \"%s\", \"routes\": %u, \"per_update\": %u, \"vrfs\": %u, \"nhs\": %u, "
	        "\"senders\": %u, \"receivers\": %u, \"family\": \"%s\", \"hosts\": \"%s\", \"label\": \"%s\", "
	        "\"unique_attrs\": %s, \"overlap\": %s, \"withdraw_first\": %s, \"rtc\": %u, "
	        "\"extmsg\": %s,\n \"daemon_caps\": \"%s\", \"start_rss_kb\": %ld, "
	        "\"sessions_up_s\": %.3f,\n \"phases\": [",
	        bench.tag, bench.plan.routes, bench.plan.block, bench.plan.vrfs,
	        bench.plan.nhs, bench.nsend, bench.nrecv,
	        bench.plan.v6 ? "vpnv6" : "vpnv4",
	        bench.plan.shared_hosts ? "shared" : "distinct",
	        bench.plan.label_per_route ? "route" : "vrf",
	        bench.plan.unique_attrs ? "true" : "false",
	        bench.overlap ? "true" : "false", bench.wd_first ? "true" : "false",
	        bench.rtc_vrfs, bench.ses[bench.nsend].extmsg ? "true" : "false",
	        bench.daemon_caps, before.rss_kb, up_s);
	phase_run_all();
	struct dec_stats st = phase_stats();
	unsigned downs = 0;
	for (unsigned k = 0; k < bench.nses; k++)
		downs += bench.ses[k].downs;
	fprintf(bench.out,
	        "\n ],\n \"errors\": %" PRIu64
	        ", \"first_error\": \"%s\", \"session_losses\": %u, "
	        "\"mp_reach_not_first\": %" PRIu64 ", \"stray_next_hop\": %" PRIu64
	        ", \"no_originator\": %" PRIu64 ", \"eors\": %" PRIu64
	        ", \"tool_cpu_s\": %.2f, "
	        "\"ok\": %s}\n",
	        bench.errors, bench.first_error, downs, st.mp_not_first,
	        st.stray_next_hop, st.no_originator, st.eor, usage_of_tool(),
	        !bench.errors && !bench.failed ? "true" : "false");
	for (unsigned k = 0; k < bench.nses; k++) {
		struct session *s = &bench.ses[k];
		if (s->fd >= 0) {
			enc_notification(&s->tx, 6, 3); /* Cease, Peer De-configured */
			session_flush(s);
			if (s->fd >= 0)
				close(s->fd);
		}
		buf_free(&s->tx);
		free(s->rx);
		free(s->owner);
		free(s->seen);
	}
	free(bench.want);
	return bench.errors || bench.failed ? 2 : 0;
}
