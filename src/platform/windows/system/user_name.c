#include "platform/system/user_name.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "platform/windows/system/wide.h"

void lp_user_name(char *ret_name, size_t size)
{
	wchar_t wide[256];
	char user[3 * 64] = "", host[3 * 64] = "";
	DWORD n = 64;
	/* The computer's own account is that of services. */
	if (!GetUserNameW(wide, &n) || lp_utf8(wide, user, sizeof user) < 0 || strcmp(user, "SYSTEM") == 0)
		user[0] = '\0';
	n = 64;
	if (!GetComputerNameExW(ComputerNameDnsHostname, wide, &n) || lp_utf8(wide, host, sizeof host) < 0)
		host[0] = '\0';
	snprintf(ret_name, size, "%s%s%s", user, user[0] && host[0] ? "@" : "", host);
}
