/* What the window shows, without a window: texts, rows, colours and a graph, made from the service's replies. Pure.

   The model: lp_view_update() gets each reply, once per second, or the reason why there is none, and overwrites the
   struct. The Win32 code (window.c) copies its texts into controls and draws its points, and decides nothing itself.
   What is remembered between replies is the graph's samples and who was in the room, from which the notices for the
   tray follow: one short text per reply at most, and none for the state at the start. */
#ifndef LP_CLIENT_WINDOWS_WINDOW_VIEW_H
#define LP_CLIENT_WINDOWS_WINDOW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/windows/service/protocol.h"

/* Samples of the graph, one per second. */
#define LP_VIEW_SAMPLES 120

enum lp_view_tone {
	LP_VIEW_QUIET, /* not joined */
	LP_VIEW_BUSY,  /* on the way, or waiting for others */
	LP_VIEW_GOOD,
	LP_VIEW_BAD, /* the user has to do something */
};

/* A row of the list of players. Texts that are unknown are "–". */
struct lp_view_row {
	char name[LP_NAME_MAX + 16], route[24], rtt[16], jitter[16], loss[16];
};

/* A point of the graph, in pixels from its top left corner. */
struct lp_view_point {
	int x, y;
};

struct lp_view {
	char headline[64]; /* three words: "On the LAN" */
	char detail[512];  /* a sentence: what is missing, or what to do */
	char path[200];    /* "Relay play.example.org:443: 12 ms, …", or empty */
	char address[96];  /* "Your address: 192.168.77.50", or empty */
	char tip[64];      /* for the tray's icon */
	char notice[160];  /* for a notification, or empty */
	enum lp_view_tone tone;
	bool joining;   /* a client runs: Leave is offered instead of Join */
	bool reachable; /* the service replied */
	struct lp_view_row rows[LP_SERVICE_MEMBERS_MAX];
	size_t n_rows;

	/* Remembered. */
	uint32_t samples_us[LP_VIEW_SAMPLES]; /* round trips, a ring; 0: none */
	size_t next_sample;
	enum lp_service_phase last_phase;
	char last_summary[32];
	uint64_t last_members[LP_SERVICE_MEMBERS_MAX]; /* hashes of their names */
	size_t n_last_members;
	bool last_joined; /* |last_members| are known */
};

/* Shows |reply|; NULL: the service did not reply, because of |why|. A zeroed lp_view has seen nothing. */
void lp_view_update(struct lp_view *view, const struct lp_service_reply *reply, const char *why);
/* The graph's line in an area of |width| by |height| pixels, the newest sample at the right edge: up to LP_VIEW_SAMPLES
   points. Returns their number. |ret_top_us|: the round trip at the upper edge. */
size_t lp_view_graph(const struct lp_view *view, int width, int height, struct lp_view_point points[LP_VIEW_SAMPLES],
	uint32_t *ret_top_us);
/* What an invite is for, without reading its secrets: "room FRIDAY-NIGHT at play.example.org". False if the text is not
   an invite; the service checks it in full. */
bool lp_view_describe_invite(const char *invite, char *ret_text, size_t size);

#endif
