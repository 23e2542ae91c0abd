#include "bridge/probe.h"

#include <string.h>

#include "base/cursor.h"

/* Distinguishes our probes from other experiments with this type; a version follows. */
static const uint8_t magic[8] = {'l', 'a', 'n', 'p', 'a', 'r', 't', 'y'};

#define PROBE_VERSION 1

/* Where the fields of a probe are. */
enum {
	AT_MAGIC = LP_ETHER_HEADER,
	AT_VERSION = AT_MAGIC + 8, /* and three zeros */
	AT_ROOM_NONCE = AT_VERSION + 4,
	AT_SENDER = AT_ROOM_NONCE + LP_BRIDGE_NONCE,
	AT_NUMBER = AT_SENDER + LP_BRIDGE_NONCE,
};

/* A frame of zeros, with its addresses set: from |src| to broadcast. */
static void start_frame(const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	memset(frame, 0, LP_ETHER_FRAME_MIN);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, src->octet, 6);
}

void lp_probe_write(const struct lp_probe *probe, const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	start_frame(src, frame);
	lp_be16_put(frame + 12, LP_ETHER_TYPE_EXPERIMENTAL);
	memcpy(frame + AT_MAGIC, magic, sizeof magic);
	frame[AT_VERSION] = PROBE_VERSION;
	memcpy(frame + AT_ROOM_NONCE, probe->room_nonce, sizeof probe->room_nonce);
	memcpy(frame + AT_SENDER, probe->sender, sizeof probe->sender);
	lp_be32_put(frame + AT_NUMBER, probe->number);
}

bool lp_probe_read(const uint8_t *frame, size_t len, const struct lp_ether *ether, struct lp_probe *ret_probe)
{
	struct lp_probe probe;
	if (ether->type != LP_ETHER_TYPE_EXPERIMENTAL || ether->llc != LP_LLC_NONE)
		return false;
	struct lp_reader r = lp_reader_init(frame + ether->net_offset, len - ether->net_offset);
	const uint8_t *found = lp_reader_bytes(&r, sizeof magic);
	if (!found || memcmp(found, magic, sizeof magic) != 0 || lp_reader_u8(&r) != PROBE_VERSION)
		return false;
	lp_reader_skip(&r, 3);
	lp_reader_copy(&r, probe.room_nonce, sizeof probe.room_nonce);
	lp_reader_copy(&r, probe.sender, sizeof probe.sender);
	probe.number = lp_reader_u32(&r);
	if (r.bad)
		return false;
	*ret_probe = probe;
	return true;
}

void lp_refresh_write(const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	/* Length 6: DSAP 00 (null), SSAP 01 (null, response), XID with the poll bit, and its information field. */
	static const uint8_t body[] = {0x00, 0x06, 0x00, 0x01, 0xaf, 0x81, 0x01, 0x00};
	start_frame(src, frame);
	memcpy(frame + 12, body, sizeof body);
}
