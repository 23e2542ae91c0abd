#include "filter/view.h"

#include "base/error.h"

const struct lp_ip *lp_view_ip(struct lp_view *view)
{
	if (view->fault != LP_ETHER_OK)
		return NULL;
	if (!view->has_ip) {
		view->has_ip = true;
		view->packet = view->frame + view->ether.net_offset;
		/* To the end of the frame, not of the 802.3 length in front of SNAP: some receivers ignore that length
		   (CVE-2021-27861). */
		view->packet_len = view->len - view->ether.net_offset;
		view->ip_result = lp_ip_parse(view->packet, view->packet_len, &view->ip);
		if (view->ip_result == 0 && view->ip.version != (view->ether.type == LP_ETHER_TYPE_IPV6 ? 6 : 4))
			view->ip_result = LP_EMALFORMED;
	}
	return view->ip_result == 0 ? &view->ip : NULL;
}
