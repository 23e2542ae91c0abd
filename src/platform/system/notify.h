/* What a service tells the system that started it (systemd: sd_notify(3)). All of it is harmless where nobody asked. */
#ifndef LP_PLATFORM_SYSTEM_NOTIFY_H
#define LP_PLATFORM_SYSTEM_NOTIFY_H

#include <stdint.h>

enum lp_notify {
	LP_NOTIFY_READY,     /* start-up is over, or reloading is */
	LP_NOTIFY_RELOADING, /* settings are being read again; READY follows */
	LP_NOTIFY_STOPPING,
	LP_NOTIFY_WATCHDOG, /* still alive */
	LP_NOTIFY_STATUS,   /* nothing but the text */
};

/* Tells it; |status|, if not NULL, is one line for people beside it. */
void lp_notify_send(enum lp_notify what, const char *status);
/* How long the watchdog waits before it takes the service for hung (a sign of life at half of that is right); 0 if
   there is no watchdog. */
uint64_t lp_notify_watchdog_ns(void);

#endif
