/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/tcp_int.h"

enum {
	BACKLOG = 128,
	DSCP_CS6 = 48 << 2, /* network control: RFC 4594 3.2 */
	TTL_MAX = 255,
	DRAIN_MAX = 1 << 20,
};

socklen_t tcp_addr_fill(union tcp_addr *a, const struct ip *ip, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (ip->afi == AFI_IP4) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		memcpy(&a->in.sin_addr, ip->b, 4);
		return sizeof(a->in);
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	memcpy(&a->in6.sin6_addr, ip->b, 16);
	return sizeof(a->in6);
}

static struct tcp_end addr_end(const union tcp_addr *a)
{
	struct tcp_end e = { 0 };

	if (a->sa.sa_family == AF_INET) {
		e.ip = ip_of(AFI_IP4, (const uint8_t *)&a->in.sin_addr);
		e.port = ntohs(a->in.sin_port);
	} else if (a->sa.sa_family == AF_INET6) {
		const uint8_t *b = a->in6.sin6_addr.s6_addr;

		e.ip = IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr) ? ip_of(AFI_IP4, b + 12)
		                                               : ip_of(AFI_IP6, b);
		e.port = ntohs(a->in6.sin6_port);
	}
	return e;
}

static int set_int(int fd, int level, int opt, int val)
{
	return setsockopt(fd, level, opt, &val, sizeof(val)) ? -errno : 0;
}

static int family_of(int fd, int *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, ret, &len) ? -errno : 0;
}

struct tcp_opts tcp_opts_for(bool ebgp, uint8_t gtsm_hops)
{
	if (gtsm_hops)
		return (struct tcp_opts){ .ttl = TTL_MAX,
			                  .min_ttl = (uint8_t)(TTL_MAX + 1 - gtsm_hops) };
	return (struct tcp_opts){ .ttl = ebgp ? 1 : TTL_MAX };
}

int tcp_opts_set(int fd, const struct tcp_opts *opts)
{
	int family, r = family_of(fd, &family);
	bool v6 = family == AF_INET6;

	if (!r && opts->ttl)
		r = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, opts->ttl)
		       : set_int(fd, IPPROTO_IP, IP_TTL, opts->ttl);
	if (!r)
		r = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, opts->min_ttl)
		       : set_int(fd, IPPROTO_IP, IP_MINTTL, opts->min_ttl);
	if (!r)
		r = set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		            (int)opts->user_timeout_ms);
	return r;
}

/* What listening and connecting sockets have in common. */
static int new_socket(enum afi afi, int *ret_fd)
{
	bool v6 = afi == AFI_IP6;
	int fd, r;

	if (afi == AFI_NONE)
		return -EAFNOSUPPORT;
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	            IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!r)
		r = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, DSCP_CS6)
		       : set_int(fd, IPPROTO_IP, IP_TOS, DSCP_CS6);
	if (!r && v6)
		r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int tcp_listen(const struct ip *addr, uint16_t port, int *ret_fd)
{
	/* The SYN-ACK is the listener's: it must pass the peer's GTSM. */
	static const struct tcp_opts opts = { .ttl = TTL_MAX };
	socklen_t len;
	union tcp_addr a;
	int fd, r;

	r = new_socket(addr->afi, &fd);
	if (r)
		return r;
	len = tcp_addr_fill(&a, addr, port);
	r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!r)
		r = tcp_opts_set(fd, &opts);
	if (!r && (bind(fd, &a.sa, len) || listen(fd, BACKLOG)))
		r = -errno;
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int tcp_local(int fd, struct tcp_end *ret)
{
	union tcp_addr a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len))
		return -errno;
	*ret = addr_end(&a);
	return 0;
}

int tcp_remote(int fd, struct tcp_end *ret)
{
	union tcp_addr a = { 0 };
	socklen_t len = sizeof(a);

	if (getpeername(fd, &a.sa, &len))
		return -errno;
	*ret = addr_end(&a);
	return 0;
}

int tcp_stat(int fd, struct tcp_stat *ret)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);
	int out = 0, in = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len) ||
	    ioctl(fd, SIOCOUTQ, &out) || ioctl(fd, SIOCINQ, &in))
		return -errno;
	*ret = (struct tcp_stat){ .rtt_us = ti.tcpi_rtt,
		                  .mss = ti.tcpi_snd_mss,
		                  .retransmits = ti.tcpi_total_retrans,
		                  .send_queue = (uint32_t)out,
		                  .recv_queue = (uint32_t)in };
	return 0;
}

/* Errors of the connection that waits, not of the listener: accept(2) "Error handling".
 */
static bool is_stillborn(int err)
{
	switch (err) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH: return true;
	default: return false;
	}
}

int tcp_accept(int listener, int *ret_fd, struct tcp_end *ret_from,
               struct tcp_end *ret_local)
{
	union tcp_addr a = { 0 };
	socklen_t len;
	struct tcp_end local;
	int fd, r;

	do {
		len = sizeof(a);
		fd = accept4(listener, &a.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (fd < 0 && is_stillborn(errno));
	if (fd < 0)
		return -errno;
	r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!r)
		r = tcp_local(fd, &local);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_from = addr_end(&a);
	*ret_local = local;
	return 0;
}

static int bind_source(int fd, const struct ip *source)
{
	union tcp_addr a;
	socklen_t len = tcp_addr_fill(&a, source, 0);
	/* The port is chosen by connect(), which knows the other end: more are free then.
	 */
	int r = set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

	if (!r && bind(fd, &a.sa, len))
		r = -errno;
	return r;
}

int tcp_connect(const struct tcp_connect *c, int *ret_fd)
{
	const struct prefix to = prefix_host(&c->to);
	union tcp_addr a;
	socklen_t len;
	int fd, r;

	r = new_socket(c->to.afi, &fd);
	if (r)
		return r;
	if (c->source.afi != AFI_NONE)
		r = c->source.afi == c->to.afi ? bind_source(fd, &c->source)
		                               : -EAFNOSUPPORT;
	if (!r)
		r = tcp_opts_set(fd, &c->opts);
	if (!r)
		r = tcp_key_set(fd, &to, &c->key);
	len = tcp_addr_fill(&a, &c->to, c->port);
	if (!r && connect(fd, &a.sa, len) && errno != EINPROGRESS)
		r = -errno;
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int tcp_connected(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

int tcp_send(int fd, const void *data, size_t len, size_t *ret_n)
{
	ssize_t n;

	do {
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_n = (size_t)n;
	return 0;
}

int tcp_sendv(int fd, const struct iovec *iov, int n_iov, size_t *ret_n)
{
	union { /* sendmsg() only reads, but its parameter does not say so */
		const struct iovec *c;
		struct iovec *m;
	} u = { .c = iov };
	const struct msghdr msg = { .msg_iov = u.m, .msg_iovlen = (size_t)n_iov };
	ssize_t n;

	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_n = (size_t)n;
	return 0;
}

int tcp_recv(int fd, void *buf, size_t cap, size_t *ret_n)
{
	ssize_t n;

	do {
		n = recv(fd, buf, cap, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_n = (size_t)n;
	return 0;
}

bool tcp_pending(int fd)
{
	int n = 0;

	return !ioctl(fd, FIONREAD, &n) && n > 0;
}

void tcp_close(int fd)
{
	ssize_t n;
	size_t all = 0;

	if (fd < 0)
		return;
	/* Closing with unread input sends RST, on which many a peer's kernel throws away
	 * what was not read yet: our NOTIFICATION, the reason for it all (RFC 4271 6). */
	shutdown(fd, SHUT_WR);
	do {
		n = recv(fd, NULL, DRAIN_MAX, MSG_DONTWAIT | MSG_TRUNC);
		all += n > 0 ? (size_t)n : 0;
	} while (n > 0 && all < DRAIN_MAX);
	close(fd);
}

const char *tcp_error_text(int err)
{
	static const struct {
		int err;
		const char *text;
	} known[] = {
		{ECONNREFUSED,   "connection refused (nobody listens there)"                  },
		{ ECONNRESET,    "connection reset by the peer"                               },
		{ ECONNABORTED,  "connection aborted"                                         },
		{ EPIPE,         "connection closed by the peer"                              },
		{ ETIMEDOUT,
                 "no answer (filtered, TTL too low, or another TCP-MD5 or TCP-AO key)"        },
		{ EHOSTUNREACH,  "host unreachable"                                           },
		{ ENETUNREACH,   "no route"						   },
		{ EADDRNOTAVAIL, "the local address is not on this machine"                   },
		{ EADDRINUSE,    "address and port are in use by another process"             },
		{ EACCES,        "not permitted (ports below 1024 need CAP_NET_BIND_SERVICE)" },
		{ EPERM,         "not permitted (a firewall rule, or a capability is missing)"},
		{ ENOPROTOOPT,
                 "this kernel has no such option (TCP-MD5 needs CONFIG_TCP_MD5SIG, TCP-AO "
		  "Linux 6.7 with CONFIG_TCP_AO)"                                             },
		{ EAFNOSUPPORT,
                 "address family not supported, or different at both ends"                    },
		{ EMFILE,        "out of file descriptors (LimitNOFILE)"                      },
		{ ENFILE,        "the system is out of file descriptors (fs.file-max)"        },
		{ ENOMEM,
                 "out of memory for sockets or their keys (net.core.optmem_max)"              },
		{ ENOBUFS,       "out of memory for socket buffers (net.ipv4.tcp_mem)"        },
	};

	err = err < 0 ? -err : err;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].err == err)
			return known[i].text;
	}
	return strerror(err);
}
