#include "reads.h"

/* A queued frame. */
struct frame {
	LIST_ENTRY entry;
	ULONG len;
	UCHAR data[];
};

void reads_init(struct reads *reads)
{
	KeInitializeSpinLock(&reads->lock);
	InitializeListHead(&reads->irps);
	InitializeListHead(&reads->frames);
}

NTSTATUS reads_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

/* Removes the first read from the list; NULL if there is none. The lock is held. */
static PIRP take_irp(struct reads *reads)
{
	while (!IsListEmpty(&reads->irps)) {
		PIRP irp = CONTAINING_RECORD(RemoveHeadList(&reads->irps), IRP, Tail.Overlay.ListEntry);

		if (IoSetCancelRoutine(irp, NULL))
			return irp;
		/* It is being cancelled: the cancel routine ends it, and removes it from the list that it must be
		   in. */
		InitializeListHead(&irp->Tail.Overlay.ListEntry);
	}
	return NULL;
}

/* Removes the first frame from the list; NULL if there is none. The lock is held. */
static struct frame *take_frame(struct reads *reads)
{
	if (IsListEmpty(&reads->frames))
		return NULL;
	reads->n_frames--;
	return CONTAINING_RECORD(RemoveHeadList(&reads->frames), struct frame, entry);
}

/* Completes a read with a frame. If its buffer is too small the frame is lost, as with the real driver. */
static void give(PIRP irp, struct frame *frame)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	void *to = irp->MdlAddress ? irp->MdlAddress->MappedSystemVa : irp->AssociatedIrp.SystemBuffer;

	if (stack->Parameters.Read.Length < frame->len) {
		reads_complete(irp, STATUS_BUFFER_OVERFLOW, 0);
	} else {
		RtlCopyMemory(to, frame->data, frame->len);
		reads_complete(irp, STATUS_SUCCESS, frame->len);
	}
	ExFreePool(frame);
}

/* Completes reads while there are both reads and frames. */
static void pair(struct reads *reads)
{
	for (;;) {
		struct frame *frame = NULL;
		PIRP irp = NULL;
		KIRQL level;

		KeAcquireSpinLock(&reads->lock, &level);
		if (!IsListEmpty(&reads->frames)) {
			irp = take_irp(reads);
			frame = irp ? take_frame(reads) : NULL;
		}
		KeReleaseSpinLock(&reads->lock, level);
		if (!irp)
			return;
		give(irp, frame);
	}
}

/* The system cancels a read (CancelIoEx, or its process ended). */
static void NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
	struct reads *reads = *(struct reads **)device->DeviceExtension;
	KIRQL level;

	IoReleaseCancelSpinLock(irp->CancelIrql);
	KeAcquireSpinLock(&reads->lock, &level);
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	InitializeListHead(&irp->Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&reads->lock, level);
	reads_complete(irp, STATUS_CANCELLED, 0);
}

void reads_add(struct reads *reads, PIRP irp)
{
	KIRQL level;

	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&reads->lock, &level);
	InsertTailList(&reads->irps, &irp->Tail.Overlay.ListEntry);
	IoSetCancelRoutine(irp, cancel);
	KeReleaseSpinLock(&reads->lock, level);
	pair(reads);
}

void reads_deliver(struct reads *reads, const void *data, ULONG len)
{
	struct frame *frame = ExAllocatePool(NonPagedPool, sizeof *frame + len);
	KIRQL level;

	if (!frame)
		return;
	frame->len = len;
	RtlCopyMemory(frame->data, data, len);
	KeAcquireSpinLock(&reads->lock, &level);
	if (reads->n_frames < READS_FRAMES_MAX) {
		InsertTailList(&reads->frames, &frame->entry);
		reads->n_frames++;
		frame = NULL;
	}
	KeReleaseSpinLock(&reads->lock, level);
	if (frame)
		ExFreePool(frame);
	pair(reads);
}

void reads_flush(struct reads *reads)
{
	for (;;) {
		struct frame *frame;
		PIRP irp;
		KIRQL level;

		KeAcquireSpinLock(&reads->lock, &level);
		irp = take_irp(reads);
		frame = take_frame(reads);
		KeReleaseSpinLock(&reads->lock, level);
		if (frame)
			ExFreePool(frame);
		if (irp)
			reads_complete(irp, STATUS_CANCELLED, 0);
		if (!irp && !frame)
			return;
	}
}
