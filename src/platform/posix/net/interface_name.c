#include "platform/net/interface_name.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool lp_interface_name(uint32_t index, char ret_name[LP_INTERFACE_NAME_MAX], bool *ret_tunnel)
{
	struct ifreq request = {0};
	char name[IF_NAMESIZE];
	*ret_tunnel = false;
	if (!if_indextoname(index, name))
		return false;
	snprintf(ret_name, LP_INTERFACE_NAME_MAX, "%s", name);
	memcpy(request.ifr_name, name, sizeof request.ifr_name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0)
		*ret_tunnel = request.ifr_flags & IFF_POINTOPOINT;
	if (fd >= 0)
		close(fd);
	return true;
}
