/* The questions of the Windows client: a file of the last time, and answers, of any content. The next file must be text
   of lines without control characters, which a program can read back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"
#include "client/windows/prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_say(void *ctx, const char *text)
{
	(void)ctx;
	if (!text[0])
		abort();
}

/* The next answer: bytes up to a newline. */
static bool on_read(void *ctx, char *line, size_t size)
{
	struct lp_reader *r = ctx;
	size_t n = 0;
	if (lp_reader_left(r) == 0)
		return false;
	while (lp_reader_left(r) > 0) {
		char c = (char)lp_reader_u8(r);
		if (c == '\n')
			break;
		if (n + 1 < size && c != '\0')
			line[n++] = c;
	}
	line[n] = '\0';
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char file[4096];
	struct lp_text text;
	struct lp_reader r = lp_reader_init(data, len);
	size_t size = lp_reader_u8(&r) * 4U, before_len = size < lp_reader_left(&r) ? size : lp_reader_left(&r);
	const char *before = (const char *)lp_reader_bytes(&r, before_len);
	const struct lp_prompt_io io = {.say = on_say, .read = on_read, .ctx = &r};
	lp_text_init(&text, file, sizeof file);
	if (!lp_prompt_ask(&io, before_len ? before : NULL, before_len, &text))
		return 0;
	for (const char *at = file; *at; at++) {
		if ((unsigned char)*at < 0x20 && *at != '\n')
			abort();
	}
	return 0;
}
