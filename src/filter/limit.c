#include "filter/limit.h"

#define BYTES_PER_KBIT 125U

static const struct lp_limit_row rows[LP_LIMIT_COUNT] = {
#define X(name, wire, unit, drop, client_rate, client_burst, gateway_rate, gateway_burst, text) \
	{wire, unit, LP_DROP_##drop, {client_rate, client_burst}, {gateway_rate, gateway_burst}, text},
	LP_LIMITS(X)
#undef X
};

const struct lp_limit_row *lp_limit_row(enum lp_limit limit)
{
	return &rows[limit];
}

void lp_limits_init(struct lp_limits *limits)
{
	for (size_t i = 0; i < LP_LIMIT_COUNT; i++) {
		limits->client[i] = rows[i].client;
		limits->gateway[i] = rows[i].gateway;
	}
}

static const struct lp_rate *rates_of(const struct lp_limits *limits, enum lp_role role)
{
	return role == LP_ROLE_GATEWAY ? limits->gateway : limits->client;
}

uint32_t lp_limits_group_pps(const struct lp_limits *limits, enum lp_role role)
{
	static const enum lp_limit classes[] = {LP_LIMIT_RESERVE, LP_LIMIT_BROADCAST, LP_LIMIT_CHATTER};
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		uint32_t per_s = rates_of(limits, role)[classes[i]].per_s;
		if (per_s == 0)
			return 0;
		sum += per_s;
	}
	return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

void lp_meter_limits_init(struct lp_meter_limits *meter_limits, const struct lp_limits *limits, enum lp_role role)
{
	for (size_t i = 0; i < LP_LIMIT_COUNT; i++) {
		struct lp_rate rate = rates_of(limits, role)[i];
		uint64_t tokens = i == LP_LIMIT_TOTAL ? BYTES_PER_KBIT : 1;
		uint64_t burst = (rate.burst ? rate.burst : rate.per_s) * tokens;
		/* A bucket smaller than a frame would never let a frame through. */
		if (i == LP_LIMIT_TOTAL && burst < LP_LIMIT_TOTAL_BURST_MIN)
			burst = LP_LIMIT_TOTAL_BURST_MIN;
		lp_ratelimit_init(&meter_limits->of[i], rate.per_s * tokens, burst);
	}
}

void lp_meter_init(struct lp_meter *meter, const struct lp_meter_limits *limits)
{
	*meter = (struct lp_meter){.limits = limits};
}

/* Takes |tokens| from the bucket of |limit|. */
static bool take(struct lp_meter *meter, enum lp_limit limit, uint32_t tokens, uint64_t now_ns)
{
	return lp_bucket_take(&meter->bucket[limit], &meter->limits->of[limit], tokens, now_ns);
}

enum lp_drop lp_meter_take(struct lp_meter *meter, enum lp_limit limit, size_t len, uint64_t now_ns)
{
	if (limit != LP_LIMIT_TOTAL && !take(meter, limit, 1, now_ns))
		return rows[limit].drop;
	if (limit != LP_LIMIT_RESERVE && limit != LP_LIMIT_DHCP && !take(meter, LP_LIMIT_TOTAL, (uint32_t)len, now_ns))
		return rows[LP_LIMIT_TOTAL].drop;
	return LP_DROP_NONE;
}
