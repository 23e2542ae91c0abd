/* The loop as the devices of posix/ and linux/ use it. */
#ifndef LP_PLATFORM_POSIX_LOOP_LOOP_UV_H
#define LP_PLATFORM_POSIX_LOOP_LOOP_UV_H

#include <stddef.h>
#include <uv.h>

struct lp_loop;

uv_loop_t *lp_loop_uv(struct lp_loop *loop);
/* A device received |n| frames or packets of |bytes| in total in this pass. */
void lp_loop_received(struct lp_loop *loop, size_t n, size_t bytes);

#endif
