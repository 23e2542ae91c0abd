/* The commands `invite`, `invites` and `revoke` of the host, and the players' first invite. */
#ifndef LP_GATEWAY_INVITE_COMMAND_H
#define LP_GATEWAY_INVITE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct lp_gateway_options;
struct lp_invite;
struct lp_options;

/* True if |options| name a command of this file. */
bool lp_invite_is_command(const struct lp_options *options);
/* Runs the command. |name| is what --name says. Returns the exit code; failures are printed. */
int lp_invite_command(const struct lp_options *options, const struct lp_gateway_options *gateway, const char *name);
/* The gateway is in its room for the first time: prints an invite for players on standard output if that is a terminal,
   and makes one if there is none. Secrets are not printed to a log. */
void lp_invite_show(const struct lp_gateway_options *gateway, const struct lp_invite *host, int64_t now_unix_s);

#endif
