/* Frames that the doctor receives from a LAN: parsers read within the frame, and agree with what its own frames hold.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/lan_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t ip[4] = {0};
	struct lp_mac mac;
	uint8_t *copy = malloc(len ? len : 1); /* exactly as long as the frame, so that a read beyond it is seen */
	if (!copy)
		return 0;
	memcpy(copy, data, len);
	(void)lp_lan_offer(copy, len, 0x01020304, ip);
	if (lp_lan_arp_from(copy, len, ip, &mac) && len < 42)
		abort();
	free(copy);
	return 0;
}
