/* The status document as the command `status` reads it: no text reaches the terminal that could control it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "relay/status.h"

#define TABLE_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_failure failure = {0};
	FILE *out = tmpfile();
	char *table = malloc(TABLE_BYTES);
	if (!out || !table)
		abort();
	int result = lp_relay_status_print((const char *)data, len, out, &failure);
	rewind(out);
	size_t table_len = fread(table, 1, TABLE_BYTES, out);
	if (fclose(out) != 0 || (result < 0 && (table_len > 0 || !failure.text[0])))
		abort();
	for (size_t i = 0; i < table_len; i++)
		if (((unsigned char)table[i] < ' ' && table[i] != '\n') || table[i] == 0x7f)
			abort();
	free(table);
	return 0;
}
