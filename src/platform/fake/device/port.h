/* The other side of a host's network device: what the system sends comes out of it, and what is put in the system
   sees. A TAP makes its port when it is opened; a wired interface is there before a packet socket opens it. */
#ifndef LP_PLATFORM_FAKE_DEVICE_PORT_H
#define LP_PLATFORM_FAKE_DEVICE_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mac.h"
#include "proto/offload.h"

struct lp_failure;
struct lp_host;
struct lp_port;

/* A frame that a program gave to its device; valid until the call returns. */
typedef void (*lp_port_sink_fn)(void *ctx, const struct lp_frame *frame);

/* The port of that name, made if the host has none. It lives as long as the world. */
struct lp_port *lp_host_port(struct lp_host *host, const char *name);
/* Makes it a wired interface that packet sockets can open. */
void lp_port_set_wired(struct lp_port *port, const struct lp_mac *mac, unsigned mtu, bool wireless);
/* Who gets the frames that come out; NULL: nobody. */
void lp_port_set_sink(struct lp_port *port, lp_port_sink_fn sink, void *ctx);
/* Which super-frames the device takes: a bit for each enum lp_gso; 0 at first. */
void lp_port_set_takes(struct lp_port *port, unsigned gso_bits);
/* Puts a frame in, as the system or the cable would. False if nobody has the device open, it is down, or too much
   waits already. */
bool lp_port_put(struct lp_port *port, const struct lp_frame *frame);
/* The device breaks: its owner hears of it. */
void lp_port_break(struct lp_port *port);

bool lp_port_is_open(const struct lp_port *port);
/* True if the system would use it: open and brought up. */
bool lp_port_is_up(const struct lp_port *port);
unsigned lp_port_mtu(const struct lp_port *port);
/* Frames that wait for the program. */
size_t lp_port_waiting(const struct lp_port *port);

#endif
