/* Sends a broadcast as a game does: from an ordinary socket, through the interface that the system prefers. */
#ifndef LP_PLATFORM_NET_BROADCAST_H
#define LP_PLATFORM_NET_BROADCAST_H

#include <stddef.h>
#include <stdint.h>

/* Sends one UDP datagram to 255.255.255.255. 0, or LP_EUNREACH, … */
int lp_broadcast_send(uint16_t port, const uint8_t *data, size_t len);

#endif
