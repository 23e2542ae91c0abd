/* A member's status document as the command `status` reads it: nothing reaches the terminal that could control it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/text.h"
#include "report/status_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_failure failure = {0};
	char page[LP_STATUS_PAGE_MAX];
	struct lp_text text;
	lp_text_init(&text, page, sizeof page);
	if (lp_status_page((const char *)data, len, &text, &failure) < 0 && (text.len > 0 || !failure.text[0]))
		abort();
	if (text.cut)
		abort();
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)page[i] < ' ' && page[i] != '\n') || page[i] == 0x7f)
			abort();
	return 0;
}
