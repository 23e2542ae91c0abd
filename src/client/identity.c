#include "client/identity.h"

#include "app/saved_session.h"
#include "base/error.h"
#include "base/failure.h"
#include "platform/system/random.h"

/* A random unicast, locally administered MAC. */
static void random_mac(struct lp_mac *mac)
{
	lp_random_fill(mac->octet, sizeof mac->octet);
	mac->octet[0] = (uint8_t)((mac->octet[0] & 0xfc) | 0x02);
}

int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved, bool *ret_made)
{
	struct lp_saved_session saved = {0};
	struct lp_failure why;
	int result = lp_saved_session_load(path, &why, &saved);
	*ret_made = result == LP_ENOTFOUND;
	if (result == LP_ENOTFOUND) {
		random_mac(&saved.mac);
		result = lp_saved_session_save(path, &saved, failure);
	} else if (result < 0) {
		lp_fail(failure, result, "%s", why.text);
	} else if (!lp_mac_is_client(&saved.mac)) {
		result = lp_fail(failure, LP_EMALFORMED,
			"%s: \"mac\" is not a unicast, locally administered MAC address. Repair the file, or "
			"remove it to start with a new one",
			path);
	}
	if (result == 0)
		*ret_saved = saved;
	return result;
}
