/* A capture: what a running program does with each frame, for Wireshark.

   Model. A program has one lp_capture, and notes every frame in it where its fate is decided, on one of three sides:
   the LAN, the tunnel inwards, the tunnel outwards. A frame that crosses the program is noted once on each side that it
   meets. A capture has up to LP_CAPTURE_READERS_MAX readers, each with its own filter. A note that passes the filter
   becomes a block of pcapng in the reader's ring, with a comment that states the peer, the route, the verdict and the
   drop reason.

   Invariants. Without readers a note costs one comparison. The ring is bounded: if the reader is too slow, blocks are
   lost and counted, and the count is in the next block; the frame itself is never delayed or lost. Frames are not cut.

   What it does not do: it reads no clock and sends nothing. A frame that leaves the egress queue late, or is dropped in
   it, is noted as passed to the tunnel; the counters have those drops.

   How it is driven: by lp_capture_note() from the data path, also in several threads if there is a lock, which is taken
   only while there are readers. The owner reads the ring with lp_capture_read() when
   |wake| was called, and calls lp_capture_tick() once per second. */
#ifndef LP_CAPTURE_CAPTURE_H
#define LP_CAPTURE_CAPTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lock.h"
#include "base/mac.h"
#include "obs/drop.h"

struct lp_capture_reader;
struct lp_writer;

#define LP_CAPTURE_READERS_MAX 2U
#define LP_CAPTURE_RING_BYTES ((size_t)4 << 20)
#define LP_CAPTURE_ROOM_MAX 64U
#define LP_CAPTURE_NAME_MAX 64U

/* X(name, interface, description) */
#define LP_CAPTURE_SIDES(X) \
	X(LAN, "lan", "the LAN, or the adapter of this computer") \
	X(TUNNEL_IN, "tunnel-in", "received through the tunnel") \
	X(TUNNEL_OUT, "tunnel-out", "sent through the tunnel")

enum lp_capture_side {
#define X(name, interface, description) LP_CAPTURE_##name,
	LP_CAPTURE_SIDES(X)
#undef X
		LP_CAPTURE_SIDE_COUNT,
};

/* Which frames a reader gets. */
struct lp_capture_filter {
	char room[LP_CAPTURE_ROOM_MAX]; /* empty: all */
	bool drops;                     /* only dropped frames */
	bool by_peer;                   /* only frames of one member: by its number, or from or to its MAC */
	uint16_t peer_id;
	struct lp_mac mac;
};

/* What happened to a frame. All pointers are borrowed during the call. */
struct lp_capture_note {
	enum lp_capture_side side;
	bool inbound; /* received at this side, not sent */
	const struct lp_bytes *parts;
	size_t n_parts;
	const char *room;      /* NULL: unknown */
	uint16_t peer_id;      /* the member at the other end of the tunnel, or the sender; 0: none */
	const char *peer_name; /* or NULL */
	const char *route;     /* "relay"; NULL: none, as on the LAN */
	const char *verdict;   /* "to 3 members"; not used for a drop */
	enum lp_drop drop;     /* LP_DROP_NONE: it passed */
};

struct lp_capture {
	struct lp_lock lock; /* for programs that note frames in several threads */
	struct lp_capture_reader *readers[LP_CAPTURE_READERS_MAX];
	atomic_uint n_readers;
};

/* Adds a reader, whose ring begins with the section's header. |software|: name and version of the program. |offset_ns|:
   what is added to a monotonic time for Unix time. |wake| is called when the ring is not empty any more, by the thread
   that noted the frame and under the lock. LP_EFULL:
   there are enough readers; LP_ENOMEM. */
int lp_capture_open(struct lp_capture *capture, const struct lp_capture_filter *filter, const char *software,
	int64_t offset_ns, void (*wake)(void *ctx), void *ctx, struct lp_capture_reader **ret_reader);
/* Removes the reader. NULL is fine. */
void lp_capture_close(struct lp_capture *capture, struct lp_capture_reader *reader);
/* Copies up to |size| bytes out of the ring and returns their number. */
size_t lp_capture_read(struct lp_capture_reader *reader, uint8_t *data, size_t size);
/* Adds the counts of all interfaces, so that a reader that has gone is noticed although no frame passes. */
void lp_capture_tick(struct lp_capture_reader *reader, uint64_t now_ns);
/* Frames that passed the filter, and those of them that found no space in the ring. */
void lp_capture_counts(const struct lp_capture_reader *reader, uint64_t *ret_frames, uint64_t *ret_lost);

/* True if a note is worth making. |capture| may be NULL. */
static inline bool lp_capture_is_on(const struct lp_capture *capture)
{
	return capture && atomic_load_explicit(&capture->n_readers, memory_order_relaxed) != 0;
}

/* Notes a frame; to be called only while lp_capture_is_on(). */
void lp_capture_note(struct lp_capture *capture, const struct lp_capture_note *note, uint64_t now_ns);

#endif
