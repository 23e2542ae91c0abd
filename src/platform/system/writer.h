/* Writes to something that may stand still, such as a console whose window is being scrolled, without waiting for it.

   On Windows a thread does the writing, and what is added waits in a ring; if the ring is full, it is lost. Elsewhere
   the text is written by the call: a terminal there stops only when its user presses Ctrl-S. */
#ifndef LP_PLATFORM_SYSTEM_WRITER_H
#define LP_PLATFORM_SYSTEM_WRITER_H

#include <stddef.h>

struct lp_writer;

/* Writes some text, completely or not at all. */
typedef void (*lp_writer_sink_fn)(void *ctx, const char *data, size_t len);

/* |sink| and |ctx| are used until lp_writer_free(), or forever if the sink does not return. 0 or LP_ENOMEM. */
int lp_writer_new(lp_writer_sink_fn sink, void *ctx, struct lp_writer **ret_writer);
/* Writes all of |data| soon, or none of it. */
void lp_writer_add(struct lp_writer *writer, const char *data, size_t len);
/* Writes what waits, for at most a second, and frees. NULL is fine. */
void lp_writer_free(struct lp_writer *writer);

#endif
