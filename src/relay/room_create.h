/* Creates the operator's rooms in the directory, for the command and for the running relay. */
#ifndef LP_RELAY_ROOM_CREATE_H
#define LP_RELAY_ROOM_CREATE_H

struct lp_directory;
struct lp_directory_room;
struct lp_failure;

/* Adds |room|, whose code, time and |plain| are set, with new random keys unless it is plain; the keys are secrets.
   What lp_directory_add_room() returned. */
int lp_room_create(struct lp_directory *directory, struct lp_directory_room *room, struct lp_failure *failure);

#endif
