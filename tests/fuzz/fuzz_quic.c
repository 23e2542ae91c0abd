/* A server's endpoint between a hostile network and a hostile member. The input is a script: raw datagrams, time that
   passes, bits that flip on the wire, and bytes that a member changes in its packets before it seals them, so that they
   pass decryption. Nothing may crash, loop or leak. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/quic_wire.h"
#include "base/units.h"
#include "quic/aead/aead.h"
#include "quic/endpoint_state.h"
#include "quic/tls/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NAME "fuzz.test"

/* The script and the read position. */
struct script {
	const uint8_t *at, *end;
};

/* A member's AEAD that changes the plaintext before it seals it. */
struct hostile {
	struct lp_aead aead;
	struct lp_aead *real;
	uint8_t edits[64]; /* pairs of an offset and the byte to write there */
	size_t n_edits;
};

/* One of its keys. */
struct hostile_key {
	struct lp_aead_key key;
	struct lp_aead_key *real;
	struct hostile *owner;
};

static uint8_t next_byte(struct script *script)
{
	return script->at < script->end ? *script->at++ : 0;
}

static int hostile_seal(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	struct hostile_key *mine = (struct hostile_key *)key;
	struct hostile *owner = mine->owner;
	memmove(dest, data, len);
	for (size_t i = 0; i + 1 < owner->n_edits && len > 0; i += 2)
		dest[owner->edits[i] % len] = owner->edits[i + 1];
	owner->n_edits = 0;
	return mine->real->seal(mine->real, dest, dest, len, nonce, aad, aad_len);
}

static int hostile_open(struct lp_aead_key *key, uint8_t *dest, const uint8_t *data, size_t len,
	const uint8_t nonce[LP_AEAD_NONCE], const uint8_t *aad, size_t aad_len)
{
	struct hostile_key *mine = (struct hostile_key *)key;
	return mine->real->open(mine->real, dest, data, len, nonce, aad, aad_len);
}

static void hostile_key_free(struct lp_aead_key *key)
{
	struct hostile_key *mine = (struct hostile_key *)key;
	lp_aead_key_free(mine->real);
	free(mine);
}

static int hostile_packet_key(const struct lp_aead *aead, const uint8_t raw[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	union {
		const struct lp_aead *from;
		struct hostile *to;
	} owner = {.from = aead};
	struct hostile_key *key = calloc(1, sizeof *key);
	assert(key);
	key->owner = owner.to;
	key->key = (struct lp_aead_key){.seal = hostile_seal, .open = hostile_open, .free = hostile_key_free};
	int rv = owner.to->real->packet_key(owner.to->real, raw, &key->real);
	assert(rv == 0);
	*ret_key = &key->key;
	return rv;
}

static int hostile_header_key(const struct lp_aead *aead, const uint8_t raw[LP_AEAD_KEY], struct lp_aead_key **ret_key)
{
	const struct hostile *owner = (const struct hostile *)aead;
	return owner->real->header_key(owner->real, raw, ret_key);
}

static void hostile_free(struct lp_aead *aead)
{
	lp_aead_free(((struct hostile *)aead)->real);
}

/* Sends a raw datagram to the server, from the member's address or another. */
static void send_raw(struct wire *wire, struct script *script, bool long_header)
{
	uint8_t raw[1500] = {0};
	struct lp_addr from = wire->nodes[1]->ports[0].public;
	size_t n = next_byte(script), len = n;
	for (size_t i = 0; i < n; i++)
		raw[i] = next_byte(script);
	if (long_header) {
		len = 1200;
		raw[0] |= 0xc0;
		memcpy(raw + 1, "\0\0\0\1\10", 5);
	}
	if (raw[3] & 1)
		from.ip[3] = 99;
	wire_inject(wire, &from, &wire->nodes[0]->ports[0].public, raw, len);
}

/* One step of the script. */
static void step(struct wire *wire, struct script *script, struct hostile *hostile)
{
	struct wire_node *server = wire->nodes[0], *client = wire->nodes[1];
	struct lp_quic_conn *conn = client->n_conns ? client->conns[0] : NULL;
	static uint8_t body[4096];
	struct lp_bytes part = {.data = body, .len = 1 + next_byte(script) * 4u};
	body[0] = 0x10;
	switch (next_byte(script) % 12) {
	case 0:
		send_raw(wire, script, false);
		break;
	case 1:
		send_raw(wire, script, true);
		break;
	case 2:
		wire_run(wire, next_byte(script) * LP_MS);
		break;
	case 3:
		wire_run(wire, next_byte(script) * (LP_SEC / 4));
		break;
	case 4:
		hostile->n_edits = next_byte(script) % sizeof hostile->edits;
		for (size_t i = 0; i < hostile->n_edits; i++)
			hostile->edits[i] = next_byte(script);
		break;
	case 5:
		if (conn)
			(void)lp_quic_send_datagram(conn, &part, 1, wire->now_ns);
		break;
	case 6:
		if (conn)
			(void)lp_quic_send_control(conn, part.data, part.len);
		break;
	case 7:
		if (server->n_conns)
			(void)lp_quic_send_datagram(server->conns[0], &part, 1, wire->now_ns);
		break;
	case 8:
		client->ports[0].public.port = (uint16_t)(5000 + next_byte(script));
		break;
	case 9:
		wire->loss_ppm = next_byte(script) * 2000u;
		wire->payload_max = next_byte(script) % 2 ? 1200u + next_byte(script) : 0;
		break;
	case 10:
		if (server->n_conns && next_byte(script) % 8 == 0)
			lp_quic_close(server->conns[0], LP_QUIC_APP_MALFORMED, "enough");
		break;
	default:
		wire_flush(client);
		wire_flush(server);
	}
}

/* Flips a bit in the member's packets occasionally. */
static void flip(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	struct script *script = wire->tap_ctx;
	uint8_t copy[1500];
	size_t len = msg->segment_bytes ? msg->segment_bytes : msg->len;
	if (from != wire->nodes[1] || len > sizeof copy || next_byte(script) % 8 != 1)
		return;
	memcpy(copy, msg->data, len);
	copy[next_byte(script) % len] ^= next_byte(script);
	wire_inject(wire, &from->ports[0].public, &msg->remote, copy, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct lp_tls *server_tls, *client_tls;
	static struct wire_node server, client;
	static struct hostile hostile;
	struct wire wire;
	struct script script = {.at = data, .end = data + len};
	if (!server_tls) {
		uint8_t *cert;
		size_t cert_len;
		server_tls = wire_server_tls(NAME, (int64_t)time(NULL), &cert, &cert_len);
		if (lp_tls_client_new(cert, cert_len, NULL, &client_tls) < 0)
			abort();
		free(cert);
	}
	if (len == 0)
		return 0;
	wire_init(&wire, *data);
	wire_node_init(&server, &wire, server_tls, true, 1);
	wire_node_init(&client, &wire, client_tls, false, 2);
	server.config.max_handshakes = *data % 4 ? 100 : 0;
	client.config.aead = LP_QUIC_AEAD_HELPER;
	wire_node_start(&server);
	wire_node_start(&client);
	hostile = (struct hostile){.aead = {.name = "hostile",
					   .packet_key = hostile_packet_key,
					   .header_key = hostile_header_key,
					   .free = hostile_free}};
	if (lp_aead_new(&hostile.real) < 0)
		abort();
	client.endpoint->env.aead = &hostile.aead;
	wire.tap = flip;
	wire.tap_ctx = &script;
	if (*data % 8 != 7)
		(void)wire_connect(&client, &server, NAME);
	while (script.at < script.end)
		step(&wire, &script, &hostile);
	wire_run(&wire, 40 * LP_SEC);
	/* At the end, exactly the live connections are counted. */
	assert(server.n_ready == server.n_conns + server.n_closed);
	assert(lp_quic_conn_count(server.endpoint) == server.n_conns);
	wire_node_stop(&server);
	wire_node_stop(&client);
	wire_done(&wire);
	return 0;
}
