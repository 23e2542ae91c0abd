/* Selects among TAP-Windows6 adapters as listed in the registry's class of network adapters. Pure; platform/windows
   reads the registry. */
#ifndef LP_PLATFORM_DEVICE_ADAPTER_H
#define LP_PLATFORM_DEVICE_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

struct lp_failure;

#define LP_ADAPTERS_MAX 64

/* The name of the adapter that the client makes for itself (--make-adapter). */
#define LP_ADAPTER_NAME "LAN Party"

struct lp_adapter {
	char key[64];        /* of the class: "0007" */
	char component[128]; /* "tap0901", "root\\tap0901" */
	char guid[64];       /* NetCfgInstanceId, with braces */
	char name[256];      /* of the connection, as the user sees it, or empty */
	char instance[256];  /* of the device: "ROOT\\NET\\0000", or empty */
};

/* How to get the driver, for messages. */
extern const char lp_adapter_driver_hint[];

/* True for the component ID of a TAP-Windows6 adapter. */
bool lp_adapter_is_tap(const char *component);
/* True if it is a TAP adapter with a valid GUID. */
bool lp_adapter_is_usable(const struct lp_adapter *adapter);
/* True if it is the client's own adapter, by its name. */
bool lp_adapter_is_own(const struct lp_adapter *adapter);
/* A known defect of a driver's version (major, minor, …), as a sentence that says what to do; NULL: none. */
const char *lp_adapter_driver_problem(const unsigned version[3]);
/* Selects the adapter that |wanted| names: a connection name or a GUID with or without braces, ignoring case; NULL or
   empty: the client's own, or else the first. |adapters| are TAP adapters only. 0; LP_ENOTFOUND, and the failure lists
   what exists. */
int lp_adapter_choose(const struct lp_adapter *adapters, size_t n_adapters, const char *wanted,
	struct lp_failure *failure, size_t *ret_index);

#endif
