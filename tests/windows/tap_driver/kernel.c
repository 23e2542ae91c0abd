/* Kernel functions for the other half. */
#include <ntddk.h>

#include "halves.h"

/* From ntifs.h, which conflicts with ntddk.h here. */
NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE object, BOOLEAN alertable, PLARGE_INTEGER timeout);

/* Memory, zeroed. */
void *kernel_alloc(unsigned len)
{
	void *data = ExAllocatePool(NonPagedPool, len);

	if (data)
		RtlZeroMemory(data, len);
	return data;
}

void kernel_free(void *data)
{
	ExFreePool(data);
}

void kernel_sleep(int ms)
{
	/* Relative, in units of 100 ns. */
	LARGE_INTEGER time = {.QuadPart = -10000LL * ms};

	KeDelayExecutionThread(KernelMode, FALSE, &time);
}

/* A thread; NULL if there is none. */
void *kernel_thread(void (*run)(void *ctx), void *ctx)
{
	HANDLE thread;

	return PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, (PKSTART_ROUTINE)(void *)run, ctx)
		       ? NULL
		       : thread;
}

/* Waits for a thread's end, at most 3 s. */
void kernel_join(void *thread)
{
	LARGE_INTEGER timeout = {.QuadPart = -30000000LL};

	ZwWaitForSingleObject(thread, FALSE, &timeout);
	ZwClose(thread);
}

/* True if both are equal, ignoring case. */
int kernel_equal(const wchar_t *a, const wchar_t *b)
{
	return _wcsicmp(a, b) == 0;
}
