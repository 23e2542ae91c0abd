/* Any bytes as a record of the store: what is accepted is written again as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "claim/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_claim_record record;
	if (lp_claim_record_read(data, len, &record) < 0)
		return 0;
	uint8_t written[LP_CLAIM_RECORD_MAX];
	if (lp_claim_record_write(&record, written) != len || memcmp(written, data, len) != 0)
		abort();
	return 0;
}
