#include "platform/device/tap.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/device/adapter.h"
#include "platform/loop/loop.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/device/tap_device.h"
#include "platform/windows/device/tap_io.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/interface.h"
#include "platform/windows/system/os_error.h"

/* How long a restarted adapter may take to reappear, and the interval of the checks. */
#define RESTART_MS 10000
#define RESTART_LOOK_MS 100
/* The interval of the checks for an adapter that disappeared, doubled after each failed attempt up to the second value.
 */
#define SEEK_NS (500 * LP_MS)
#define SEEK_MAX_NS (8 * LP_SEC)
/* The interval of the link checks of a connected adapter, with a link and without. */
#define CHECK_NS (5 * LP_SEC)
#define CHECK_AGAIN_NS (3 * LP_SEC)
/* An adapter without a link is reopened at most this often in a row, until it has a link again. */
#define REOPEN_MAX 3

struct lp_tap {
	struct lp_loop *loop;
	struct lp_adapter adapter;
	struct lp_tap_driver driver;
	struct lp_tap_io *io; /* NULL while the adapter is gone */
	HANDLE event;
	struct lp_wait wait;
	struct lp_timer *timer; /* checks for an adapter that is gone, and checks the link of one that exists */
	uint64_t seek_ns;       /* delay of the next attempt */
	bool up;                /* lp_tap_up() was called */
	bool replug;            /* lp_tap_replug() was called */
	bool calling;           /* a callback of the owner is running */
	bool without_link;      /* the result of the last check */
	unsigned n_reopened;    /* in a row, because there was no link */
	bool reboot_needed;     /* Windows could not restart the adapter with its new MAC */
	bool closed;
	lp_tap_recv_fn recv;
	lp_tap_error_fn error;
	void (*state)(void *ctx, bool up, const char *reason);
	void *ctx;
	struct lp_frame frames[LP_TAP_IO_READS];
};

/* Opens the adapter's device and queries its driver. */
static int open_device(struct lp_tap *tap, struct lp_failure *failure)
{
	HANDLE device;
	int result = lp_tap_device_open(&tap->adapter, failure, &device);
	if (result < 0)
		return result;
	if (!lp_tap_device_ask(device, &tap->driver))
		result = lp_fail(failure, LP_EIO, "%s: the TAP adapter's driver does not answer. Restart the adapter",
			lp_tap_name(tap));
	else if ((result = lp_tap_io_new(device, tap->event, &tap->io)) < 0)
		lp_fail(failure, result, "%s: out of memory", lp_tap_name(tap));
	if (result < 0)
		CloseHandle(device);
	return result;
}

/* Opens the device of an adapter that was just restarted. */
static int reopen_device(struct lp_tap *tap, struct lp_failure *failure)
{
	int result;
	for (unsigned waited_ms = 0;; waited_ms += RESTART_LOOK_MS) {
		result = open_device(tap, failure);
		if (result == 0 || waited_ms >= RESTART_MS)
			return result;
		Sleep(RESTART_LOOK_MS);
	}
}

/* Formats a MAC for the registry: without separators, which every version of the driver reads. Returns |text|. */
static const char *format_setting(const struct lp_mac *mac, char text[LP_MAC_TEXT_MAX])
{
	lp_mac_format(mac, text);
	for (char *to = text, *from = text;; from++) {
		if (*from == ':')
			continue;
		*to++ = *from;
		if (!*from)
			return text;
	}
}

/* Sets the driver's MAC. If that is rejected, nothing changes, and the driver's own MAC is used. */
static int set_mac(struct lp_tap *tap, const struct lp_tap_config *config, struct lp_failure *failure)
{
	char before[LP_MAC_TEXT_MAX], wanted[LP_MAC_TEXT_MAX];
	format_setting(&config->mac, wanted);
	lp_adapter_mac_setting(&tap->adapter, before);
	if (!lp_adapter_is_own(&tap->adapter) && config->mac_changes && strcmp(before, wanted) != 0 &&
		!config->mac_changes(tap->ctx, tap->adapter.guid, before, wanted))
		return 0;
	if (lp_adapter_set_mac_setting(&tap->adapter, wanted) < 0)
		return 0;
	/* The device must be closed for this. */
	lp_tap_io_free(tap->io);
	tap->io = NULL;
	int result = lp_adapter_restart(&tap->adapter);
	tap->reboot_needed = result > 0;
	if (result < 0)
		lp_adapter_set_mac_setting(&tap->adapter, before);
	return reopen_device(tap, failure);
}

/* Schedules the next check for the adapter. */
static void seek_later(struct lp_tap *tap)
{
	lp_timer_set(tap->timer, lp_loop_now_ns(tap->loop) + tap->seek_ns);
	tap->seek_ns = tap->seek_ns * 2 < SEEK_MAX_NS ? tap->seek_ns * 2 : SEEK_MAX_NS;
}

/* Closes the device; the adapter may come back. */
static void lose(struct lp_tap *tap, const char *reason)
{
	lp_tap_io_free(tap->io);
	tap->io = NULL;
	seek_later(tap);
	if (tap->state)
		tap->state(tap->ctx, false, reason);
}

/* The device rejected a request: the adapter was disabled or removed. */
static void lose_by_error(struct lp_tap *tap, DWORD error)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	lose(tap, error == ERROR_OPERATION_ABORTED ? "the adapter was disabled" : lp_os_error_text(error, text));
}

static void release(struct lp_tap *tap)
{
	if (tap->event)
		CloseHandle(tap->event);
	free(tap);
}

/* Starts to read. */
static void begin(struct lp_tap *tap)
{
	DWORD error = lp_tap_io_begin_reads(tap->io);
	if (error)
		lose_by_error(tap, error);
	else if (lp_tap_io_has_frames(tap->io))
		SetEvent(tap->event); /* a read that started later has reset the event */
}

/* Frames arrived, or the device is gone. */
static void on_event(void *ctx)
{
	struct lp_tap *tap = ctx;
	if (!tap->io || !tap->up)
		return;
	DWORD error;
	size_t n = lp_tap_io_take(tap->io, tap->frames, &error);
	tap->calling = true;
	if (n)
		tap->recv(tap->ctx, tap->frames, n);
	if (!tap->closed && tap->io) {
		if (n)
			tap->seek_ns = SEEK_NS;
		if (error)
			lose_by_error(tap, error);
		else
			begin(tap);
	}
	tap->calling = false;
	if (tap->closed)
		release(tap);
}

/* Schedules the next link check. */
static void check_later(struct lp_tap *tap)
{
	lp_timer_set(tap->timer, lp_loop_now_ns(tap->loop) + CHECK_NS);
}

/* Connects the adapter and starts to read, or closes it for now. */
static void connect_cable(struct lp_tap *tap)
{
	if (!lp_tap_device_set_media(lp_tap_io_device(tap->io), true)) {
		lose(tap, "the adapter cannot be connected");
		return;
	}
	check_later(tap);
	begin(tap);
}

/* The adapter is back: restores its state; fails if it has another MAC now. */
static int come_back(struct lp_tap *tap)
{
	struct lp_mac mac = tap->driver.mac;
	struct lp_failure failure = {0};
	struct lp_adapter adapter;
	if (lp_adapter_find(tap->adapter.guid, NULL, &adapter) < 0)
		return LP_ENOTFOUND;
	tap->adapter = adapter;
	if (open_device(tap, NULL) < 0)
		return LP_ENOTFOUND;
	if (!lp_mac_equal(&tap->driver.mac, &mac)) {
		char was[LP_MAC_TEXT_MAX], is[LP_MAC_TEXT_MAX];
		lp_fail(&failure, LP_EINVAL,
			"%s: the TAP adapter came back with MAC %s, but the room knows it with %s. Start the program again",
			lp_tap_name(tap), lp_mac_format(&tap->driver.mac, is), lp_mac_format(&mac, was));
		tap->error(tap->ctx, &failure);
		return 0;
	}
	if (!tap->up)
		return 0;
	if (tap->state)
		tap->state(tap->ctx, true, "");
	if (!tap->closed && tap->io)
		connect_cable(tap);
	return 0;
}

/* After sleep, or when other adapters come and go, Windows may leave the adapter without a link although its driver was
   asked for one, and reads stay pending forever. Closing and opening the device helps. */
static void check_link(struct lp_tap *tap)
{
	struct lp_interface interface;
	if (lp_interface_of_guid(tap->adapter.guid, &interface) < 0 || interface.up) {
		tap->without_link = false;
		tap->n_reopened = 0;
	} else if (!tap->without_link) {
		tap->without_link = true;
		lp_timer_set(tap->timer, lp_loop_now_ns(tap->loop) + CHECK_AGAIN_NS);
		return;
	} else if (tap->n_reopened < REOPEN_MAX) {
		tap->without_link = false;
		tap->n_reopened++;
		lose(tap, "the adapter lost its link although it is connected");
		return;
	}
	check_later(tap);
}

/* Simulates pulling and plugging the cable: closes the device and opens it a moment later. */
static void unplug(struct lp_tap *tap)
{
	tap->replug = false;
	lp_tap_io_free(tap->io);
	tap->io = NULL;
	tap->seek_ns = SEEK_NS;
	seek_later(tap);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_tap *tap = ctx;
	(void)now_ns;
	tap->calling = true;
	if (tap->replug && tap->io)
		unplug(tap);
	else if (tap->io && tap->up)
		check_link(tap);
	else if (!tap->io && come_back(tap) < 0)
		seek_later(tap);
	tap->calling = false;
	if (tap->closed)
		release(tap);
}

/* Opens the adapter that |wanted| names. Without a name it is the first that no other program uses; an adapter that has
   the requested MAC from an earlier session comes first. */
static int open_adapter(struct lp_tap *tap, const struct lp_tap_config *config, struct lp_failure *failure)
{
	struct lp_adapter *adapters = calloc(LP_ADAPTERS_MAX, sizeof adapters[0]);
	char mac[LP_MAC_TEXT_MAX], setting[LP_MAC_TEXT_MAX];
	size_t n, first;
	if (!adapters)
		return lp_fail(failure, LP_ENOMEM, "TAP adapter: out of memory");
	n = lp_adapters_read(adapters);
	int result = lp_adapter_choose(adapters, n, config->name, failure, &first);
	if (result < 0)
		goto end;
	bool any = !config->name || !*config->name;
	for (size_t i = 0; any && !lp_adapter_is_own(&adapters[first]) && i < n; i++) {
		lp_adapter_mac_setting(&adapters[i], setting);
		if (strcmp(setting, format_setting(&config->mac, mac)) == 0) {
			first = i;
			break;
		}
	}
	tap->adapter = adapters[first];
	struct lp_failure why = {0};
	result = open_device(tap, &why);
	/* If all fail, report the failure of the first. */
	for (size_t i = 0; any && i < n && (result == LP_EINUSE || result == LP_ENOTFOUND); i++) {
		if (i == first)
			continue;
		tap->adapter = adapters[i];
		int other = open_device(tap, NULL);
		result = other == 0 ? 0 : result;
	}
	if (result < 0)
		lp_fail(failure, result, "%s", why.text);
end:
	free(adapters);
	return result;
}

int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
	void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap)
{
	struct lp_tap *tap = calloc(1, sizeof *tap);
	if (!tap)
		return lp_fail(failure, LP_ENOMEM, "TAP adapter: out of memory");
	*tap = (struct lp_tap){.loop = loop, .recv = recv, .error = error, .state = config->state, .ctx = ctx};
	tap->seek_ns = SEEK_NS;
	tap->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	int result = tap->event ? lp_timer_new(loop, on_timer, tap, &tap->timer) : LP_ENOMEM;
	if (result == 0)
		result = lp_wait_add(&tap->wait, loop, tap->event, on_event, tap);
	if (result < 0) {
		lp_fail(failure, result, "TAP adapter: %s", lp_error_text(result));
		goto fail;
	}
	result = open_adapter(tap, config, failure);
	if (result == 0 && !lp_mac_is_zero(&config->mac) && !lp_mac_equal(&config->mac, &tap->driver.mac))
		result = set_mac(tap, config, failure);
	if (result < 0)
		goto fail;
	*ret_tap = tap;
	return 0;
fail:
	lp_tap_close(tap);
	return result;
}

/* The stack's MTU is a setting of the IP interface, which outlives this program: net/route_change.h sets and restores
   it. */
int lp_tap_set_mtu(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	(void)tap;
	(void)mtu;
	(void)failure;
	return 0;
}

int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	lp_tap_set_mtu(tap, mtu, failure);
	tap->up = true;
	if (!tap->io)
		return 0; /* gone: it comes up when it is back */
	if (!lp_tap_device_set_media(lp_tap_io_device(tap->io), true))
		return lp_fail(
			failure, LP_EIO, "%s: the TAP adapter cannot be connected. Restart it", lp_tap_name(tap));
	check_later(tap);
	begin(tap);
	return 0;
}

void lp_tap_replug(struct lp_tap *tap)
{
	if (!tap->io || !tap->up)
		return;
	/* Later: the frames of the batch that is being delivered belong to the device. */
	tap->replug = true;
	lp_timer_set(tap->timer, lp_loop_now_ns(tap->loop));
}

/* The driver has one queue of up to 4 MiB for all programs, in which a game would wait behind an upload. So frames are
   read always, and the egress queue drops what is too much, by flow (egress/queue.h). */
void lp_tap_pause(struct lp_tap *tap)
{
	(void)tap;
}

void lp_tap_resume(struct lp_tap *tap)
{
	(void)tap;
}

size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames)
{
	DWORD error;
	/* If the device is gone, the reads fail too and handle it. */
	return tap->io && tap->up ? lp_tap_io_write(tap->io, frames, n_frames, &error) : 0;
}

void lp_tap_close(struct lp_tap *tap)
{
	if (!tap)
		return;
	/* Closing the device disconnects the adapter. */
	lp_tap_io_free(tap->io);
	tap->io = NULL;
	lp_wait_remove(&tap->wait);
	lp_timer_free(tap->timer);
	tap->timer = NULL;
	tap->closed = true;
	if (!tap->calling)
		release(tap);
}

const char *lp_tap_name(const struct lp_tap *tap)
{
	return tap->adapter.name[0] ? tap->adapter.name : tap->adapter.guid;
}

const char *lp_tap_id(const struct lp_tap *tap)
{
	return tap->adapter.guid;
}

const struct lp_mac *lp_tap_mac(const struct lp_tap *tap)
{
	return &tap->driver.mac;
}

bool lp_tap_details(const struct lp_tap *tap, struct lp_tap_details *ret_details)
{
	struct lp_interface interface = {0};
	(void)lp_interface_of_guid(tap->adapter.guid, &interface);
	*ret_details = (struct lp_tap_details){.guid = tap->adapter.guid,
		.index = interface.index,
		.luid = interface.luid,
		.mac = tap->driver.mac,
		.driver_mtu = tap->driver.mtu,
		.driver_problem = lp_adapter_driver_problem(tap->driver.version),
		.reboot_needed = tap->reboot_needed};
	snprintf(ret_details->driver, sizeof ret_details->driver, "%u.%u.%u", tap->driver.version[0],
		tap->driver.version[1], tap->driver.version[2]);
	return true;
}

bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso)
{
	(void)tap;
	return gso == LP_GSO_NONE;
}
