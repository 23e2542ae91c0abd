/* TAP-Windows6 adapters, as the registry's class of network adapters lists them. Pure: who reads the registry is
   platform/windows. */
#ifndef LP_PLATFORM_DEVICE_ADAPTER_H
#define LP_PLATFORM_DEVICE_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

struct lp_failure;

#define LP_ADAPTERS_MAX 64

struct lp_adapter {
	char key[64];        /* of the class: "0007" */
	char component[128]; /* "tap0901", "root\\tap0901" */
	char guid[64];       /* NetCfgInstanceId, with braces */
	char name[256];      /* of the connection, as the user sees it, or empty */
	char instance[256];  /* of the device: "ROOT\\NET\\0000", or empty */
};

/* Where people get the driver, for messages. */
extern const char lp_adapter_driver_hint[];

/* True for the component of a TAP-Windows6 adapter. */
bool lp_adapter_is_tap(const char *component);
/* True if it is one that can be used: its GUID is one. */
bool lp_adapter_is_usable(const struct lp_adapter *adapter);
/* Picks the adapter that |wanted| means: a name or a GUID, with or without braces, in any case; NULL or empty: the
   first. |adapters| are TAP adapters only. 0; LP_ENOTFOUND with what there is instead. */
int lp_adapter_choose(const struct lp_adapter *adapters, size_t n_adapters, const char *wanted,
	struct lp_failure *failure, size_t *ret_index);

#endif
