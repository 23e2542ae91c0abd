/* A simulated world with virtual time: hosts, the internet between them, and on each host an implementation of
   everything in platform/. Programs that are linked against platform/fake run in it unchanged, many in one process.

   The world is one schedule of events. Running it pops the next event, advances the clock to its time and calls it;
   nothing ever waits. All chance comes from one seed, so a run can be repeated exactly. The headers of platform/ name
   no host: while an event runs, the current host is the one that it belongs to, and a test that calls a program enters
   its host first (lp_host_enter()).

   The internet has a middle, and each host has a line up to it and a line down from it, with delay, jitter, loss, rate,
   queue, MTU and so on. Hosts can have a NAT. TCP connections take the lines'
   delays only, and nothing is lost on them. The simulation has no routers between and no ICMP. */
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
	uint64_t jitter_ns;     /* up to this is added; keeps the order */
	uint64_t jitter_for_ns; /* datagrams that leave within this time are late alike; 0: each by chance */
	uint64_t burst_ns; /* datagrams arrive only at multiples of this, as a radio sends in bursts; 0: at any time */
	double loss;       /* probabilities, from 0 to 1 */
	unsigned loss_run; /* so many in a row are lost, with the same probability for each; 0: one */
	double duplicate;  /* arrives twice */
	double reorder;    /* arrives reorder_ns later, behind what was sent after it */
	uint64_t reorder_ns; /* 0: 10 ms */
	double corrupt;      /* one byte is changed */
	double congestion;   /* ECN-capable datagrams are marked (RFC 3168) */
	uint64_t rate_bps;   /* 0: no limit */
	size_t queue_bytes;  /* of the queue for the rate; 0: 64 KiB */
	size_t mtu_bytes;    /* larger IP packets are dropped silently; 0: no limit */
	bool lose_runs;      /* the host's driver drops the datagrams that it gets as one message (USO) */
};

/* The fate of all datagrams. */
struct lp_world_counters {
	uint64_t sent, delivered;
	uint64_t lost;        /* by chance */
	uint64_t queue_lost;  /* by a full queue of a line or a socket */
	uint64_t too_big;     /* by an MTU of a line */
	uint64_t unreachable; /* no such host, port or mapping; host offline */
	uint64_t refused;     /* by the sending host: beyond its MTU, or from a foreign address */
};

int lp_world_new(uint64_t seed, struct lp_world **ret_world);
/* Everything that runs on its hosts must have been freed before. NULL is fine. */
void lp_world_free(struct lp_world *world);
uint64_t lp_world_now_ns(const struct lp_world *world);
/* The world's random source, for tests that depend on the seed alone. */
struct lp_dice *lp_world_dice(struct lp_world *world);
const struct lp_world_counters *lp_world_counters(const struct lp_world *world);
/* Runs all events up to and including |until_ns|, and advances the clock to it. */
void lp_world_run_until(struct lp_world *world, uint64_t until_ns);
/* Runs until |more|, called after each event, returns false, or until |until_ns|. True if |more| ended it. */
bool lp_world_run_while(struct lp_world *world, bool (*more)(void *ctx), void *ctx, uint64_t until_ns);
/* Adds a name that hosts can resolve, or another address of an existing name. */
void lp_world_add_name(struct lp_world *world, const char *name, const struct lp_addr *addr);
/* Removes all names. */
void lp_world_clear_names(struct lp_world *world);

/* Adds a host with an address (IPv4 or IPv6, as text). The world frees it. */
struct lp_host *lp_world_add_host(struct lp_world *world, const char *name, const char *ip);
/* Makes it the current host: the code that is called next runs on it. */
void lp_host_enter(struct lp_host *host);
/* Sets the host's address of this family, and notifies its netwatch. */
void lp_host_set_ip(struct lp_host *host, const char *ip);
/* The same, but the previous address stays usable until the next change. */
void lp_host_add_ip(struct lp_host *host, const char *ip);
/* Removes the host's address of a family (4 or 6). */
void lp_host_remove_ip(struct lp_host *host, uint8_t family);
/* Puts the host behind a NAT with an outer address. A mapping expires after |timeout_ns| without a datagram from the
   inside (0: never). */
void lp_host_set_nat(struct lp_host *host, const char *outer_ip, uint64_t timeout_ns);
/* What a NAT's mappings, or its filter for datagrams from outside, depend on (RFC 4787 §4.1, §5). */
enum lp_nat_kind {
	LP_NAT_INDEPENDENT,      /* a port has one mapping; anyone may send to it */
	LP_NAT_ADDRESS,          /* one for each remote address; those that the host has sent to */
	LP_NAT_ADDRESS_AND_PORT, /* one for each remote address and port */
};
/* Sets the kind of the host's NAT; initially both are independent. */
void lp_host_set_nat_kind(struct lp_host *host, enum lp_nat_kind mapping, enum lp_nat_kind filter);
/* Drops what the host sends to this address, whatever the port, and what comes from there; NULL: nothing. */
void lp_host_block(struct lp_host *host, const struct lp_addr *addr);
/* How the NAT serves hosts with the same outer address. |hairpin|: what one of them sends to an outer address of
   another arrives (RFC 4787 §6); initially true. |lan|: they are in one network and reach each other's inner addresses;
   initially false, as behind the NAT of a provider. */
void lp_host_set_nat_inside(struct lp_host *host, bool hairpin, bool lan);
/* Drops the NAT's mappings: the next datagrams get other outer ports. */
void lp_host_rebind(struct lp_host *host);
void lp_host_set_lines(struct lp_host *host, const struct lp_line *up, const struct lp_line *down);
/* The MTU of the host's interface, IP bytes: sending larger datagrams fails. Initially 1500. */
void lp_host_set_mtu(struct lp_host *host, size_t mtu_bytes);
/* Pulls or plugs the cable. The host does not notice. */
void lp_host_set_offline(struct lp_host *host, bool offline);
/* Delivers a signal to the programs that handle it. */
void lp_host_signal(struct lp_host *host, enum lp_signal signal);
/* Sends a datagram from the host's address and |port|. */
void lp_host_send_raw(struct lp_host *host, uint16_t port, const struct lp_addr *to, const uint8_t *data, size_t len);
/* Suspends the host's programs for |pause_ns|, like a sleeping laptop: timers expire late, and the socket buffers fill.
 */
void lp_host_pause(struct lp_host *host, uint64_t pause_ns);
/* Calls |seen| for every datagram that leaves the host; |data| is valid until the call returns. NULL: stops that. */
void lp_host_watch(struct lp_host *host,
	void (*seen)(void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len), void *ctx);

/* Makes calls that read or write files, routes or interface settings fail with |code|: the next |n_good| succeed, then
   |n_bad| fail, and all later ones succeed. */
void lp_host_fail_calls(struct lp_host *host, uint64_t n_good, uint64_t n_bad, int code);
/* The number of such calls since lp_host_fail_calls(). */
uint64_t lp_host_calls(struct lp_host *host);

#endif
