/* Hand-written pages of docs/ with tables that are generated from the sources. */
#ifndef LP_TESTS_DOCS_PAGE_H
#define LP_TESTS_DOCS_PAGE_H

#include <stdbool.h>

/* Copies the page at |path| to standard output and regenerates each table between <!-- table: NAME --> and <!-- end -->
   with |print_table|, which returns false for an unknown table. Returns the program's exit code. */
int page_print(const char *path, bool (*print_table)(const char *name));

#endif
