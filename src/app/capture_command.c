#include "app/capture_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/capture_server.h"
#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "capture/pcapng.h"
#include "cli/start.h"
#include "http/call.h"
#include "platform/system/output.h"

/* The section's header and the interfaces, which each file begins with. */
#define HEADER_BYTES 1024U
#define BUFFER_BYTES ((size_t)256 << 10)

const struct lp_option lp_capture_option_rows[] = {
	{"write", "FILE|-", LP_TEXT(struct lp_capture_options, path), .letter = 'w', .group = "Capture",
		.standard = "-", .no_config = true,
		.help = "with the command capture: where the frames are written as pcapng; -: standard output, for wireshark -k -i -"},
	{"peer", "PLAYER", LP_TEXT(struct lp_capture_options, peer), .no_config = true,
		.help = "with the command capture: only frames from and to this member, by name, MAC or number"},
	{"drops", NULL, LP_SWITCH(struct lp_capture_options, drops), .no_config = true,
		.help = "with the command capture: only frames that are dropped"},
	{"seconds", "N", LP_NUMBER(struct lp_capture_options, seconds, 0, 31536000), .standard = "0", .no_config = true,
		.help = "with the commands capture and games: end after this time; 0: when it is interrupted (games: after 10 s)"},
	{"file-size", "BYTES", LP_SIZE(struct lp_capture_options, max_bytes, 1 << 20, UINT64_C(1) << 40),
		.standard = "256M", .no_config = true,
		.help = "with the command capture: keep the newest frames up to this size, in FILE and FILE.old"},
	{"keylog", "FILE", LP_TEXT(struct lp_capture_options, keylog), .no_config = true,
		.help = "DANGER: write the TLS secrets of all new sessions to a file, with which everything that was recorded of them "
			"can be decrypted; for Wireshark, which then reads the tunnel's packets"},
};
const size_t lp_capture_option_rows_n = LP_OPTIONS_N(lp_capture_option_rows);

/* Where the frames go. */
struct output {
	const struct lp_capture_options *options;
	FILE *file;
	uint64_t n_bytes; /* in the file */
	uint8_t header[HEADER_BYTES];
	size_t header_len;
};

static int write_bytes(struct output *output, const uint8_t *data, size_t len, struct lp_failure *failure)
{
	output->n_bytes += len;
	if (fwrite(data, 1, len, output->file) == len)
		return 0;
	return lp_fail(failure, LP_EIO, "%s: cannot be written to. Is the disk full?", output->options->path);
}

/* Half of the space is full: the file becomes the old one, which is replaced. */
static int rotate(struct output *output, struct lp_failure *failure)
{
	const char *path = output->options->path;
	char old[sizeof output->options->path + 8];
	snprintf(old, sizeof old, "%s.old", path);
	(void)fclose(output->file);
	output->file = NULL;
	(void)remove(old); /* Windows does not replace a file */
	if (rename(path, old) != 0)
		return lp_fail(failure, LP_EIO, "%s: cannot be renamed to %s", path, old);
	int result = lp_output_open(path, failure, &output->file);
	output->n_bytes = 0;
	return result < 0 ? result : write_bytes(output, output->header, output->header_len, failure);
}

/* Writes one block. The first ones, the header, are kept for the files that follow. */
static int write_block(
	struct output *output, uint32_t type, const uint8_t *block, size_t len, struct lp_failure *failure)
{
	bool is_file = output->file != stdout;
	if (type == LP_PCAPNG_SECTION || type == LP_PCAPNG_INTERFACE) {
		if (len > sizeof output->header - output->header_len)
			return lp_fail(failure, LP_EPROTO, "the program sent a header that is too long");
		memcpy(output->header + output->header_len, block, len);
		output->header_len += len;
	} else if (is_file && output->n_bytes + len > output->options->max_bytes / 2) {
		int result = rotate(output, failure);
		if (result < 0)
			return result;
	}
	return write_bytes(output, block, len, failure);
}

/* Writes the complete blocks of |data|. |ret_left|: the bytes of an incomplete one, moved to the start. */
static int write_blocks(struct output *output, uint8_t *data, size_t len, struct lp_failure *failure, size_t *ret_left)
{
	size_t at = 0, block_len;
	uint32_t type;
	int result;
	while ((result = lp_pcapng_block(data + at, len - at, &type, &block_len)) == 1 && block_len <= len - at) {
		if ((result = write_block(output, type, data + at, block_len, failure)) < 0)
			return result;
		at += block_len;
	}
	if (result < 0)
		return lp_fail(failure, LP_EPROTO, "the program sent something that is not a capture");
	memmove(data, data + at, len - at);
	*ret_left = len - at;
	if (fflush(output->file) != 0)
		return lp_fail(failure, LP_EIO, "%s: cannot be written to. Is the disk full?", output->options->path);
	return 0;
}

/* Copies the stream to its end. */
static int copy(struct lp_http_reading *reading, struct output *output, struct lp_failure *failure)
{
	uint8_t *data = malloc(BUFFER_BYTES);
	size_t len = 0;
	int n = data ? 0 : lp_fail(failure, LP_ENOMEM, "out of memory");
	while (data && (n = lp_http_reading_next(reading, (char *)data + len, BUFFER_BYTES - len, failure)) > 0) {
		int result = write_blocks(output, data, len + (size_t)n, failure, &len);
		if (result < 0) {
			n = result;
			break;
		}
	}
	free(data);
	return n;
}

int lp_capture_command(const struct lp_program *program, const struct lp_control_options *control,
	const struct lp_capture_options *options, const char *room)
{
	struct lp_capture_request request = {.drops = options->drops, .seconds = options->seconds};
	struct output output = {.options = options};
	struct lp_failure failure = {0};
	struct lp_http_reading *reading;
	snprintf(request.room, sizeof request.room, "%s", room);
	memcpy(request.peer, options->peer, sizeof request.peer);
	char *body = lp_capture_request_json(&request);
	int result = body ? lp_output_open(options->path, &failure, &output.file)
			  : lp_fail(&failure, LP_ENOMEM, "out of memory");
	if (result == 0)
		result = lp_control_open(program, control, "POST", "/capture", body, &failure, &reading);
	free(body);
	if (result == 0) {
		result = copy(reading, &output, &failure);
		lp_http_reading_close(reading);
	}
	if (output.file && output.file != stdout && fclose(output.file) != 0 && result == 0)
		result = lp_fail(&failure, LP_EIO, "%s: cannot be written to. Is the disk full?", options->path);
	if (result < 0)
		fprintf(stderr, "%s: capture: %s\n", program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
