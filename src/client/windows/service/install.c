/* The service's registration with Windows. */
#include "client/windows/service/service.h"

#include <stdio.h>

#include <windows.h>

#include <sddl.h>
#include <winsvc.h>

#include "base/error.h"
#include "base/failure.h"
#include "cli/start.h"
#include "client/options.h"
#include "platform/system/runtime_path.h"
#include "platform/windows/system/os_error.h"

#define NAME L"" LP_SERVICE_NAME
#define TITLE L"LAN Party"
/* The system and administrators: everything. Users who are logged on: query the service, and start it. */
#define SERVICE_SDDL L"D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWRPLORC;;;IU)"
/* Windows' own limits for a service at shutdown, and how long a removal waits for the service's end. */
#define PRESHUTDOWN_MS 20000
#define STOP_MS 30000
#define LOOK_MS 100
#define LINE_CHARS (MAX_PATH + 32)

static int report(DWORD error, const char *doing)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	fprintf(stderr, "%s: the service cannot be %s: %s%s\n", lp_client_program.name, doing,
		lp_os_error_text(error, text), error == ERROR_ACCESS_DENIED ? ". Run as administrator" : "");
	return LP_EXIT_FAILURE;
}

/* What the manager does not take when it creates a service. 0 or the error. */
static DWORD set_details(SC_HANDLE service)
{
	wchar_t text[] = L"Connects this computer to a LAN party, for its window.";
	SERVICE_DESCRIPTIONW description = {text};
	SERVICE_PRESHUTDOWN_INFO preshutdown = {PRESHUTDOWN_MS};
	PSECURITY_DESCRIPTOR security = NULL;
	DWORD error = 0;
	(void)ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description);
	(void)ChangeServiceConfig2W(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(SERVICE_SDDL, SDDL_REVISION_1, &security, NULL) ||
		!SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, security))
		error = GetLastError();
	if (security)
		LocalFree(security);
	return error;
}

/* Writes the command line: in quotes, or Windows would try "C:\Program.exe" first. */
static DWORD command_line(wchar_t line[LINE_CHARS])
{
	wchar_t exe[MAX_PATH];
	DWORD n = GetModuleFileNameW(NULL, exe, MAX_PATH);
	if (n == 0 || n >= MAX_PATH)
		return ERROR_FILENAME_EXCED_RANGE;
	_snwprintf(line, LINE_CHARS, L"\"%ls\" --service", exe);
	return 0;
}

int lp_service_install(void)
{
	wchar_t line[LINE_CHARS];
	char path[512];
	struct lp_failure failure;
	/* Before another user can make it. */
	if (lp_runtime_path("client-win", 0, path, sizeof path) == 0 && lp_runtime_folder(path, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", lp_client_program.name, failure.text);
		return LP_EXIT_FAILURE;
	}
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
	SC_HANDLE service = NULL;
	DWORD error = manager ? command_line(line) : GetLastError();
	if (!error) {
		service = CreateServiceW(manager, NAME, TITLE, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
			SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
		error = service ? 0 : GetLastError();
	}
	if (error == ERROR_SERVICE_EXISTS) {
		service = OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
		error = service && ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
					   SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL, TITLE)
				? 0
				: GetLastError();
	}
	if (!error)
		error = set_details(service);
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	return error ? report(error, "installed") : LP_EXIT_OK;
}

/* Stops the service and waits for its end. */
static void stop(SC_HANDLE service)
{
	SERVICE_STATUS status = {0};
	(void)ControlService(service, SERVICE_CONTROL_STOP, &status);
	for (unsigned waited_ms = 0; waited_ms < STOP_MS; waited_ms += LOOK_MS) {
		if (!QueryServiceStatus(service, &status) || status.dwCurrentState == SERVICE_STOPPED)
			return;
		Sleep(LOOK_MS);
	}
}

int lp_service_uninstall(void)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service = manager ? OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS) : NULL;
	DWORD error = service ? 0 : GetLastError();
	if (service) {
		stop(service);
		error = DeleteService(service) ? 0 : GetLastError();
		CloseServiceHandle(service);
	}
	if (manager)
		CloseServiceHandle(manager);
	if (error && error != ERROR_SERVICE_DOES_NOT_EXIST && error != ERROR_SERVICE_MARKED_FOR_DELETE)
		return report(error, "removed");
	return LP_EXIT_OK;
}
