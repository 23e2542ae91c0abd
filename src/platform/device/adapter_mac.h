/* The MAC that the system tells an adapter's driver to use at its next start. It outlives the program (Windows). */
#ifndef LP_PLATFORM_DEVICE_ADAPTER_MAC_H
#define LP_PLATFORM_DEVICE_ADAPTER_MAC_H

struct lp_failure;

/* A setting's text with its NUL, as people and programs write it: "020000000001", "02-00-00-00-00-01", or empty. */
#define LP_ADAPTER_MAC_MAX 18
/* An adapter's GUID with braces and its NUL. */
#define LP_ADAPTER_GUID_MAX 39

/* Sets |before| where the setting is still |after|; empty: the driver's own MAC. 0, also if another program has changed
   it since; LP_ENOTFOUND: there is no such adapter at the moment. */
int lp_adapter_restore_mac(const char *guid, const char *before, const char *after, struct lp_failure *failure);

#endif
