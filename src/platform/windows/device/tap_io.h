/* Overlapped reads and writes on a TAP adapter's device, several outstanding. A read brings one frame, a write takes
   one; both are served by the driver in the order in which they were begun. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_TAP_IO_H
#define LP_PLATFORM_WINDOWS_DEVICE_TAP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#include "proto/offload.h"

struct lp_tap_io;

/* Outstanding reads. */
#define LP_TAP_IO_READS 32

/* Takes |device|; signals the auto-reset event |event| (borrowed) when a read is complete. On failure the caller keeps
   the device. */
int lp_tap_io_new(HANDLE device, HANDLE event, struct lp_tap_io **ret_io);
/* Starts reads in all free slots. 0 or the error that ended the device. */
DWORD lp_tap_io_begin_reads(struct lp_tap_io *io);
/* True if a frame arrived that was not taken yet. */
bool lp_tap_io_has_frames(const struct lp_tap_io *io);
/* Takes received frames in order; they are valid until the next lp_tap_io_begin_reads(). |*error|: 0, or the error that
   ended the device. */
size_t lp_tap_io_take(struct lp_tap_io *io, struct lp_frame frames[LP_TAP_IO_READS], DWORD *error);
/* Writes copies of frames. Returns how many were accepted; |*error| as above. */
size_t lp_tap_io_write(struct lp_tap_io *io, const struct lp_frame *frames, size_t n_frames, DWORD *error);
/* The device, for requests. */
HANDLE lp_tap_io_device(const struct lp_tap_io *io);
/* Cancels outstanding requests and closes the device. NULL is fine. */
void lp_tap_io_free(struct lp_tap_io *io);

#endif
