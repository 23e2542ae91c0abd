/* The functions behind the checks. Internal to doctor/. */
#ifndef LP_DOCTOR_CHECKS_H
#define LP_DOCTOR_CHECKS_H

#include "doctor/doctor.h"

/* Each judges the facts of one check and sets the line, which is zero: skipped. */
typedef void lp_doctor_fn(const struct lp_doctor_facts *facts, struct lp_doctor_line *line);

lp_doctor_fn lp_doctor_running, lp_doctor_invite, lp_doctor_name, lp_doctor_clock, lp_doctor_route, lp_doctor_udp,
	lp_doctor_nat, lp_doctor_certificate, lp_doctor_path_mtu, lp_doctor_path_mtu_in, lp_doctor_loss, lp_doctor_load,
	lp_doctor_handshakes, lp_doctor_offloads, lp_doctor_buffers, lp_doctor_room, lp_doctor_gateway,
	lp_doctor_lan_link, lp_doctor_adapter, lp_doctor_overlap, lp_doctor_address, lp_doctor_dhcp,
	lp_doctor_duplicate, lp_doctor_answer, lp_doctor_broadcast, lp_doctor_multicast, lp_doctor_firewall,
	lp_doctor_tunnel_mtu;

#endif
