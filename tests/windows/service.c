/* Starts and stops the test driver with the service manager's functions. Usage: service.exe start|stop PATH */
#include <windows.h>

#include <stdio.h>

#define NAME L"lanparty-test"

/* Starts it, and creates its service if there is none yet. 0 or the error. */
static DWORD start(SC_HANDLE manager, const wchar_t *path)
{
	SC_HANDLE service = CreateServiceW(manager, NAME, NAME, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
		SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);

	if (!service)
		service = OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
	if (!service || (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING))
		return GetLastError();
	return 0;
}

/* Stops it. 0 or the error. */
static DWORD stop(SC_HANDLE manager)
{
	SC_HANDLE service = OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
	SERVICE_STATUS status;

	return service && ControlService(service, SERVICE_CONTROL_STOP, &status) ? 0 : GetLastError();
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
	DWORD error = ERROR_INVALID_PARAMETER;

	if (!manager)
		error = GetLastError();
	else if (argc == 3 && wcscmp(argv[1], L"start") == 0)
		error = start(manager, argv[2]);
	else if (argc >= 2 && wcscmp(argv[1], L"stop") == 0)
		error = stop(manager);
	if (error)
		fprintf(stderr, "service: error %lu\n", (unsigned long)error);
	return error != 0;
}
