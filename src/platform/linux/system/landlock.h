/* Restricts the files that a process may open (Landlock, kernel 5.13 and later). */
#ifndef LP_PLATFORM_LINUX_SYSTEM_LANDLOCK_H
#define LP_PLATFORM_LINUX_SYSTEM_LANDLOCK_H

struct lp_landlock {
	int fd; /* of the rule set; -1: not available */
};

enum lp_landlock_access {
	LP_LANDLOCK_READ,  /* files and folders below the path */
	LP_LANDLOCK_WRITE, /* these, and existing files may be written to */
	LP_LANDLOCK_STATE, /* these, and files and sockets may be made, replaced and removed */
};

/* Makes an empty rule set. 0 or the errno. */
int lp_landlock_init(struct lp_landlock *landlock);
/* Permits |access| to the file or folder at |path| and what is below it. A path that does not exist is skipped. */
void lp_landlock_allow(struct lp_landlock *landlock, const char *path, enum lp_landlock_access access);
/* Restricts the calling thread to the rules, permanently; needs no_new_privs. 0 or the errno. */
int lp_landlock_enter(struct lp_landlock *landlock);

#endif
