/* Control messages: an accepted message can be written and reads back as the same; a refused one has a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "ctrl/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_message message, again;
	struct lp_failure failure = {0};
	uint8_t encoded[LP_MESSAGE_ENCODED_MAX];
	if (lp_message_decode(data, len, &failure, &message) < 0) {
		if (failure.code >= 0 || !failure.text[0])
			abort();
		return 0;
	}
	int size = lp_message_encode(&message, encoded, sizeof encoded);
	if (message.type == LP_MESSAGE_UNKNOWN) {
		if (size >= 0)
			abort();
		return 0;
	}
	/* A hello of another version is written with fields that were not read. */
	if (size <= 4 || lp_message_decode(encoded + 4, (size_t)size - 4, &failure, &again) < 0 ||
		memcmp(&message, &again, sizeof message) != 0)
		abort();
	return 0;
}
