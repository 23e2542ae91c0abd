#include "gateway/invite_page.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "gateway/invite_book.h"
#include "gateway/options.h"
#include "gateway/qr.h"

/* A book and where it is. */
struct shelf {
	char path[LP_GATEWAY_PATH_MAX + 16];
	struct lp_invite_book book;
};

/* Reads the book; NULL: the failure has the reason. */
static struct shelf *open_shelf(
	const struct lp_gateway_options *options, const struct lp_invite *host, struct lp_failure *failure)
{
	struct shelf *shelf = calloc(1, sizeof *shelf);
	if (!shelf) {
		lp_fail(failure, LP_ENOMEM, "out of memory");
		return NULL;
	}
	int result = lp_invite_book_path(options->state_path, shelf->path, sizeof shelf->path);
	if (result < 0)
		lp_fail(failure, result, "--state: the path is too long");
	else
		result = lp_invite_book_load(shelf->path, host->room, failure, &shelf->book);
	if (result < 0) {
		free(shelf);
		return NULL;
	}
	return shelf;
}

static void close_shelf(struct shelf *shelf)
{
	lp_wipe(shelf, sizeof *shelf);
	free(shelf);
}

/* An entry as JSON; NULL without memory or if it cannot be written. */
static json_t *entry_json(
	const struct lp_invite_book *book, const struct lp_invite_entry *entry, const struct lp_invite *host)
{
	char text[LP_INVITE_TEXT_MAX + 1], id[9];
	struct lp_failure failure;
	if (lp_invite_book_format(book, entry, host, &failure, text) < 0)
		return NULL;
	char *qr = lp_qr_svg(text);
	snprintf(id, sizeof id, "%08x", (unsigned)entry->id);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s}", "id", id, "name", entry->name, "text", text, "qr", qr ? qr : "");
	free(qr);
	return json;
}

/* Replies with |root|, which it releases. */
static void reply_json(struct lp_http_reply *reply, json_t *root)
{
	reply->body = root ? json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	reply->body_len = reply->body ? strlen(reply->body) : 0;
	json_decref(root);
}

void lp_invite_page_list(
	const struct lp_gateway_options *options, const struct lp_invite *host, struct lp_http_reply *reply)
{
	struct lp_failure failure = {0};
	if (!host) {
		reply_json(reply, json_null());
		return;
	}
	struct shelf *shelf = open_shelf(options, host, &failure);
	if (!shelf) {
		lp_http_reply_text(reply, 409, failure.text);
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; list && i < shelf->book.n_entries; i++)
		if (!shelf->book.entries[i].revoked)
			json_array_append_new(list, entry_json(&shelf->book, &shelf->book.entries[i], host));
	close_shelf(shelf);
	reply_json(reply, list);
}

/* Reads the request into an entry. False: it is malformed. */
static bool read_entry(const struct lp_http_request *request, int64_t now_unix_s, struct lp_invite_entry *ret_entry)
{
	json_t *root = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(root, "name"));
	json_int_t expires_s = json_integer_value(json_object_get(root, "expires_s"));
	json_int_t uses = json_integer_value(json_object_get(root, "uses"));
	bool good = json_is_object(root) && expires_s >= 0 && expires_s <= 3650 * 86400 && uses >= 0 &&
		    uses <= UINT16_MAX && (!name || strlen(name) <= LP_NAME_MAX);
	if (good) {
		*ret_entry = (struct lp_invite_entry){
			.created_unix_s = (uint32_t)now_unix_s,
			.expires_unix_s = expires_s ? (uint32_t)(now_unix_s + expires_s) : 0,
			.uses = (uint16_t)uses,
		};
		snprintf(ret_entry->name, sizeof ret_entry->name, "%s", name ? name : "");
	}
	json_decref(root);
	return good;
}

void lp_invite_page_make(const struct lp_gateway_options *options, const struct lp_invite *host, int64_t now_unix_s,
	const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_failure failure = {0};
	struct lp_invite_entry wanted;
	const struct lp_invite_entry *entry;
	if (!host || !read_entry(request, now_unix_s, &wanted)) {
		lp_http_reply_text(reply, 409, host ? "the request is not an invite" : "this room has no invites");
		return;
	}
	struct shelf *shelf = open_shelf(options, host, &failure);
	if (!shelf || lp_invite_book_add(&shelf->book, &wanted, &failure, &entry) < 0 ||
		lp_invite_book_save(shelf->path, &shelf->book, &failure) < 0)
		lp_http_reply_text(reply, 409, failure.text);
	else
		reply_json(reply, entry_json(&shelf->book, entry, host));
	if (shelf)
		close_shelf(shelf);
}
