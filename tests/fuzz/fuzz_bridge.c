/* A gateway's bridge with frames from both sides, members that join and leave, and jumps of the clock. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/units.h"
#include "bridge/bridge.h"
#include "bridge/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the run if an invariant is violated. */
static void check(bool ok)
{
	if (!ok)
		abort();
}

static void on_loop(void *ctx, enum lp_bridge_loop loop)
{
	(void)ctx;
	check(loop < LP_BRIDGE_LOOP_COUNT);
}

/* Takes all frames that are due. */
static void take_frames(struct lp_bridge *bridge, uint64_t now_ns)
{
	uint8_t frame[LP_ETHER_FRAME_MIN];
	size_t n = 0;
	while (lp_bridge_next_frame(bridge, now_ns, frame) != LP_BRIDGE_FRAME_NONE)
		check(!(frame[6] & 1) && ++n <= bridge->members.n + 1);
	check(lp_bridge_deadline(bridge) > now_ns);
}

/* A frame from one side; often one of our own probes. */
static void cross(struct lp_bridge *bridge, struct lp_reader *r, bool from_lan, uint64_t now_ns)
{
	uint8_t bytes[2048] = {2};
	struct lp_frame frame = {.data = bytes};
	uint8_t how = lp_reader_u8(r);
	if (how & 1) {
		frame.len = lp_reader_u16(r) % sizeof bytes;
		lp_reader_copy(r, bytes, frame.len);
	} else {
		frame.len = 14 + lp_reader_u8(r) % 64U;
		bytes[5] = lp_reader_u8(r) & 15;
		bytes[6] = 2;
		bytes[11] = lp_reader_u8(r) & 15;
		lp_reader_copy(r, bytes + 12, frame.len - 12);
	}
	if (how & 2)
		frame.offload = (struct lp_offload){.gso = LP_GSO_TCP4, .gso_size = lp_reader_u16(r), .hdr_len = how};
	enum lp_drop drop = from_lan ? lp_bridge_from_lan(bridge, &frame, now_ns)
				     : lp_bridge_from_tunnel(bridge, bytes, frame.len, now_ns);
	check(drop < LP_DROP_COUNT);
	/* Frames that crossed came from a station, and never from both sides at one time. */
	if (drop != LP_DROP_NONE)
		return;
	check(frame.len >= 14 && !(bytes[6] & 1) && memcmp(bytes, bytes + 6, 6) != 0);
	check((from_lan ? lp_bridge_from_tunnel(bridge, bytes, frame.len, now_ns)
			: lp_bridge_from_lan(bridge, &frame, now_ns)) != LP_DROP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_reader r = lp_reader_init(data, len);
	/* The interface's MAC ends in 15, the nonces are zero. */
	struct lp_bridge_config config;
	lp_bridge_config_init(&config);
	config.interface_mac = (struct lp_mac){{2, 0, 0, 0, 0, 15}};
	config.max_members = 5;
	config.max_macs = 10000;
	config.loop = on_loop;
	struct lp_bridge *bridge;
	uint64_t now_ns = LP_SEC;
	check(lp_bridge_new(&config, now_ns, &bridge) == 0);
	while (lp_reader_left(&r) > 0) {
		uint8_t operation = lp_reader_u8(&r);
		struct lp_mac mac = {{2, 0, 0, 0, 0, operation >> 4}};
		switch (operation % 8) {
		case 0:
			lp_bridge_peer_joined(bridge, operation >> 4, &mac, now_ns);
			take_frames(bridge, now_ns);
			break;
		case 1:
			lp_bridge_peer_left(bridge, operation >> 4);
			break;
		case 2:
			if (operation == 2)
				lp_bridge_peers_clear(bridge);
			break;
		case 3:
		case 4:
			cross(bridge, &r, true, now_ns);
			break;
		case 5:
			cross(bridge, &r, false, now_ns);
			break;
		case 6:
			now_ns = operation & 128 ? lp_reader_u64(&r) : now_ns + (LP_MS << operation / 8);
			now_ns &= INT64_MAX; /* the clock must not overflow */
			break;
		case 7:
			take_frames(bridge, now_ns);
			break;
		}
		check(bridge->members.n <= 5);
	}
	lp_bridge_free(bridge);
	return 0;
}
