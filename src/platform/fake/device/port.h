/* The far side of a host's network device, for tests: frames that the program sends come out of it, and frames put into
   it reach the program. A TAP creates its port when it is opened; a wired interface exists before a packet socket opens
   it. */
#ifndef LP_PLATFORM_FAKE_DEVICE_PORT_H
#define LP_PLATFORM_FAKE_DEVICE_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mac.h"
#include "proto/offload.h"

struct lp_failure;
struct lp_host;
struct lp_port;

/* A frame that a program sent; valid until the call returns. */
typedef void (*lp_port_sink_fn)(void *ctx, const struct lp_frame *frame);

/* The port of that name, created if necessary. It lives as long as the world. */
struct lp_port *lp_host_port(struct lp_host *host, const char *name);
/* Makes the port a wired interface that packet sockets can open. */
void lp_port_set_wired(struct lp_port *port, const struct lp_mac *mac, unsigned mtu, bool wireless);
/* Receives the frames that come out; NULL: they are dropped. */
void lp_port_set_sink(struct lp_port *port, lp_port_sink_fn sink, void *ctx);
/* The super-frames that the device accepts: a bit for each enum lp_gso; initially 0. */
void lp_port_set_takes(struct lp_port *port, unsigned gso_bits);
/* Puts a frame in, as the system or the cable would. False if the device is not open, is down, or its queue is full. */
bool lp_port_put(struct lp_port *port, const struct lp_frame *frame);
/* Breaks the device: its owner gets an error. */
void lp_port_break(struct lp_port *port);

bool lp_port_is_open(const struct lp_port *port);
/* True if it is open and up. */
bool lp_port_is_up(const struct lp_port *port);
unsigned lp_port_mtu(const struct lp_port *port);
/* The number of frames that wait for the program. */
size_t lp_port_waiting(const struct lp_port *port);

#endif
