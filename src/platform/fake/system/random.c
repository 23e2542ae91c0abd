#include "platform/system/random.h"

#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/world_state.h"

void lp_random_fill(uint8_t *data, size_t len)
{
	struct lp_dice *dice = &lp_host_current()->world->dice;
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(lp_dice_next(dice) >> 56);
}
