/* A simulated host, for the files of platform/fake. Each part of it belongs to the file that is named with it; the
   others leave it alone. */
#ifndef LP_PLATFORM_FAKE_HOST_STATE_H
#define LP_PLATFORM_FAKE_HOST_STATE_H

#include <stdint.h>

#include "platform/fake/faults.h"
#include "platform/fake/net/internet.h"

struct lp_fake_file;
struct lp_fake_routes;
struct lp_loop;
struct lp_netwatch;
struct lp_port;
struct lp_stream_listener;
struct lp_udp;
struct lp_world;

#define LP_HOST_NAME_MAX 63

struct lp_host {
	struct lp_host *next; /* in the world's list */
	struct lp_world *world;
	char name[LP_HOST_NAME_MAX + 1];
	uint64_t paused_until_ns;
	struct lp_faults faults;
	struct lp_host_net net;               /* net/internet.c */
	struct lp_loop *loops;                /* loop/loop.c */
	struct lp_udp *sockets;               /* net/udp.c */
	struct lp_stream_listener *listeners; /* net/stream.c */
	struct lp_netwatch *netwatches;       /* net/netwatch.c */
	struct lp_fake_routes *routes;        /* net/route.c; NULL: the host has none */
	struct lp_port *ports;                /* device/port.c */
	struct lp_fake_file *files;           /* system/file.c */
};

#endif
