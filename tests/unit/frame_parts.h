/* Builds frames for tests from parts, and fills in the lengths in their headers. */
#ifndef LP_TESTS_UNIT_FRAME_PARTS_H
#define LP_TESTS_UNIT_FRAME_PARTS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "base/mac.h"
#include "proto/be.h"

enum part_kind {
	PART_END,
	PART_U16,   /* a: a big-endian number: a type, a length */
	PART_LEN,   /* an 802.3 length of everything after it, plus a (which may be negative) */
	PART_TAG,   /* a: type, b: tag control */
	PART_LLC,   /* a: three bytes */
	PART_SNAP,  /* a: OUI, b: type; with its LLC */
	PART_IP4,   /* a: protocol, b: words of header (0: 5), c: flags and fragment offset */
	PART_IP6,   /* a: next header, b: the source is fe80::b (0: the unspecified address) */
	PART_EXT,   /* a: next header, b: length field */
	PART_FRAG,  /* a: next header, b: offset in units of 8 bytes, c: more fragments */
	PART_UDP,   /* a: source port, b: destination port */
	PART_BYTES, /* a: number of bytes, b: value */
	PART_MAC,   /* a: the last octet of 02-00-00-00-00-xx */
};

struct part {
	enum part_kind kind;
	int a, b, c;
};

#define TYPE(value) \
	{ \
		PART_U16, value, 0, 0 \
	}
#define LEN(more) \
	{ \
		PART_LEN, more, 0, 0 \
	}
#define TAG(type, tci) \
	{ \
		PART_TAG, type, tci, 0 \
	}
#define LLC(bytes) \
	{ \
		PART_LLC, bytes, 0, 0 \
	}
#define SNAP(oui, type) \
	{ \
		PART_SNAP, oui, type, 0 \
	}
#define IP4(protocol) \
	{ \
		PART_IP4, protocol, 0, 0 \
	}
#define IP4_OPTIONS(protocol, words) \
	{ \
		PART_IP4, protocol, words, 0 \
	}
#define IP4_FRAGMENT(protocol, words, field) \
	{ \
		PART_IP4, protocol, words, field \
	}
#define IP6(next) \
	{ \
		PART_IP6, next, 0, 0 \
	}
#define IP6_FROM(next, n) \
	{ \
		PART_IP6, next, n, 0 \
	}
#define EXT(next, units) \
	{ \
		PART_EXT, next, units, 0 \
	}
#define FRAG(next, offset, more) \
	{ \
		PART_FRAG, next, offset, more \
	}
#define UDP(from, to) \
	{ \
		PART_UDP, from, to, 0 \
	}
#define BYTE(value) \
	{ \
		PART_BYTES, 1, value, 0 \
	}
#define BYTES(n, value) \
	{ \
		PART_BYTES, n, value, 0 \
	}
#define STATION(octet) \
	{ \
		PART_MAC, octet, 0, 0 \
	}
#define PARTS_MAX 16
#define FRAME_MAX 2048

struct lengths {
	size_t llc, ip4, ip6, udp; /* offset of a field with the length of the rest; 0: none */
	int llc_more;
};

/* Adds one part. */
static inline void add_part(struct lp_writer *w, const struct part *part, struct lengths *lengths)
{
	uint32_t a = (uint32_t)part->a, b = (uint32_t)part->b, c = (uint32_t)part->c;
	switch (part->kind) {
	case PART_END:
		break;
	case PART_U16:
		lp_writer_u16(w, (uint16_t)a);
		break;
	case PART_LEN:
		lengths->llc = lp_writer_len(w);
		lengths->llc_more = part->a;
		lp_writer_u16(w, 0);
		break;
	case PART_TAG:
		lp_writer_u16(w, (uint16_t)a);
		lp_writer_u16(w, (uint16_t)b);
		break;
	case PART_LLC:
		lp_writer_uint(w, a, 3);
		break;
	case PART_SNAP:
		lp_writer_uint(w, 0xaaaa03, 3);
		lp_writer_uint(w, a, 3);
		lp_writer_u16(w, (uint16_t)b);
		break;
	case PART_IP4:
		lengths->ip4 = lp_writer_len(w);
		b = b ? b : 5;
		lp_writer_u8(w, (uint8_t)(0x40 | b));
		lp_writer_zero(w, 5);
		lp_writer_u16(w, (uint16_t)c);
		lp_writer_u8(w, 64);
		lp_writer_u8(w, (uint8_t)a);
		lp_writer_zero(w, 10);
		for (uint32_t i = 5; i < b; i++)
			lp_writer_u32(w, 0x01010101); /* options without effect */
		break;
	case PART_IP6:
		lengths->ip6 = lp_writer_len(w);
		lp_writer_u32(w, 0x60000000);
		lp_writer_u16(w, 0);
		lp_writer_u8(w, (uint8_t)a);
		lp_writer_u8(w, 255);
		lp_writer_u64(w, b ? UINT64_C(0xfe80) << 48 : 0);
		lp_writer_u64(w, b);
		lp_writer_zero(w, 16);
		break;
	case PART_EXT:
		lp_writer_u8(w, (uint8_t)a);
		lp_writer_u8(w, (uint8_t)b);
		lp_writer_zero(w, 6 + b * 8);
		break;
	case PART_FRAG:
		lp_writer_u8(w, (uint8_t)a);
		lp_writer_u8(w, 0);
		lp_writer_u16(w, (uint16_t)(b << 3 | c));
		lp_writer_u32(w, 0x12345678);
		break;
	case PART_UDP:
		lengths->udp = lp_writer_len(w) + 4;
		lp_writer_u16(w, (uint16_t)a);
		lp_writer_u16(w, (uint16_t)b);
		lp_writer_u32(w, 0);
		break;
	case PART_BYTES:
		for (uint32_t i = 0; i < a; i++)
			lp_writer_u8(w, (uint8_t)b);
		break;
	case PART_MAC:
		lp_writer_uint(w, UINT64_C(0x020000000000) | a, 6);
		break;
	}
}

/* Writes the MACs (as numbers) and |parts|, up to PART_END; returns the length of the frame. */
static inline size_t make_frame(uint8_t frame[FRAME_MAX], uint64_t dst, uint64_t src, const struct part *parts)
{
	struct lp_writer w = lp_writer_init(frame, FRAME_MAX);
	struct lengths lengths = {0};
	lp_writer_uint(&w, dst, 6);
	lp_writer_uint(&w, src, 6);
	for (size_t i = 0; i < PARTS_MAX && parts[i].kind != PART_END; i++)
		add_part(&w, &parts[i], &lengths);
	size_t len = lp_writer_len(&w);
	assert(!w.bad);
	if (lengths.llc)
		lp_be16_put(frame + lengths.llc, (uint16_t)((int)(len - lengths.llc - 2) + lengths.llc_more));
	if (lengths.ip4)
		lp_be16_put(frame + lengths.ip4 + 2, (uint16_t)(len - lengths.ip4));
	if (lengths.ip6)
		lp_be16_put(frame + lengths.ip6 + 4, (uint16_t)(len - lengths.ip6 - 40));
	if (lengths.udp)
		lp_be16_put(frame + lengths.udp, (uint16_t)(len - lengths.udp + 4));
	return len;
}

/* The MAC of a number. */
static inline struct lp_mac mac_of(uint64_t key)
{
	struct lp_mac mac;
	for (size_t i = 0; i < 6; i++)
		mac.octet[i] = (uint8_t)(key >> (40 - 8 * i));
	return mac;
}

#define BROADCAST UINT64_C(0xffffffffffff)
/* The MAC of station |n| of a test, a client's. */
#define STATION_MAC(n) (UINT64_C(0x020000000000) + (n))

#endif
