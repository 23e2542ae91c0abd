/* The file with a member's saved session: it is refused, or what was read is the same after it was written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/saved_session.h"
#include "base/failure.h"
#include "platform/system/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char path[64];
	static struct lp_saved_session first, second;
	struct lp_failure failure;
	if (!path[0])
		snprintf(path, sizeof path, "/tmp/lp-fuzz-session-%d", (int)getpid());
	FILE *file = fopen(path, "wb");
	check(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
	memset(&first, 0, sizeof first);
	memset(&second, 0, sizeof second);
	if (lp_saved_session_load(path, &failure, &first) < 0) {
		check(failure.text[0] != '\0');
	} else if (lp_saved_session_save(path, &first, &failure) == 0) {
		check(lp_saved_session_load(path, &failure, &second) == 0);
		check(first.n_gateways == second.n_gateways && lp_mac_equal(&first.mac, &second.mac));
		check(strcmp(first.room, second.room) == 0 && strcmp(first.resume, second.resume) == 0);
		check(strcmp(first.key, second.key) == 0 && strcmp(first.invite, second.invite) == 0);
	}
	unlink(path);
	return 0;
}
