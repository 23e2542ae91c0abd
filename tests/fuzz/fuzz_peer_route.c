/* The direct route under any sequence of offers, probes, replies and jumps of the clock: candidates have a maximum, the
   route is one that answered, and probing ends at each moment. */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "route/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct lp_addr read_addr(struct lp_reader *r)
{
	uint8_t n = lp_reader_u8(r);
	struct lp_addr addr = {.family = n & 1 ? 4 : 6, .port = (uint16_t)(n >> 1 & 15)};
	memset(addr.ip, n >> 5, addr.family == 4 ? 4 : 16);
	return addr;
}

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_reader r = lp_reader_init(data, len);
	struct lp_route route;
	uint64_t now_ns = LP_SEC;
	uint64_t stamp = 0; /* of the last probe */
	lp_route_init(&route);
	while (lp_reader_left(&r) > 0) {
		uint8_t operation = lp_reader_u8(&r);
		struct lp_addr addrs[8];
		switch (operation % 6) {
		case 0:
			for (size_t i = 0; i < 8; i++)
				addrs[i] = read_addr(&r);
			lp_route_offer(&route, addrs, operation / 6 % 9, now_ns);
			break;
		case 1:
			addrs[0] = read_addr(&r);
			lp_route_probed(&route, &addrs[0], now_ns);
			break;
		case 2:
			addrs[0] = read_addr(&r);
			lp_route_replied(&route, &addrs[0], operation & 128 ? lp_reader_u64(&r) : stamp, now_ns);
			break;
		case 3:
			lp_route_used(&route, now_ns);
			break;
		case 4:
			now_ns += operation & 128 ? lp_reader_u32(&r) : LP_MS << operation / 6;
			break;
		case 5:
			lp_route_fail(&route, now_ns);
			break;
		}
		(void)lp_route_choose(&route, (uint64_t)operation * LP_MS, now_ns);
		unsigned n = 0;
		while (lp_route_next_probe(&route, now_ns, &stamp))
			check(++n <= LP_ROUTE_CANDIDATES_MAX);
		check(route.n_candidates <= LP_ROUTE_CANDIDATES_MAX);
		if (lp_route_current(&route))
			check(route.current < route.n_candidates && route.candidates[route.current].replied_ns != 0 &&
				lp_route_current(&route)->port != 0);
	}
	return 0;
}
