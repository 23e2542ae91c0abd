/* The relay's command `doctor`. */
#ifndef LP_RELAY_DOCTOR_H
#define LP_RELAY_DOCTOR_H

struct lp_control_options;
struct lp_http_reply;
struct lp_relay_options;
struct lp_relay_status;

/* Queries the running relay, reads the firewall, and prints the report. Returns the exit code. */
int lp_relay_doctor_command(const struct lp_relay_options *options, const struct lp_control_options *control);
/* Replies with the verdicts that follow from the status alone, as JSON. */
void lp_relay_doctor_reply(const struct lp_relay_status *status, struct lp_http_reply *reply);

#endif
