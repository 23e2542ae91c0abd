/* Notifies the service manager (systemd: sd_notify(3)). No effect without one. */
#ifndef LP_PLATFORM_SYSTEM_NOTIFY_H
#define LP_PLATFORM_SYSTEM_NOTIFY_H

#include <stdint.h>

enum lp_notify {
	LP_NOTIFY_READY,     /* start-up or a reload is complete */
	LP_NOTIFY_RELOADING, /* a reload starts; READY follows */
	LP_NOTIFY_STOPPING,
	LP_NOTIFY_WATCHDOG, /* still alive */
	LP_NOTIFY_STATUS,   /* only the status text */
};

/* |status|, if not NULL, is one line for people. */
void lp_notify_send(enum lp_notify what, const char *status);
/* The watchdog's timeout; a sign of life is due at half of it. 0 without a watchdog. */
uint64_t lp_notify_watchdog_ns(void);

#endif
