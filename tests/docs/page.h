/* Pages of docs/ that are written by hand, with tables in them that are made from the sources. */
#ifndef LP_TESTS_DOCS_PAGE_H
#define LP_TESTS_DOCS_PAGE_H

#include <stdbool.h>

/* Copies the page at |path| to standard output, each table between <!-- table: NAME --> and <!-- end --> made anew by
   |print_table|, which says false if it knows no such table. Returns the program's exit code. */
int page_print(const char *path, bool (*print_table)(const char *name));

#endif
