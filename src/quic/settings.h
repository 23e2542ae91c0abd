/* ngtcp2's settings and transport parameters for a new connection. */
#ifndef LP_QUIC_SETTINGS_H
#define LP_QUIC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_config;

#define LP_SETTINGS_PROBES 24

/* Settings with the list of path MTU probes that they point to. */
struct lp_settings {
	ngtcp2_settings settings;
	uint16_t probes[LP_SETTINGS_PROBES];
};

/* The largest UDP payload that an endpoint with this configuration sends. */
size_t lp_settings_max_payload(const struct lp_quic_config *config);
/* Settings of a connection that starts now towards an address of |family| (4 or 6). |ret_settings| must outlive the
   call that makes the connection. */
void lp_settings_fill(struct lp_settings *ret_settings, const struct lp_quic_config *config, uint8_t family,
	bool server, uint64_t now_ns);
/* Transport parameters without what belongs to one connection. */
void lp_settings_params(ngtcp2_transport_params *ret_params, const struct lp_quic_config *config, bool server);

#endif
