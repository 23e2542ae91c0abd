/* What --list-adapters prints. */
#ifndef LP_CLIENT_WINDOWS_ADAPTERS_H
#define LP_CLIENT_WINDOWS_ADAPTERS_H

/* Prints the TAP adapters of this computer. Returns the exit code. */
int lp_client_list_adapters(void);

#endif
