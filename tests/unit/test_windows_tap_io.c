/* Overlapped reads and writes of a TAP adapter's device, with a message pipe instead of the device: each message is a
   frame. */
#include "platform/windows/device/tap_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_FRAMES 2000

struct bench {
	HANDLE driver; /* the other end */
	HANDLE event;
	struct lp_tap_io *io;
};

/* Creates a pipe; one end is the device. */
static void set_up(struct bench *bench)
{
	char name[64];
	snprintf(name, sizeof name, "\\\\.\\pipe\\lp-test-tap-io-%lu", (unsigned long)GetCurrentProcessId());
	bench->driver = CreateNamedPipeA(
		name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 1 << 20, 1 << 20, 0, NULL);
	assert_true(bench->driver != INVALID_HANDLE_VALUE);
	HANDLE device = CreateFileA(
		name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	assert_true(device != INVALID_HANDLE_VALUE);
	DWORD mode = PIPE_READMODE_MESSAGE;
	assert_true(SetNamedPipeHandleState(device, &mode, NULL, NULL));
	bench->event = CreateEventA(NULL, FALSE, FALSE, NULL);
	assert_non_null(bench->event);
	assert_int_equal(lp_tap_io_new(device, bench->event, &bench->io), 0);
}

static void tear_down(struct bench *bench)
{
	lp_tap_io_free(bench->io);
	if (bench->driver)
		CloseHandle(bench->driver);
	CloseHandle(bench->event);
}

/* A frame that contains its number; returns its length. */
static size_t make_frame(uint8_t data[1600], unsigned number)
{
	size_t len = 60 + number * 7 % 1455;
	memset(data, (int)(number & 0xff), len);
	memcpy(data, &number, sizeof number);
	return len;
}

/* The other end sends a frame. */
static void send_frame(struct bench *bench, unsigned number)
{
	uint8_t data[1600];
	size_t len = make_frame(data, number);
	DWORD n;
	assert_true(WriteFile(bench->driver, data, (DWORD)len, &n, NULL));
}

/* Checks that a frame has this number. */
static void check_frame(const uint8_t *data, size_t len, unsigned number)
{
	uint8_t wanted[1600];
	assert_int_equal(len, make_frame(wanted, number));
	assert_memory_equal(data, wanted, len);
}

/* Frames arrive complete and in order, however many arrive between two reads. */
static void test_read_order(void **state)
{
	unsigned sent = 0, got = 0;
	(void)state;
	srand(1);
	struct bench bench;
	set_up(&bench);
	assert_int_equal(lp_tap_io_begin_reads(bench.io), 0);
	struct lp_frame frames[LP_TAP_IO_READS];
	while (got < N_FRAMES) {
		unsigned burst = (unsigned)rand() % 60;
		while (burst-- && sent < N_FRAMES)
			send_frame(&bench, sent++);
		DWORD error;
		while (got < sent) {
			if (!lp_tap_io_has_frames(bench.io))
				assert_int_equal(WaitForSingleObject(bench.event, 5000), WAIT_OBJECT_0);
			size_t n = lp_tap_io_take(bench.io, frames, &error);
			assert_int_equal(error, 0);
			for (size_t i = 0; i < n; i++)
				check_frame(frames[i].data, frames[i].len, got++);
			assert_int_equal(lp_tap_io_begin_reads(bench.io), 0);
		}
	}
	tear_down(&bench);
}

/* Frames are sent complete and in order; the sender's buffer is free immediately. */
static void test_write_order(void **state)
{
	unsigned sent = 0;
	(void)state;
	struct bench bench;
	set_up(&bench);
	for (unsigned got = 0; got < N_FRAMES;) {
		struct lp_frame frames[2];
		uint8_t data[2][1600];
		for (unsigned i = 0; i < 2; i++)
			frames[i] = (struct lp_frame){.data = data[i], .len = make_frame(data[i], sent + i)};
		DWORD error;
		assert_int_equal(lp_tap_io_write(bench.io, frames, 2, &error), 2);
		assert_int_equal(error, 0);
		memset(data, 0xff, sizeof data);
		sent += 2;
		DWORD n;
		uint8_t back[2048];
		while (got < sent) {
			assert_true(ReadFile(bench.driver, back, sizeof back, &n, NULL));
			check_frame(back, n, got++);
		}
	}
	tear_down(&bench);
}

/* Frames that are too long are left out and counted; the others are sent. */
static void test_write_too_long(void **state)
{
	static uint8_t data[4096];
	const struct lp_frame frames[] = {
		{.data = data, .len = sizeof data},
		{.data = data, .len = 100},
	};
	(void)state;
	struct bench bench;
	set_up(&bench);
	DWORD error;
	assert_int_equal(lp_tap_io_write(bench.io, frames, 2, &error), 1);
	DWORD n;
	uint8_t back[2048];
	assert_true(ReadFile(bench.driver, back, sizeof back, &n, NULL));
	assert_int_equal(n, 100);
	tear_down(&bench);
}

/* A device that disappears ends the reads with an error, after the frames before it were read. */
static void test_gone(void **state)
{
	DWORD error = 0;
	unsigned got = 0;
	(void)state;
	struct bench bench;
	set_up(&bench);
	assert_int_equal(lp_tap_io_begin_reads(bench.io), 0);
	for (unsigned i = 0; i < 3; i++)
		send_frame(&bench, i);
	struct lp_frame frames[LP_TAP_IO_READS];
	while (got < 3) {
		size_t n = lp_tap_io_take(bench.io, frames, &error);
		assert_int_equal(error, 0);
		for (size_t i = 0; i < n; i++)
			check_frame(frames[i].data, frames[i].len, got++);
	}
	CloseHandle(bench.driver);
	bench.driver = NULL;
	assert_int_equal(WaitForSingleObject(bench.event, 5000), WAIT_OBJECT_0);
	while (!error)
		assert_int_equal(lp_tap_io_take(bench.io, frames, &error), 0);
	assert_int_not_equal(lp_tap_io_begin_reads(bench.io), 0);
	tear_down(&bench);
}

/* Closing does not wait for frames. */
static void test_close(void **state)
{
	(void)state;
	struct bench bench;
	set_up(&bench);
	assert_int_equal(lp_tap_io_begin_reads(bench.io), 0);
	ULONGLONG start = GetTickCount64();
	tear_down(&bench);
	assert_true(GetTickCount64() - start < 1500);
	lp_tap_io_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_order),
		cmocka_unit_test(test_write_order),
		cmocka_unit_test(test_write_too_long),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_close),
	};
	return cmocka_run_group_tests_name("tap_io", tests, NULL, NULL);
}
