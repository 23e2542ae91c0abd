#include "client/windows/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/journal.h"
#include "obs/event.h"
#include "platform/net/inbound.h"
#include "platform/system/file.h"
#include "platform/system/lock.h"

#define PATH_MAX_BYTES 4096

struct lp_changes {
	const char *path;
	const struct lp_log *log;
	struct lp_lock *lock; /* excludes other clients with the same journal */
	struct lp_journal journal;
	bool on_disk; /* the file exists; it holds |journal|, or |journal| before a write that failed */
};

/* Writes the journal, or removes it if it is empty. */
static int save(struct lp_changes *changes, struct lp_failure *failure)
{
	char *text;
	int result;
	if (changes->journal.n == 0) {
		result = changes->on_disk ? lp_file_remove(changes->path, failure) : 0;
		if (result == LP_ENOTFOUND)
			result = 0;
		changes->on_disk = changes->on_disk && result < 0;
		return result;
	}
	text = lp_journal_encode(&changes->journal);
	if (!text)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	/* Set first, because a failed write may leave a file, too. */
	changes->on_disk = true;
	result = lp_file_write(changes->path, (const uint8_t *)text, strlen(text), true, failure);
	free(text);
	return result;
}

/* The route that a change added. */
static struct lp_route route_of(const struct lp_change *change)
{
	return (struct lp_route){
		.destination = change->destination,
		.next_hop = change->next_hop,
		.interface = change->interface,
		.metric = change->metric,
		.prefix_bits = change->family == 6 ? 128 : 32,
	};
}

/* Restores the settings that a change replaced, except those that another program has changed since. LP_ENOTFOUND: the
   interface is gone. */
static int restore(const struct lp_change *change, struct lp_failure *failure)
{
	const struct lp_route_settings *before = &change->before, *after = &change->after;
	struct lp_route_settings now, wanted;
	int result = lp_route_settings(&change->interface, change->family, failure, &now);
	if (result < 0)
		return result;
	wanted = now;
	if (now.mtu == after->mtu)
		wanted.mtu = before->mtu;
	if (now.automatic_metric == after->automatic_metric && (now.automatic_metric || now.metric == after->metric)) {
		wanted.automatic_metric = before->automatic_metric;
		wanted.metric = before->metric;
	}
	if (now.no_default_routes == after->no_default_routes)
		wanted.no_default_routes = before->no_default_routes;
	if (wanted.mtu == now.mtu && wanted.automatic_metric == now.automatic_metric &&
		(wanted.automatic_metric || wanted.metric == now.metric) &&
		wanted.no_default_routes == now.no_default_routes)
		return 0;
	return lp_route_set(&change->interface, change->family, &wanted, failure);
}

static int remove_route(const struct lp_change *change, struct lp_failure *failure)
{
	struct lp_route route = route_of(change);
	int result = lp_route_remove(&route, failure);
	/* Removed with its interface, or by a restart of the system. */
	return result == LP_ENOTFOUND ? 0 : result;
}

/* Undoes what lets the LAN reach this computer. */
static int close_inbound(const struct lp_change *change, struct lp_failure *failure)
{
	int result = lp_inbound_do(
		&change->interface, change->kind == LP_CHANGE_CATEGORY ? LP_INBOUND_PUBLIC : LP_INBOUND_FORBID);
	/* What the system has no such thing as was not changed either. */
	if (result == LP_EUNSUPPORTED)
		return 0;
	return result < 0 ? lp_fail(failure, result, "interface %u: cannot restore what the firewall lets in: %s",
				    (unsigned)change->interface.index, lp_error_text(result))
			  : 0;
}

static int undo_kind(const struct lp_change *change, struct lp_failure *failure)
{
	switch (change->kind) {
	case LP_CHANGE_ROUTE:
		return remove_route(change, failure);
	case LP_CHANGE_SETTINGS:
		return restore(change, failure);
	case LP_CHANGE_CATEGORY:
	case LP_CHANGE_FIREWALL:
		return close_inbound(change, failure);
	case LP_CHANGE_MAC:
		return lp_adapter_restore_mac(change->guid, change->mac_before, change->mac_after, failure);
	}
	return 0;
}

/* Undoes one change and removes it from the journal, unless it fails. */
static int undo(struct lp_changes *changes, size_t i, struct lp_failure *failure)
{
	int result = undo_kind(&changes->journal.changes[i], failure);
	if (result < 0)
		return result;
	changes->journal.n--;
	memmove(&changes->journal.changes[i], &changes->journal.changes[i + 1],
		(changes->journal.n - i) * sizeof changes->journal.changes[0]);
	/* If this fails, the change is undone again at the next start, which is harmless. */
	save(changes, NULL);
	return 0;
}

/* Undoes everything, the last change first. Returns how many were undone. */
static size_t undo_all(struct lp_changes *changes)
{
	size_t n_undone = 0;
	struct lp_failure failure;
	for (size_t i = changes->journal.n; i-- > 0;) {
		int result = undo(changes, i, &failure);
		if (result == 0)
			n_undone++;
		else if (result == LP_ENOTFOUND)
			/* A disabled adapter keeps its settings; they are restored when it is enabled again. */
			lp_event_change_kept(changes->log, failure.text);
		else
			lp_event_change_stuck(changes->log, failure.text, changes->path);
	}
	if (save(changes, &failure) < 0)
		lp_event_warned(changes->log, failure.text);
	return n_undone;
}

/* Saves a change in the journal before it is made. */
static int note(struct lp_changes *changes, const struct lp_change *change, struct lp_failure *failure)
{
	int result;
	if (changes->journal.n == LP_JOURNAL_MAX)
		return lp_fail(failure, LP_EFULL,
			"%s: the journal is full (%d changes). Start the client once with every adapter "
			"enabled, or remove the file if its adapters were removed for good",
			changes->path, LP_JOURNAL_MAX);
	changes->journal.changes[changes->journal.n++] = *change;
	result = save(changes, failure);
	if (result < 0) {
		changes->journal.n--;
		save(changes, NULL);
	}
	return result;
}

/* Removes the last entry: its change was not made. */
static void forget_last(struct lp_changes *changes)
{
	changes->journal.n--;
	save(changes, NULL);
}

/* Moves a journal that cannot be decoded to PATH.damaged. */
static int set_aside(
	struct lp_changes *changes, const uint8_t *data, size_t len, const char *why, struct lp_failure *failure)
{
	char aside[PATH_MAX_BYTES + 16];
	int result;
	snprintf(aside, sizeof aside, "%s.damaged", changes->path);
	result = lp_file_write(aside, data, len, true, failure);
	if (result == 0)
		result = lp_file_remove(changes->path, failure);
	if (result == 0)
		lp_event_journal_damaged(changes->log, changes->path, why, aside);
	return result;
}

/* Undoes the journal of an earlier client, if there is one. */
static int repair(struct lp_changes *changes, struct lp_failure *failure)
{
	struct lp_failure why;
	char reason[160];
	uint8_t *data;
	size_t len, n;
	int result = lp_file_read(changes->path, LP_JOURNAL_MAX_BYTES, &why, &data, &len);
	if (result == LP_ENOTFOUND)
		return 0;
	if (result < 0)
		return lp_fail(failure, result, "%s", why.text);
	changes->on_disk = true;
	result = lp_journal_decode(data, len, reason, &changes->journal);
	if (result < 0)
		result = set_aside(changes, data, len, reason, failure);
	free(data);
	if (result < 0 || changes->journal.n == 0)
		return result;
	n = undo_all(changes);
	if (n > 0)
		lp_event_repaired(changes->log, n);
	return 0;
}

/* Locks the journal: one that belongs to a running client must not be undone. */
static int take_lock(struct lp_changes *changes, struct lp_failure *failure)
{
	char path[PATH_MAX_BYTES + 16];
	int result;
	snprintf(path, sizeof path, "%s.lock", changes->path);
	result = lp_lock_take(path, failure, &changes->lock);
	return result == LP_EINUSE ? lp_fail(failure, result,
					     "%s is in use: another client runs on this computer. End it, or pass an "
					     "--identity in another folder to each",
					     changes->path)
				   : result;
}

int lp_changes_new(
	const char *path, const struct lp_log *log, struct lp_failure *failure, struct lp_changes **ret_changes)
{
	struct lp_changes *changes = calloc(1, sizeof *changes);
	int result;
	if (!changes)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	changes->path = path;
	changes->log = log;
	if (strlen(path) > PATH_MAX_BYTES)
		result = lp_fail(failure, LP_ETOOBIG, "%s: too long a path", path);
	else
		result = take_lock(changes, failure);
	if (result == 0)
		result = repair(changes, failure);
	if (result < 0) {
		lp_lock_free(changes->lock);
		free(changes);
		return result;
	}
	*ret_changes = changes;
	return 0;
}

void lp_changes_undo(struct lp_changes *changes)
{
	undo_all(changes);
}

void lp_changes_free(struct lp_changes *changes)
{
	if (!changes)
		return;
	undo_all(changes);
	lp_lock_free(changes->lock);
	free(changes);
}

int lp_changes_add_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure)
{
	struct lp_change change = {
		.kind = LP_CHANGE_ROUTE,
		.interface = route->interface,
		.destination = route->destination,
		.next_hop = route->next_hop,
		.metric = route->metric,
		.family = route->destination.family,
	};
	struct lp_route_query query = {.remote = route->destination};
	struct lp_route there;
	int result;
	/* Checked before the entry is saved: after a kill in between, the next start would remove another program's
	 * route. */
	if (lp_route_best(&query, NULL, &there) == 0 && there.prefix_bits == route->prefix_bits &&
		there.interface.luid == route->interface.luid && lp_addr_equal(&there.next_hop, &route->next_hop))
		return lp_fail(failure, LP_EEXISTS, "there is such a route already");
	result = note(changes, &change, failure);
	if (result < 0)
		return result;
	result = lp_route_add(route, failure);
	if (result < 0)
		forget_last(changes);
	return result;
}

int lp_changes_remove_route(struct lp_changes *changes, const struct lp_route *route, struct lp_failure *failure)
{
	for (size_t i = changes->journal.n; i-- > 0;) {
		const struct lp_change *change = &changes->journal.changes[i];
		if (change->kind == LP_CHANGE_ROUTE && change->interface.luid == route->interface.luid &&
			lp_addr_equal(&change->destination, &route->destination) &&
			lp_addr_equal(&change->next_hop, &route->next_hop))
			return undo(changes, i, failure);
	}
	return 0;
}

/* Undoes an earlier change of the interface's settings, so that there is at most one and its |before| is correct. */
static int unset(struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family,
	struct lp_failure *failure)
{
	for (size_t i = changes->journal.n; i-- > 0;) {
		const struct lp_change *change = &changes->journal.changes[i];
		if (change->kind == LP_CHANGE_SETTINGS && change->interface.luid == interface->luid &&
			change->family == family)
			return undo(changes, i, failure);
	}
	return 0;
}

int lp_changes_set(struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family,
	const struct lp_route_settings *settings, struct lp_failure *failure)
{
	struct lp_change change = {
		.kind = LP_CHANGE_SETTINGS, .interface = *interface, .family = family, .after = *settings};
	int result = unset(changes, interface, family, failure);
	if (result == 0)
		result = lp_route_settings(interface, family, failure, &change.before);
	if (result == 0)
		result = note(changes, &change, failure);
	if (result < 0)
		return result;
	result = lp_route_set(interface, family, settings, failure);
	if (result < 0)
		forget_last(changes);
	return result;
}

/* The note of this kind about the interface; the number of notes if there is none. */
static size_t find_note(
	const struct lp_changes *changes, enum lp_change_kind kind, const struct lp_route_interface *interface)
{
	size_t i = 0;
	while (i < changes->journal.n && (changes->journal.changes[i].kind != kind ||
						 changes->journal.changes[i].interface.luid != interface->luid))
		i++;
	return i;
}

int lp_changes_note_inbound(struct lp_changes *changes, enum lp_change_kind kind,
	const struct lp_route_interface *interface, struct lp_failure *failure)
{
	const struct lp_change change = {.kind = kind, .interface = *interface};
	/* A change that could not be undone before covers this one, too. */
	return find_note(changes, kind, interface) < changes->journal.n ? 0 : note(changes, &change, failure);
}

int lp_changes_undo_inbound(struct lp_changes *changes, enum lp_change_kind kind,
	const struct lp_route_interface *interface, struct lp_failure *failure)
{
	size_t i = find_note(changes, kind, interface);
	return i < changes->journal.n ? undo(changes, i, failure) : 0;
}

int lp_changes_note_mac(
	struct lp_changes *changes, const char *guid, const char *before, const char *after, struct lp_failure *failure)
{
	struct lp_change change = {.kind = LP_CHANGE_MAC};
	if (strlen(guid) >= sizeof change.guid || strlen(before) >= sizeof change.mac_before ||
		strlen(after) >= sizeof change.mac_after)
		return lp_fail(failure, LP_EINVAL, "%s: not an adapter with a MAC setting", guid);
	memcpy(change.guid, guid, strlen(guid));
	memcpy(change.mac_before, before, strlen(before));
	memcpy(change.mac_after, after, strlen(after));
	return note(changes, &change, failure);
}

const struct lp_route_settings *lp_changes_before(
	const struct lp_changes *changes, const struct lp_route_interface *interface, uint8_t family)
{
	for (size_t i = changes->journal.n; i-- > 0;) {
		const struct lp_change *change = &changes->journal.changes[i];
		if (change->kind == LP_CHANGE_SETTINGS && change->interface.luid == interface->luid &&
			change->family == family)
			return &change->before;
	}
	return NULL;
}

size_t lp_changes_count(const struct lp_changes *changes)
{
	return changes->journal.n;
}
