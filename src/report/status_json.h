/* A member's status as GET /status serves it and as the command `status` prints it. Pure.

   The document is a flat struct with rows of fields: lp_status in the units that JSON carries (microseconds,
   milliseconds, text addresses), without what is internal. The program writes it, the command reads it by the same
   rows. */
#ifndef LP_REPORT_STATUS_JSON_H
#define LP_REPORT_STATUS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ctrl/message.h"
#include "ctrl/schema.h"
#include "obs/drop.h"

struct lp_failure;
struct lp_status;
struct lp_text;

/* Bytes that the text for people takes at most. */
#define LP_STATUS_PAGE_MAX ((size_t)8 << 10)

/* The document. */
struct lp_status_document {
	char version[32];
	enum lp_role role;
	char summary[32], text[LP_TEXT_MAX + 1];
	char state[32], reason[LP_TEXT_MAX + 1];
	uint64_t retry_in_ms, reconnects;
	char transport[8];
	char seen_address[LP_ADDR_TEXT_MAX];
	char relay[LP_TEXT_MAX + 1], relay_address[LP_ADDR_TEXT_MAX], local_address[LP_ADDR_TEXT_MAX];
	uint64_t rtt_us, jitter_us, loss_up_ppm, loss_down_ppm, packets_lost, datagram_budget;
	char room[LP_ROOM_CODE_MAX + 1];
	uint64_t peers, mtu, unfragmented_mtu, unfragmented_mtu_up, unfragmented_mtu_down;
	uint64_t seen_changes, lan_sent;
	bool sends_singly;
	bool gateway_present, gateway_lan_down;
	char gateway_name[LP_NAME_MAX + 1];
	uint64_t gateway_rtt_us, lan_rtt_us;
	char device[LP_TEXT_MAX + 1], device_address[LP_ADDR_TEXT_MAX], device_trouble[32];
	struct lp_mac mac;
	bool device_up;
	char network_conflict[64], broadcast_conflict[64];
	uint64_t tunnel_overflows, lan_stations, lan_stations_max;
	char dhcp_server[LP_ADDR_TEXT_MAX];
	uint64_t frames_in, frames_out, bytes_in, bytes_out, down_bps, up_bps;
	uint64_t drops[LP_DROP_COUNT], relay_drops[LP_DROP_COUNT];
	struct lp_list members; /* of struct lp_status_member, on the heap */
};

/* The document of a status, from which it borrows the members. */
void lp_status_document_fill(const struct lp_status *status, uint64_t now_ns, struct lp_status_document *ret_document);
/* Reads the document out of a JSON object; the caller frees its |members.items|. 0, or LP_EMALFORMED. */
int lp_status_document_read(
	const char *json, size_t len, struct lp_failure *failure, struct lp_status_document *ret_document);

/* The status as one JSON object, malloc'd; NULL without memory. */
char *lp_status_json(const struct lp_status *status, uint64_t now_ns);
/* Appends what such an object says as lines for people, each of at most 80 columns unless a name or a reason is long.
   0, or LP_EMALFORMED. */
int lp_status_page(const char *json, size_t len, struct lp_text *page, struct lp_failure *failure);

#endif
