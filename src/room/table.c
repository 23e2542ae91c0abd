#include "room/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/siphash.h"
#include "room/state.h"

#define CHAINS_MAX 65536U

/* The hash chain of a room code. */
static struct lp_room **chain_of(const struct lp_rooms *rooms, const char *code)
{
	uint64_t hash = lp_siphash(rooms->config.hash_key, code, strlen(code));
	return &rooms->by_code[hash & (rooms->n_chains - 1)];
}

int lp_rooms_table_init(struct lp_rooms *rooms)
{
	for (rooms->n_chains = 1; rooms->n_chains < rooms->config.max_rooms && rooms->n_chains < CHAINS_MAX;)
		rooms->n_chains *= 2;
	rooms->by_code = calloc(rooms->n_chains, sizeof(struct lp_room *));
	return rooms->by_code ? 0 : LP_ENOMEM;
}

void lp_rooms_table_done(struct lp_rooms *rooms)
{
	free(rooms->by_code);
	rooms->by_code = NULL;
}

void lp_rooms_table_add(struct lp_rooms *rooms, struct lp_room *room)
{
	struct lp_room **chain = chain_of(rooms, room->code);
	room->same_hash = *chain;
	*chain = room;
}

void lp_rooms_table_remove(struct lp_rooms *rooms, struct lp_room *room)
{
	struct lp_room **link = chain_of(rooms, room->code);
	while (*link != room)
		link = &(*link)->same_hash;
	*link = room->same_hash;
}

struct lp_room *lp_rooms_table_find(const struct lp_rooms *rooms, const char *code)
{
	struct lp_room *room = *chain_of(rooms, code);
	while (room && strcmp(room->code, code) != 0)
		room = room->same_hash;
	return room;
}
