/* TLS secrets in a file, so that Wireshark can decrypt recorded packets of this program: --keylog. With the file,
   anyone can read everything of the sessions in it, which is why a program that writes one warns at its start. */
#ifndef LP_APP_KEYLOG_H
#define LP_APP_KEYLOG_H

#include <stdio.h>

struct lp_failure;
struct lp_log;
struct lp_tls;

/* Zero: none. */
struct lp_keylog {
	FILE *file;
};

/* Writes the secrets of new sessions of |tls| to |path| (empty: nothing), and warns. To be called before the process is
   confined. |keylog| is borrowed as long as |tls|. */
int lp_keylog_begin(struct lp_keylog *keylog, const char *path, struct lp_tls *tls, const struct lp_log *log,
	struct lp_failure *failure);
/* After |tls| was freed. */
void lp_keylog_end(struct lp_keylog *keylog);

#endif
