/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/bgp_tcp.h"

#include <errno.h>

#include "base/list.h"
#include "base/mem.h"
#include "bgp/bgp_int.h"
#include "sys/log.h"
#include "sys/tcp.h"
#include "sys/tcp_ttl.h"

enum {
	TCP_READ = 64 * 1024, /* octets at once … */
	TCP_READS = 4,        /* … and how often, before others get their turn */
	TCP_LISTENERS = 2,
	TCP_ACCEPTS = 32,          /* connections taken in one turn */
	TCP_ACCEPT_PAUSE_MS = 500, /* with no descriptor or memory for another */
	TCP_USER_TIMEOUT_MS = 0,   /* the hold timers are stricter and tell why */
};

/* What a listener and the accepted sockets must know of a peer, or of all from a prefix.
 */
struct tcp_peer {
	struct list link; /* the longer prefix first */
	struct prefix from;
	const struct bgp_peer_config *cfg; /* borrowed */
	struct tcp_opts opts;
	struct tcp_key key; /* borrowed from the peer's configuration */
};

struct tcp_handle {
	struct list link;
	struct bgp_tcp *t;
	struct bgp_conn *conn;
	struct loop_fd *watch;
	int fd;
	bool connecting;
	bool closed; /* to be freed when nobody on the stack holds it */
	int busy;
};

struct bgp_tcp {
	struct loop *loop;
	struct bgp *bgp;
	struct list peers, handles;
	struct {
		int fd;
		enum afi afi;
		struct loop_fd *watch;
	} listener[TCP_LISTENERS];
	size_t n_listeners;
	struct loop_timer timer, accept_again;
	struct loop_defer run, filter;
	bool running; /* looks at the deadline itself when it is done */
	struct log_limit refused, starved;
	uint8_t buf[TCP_READ];
};

static struct mono tcp_now(void *arg)
{
	return loop_now(((struct bgp_tcp *)arg)->loop);
}

/* --- handles -------------------------------------------------------------------------
 */

static void handle_free(struct tcp_handle *h)
{
	if (!h->closed || h->busy)
		return;
	list_del(&h->link);
	free(h);
}

static void handle_close(struct tcp_handle *h)
{
	if (h->closed)
		return;
	h->closed = true;
	loop_fd_del(h->watch);
	tcp_close(h->fd);
	handle_free(h);
}

static void handle_want(struct tcp_handle *h, bool write)
{
	loop_fd_want(h->watch, write ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void handle_lost(struct tcp_handle *h, const char *why)
{
	bgp_closed(h->conn, why, tcp_now(h->t));
}

static void handle_connected(struct tcp_handle *h)
{
	struct tcp_end local = { 0 };
	int r = tcp_connected(h->fd);

	if (r == -EINPROGRESS || r == -EAGAIN)
		return;
	if (r < 0) {
		handle_lost(h, tcp_error_text(r));
		return;
	}
	h->connecting = false;
	handle_want(h, false);
	tcp_local(h->fd, &local);
	bgp_connected(h->conn, &local.ip, tcp_now(h->t));
}

static void handle_read(struct tcp_handle *h)
{
	for (int i = 0; i < TCP_READS && !h->closed; i++) {
		size_t n;
		int r = tcp_recv(h->fd, h->t->buf, sizeof(h->t->buf), &n);

		if (r == -EAGAIN)
			return;
		if (r < 0 || !n) {
			handle_lost(h, r < 0 ? tcp_error_text(r) : "closed by the peer");
			return;
		}
		bgp_input(h->conn, h->t->buf, n, tcp_now(h->t));
		if (n < sizeof(h->t->buf))
			return;
	}
}

static void handle_ready(void *arg, unsigned ready)
{
	struct tcp_handle *h = arg;

	h->busy++;
	if (h->connecting) {
		handle_connected(h);
	} else {
		if (ready & LOOP_READ)
			handle_read(h);
		if (ready & LOOP_WRITE && !h->closed) {
			handle_want(h, false); /* send() asks again if it must */
			bgp_writable(h->conn, tcp_now(h->t));
		}
	}
	h->busy--;
	handle_free(h);
}

static struct tcp_handle *handle_new(struct bgp_tcp *t, struct bgp_conn *c, int fd,
                                     bool connecting)
{
	struct tcp_handle *h = mem_new(struct tcp_handle);

	h->t = t;
	h->conn = c;
	h->fd = fd;
	h->connecting = connecting;
	h->watch = loop_fd_add(t->loop, fd, connecting ? LOOP_WRITE : LOOP_READ,
	                       handle_ready, h);
	list_add_tail(&t->handles, &h->link);
	return h;
}

/* --- the io --------------------------------------------------------------------------
 */

static struct tcp_opts peer_opts(const struct bgp_tcp *t,
                                 const struct bgp_peer_config *cfg)
{
	struct tcp_opts o = tcp_opts_for(cfg->as != t->bgp->cfg.as, cfg->ttl_security);

	o.user_timeout_ms = TCP_USER_TIMEOUT_MS;
	return o;
}

static struct tcp_key peer_key(const struct bgp_peer_config *cfg)
{
	static const enum tcp_key_alg alg[] = {
		[BGP_AO_HMAC_SHA1] = TCP_KEY_SHA1_96,
		[BGP_AO_AES128_CMAC] = TCP_KEY_AES128_96,
		[BGP_AO_HMAC_SHA256] = TCP_KEY_SHA256_128,
	};

	return (struct tcp_key){ .md5 = cfg->password,
		                 .ao = cfg->ao.key,
		                 .ao_alg = alg[cfg->ao.algorithm],
		                 .ao_send_id = cfg->ao.send_id,
		                 .ao_recv_id = cfg->ao.recv_id };
}

/* A neighbor to be spoken to with signatures is not spoken to without. */
static int io_peer_check(void *arg, const struct bgp_peer_config *cfg)
{
	const struct tcp_key key = peer_key(cfg);

	return tcp_key_is(&key) ? tcp_key_probe(&key) : 0;
}

static void *io_connect(void *arg, struct bgp_conn *c, const struct bgp_peer_config *cfg)
{
	struct bgp_tcp *t = arg;
	const struct tcp_connect tc = {
		.to = cfg->address,
		.port = cfg->port,
		.source = cfg->source,
		.key = peer_key(cfg),
		.opts = peer_opts(t, cfg),
	};
	char ip[IP_STRLEN];
	int fd, r;

	r = tcp_connect(&tc, &fd);
	if (r < 0) {
		log_info("peer %s: cannot connect: %s", ip_fmt(&cfg->address, ip),
		         tcp_error_text(r));
		return NULL;
	}
	return handle_new(t, c, fd, true);
}

static size_t io_send(void *arg, void *handle, const struct iovec *iov, int k)
{
	struct tcp_handle *h = handle;
	size_t n = 0, len = 0;
	int r;

	for (int i = 0; i < k; i++)
		len += iov[i].iov_len;
	if (h->connecting || h->closed)
		return 0;
	r = tcp_sendv(h->fd, iov, k, &n);
	if (r < 0) { /* an error shows as readiness, and is told from there */
		handle_want(h, true);
		return 0;
	}
	if (n < len)
		handle_want(h, true);
	return n;
}

static bool io_pending(void *arg, void *handle)
{
	struct tcp_handle *h = handle;

	return !h->connecting && !h->closed && tcp_pending(h->fd);
}

static void io_close(void *arg, void *handle)
{
	handle_close(handle);
}

static bool io_info(void *arg, void *handle, struct bgp_io_info *ret)
{
	const struct tcp_handle *h = handle;
	struct tcp_end local, remote;
	struct tcp_stat st;

	if (!h || h->closed || tcp_local(h->fd, &local) || tcp_remote(h->fd, &remote) ||
	    tcp_stat(h->fd, &st))
		return false;
	*ret = (struct bgp_io_info){ .local_port = local.port,
		                     .remote_port = remote.port,
		                     .rtt_us = st.rtt_us,
		                     .mss = st.mss,
		                     .retransmits = st.retransmits,
		                     .send_queue = st.send_queue,
		                     .recv_queue = st.recv_queue };
	return true;
}

static struct tcp_peer *peer_of(struct bgp_tcp *t, const struct ip *address)
{
	list_for(p, &t->peers, struct tcp_peer, link) {
		if (prefix_has(&p->from, address))
			return p;
	}
	return NULL;
}

/* --- what listeners must know --------------------------------------------------------
 */

static void listeners_key(struct bgp_tcp *t, const struct tcp_peer *p, bool set)
{
	char from[PREFIX_STRLEN];

	for (size_t i = 0; i < t->n_listeners; i++) {
		int r = 0;

		if (t->listener[i].afi != (enum afi)p->from.ip.afi)
			continue;
		r = set ? tcp_key_set(t->listener[i].fd, &p->from, &p->key)
		        : tcp_key_clear(t->listener[i].fd, &p->from, &p->key);
		if (r < 0)
			log_err("peer %s: cannot %s its TCP key on the listening socket: "
			        "%s",
			        prefix_fmt(&p->from, from), set ? "set" : "take",
			        tcp_error_text(r));
	}
}

static bool is_inside(const struct bgp_tcp *t, const struct tcp_peer *in)
{
	list_for(p, &t->peers, struct tcp_peer, link) {
		if (p != in && prefix_covers(&p->from, &in->from))
			return true;
	}
	return false;
}

/* GTSM for those who connect to us (RFC 5082), from their first SYN on. */
static void listeners_filter(void *arg)
{
	struct bgp_tcp *t = arg;
	struct tcp_ttl_rule *rule;
	bool gtsm = false;
	size_t n = 0;

	list_for(p, &t->peers, struct tcp_peer, link) {
		gtsm |= p->opts.min_ttl != 0;
		n++;
	}
	rule = mem_zalloc(n * sizeof(*rule));
	n = 0;
	/* One without, inside a prefix with it, has to be let through. */
	list_for(p, &t->peers, struct tcp_peer, link) {
		if (p->opts.min_ttl || (gtsm && is_inside(t, p)))
			rule[n++] = (struct tcp_ttl_rule){ p->from, p->opts.min_ttl };
	}
	for (size_t i = 0; i < t->n_listeners; i++) {
		int r = tcp_ttl_filter(t->listener[i].fd, t->listener[i].afi, rule, n);

		if (r < 0)
			log_warn(
				"bgp: ttl-security of %zu neighbors is checked only once "
				"a connection is accepted: %s",
				n, tcp_error_text(r));
	}
	free(rule);
}

static void io_range_added(void *arg, const struct prefix *from,
                           const struct bgp_peer_config *cfg)
{
	struct bgp_tcp *t = arg;
	struct tcp_peer *p = mem_new(struct tcp_peer);
	struct list *before = &t->peers;

	p->from = *from;
	p->cfg = cfg;
	p->opts = peer_opts(t, cfg);
	p->key = peer_key(cfg);
	list_for(q, &t->peers, struct tcp_peer, link) {
		if (q->from.plen < from->plen) {
			before = &q->link;
			break;
		}
	}
	list_add_tail(before, &p->link);
	listeners_key(t, p, true);
	loop_defer(t->loop, &t->filter, listeners_filter, t);
}

/* By its configuration: a prefix of full length may be a neighbor's address too. */
static void io_range_removed(void *arg, const struct prefix *from,
                             const struct bgp_peer_config *cfg)
{
	struct bgp_tcp *t = arg;

	list_for_safe(p, &t->peers, struct tcp_peer, link) {
		if (p->cfg != cfg)
			continue;
		listeners_key(t, p, false);
		loop_defer(t->loop, &t->filter, listeners_filter, t);
		list_del(&p->link);
		free(p);
		return;
	}
}

static void io_peer_added(void *arg, const struct bgp_peer_config *cfg)
{
	const struct prefix from = prefix_host(&cfg->address);

	io_range_added(arg, &from, cfg);
}

static void io_peer_removed(void *arg, const struct bgp_peer_config *cfg)
{
	const struct prefix from = prefix_host(&cfg->address);

	io_range_removed(arg, &from, cfg);
}

static void run_now(void *arg)
{
	struct bgp_tcp *t = arg;

	if (!t->bgp)
		return;
	t->running = true;
	if (mono_reached(tcp_now(t), bgp_deadline(t->bgp)))
		bgp_run(t->bgp, tcp_now(t));
	t->running = false;
	loop_timer_set(&t->timer, bgp_deadline(t->bgp));
}

static void io_wake(void *arg)
{
	struct bgp_tcp *t = arg;

	if (!t->running)
		loop_defer(t->loop, &t->run, run_now, t);
}

const struct bgp_io bgp_tcp_io = {
	.connect = io_connect,
	.send = io_send,
	.pending = io_pending,
	.close = io_close,
	.peer_check = io_peer_check,
	.peer_added = io_peer_added,
	.peer_removed = io_peer_removed,
	.range_added = io_range_added,
	.range_removed = io_range_removed,
	.wake = io_wake,
	.info = io_info,
	.now = tcp_now,
};

/* --- listening -----------------------------------------------------------------------
 */

/* An accepted socket gets its peer's options and gives up the listener's filter. */
static int accept_opts(struct bgp_tcp *t, int fd, const struct ip *from)
{
	const struct tcp_peer *p = peer_of(t, from);
	int r = p ? tcp_opts_set(fd, &p->opts) : 0;

	if (p && !r)
		r = tcp_ttl_filter(fd, (enum afi)from->afi, NULL, 0);
	return r;
}

static void refused(struct bgp_tcp *t, const struct ip *from, const char *why)
{
	char ip[IP_STRLEN];

	log_limited(&t->refused, LOG_LEVEL_WARN, "bgp: refused a connection from %s: %s",
	            ip_fmt(from, ip), why);
}

static void accept_one(struct bgp_tcp *t, int fd, const struct tcp_end *from,
                       const struct tcp_end *local)
{
	bool known = peer_of(t, &from->ip) != NULL;
	int r = accept_opts(t, fd, &from->ip);
	struct tcp_handle *h;

	if (!t->bgp || r < 0) {
		refused(t, &from->ip, r < 0 ? tcp_error_text(r) : "not yet");
		tcp_close(fd);
		return;
	}
	h = handle_new(t, NULL, fd, false);
	h->busy++;
	h->conn = bgp_accepted(t->bgp, &from->ip, &local->ip, h, tcp_now(t));
	h->busy--;
	if (!h->conn && !known)
		refused(t, &from->ip, "no such neighbor is configured");
	if (h->conn || h->closed) /* closed while it was being greeted */
		handle_free(h);
	else
		handle_close(h);
}

static void listeners_watch(struct bgp_tcp *t, bool on)
{
	for (size_t i = 0; i < t->n_listeners; i++)
		loop_fd_want(t->listener[i].watch, on ? LOOP_READ : 0);
}

static void accept_again(void *arg)
{
	listeners_watch(arg, true);
}

/* Out of descriptors or memory.  The connection stays where it is, and its listener
 * ready: looking again at once would be all we do.  Those who wait are served when there
 * is room. */
static void accept_pause(struct bgp_tcp *t, int err)
{
	log_limited(&t->starved, LOG_LEVEL_ERR,
	            "bgp: cannot accept a connection: %s; trying again in %d ms",
	            tcp_error_text(err), TCP_ACCEPT_PAUSE_MS);
	listeners_watch(t, false);
	loop_timer_set(&t->accept_again, mono_add_ms(tcp_now(t), TCP_ACCEPT_PAUSE_MS));
}

static bool is_starved(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOBUFS || err == -ENOMEM;
}

/* Whoever floods us with connections gets as many turns as everybody else. */
static void listener_ready(void *arg, unsigned ready)
{
	struct bgp_tcp *t = arg;
	struct tcp_end from, local;
	int fd;

	for (size_t i = 0; i < t->n_listeners; i++) {
		for (int n = 0; n < TCP_ACCEPTS; n++) {
			int r = tcp_accept(t->listener[i].fd, &fd, &from, &local);

			if (is_starved(r)) {
				accept_pause(t, r);
				return;
			}
			if (r)
				break;
			accept_one(t, fd, &from, &local);
		}
	}
}

static int listen_on(struct bgp_tcp *t, const struct ip *addr, uint16_t port)
{
	int fd, r = tcp_listen(addr, port, &fd);

	if (r < 0)
		return r;
	t->listener[t->n_listeners].fd = fd;
	t->listener[t->n_listeners].afi = (enum afi)addr->afi;
	t->listener[t->n_listeners].watch =
		loop_fd_add(t->loop, fd, LOOP_READ, listener_ready, t);
	t->n_listeners++;
	return 0;
}

static int listen_all(struct bgp_tcp *t, const struct ip *addr, uint16_t port)
{
	const struct ip any4 = { .afi = AFI_IP4 }, any6 = { .afi = AFI_IP6 };
	int r;

	if (!port)
		return 0;
	if (addr->afi != AFI_NONE)
		return listen_on(t, addr, port);
	r = listen_on(t, &any4, port);
	if (r < 0)
		return r;
	r = listen_on(t, &any6, port);
	return r == -EAFNOSUPPORT ? 0 : r; /* a kernel without IPv6 */
}

int bgp_tcp_new(struct loop *loop, const struct ip *listen, uint16_t port,
                struct bgp_tcp **ret, char **ret_err)
{
	struct bgp_tcp *t = mem_new(struct bgp_tcp);
	char ip[IP_STRLEN];
	int r;

	t->loop = loop;
	list_init(&t->peers);
	list_init(&t->handles);
	loop_timer_init(&t->timer, loop, run_now, t);
	loop_timer_init(&t->accept_again, loop, accept_again, t);
	r = listen_all(t, listen, port);
	if (r < 0) {
		bgp_tcp_free(t);
		if (asprintf(ret_err, "bgp: cannot listen on %s port %u: %s",
		             listen->afi == AFI_NONE ? "any address" : ip_fmt(listen, ip),
		             port, tcp_error_text(r)) < 0)
			*ret_err = NULL;
		return r;
	}
	*ret = t;
	return 0;
}

void bgp_tcp_attach(struct bgp_tcp *t, struct bgp *b)
{
	t->bgp = b;
	io_wake(t);
}

void bgp_tcp_free(struct bgp_tcp *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_listeners; i++) {
		loop_fd_del(t->listener[i].watch);
		tcp_close(t->listener[i].fd);
	}
	list_for_safe(h, &t->handles, struct tcp_handle, link)
		handle_close(h);
	list_for_safe(p, &t->peers, struct tcp_peer, link) {
		list_del(&p->link);
		free(p);
	}
	loop_timer_cancel(&t->timer);
	loop_timer_cancel(&t->accept_again);
	loop_defer_cancel(&t->run);
	loop_defer_cancel(&t->filter);
	free(t);
}
