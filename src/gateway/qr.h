/* A QR code for a terminal, and for the page. */
#ifndef LP_GATEWAY_QR_H
#define LP_GATEWAY_QR_H

#include <stdio.h>

/* Prints |text| as a QR code, two rows of modules to a line, in black on white whatever the terminal's colours are.
   Prints nothing without memory or if the text does not fit. */
void lp_qr_print(const char *text, FILE *out);
/* |text| as a QR code in SVG, malloc'd, black on white; NULL without memory or if the text does not fit. */
char *lp_qr_svg(const char *text);

#endif
