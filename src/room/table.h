/* The table of rooms by code. A member chooses the code, so the hash is keyed. */
#ifndef LP_ROOM_TABLE_H
#define LP_ROOM_TABLE_H

struct lp_room;
struct lp_rooms;

/* 0 or LP_ENOMEM. */
int lp_rooms_table_init(struct lp_rooms *rooms);
void lp_rooms_table_done(struct lp_rooms *rooms);
void lp_rooms_table_add(struct lp_rooms *rooms, struct lp_room *room);
void lp_rooms_table_remove(struct lp_rooms *rooms, struct lp_room *room);
/* The room with this code (upper case), or NULL. */
struct lp_room *lp_rooms_table_find(const struct lp_rooms *rooms, const char *code);

#endif
