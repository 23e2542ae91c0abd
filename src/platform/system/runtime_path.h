/* The path of the local channel (net/stream.h) that a running program is inspected through. */
#ifndef LP_PLATFORM_SYSTEM_RUNTIME_PATH_H
#define LP_PLATFORM_SYSTEM_RUNTIME_PATH_H

#include <stddef.h>

struct lp_failure;

/* The |n|th path to try for a running "lanparty-NAME", the best first; 0 is where this user's own program listens.
   LP_ENOTFOUND after the last.

   POSIX: root's program is at /run/lanparty/NAME.sock, another user's at $XDG_RUNTIME_DIR/lanparty/NAME.sock, or in
   /tmp/lanparty-UID without that variable; the system service's at /run/lanparty-NAME/status. Windows:
   %ProgramData%\lanparty\lanparty-NAME-status. */
int lp_runtime_path(const char *name, unsigned n, char *ret_path, size_t size);
/* Creates the folder of path 0 (owner only, except root's own). LP_EPERM: it belongs to another user, or others may
   write into it. */
int lp_runtime_folder(const char *path, struct lp_failure *failure);

#endif
