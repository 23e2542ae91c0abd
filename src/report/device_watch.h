/* Logs what others do to a member's network device: the link, its MTU, its MAC, and other devices that take its
   traffic. Each change is logged once. Pure. */
#ifndef LP_REPORT_DEVICE_WATCH_H
#define LP_REPORT_DEVICE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/device.h"

struct lp_log;
struct lp_status;

/* Consecutive looks at a client without an address, on a reachable LAN, after which that is logged. */
#define LP_DEVICE_PATIENCE 30

/* What a user can do about a problem, as platform/device/advice.h. */
typedef void lp_device_advice_fn(
	enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size);

struct lp_device_watch {
	const struct lp_log *log;    /* borrowed while the watch is used */
	lp_device_advice_fn *advice; /* the same */
	unsigned first_mtu;          /* a gateway uses the MTU that its interface had at the start; 0: unknown yet */
	unsigned logged_mtu, logged_room_mtu;
	bool other_mac, network_conflict, broadcast_conflict; /* at the last look */
	unsigned n_without_address;                           /* consecutive looks */
};

void lp_device_watch_init(struct lp_device_watch *watch, const struct lp_log *log, lp_device_advice_fn *advice);
/* Compares the device with the last look, once per second. Sets status->trouble. The role decides what matters: a
   client makes its device itself, so there is no cable and its MTU is right. */
void lp_device_watch_look(struct lp_device_watch *watch, struct lp_status *status);
/* The same where the system has no such device. A client's owner reports that itself. */
void lp_device_watch_gone(struct lp_device_watch *watch, struct lp_status *status);

#endif
