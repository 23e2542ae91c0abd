#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

int lp_fail(struct lp_failure *failure, int code, const char *format, ...)
{
	if (!failure)
		return code;
	char raw[sizeof failure->text];
	va_list args;
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);

	failure->code = code;
	struct lp_text text;
	lp_text_init(&text, failure->text, sizeof failure->text);
	lp_text_escaped(&text, raw);
	return code;
}
