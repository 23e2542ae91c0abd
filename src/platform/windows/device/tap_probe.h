/* A look at a TAP adapter that is not used. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_TAP_PROBE_H
#define LP_PLATFORM_WINDOWS_DEVICE_TAP_PROBE_H

#include <stdint.h>

#include "base/failure.h"
#include "base/mac.h"

struct lp_adapter;

struct lp_tap_probe {
	uint32_t index; /* of the interface; 0: it has none now */
	uint64_t luid;
	struct lp_mac mac; /* as the driver says, and the next two as well */
	unsigned version[3];
	unsigned mtu;
	struct lp_failure failure; /* why the driver says nothing */
};

/* 0; LP_ENOTFOUND: it is disabled; LP_EINUSE, … The interface is looked up in any case. */
int lp_tap_probe(const struct lp_adapter *adapter, struct lp_tap_probe *ret_probe);

#endif
