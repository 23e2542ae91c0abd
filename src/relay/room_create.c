#include "relay/room_create.h"

#include "base/error.h"
#include "base/failure.h"
#include "directory/directory.h"
#include "invite/keys.h"
#include "platform/system/random.h"

int lp_room_create(struct lp_directory *directory, struct lp_directory_room *room, struct lp_failure *failure)
{
	int result = 0;
	if (!room->plain) {
		lp_random_fill(room->host_key, sizeof room->host_key);
		result = lp_invite_player_key(room->host_key, room->player_key);
	}
	if (result < 0)
		return lp_fail(failure, result, "%s", lp_error_text(result));
	return lp_directory_add_room(directory, room, failure);
}
