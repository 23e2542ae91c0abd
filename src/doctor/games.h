/* What announces itself, or is searched for, on a LAN: a table of the packets by which games and services find each
   other, each with the public source in which its port
   was looked up. None of them was recorded from the game itself. Games whose ports no such source confirms are left
   out: Factorio (34197 is the game's port; nothing documents how it searches the LAN), Doom 3 and Call of Duty. Passive
   and pure: frames go in, sightings come out. */
#ifndef LP_DOCTOR_GAMES_H
#define LP_DOCTOR_GAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"

struct lp_text;

/* What a packet means. */
enum lp_game_kind {
	LP_GAME_SERVER,  /* a server announces itself, or replies to a search */
	LP_GAME_SEARCH,  /* a player searches for servers */
	LP_GAME_SERVICE, /* no game: a device or a program of the operating system */
	LP_GAME_ANY,     /* a server or a search */
};

/* One row of the table: a UDP packet to or from a port. */
struct lp_game_row {
	const char *name;
	enum lp_game_kind kind;
	uint16_t first_port, last_port; /* destination, for a server's reply source */
	const char *prefix;             /* of the payload, |prefix_len| bytes, from |prefix_at| on */
	uint8_t prefix_len, prefix_at;
	const char *source; /* where that is documented */
};

/* The number of rows, and row |i|. */
size_t lp_games_n(void);
const struct lp_game_row *lp_games_row(size_t i);

#define LP_GAMES_MAX 128U
#define LP_GAME_DETAIL_MAX 80U

/* Who was seen doing what. */
struct lp_game_sighting {
	const char *name; /* of a row, or a constant */
	enum lp_game_kind kind;
	struct lp_addr from; /* family 0: not IP */
	struct lp_mac mac;
	uint16_t port;                   /* of the game; 0: none */
	char detail[LP_GAME_DETAIL_MAX]; /* what the packet says, such as the world's name; from the network, unescaped
					  */
	uint64_t seen_ns;                /* the last time */
	uint64_t n;
};

/* Zero is empty. */
struct lp_games {
	struct lp_game_sighting sightings[LP_GAMES_MAX];
	size_t n;
	uint64_t n_left_out; /* beyond LP_GAMES_MAX */
};

/* Adds what the frame shows; nothing if it shows nothing. */
void lp_games_add(struct lp_games *games, const uint8_t *frame, size_t len, uint64_t now_ns);
/* Appends the sightings, one per line, games first and the latest first among them. */
void lp_games_text(const struct lp_games *games, uint64_t now_ns, struct lp_text *text);
/* Appends them as a JSON array. */
void lp_games_json(const struct lp_games *games, uint64_t now_ns, struct lp_text *json);
const char *lp_game_kind_text(enum lp_game_kind kind);

#endif
