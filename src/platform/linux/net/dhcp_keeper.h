/* The keeper of the DHCP client (platform/net/dhcp.h): a process that runs dhcpcd.

   It shares a socket with the program. Each byte from the program is one LP_DHCP_REQUEST. The program receives lines:
   those of dhcpcd, which has the socket as its standard error, and the keeper's own, which begin with LP_DHCP_ENDED and
   have the wait status of dhcpcd and the time to the next start in ms, for example "\001256 1000". */
#ifndef LP_PLATFORM_LINUX_NET_DHCP_KEEPER_H
#define LP_PLATFORM_LINUX_NET_DHCP_KEEPER_H

#define LP_DHCP_REQUEST 'r'
#define LP_DHCP_ENDED '\001'

/* Runs the keeper in the calling process, which is not the program's, and does not return. |fd| is its end of the
   socket, |argv| the command line of dhcpcd. */
_Noreturn void lp_dhcp_keeper_run(int fd, const char *const *argv);

#endif
