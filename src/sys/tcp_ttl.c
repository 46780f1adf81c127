/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/tcp_ttl.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/mem.h"

/*
 * A socket filter of TCP sees the segment from its TCP header on; SKF_NET_OFF leads back
 *to the IP header.  For each rule:
 *
 *	the source's words, masked, against the prefix's; unlike: the next rule
 *	ttl >= min ? pass : drop
 */
enum {
	IP4_TTL = 8,
	IP4_SRC = 12,
	IP6_HOPS = 7,
	IP6_SRC = 8,
	WORD = 4,
	WORD_BITS = 32,
	RULE_MAX = 3 * 4 + 4, /* instructions, with four masked words */
	PASS = -1,
};

struct program {
	struct sock_filter *ins;
	size_t n;
};

static struct sock_filter *put(struct program *p, uint16_t code, uint32_t k)
{
	struct sock_filter *i = &p->ins[p->n++];

	*i = (struct sock_filter){ .code = code, .k = k };
	return i;
}

static uint32_t word_of(const struct ip *ip, size_t w)
{
	const uint8_t *b = ip->b + w * WORD;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put_rule(struct program *p, const struct tcp_ttl_rule *r)
{
	bool v6 = r->from.ip.afi == AFI_IP6;
	uint32_t src = (uint32_t)SKF_NET_OFF + (v6 ? IP6_SRC : IP4_SRC);
	size_t unlike[4], words = 0;

	for (size_t bits = 0; bits < r->from.plen; bits += WORD_BITS) {
		size_t left = r->from.plen - bits;

		put(p, BPF_LD | BPF_W | BPF_ABS, src + (uint32_t)(words * WORD));
		if (left < WORD_BITS)
			put(p, BPF_ALU | BPF_AND | BPF_K,
			    ~(UINT32_MAX >> (uint32_t)left));
		unlike[words] = p->n;
		put(p, BPF_JMP | BPF_JEQ | BPF_K, word_of(&r->from.ip, words));
		words++;
	}
	put(p, BPF_LD | BPF_B | BPF_ABS,
	    (uint32_t)SKF_NET_OFF + (v6 ? IP6_HOPS : IP4_TTL));
	put(p, BPF_JMP | BPF_JGE | BPF_K, r->min_ttl)->jf = 1;
	put(p, BPF_RET | BPF_K, (uint32_t)PASS);
	put(p, BPF_RET | BPF_K, 0);
	while (words--)
		p->ins[unlike[words]].jf = (uint8_t)(p->n - unlike[words] - 1);
}

static int detach(int fd)
{
	int none = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)))
		return errno == ENOENT ? 0 : -errno;
	return 0;
}

int tcp_ttl_filter(int fd, enum afi afi, const struct tcp_ttl_rule *rule, size_t n)
{
	struct program p = { 0 };
	struct sock_fprog prog;
	int r = 0;

	if (n > BPF_MAXINSNS)
		return -E2BIG;
	p.ins = mem_zalloc((n * RULE_MAX + 1) * sizeof(*p.ins));
	for (size_t i = 0; i < n; i++) {
		if (rule[i].from.ip.afi == afi)
			put_rule(&p, &rule[i]);
	}
	if (!p.n) {
		free(p.ins);
		return detach(fd);
	}
	put(&p, BPF_RET | BPF_K, (uint32_t)PASS);
	prog = (struct sock_fprog){ .len = (unsigned short)p.n, .filter = p.ins };
	if (p.n > BPF_MAXINSNS)
		r = -E2BIG;
	else if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		r = -errno;
	free(p.ins);
	if (r < 0) /* nor those of before: one that has none any more may be among them */
		detach(fd);
	return r;
}
