#include "quic/cc/flight.h"

#include <stdlib.h>

#include "base/units.h"

#define ROOM_MIN 32U
#define ROOM_MAX (1U << 17) /* packets: 200 Mbit/s with a second of round trip */

struct lp_cc_flight_packet {
	uint64_t sent_ns, delivered_bytes, delivered_ns, first_sent_ns;
	uint32_t bytes; /* 0: settled */
};

void lp_cc_flight_init(struct lp_cc_flight *flight)
{
	*flight = (struct lp_cc_flight){0};
}

void lp_cc_flight_done(struct lp_cc_flight *flight)
{
	free(flight->packets);
	flight->packets = NULL;
	flight->room = 0;
}

uint64_t lp_cc_flight_serial(const struct lp_cc_flight *flight)
{
	return flight->next;
}

static struct lp_cc_flight_packet *record(const struct lp_cc_flight *flight, uint64_t serial)
{
	return &flight->packets[serial & (flight->room - 1)];
}

/* Makes room for one record more. False without memory. */
static bool grow(struct lp_cc_flight *flight)
{
	size_t room = flight->room ? 2 * flight->room : ROOM_MIN;
	struct lp_cc_flight_packet *packets = room <= ROOM_MAX ? calloc(room, sizeof *packets) : NULL;
	if (!packets)
		return false;
	for (uint64_t serial = flight->oldest; serial != flight->next; serial++)
		packets[serial & (room - 1)] = *record(flight, serial);
	free(flight->packets);
	flight->packets = packets;
	flight->room = room;
	return true;
}

void lp_cc_flight_sent(struct lp_cc_flight *flight, size_t bytes, uint64_t now_ns)
{
	if (flight->next - flight->oldest == flight->room && !grow(flight)) {
		/* The oldest record gives way. */
		if (flight->room == 0) {
			flight->oldest = ++flight->next;
			return;
		}
		flight->bytes -= record(flight, flight->oldest++)->bytes;
	}
	if (flight->bytes == 0)
		flight->first_sent_ns = flight->delivered_ns = now_ns;
	*record(flight, flight->next++) = (struct lp_cc_flight_packet){
		.sent_ns = now_ns,
		.delivered_bytes = flight->delivered_bytes,
		.delivered_ns = flight->delivered_ns,
		.first_sent_ns = flight->first_sent_ns,
		.bytes = (uint32_t)bytes,
	};
	flight->bytes += bytes;
}

/* Takes a packet out of flight. NULL if it is not in there. */
static struct lp_cc_flight_packet *settle(struct lp_cc_flight *flight, uint64_t serial, size_t *ret_bytes)
{
	if (serial - flight->oldest >= flight->next - flight->oldest)
		return NULL;
	struct lp_cc_flight_packet *packet = record(flight, serial);
	if (packet->bytes == 0)
		return NULL;
	*ret_bytes = packet->bytes;
	flight->bytes -= packet->bytes;
	packet->bytes = 0;
	while (flight->oldest != flight->next && record(flight, flight->oldest)->bytes == 0)
		flight->oldest++;
	return packet;
}

bool lp_cc_flight_acked(
	struct lp_cc_flight *flight, uint64_t serial, uint64_t now_ns, struct lp_cc_flight_sample *ret_sample)
{
	size_t bytes;
	const struct lp_cc_flight_packet *packet = settle(flight, serial, &bytes);
	if (!packet)
		return false;
	flight->delivered_bytes += bytes;
	flight->delivered_ns = now_ns;
	if (packet->sent_ns > flight->first_sent_ns)
		flight->first_sent_ns = packet->sent_ns;
	uint64_t send_ns = packet->sent_ns - packet->first_sent_ns, ack_ns = now_ns - packet->delivered_ns;
	uint64_t took_ns = send_ns > ack_ns ? send_ns : ack_ns;
	uint64_t came_bytes = flight->delivered_bytes - packet->delivered_bytes;
	*ret_sample = (struct lp_cc_flight_sample){
		.rtt_ns = now_ns - packet->sent_ns,
		.rate = took_ns ? (uint64_t)((double)came_bytes * 1e9 / (double)took_ns) : 0,
		.ack_rate = ack_ns ? (uint64_t)((double)came_bytes * 1e9 / (double)ack_ns) : 0,
		.sent_ns = packet->sent_ns,
		.delivered_at_send = packet->delivered_bytes,
		.bytes = (uint32_t)bytes,
		.n_after = (unsigned)(flight->next - serial - 1),
	};
	return true;
}

size_t lp_cc_flight_lost(struct lp_cc_flight *flight, uint64_t serial)
{
	size_t bytes = 0;
	if (!settle(flight, serial, &bytes))
		return 0;
	flight->lost_bytes += bytes;
	return bytes;
}
