#include "client/windows/window/controls.h"

#include <commctrl.h>
#include <stdio.h>
#include <string.h>

#include "client/windows/window/view.h"
#include "platform/windows/system/wide.h"

#define TEXT_CHARS 1024

/* When a control is visible. */
enum shown {
	ALWAYS,
	APART, /* while no client runs */
	JOINED,
};

/* A place at 96 DPI. A negative x or y counts from the right or lower edge, a width or height of 0 or less reaches to
   that distance from it. */
struct place {
	int x, y, width, height;
};

/* In the order of the IDs, which is that of the tab key. */
static const struct {
	const wchar_t *class, *text;
	DWORD style, extended;
	enum shown shown;
	struct place place;
} rows[LP_CONTROLS] = {
	{L"STATIC", L"", SS_NOPREFIX | SS_ENDELLIPSIS, 0, ALWAYS, {16, 12, -136, 34}},
	{L"STATIC", L"", SS_NOPREFIX, 0, ALWAYS, {16, 48, -16, 52}},
	{L"STATIC", L"&Invite", 0, 0, APART, {16, 112, 90, 20}},
	{L"EDIT", L"", ES_AUTOHSCROLL | WS_TABSTOP, WS_EX_CLIENTEDGE, APART, {112, 108, -16, 26}},
	{L"STATIC", L"Your &name", 0, 0, APART, {16, 148, 90, 20}},
	{L"EDIT", L"", ES_AUTOHSCROLL | WS_TABSTOP, WS_EX_CLIENTEDGE, APART, {112, 144, 220, 26}},
	{L"BUTTON", L"&Join", BS_DEFPUSHBUTTON | WS_TABSTOP, 0, ALWAYS, {-120, 14, 104, 30}},
	{L"STATIC", L"", SS_NOPREFIX, 0, JOINED, {16, 104, -16, 20}},
	{L"STATIC", L"", SS_NOPREFIX | SS_ENDELLIPSIS, 0, JOINED, {16, 126, -16, 20}},
	{WC_LISTVIEWW, L"", LVS_REPORT | LVS_SINGLESEL | LVS_NOSORTHEADER | WS_TABSTOP, WS_EX_CLIENTEDGE, JOINED,
		{16, 154, -16, -146}},
	{L"STATIC", L"", SS_OWNERDRAW, 0, JOINED, {16, -134, -16, 118}},
};

static const struct {
	const wchar_t *title;
	int width;
} columns[] = {{L"Player", 200}, {L"Route", 80}, {L"Round trip", 86}, {L"Jitter", 76}, {L"Loss", 66}};

#define N_COLUMNS (sizeof columns / sizeof columns[0])

static int scale(const struct lp_controls *controls, int length)
{
	return MulDiv(length, (int)controls->dpi, 96);
}

static HWND handle(const struct lp_controls *controls, enum lp_control id)
{
	return controls->of[id - LP_CONTROL_HEADLINE];
}

static void make_fonts(struct lp_controls *controls)
{
	NONCLIENTMETRICSW metrics = {.cbSize = sizeof metrics};
	if (!SystemParametersInfoForDpi(SPI_GETNONCLIENTMETRICS, sizeof metrics, &metrics, 0, controls->dpi))
		metrics.lfMessageFont.lfHeight = -scale(controls, 12);
	controls->font = CreateFontIndirectW(&metrics.lfMessageFont);
	metrics.lfMessageFont.lfHeight = metrics.lfMessageFont.lfHeight * 2;
	metrics.lfMessageFont.lfWeight = FW_SEMIBOLD;
	controls->headline_font = CreateFontIndirectW(&metrics.lfMessageFont);
}

static void free_fonts(struct lp_controls *controls)
{
	if (controls->font)
		DeleteObject(controls->font);
	if (controls->headline_font)
		DeleteObject(controls->headline_font);
	controls->font = controls->headline_font = NULL;
}

static void make_columns(struct lp_controls *controls)
{
	HWND list = handle(controls, LP_CONTROL_LIST);
	SendMessageW(list, LVM_SETEXTENDEDLISTVIEWSTYLE, 0, LVS_EX_FULLROWSELECT | LVS_EX_DOUBLEBUFFER);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		wchar_t title[32];
		wcscpy(title, columns[i].title);
		LVCOLUMNW column = {
			.mask = LVCF_TEXT | LVCF_FMT, .fmt = i < 2 ? LVCFMT_LEFT : LVCFMT_RIGHT, .pszText = title};
		SendMessageW(list, LVM_INSERTCOLUMNW, i, (LPARAM)&column);
	}
}

bool lp_controls_init(struct lp_controls *controls, HWND window)
{
	*controls = (struct lp_controls){.window = window};
	for (int i = 0; i < LP_CONTROLS; i++) {
		DWORD style = WS_CHILD | rows[i].style | (rows[i].shown == JOINED ? 0 : WS_VISIBLE);
		controls->of[i] = CreateWindowExW(rows[i].extended, rows[i].class, rows[i].text, style, 0, 0, 0, 0,
			window, (HMENU)(INT_PTR)(LP_CONTROL_HEADLINE + i), GetModuleHandleW(NULL), NULL);
		if (!controls->of[i])
			return false;
	}
	make_columns(controls);
	SendMessageW(handle(controls, LP_CONTROL_INVITE), EM_SETCUEBANNER, TRUE,
		(LPARAM)L"lanparty://…   Leave empty for the last party.");
	SendMessageW(handle(controls, LP_CONTROL_INVITE), EM_LIMITTEXT, TEXT_CHARS / 4, 0);
	SendMessageW(handle(controls, LP_CONTROL_NAME), EM_LIMITTEXT, LP_NAME_MAX / 3, 0);
	lp_controls_set_dpi(controls, GetDpiForWindow(window));
	return true;
}

void lp_controls_done(struct lp_controls *controls)
{
	free_fonts(controls);
}

void lp_controls_set_dpi(struct lp_controls *controls, unsigned dpi)
{
	free_fonts(controls);
	controls->dpi = dpi ? dpi : 96;
	make_fonts(controls);
	for (int i = 0; i < LP_CONTROLS; i++)
		SendMessageW(
			controls->of[i], WM_SETFONT, (WPARAM)(i == 0 ? controls->headline_font : controls->font), TRUE);
	for (size_t i = 0; i < N_COLUMNS; i++)
		SendMessageW(
			handle(controls, LP_CONTROL_LIST), LVM_SETCOLUMNWIDTH, i, scale(controls, columns[i].width));
	lp_controls_place(controls);
}

void lp_controls_place(struct lp_controls *controls)
{
	RECT area;
	GetClientRect(controls->window, &area);
	for (int i = 0; i < LP_CONTROLS; i++) {
		const struct place *place = &rows[i].place;
		int x = scale(controls, place->x), y = scale(controls, place->y);
		int width = scale(controls, place->width), height = scale(controls, place->height);
		x = x < 0 ? area.right + x : x;
		y = y < 0 ? area.bottom + y : y;
		width = width <= 0 ? area.right - x + width : width;
		height = height <= 0 ? area.bottom - y + height : height;
		MoveWindow(controls->of[i], x, y, width > 0 ? width : 0, height > 0 ? height : 0, FALSE);
	}
	/* Including what lies between the controls, where they were before. */
	RedrawWindow(controls->window, NULL, NULL, RDW_ERASE | RDW_INVALIDATE | RDW_ALLCHILDREN);
}

void lp_controls_text(const struct lp_controls *controls, enum lp_control id, char *text, size_t size)
{
	wchar_t wide[TEXT_CHARS];
	GetWindowTextW(handle(controls, id), wide, TEXT_CHARS);
	(void)lp_utf8(wide, text, size);
}

/* Sets a text, if it is another one: a control that is set flickers. */
void lp_controls_set_text(struct lp_controls *controls, enum lp_control id, const char *text)
{
	wchar_t wide[TEXT_CHARS], before[TEXT_CHARS];
	GetWindowTextW(handle(controls, id), before, TEXT_CHARS);
	if (lp_wide(text, wide, TEXT_CHARS) == 0 && wcscmp(wide, before) != 0)
		SetWindowTextW(handle(controls, id), wide);
}

/* Sets a cell, if it shows another text. */
static void set_cell(HWND list, int row, int column, const char *text)
{
	wchar_t wide[128], before[128] = L"";
	LVITEMW cell = {.iSubItem = column, .pszText = before, .cchTextMax = 128};
	if (lp_wide(text, wide, 128) < 0)
		return;
	SendMessageW(list, LVM_GETITEMTEXTW, (WPARAM)row, (LPARAM)&cell);
	cell.pszText = wide;
	if (wcscmp(wide, before) != 0)
		SendMessageW(list, LVM_SETITEMTEXTW, (WPARAM)row, (LPARAM)&cell);
}

static void show_rows(struct lp_controls *controls, const struct lp_view *view)
{
	HWND list = handle(controls, LP_CONTROL_LIST);
	int n = (int)SendMessageW(list, LVM_GETITEMCOUNT, 0, 0);
	for (; n > (int)view->n_rows; n--)
		SendMessageW(list, LVM_DELETEITEM, (WPARAM)(n - 1), 0);
	for (int i = 0; i < (int)view->n_rows; i++) {
		const struct lp_view_row *row = &view->rows[i];
		const char *const cells[N_COLUMNS] = {row->name, row->route, row->rtt, row->jitter, row->loss};
		LVITEMW item = {.mask = LVIF_TEXT, .iItem = i};
		wchar_t empty[1] = L"";
		item.pszText = empty;
		if (i >= n)
			SendMessageW(list, LVM_INSERTITEMW, 0, (LPARAM)&item);
		for (int column = 0; column < (int)N_COLUMNS; column++)
			set_cell(list, i, column, cells[column]);
	}
}

void lp_controls_show(struct lp_controls *controls, const struct lp_view *view)
{
	lp_controls_set_text(controls, LP_CONTROL_HEADLINE, view->headline);
	lp_controls_set_text(controls, LP_CONTROL_DETAIL, view->detail);
	lp_controls_set_text(controls, LP_CONTROL_ADDRESS, view->address);
	lp_controls_set_text(controls, LP_CONTROL_PATH, view->path);
	lp_controls_set_text(controls, LP_CONTROL_BUTTON, view->joining ? "&Leave" : "&Join");
	EnableWindow(handle(controls, LP_CONTROL_BUTTON), view->reachable);
	if (view->joining != controls->joining) {
		controls->joining = view->joining;
		for (int i = 0; i < LP_CONTROLS; i++)
			if (rows[i].shown != ALWAYS)
				ShowWindow(controls->of[i],
					(rows[i].shown == JOINED) == view->joining ? SW_SHOWNA : SW_HIDE);
	}
	show_rows(controls, view);
	InvalidateRect(handle(controls, LP_CONTROL_GRAPH), NULL, FALSE);
	InvalidateRect(handle(controls, LP_CONTROL_HEADLINE), NULL, FALSE);
}

COLORREF lp_controls_colour(const struct lp_controls *controls, const struct lp_view *view, HWND control)
{
	if (control != handle(controls, LP_CONTROL_HEADLINE))
		return GetSysColor(COLOR_WINDOWTEXT);
	switch (view->tone) {
	case LP_VIEW_GOOD:
		return RGB(16, 124, 65);
	case LP_VIEW_BUSY:
		return RGB(157, 93, 0);
	case LP_VIEW_BAD:
		return RGB(196, 43, 28);
	default:
		return GetSysColor(COLOR_WINDOWTEXT);
	}
}

void lp_controls_draw(const struct lp_controls *controls, const struct lp_view *view, const DRAWITEMSTRUCT *item)
{
	struct lp_view_point points[LP_VIEW_SAMPLES];
	POINT line[LP_VIEW_SAMPLES];
	uint32_t top_us;
	RECT area = item->rcItem;
	wchar_t top[32];
	int caption = scale(controls, 20);
	HDC dc = item->hDC;
	FillRect(dc, &area, GetSysColorBrush(COLOR_WINDOW));
	HGDIOBJ font = SelectObject(dc, controls->font);
	SetBkMode(dc, TRANSPARENT);
	SetTextColor(dc, GetSysColor(COLOR_GRAYTEXT));
	DrawTextW(dc, L"Round trip, last two minutes", -1, &area, DT_LEFT | DT_TOP | DT_SINGLELINE);
	area.top += caption;
	size_t n = lp_view_graph(view, area.right - area.left - 2, area.bottom - area.top - 2, points, &top_us);
	swprintf(top, sizeof top / sizeof top[0], L"%u ms", (unsigned)(top_us / 1000));
	area.top -= caption;
	DrawTextW(dc, top, -1, &area, DT_RIGHT | DT_TOP | DT_SINGLELINE);
	area.top += caption;
	FrameRect(dc, &area, GetSysColorBrush(COLOR_BTNSHADOW));
	for (size_t i = 0; i < n; i++)
		line[i] = (POINT){area.left + 1 + points[i].x, area.top + 1 + points[i].y};
	HPEN pen = CreatePen(PS_SOLID, scale(controls, 2), RGB(32, 96, 168));
	HGDIOBJ before = SelectObject(dc, pen);
	if (n > 1)
		Polyline(dc, line, (int)n);
	SelectObject(dc, before);
	SelectObject(dc, font);
	DeleteObject(pen);
}
