/* A port's state, for the files of platform/fake. */
#ifndef LP_PLATFORM_FAKE_DEVICE_PORT_STATE_H
#define LP_PLATFORM_FAKE_DEVICE_PORT_STATE_H

#include "platform/fake/device/port.h"
#include "platform/fake/loop/schedule.h"

struct lp_loop;

/* A frame that waits for the program. */
struct lp_port_waiting {
	struct lp_port_waiting *next;
	struct lp_frame frame; /* |frame.data| points to |bytes| */
	uint8_t bytes[];
};

struct lp_port {
	struct lp_port *next; /* in the host's list */
	struct lp_host *host;
	char name[64];
	struct lp_mac mac;
	unsigned mtu;
	unsigned takes; /* a bit for each enum lp_gso */
	bool wired, wireless;
	bool offload; /* super-frames may come out, limited by |takes| */
	lp_port_sink_fn sink;
	void *sink_ctx;

	/* While a program has it open. */
	struct lp_loop *loop; /* NULL: not open */
	bool up, paused;
	void (*recv)(void *ctx, const struct lp_frame *frames, size_t n_frames);
	void (*error)(void *ctx, const struct lp_failure *failure);
	void *ctx;
	struct lp_event wake;
	struct lp_port_waiting *first, **last;
	size_t n_waiting;
};

void lp_port_attach(struct lp_port *port, struct lp_loop *loop,
	void (*recv)(void *ctx, const struct lp_frame *frames, size_t n_frames),
	void (*error)(void *ctx, const struct lp_failure *failure), void *ctx);
void lp_port_detach(struct lp_port *port);
/* Frames that come out. Returns how many were accepted. */
size_t lp_port_emit(struct lp_port *port, const struct lp_frame *frames, size_t n_frames);
/* Wakes the program if frames wait and it is not paused. */
void lp_port_poke(struct lp_port *port);

/* Ports outlive programs: the world frees them with the host. */
void lp_fake_ports_free(struct lp_host *host);

#endif
