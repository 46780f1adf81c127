/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgpbench.h"

void session_fault(const struct session *s, const char *what)
{
	bench.errors++;
	if (!bench.first_error[0])
		snprintf(bench.first_error, sizeof bench.first_error, "%s: %s", s->name,
		         what);
	if (bench.verbose && bench.errors < 20)
		fprintf(stderr, "bgpbench: %s: %s\n", s->name, what);
}
/* ---- what receivers learn ---- */

static void set_owner(struct session *s, uint32_t i, uint8_t o)
{
	uint8_t old = s->owner[i];
	if (old == o)
		return;
	s->match += (o == bench.want[i]) - (old == bench.want[i]);
	s->reach += (o != 0) - (old != 0);
	s->owner[i] = o;
}

static void on_reach(void *ctx, uint32_t i, unsigned sender)
{
	struct session *s = ctx;
	set_owner(s, i, sender + 1);
	if (!s->seen[i] && s->st.med >> MED_GEN_SHIFT == bench.plan.gen) {
		s->seen[i] = 1;
		s->nseen++;
	}
}

static void on_unreach(void *ctx, uint32_t i)
{
	set_owner(ctx, i, 0);
}

/* Change the truth about one route. */
void session_set_want(uint32_t i, uint8_t o)
{
	uint8_t old = bench.want[i];
	bench.want[i] = o;
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		bench.ses[k].match +=
			(bench.ses[k].owner[i] == o) - (bench.ses[k].owner[i] == old);
}

static bool agrees(const struct session *s)
{
	return bench.match_phase ? s->match == bench.plan.routes
	                         : s->nseen == bench.plan.routes;
}

static bool all_agree(void)
{
	for (unsigned k = bench.nsend; k < bench.nses; k++)
		if (!bench.ses[k].done && !bench.ses[k].muted)
			return false;
	return true;
}
/* ---- sessions ---- */

static void mod_events(struct session *s)
{
	struct epoll_event ev = { .events = (s->muted ? 0 : EPOLLIN) |
		                            (s->want_out ? EPOLLOUT : 0),
		                  .data.ptr = s };
	epoll_ctl(bench.ep, EPOLL_CTL_MOD, s->fd, &ev);
}

static void set_events(struct session *s, bool out_too)
{
	if (s->want_out == out_too)
		return;
	s->want_out = out_too;
	mod_events(s);
}

void session_mute(struct session *s, bool mute)
{
	int buf = mute ? 1 : 1 << 22; /* the kernel has a floor, some 2 kB */

	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &buf, sizeof buf);
	s->muted = mute;
	mod_events(s);
}

uint64_t session_realtime(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

void session_stamp(bool on)
{
	int how = on ? SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE : 0;

	for (unsigned k = bench.nsend; k < bench.nses; k++)
		setsockopt(bench.ses[k].fd, SOL_SOCKET, SO_TIMESTAMPING, &how,
		           sizeof how);
	bench.stamped = on;
}

/* recv(), and when the last octet of it came, if that is asked for. */
static ssize_t receive(struct session *s, uint64_t *stamp)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(struct scm_timestamping))];
	} c;
	struct iovec v = { .iov_base = s->rx + s->rxlen, .iov_len = RX_SIZE - s->rxlen };
	struct msghdr m = { .msg_iov = &v,
		            .msg_iovlen = 1,
		            .msg_control = &c,
		            .msg_controllen = sizeof c };

	*stamp = 0;
	if (!bench.stamped)
		return recv(s->fd, v.iov_base, v.iov_len, MSG_DONTWAIT);
	ssize_t n = recvmsg(s->fd, &m, MSG_DONTWAIT);
	struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPING) {
		struct scm_timestamping ts;
		memcpy(&ts, CMSG_DATA(h), sizeof ts);
		*stamp = (uint64_t)ts.ts[0].tv_sec * 1000000000u + ts.ts[0].tv_nsec;
	}
	return n;
}

static void go_down(struct session *s, const char *why)
{
	if (s->state == ESTABLISHED || !bench.bringing_up) {
		s->downs++;
		session_fault(s, why);
	} else if (bench.verbose) {
		fprintf(stderr, "bgpbench: %s: retry: %s\n", s->name, why);
	}
	close(s->fd);
	s->fd = -1;
	s->state = DOWN;
	s->rxlen = 0;
	s->tx.len = s->tx.off = 0;
	s->next_try = bench_now() + 50000000u;
}

void session_flush(struct session *s)
{
	while (s->tx.off < s->tx.len) {
		size_t n = s->tx.len - s->tx.off;
		ssize_t w = send(s->fd, s->tx.p + s->tx.off, n > TX_CHUNK ? TX_CHUNK : n,
		                 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (w < 0) {
			if (errno == EAGAIN)
				break;
			go_down(s, "send failed");
			return;
		}
		s->tx.off += w;
		s->tx_bytes += w;
		s->last_tx = bench_now();
		if ((size_t)w == TX_CHUNK)
			break; /* let the others have a turn */
	}
	set_events(s, s->tx.off < s->tx.len);
}

static void start_connect(struct session *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = s->src };
	struct sockaddr_in d = { .sin_family = AF_INET,
		                 .sin_addr = bench.host,
		                 .sin_port = htons(bench.port) };
	int one = 1;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		bench_die("socket: %s", strerror(errno));
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof a) < 0)
		bench_die("bind %s: %s", inet_ntoa(s->src), strerror(errno));
	s->t_connect = bench_now();
	if (connect(s->fd, (struct sockaddr *)&d, sizeof d) < 0 && errno != EINPROGRESS) {
		close(s->fd);
		s->fd = -1;
		s->next_try = bench_now() + 50000000u;
		return;
	}
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT, .data.ptr = s };
	epoll_ctl(bench.ep, EPOLL_CTL_ADD, s->fd, &ev);
	s->want_out = true;
	s->state = CONNECTING;
}

static void established(struct session *s)
{
	s->state = ESTABLISHED;
	s->t_est = bench_now();
	if (s->rtc) {
		if (s->receiver)
			enc_rtc(&s->tx, &bench.plan, bench.open_opts.asn,
			        ntohl(s->src.s_addr), bench.rtc_vrfs);
		enc_eor(&s->tx, AFI_IP, SAFI_RTC);
	}
	if (s->receiver)
		enc_eor(&s->tx, plan_afi(&bench.plan), SAFI_VPN);
}

/* Returns false when the session is gone. */
static bool on_message(struct session *s, const uint8_t *m, size_t len)
{
	const uint8_t *b = m + BGP_HDR;
	const char *e = NULL;
	char text[64];
	size_t blen = len - BGP_HDR;

	switch (m[18]) {
	case MSG_OPEN: {
		uint16_t hold;
		bool as4, extmsg, rtc;
		if (s->state != OPENSENT) {
			go_down(s, "unexpected OPEN");
			return false;
		}
		e = dec_open(b, blen, bench.daemon_caps, sizeof bench.daemon_caps, &as4,
		             &extmsg, &rtc, &hold);
		if (e)
			break;
		s->as4 = as4 && bench.open_opts.as4;
		s->extmsg = extmsg && bench.open_opts.extmsg;
		s->rtc = rtc && bench.open_opts.rtc;
		enc_keepalive(&s->tx);
		s->state = OPENCONFIRM;
		break;
	}
	case MSG_KEEPALIVE:
		if (blen)
			e = "KEEPALIVE with a body";
		else if (s->state == OPENCONFIRM)
			established(s);
		break;
	case MSG_NOTIFICATION:
		snprintf(text, sizeof text, "NOTIFICATION %d/%d", blen > 0 ? b[0] : -1,
		         blen > 1 ? b[1] : -1);
		go_down(s, text);
		return false;
	case MSG_UPDATE:
		if (s->state != ESTABLISHED) {
			e = "UPDATE before Established";
		} else if (!s->receiver) {
			/* What a reflector tells a sender is its business: it
			 * is drained and counted, not judged. */
			s->st.updates++;
		} else {
			struct dec_opts o = { .plan = &bench.plan,
				              .senders = bench.nsend,
				              .as4 = s->as4,
				              .rtc = s->rtc,
				              .ibgp = !bench.ebgp };
			struct sink k = { .ctx = s,
				          .reach = on_reach,
				          .unreach = on_unreach };
			uint64_t had = s->st.reach + s->st.unreach;
			e = dec_update(&o, b, blen, &k, &s->st);
			if (!s->first && s->st.reach + s->st.unreach > had)
				s->first = s->last_rx;
		}
		break;
	}
	if (e)
		session_fault(s, e);
	return true;
}

static void on_readable(struct session *s)
{
	for (int turn = 0; turn < 4; turn++) {
		uint64_t stamp;
		ssize_t n = receive(s, &stamp);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			go_down(s, n == 0 ? "closed by the daemon" : strerror(errno));
			return;
		}
		s->last_rx = bench_now();
		s->rx_bytes += n;
		s->rxlen += n;
		size_t off = 0;
		for (;;) {
			const char *why;
			int len =
				dec_header(s->rx + off, s->rxlen - off, s->extmsg, &why);
			if (len < 0) {
				go_down(s, why);
				return;
			}
			if (len == 0)
				break;
			if (!on_message(s, s->rx + off, len))
				return;
			off += len;
		}
		memmove(s->rx, s->rx + off, s->rxlen - off);
		s->rxlen -= off;
		if (s->receiver && !s->done && s->state == ESTABLISHED && agrees(s)) {
			s->done = s->last_rx;
			s->arrived = stamp;
		}
		if (s->tx.off < s->tx.len)
			session_flush(s);
		if (s->fd < 0 || (size_t)n < RX_SIZE / 2)
			return;
	}
}

static void on_event(struct session *s, uint32_t events)
{
	if (s->state == CONNECTING) {
		int err = 0;
		socklen_t l = sizeof err;
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &l);
		if (err || (events & (EPOLLERR | EPOLLHUP))) {
			go_down(s, "connect failed");
			return;
		}
		struct open_opts o = bench.open_opts;
		o.bgp_id = ntohl(s->src.s_addr);
		o.afi = plan_afi(&bench.plan);
		enc_open(&s->tx, &o);
		s->state = OPENSENT;
		session_flush(s);
		return;
	}
	if (events & EPOLLOUT)
		session_flush(s);
	if (s->fd >= 0 && !s->muted && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		on_readable(s);
}

/* One turn of the loop, including timers. */
void session_turn(int wait_ms)
{
	static uint64_t last_timer;
	struct epoll_event ev[64];
	int n = epoll_wait(bench.ep, ev, 64, wait_ms);

	for (int k = 0; k < n; k++) {
		struct session *s = ev[k].data.ptr;
		if (s->fd >= 0)
			on_event(s, ev[k].events);
	}
	uint64_t now = bench_now();
	if (now - last_timer < 20000000u)
		return;
	last_timer = now;
	for (unsigned k = 0; k < bench.nses; k++) {
		struct session *s = &bench.ses[k];
		if (s->state == DOWN && bench.bringing_up && now >= s->next_try)
			start_connect(s);
		else if (s->state == ESTABLISHED && s->tx.off == s->tx.len &&
		         now - s->last_tx >
		                 (uint64_t)bench.open_opts.hold * 1000000000u / 4) {
			enc_keepalive(&s->tx);
			session_flush(s);
		} else if ((s->state == OPENSENT || s->state == OPENCONFIRM) &&
		           now - s->t_connect > 5000000000u) {
			go_down(s, "no answer to OPEN");
		}
	}
}

bool session_any_down(void)
{
	for (unsigned k = 0; k < bench.nses; k++)
		if (bench.ses[k].state != ESTABLISHED)
			return true;
	return false;
}

/* Bring up sessions [from, to); false on a timeout. */
bool session_bring_up(unsigned from, unsigned to)
{
	uint64_t end = bench_now() + (uint64_t)bench.timeout_s * 1000000000u;
	bench.bringing_up = true;
	for (;;) {
		bool up = true;
		for (unsigned k = from; k < to; k++)
			up = up && bench.ses[k].state == ESTABLISHED;
		if (up)
			break;
		if (bench_now() > end) {
			bench.bringing_up = false;
			return false;
		}
		session_turn(10);
	}
	bench.bringing_up = false;
	for (unsigned k = from; k < to; k++)
		if (bench.ses[k].tx.off < bench.ses[k].tx.len)
			session_flush(&bench.ses[k]);
	return true;
}

/* Run until every receiver agrees; false on a timeout or a lost session. */
bool session_run_until(uint64_t end)
{
	while (!all_agree()) {
		if (bench_now() > end || session_any_down())
			return false;
		session_turn(100);
	}
	return true;
}

static bool all_sent(void)
{
	for (unsigned k = 0; k < bench.nsend; k++) {
		if (bench.ses[k].tx.len > bench.ses[k].tx.off)
			return false;
	}
	return true;
}

bool session_run_sent(uint64_t end)
{
	while (!all_sent()) {
		if (bench_now() > end || session_any_down())
			return false;
		session_turn(100);
	}
	return true;
}

void session_pump(unsigned ms)
{
	uint64_t end = bench_now() + ms * UINT64_C(1000000);
	for (uint64_t t; (t = bench_now()) < end;)
		session_turn((end - t) / 1000000 + 1);
}
