/* A simulated world with virtual time: hosts, the internet between them, and on each host everything that platform/
   declares. Programs linked against platform/fake run in it unchanged, many in one process.

   The headers of platform/ know no host: the world keeps one that is current. While an event runs, the current host is
   the one it happens to; whoever calls a program from outside (a test) enters its host first. */
#ifndef LP_PLATFORM_FAKE_WORLD_H
#define LP_PLATFORM_FAKE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "platform/loop/loop.h"

struct lp_dice;
struct lp_host;
struct lp_world;

/* One direction of the line between a host and the middle of the internet. All zero: a perfect line. */
struct lp_line {
	uint64_t delay_ns;
	uint64_t jitter_ns;  /* up to this is added; the order stays */
	double loss;         /* probabilities, from 0 to 1 */
	double duplicate;    /* arrives twice */
	double reorder;      /* arrives reorder_ns later, behind what was sent after it */
	uint64_t reorder_ns; /* 0: 10 ms */
	double corrupt;      /* one byte is changed */
	double congestion;   /* ECN-capable datagrams are marked (RFC 3168) */
	uint64_t rate_bps;   /* 0: no limit */
	size_t queue_bytes;  /* that wait for the rate, more is lost; 0: 64 KiB */
	size_t mtu_bytes;    /* larger IP packets are lost without a word; 0: no limit */
};

/* What became of datagrams in the whole world. */
struct lp_world_counters {
	uint64_t sent, delivered;
	uint64_t lost;        /* by chance */
	uint64_t queue_lost;  /* by a full queue of a line or a socket */
	uint64_t too_big;     /* by an MTU of a line */
	uint64_t unreachable; /* no such host, port or mapping; host offline */
	uint64_t refused; /* by the sending host: larger than its interface's MTU, an address that it does not have */
};

int lp_world_new(uint64_t seed, struct lp_world **ret_world);
/* Everything that runs on its hosts must have been freed before. NULL is fine. */
void lp_world_free(struct lp_world *world);
uint64_t lp_world_now_ns(const struct lp_world *world);
/* The world's chance, for tests that want to depend on the seed alone. */
struct lp_dice *lp_world_dice(struct lp_world *world);
const struct lp_world_counters *lp_world_counters(const struct lp_world *world);
/* Lets everything happen up to and with |until_ns|; then it is that late. */
void lp_world_run_until(struct lp_world *world, uint64_t until_ns);
/* Runs while |more| says so (asked after each event), at most until |until_ns|. True if |more| ended it. */
bool lp_world_run_while(struct lp_world *world, bool (*more)(void *ctx), void *ctx, uint64_t until_ns);
/* A name that hosts can resolve; a name that exists gets one address more. */
void lp_world_add_name(struct lp_world *world, const char *name, const struct lp_addr *addr);
/* All names are forgotten: resolving fails until they are added again. */
void lp_world_clear_names(struct lp_world *world);

/* A host of the world, with its address (IPv4 or IPv6, as text). The world frees it. */
struct lp_host *lp_world_add_host(struct lp_world *world, const char *name, const char *ip);
/* From now on the code that is called runs on this host. */
void lp_host_enter(struct lp_host *host);
/* Gives the host another address of its family, or its first one. Sockets and routes notice as they would. */
void lp_host_set_ip(struct lp_host *host, const char *ip);
/* The same, but the address that it had stays usable beside the new one, until the next change. */
void lp_host_add_ip(struct lp_host *host, const char *ip);
/* Takes the host's address of a family (4 or 6) away. */
void lp_host_remove_ip(struct lp_host *host, uint8_t family);
/* Puts the host behind a NAT with an outer address; a mapping is forgotten after |timeout_ns| of silence from the
   inside (0: never). */
void lp_host_set_nat(struct lp_host *host, const char *outer_ip, uint64_t timeout_ns);
/* The NAT forgets its mappings: the next datagrams get other outer ports. */
void lp_host_rebind(struct lp_host *host);
void lp_host_set_lines(struct lp_host *host, const struct lp_line *up, const struct lp_line *down);
/* MTU of the host's own interface, IP bytes: larger datagrams are refused when they are sent. 1500 at first. */
void lp_host_set_mtu(struct lp_host *host, size_t mtu_bytes);
/* Pulls the cable, or puts it back. The host does not notice. */
void lp_host_set_offline(struct lp_host *host, bool offline);
/* Delivers a signal to the programs that asked for it. */
void lp_host_signal(struct lp_host *host, enum lp_signal signal);
/* Sends a datagram that no program made, from the host's address and |port|. */
void lp_host_send_raw(struct lp_host *host, uint16_t port, const struct lp_addr *to, const uint8_t *data, size_t len);
/* Stops the host's programs for |pause_ns| (a suspended laptop, a stolen processor): timers come late, the socket's
   buffer fills. */
void lp_host_pause(struct lp_host *host, uint64_t pause_ns);
/* Sees every datagram that leaves the host, as sent; |data| is valid until the call returns. NULL: nobody. */
void lp_host_watch(struct lp_host *host,
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len), void *ctx);

/* Makes calls that read or write files, routes or interface settings fail with |code|: the next |n_good| succeed, then
   |n_bad| fail, and all later ones succeed. */
void lp_host_fail_calls(struct lp_host *host, uint64_t n_good, uint64_t n_bad, int code);
/* The number of such calls since lp_host_fail_calls(). */
uint64_t lp_host_calls(struct lp_host *host);

#endif
