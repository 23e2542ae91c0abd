/* The doctor's own connection to the relay: how it is resolved, routed and reached, what the path carries, and what
   full upload does to the round trip. It says no hello, so it takes no slot in a room and no member is notified; what
   it sends is padding, which the relay ignores. It blocks for up to 12 seconds. */
#ifndef LP_APP_DOCTOR_PROBE_H
#define LP_APP_DOCTOR_PROBE_H

#include <stdint.h>

struct lp_doctor_facts;
struct lp_member_config;

/* Probes the first relay of |config|. |device|: the party's own adapter, which the probe must not use; may be empty. */
void lp_doctor_probe_relay(const struct lp_member_config *config, const char *device, struct lp_doctor_facts *facts);
/* Resolves a name alone, for a relay's own one. */
void lp_doctor_probe_name(const char *host, uint16_t port, struct lp_doctor_facts *facts);

#endif
