#include "platform/device/sniffer.h"

#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"

int lp_sniffer_open(const char *device, struct lp_failure *failure, struct lp_sniffer **ret_sniffer)
{
	(void)device;
	(void)ret_sniffer;
	return lp_fail(failure, LP_EUNSUPPORTED, "Windows lets only the client itself read the adapter's frames");
}

void lp_sniffer_close(struct lp_sniffer *sniffer)
{
	(void)sniffer;
}

void lp_sniffer_mac(const struct lp_sniffer *sniffer, struct lp_mac *ret_mac)
{
	(void)sniffer;
	*ret_mac = (struct lp_mac){0};
}

int lp_sniffer_send(struct lp_sniffer *sniffer, const uint8_t *frame, size_t len)
{
	(void)sniffer;
	(void)frame;
	(void)len;
	return LP_EUNSUPPORTED;
}

int lp_sniffer_next(struct lp_sniffer *sniffer, uint8_t *frame, size_t size, uint64_t timeout_ns)
{
	(void)sniffer;
	(void)frame;
	(void)size;
	(void)timeout_ns;
	return 0;
}
