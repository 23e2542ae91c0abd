/* Changes to the computer that are undone at the end. Each is saved in a journal on disk before it is made; all are
   undone in reverse order at the end, and those of a client that was killed at the next start. */
#ifndef LP_CLIENT_WINDOWS_CHANGES_H
#define LP_CLIENT_WINDOWS_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "client/windows/journal.h"
#include "platform/net/route_change.h"

struct lp_changes;
struct lp_failure;
struct lp_log;

/* Undoes the changes in the journal at |path|, if any. A journal that cannot be decoded is moved to PATH.damaged, with
   a warning, and not executed. |path| and |log| are borrowed until lp_changes_free(). 0; LP_EINUSE: another client uses
   it; LP_EPERM and others if it cannot be read. */
int lp_changes_new(
	const char *path, const struct lp_log *log, struct lp_failure *failure, struct lp_changes **ret_changes);
/* Undoes all changes, as lp_changes_free() does. */
void lp_changes_undo(struct lp_changes *changes);
/* Undoes all changes and frees. A change that cannot be undone is logged and stays in the journal. NULL is fine. */
void lp_changes_free(struct lp_changes *changes);

/* Adds a route to one host. 0; LP_EEXISTS: another program has added the same route, which stays. */
int lp_changes_add_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure);
/* Undoes lp_changes_add_route(). Also 0 if the route is already gone, or was not added here. */
int lp_changes_remove_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure);
/* Changes the settings of an interface for one family (4 or 6). Undoing restores those before the first call. 0;
   LP_ENOTFOUND: no such interface, or it does not have this family. */
int lp_changes_set(struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family,
	const struct lp_route_settings *settings, struct lp_failure *failure);
/* Notes, before it is made, that the interface's network is made private (LP_CHANGE_CATEGORY) or that firewall rules
   are added for it (LP_CHANGE_FIREWALL): lp_inbound_start(). */
int lp_changes_note_inbound(struct lp_changes *changes, enum lp_change_kind kind,
	const struct lp_route_interface *interface, struct lp_failure *failure);
/* Undoes that change; 0 also if there is none. LP_ENOTFOUND: the network is away, and the note stays. */
int lp_changes_undo_inbound(struct lp_changes *changes, enum lp_change_kind kind,
	const struct lp_route_interface *interface, struct lp_failure *failure);
/* Notes, before it is made, that the MAC setting of an adapter is changed (device/adapter_mac.h). */
int lp_changes_note_mac(struct lp_changes *changes, const char *guid, const char *before, const char *after,
	struct lp_failure *failure);
/* The interface's settings before lp_changes_set() changed them; NULL if they are unchanged. Valid until the next
   change. */
const struct lp_route_settings *lp_changes_before(
	const struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family);
/* Number of changes in the journal. */
size_t lp_changes_count(const struct lp_changes *changes);

#endif
