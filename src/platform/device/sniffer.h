/* Raw access to a network device, for commands: frames can be received and sent beside the program that owns it. It
   blocks, and needs the rights of root. */
#ifndef LP_PLATFORM_DEVICE_SNIFFER_H
#define LP_PLATFORM_DEVICE_SNIFFER_H

#include <stddef.h>
#include <stdint.h>

struct lp_failure;
struct lp_mac;
struct lp_sniffer;

/* |device|: the interface's name. LP_EPERM, LP_ENOTFOUND; LP_EUNSUPPORTED on Windows. */
int lp_sniffer_open(const char *device, struct lp_failure *failure, struct lp_sniffer **ret_sniffer);
void lp_sniffer_close(struct lp_sniffer *sniffer); /* NULL is fine */
/* The device's own MAC. */
void lp_sniffer_mac(const struct lp_sniffer *sniffer, struct lp_mac *ret_mac);
int lp_sniffer_send(struct lp_sniffer *sniffer, const uint8_t *frame, size_t len);
/* Waits up to |timeout_ns| for a frame that the device received. Its length, cut to |size|; 0: none came. */
int lp_sniffer_next(struct lp_sniffer *sniffer, uint8_t *frame, size_t size, uint64_t timeout_ns);

#endif
