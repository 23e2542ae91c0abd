#include "filter/addresses.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define CHAINS_MIN 16U

struct lp_address {
	struct lp_address *same_hash;
	struct lp_node node; /* in the owner's list */
	struct lp_address_owner *owner;
	struct lp_addr key;
	uint64_t used_ns;   /* the last claim of the owner */
	uint64_t probed_ns; /* the owner's first probe; 0: none */
	bool leased;        /* by the LAN's DHCP server */
};

void lp_address_owner_init(struct lp_address_owner *owner)
{
	lp_list_init(&owner->addresses);
	owner->n_addresses = 0;
}

void lp_addresses_init(struct lp_addresses *addresses, const uint8_t hash_key[LP_SIPHASH_KEY], size_t max_lan)
{
	*addresses = (struct lp_addresses){.max_lan = max_lan};
	memcpy(addresses->hash_key, hash_key, sizeof addresses->hash_key);
	lp_address_owner_init(&addresses->lan);
}

static struct lp_address **chain_of(const struct lp_addresses *addresses, const struct lp_addr *key)
{
	uint64_t hash = lp_siphash(addresses->hash_key, key, sizeof *key);
	return &addresses->chains[hash & (addresses->n_chains - 1)];
}

static void link_address(struct lp_addresses *addresses, struct lp_address *address)
{
	struct lp_address **chain = chain_of(addresses, &address->key);
	address->same_hash = *chain;
	*chain = address;
}

static void forget(struct lp_addresses *addresses, struct lp_address *address)
{
	struct lp_address **link = chain_of(addresses, &address->key);
	while (*link != address)
		link = &(*link)->same_hash;
	*link = address->same_hash;
	lp_list_remove(&address->node);
	address->owner->n_addresses--;
	addresses->n_addresses--;
	free(address);
}

void lp_addresses_remove(struct lp_addresses *addresses, struct lp_address_owner *client)
{
	while (!lp_list_is_empty(&client->addresses))
		forget(addresses, LP_LIST_ELEMENT(client->addresses.next, struct lp_address, node));
}

void lp_addresses_done(struct lp_addresses *addresses)
{
	lp_addresses_remove(addresses, &addresses->lan);
	assert(addresses->n_addresses == 0);
	free(addresses->chains);
}

/* Makes space for another address: doubles the number of chains when there are as many addresses. */
static int reserve(struct lp_addresses *addresses)
{
	if (addresses->n_addresses < addresses->n_chains)
		return 0;
	struct lp_address **old = addresses->chains;
	size_t n_old = addresses->n_chains, n_chains = n_old ? n_old * 2 : CHAINS_MIN;
	struct lp_address **chains = calloc(n_chains, sizeof(struct lp_address *));
	if (!chains)
		return LP_ENOMEM;
	addresses->chains = chains;
	addresses->n_chains = n_chains;
	for (size_t i = 0; i < n_old; i++) {
		while (old[i]) {
			struct lp_address *address = old[i];
			old[i] = address->same_hash;
			link_address(addresses, address);
		}
	}
	free(old);
	return 0;
}

/* The address |key|, or NULL if it has no owner or the LAN's claim has expired. */
static struct lp_address *find(struct lp_addresses *addresses, const struct lp_addr *key, uint64_t now_ns)
{
	struct lp_address *address = addresses->n_addresses ? *chain_of(addresses, key) : NULL;
	while (address && !lp_addr_equal(&address->key, key))
		address = address->same_hash;
	if (address && address->owner == &addresses->lan && now_ns - address->used_ns > LP_ADDRESS_LAN_AGE_NS) {
		forget(addresses, address);
		address = NULL;
	}
	return address;
}

/* The address that |owner| gives up for another: the one that was not used for longest; a leased one if all are. */
static struct lp_address *oldest(const struct lp_address_owner *owner)
{
	LP_LIST_EACH(node, &owner->addresses) {
		struct lp_address *address = LP_LIST_ELEMENT(node, struct lp_address, node);
		if (!address->leased)
			return address;
	}
	return LP_LIST_ELEMENT(owner->addresses.next, struct lp_address, node);
}

/* Gives an address to |owner|, or renews the time of its use. */
static void give(struct lp_address *address, struct lp_address_owner *owner, uint64_t now_ns)
{
	lp_list_remove(&address->node);
	address->owner->n_addresses--;
	if (address->owner != owner) {
		address->leased = false;
		address->probed_ns = 0;
	}
	address->owner = owner;
	address->used_ns = now_ns;
	owner->n_addresses++;
	lp_list_append(&owner->addresses, &address->node);
}

/* Gives |key|, which is |address| if it has an owner already, to |owner|. NULL: out of memory. */
static struct lp_address *take(struct lp_addresses *addresses, struct lp_address *address,
	struct lp_address_owner *owner, const struct lp_addr *key, uint64_t now_ns)
{
	size_t max = owner == &addresses->lan ? addresses->max_lan : LP_ADDRESSES_PER_CLIENT;
	if (!address || address->owner != owner) {
		if (owner->n_addresses >= max && owner->n_addresses > 0) {
			addresses->n_forgotten += owner == &addresses->lan;
			forget(addresses, oldest(owner));
		}
	}
	if (!address) {
		if (reserve(addresses) < 0 || !(address = calloc(1, sizeof *address)))
			return NULL;
		address->key = *key;
		address->owner = owner;
		owner->n_addresses++;
		lp_list_append(&owner->addresses, &address->node);
		link_address(addresses, address);
		addresses->n_addresses++;
	}
	give(address, owner, now_ns);
	return address;
}

/* True if a probe of another station would deny |address| to its owner. */
static bool is_reserved(const struct lp_address *address, uint64_t now_ns)
{
	return address->leased || (address->probed_ns && now_ns - address->probed_ns < LP_ADDRESS_PROBE_NS);
}

/* Records a probe of |owner| for an address that is free or its own. */
static void probe(struct lp_addresses *addresses, struct lp_address *address, struct lp_address_owner *owner,
	const struct lp_addr *key, uint64_t now_ns)
{
	address = take(addresses, address, owner, key, now_ns);
	if (address && !address->probed_ns)
		address->probed_ns = now_ns;
}

struct lp_address_owner *lp_addresses_claim(
	struct lp_addresses *addresses, struct lp_address_owner *client, const struct lp_claim *claim, uint64_t now_ns)
{
	struct lp_address *address = find(addresses, &claim->address, now_ns);
	if (address && address->owner != client) {
		bool passes = claim->kind == LP_CLAIM_PROBE && !is_reserved(address, now_ns);
		return passes ? NULL : address->owner;
	}
	if (claim->kind == LP_CLAIM_PROBE)
		probe(addresses, address, client, &claim->address, now_ns);
	else
		take(addresses, address, client, &claim->address, now_ns);
	return NULL;
}

/* True if a claim of a LAN station takes |address| from the client that has it. */
static bool takes_over(const struct lp_address *address, enum lp_claim_kind kind)
{
	return kind == LP_CLAIM_USE || (kind != LP_CLAIM_PROBE && !address->leased);
}

struct lp_address_owner *lp_addresses_learn(
	struct lp_addresses *addresses, struct lp_address_owner *client, const struct lp_claim *claim, uint64_t now_ns)
{
	struct lp_address *address = find(addresses, &claim->address, now_ns);
	struct lp_address_owner *before = address ? address->owner : NULL;
	struct lp_address_owner *owner = client ? client : &addresses->lan;
	bool lease = claim->kind == LP_CLAIM_LEASE;
	if (client && !lease)
		return NULL; /* repeated for a client, which claims it itself */
	if (before && before != owner && !lease && !takes_over(address, claim->kind))
		return NULL;
	if (claim->kind == LP_CLAIM_PROBE)
		probe(addresses, address, owner, &claim->address, now_ns);
	else if ((address = take(addresses, address, owner, &claim->address, now_ns)))
		address->leased = lease || address->leased;
	return before == owner || before == &addresses->lan ? NULL : before;
}
