#include "platform/system/user_name.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first id of people's accounts on today's distributions. */
#define FIRST_UID 1000

void lp_user_name(char *ret_name, size_t size)
{
	char host[256] = "";
	const char *user = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *entry = user ? getpwnam(user) : getpwuid(getuid());
	user = entry && entry->pw_uid >= FIRST_UID && entry->pw_uid < 65534 ? entry->pw_name : "";
	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	host[strcspn(host, ".")] = '\0';
	snprintf(ret_name, size, "%s%s%s", user, user[0] && host[0] ? "@" : "", host);
}
