#include "client/windows/journal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define VERSION 1
/* The largest metric and MTU that make sense; a metric is 16 bits in the system's own dialogs. */
#define METRIC_MAX 0x7fffffff
#define MTU_MAX UINT32_MAX

/* Settings as JSON. */
static json_t *encode_settings(const struct lp_route_settings *settings)
{
	return json_pack("{s:I, s:I, s:b, s:b}", "mtu", (json_int_t)settings->mtu, "metric",
		(json_int_t)settings->metric, "automatic_metric", settings->automatic_metric, "no_default_routes",
		settings->no_default_routes);
}

/* One change as JSON. */
static json_t *encode_change(const struct lp_change *change)
{
	char destination[LP_ADDR_TEXT_MAX], next_hop[LP_ADDR_TEXT_MAX];
	if (change->kind == LP_CHANGE_SETTINGS)
		return json_pack("{s:s, s:I, s:I, s:i, s:o, s:o}", "kind", "settings", "luid",
			(json_int_t)change->interface.luid, "index", (json_int_t)change->interface.index, "family",
			change->family, "before", encode_settings(&change->before), "after",
			encode_settings(&change->after));
	if (change->kind == LP_CHANGE_MAC)
		return json_pack("{s:s, s:s, s:s, s:s}", "kind", "mac", "adapter", change->guid, "before",
			change->mac_before, "after", change->mac_after);
	if (change->kind != LP_CHANGE_ROUTE)
		return json_pack("{s:s, s:I, s:I}", "kind",
			change->kind == LP_CHANGE_CATEGORY ? "category" : "firewall", "luid",
			(json_int_t)change->interface.luid, "index", (json_int_t)change->interface.index);
	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:I}", "kind", "route", "luid", (json_int_t)change->interface.luid,
		"index", (json_int_t)change->interface.index, "destination",
		lp_addr_format(&change->destination, destination), "next_hop",
		lp_addr_format(&change->next_hop, next_hop), "metric", (json_int_t)change->metric);
}

char *lp_journal_encode(const struct lp_journal *journal)
{
	json_t *changes = json_array();
	json_t *root;
	char *text = NULL;
	for (size_t i = 0; i < journal->n && changes; i++) {
		if (json_array_append_new(changes, encode_change(&journal->changes[i])) == 0)
			continue;
		json_decref(changes);
		changes = NULL;
	}
	root = changes ? json_pack("{s:i, s:o}", "version", VERSION, "changes", changes) : NULL;
	if (root)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

/* A whole number between bounds. False if it is not there or is not one. */
static bool read_number(const json_t *object, const char *name, uint64_t min, uint64_t max, uint64_t *number)
{
	const json_t *value = json_object_get(object, name);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*number = (uint64_t)json_integer_value(value);
	return *number >= min && *number <= max;
}

/* True or false. */
static bool read_flag(const json_t *object, const char *name, bool *flag)
{
	const json_t *value = json_object_get(object, name);
	*flag = json_is_true(value);
	return json_is_boolean(value);
}

/* An address without a port, as lp_addr_format() writes it. */
static bool read_addr(const json_t *object, const char *name, struct lp_addr *addr)
{
	const char *text = json_string_value(json_object_get(object, name));
	char again[LP_ADDR_TEXT_MAX];
	return text && lp_addr_parse(text, 0, addr) == 0 && addr->family != 0 && addr->port == 0 &&
	       strcmp(lp_addr_format(addr, again), text) == 0;
}

/* Settings, all of them. */
static bool read_settings(const json_t *change, const char *name, struct lp_route_settings *settings)
{
	const json_t *object = json_object_get(change, name);
	uint64_t mtu, metric;
	if (json_object_size(object) != 4 || !read_number(object, "mtu", 1, MTU_MAX, &mtu) ||
		!read_number(object, "metric", 0, METRIC_MAX, &metric) ||
		!read_flag(object, "automatic_metric", &settings->automatic_metric) ||
		!read_flag(object, "no_default_routes", &settings->no_default_routes))
		return false;
	settings->mtu = (uint32_t)mtu;
	settings->metric = (uint32_t)metric;
	return true;
}

/* True for the address of one host somewhere else: nothing else is ever pinned. */
static bool is_host(const struct lp_addr *addr)
{
	static const uint8_t zero[16], loopback[16] = {[15] = 1};
	if (addr->family == 4)
		return addr->ip[0] != 0 && addr->ip[0] != 127 && addr->ip[0] < 224;
	return memcmp(addr->ip, zero, 16) != 0 && memcmp(addr->ip, loopback, 16) != 0 && addr->ip[0] != 0xff;
}

/* A text of the given characters, with at most |size| bytes including its NUL. */
static bool read_text(const json_t *object, const char *name, const char *characters, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));
	if (!value || strlen(value) >= size || value[strspn(value, characters)])
		return false;
	memcpy(text, value, strlen(value) + 1);
	return true;
}

/* A changed MAC setting. */
static bool read_mac(const json_t *object, struct lp_change *change)
{
	static const char digits[] = "0123456789abcdefABCDEF-:";
	change->kind = LP_CHANGE_MAC;
	return json_object_size(object) == 4 &&
	       read_text(object, "adapter", "0123456789abcdefABCDEF-{}", change->guid, sizeof change->guid) &&
	       read_text(object, "before", digits, change->mac_before, sizeof change->mac_before) &&
	       read_text(object, "after", digits, change->mac_after, sizeof change->mac_after) && change->guid[0] &&
	       change->mac_after[0];
}

/* One change. False if it is not one that the client would have made. */
static bool read_change(const json_t *object, struct lp_change *change)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	uint64_t luid, index, number;
	if (kind && strcmp(kind, "mac") == 0)
		return read_mac(object, change);
	if (!kind || !read_number(object, "luid", 1, INT64_MAX, &luid) ||
		!read_number(object, "index", 0, UINT32_MAX, &index))
		return false;
	change->interface.luid = luid;
	change->interface.index = (uint32_t)index;
	if (strcmp(kind, "settings") == 0) {
		change->kind = LP_CHANGE_SETTINGS;
		if (json_object_size(object) != 6 || !read_number(object, "family", 4, 6, &number) || number == 5)
			return false;
		change->family = (uint8_t)number;
		return read_settings(object, "before", &change->before) &&
		       read_settings(object, "after", &change->after);
	}
	if (strcmp(kind, "category") == 0 || strcmp(kind, "firewall") == 0) {
		change->kind = kind[0] == 'c' ? LP_CHANGE_CATEGORY : LP_CHANGE_FIREWALL;
		return json_object_size(object) == 3;
	}
	change->kind = LP_CHANGE_ROUTE;
	if (strcmp(kind, "route") != 0 || json_object_size(object) != 6 ||
		!read_addr(object, "destination", &change->destination) ||
		!read_addr(object, "next_hop", &change->next_hop) ||
		!read_number(object, "metric", 0, METRIC_MAX, &number))
		return false;
	change->metric = (uint32_t)number;
	change->family = change->destination.family;
	return change->next_hop.family == change->family && is_host(&change->destination);
}

int lp_journal_decode(const uint8_t *data, size_t len, char why[160], struct lp_journal *ret_journal)
{
	struct lp_journal journal = {0};
	json_error_t error;
	json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);
	const json_t *changes = json_object_get(root, "changes");
	uint64_t version;
	size_t n = json_array_size(changes);
	int result = LP_EMALFORMED;
	if (!root) {
		snprintf(why, 160, "line %d: %.120s", error.line, error.text);
	} else if (!read_number(root, "version", VERSION, VERSION, &version) || !json_is_array(changes) ||
		   json_object_size(root) != 2) {
		snprintf(why, 160, "not a journal of version %d", VERSION);
	} else if (n > LP_JOURNAL_MAX) {
		snprintf(why, 160, "%zu changes, and %d are possible", n, LP_JOURNAL_MAX);
	} else {
		while (journal.n < n && read_change(json_array_get(changes, journal.n), &journal.changes[journal.n]))
			journal.n++;
		result = journal.n == n ? 0 : LP_EMALFORMED;
		snprintf(why, 160, "change %zu is none that the client makes", journal.n + 1);
	}
	json_decref(root);
	if (result == 0)
		*ret_journal = journal;
	return result;
}
