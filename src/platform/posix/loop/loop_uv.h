/* What the files of this folder may know of the loop: libuv's side of it. */
#ifndef LP_PLATFORM_POSIX_LOOP_LOOP_UV_H
#define LP_PLATFORM_POSIX_LOOP_LOOP_UV_H

#include <stddef.h>
#include <uv.h>

struct lp_loop;

uv_loop_t *lp_loop_uv(struct lp_loop *loop);
/* A device found |n| frames or packets in this pass, of |bytes| together. */
void lp_loop_found(uv_loop_t *uv, size_t n, size_t bytes);

#endif
