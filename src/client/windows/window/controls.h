/* The window's controls: their creation, places, fonts and colours at any DPI, and what they show. window.c decides
 * when.
 */
#ifndef LP_CLIENT_WINDOWS_WINDOW_CONTROLS_H
#define LP_CLIENT_WINDOWS_WINDOW_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

struct lp_view;

/* IDs of the controls, which tests use, too. */
enum lp_control {
	LP_CONTROL_HEADLINE = 100,
	LP_CONTROL_DETAIL,
	LP_CONTROL_INVITE_LABEL,
	LP_CONTROL_INVITE,
	LP_CONTROL_NAME_LABEL,
	LP_CONTROL_NAME,
	LP_CONTROL_BUTTON, /* Join or Leave */
	LP_CONTROL_ADDRESS,
	LP_CONTROL_PATH,
	LP_CONTROL_LIST,
	LP_CONTROL_GRAPH,
	LP_CONTROL_END,
};

#define LP_CONTROLS (LP_CONTROL_END - LP_CONTROL_HEADLINE)

struct lp_controls {
	HWND window;
	HWND of[LP_CONTROLS]; /* by ID - LP_CONTROL_HEADLINE */
	HFONT font, headline_font;
	unsigned dpi;
	bool joining; /* the controls of a session are shown */
};

/* Creates the controls in |window|. False if Windows refuses. */
bool lp_controls_init(struct lp_controls *controls, HWND window);
void lp_controls_done(struct lp_controls *controls);
/* The window's DPI changed. */
void lp_controls_set_dpi(struct lp_controls *controls, unsigned dpi);
/* Places the controls in the window's client area. */
void lp_controls_place(struct lp_controls *controls);
/* Shows the view. */
void lp_controls_show(struct lp_controls *controls, const struct lp_view *view);
/* Draws the graph: WM_DRAWITEM. */
void lp_controls_draw(const struct lp_controls *controls, const struct lp_view *view, const DRAWITEMSTRUCT *item);
/* The colour of a control's text: WM_CTLCOLORSTATIC. */
COLORREF lp_controls_colour(const struct lp_controls *controls, const struct lp_view *view, HWND control);
/* A control's text in UTF-8; empty if it is longer than |size|. */
void lp_controls_text(const struct lp_controls *controls, enum lp_control id, char *text, size_t size);
void lp_controls_set_text(struct lp_controls *controls, enum lp_control id, const char *text);

#endif
