/* The doctor's questions to the LAN, by frames beside the running program: who offers addresses, who else has ours, who
   replies, and whether broadcasts of the LAN arrive. It takes 3 seconds. */
#ifndef LP_APP_DOCTOR_LAN_H
#define LP_APP_DOCTOR_LAN_H

struct lp_doctor_facts;

/* Probes by facts->device; facts->address is this computer's there. */
void lp_doctor_probe_lan(struct lp_doctor_facts *facts);
/* Finds by which device multicasts leave of programs that select none. */
void lp_doctor_probe_multicast(struct lp_doctor_facts *facts);
/* Reads the firewall's rules; |port|: the UDP port that must be open, 0: everything that arrives at the device. */
void lp_doctor_probe_firewall(struct lp_doctor_facts *facts, unsigned port);

#endif
