/* Admission: decides whether a hello may join a room. Each reject has a code, and a text with the figures. */
#ifndef LP_ROOM_ADMISSION_H
#define LP_ROOM_ADMISSION_H

#include <stdint.h>

#include "base/attribute.h"
#include "ctrl/message.h"

struct lp_join;
struct lp_peer;
struct lp_room;
struct lp_rooms;

/* The decision to admit. */
struct lp_admission {
	char code[LP_ROOM_CODE_MAX + 1]; /* the room, upper case */
	struct lp_room *room;            /* NULL: it does not exist yet */
	struct lp_peer *resumes;         /* the member in the room that comes back; NULL: a new member */
};

/* Decides about |join| and changes nothing. 0, or LP_EPERM or LP_EFULL with |ret_reject| filled in. */
int lp_admission_judge(const struct lp_rooms *rooms, const struct lp_join *join, uint64_t now_ns,
	struct lp_admission *ret_admission, struct lp_reject *ret_reject);
/* Fills in a reject with a text in printf's format. */
void lp_admission_refuse(struct lp_reject *reject, enum lp_reject_code code, const char *format, ...) LP_PRINTF(3, 4);

#endif
