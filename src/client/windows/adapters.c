#include "client/windows/adapters.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "cli/start.h"
#include "client/options.h"
#include "platform/device/adapter.h"
#include "platform/windows/device/adapter_make.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/device/tap_probe.h"

/* Prints one adapter. */
static void print(const struct lp_adapter *adapter)
{
	struct lp_tap_probe probe;
	char mac[LP_MAC_TEXT_MAX];
	int result = lp_tap_probe(adapter, &probe);
	printf("%s\n  GUID       %s\n  component  %s\n", adapter->name[0] ? adapter->name : "(without a name)",
		adapter->guid, adapter->component);
	if (probe.index)
		printf("  interface  %u, LUID 0x%llx\n", (unsigned)probe.index, (unsigned long long)probe.luid);
	if (result < 0)
		printf("  state      %s\n", probe.failure.text);
	else
		printf("  MAC        %s\n  driver     %u.%u.%u, MTU %u\n", lp_mac_format(&probe.mac, mac),
			probe.version[0], probe.version[1], probe.version[2], probe.mtu);
}

int lp_client_list_adapters(void)
{
	struct lp_adapter *adapters = calloc(LP_ADAPTERS_MAX, sizeof adapters[0]);
	size_t n = adapters ? lp_adapters_read(adapters) : 0;
	for (size_t i = 0; i < n; i++)
		print(&adapters[i]);
	if (n == 0)
		fprintf(stderr, "%s: no TAP adapter on this computer: %s\n", lp_client_program.name,
			lp_adapter_driver_hint);
	free(adapters);
	return n > 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}

/* Finds the client's own adapter. */
static bool find_own(struct lp_adapter *ret_adapter)
{
	return lp_adapter_find(LP_ADAPTER_NAME, NULL, ret_adapter) == 0;
}

/* Prints what was done. Returns the exit code. */
static int report(int result, const struct lp_failure *failure, const char *done, bool reboot)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", lp_client_program.name, failure->text);
		return LP_EXIT_FAILURE;
	}
	printf("The adapter '%s' %s.%s\n", LP_ADAPTER_NAME, done, reboot ? " Restart Windows to complete this." : "");
	return LP_EXIT_OK;
}

int lp_client_make_adapter(void)
{
	struct lp_adapter adapter;
	struct lp_failure failure = {0};
	bool reboot = false;
	if (find_own(&adapter))
		return report(0, NULL, "exists already", false);
	int result = lp_adapter_make(LP_ADAPTER_NAME, &failure, &reboot);
	return report(result, &failure, "was made", reboot);
}

int lp_client_remove_adapter(void)
{
	struct lp_adapter adapter;
	struct lp_failure failure = {0};
	bool reboot = false;
	if (!find_own(&adapter))
		return report(0, NULL, "does not exist", false);
	int result = lp_adapter_remove(&adapter, &failure, &reboot);
	return report(result, &failure, "was removed", reboot);
}
