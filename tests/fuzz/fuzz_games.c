/* Frames in which games are looked for: nothing is read beyond a frame, and what is printed of them is text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doctor/games.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_games *games = calloc(1, sizeof *games);
	uint8_t *copy = malloc(len ? len : 1); /* exactly as long as the frame, so that a read beyond it is seen */
	char page[4096];
	struct lp_text text;
	if (games && copy) {
		memcpy(copy, data, len);
		lp_games_add(games, copy, len, 1);
		lp_text_init(&text, page, sizeof page);
		lp_games_text(games, 2, &text);
		if (games->n > 1 || strpbrk(page, "\x1b\x07\r"))
			abort();
	}
	free(copy);
	free(games);
	return 0;
}
