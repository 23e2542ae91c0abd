/* The commands about adapters: --list-adapters, --make-adapter, --remove-adapter. */
#ifndef LP_CLIENT_WINDOWS_ADAPTERS_H
#define LP_CLIENT_WINDOWS_ADAPTERS_H

/* Prints the TAP adapters of this computer. Returns the exit code, as the others do. */
int lp_client_list_adapters(void);
/* Makes the client's own adapter, LP_ADAPTER_NAME, unless it exists. */
int lp_client_make_adapter(void);
/* Removes it, if it exists. */
int lp_client_remove_adapter(void);

#endif
