#include "platform/net/wifi.h"

#include <windows.h>

#include <stdlib.h>
#include <wlanapi.h>

#include "base/error.h"
#include "platform/loop/task.h"

/* Version of the interface since Windows Vista. */
#define CLIENT_VERSION 2

/* The task's. Windows keeps the settings while the handle is open. */
struct job {
	HMODULE dll; /* wlanapi.dll, which computers without Wi-Fi may lack */
	HANDLE client;
	__typeof__(&WlanOpenHandle) open;
	__typeof__(&WlanCloseHandle) close;
	__typeof__(&WlanEnumInterfaces) enumerate;
	__typeof__(&WlanSetInterface) set;
	__typeof__(&WlanFreeMemory) free_memory;
};

/* A function of the DLL; the type of the destination is its own. */
#define LOAD(job, name) ((__typeof__(&name))(void (*)(void))GetProcAddress((job)->dll, #name))

static bool load(struct job *job)
{
	job->dll = LoadLibraryExW(L"wlanapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	if (!job->dll)
		return false;
	job->open = LOAD(job, WlanOpenHandle);
	job->close = LOAD(job, WlanCloseHandle);
	job->enumerate = LOAD(job, WlanEnumInterfaces);
	job->set = LOAD(job, WlanSetInterface);
	job->free_memory = LOAD(job, WlanFreeMemory);
	return job->open && job->close && job->enumerate && job->set && job->free_memory;
}

static void set(struct job *job, const GUID *adapter, WLAN_INTF_OPCODE setting, BOOL value)
{
	(void)job->set(job->client, adapter, setting, sizeof value, &value, NULL);
}

static void run(void *data)
{
	struct job *job = data;
	WLAN_INTERFACE_INFO_LIST *list;
	DWORD version;
	HANDLE client;
	/* Without the service for Wi-Fi this fails. */
	if (!load(job) || job->open(CLIENT_VERSION, NULL, &version, &client) != ERROR_SUCCESS)
		return;
	job->client = client;
	if (job->enumerate(client, NULL, &list) != ERROR_SUCCESS)
		return;
	for (DWORD i = 0; i < list->dwNumberOfItems; i++) {
		set(job, &list->InterfaceInfo[i].InterfaceGuid, wlan_intf_opcode_background_scan_enabled, FALSE);
		set(job, &list->InterfaceInfo[i].InterfaceGuid, wlan_intf_opcode_media_streaming_mode, TRUE);
	}
	job->free_memory(list);
}

static void destroy(void *data)
{
	struct job *job = data;
	if (job->client)
		(void)job->close(job->client, NULL);
	if (job->dll)
		FreeLibrary(job->dll);
	free(job);
}

int lp_wifi_calm(struct lp_wifi **ret_wifi)
{
	struct job *job = calloc(1, sizeof *job);
	struct lp_task *task;
	if (!job)
		return LP_ENOMEM;
	const struct lp_task_call call = {.run = run, .destroy = destroy, .data = job};
	int result = lp_task_start(&call, NULL, NULL, NULL, &task);
	if (result < 0) {
		free(job);
		return result;
	}
	/* A request has no state besides its task. */
	*ret_wifi = (struct lp_wifi *)(void *)task;
	return 0;
}

void lp_wifi_free(struct lp_wifi *wifi)
{
	lp_task_free((struct lp_task *)(void *)wifi);
}
