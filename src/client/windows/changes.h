/* What the client changes on the computer, scoped: each change is noted on the disk before it is made, all are undone
   in reverse order at the end, and what a client that was killed left behind is undone at the next start. */
#ifndef LP_CLIENT_WINDOWS_CHANGES_H
#define LP_CLIENT_WINDOWS_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "platform/net/route_change.h"

struct lp_changes;
struct lp_failure;
struct lp_log;

/* Undoes what the journal at |path| still has, and begins. A journal that cannot be understood is kept aside as
   PATH.damaged, with a warning, and never acted upon. |path| and |log| are borrowed until lp_changes_free().
   0; LP_EINUSE: another client has it; LP_EPERM, … where it cannot be read. */
int lp_changes_new(
	const char *path, const struct lp_log *log, struct lp_failure *failure, struct lp_changes **ret_changes);
/* Undoes everything that still stands, with a warning for what cannot be undone (it stays in the journal), and frees.
   NULL is fine. */
void lp_changes_free(struct lp_changes *changes);

/* Adds a route to one host. 0; LP_EEXISTS: there is such a route already: it is somebody else's and is left alone. */
int lp_changes_add_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure);
/* Undoes lp_changes_add_route(). 0 also if the route is gone already, or was never ours. */
int lp_changes_remove_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure);
/* Sets an interface for one family (4 or 6). What it was set to before the first such call is what comes back. 0;
   LP_ENOTFOUND: no such interface, or it does not carry this family. */
int lp_changes_set(struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family,
	const struct lp_route_settings *settings, struct lp_failure *failure);
/* The interface's settings before lp_changes_set() changed them; NULL if they are unchanged. Valid until the next
   change. */
const struct lp_route_settings *lp_changes_before(
	const struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family);
/* How many changes stand. */
size_t lp_changes_count(const struct lp_changes *changes);

#endif
