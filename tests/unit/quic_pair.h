/* A relay and a member, connected by a wire. */
#ifndef LP_TEST_QUIC_PAIR_H
#define LP_TEST_QUIC_PAIR_H

#include "quic_wire.h"

#define PAIR_NAME "relay.test"

struct pair {
	struct wire wire;
	struct wire_node server, client;
	struct lp_tls *server_tls, *client_tls;
	uint8_t *cert;
	size_t cert_len;
	struct lp_quic_conn *at_server, *at_client; /* after pair_connect() */
};

/* Creates both ends; the member pins |pin|, or the relay's own certificate if NULL. */
struct pair *pair_new(const char *name, int64_t unix_s, const uint8_t *pin, size_t pin_len);
/* Creates both ends with the usual name, at a time when the certificate is valid. */
struct pair *pair_today(void);
void pair_start(struct pair *pair);
/* Connects, and waits until PMTUD has finished. */
void pair_connect(struct pair *pair);
void pair_free(struct pair *pair);
/* Sends a DATAGRAM of |len| bytes that begins with 0x10 and a number. Returns the endpoint's result. */
int pair_send(struct wire_node *from, struct lp_quic_conn *conn, size_t len, unsigned number);

#endif
