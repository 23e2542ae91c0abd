/* Confinement: what a program gives up when everything that needs rights is open.

   Model. lp_sandbox_enter() runs once, after devices, ports and keys are open and before a byte from the network is
   parsed. It changes root to an unprivileged user, restricts files to the folders that the program still needs
   (Landlock), and restricts system calls to a list (seccomp). lp_drop_privileges() then drops the remaining
   capabilities: at once in relay and gateway, when the TAP is up in the client.

   Each step that fails is reported and left out, so that the program works on a kernel or in a container that lacks it.
   A program that cannot write its state as another user stays root, without capabilities.

   On systems other than Linux both functions do nothing. */
#ifndef LP_PLATFORM_SYSTEM_SANDBOX_H
#define LP_PLATFORM_SYSTEM_SANDBOX_H

#include <stdbool.h>

struct lp_failure;

/* A folder in which the program replaces files. */
struct lp_sandbox_folder {
	const char *file;  /* a file in it; NULL or empty: the row is skipped */
	const char *names; /* patterns of the program's own files, separated by spaces. A folder of root's with nothing
			      else in it is given to the user */
	bool needed;       /* without write access the user is not changed */
};

struct lp_sandbox_config {
	const char *user; /* a name or a number. Empty: lanparty if it exists, else the user of sudo, else nobody */
	const struct lp_sandbox_folder *folders;
	unsigned n_folders;
	const char *const *inputs; /* files that are read again later, which other programs may replace */
	unsigned n_inputs;
	bool resolves;  /* host names are resolved later */
	bool net_admin; /* CAP_NET_ADMIN stays until lp_drop_privileges() */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

/* What was achieved. */
struct lp_sandbox {
	char user[64]; /* that the program runs as; empty: unchanged */
	bool files, calls;
};

/* Confines the process. Never fails: what cannot be done goes to |warn|. To be called while there is only one thread.
 */
void lp_sandbox_enter(const struct lp_sandbox_config *config, struct lp_sandbox *ret_sandbox);

/* Drops all capabilities permanently, except one that lp_sandbox_enter() kept to read |inputs|, and prevents new ones
   from privileged programs. Call it after devices are opened and ports are bound, which keep working. No error in a
   process without capabilities, or on a system without them. It affects the calling thread only, so call it while there
   is only one. 0 or LP_E*. */
int lp_drop_privileges(struct lp_failure *failure);

#endif
