#include <string.h>

#include "cli/options.h"

#define NAME_MAX_LEN 40

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The number of insertions, deletions, substitutions and transpositions that turn |a| into |b| (optimal string
   alignment distance); SIZE_MAX if one of them is too long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_MAX_LEN + 1];
	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
			best = min_size(best, min_size(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = min_size(best, before[j - 2] + 1);
			now[j] = best;
		}
	}
	return rows[a_len % 3][b_len];
}

const char *lp_options_nearest(const struct lp_options *options, const char *name, size_t len)
{
	const char *nearest = NULL;
	size_t least = len < 5 ? 1 : len < 9 ? 2 : 3;
	for (size_t i = 0; i < options->n_sets; i++) {
		const struct lp_option_set *set = &options->sets[i];
		for (size_t j = 0; j < set->n_rows; j++) {
			if (set->rows[j].hidden)
				continue;
			const char *other = set->rows[j].name;
			size_t n = distance(name, len, other, strlen(other));
			/* A prefix counts like one typing error. */
			if (len >= 3 && strncmp(name, other, len) == 0)
				n = 1;
			if (n <= least && (!nearest || n < least)) {
				nearest = other;
				least = n;
			}
		}
	}
	return nearest;
}
