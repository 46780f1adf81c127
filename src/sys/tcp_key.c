/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/tcp_key.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <unistd.h>

#include "sys/tcp_int.h"

_Static_assert((int)TCP_KEY_MAX == TCP_MD5SIG_MAXKEYLEN, "the header tells the limit");

/*
 * The kernel's interface to TCP-AO, from linux/tcp.h of 6.7: the headers we are built
 * with may be older than the kernel we run on.
 */
enum {
	AO_ADD_KEY = 38,
	AO_DEL_KEY = 39,
	AO_ALG_LEN = 64,
};

struct ao_add {
	struct sockaddr_storage addr;
	char alg_name[AO_ALG_LEN];
	int32_t ifindex;
	uint32_t flags; /* set_current, set_rnext */
	uint16_t reserved;
	uint8_t prefix, sndid, rcvid, maclen, keyflags, keylen;
	uint8_t key[TCP_KEY_MAX];
} __attribute__((aligned(8)));

struct ao_del {
	struct sockaddr_storage addr;
	int32_t ifindex;
	uint32_t flags; /* set_current, set_rnext, del_async */
	uint16_t reserved;
	uint8_t prefix, sndid, rcvid, current_key, rnext, keyflags;
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct ao_add) == 288 && sizeof(struct ao_del) == 144,
               "as the kernel has them");

static int md5_set(int fd, const struct prefix *peers, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	bool host = peers->plen == afi_bits((enum afi)peers->ip.afi);
	struct tcp_md5sig sig = { .tcpm_keylen = (uint16_t)len,
		                  .tcpm_flags = host ? 0 : TCP_MD5SIG_FLAG_PREFIX,
		                  .tcpm_prefixlen = host ? 0 : peers->plen };
	union tcp_addr a;
	int r;

	if (len > TCP_KEY_MAX || (key && !len))
		return -EINVAL;
	tcp_addr_fill(&a, &peers->ip, 0);
	memcpy(&sig.tcpm_addr, &a, sizeof(sig.tcpm_addr));
	if (len)
		memcpy(sig.tcpm_key, key, len);
	r = setsockopt(fd, IPPROTO_TCP, host ? TCP_MD5SIG : TCP_MD5SIG_EXT, &sig,
	               sizeof(sig))
	            ? -errno
	            : 0;
	explicit_bzero(&sig, sizeof(sig));
	return r;
}

static int ao_set(int fd, const struct prefix *peers, const struct tcp_key *k)
{
	static const struct {
		const char *name; /* of the kernel's crypto */
		uint8_t mac_len;
	} alg[TCP_KEY_ALG_END] = {
		[TCP_KEY_SHA1_96] = {"hmac(sha1)",    12},
		[TCP_KEY_AES128_96] = { "cmac(aes128)", 12},
		[TCP_KEY_SHA256_128] = { "hmac(sha256)", 16},
	};
	size_t len = strlen(k->ao);
	struct ao_add add = { .prefix = peers->plen,
		              .sndid = k->ao_send_id,
		              .rcvid = k->ao_recv_id,
		              .maclen = alg[k->ao_alg].mac_len,
		              .keylen = (uint8_t)len };
	union tcp_addr a;
	int r;

	if (!len || len > TCP_KEY_MAX)
		return -EINVAL;
	tcp_addr_fill(&a, &peers->ip, 0);
	add.addr = a.ss;
	memcpy(add.alg_name, alg[k->ao_alg].name, strlen(alg[k->ao_alg].name));
	memcpy(add.key, k->ao, len);
	r = setsockopt(fd, IPPROTO_TCP, AO_ADD_KEY, &add, sizeof(add)) ? -errno : 0;
	explicit_bzero(&add, sizeof(add));
	return r;
}

static int ao_clear(int fd, const struct prefix *peers, const struct tcp_key *k)
{
	struct ao_del del = { .prefix = peers->plen,
		              .sndid = k->ao_send_id,
		              .rcvid = k->ao_recv_id };
	union tcp_addr a;

	tcp_addr_fill(&a, &peers->ip, 0);
	del.addr = a.ss;
	return setsockopt(fd, IPPROTO_TCP, AO_DEL_KEY, &del, sizeof(del)) ? -errno : 0;
}

int tcp_key_set(int fd, const struct prefix *peers, const struct tcp_key *key)
{
	if ((key->md5 && key->ao) || peers->ip.afi == AFI_NONE)
		return -EINVAL;
	if (key->ao)
		return ao_set(fd, peers, key);
	return key->md5 ? md5_set(fd, peers, key->md5) : 0;
}

int tcp_key_clear(int fd, const struct prefix *peers, const struct tcp_key *key)
{
	int r = 0;

	if (peers->ip.afi == AFI_NONE)
		return -EINVAL;
	if (key->ao)
		r = ao_clear(fd, peers, key);
	else if (key->md5)
		r = md5_set(fd, peers, NULL);
	return r == -ENOENT ? 0 : r;
}

int tcp_key_probe(const struct tcp_key *key)
{
	const struct ip loopback = ip_of_u32(0x7f000001);
	const struct prefix peer = prefix_host(&loopback);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), r;

	if (fd < 0)
		return -errno;
	r = tcp_key_set(fd, &peer, key);
	close(fd);
	return r;
}
