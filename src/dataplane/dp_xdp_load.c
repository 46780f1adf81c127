/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "dataplane/dp_xdp_int.h"

#include "xdp.skel.h"

/*
 * Programs and maps come and go here.  Maps are pinned by name under the pin directory. A
 * new daemon takes over what it finds there if the layout is its own (ABI_VERSION):
 * tables keep their contents, and forwarding goes on meanwhile.  A change of the host
 * tables' size makes new ones and copies the hosts over; another layout starts from
 * nothing.
 */
enum { BPF_FS = 0xcafe4a11, PAGE = 4096 };

/* libbpf explains a failure in lines of its own; the first is the cause.  Its
 * callback has no argument, hence the global. */
static char first_words[160];

__attribute__((format(printf, 2, 0))) static int keep_words(enum libbpf_print_level level,
                                                            const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !first_words[0])
		vsnprintf(first_words, sizeof(first_words), fmt, ap);
	first_words[strcspn(first_words, "\n")] = '\0';
	return 0;
}

int dp_xdp_fail(struct dp_xdp *x, int err, const char *what)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return dp_fail(&x->dp, err,
		               "%s: not permitted: run as root, or with "
		               "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
		               what);
	case ENOMEM:
		return dp_fail(&x->dp, err,
		               "%s: out of memory: a smaller fib-hosts may help", what);
	}
	dp_fail(&x->dp, err, "%s: %s%s%s%s", what, strerror(-err),
	        first_words[0] ? " (" : "", first_words, first_words[0] ? ")" : "");
	first_words[0] = '\0';
	return err;
}

static char *pin_path(const struct dp_xdp *x, const char *name, char buf[static 512])
{
	snprintf(buf, 512, "%s/%s", x->pin_dir, name);
	return buf;
}

/* The directory, with parents, on a BPF file system; checked before anything is made. */
static int pin_dir_make(struct dp_xdp *x)
{
	AUTO_FREE char *path = mem_strdup(x->pin_dir);
	struct statfs fs;
	size_t len = strlen(path);

	if (path[0] != '/')
		return dp_fail(&x->dp, -EINVAL, "pin directory %s: not an absolute path",
		               path);
	while (statfs(path, &fs)) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || slash == path)
			return dp_fail(&x->dp, -errno, "pin directory %s: %s", x->pin_dir,
			               strerror(errno));
		*slash = '\0';
	}
	if ((uint32_t)fs.f_type != BPF_FS)
		return dp_fail(&x->dp, -EINVAL,
		               "pin directory %s: not on a BPF file system: "
		               "mount -t bpf bpf /sys/fs/bpf",
		               x->pin_dir);
	for (size_t at = strlen(path); at < len; at = strlen(path)) {
		path[at] = '/'; /* put the slash back that was taken above */
		if (mkdir(path, 0700) && errno != EEXIST)
			return dp_fail(&x->dp, -errno, "pin directory %s: %s", path,
			               strerror(errno));
	}
	return 0;
}

/* What an earlier daemon left: 0, or -ENOENT if nothing that we can use. */
static int meta_read(const struct dp_xdp *x, struct abi_meta *ret)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), zero = 0;
	char path[512];
	int fd = bpf_obj_get(pin_path(x, "meta", path)), r;

	if (fd < 0)
		return -ENOENT;
	r = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (!r && (info.value_size != sizeof(*ret) || info.max_entries != 1))
		r = -ENOENT;
	if (!r)
		r = bpf_map_lookup_elem(fd, &zero, ret);
	close(fd);
	return r || ret->geometry.version != ABI_VERSION ? -ENOENT : 0;
}

static void unpin(const struct dp_xdp *x, const char *name)
{
	char path[512];

	unlink(pin_path(x, name, path));
}

static void unpin_all(struct dp_xdp *x)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, x->skel->obj) unpin(x, bpf_map__name(map));
}

/* The geometry we want; that of the maps found, if there are any. */
static void geometry_choose(struct dp_xdp *x, uint32_t fib_hosts, struct abi_meta *meta)
{
	struct abi_geometry *g = &meta->geometry;
	uint64_t seed = 0;

	x->adopted = !meta_read(x, meta);
	if (!x->adopted) {
		memset(meta, 0, sizeof(*meta));
		must(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
		g->version = ABI_VERSION;
		g->seed = seed;
		unpin_all(x); /* another layout, or a torn start: nothing to keep */
	}
	g->buckets4 = hosttab_buckets(AFI_IP4, fib_hosts);
	g->buckets6 = hosttab_buckets(AFI_IP6, fib_hosts);
	meta->starts++;
}

static bool same_shape(const struct bpf_map *map, const struct bpf_map_info *info)
{
	return info->type == bpf_map__type(map) &&
	       info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       info->max_entries == bpf_map__max_entries(map);
}

/* Take the pinned maps.  By hand: libbpf's own pinning finds that a device map it made is
 * not what it asked for, because the kernel adds a flag to those. */
static int maps_adopt(struct dp_xdp *x)
{
	struct bpf_map *map;
	char path[512];
	int r = 0;

	bpf_object__for_each_map(map, x->skel->obj)
	{
		struct bpf_map_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd;

		if (bpf_map__is_internal(map) || r)
			continue;
		fd = bpf_obj_get(pin_path(x, bpf_map__name(map), path));
		if (fd < 0)
			continue; /* made and pinned below */
		if (bpf_obj_get_info_by_fd(fd, &info, &len) || !same_shape(map, &info))
			unlink(path);
		else
			r = bpf_map__reuse_fd(map, fd);
		close(fd);
	}
	return r;
}

static int maps_pin(struct dp_xdp *x)
{
	struct bpf_map *map;
	char path[512];
	int r = 0;

	bpf_object__for_each_map(map, x->skel->obj)
	{
		if (bpf_map__is_internal(map) || r)
			continue;
		if (access(pin_path(x, bpf_map__name(map), path), F_OK))
			r = bpf_obj_pin(bpf_map__fd(map), path);
	}
	return r;
}

static void *map_memory(struct bpf_map *map, size_t bytes)
{
	void *p = mmap(NULL, (bytes + PAGE - 1) & ~(size_t)(PAGE - 1),
	               PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return p == MAP_FAILED ? NULL : p;
}

static int tables_map(struct dp_xdp *x, const struct abi_geometry *g, uint32_t fib_hosts)
{
	struct abi_bucket *b4, *b6;

	x->hosts4_bytes = g->buckets4 * sizeof(struct abi_bucket);
	x->hosts6_bytes = g->buckets6 * sizeof(struct abi_bucket);
	b4 = map_memory(x->skel->maps.hosts4, x->hosts4_bytes);
	b6 = map_memory(x->skel->maps.hosts6, x->hosts6_bytes);
	x->nexthops = map_memory(x->skel->maps.nexthops,
	                         sizeof(struct abi_nexthop) * ABI_NEXTHOPS);
	x->groups =
		map_memory(x->skel->maps.groups, sizeof(struct abi_group) * ABI_GROUPS);
	x->labels =
		map_memory(x->skel->maps.labels, sizeof(struct abi_label) * ABI_LABELS);
	if (!b4 || !b6 || !x->nexthops || !x->groups || !x->labels)
		return dp_xdp_fail(x, -errno, "mapping the forwarding tables");
	hosttab_init(&x->hosts4, AFI_IP4, b4, g->buckets4, g->seed, fib_hosts);
	hosttab_init(&x->hosts6, AFI_IP6, b6, g->buckets6, g->seed, fib_hosts);
	return 0;
}

/* ---- a table of another size ---------------------------------------------------------
 */

static void copy_host(void *arg, const struct hosttab_entry *e)
{
	struct hosttab *to = arg;

	hosttab_set(to, &e->key, e->value,
	            e->flags); /* what finds no room was too much */
}

/* Hosts of the pinned table go to the new one; programs run on the old until each port's
 * is replaced by port_add(). */
static void copy_hosts(int fd, struct hosttab *to)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	struct hosttab from;
	uint64_t pos = 0;
	size_t bytes;
	void *p;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != sizeof(struct abi_bucket))
		return;
	bytes = ((size_t)info.max_entries * info.value_size + PAGE - 1) &
	        ~(size_t)(PAGE - 1);
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return;
	hosttab_init(&from, to->afi, p, info.max_entries, to->seed, SIZE_MAX);
	while (hosttab_walk(&from, &pos, SIZE_MAX, copy_host, to))
		;
	munmap(p, bytes);
}

static bool resized(const struct dp_xdp *x, const char *name, uint32_t buckets,
                    int *ret_fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	char path[512];
	int fd = bpf_obj_get(pin_path(x, name, path));

	*ret_fd = -1;
	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.max_entries == buckets) {
		close(fd);
		return false;
	}
	*ret_fd = fd;
	unlink(path);
	return true;
}

/* ---- all of it -----------------------------------------------------------------------
 */

static int load(struct dp_xdp *x, const struct abi_geometry *g)
{
	int r;

	bpf_map__set_max_entries(x->skel->maps.hosts4, g->buckets4);
	bpf_map__set_max_entries(x->skel->maps.hosts6, g->buckets6);
	x->skel->rodata->geometry = *g;
	r = maps_adopt(x);
	if (!r)
		r = xdp__load(x->skel);
	if (!r)
		r = maps_pin(x);
	return r ? dp_xdp_fail(x, r, "loading the packet program") : 0;
}

int dp_xdp_load(struct dp_xdp *x, uint32_t fib_hosts)
{
	uint32_t zero = 0;
	struct abi_meta meta;
	int r, old4, old6;

	libbpf_set_print(keep_words);
	first_words[0] = '\0';
	r = pin_dir_make(x);
	if (r)
		return r;
	x->skel = xdp__open();
	if (!x->skel)
		return dp_xdp_fail(x, -errno, "opening the packet program");
	geometry_choose(x, fib_hosts, &meta);
	resized(x, "hosts4", meta.geometry.buckets4, &old4);
	resized(x, "hosts6", meta.geometry.buckets6, &old6);
	r = load(x, &meta.geometry);
	if (!r)
		r = tables_map(x, &meta.geometry, fib_hosts);
	if (!r) {
		copy_hosts(old4, &x->hosts4);
		copy_hosts(old6, &x->hosts6);
		x->stamp = meta.starts;
		r = bpf_map_update_elem(bpf_map__fd(x->skel->maps.meta), &zero, &meta,
		                        BPF_ANY);
	}
	if (old4 >= 0)
		close(old4);
	if (old6 >= 0)
		close(old6);
	if (r) {
		if (!x->adopted)
			unpin_all(x);
		return r;
	}
	if (x->adopted) {
		hosttab_mark(&x->hosts4);
		hosttab_mark(&x->hosts6);
	}
	return 0;
}

void dp_xdp_unload(struct dp_xdp *x, bool leave_forwarding)
{
	if (!x->skel)
		return;
	if (x->hosts4.b)
		munmap(x->hosts4.b, x->hosts4_bytes);
	if (x->hosts6.b)
		munmap(x->hosts6.b, x->hosts6_bytes);
	if (x->nexthops)
		munmap(x->nexthops, sizeof(struct abi_nexthop) * ABI_NEXTHOPS);
	if (x->groups)
		munmap(x->groups, sizeof(struct abi_group) * ABI_GROUPS);
	if (x->labels)
		munmap(x->labels, sizeof(struct abi_label) * ABI_LABELS);
	if (!leave_forwarding) {
		unpin_all(x);
		rmdir(x->pin_dir);
	}
	xdp__destroy(x->skel);
	x->skel = NULL;
}

int dp_xdp_prog_fd(const struct dp_xdp *x)
{
	return bpf_program__fd(x->skel->progs.vsubnet_xdp);
}
