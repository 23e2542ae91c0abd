/* What a relay tells its operator: rooms, peers and counters as JSON, as a table, and in Prometheus' text format. */
#ifndef LP_RELAY_STATUS_H
#define LP_RELAY_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct lp_failure;
struct lp_relay;

/* The state of the relay as one JSON object, malloc'd, the caller's to free; NULL without memory. Room codes and
   names of members are in it: it is for the operator alone. */
char *lp_relay_status_json(struct lp_relay *relay);
/* Prints such an object, as it came over the status socket, as a table. 0, or LP_EMALFORMED. */
int lp_relay_status_print(const char *json, size_t len, FILE *out, struct lp_failure *failure);
/* The counters as text for Prometheus (exposition format 0.0.4), malloc'd; NULL without memory. Neither room codes nor
   names are in it. */
char *lp_relay_metrics_text(struct lp_relay *relay);

#endif
