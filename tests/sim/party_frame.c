#include "party_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party.h"
#include "platform/fake/device/port.h"

/* Layout: 14 bytes of Ethernet, 20 of IPv4, 8 of UDP, then the party's fields. */
#define IP_AT 14
#define UDP_AT 34
#define SENDER_AT 42
#define NUMBER_AT 44
#define TIME_AT 48
#define PATTERN_AT 56
/* UDP port that identifies a party's frames. */
#define PORT 27015

/* Writes a number in network byte order. */
static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

void party_frame_write(uint8_t *frame, const struct party_member *from, const struct lp_mac *to, uint32_t number,
	size_t len, uint16_t flow, uint64_t now_ns)
{
	memset(frame, 0, PATTERN_AT);
	memcpy(frame, to->octet, 6);
	memcpy(frame + 6, from->mac.octet, 6);
	put16(frame + 12, 0x0800);
	frame[IP_AT] = 0x45;
	put16(frame + IP_AT + 2, (unsigned)(len - IP_AT));
	frame[IP_AT + 8] = 64;
	frame[IP_AT + 9] = 17;
	memcpy(frame + IP_AT + 12, (uint8_t[4]){10, 1, 0, (uint8_t)(1 + from->index)}, 4);
	memcpy(frame + IP_AT + 16, (uint8_t[4]){10, 1, 0, to->octet[5]}, 4);
	uint32_t sum = 0;
	for (size_t i = IP_AT; i < UDP_AT; i += 2)
		sum += get16(frame + i);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + IP_AT + 10, ~((sum & 0xffff) + (sum >> 16)));
	put16(frame + UDP_AT, 30000U + flow);
	put16(frame + UDP_AT + 2, PORT);
	put16(frame + UDP_AT + 4, (unsigned)(len - UDP_AT));
	put16(frame + SENDER_AT, from->index);
	memcpy(frame + NUMBER_AT, &number, sizeof number);
	memcpy(frame + TIME_AT, &now_ns, sizeof now_ns);
	for (size_t i = PATTERN_AT; i < len; i++)
		frame[i] = (uint8_t)(number * 131 + i * 7 + from->index);
}

/* True if the frame is a party's. */
static bool is_party_frame(const struct lp_frame *frame)
{
	return frame->len >= PARTY_FRAME_MIN && get16(frame->data + 12) == 0x0800 &&
	       get16(frame->data + UDP_AT + 2) == PORT;
}

void party_frame_take(void *ctx, const struct lp_frame *frame)
{
	struct party_member *member = ctx;
	struct party *party = member->party;
	uint8_t expected[PARTY_FRAME_MAX];
	struct lp_mac to;
	uint32_t number;
	uint64_t sent_ns;
	if (!is_party_frame(frame))
		return;
	unsigned sender = get16(frame->data + SENDER_AT);
	memcpy(&number, frame->data + NUMBER_AT, sizeof number);
	memcpy(&sent_ns, frame->data + TIME_AT, sizeof sent_ns);
	memcpy(to.octet, frame->data, 6);
	if (sender >= party->n_members || frame->len > PARTY_FRAME_MAX || number >= party->members[sender]->n_sent) {
		party->n_corrupt++;
		return;
	}
	struct party_member *from = party->members[sender];
	party_frame_write(
		expected, from, &to, number, frame->len, (uint16_t)(get16(frame->data + UDP_AT) - 30000U), sent_ns);
	if (get16(frame->data + IP_AT + 2) != frame->len - IP_AT || memcmp(expected, frame->data, frame->len) != 0) {
		party->n_corrupt++;
		return;
	}
	bool for_us = lp_mac_is_group(&to) || lp_mac_equal(&to, &member->mac);
	if (!for_us && member->role == LP_ROLE_GATEWAY)
		return; /* unknown unicast is forwarded to the LAN */
	if (from == member || strcmp(from->room, member->room) != 0 || !for_us) {
		party->n_astray++;
		return;
	}
	struct party_arrivals **arrivals = &member->from[sender];
	if (!*arrivals && !(*arrivals = calloc(1, sizeof **arrivals)))
		abort();
	uint8_t bit = (uint8_t)(1U << number % 8);
	if ((*arrivals)->seen[number / 8] & bit) {
		party->n_twice++;
		return;
	}
	(*arrivals)->seen[number / 8] |= bit;
	(*arrivals)->n++;
	(*arrivals)->last_ns = lp_world_now_ns(party->world);
	(*arrivals)->latency_ns = (*arrivals)->last_ns - sent_ns;
	if (member->on_frame)
		member->on_frame(member, from, number, (*arrivals)->latency_ns);
}

uint32_t party_send(struct party_member *from, const struct party_member *to, size_t len, uint16_t flow)
{
	static const struct lp_mac broadcast = {{255, 255, 255, 255, 255, 255}};
	uint8_t data[PARTY_FRAME_MAX];
	uint32_t number = from->n_sent++;
	if (number >= PARTY_FRAMES_MAX) {
		fprintf(stderr, "party: too many frames\n");
		abort();
	}
	party_frame_write(
		data, from, to ? &to->mac : &broadcast, number, len, flow, lp_world_now_ns(from->party->world));
	if (!lp_port_put(from->port, &(struct lp_frame){.data = data, .len = len}))
		from->n_refused++;
	return number;
}

bool party_arrived(const struct party_member *from, const struct party_member *to, uint32_t number)
{
	const struct party_arrivals *arrivals = to->from[from->index];
	return arrivals && (arrivals->seen[number / 8] & 1U << number % 8);
}

uint64_t party_count(const struct party_member *from, const struct party_member *to)
{
	const struct party_arrivals *arrivals = to->from[from->index];
	return arrivals ? arrivals->n : 0;
}
