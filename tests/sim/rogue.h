/* A member or a relay that violates the protocol: a real QUIC connection on which a test sends arbitrary bytes. */
#ifndef LP_TESTS_SIM_ROGUE_H
#define LP_TESTS_SIM_ROGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "carrier/udp.h"
#include "quic/endpoint.h"

struct lp_host;
struct lp_loop;
struct lp_timer;
struct party;

struct rogue {
	struct party *party;
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_carrier_udp udp;
	struct lp_timer *timer;
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_conn *conn; /* NULL: not ready, or closed */
	int first_byte;            /* of the first destination connection ID; negative: the next long header has it */
	bool ready, closed;
	struct lp_quic_close why; /* once closed */
	uint8_t said[4096];       /* the first bytes received on the control stream */
	size_t n_said;
	uint64_t n_datagrams; /* number of bytes received */
};

/* Connects to the party's relay from its own host and waits until the handshake is complete. */
void rogue_open(struct rogue *rogue, struct party *party, const char *ip);
/* Accepts the next member's connection instead of the party's relay, which must not run. */
void rogue_listen(struct rogue *rogue, struct party *party);
/* True if the text is in a message that it received. */
bool rogue_received(const struct rogue *rogue, const char *text);
void rogue_close(struct rogue *rogue);
/* Sends bytes on the control stream, or a DATAGRAM. No effect on a closed connection. */
void rogue_say(struct rogue *rogue, const void *data, size_t len);
void rogue_datagram(struct rogue *rogue, const void *data, size_t len);
/* Sends a well-formed message: its length and |json|. */
void rogue_say_json(struct rogue *rogue, const char *json);
/* Joins room LAN as a client with the MAC 02:66:00:00:00:|last|; true if it received a welcome. */
bool rogue_join(struct rogue *rogue, unsigned last);

#endif
