/* Where a member's invite comes from: the command line, a file, standard input, or the last start.

   An invite replaces --relay, --server-name, --relay-ca-cert and --room. It is a secret that other users of the
   computer could read in the command line, so it can be in a file, too. */
#ifndef LP_APP_INVITATION_H
#define LP_APP_INVITATION_H

#include <stdbool.h>

#include "ctrl/message.h"
#include "invite/invite.h"

struct lp_failure;
struct lp_options;
struct lp_saved_session;

struct lp_invitation {
	char path[4096]; /* --invite-file; "-": standard input; empty: none */
	char text[1024]; /* the invite as it was given; empty: none */
	bool found;      /* the member joins by |invite| */
	struct lp_invite invite;
};

/* Finds the invite and checks everything that can be checked without the relay: its form, the expiry by this computer's
   clock, and that it is for |role|. |plain|: the user named relay or room, so the invite of the last start does not
   count. 0, also without an invite (|found| is false then); LP_EINVAL, LP_EMALFORMED or an error of the file. */
int lp_invitation_find(struct lp_invitation *invitation, const struct lp_options *options,
	const struct lp_saved_session *saved, bool plain, enum lp_role role, struct lp_failure *failure);

#endif
