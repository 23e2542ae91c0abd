/* A substitute for TAP-Windows6's device interface, for Wine's ntoskrnl. For tests under Wine only: real Windows would
   not load it, and must not. A Linux TAP behind tapbridge stands in for Windows' network stack. The purpose is that a
   client that was built for the real driver finds the interface that it expects. */
#include <ntddk.h>
#include <wchar.h>

#include "halves.h"
#include "reads.h"

#define TAP_CODE(number) CTL_CODE(FILE_DEVICE_UNKNOWN, number, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TAP_GET_MAC TAP_CODE(1)
#define TAP_GET_VERSION TAP_CODE(2)
#define TAP_GET_MTU TAP_CODE(3)
#define TAP_SET_MEDIA_STATUS TAP_CODE(6)

#define ADAPTERS_MAX 8
#define FRAME_MIN 14

struct adapter {
	struct reads reads; /* first: a device's extension points to it */
	struct adapter_config config;
	PDEVICE_OBJECT device;
	PFILE_OBJECT file; /* the handle that has it open; NULL: none */
	BOOLEAN media, disabled;
	struct wire *wire;
	WCHAR link_name[128];
	UNICODE_STRING link;
};

/* A driver is global to the system, so this has no owner. */
static struct adapter adapters[ADAPTERS_MAX];
static int n_adapters;

/* The adapter of a device. */
static struct adapter *adapter_of(PDEVICE_OBJECT device)
{
	return *(struct adapter **)device->DeviceExtension;
}

/* Connects or disconnects the adapter; the bridge sets the carrier. */
static void set_media(struct adapter *adapter, BOOLEAN on)
{
	UCHAR byte = on;

	adapter->media = on;
	wire_send(adapter->wire, WIRE_MEDIA, &byte, 1);
	if (!on)
		reads_flush(&adapter->reads);
}

/* A datagram from the bridge. */
static void on_wire(void *ctx, enum wire_type type, const unsigned char *data, unsigned len)
{
	struct adapter *adapter = ctx;

	if (type == WIRE_FRAME && adapter->media && adapter->file && !adapter->disabled) {
		reads_deliver(&adapter->reads, data, len);
	} else if (type == WIRE_ENABLED) {
		adapter->disabled = !data[0];
		if (adapter->disabled)
			set_media(adapter, FALSE);
	}
}

/* Opens the adapter, for one handle only. */
static NTSTATUS NTAPI on_create(PDEVICE_OBJECT device, PIRP irp)
{
	struct adapter *adapter = adapter_of(device);
	PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

	if (adapter->disabled)
		return reads_complete(irp, STATUS_NO_SUCH_DEVICE, 0);
	if (InterlockedCompareExchangePointer((void **)&adapter->file, file, NULL))
		return reads_complete(irp, STATUS_UNSUCCESSFUL, 0);
	wire_send(adapter->wire, WIRE_OPEN, "\1", 1);
	return reads_complete(irp, STATUS_SUCCESS, 0);
}

/* Closes it, also after a crash: the cable is unplugged. */
static NTSTATUS NTAPI on_close(PDEVICE_OBJECT device, PIRP irp)
{
	struct adapter *adapter = adapter_of(device);

	if (adapter->file == IoGetCurrentIrpStackLocation(irp)->FileObject) {
		set_media(adapter, FALSE);
		wire_send(adapter->wire, WIRE_OPEN, "\0", 1);
		adapter->file = NULL;
	}
	return reads_complete(irp, STATUS_SUCCESS, 0);
}

/* No read of this handle is left. */
static NTSTATUS NTAPI on_cleanup(PDEVICE_OBJECT device, PIRP irp)
{
	reads_flush(&adapter_of(device)->reads);
	return reads_complete(irp, STATUS_SUCCESS, 0);
}

/* Reads one frame, immediately or when one arrives. */
static NTSTATUS NTAPI on_read(PDEVICE_OBJECT device, PIRP irp)
{
	struct adapter *adapter = adapter_of(device);

	if (!adapter->media || adapter->disabled)
		return reads_complete(irp, STATUS_CANCELLED, 0);
	reads_add(&adapter->reads, irp);
	return STATUS_PENDING;
}

/* Writes one frame. */
static NTSTATUS NTAPI on_write(PDEVICE_OBJECT device, PIRP irp)
{
	struct adapter *adapter = adapter_of(device);
	ULONG len = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
	void *data = irp->MdlAddress ? irp->MdlAddress->MappedSystemVa : irp->AssociatedIrp.SystemBuffer;

	if (!adapter->media || adapter->disabled)
		return reads_complete(irp, STATUS_CANCELLED, 0);
	if (len < FRAME_MIN)
		return reads_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
	wire_send(adapter->wire, WIRE_FRAME, data, len);
	return reads_complete(irp, STATUS_SUCCESS, len);
}

/* The driver's own device controls. */
static NTSTATUS NTAPI on_control(PDEVICE_OBJECT device, PIRP irp)
{
	struct adapter *adapter = adapter_of(device);
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
	ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
	static const ULONG version[3] = {9, 27, 0};
	void *data = irp->AssociatedIrp.SystemBuffer;

	if (adapter->disabled)
		return reads_complete(irp, STATUS_CANCELLED, 0);
	switch (stack->Parameters.DeviceIoControl.IoControlCode) {
	case TAP_GET_MAC:
		if (out < sizeof adapter->config.mac)
			return reads_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
		RtlCopyMemory(data, adapter->config.mac, sizeof adapter->config.mac);
		return reads_complete(irp, STATUS_SUCCESS, sizeof adapter->config.mac);
	case TAP_GET_VERSION:
		if (out < sizeof version)
			return reads_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
		RtlCopyMemory(data, version, sizeof version);
		return reads_complete(irp, STATUS_SUCCESS, sizeof version);
	case TAP_GET_MTU:
		if (out < sizeof(ULONG))
			return reads_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
		RtlCopyMemory(data, &adapter->config.mtu, sizeof(ULONG));
		return reads_complete(irp, STATUS_SUCCESS, sizeof(ULONG));
	case TAP_SET_MEDIA_STATUS:
		if (in < sizeof(ULONG))
			return reads_complete(irp, STATUS_INVALID_PARAMETER, 0);
		set_media(adapter, *(const ULONG *)data != 0);
		return reads_complete(irp, STATUS_SUCCESS, sizeof(ULONG));
	default:
		return reads_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	}
}

/* Removes everything again. */
static void NTAPI on_unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	for (int i = 0; i < n_adapters; i++) {
		set_media(&adapters[i], FALSE);
		wire_close(adapters[i].wire);
		IoDeleteSymbolicLink(&adapters[i].link);
		IoDeleteDevice(adapters[i].device);
	}
	n_adapters = 0;
}

/* Builds a name: a prefix, the adapter's GUID, ".tap". */
static void make_name(WCHAR name[128], const WCHAR *prefix, const WCHAR *guid)
{
	const WCHAR *const parts[] = {prefix, guid, L".tap"};
	WCHAR *to = name;

	for (int i = 0; i < 3; i++)
		for (const WCHAR *from = parts[i]; *from && to < name + 127; from++)
			*to++ = *from;
	*to = L'\0';
}

/* Creates the device of one adapter. */
static NTSTATUS add_adapter(PDRIVER_OBJECT driver, const struct adapter_config *config)
{
	struct adapter *adapter = &adapters[n_adapters];
	UNICODE_STRING name;
	WCHAR device_name[128];
	NTSTATUS status;

	adapter->config = *config;
	reads_init(&adapter->reads);
	make_name(device_name, L"\\Device\\", config->guid);
	make_name(adapter->link_name, L"\\DosDevices\\Global\\", config->guid);
	RtlInitUnicodeString(&name, device_name);
	RtlInitUnicodeString(&adapter->link, adapter->link_name);
	status = IoCreateDevice(driver, sizeof(void *), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &adapter->device);
	if (status)
		return status;
	*(struct adapter **)adapter->device->DeviceExtension = adapter;
	adapter->device->Flags |= DO_DIRECT_IO;
	IoCreateSymbolicLink(&adapter->link, &name);
	adapter->wire = wire_open(config, on_wire, adapter);
	adapter->device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	n_adapters++;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path);

/* The driver is loaded. */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	struct adapter_config configs[ADAPTERS_MAX];
	int n = registry_read(configs, ADAPTERS_MAX);

	(void)path;
	driver->MajorFunction[IRP_MJ_CREATE] = on_create;
	driver->MajorFunction[IRP_MJ_CLOSE] = on_close;
	driver->MajorFunction[IRP_MJ_CLEANUP] = on_cleanup;
	driver->MajorFunction[IRP_MJ_READ] = on_read;
	driver->MajorFunction[IRP_MJ_WRITE] = on_write;
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_control;
	driver->DriverUnload = on_unload;
	for (int i = 0; i < n; i++)
		add_adapter(driver, &configs[i]);
	return n_adapters ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}
