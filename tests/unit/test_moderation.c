/* When the loop naps: in a flood of small frames, and in nothing else. */
#include "platform/posix/loop/moderation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define US UINT64_C(1000)

/* What comes, and how long a pass takes for it: by itself, for each frame, and what it waits for the next frame. */
struct load {
	uint64_t pass_ns, frame_ns, gap_ns;
	uint64_t frame_bytes;
};

/* Runs |passes| passes in which frames come every gap_ns (0: as fast as they are taken, |at_once| each time).
   Returns after how many of them the loop napped. */
static unsigned run(
	struct lp_moderation *moderation, uint64_t *now_ns, const struct load *load, unsigned at_once, unsigned passes)
{
	uint64_t next_ns = *now_ns;
	unsigned naps = 0;

	for (unsigned i = 0; i < passes; i++) {
		uint64_t n = at_once;

		if (load->gap_ns) {
			if (*now_ns < next_ns)
				*now_ns = next_ns;
			n = (*now_ns - next_ns) / load->gap_ns + 1;
			next_ns += n * load->gap_ns;
		}
		lp_moderation_found(moderation, n, n * load->frame_bytes);
		*now_ns += load->pass_ns + n * load->frame_ns;
		if (lp_moderation_pass(moderation, *now_ns)) {
			uint64_t began_ns = *now_ns;

			*now_ns += LP_NAP_NS;
			lp_moderation_napped(moderation, began_ns, *now_ns);
			naps++;
		}
	}
	return naps;
}

static void test_flood(void **state)
{
	/* 100,000 small frames a second; each pass takes 20 us and would find two. */
	static const struct load flood = {20 * US, 1 * US, 10 * US, 120}, quiet = {20 * US, 1 * US, 500 * US, 120};
	struct lp_moderation moderation = {0};
	uint64_t now_ns = 1;

	(void)state;
	assert_in_range(run(&moderation, &now_ns, &flood, 0, 1000), 950, 1000);
	/* It is over: so are the naps. */
	assert_in_range(run(&moderation, &now_ns, &quiet, 0, 1000), 0, 32);
	assert_int_equal(run(&moderation, &now_ns, &quiet, 0, 1000), 0);
	assert_in_range(run(&moderation, &now_ns, &flood, 0, 1000), 950, 1000);
}

static void test_no_flood(void **state)
{
	static const struct {
		struct load load;
		unsigned at_once;
	} rows[] = {
		/* A ping and its answer, as fast as they go. */
		{{20 * US, 2 * US, 0, 100}, 1},
		{{60 * US, 2 * US, 0, 100}, 1},
		/* A file copy: full-size frames. */
		{{20 * US, 2 * US, 5 * US, 1500}, 0},
		/* Passes that find enough as it is. */
		{{100 * US, 2 * US, 0, 100}, 64},
		/* A hundred players. */
		{{20 * US, 2 * US, 166 * US, 100}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_moderation moderation = {0};
		uint64_t now_ns = 1;

		assert_int_equal(run(&moderation, &now_ns, &rows[i].load, rows[i].at_once, 1000), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_no_flood),
	};

	return cmocka_run_group_tests_name("moderation", tests, NULL, NULL);
}
