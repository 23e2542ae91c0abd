/* Drives the LAN Party window as a user does, by messages. Usage:
     windowctl.exe rect              left, top, right, bottom of the window, and whether it is visible
     windowctl.exe get ID            the text of a control
     windowctl.exe set ID TEXT       sets it
     windowctl.exe click ID          clicks a button
     windowctl.exe rows              the list of players, one line each, cells separated by '|'
     windowctl.exe command ID        chooses from the tray's menu
     windowctl.exe close             clicks the close button
     windowctl.exe dpi N             as if the window moved to a monitor of that DPI
     windowctl.exe sessions          the hidden windows by which programs notice the end of the session, one line each
     windowctl.exe end-session N     ends the session for the program of one of them */
#include <windows.h>

#include <commctrl.h>
#include <stdio.h>

#define LIST_ID 109

static void print(const wchar_t *text)
{
	char utf8[4096];
	WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
	puts(utf8);
}

/* Prints the list: its texts must be in the memory of the window's process. */
static int print_rows(HWND list)
{
	DWORD id;
	GetWindowThreadProcessId(list, &id);
	HANDLE process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE, FALSE, id);
	char *there = VirtualAllocEx(process, NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
	int n = (int)SendMessageW(list, LVM_GETITEMCOUNT, 0, 0);
	for (int row = 0; row < n; row++) {
		wchar_t line[1024] = L"";
		for (int column = 0; column < 5; column++) {
			wchar_t text[128] = L"";
			LVITEMW item = {.iSubItem = column, .pszText = (wchar_t *)(there + 1024), .cchTextMax = 128};
			WriteProcessMemory(process, there, &item, sizeof item, NULL);
			SendMessageW(list, LVM_GETITEMTEXTW, (WPARAM)row, (LPARAM)there);
			ReadProcessMemory(process, there + 1024, text, sizeof text, NULL);
			wcscat(wcscat(line, column ? L"|" : L""), text);
		}
		print(line);
	}
	VirtualFreeEx(process, there, 0, MEM_RELEASE);
	return 0;
}

/* Prints the windows of a class. */
static int print_windows(const wchar_t *class)
{
	HWND window = NULL;
	while ((window = FindWindowExW(NULL, window, class, NULL)) != NULL)
		printf("%lu\n", (unsigned long)(ULONG_PTR)window);
	return 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
	if (argc == 2 && wcscmp(argv[1], L"sessions") == 0)
		return print_windows(L"lanparty-session-end");
	if (argc == 3 && wcscmp(argv[1], L"end-session") == 0)
		return !PostMessageW((HWND)(ULONG_PTR)_wtoi(argv[2]), WM_ENDSESSION, TRUE, 0);
	HWND window = FindWindowW(L"lanparty-window", NULL);
	RECT rect;
	if (argc < 2 || !window) {
		puts("no window");
		return 1;
	}
	HWND control = argc > 2 ? GetDlgItem(window, _wtoi(argv[2])) : NULL;
	if (wcscmp(argv[1], L"rect") == 0) {
		GetWindowRect(window, &rect);
		printf("%ld %ld %ld %ld %d\n", rect.left, rect.top, rect.right, rect.bottom, IsWindowVisible(window));
	} else if (wcscmp(argv[1], L"get") == 0) {
		wchar_t text[2048] = L"";
		SendMessageW(control, WM_GETTEXT, 2048, (LPARAM)text);
		print(text);
	} else if (wcscmp(argv[1], L"set") == 0 && argc > 3) {
		SendMessageW(control, WM_SETTEXT, 0, (LPARAM)argv[3]);
	} else if (wcscmp(argv[1], L"click") == 0) {
		SendMessageW(control, BM_CLICK, 0, 0);
	} else if (wcscmp(argv[1], L"rows") == 0) {
		return print_rows(GetDlgItem(window, LIST_ID));
	} else if (wcscmp(argv[1], L"command") == 0) {
		PostMessageW(window, WM_COMMAND, (WPARAM)_wtoi(argv[2]), 0);
	} else if (wcscmp(argv[1], L"close") == 0) {
		PostMessageW(window, WM_CLOSE, 0, 0);
	} else if (wcscmp(argv[1], L"dpi") == 0) {
		int dpi = _wtoi(argv[2]);
		rect = (RECT){0, 0, MulDiv(580, dpi, 96), MulDiv(540, dpi, 96)};
		/* As it is only sent within a process, its rectangle is in that process's memory. */
		DWORD id;
		GetWindowThreadProcessId(window, &id);
		HANDLE process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_WRITE, FALSE, id);
		void *there = VirtualAllocEx(process, NULL, sizeof rect, MEM_COMMIT, PAGE_READWRITE);
		WriteProcessMemory(process, there, &rect, sizeof rect, NULL);
		SendMessageW(window, WM_DPICHANGED, MAKEWPARAM(dpi, dpi), (LPARAM)there);
	} else {
		return 2;
	}
	return 0;
}
