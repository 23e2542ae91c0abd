/* Rate limits: token buckets. What a limit allows (struct lp_ratelimit) is separate from how much of it was used
   (struct lp_bucket), because thousands of buckets can share one limit. The arithmetic is exact: a bucket counts
   billionths of a token. */
#ifndef LP_BASE_RATELIMIT_H
#define LP_BASE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* A limit. Zeroed: unlimited. */
struct lp_ratelimit {
	uint64_t per_s;   /* tokens that a bucket regains per second; 0: no limit */
	uint64_t size;    /* of a bucket, billionths of a token */
	uint64_t fill_ns; /* after this time an empty bucket is full */
};

/* One user of a limit. Zeroed: full. */
struct lp_bucket {
	uint64_t used;  /* billionths of a token, at |at_ns| */
	uint64_t at_ns; /* time of the last lp_bucket_take() */
};

/* A limit of |per_s| tokens per second (0: no limit) and |burst| tokens at one time, at most 2^34. */
void lp_ratelimit_init(struct lp_ratelimit *limit, uint64_t per_s, uint64_t burst);
/* Takes |tokens| from |bucket|. False if there are not enough; then none is taken. A clock that goes backwards adds no
   tokens. */
bool lp_bucket_take(struct lp_bucket *bucket, const struct lp_ratelimit *limit, uint32_t tokens, uint64_t now_ns);

#endif
