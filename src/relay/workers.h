/* The relay's workers, one for each processor.

   Model. A worker is a complete relay (relay.h) with a loop and a thread of its own: socket, endpoint, rooms, memory.
   All workers listen on one UDP port. The system gives each datagram to the worker whose number is the first byte of
   its destination connection ID, modulo the number of workers (platform/net/udp.h). A worker's own IDs begin with its
   number. The first ID of a new connection is the member's choice, and members derive its first byte from the room code
   (lp_room_steer()), so the members of a room meet at one worker; one that guessed wrong is redirected. So a room is on
   one worker, and a frame never leaves its thread.

   What the workers share: the counts behind the limits on connections, rooms and members, which change when a member
   comes or goes and never with a frame; the certificate; the log. The first worker has the TCP port, and passes each
   stream on to the worker that its first packet names (carrier/tls/server.h). Limits on memory and on what the whole
   relay sends are divided by the number of workers. Each worker has its own connection to the directory of rooms.

   The supervisor, which is the program's first thread, has no frames: signals, status, metrics, requests of the
   operator. It asks the workers by calls into their loops and waits for them. A single worker runs in the supervisor's
   own loop, without a thread.

   Invariants. A worker's relay is used only in its thread, or while that is not running. Workers never wait for the
   supervisor or for each other, except for the short locks around shared counts. */
#ifndef LP_RELAY_WORKERS_H
#define LP_RELAY_WORKERS_H

#include <stdbool.h>

#include "ctrl/message.h"

struct lp_failure;
struct lp_log;
struct lp_loop;
struct lp_loop_calls;
struct lp_relay;
struct lp_relay_config;
struct lp_tls;
struct lp_workers;

#define LP_WORKERS_MAX 64U

struct lp_workers_config {
	unsigned n;                          /* 1 to LP_WORKERS_MAX */
	const struct lp_relay_config *relay; /* of the whole relay; copied */
	const char *state_dir;               /* of the directory of rooms */
	const struct lp_tls *tls;            /* borrowed until lp_workers_free() */
	const struct lp_log *log;            /* the same; safe for threads if n > 1 */
	struct lp_loop_calls *calls;         /* the same: into the supervisor's loop */
};

/* Creates the workers and opens the port. |loop| is the supervisor's. Errors as lp_relay_new() and
   lp_directory_open(). */
int lp_workers_new(struct lp_loop *loop, const struct lp_workers_config *config, struct lp_failure *failure,
	struct lp_workers **ret_workers);
/* Starts the threads, which inherit priority and confinement of the caller. 0 or LP_EAGAIN. */
int lp_workers_start(struct lp_workers *workers, struct lp_failure *failure);
/* Ends the threads and frees the workers. NULL is fine. */
void lp_workers_free(struct lp_workers *workers);

/* Calls |fn| for each worker's relay, in its thread, one after the other, and returns after the last. */
void lp_workers_each(struct lp_workers *workers, void (*fn)(void *ctx, struct lp_relay *relay), void *ctx);
/* The same for the worker that has room |code| alone. */
void lp_workers_at(
	struct lp_workers *workers, const char *code, void (*fn)(void *ctx, struct lp_relay *relay), void *ctx);
/* Makes all workers use the present certificate of the configuration's |tls|. */
void lp_workers_follow_certificate(struct lp_workers *workers);
/* lp_relay_drain() of all; |done| is called once, in the supervisor's loop, possibly before this returns. */
void lp_workers_drain(struct lp_workers *workers, enum lp_reason reason, void (*done)(void *ctx), void *ctx);
/* The address that they listen on. */
void lp_workers_local(const struct lp_workers *workers, struct lp_addr *ret_addr);
/* The TCP address of the first worker; port 0: none. */
void lp_workers_local_tls(const struct lp_workers *workers, struct lp_addr *ret_addr);

#endif
