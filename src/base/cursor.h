/* Bounded cursors over bytes, big-endian. Errors are sticky: after many reads or writes, one check is enough. */
#ifndef LP_BASE_CURSOR_H
#define LP_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* After a read past the end, |bad| is set, |at| does not change, and each read returns 0 or NULL. */
struct lp_reader {
	const uint8_t *at, *end;
	bool bad;
};

/* After a write past the end, |bad| is set and nothing more is written. */
struct lp_writer {
	uint8_t *start, *at, *end;
	bool bad;
};

/* A reader of |len| bytes, which are borrowed. */
static inline struct lp_reader lp_reader_init(const uint8_t *data, size_t len)
{
	return (struct lp_reader){.at = data, .end = len ? data + len : data};
}

/* The number of bytes left; 0 after an error. */
static inline size_t lp_reader_left(const struct lp_reader *reader)
{
	return reader->bad ? 0 : (size_t)(reader->end - reader->at);
}

/* Consumes |len| bytes; returns a pointer to them, or NULL. If |len| is 0, don't dereference it. */
static inline const uint8_t *lp_reader_bytes(struct lp_reader *reader, size_t len)
{
	if (reader->bad || len > (size_t)(reader->end - reader->at)) {
		reader->bad = true;
		return NULL;
	}
	const uint8_t *data = reader->at;
	if (len)
		reader->at += len;
	return data;
}

/* Skips |len| bytes. */
static inline void lp_reader_skip(struct lp_reader *reader, size_t len)
{
	(void)lp_reader_bytes(reader, len);
}

/* Copies |len| bytes to |ret_data|, or zeroes it if there are fewer. */
static inline void lp_reader_copy(struct lp_reader *reader, void *ret_data, size_t len)
{
	const uint8_t *data = lp_reader_bytes(reader, len);
	if (data && len)
		memcpy(ret_data, data, len);
	else if (len)
		memset(ret_data, 0, len);
}

/* The next integer, of |n| bytes (at most 8). */
static inline uint64_t lp_reader_uint(struct lp_reader *reader, size_t n)
{
	const uint8_t *data = lp_reader_bytes(reader, n);
	uint64_t value = 0;
	for (size_t i = 0; data && i < n; i++)
		value = value << 8 | data[i];
	return value;
}

static inline uint8_t lp_reader_u8(struct lp_reader *reader)
{
	return (uint8_t)lp_reader_uint(reader, 1);
}

static inline uint16_t lp_reader_u16(struct lp_reader *reader)
{
	return (uint16_t)lp_reader_uint(reader, 2);
}

static inline uint32_t lp_reader_u32(struct lp_reader *reader)
{
	return (uint32_t)lp_reader_uint(reader, 4);
}

static inline uint64_t lp_reader_u64(struct lp_reader *reader)
{
	return lp_reader_uint(reader, 8);
}

/* A writer into |size| borrowed bytes. */
static inline struct lp_writer lp_writer_init(uint8_t *data, size_t size)
{
	return (struct lp_writer){.start = data, .at = data, .end = size ? data + size : data};
}

/* The number of bytes written. */
static inline size_t lp_writer_len(const struct lp_writer *writer)
{
	return (size_t)(writer->at - writer->start);
}

/* The number of bytes that can still be written; 0 after an error. */
static inline size_t lp_writer_left(const struct lp_writer *writer)
{
	return writer->bad ? 0 : (size_t)(writer->end - writer->at);
}

/* Space for |len| bytes, which the caller fills in; NULL if there is none. If |len| is 0, don't dereference it. */
static inline uint8_t *lp_writer_claim(struct lp_writer *writer, size_t len)
{
	if (writer->bad || len > (size_t)(writer->end - writer->at)) {
		writer->bad = true;
		return NULL;
	}
	uint8_t *data = writer->at;
	if (len)
		writer->at += len;
	return data;
}

/* Writes |len| bytes. */
static inline void lp_writer_bytes(struct lp_writer *writer, const void *data, size_t len)
{
	uint8_t *at = lp_writer_claim(writer, len);
	if (at && len)
		memcpy(at, data, len);
}

/* Writes |len| zero bytes. */
static inline void lp_writer_zero(struct lp_writer *writer, size_t len)
{
	uint8_t *at = lp_writer_claim(writer, len);
	if (at && len)
		memset(at, 0, len);
}

/* Writes the low |n| bytes of |value|, at most 8. */
static inline void lp_writer_uint(struct lp_writer *writer, uint64_t value, size_t n)
{
	uint8_t *at = lp_writer_claim(writer, n);
	for (size_t i = n; at && i > 0; i--, value >>= 8)
		at[i - 1] = (uint8_t)value;
}

static inline void lp_writer_u8(struct lp_writer *writer, uint8_t value)
{
	lp_writer_uint(writer, value, 1);
}

static inline void lp_writer_u16(struct lp_writer *writer, uint16_t value)
{
	lp_writer_uint(writer, value, 2);
}

static inline void lp_writer_u32(struct lp_writer *writer, uint32_t value)
{
	lp_writer_uint(writer, value, 4);
}

static inline void lp_writer_u64(struct lp_writer *writer, uint64_t value)
{
	lp_writer_uint(writer, value, 8);
}

#endif
