#include "quic/path.h"

#include <string.h>

/* To network byte order. */
static uint16_t port_to_wire(uint16_t port)
{
	uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
	uint16_t wire;
	memcpy(&wire, bytes, sizeof wire);
	return wire;
}

static uint16_t port_from_wire(uint16_t wire)
{
	uint8_t bytes[2];
	memcpy(bytes, &wire, sizeof bytes);
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Writes |addr| as a socket address of |family| (4 or 6); the wildcard address if |addr| has family 0. */
static void addr_set(ngtcp2_addr *ret_addr, ngtcp2_sockaddr_union *storage, const struct lp_addr *addr, uint8_t family)
{
	memset(storage, 0, sizeof *storage);
	if (family == 6) {
		storage->in6.sin6_family = NGTCP2_AF_INET6;
		storage->in6.sin6_port = port_to_wire(addr->port);
		if (addr->family == 6) {
			memcpy(&storage->in6.sin6_addr, addr->ip, 16);
			storage->in6.sin6_scope_id = addr->scope_id;
		}
		ret_addr->addrlen = sizeof storage->in6;
	} else {
		storage->in.sin_family = NGTCP2_AF_INET;
		storage->in.sin_port = port_to_wire(addr->port);
		if (addr->family == 4)
			memcpy(&storage->in.sin_addr, addr->ip, 4);
		ret_addr->addrlen = sizeof storage->in;
	}
	ret_addr->addr = &storage->sa;
}

static void addr_get(const ngtcp2_addr *from, struct lp_addr *ret_addr)
{
	ngtcp2_sockaddr_union storage;
	memset(ret_addr, 0, sizeof *ret_addr);
	if (!from->addr || (size_t)from->addrlen > sizeof storage)
		return;
	memset(&storage, 0, sizeof storage);
	memcpy(&storage, from->addr, from->addrlen);
	if (storage.sa.sa_family == NGTCP2_AF_INET6) {
		ret_addr->family = 6;
		memcpy(ret_addr->ip, &storage.in6.sin6_addr, 16);
		ret_addr->scope_id = storage.in6.sin6_scope_id;
		ret_addr->port = port_from_wire(storage.in6.sin6_port);
	} else if (storage.sa.sa_family == NGTCP2_AF_INET) {
		ret_addr->family = 4;
		memcpy(ret_addr->ip, &storage.in.sin_addr, 4);
		ret_addr->port = port_from_wire(storage.in.sin_port);
	}
}

void lp_path_set(ngtcp2_path_storage *ret_path, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote)
{
	addr_set(&ret_path->path.local, &ret_path->local_addrbuf, local, remote->family);
	addr_set(&ret_path->path.remote, &ret_path->remote_addrbuf, remote, remote->family);
	ret_path->path.user_data = carrier;
}

void lp_path_get(const ngtcp2_path *path, struct lp_addr *ret_local, struct lp_addr *ret_remote)
{
	static const uint8_t zero[16];
	addr_get(&path->local, ret_local);
	addr_get(&path->remote, ret_remote);
	if (memcmp(ret_local->ip, zero, sizeof zero) == 0)
		ret_local->family = 0;
}
