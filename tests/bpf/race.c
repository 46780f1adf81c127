/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "dataplane/hosttab.h"

#include "tests/bpf/rig.h"

/*
 * The host table under its writer: one thread inserts and deletes through the mapping,
 * in a table so full that each insert moves others aside, while the packet program on
 * another CPU looks up hosts that are always there.  It must find each, every time, with
 * its own value.
 *
 * The packet is a request of one such host for another on the same attachment: it ends
 * as NB_LOCAL and leaves the frame as it was, so that one system call runs it often.
 * A missed sender would be news to the daemon, a missed target NB_UNKNOWN, and a value
 * that is another's (the hosts that come and go are remote) ANSWERED.  All of them live
 * in a few buckets of the table, so that each is moved often.
 */
enum {
	CORNER4 = 16,
	CORNER6 = 32,
	STAY = 14,
	COME_AND_GO = 80,
	RUNS = 2000,
	RACE_MS = 1500
};

struct race {
	struct hosttab t;
	struct abi_bucket *b;
	size_t bytes, room;
	enum afi afi;
	unsigned host[STAY + COME_AND_GO]; /* numbers for key_of() */
	bool stop;
	unsigned long inserts, refused;
};

static int pinned(const struct rig *r, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/pe/%s", r->dir, name);
	fd = bpf_obj_get(path);
	CHECK(fd >= 0);
	return fd;
}

static struct abi_hostkey key_of(enum afi afi, unsigned n)
{
	if (afi == AFI_IP4)
		return abi_key4(RIG_VRF, 0x01010000 + n);
	return abi_key6(RIG_VRF, 0x20010db800010000, 0x10000 + n);
}

static void take(struct race *x, const struct rig *r, enum afi afi)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), zero = 0;
	int fd = pinned(r, afi == AFI_IP4 ? "hosts4" : "hosts6"),
	    meta = pinned(r, "meta");
	unsigned corner = afi == AFI_IP4 ? CORNER4 : CORNER6;
	struct abi_meta m;

	*x = (struct race){ .afi = afi };
	CHECK_INT(bpf_map_lookup_elem(meta, &zero, &m), 0);
	CHECK_INT(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	x->bytes = info.max_entries * sizeof(struct abi_bucket);
	x->b = mmap(NULL, x->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(x->b != MAP_FAILED);
	hosttab_init(&x->t, afi, x->b, info.max_entries, m.geometry.seed, SIZE_MAX);
	close(fd);
	close(meta);
	/* Hosts that can live nowhere but in the corner, and how many find room. */
	x->room = afi == AFI_IP4 ? CORNER4 * 4 * 95 / 100 : CORNER6 * 2 * 85 / 100;
	for (unsigned n = 0x400, i = 0; i < ARRAY_LEN(x->host); n++) {
		struct abi_hostkey k = key_of(afi, n);
		uint64_t h = abi_hash(&k, x->t.seed);

		CHECK(n < 0xff00);
		if (abi_first(h, x->t.n) < corner && abi_second(h, x->t.n) < corner)
			x->host[i++] = n;
	}
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set); /* one CPU only: then they take turns */
}

static void *writer(void *arg)
{
	struct race *x = arg;
	uint64_t far = abi_val_other(ABI_REMOTE, RIG_VPN_LABEL, RIG_NH), seed = 1;

	stay_on(0);
	while (!__atomic_load_n(&x->stop, __ATOMIC_RELAXED)) {
		struct abi_hostkey k;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		k = key_of(x->afi, x->host[STAY + (seed >> 33) % COME_AND_GO]);
		if (hosttab_del(&x->t, &k))
			continue;
		if (x->t.used >= x->room || hosttab_set(&x->t, &k, far, 0))
			x->refused++;
		else
			x->inserts++;
	}
	return NULL;
}

static struct pk request(enum afi afi, unsigned from, unsigned to)
{
	struct pk p = { 0 };
	char a[64], b[64], m[13];

	snprintf(m, sizeof(m), "02aa0001%04x", from);
	if (afi == AFI_IP4) {
		snprintf(a, sizeof(a), "1.1.%u.%u", from >> 8, from & 255);
		snprintf(b, sizeof(b), "1.1.%u.%u", to >> 8, to & 255);
		put(&p, "ffffffffffff");
		put(&p, m);
		put(&p, "0806");
		put_arp(&p, 1, m, a, b);
		return p;
	}
	snprintf(a, sizeof(a), "2001:db8:1::1:%x", from);
	snprintf(b, sizeof(b), "2001:db8:1::1:%x", to);
	put(&p, "3333ff000001");
	put(&p, m);
	put(&p, "86dd");
	put_nd(&p, 135, a, "ff02::1:ff00:1", b, 0, m);
	return p;
}

static unsigned long count_of(int fd, uint32_t reason)
{
	struct abi_count c[256] = { 0 };
	unsigned long n = 0;

	CHECK(libbpf_num_possible_cpus() <= 256);
	CHECK_INT(bpf_map_lookup_elem(fd, &reason, c), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		n += c[i].packets;
	return n;
}

static long ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void look_while_it_moves(enum afi afi)
{
	struct rig *r = rig();
	struct race x;
	unsigned long runs = 0, was;
	int counts = pinned(r, "counts");
	long end;
	pthread_t th;

	take(&x, r, afi);
	for (unsigned i = 0; i < STAY; i++) {
		unsigned n = x.host[i];
		uint8_t mac[6] = { 2, 0xaa, 0, 1, (uint8_t)(n >> 8), (uint8_t)n };
		struct abi_hostkey k = key_of(afi, n);

		CHECK_INT(hosttab_set(&x.t, &k, abi_val_local(1, mac), 0), 0);
	}
	events_heard();
	was = count_of(counts, ABI_NB_LOCAL);
	CHECK_INT(pthread_create(&th, NULL, writer, &x), 0);
	stay_on(1);
	end = ms_now() + RACE_MS;
	for (unsigned i = 0; ms_now() < end; i++) {
		struct pk p = request(afi, x.host[i % STAY], x.host[(i + 1) % STAY]);

		run_often(r->acc, p.b, p.len, RUNS);
		runs += RUNS;
	}
	__atomic_store_n(&x.stop, true, __ATOMIC_RELAXED);
	pthread_join(th, NULL);
	printf("# %lu lookups beside %lu inserts, %lu moves, %lu without room\n",
	       2 * runs, x.inserts, x.t.moves, x.refused);
	CHECK(x.t.moves > 1000);
	CHECK_INT(count_of(counts, ABI_NB_UNKNOWN), 0);
	CHECK_INT(count_of(counts, ABI_ANSWERED), 0);
	CHECK_INT(count_of(counts, ABI_NB_LOCAL) - was, runs);
	CHECK_INT(events_heard() + count_of(counts, ABI_EVENT_RATE), 0);
	munmap(x.b, x.bytes);
	close(counts);
}

TEST(a_host_that_stays_is_found_while_others_move_it_about)
{
	look_while_it_moves(AFI_IP4);
}

TEST(an_ipv6_host_that_stays_is_found_while_others_move_it_about)
{
	look_while_it_moves(AFI_IP6);
}
