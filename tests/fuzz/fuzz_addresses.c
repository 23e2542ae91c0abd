/* Frames of two clients and of the LAN against the guard of IP addresses. A receiver that believes everything keeps the
   cache of ARP and neighbour discovery that the frames which pass would give it: an address that a LAN station has
   used is then not a client's, until a lease, a claim of the LAN or an hour changes that. The bounds hold. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "filter/addresses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CLIENTS 2U
#define LAN_MAX 6U
#define FRAME_MAX 512U
#define CLIENT_MAC(i) (UINT64_C(0x020000000000) + (i))

struct place {
	struct lp_addresses addresses;
	struct lp_address_owner client[CLIENTS];
	uint64_t now_ns;
	struct lp_addr used; /* by the LAN, last */
	uint64_t used_ns;    /* 0: never */
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The IPv4 address that a careless receiver would believe ARP of |frame|; false if it is none. */
static bool believed(const uint8_t *frame, size_t len, struct lp_addr *ret_address)
{
	static const uint8_t none[4];
	struct lp_reader r = lp_reader_init(frame, len);
	lp_reader_skip(&r, 12);
	uint16_t type = lp_reader_u16(&r);
	while (type == 0x8100 || type == 0x88a8) {
		lp_reader_skip(&r, 2);
		type = lp_reader_u16(&r);
	}
	lp_reader_skip(&r, 14);
	const uint8_t *sender = lp_reader_bytes(&r, 4);
	if (type != 0x0806 || !sender || lp_reader_left(&r) < 10 || memcmp(sender, none, sizeof none) == 0)
		return false;
	*ret_address = (struct lp_addr){.family = 4};
	memcpy(ret_address->ip, sender, 4);
	return true;
}

static void on_client(struct place *place, unsigned i, const uint8_t *frame, size_t len)
{
	struct lp_view view;
	struct lp_claim claim;
	struct lp_addr address;
	lp_view_init(&view, frame, len);
	int result = lp_claim_of_client(&view, &claim);
	check(result == 0 || result == 1 || result < 0);
	check(result != 1 || claim.station == view.src);
	bool passes = result == 0 ||
		      (result == 1 && !lp_addresses_claim(&place->addresses, &place->client[i], &claim, place->now_ns));
	if (passes && view.fault == LP_ETHER_OK && believed(frame, len, &address) && place->used_ns)
		check(!lp_addr_equal(&address, &place->used) || place->now_ns - place->used_ns > LP_ADDRESS_LAN_AGE_NS);
}

static void on_lan(struct place *place, const uint8_t *frame, size_t len)
{
	struct lp_view view;
	struct lp_claim claims[LP_CLAIMS_MAX];
	lp_view_init(&view, frame, len);
	size_t n = lp_claims_of_lan(&view, claims);
	check(n <= LP_CLAIMS_MAX);
	for (size_t i = 0; i < n; i++) {
		uint64_t station = claims[i].station - CLIENT_MAC(0);
		struct lp_address_owner *client = station < CLIENTS ? &place->client[station] : NULL;
		lp_addresses_learn(&place->addresses, client, &claims[i], place->now_ns);
		if (!client && claims[i].kind == LP_CLAIM_USE) {
			place->used = claims[i].address;
			place->used_ns = place->now_ns;
		} else if (claims[i].kind == LP_CLAIM_LEASE || lp_addr_equal(&claims[i].address, &place->used)) {
			place->used_ns = 0;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[LP_SIPHASH_KEY];
	struct lp_reader r = lp_reader_init(data, len);
	struct place place = {.now_ns = LP_SEC};
	lp_addresses_init(&place.addresses, key, LAN_MAX);
	for (unsigned i = 0; i < CLIENTS; i++)
		lp_address_owner_init(&place.client[i]);
	while (lp_reader_left(&r) > 0) {
		uint8_t frame[FRAME_MAX] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
		uint8_t operation = lp_reader_u8(&r);
		unsigned client = operation >> 2 & 1;
		if (operation % 4 == 3) { /* time passes, or a client leaves */
			if (operation & 128)
				lp_addresses_remove(&place.addresses, &place.client[client]);
			else
				place.now_ns += LP_MS << (operation >> 2);
			continue;
		}
		size_t size = lp_reader_u16(&r) % (FRAME_MAX - 12);
		frame[11] = operation % 4 == 2 ? 0x20 : (uint8_t)client;
		size_t n = size < lp_reader_left(&r) ? size : lp_reader_left(&r);
		lp_reader_copy(&r, frame + 12, n);
		if (operation % 4 == 2)
			on_lan(&place, frame, 12 + n);
		else
			on_client(&place, client, frame, 12 + n);
		check(place.addresses.lan.n_addresses <= LAN_MAX);
		for (unsigned i = 0; i < CLIENTS; i++)
			check(place.client[i].n_addresses <= LP_ADDRESSES_PER_CLIENT);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		lp_addresses_remove(&place.addresses, &place.client[i]);
	lp_addresses_done(&place.addresses);
	return 0;
}
