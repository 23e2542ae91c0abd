#include "claim/record.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/error.h"

#define VERSION 1

size_t lp_claim_record_write(const struct lp_claim_record *record, uint8_t ret_data[LP_CLAIM_RECORD_MAX])
{
	assert(record->place_len <= LP_CLAIM_PLACE_MAX);
	struct lp_writer writer = lp_writer_init(ret_data, LP_CLAIM_RECORD_MAX);
	lp_writer_u8(&writer, VERSION);
	lp_writer_u8(&writer, (uint8_t)record->kind);
	lp_writer_u64(&writer, record->relay);
	lp_writer_u8(&writer, (uint8_t)record->place_len);
	lp_writer_bytes(&writer, record->place, record->place_len);
	assert(!writer.bad);
	return lp_writer_len(&writer);
}

int lp_claim_record_read(const uint8_t *data, size_t len, struct lp_claim_record *ret_record)
{
	struct lp_reader reader = lp_reader_init(data, len);
	uint8_t version = lp_reader_u8(&reader);
	if (reader.bad)
		return LP_EMALFORMED;
	if (version != VERSION)
		return LP_EUNSUPPORTED;
	struct lp_claim_record record = {0};
	uint8_t kind = lp_reader_u8(&reader);
	record.relay = lp_reader_u64(&reader);
	record.place_len = lp_reader_u8(&reader);
	if (reader.bad || record.place_len > LP_CLAIM_PLACE_MAX)
		return LP_EMALFORMED;
	lp_reader_copy(&reader, record.place, record.place_len);
	if (reader.bad || lp_reader_left(&reader))
		return LP_EMALFORMED;
	if (kind < LP_CLAIM_OWNED || kind > LP_CLAIM_DEAD)
		return LP_EUNSUPPORTED;
	record.kind = (enum lp_claim_kind)kind;
	*ret_record = record;
	return 0;
}
