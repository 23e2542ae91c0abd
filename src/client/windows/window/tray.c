#include "client/windows/window/tray.h"

#include <shellapi.h>

#include "platform/windows/system/wide.h"

#define ICON_ID 1

static NOTIFYICONDATAW entry(const struct lp_tray *tray, UINT flags)
{
	return (NOTIFYICONDATAW){
		.cbSize = sizeof(NOTIFYICONDATAW), .hWnd = tray->window, .uID = ICON_ID, .uFlags = flags};
}

void lp_tray_init(struct lp_tray *tray, HWND window)
{
	*tray = (struct lp_tray){.window = window, .created = RegisterWindowMessageW(L"TaskbarCreated")};
	lp_tray_show(tray);
}

void lp_tray_done(struct lp_tray *tray)
{
	NOTIFYICONDATAW data = entry(tray, 0);
	if (tray->shown)
		Shell_NotifyIconW(NIM_DELETE, &data);
	tray->shown = false;
}

void lp_tray_show(struct lp_tray *tray)
{
	NOTIFYICONDATAW data = entry(tray, NIF_ICON | NIF_MESSAGE | NIF_TIP | NIF_SHOWTIP);
	data.uCallbackMessage = LP_TRAY_MESSAGE;
	data.hIcon = LoadImageW(GetModuleHandleW(NULL), MAKEINTRESOURCEW(1), IMAGE_ICON, GetSystemMetrics(SM_CXSMICON),
		GetSystemMetrics(SM_CYSMICON), LR_SHARED);
	wcscpy(data.szTip, L"LAN Party");
	tray->shown = Shell_NotifyIconW(NIM_ADD, &data);
	data.uVersion = NOTIFYICON_VERSION_4;
	if (tray->shown)
		Shell_NotifyIconW(NIM_SETVERSION, &data);
}

void lp_tray_tip(const struct lp_tray *tray, const char *tip)
{
	NOTIFYICONDATAW data = entry(tray, NIF_TIP | NIF_SHOWTIP);
	if (tray->shown && lp_wide(tip, data.szTip, sizeof data.szTip / sizeof data.szTip[0]) == 0)
		Shell_NotifyIconW(NIM_MODIFY, &data);
}

void lp_tray_notify(const struct lp_tray *tray, const char *text)
{
	NOTIFYICONDATAW data = entry(tray, NIF_INFO);
	data.dwInfoFlags = NIIF_USER | NIIF_RESPECT_QUIET_TIME;
	wcscpy(data.szInfoTitle, L"LAN Party");
	if (tray->shown && lp_wide(text, data.szInfo, sizeof data.szInfo / sizeof data.szInfo[0]) == 0)
		Shell_NotifyIconW(NIM_MODIFY, &data);
}
