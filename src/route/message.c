#include <string.h>

#include "route/route.h"

#define TO_AT 1
#define FROM_AT (TO_AT + LP_LINK_PREFIX_BYTES)
#define STAMP_AT (FROM_AT + LP_LINK_PREFIX_BYTES)
#define TAG_AT (STAMP_AT + 8)

static void put_u64(uint8_t *at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *at)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

void lp_route_write(const struct lp_route_message *message, const uint8_t key[LP_SIPHASH_KEY],
	uint8_t ret_data[LP_ROUTE_MESSAGE_BYTES])
{
	ret_data[0] = (uint8_t)message->kind;
	memcpy(ret_data + TO_AT, message->to, sizeof message->to);
	memcpy(ret_data + FROM_AT, message->from, sizeof message->from);
	put_u64(ret_data + STAMP_AT, message->stamp);
	put_u64(ret_data + TAG_AT, lp_siphash(key, ret_data, TAG_AT));
}

void lp_route_read(const uint8_t data[LP_ROUTE_MESSAGE_BYTES], struct lp_route_message *ret_message)
{
	ret_message->kind = data[0];
	memcpy(ret_message->to, data + TO_AT, sizeof ret_message->to);
	memcpy(ret_message->from, data + FROM_AT, sizeof ret_message->from);
	ret_message->stamp = get_u64(data + STAMP_AT);
}

bool lp_route_verify(const uint8_t data[LP_ROUTE_MESSAGE_BYTES], const uint8_t key[LP_SIPHASH_KEY])
{
	return get_u64(data + TAG_AT) == lp_siphash(key, data, TAG_AT);
}
