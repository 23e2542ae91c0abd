/* Pending reads and queued frames. */
#ifndef LP_TESTS_WINDOWS_READS_H
#define LP_TESTS_WINDOWS_READS_H

#include <ntddk.h>

/* Maximum number of queued frames; more are lost, as in the real driver. */
#define READS_FRAMES_MAX 256

struct reads {
	KSPIN_LOCK lock;
	LIST_ENTRY irps, frames;
	ULONG n_frames;
};

void reads_init(struct reads *reads);
/* Adds a read, which is pending from now on. The device's extension begins with a pointer to |reads|. */
void reads_add(struct reads *reads, PIRP irp);
/* Adds a frame. */
void reads_deliver(struct reads *reads, const void *frame, ULONG len);
/* Ends every pending read with STATUS_CANCELLED, and drops every frame. */
void reads_flush(struct reads *reads);
/* Ends a request. */
NTSTATUS reads_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

#endif
