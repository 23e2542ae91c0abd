/* Who runs the program, for people. */
#ifndef LP_PLATFORM_SYSTEM_USER_NAME_H
#define LP_PLATFORM_SYSTEM_USER_NAME_H

#include <stddef.h>

/* "user@host", cut to |size| bytes with the NUL: the user of sudo, or the one who started the program. "host" alone for
   the system's own users, "" if nothing is known. */
void lp_user_name(char *ret_name, size_t size);

#endif
