/* The frames with which the doctor asks a LAN, and what it reads in the replies: a DHCPDISCOVER (RFC 2131), which
   reserves nothing that is not forgotten within seconds, and ARP probes and requests (RFC 5227). Pure. */
#ifndef LP_DOCTOR_LAN_FRAMES_H
#define LP_DOCTOR_LAN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"

#define LP_LAN_FRAME_MAX 400U

/* Write a frame and return its length. Addresses are in network byte order. */
size_t lp_lan_discover(uint8_t frame[LP_LAN_FRAME_MAX], const struct lp_mac *from, uint32_t xid);
/* |sender| zero: a probe, which changes no ARP table. */
size_t lp_lan_arp(
	uint8_t frame[LP_LAN_FRAME_MAX], const struct lp_mac *from, const uint8_t sender[4], const uint8_t target[4]);

/* True for an offer with this transaction id; |ret_server| is who made it. */
bool lp_lan_offer(const uint8_t *frame, size_t len, uint32_t xid, uint8_t ret_server[4]);
/* True for an ARP frame whose sender has the address |ip|; |ret_mac| is its MAC. */
bool lp_lan_arp_from(const uint8_t *frame, size_t len, const uint8_t ip[4], struct lp_mac *ret_mac);

#endif
