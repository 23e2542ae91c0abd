/* What the files of this folder may know of the loop: libuv's side of it. */
#ifndef LP_PLATFORM_LINUX_LOOP_UV_H
#define LP_PLATFORM_LINUX_LOOP_UV_H

#include <uv.h>

struct lp_loop;

uv_loop_t *lp_loop_uv(struct lp_loop *loop);

#endif
