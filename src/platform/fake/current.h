/* The host whose code runs now. The headers of platform/ name no host, so the simulation keeps it per thread. */
#ifndef LP_PLATFORM_FAKE_CURRENT_H
#define LP_PLATFORM_FAKE_CURRENT_H

struct lp_host;

/* Asserts that there is one. */
struct lp_host *lp_host_current(void);
/* Makes a host the current one (NULL: none). Returns the previous one. */
struct lp_host *lp_host_switch(struct lp_host *host);

#endif
