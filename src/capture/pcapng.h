/* Writes pcapng, the file format of Wireshark (draft-ietf-opsawg-pcapng). Pure.

   A section is written in big-endian, which its header announces: the cursors of base/ write it, and every reader takes
   both. Times have nanoseconds. */
#ifndef LP_CAPTURE_PCAPNG_H
#define LP_CAPTURE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct lp_writer;

/* Types of blocks. */
#define LP_PCAPNG_SECTION 0x0a0d0d0aU
#define LP_PCAPNG_INTERFACE 1U
#define LP_PCAPNG_FRAME 6U
#define LP_PCAPNG_STATISTICS 5U

/* The bytes that each block has besides the frame and the comment, with padding and options. */
#define LP_PCAPNG_FRAME_OVERHEAD 96U

struct lp_pcapng_frame {
	uint32_t interface;           /* index in the order of lp_pcapng_interface() */
	uint64_t unix_ns;             /* when */
	const struct lp_bytes *parts; /* the frame's bytes, one after another */
	size_t n_parts;
	bool inbound;        /* received by the interface, not sent */
	const char *comment; /* NULL: none */
	uint64_t n_lost;     /* frames that were not captured since the last one of this section */
};

/* Begins a section. */
void lp_pcapng_section(struct lp_writer *writer, const char *software);
/* Describes an Ethernet interface; their indexes count from 0. */
void lp_pcapng_interface(struct lp_writer *writer, const char *name, const char *description);
void lp_pcapng_frame(struct lp_writer *writer, const struct lp_pcapng_frame *frame);
/* Counts of an interface up to now: frames that matched the filter, and those of them that were not captured. */
void lp_pcapng_statistics(
	struct lp_writer *writer, uint32_t interface, uint64_t unix_ns, uint64_t n_frames, uint64_t n_lost);

/* The length of the block that |data| begins with. 0: more than |len| bytes are needed to know it; LP_EMALFORMED: it is
   not a block of a section in big-endian. */
int lp_pcapng_block(const uint8_t *data, size_t len, uint32_t *ret_type, size_t *ret_block_len);

#endif
