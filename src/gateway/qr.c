#include "gateway/qr.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"

#define QUIET 2 /* modules around the code: half of what the standard asks for, which phones read */

static bool is_black(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

void lp_qr_print(const char *text, FILE *out)
{
	/* By upper and lower module: both white, lower black, upper black, both black. */
	static const char *const blocks[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	if (!code)
		return;
	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		fputs("\033[30;107m", out);
		for (int x = -QUIET; x < code->width + QUIET; x++)
			fputs(blocks[2 * is_black(code, x, y) + is_black(code, x, y + 1)], out);
		fputs("\033[0m\n", out);
	}
	QRcode_free(code);
}

char *lp_qr_svg(const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	if (!code)
		return NULL;
	int side = code->width + 2 * QUIET;
	size_t size = 256 + (size_t)code->width * (size_t)code->width * sizeof "M99 99h1v1h-1z";
	char *svg = malloc(size);
	if (svg) {
		struct lp_text out;
		lp_text_init(&out, svg, size);
		lp_text_addf(&out,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
			"<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
			side, side, side, side);
		for (int y = 0; y < code->width; y++)
			for (int x = 0; x < code->width; x++)
				if (is_black(code, x, y))
					lp_text_addf(&out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
		lp_text_add(&out, "\"/></svg>");
	}
	QRcode_free(code);
	return svg;
}
