/* Queries a TAP adapter that is not in use. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_TAP_PROBE_H
#define LP_PLATFORM_WINDOWS_DEVICE_TAP_PROBE_H

#include <stdint.h>

#include "base/failure.h"
#include "base/mac.h"

struct lp_adapter;

struct lp_tap_probe {
	uint32_t index; /* of the interface; 0: none at the moment */
	uint64_t luid;
	struct lp_mac mac; /* this and the next two are as the driver reports them */
	unsigned version[3];
	unsigned mtu;
	struct lp_failure failure; /* why the driver did not answer */
};

/* 0; LP_ENOTFOUND: it is disabled; LP_EINUSE, … The fields of the interface are filled in either way. */
int lp_tap_probe(const struct lp_adapter *adapter, struct lp_tap_probe *ret_probe);

#endif
