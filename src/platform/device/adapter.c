#include "platform/device/adapter.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"

/* Characters of a GUID without its braces. */
#define GUID_LEN 36

const char lp_adapter_driver_hint[] =
	"install OpenVPN's TAP-Windows6 driver. OpenVPN's installer for Windows, from the community downloads page of "
	"openvpn.net, contains it, and can install 'TAP-Windows6' alone";

/* Compares at most |n| bytes, ignoring the case of ASCII letters. */
static bool equal_without_case(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
			return false;
		if (a[i] == '\0')
			return true;
	}
	return true;
}

bool lp_adapter_is_tap(const char *component)
{
	return equal_without_case(component, "tap0901", SIZE_MAX) ||
	       equal_without_case(component, "root\\tap0901", SIZE_MAX);
}

/* True for {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}. */
static bool is_guid(const char *text)
{
	if (strlen(text) != GUID_LEN + 2 || text[0] != '{' || text[GUID_LEN + 1] != '}')
		return false;
	for (size_t i = 0; i < GUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i + 1] != '-' : !isxdigit((unsigned char)text[i + 1]))
			return false;
	}
	return true;
}

bool lp_adapter_is_usable(const struct lp_adapter *adapter)
{
	return lp_adapter_is_tap(adapter->component) && is_guid(adapter->guid);
}

bool lp_adapter_is_own(const struct lp_adapter *adapter)
{
	return equal_without_case(adapter->name, LP_ADAPTER_NAME, SIZE_MAX);
}

const char *lp_adapter_driver_problem(const unsigned version[3])
{
	if (version[0] == 0 || version[0] > 9 || (version[0] == 9 && version[1] >= 27))
		return NULL;
	if (version[0] == 9 && version[1] >= 24)
		return "Other programs can crash Windows through this version (CVE-2024-1305). Install TAP-Windows6 9.27 or "
		       "later";
	return "This version is out of date, and Windows may refuse to load it. Install TAP-Windows6 9.27 or later";
}

/* True if |wanted| names this adapter. */
static bool is_meant(const struct lp_adapter *adapter, const char *wanted)
{
	if (adapter->name[0] && equal_without_case(adapter->name, wanted, SIZE_MAX))
		return true;
	if (equal_without_case(adapter->guid, wanted, SIZE_MAX))
		return true;
	return strlen(wanted) == GUID_LEN && equal_without_case(adapter->guid + 1, wanted, GUID_LEN);
}

int lp_adapter_choose(const struct lp_adapter *adapters, size_t n_adapters, const char *wanted,
	struct lp_failure *failure, size_t *ret_index)
{
	if (n_adapters == 0)
		return lp_fail(failure, LP_ENOTFOUND, "no TAP adapter on this computer: %s", lp_adapter_driver_hint);
	bool any = !wanted || !*wanted;
	for (size_t i = 0; i < n_adapters; i++) {
		if (any ? !lp_adapter_is_own(&adapters[i]) : !is_meant(&adapters[i], wanted))
			continue;
		*ret_index = i;
		return 0;
	}
	if (any) {
		*ret_index = 0;
		return 0;
	}
	struct lp_text text;
	char known[256];
	lp_text_init(&text, known, sizeof known);
	for (size_t i = 0; i < n_adapters; i++)
		lp_text_addf(&text, "%s'%s'", i ? ", " : "", adapters[i].name[0] ? adapters[i].name : adapters[i].guid);
	return lp_fail(failure, LP_ENOTFOUND, "--adapter '%s': no such TAP adapter. Adapters of this computer: %s",
		wanted, known);
}
