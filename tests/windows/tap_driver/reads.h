/* Reads that wait for frames, and frames that wait for reads. */
#ifndef LP_TESTS_WINDOWS_READS_H
#define LP_TESTS_WINDOWS_READS_H

#include <ntddk.h>

/* Frames that wait at most; more are lost, as they are in the real driver. */
#define READS_FRAMES_MAX 256

struct reads {
	KSPIN_LOCK lock;
	LIST_ENTRY irps, frames;
	ULONG n_frames;
};

void reads_init(struct reads *reads);
/* A read waits: it is pending from now on. The device's extension begins with a pointer to |reads|. */
void reads_add(struct reads *reads, PIRP irp);
/* A frame came. */
void reads_deliver(struct reads *reads, const void *frame, ULONG len);
/* Every read that waits ends with STATUS_CANCELLED, and every frame is lost. */
void reads_flush(struct reads *reads);
/* Ends a request. */
NTSTATUS reads_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

#endif
