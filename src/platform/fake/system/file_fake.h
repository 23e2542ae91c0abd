/* The files of a simulated host. */
#ifndef LP_PLATFORM_FAKE_SYSTEM_FILE_FAKE_H
#define LP_PLATFORM_FAKE_SYSTEM_FILE_FAKE_H

struct lp_host;

/* Files outlive programs: the world frees them with the host. */
void lp_fake_files_free(struct lp_host *host);

#endif
