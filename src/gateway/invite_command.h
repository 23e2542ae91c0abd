/* The host's commands `invite` and `invites`, what `revoke` notes in the list, and the players' first invite. */
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
/* Marks the invite as revoked in the list, after the relay has revoked it. |id| is the command's argument. Returns the
   exit code; a failure is printed. */
int lp_invite_mark_revoked(const struct lp_options *options, const struct lp_gateway_options *gateway, const char *id);
/* The gateway is in its room for the first time: prints an invite for players on standard output if that is a terminal,
   and makes one if there is none. Secrets are not printed to a log. */
void lp_invite_show(const struct lp_gateway_options *gateway, const struct lp_invite *host, int64_t now_unix_s);

#endif
