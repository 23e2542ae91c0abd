/* lanparty.exe: the window of the Windows client. */
#include <windows.h>

#include <commctrl.h>
#include <shellapi.h>

#include "client/windows/window/window.h"
#include "platform/windows/system/load_config.h"

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, LPWSTR line, int show_command);

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE before, LPWSTR line, int show_command)
{
	const INITCOMMONCONTROLSEX controls = {.dwSize = sizeof controls, .dwICC = ICC_LISTVIEW_CLASSES};
	int argc = 0;
	(void)instance;
	(void)before;
	(void)line;
	lp_load_from_system32();
	InitCommonControlsEx(&controls);
	LPWSTR *argv = CommandLineToArgvW(GetCommandLineW(), &argc);
	int code = lp_window_run(argv && argc > 1 ? argv[1] : L"", show_command);
	LocalFree(argv);
	return code;
}
