#include "platform/system/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/system/calls.h"
#include "platform/linux/system/landlock.h"
#include "platform/linux/system/user.h"
#include "platform/posix/system/folder.h"
#include "platform/posix/system/os_error.h"

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* Folders and files that libraries read at any time. */
static const char *const libraries[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime",
	"/sys/devices/system/cpu", "/dev/urandom", "/dev/random"};
/* What resolving a name reads. /etc as a whole, because programs replace resolv.conf and hosts. */
static const char *const resolvers[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
	"/run/nscd", "/var/run/nscd", "/var/lib/dhcpcd"};

static int step_failure(struct lp_failure *failure, const char *step)
{
	return lp_fail(failure, lp_os_error(errno), "cannot drop privileges: %s: %s", step, strerror(errno));
}

/* Reads permitted capabilities; 0 if there are none. */
static uint64_t permitted(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/* Empties the bounding set, which limits what a program started later can gain. It needs CAP_SETPCAP; without that,
   no_new_privs alone has to do. */
static void drop_bounds(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			break;
}

/* Drops all capabilities but those of the bit set |keep|. */
static int keep_only(uint64_t keep, struct lp_failure *failure)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	keep &= permitted();
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted = (uint32_t)(keep >> i * 32);
	drop_bounds();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return step_failure(failure, "no_new_privs");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return step_failure(failure, "ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return step_failure(failure, "capset");
	return 0;
}

int lp_drop_privileges(struct lp_failure *failure)
{
	/* Root reads its files by owning them, so only another user can have this one, from lp_sandbox_enter(). */
	uint64_t keep = geteuid() != 0 && prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 1 ? CAPABILITY(CAP_DAC_READ_SEARCH) : 0;
	return keep_only(keep, failure);
}

static void warn(const struct lp_sandbox_config *config, const char *text)
{
	config->warn(config->ctx, text);
}

/* True if the row is in use; sets the folder's path. */
static bool folder_path(const struct lp_sandbox_folder *folder, char *path, size_t size)
{
	return folder->file && folder->file[0] && lp_folder_of(folder->file, path, size);
}

/* True if |user| can write to all needed folders. The first that it cannot is copied to |ret_path|. */
static bool can_write(const struct lp_sandbox_config *config, const struct lp_user *user, char *ret_path, size_t size)
{
	for (unsigned i = 0; i < config->n_folders; i++) {
		if (config->folders[i].needed && folder_path(&config->folders[i], ret_path, size) &&
			!lp_user_can(user, ret_path, R_OK | W_OK | X_OK))
			return false;
	}
	return true;
}

/* True if |user| can read all inputs. */
static bool can_read(const struct lp_sandbox_config *config, const struct lp_user *user)
{
	for (unsigned i = 0; i < config->n_inputs; i++) {
		if (config->inputs[i] && config->inputs[i][0] && !lp_user_can(user, config->inputs[i], R_OK))
			return false;
	}
	return true;
}

/* Changes root to an unprivileged user. Returns the capabilities that the user must keep. */
static uint64_t change_user(const struct lp_sandbox_config *config, bool files, struct lp_sandbox *sandbox)
{
	struct lp_failure failure = {0};
	struct lp_user user;
	char path[PATH_MAX], text[sizeof failure.text];
	if (geteuid() != 0)
		return 0;
	if (lp_user_find(config->user, &failure, &user) < 0) {
		warn(config, failure.text);
		return 0;
	}
	if (user.uid == 0)
		return 0;
	if (lp_user_try(&user, &failure) < 0) {
		snprintf(text, sizeof text, "this program stays root: %.300s", failure.text);
		warn(config, text);
		return 0;
	}
	for (unsigned i = 0; i < config->n_folders; i++) {
		if (config->folders[i].file && config->folders[i].file[0])
			lp_user_give(&user, &config->folders[i]);
	}
	if (!can_write(config, &user, path, sizeof path)) {
		snprintf(text, sizeof text,
			"this program stays root, because user %s cannot write to %.150s. Give that folder to the user, "
			"or pass --user the folder's owner",
			user.name, path);
		warn(config, text);
		return 0;
	}
	uint64_t keep = can_read(config, &user) ? 0 : CAPABILITY(CAP_DAC_READ_SEARCH);
	if (keep && !files) {
		snprintf(text, sizeof text,
			"this program stays root, because user %s cannot read the certificate's key. Let that user read "
			"it, or pass --user the owner of the key",
			user.name);
		warn(config, text);
		return 0;
	}
	if (lp_user_become(&user, &failure) < 0) {
		snprintf(text, sizeof text, "this program stays root: %.300s", failure.text);
		warn(config, text);
		return 0;
	}
	if (!keep)
		(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	snprintf(sandbox->user, sizeof sandbox->user, "%s", user.name);
	return keep;
}

static void allow_all(struct lp_landlock *landlock, const char *const *paths, size_t n_paths)
{
	for (size_t i = 0; i < n_paths; i++)
		lp_landlock_allow(landlock, paths[i], LP_LANDLOCK_READ);
}

/* Permits the folder of a file that others replace, and the folder that the file is a link to. */
static void allow_input(struct lp_landlock *landlock, const char *file)
{
	char path[PATH_MAX], real[PATH_MAX];
	if (lp_folder_of(file, path, sizeof path))
		lp_landlock_allow(landlock, path, LP_LANDLOCK_READ);
	if (realpath(file, real) && lp_folder_of(real, path, sizeof path))
		lp_landlock_allow(landlock, path, LP_LANDLOCK_READ);
}

/* Makes the rules for files. */
static void fill_rules(const struct lp_sandbox_config *config, struct lp_landlock *landlock)
{
	char path[PATH_MAX];
	allow_all(landlock, libraries, sizeof libraries / sizeof *libraries);
	if (config->resolves)
		allow_all(landlock, resolvers, sizeof resolvers / sizeof *resolvers);
	lp_landlock_allow(landlock, "/dev/null", LP_LANDLOCK_WRITE);
	if (config->net_admin)
		lp_landlock_allow(landlock, "/proc/sys/net", LP_LANDLOCK_WRITE);
	for (unsigned i = 0; i < config->n_folders; i++) {
		if (folder_path(&config->folders[i], path, sizeof path))
			lp_landlock_allow(landlock, path, LP_LANDLOCK_STATE);
	}
	for (unsigned i = 0; i < config->n_inputs; i++) {
		if (config->inputs[i] && config->inputs[i][0])
			allow_input(landlock, config->inputs[i]);
	}
}

/* Makes the missing folders, which another user could not. */
static void make_folders(const struct lp_sandbox_config *config)
{
	for (unsigned i = 0; i < config->n_folders; i++) {
		if (config->folders[i].needed && config->folders[i].file && config->folders[i].file[0])
			(void)lp_folders_make(config->folders[i].file, 0700);
	}
}

/* Warns that a step failed. */
static void warn_step(const struct lp_sandbox_config *config, const char *what, int err)
{
	char text[200];
	snprintf(text, sizeof text, "%s cannot be restricted: %s. Everything else works", what, strerror(err));
	warn(config, text);
}

void lp_sandbox_enter(const struct lp_sandbox_config *config, struct lp_sandbox *ret_sandbox)
{
	struct lp_sandbox sandbox = {0};
	struct lp_landlock landlock;
	struct lp_failure failure;
	if (LP_SANITIZED) { /* sanitizers run other programs, trace this one and read what only its user may */
		if (keep_only(UINT64_MAX, &failure) < 0)
			warn(config, failure.text);
		*ret_sandbox = sandbox;
		return;
	}
	make_folders(config);
	int err = lp_landlock_init(&landlock);
	/* As root, because another user may not be able to open all these folders. */
	fill_rules(config, &landlock);
	drop_bounds(); /* while this is root */
	uint64_t keep = change_user(config, err == 0, &sandbox);
	if (config->net_admin)
		keep |= CAPABILITY(CAP_NET_ADMIN);
	if (keep_only(keep, &failure) < 0)
		warn(config, failure.text);
	if (err == 0)
		err = lp_landlock_enter(&landlock);
	sandbox.files = err == 0;
	/* Kernels without Landlock are common and not worth a warning. */
	if (err && err != ENOSYS && err != EOPNOTSUPP)
		warn_step(config, "files", err);
	err = lp_calls_restrict();
	sandbox.calls = err == 0;
	if (err)
		warn_step(config, "system calls", err);
	*ret_sandbox = sandbox;
}
