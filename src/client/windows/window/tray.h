/* The icon in the notification area. Where there is no such area (a kiosk, a session without a shell) nothing happens.
 */
#ifndef LP_CLIENT_WINDOWS_WINDOW_TRAY_H
#define LP_CLIENT_WINDOWS_WINDOW_TRAY_H

#include <stdbool.h>

#include <windows.h>

/* Posted to the window: LOWORD(lParam) is the mouse's message (NOTIFYICON_VERSION_4). */
#define LP_TRAY_MESSAGE (WM_APP + 2)

struct lp_tray {
	HWND window;
	UINT created; /* the message by which the shell says that its area is new */
	bool shown;
};

void lp_tray_init(struct lp_tray *tray, HWND window);
void lp_tray_done(struct lp_tray *tray);
/* Adds the icon, also when |created| was received. */
void lp_tray_show(struct lp_tray *tray);
/* Sets the text beside the pointer. */
void lp_tray_tip(const struct lp_tray *tray, const char *tip);
/* Shows a notification. */
void lp_tray_notify(const struct lp_tray *tray, const char *text);

#endif
