/* --new-room: a gateway that creates its room at a relay whose operator permits it.

   The gateway makes the host's invite itself, sends the admission key in its hello, and the relay keeps it. The invite
   is saved as any other, so a later start, with or without the option, is in the same room. */
#ifndef LP_GATEWAY_NEW_ROOM_H
#define LP_GATEWAY_NEW_ROOM_H

struct lp_failure;
struct lp_member_options;
struct lp_options;
struct lp_saved_session;

/* Replaces relay, trust and room of |options| by the invite of |saved|: the saved one if it is the host's for this
   relay and room, otherwise one with a new key and, without --room, a new code. LP_EINVAL: the options do not fit
   together. */
int lp_new_room_choose(const struct lp_options *parsed, struct lp_member_options *options,
	struct lp_saved_session *saved, struct lp_failure *failure);

#endif
