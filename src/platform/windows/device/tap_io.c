#include "platform/windows/device/tap_io.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A frame with two tags has 1522 bytes; a read with less room than its frame loses it. */
#define SLOT_BYTES 2048
/* Outstanding writes: more than any received batch has. */
#define WRITES 256
/* How often a complete read waits for an earlier one that another processor is completing. */
#define YIELDS 4
/* How long the driver may take to cancel requests. */
#define CANCEL_MS 2000

/* A read or a write, with its frame. */
struct slot {
	OVERLAPPED overlapped;
	bool busy; /* started, and its result was not read yet */
	_Alignas(16) uint8_t data[SLOT_BYTES];
};

struct lp_tap_io {
	HANDLE device;
	HANDLE event;
	unsigned n_pending;             /* outstanding or complete reads */
	uint8_t order[LP_TAP_IO_READS]; /* their slots, in the order of their start */
	unsigned next_write;
	struct slot reads[LP_TAP_IO_READS];
	struct slot writes[WRITES];
};

/* True if the request of a slot is complete. */
static bool is_complete(const struct slot *slot)
{
	return HasOverlappedIoCompleted(&slot->overlapped);
}

int lp_tap_io_new(HANDLE device, HANDLE event, struct lp_tap_io **ret_io)
{
	struct lp_tap_io *io = calloc(1, sizeof *io);
	if (!io)
		return LP_ENOMEM;
	io->device = device;
	io->event = event;
	*ret_io = io;
	return 0;
}

HANDLE lp_tap_io_device(const struct lp_tap_io *io)
{
	return io->device;
}

DWORD lp_tap_io_begin_reads(struct lp_tap_io *io)
{
	for (unsigned i = 0; i < LP_TAP_IO_READS && io->n_pending < LP_TAP_IO_READS; i++) {
		struct slot *slot = &io->reads[i];
		if (slot->busy)
			continue;
		slot->overlapped = (OVERLAPPED){.hEvent = io->event};
		if (!ReadFile(io->device, slot->data, SLOT_BYTES, NULL, &slot->overlapped) &&
			GetLastError() != ERROR_IO_PENDING)
			return GetLastError();
		slot->busy = true;
		io->order[io->n_pending++] = (uint8_t)i;
	}
	return 0;
}

bool lp_tap_io_has_frames(const struct lp_tap_io *io)
{
	for (unsigned i = 0; i < io->n_pending; i++)
		if (is_complete(&io->reads[io->order[i]]))
			return true;
	return false;
}

/* True if the read is complete, or will be immediately: a later one is complete, and the driver serves them in order.
 */
static bool await_read(const struct lp_tap_io *io, unsigned place)
{
	const struct slot *slot = &io->reads[io->order[place]];
	bool later = false;
	if (is_complete(slot))
		return true;
	for (unsigned i = place + 1; i < io->n_pending && !later; i++)
		later = is_complete(&io->reads[io->order[i]]);
	for (unsigned i = 0; later && i < YIELDS; i++) {
		SwitchToThread();
		if (is_complete(slot))
			return true;
	}
	return false;
}

size_t lp_tap_io_take(struct lp_tap_io *io, struct lp_frame frames[LP_TAP_IO_READS], DWORD *error)
{
	unsigned kept = 0;
	size_t n = 0;
	*error = 0;
	for (unsigned i = 0; i < io->n_pending; i++) {
		struct slot *slot = &io->reads[io->order[i]];
		/* Skip a read that is not complete: if a driver reorders them, so does this. */
		if (!await_read(io, i)) {
			io->order[kept++] = io->order[i];
			continue;
		}
		slot->busy = false;
		DWORD len;
		if (GetOverlappedResult(io->device, &slot->overlapped, &len, FALSE)) {
			if (len > 0)
				frames[n++] = (struct lp_frame){.data = slot->data, .len = len};
		} else if (GetLastError() != ERROR_MORE_DATA && GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
			*error = GetLastError();
		}
	}
	io->n_pending = kept;
	return n;
}

/* Reads the result of a complete write. 0 or the error. */
static DWORD end_write(struct lp_tap_io *io, struct slot *slot)
{
	slot->busy = false;
	DWORD n;
	return GetOverlappedResult(io->device, &slot->overlapped, &n, FALSE) ? 0 : GetLastError();
}

size_t lp_tap_io_write(struct lp_tap_io *io, const struct lp_frame *frames, size_t n_frames, DWORD *error)
{
	size_t taken = 0;
	*error = 0;
	for (size_t i = 0; i < n_frames; i++) {
		struct slot *slot = &io->writes[io->next_write];
		if (frames[i].len > SLOT_BYTES)
			continue;
		if (slot->busy) {
			/* The oldest write is still outstanding: no free slot. */
			if (!is_complete(slot))
				break;
			/* An error of one frame does not matter to the next; a device that is gone does. */
			if (end_write(io, slot) == ERROR_OPERATION_ABORTED)
				*error = ERROR_OPERATION_ABORTED;
		}
		memcpy(slot->data, frames[i].data, frames[i].len);
		slot->overlapped = (OVERLAPPED){0};
		if (!WriteFile(io->device, slot->data, (DWORD)frames[i].len, NULL, &slot->overlapped) &&
			GetLastError() != ERROR_IO_PENDING) {
			if (GetLastError() == ERROR_OPERATION_ABORTED)
				*error = ERROR_OPERATION_ABORTED;
			continue;
		}
		slot->busy = true;
		io->next_write = (io->next_write + 1) % WRITES;
		taken++;
	}
	return taken;
}

/* True if all requests are complete. */
static bool is_idle(const struct lp_tap_io *io)
{
	for (unsigned i = 0; i < LP_TAP_IO_READS; i++)
		if (io->reads[i].busy && !is_complete(&io->reads[i]))
			return false;
	for (unsigned i = 0; i < WRITES; i++)
		if (io->writes[i].busy && !is_complete(&io->writes[i]))
			return false;
	return true;
}

void lp_tap_io_free(struct lp_tap_io *io)
{
	if (!io)
		return;
	ULONGLONG end = GetTickCount64() + CANCEL_MS;
	CancelIoEx(io->device, NULL);
	while (!is_idle(io) && GetTickCount64() < end)
		WaitForSingleObject(io->event, 5);
	CloseHandle(io->device);
	/* The system may still write into the slots that are not complete: leak them rather than free them. */
	if (is_idle(io))
		free(io);
}
