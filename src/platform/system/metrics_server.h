/* One page of text over HTTP, for Prometheus. */
#ifndef LP_PLATFORM_SYSTEM_METRICS_SERVER_H
#define LP_PLATFORM_SYSTEM_METRICS_SERVER_H

struct lp_addr;
struct lp_failure;
struct lp_loop;
struct lp_metrics_server;

/* Makes the page: a malloc'd text that the server frees, or NULL (the client sees an error 503). */
typedef char *(*lp_metrics_fn)(void *ctx);

/* Serves GET /metrics at |listen|, an address and a port. A few clients at a time, each for a few seconds. */
int lp_metrics_server_open(struct lp_loop *loop, const struct lp_addr *listen, lp_metrics_fn page, void *ctx,
	struct lp_failure *failure, struct lp_metrics_server **ret_server);
void lp_metrics_server_close(struct lp_metrics_server *server); /* NULL is fine */

#endif
