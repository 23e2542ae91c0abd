#include "client/windows/window/view.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define UNKNOWN "–"

/* The upper edge of the graph is the first of these that no sample exceeds. */
static const uint32_t scales_us[] = {10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000, 5000000};

/* What is shown for a summary of the client (report/status.h). */
static const struct {
	const char *summary, *headline;
	enum lp_view_tone tone;
} situations[] = {
	{"connecting", "Connecting", LP_VIEW_BUSY},
	{"waiting for gateway", "Waiting for the host", LP_VIEW_BUSY},
	{"no address", "Waiting for an address", LP_VIEW_BUSY},
	{"no answer", "Almost there", LP_VIEW_BUSY},
	{"on the LAN", "On the LAN", LP_VIEW_GOOD},
	{"gateway gone", "The host is away", LP_VIEW_BAD},
	{"reconnecting", "Reconnecting", LP_VIEW_BUSY},
	{"relay unreachable", "Relay not reachable", LP_VIEW_BAD},
	{"no LAN", "The LAN is unplugged", LP_VIEW_BAD},
	{"place held", "Taking over", LP_VIEW_BUSY},
	{"ended", "Not joined", LP_VIEW_QUIET},
};

/* Copies a text with what must not be printed escaped. */
static void copy(char *to, size_t size, const char *from)
{
	struct lp_text text;
	lp_text_init(&text, to, size);
	lp_text_escaped(&text, from);
}

/* Copies a sentence: with a capital, and a full stop. */
static void copy_sentence(char *to, size_t size, const char *from)
{
	copy(to, size - 1, from);
	if (to[0] >= 'a' && to[0] <= 'z')
		to[0] = (char)(to[0] - 'a' + 'A');
	size_t len = strlen(to);
	if (len > 0 && !strchr(".!?", to[len - 1]))
		strcpy(to + len, ".");
}

static void write_ms(char *to, size_t size, uint64_t us)
{
	if (us == 0)
		snprintf(to, size, UNKNOWN);
	else
		snprintf(to, size, us < 10000 ? "%.1f ms" : "%.0f ms", (double)us / 1000.0);
}

/* Of a path whose round trip is known. */
static void write_jitter(char *to, size_t size, uint64_t us)
{
	snprintf(to, size, "%.1f ms", (double)us / 1000.0);
}

static void write_loss(char *to, size_t size, uint64_t ppm)
{
	snprintf(to, size, "%.1f %%", (double)ppm / 10000.0);
}

/* A hash of a member's role and name (FNV-1a). Notices compare members by it. */
static uint64_t member_hash(const struct lp_service_member *member)
{
	uint64_t hash = 14695981039346656037ULL ^ (uint64_t)member->role;
	for (const char *c = member->name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	return hash;
}

/* Fills in one row. The gateway is reached by the relay, so that the path's jitter and loss are its own, too. */
static void write_row(
	struct lp_view_row *row, const struct lp_service_member *member, const struct lp_service_status *status)
{
	bool gateway = member->role == LP_ROLE_GATEWAY, relayed = strcmp(member->route, "relay") == 0;
	uint64_t jitter_us = member->jitter_us, loss_ppm = member->loss_ppm;
	char name[LP_NAME_MAX + 1];
	copy(name, sizeof name, member->name[0] ? member->name : gateway ? "The host's LAN" : "(without a name)");
	snprintf(row->name, sizeof row->name, "%s%s", name, gateway && member->name[0] ? " (host)" : "");
	copy(row->route, sizeof row->route, member->route);
	if (gateway && relayed && jitter_us == 0 && loss_ppm == 0) {
		jitter_us = status->jitter_us;
		loss_ppm = status->loss_up_ppm > status->loss_down_ppm ? status->loss_up_ppm : status->loss_down_ppm;
	}
	write_ms(row->rtt, sizeof row->rtt, member->rtt_us);
	snprintf(row->jitter, sizeof row->jitter, UNKNOWN);
	snprintf(row->loss, sizeof row->loss, UNKNOWN);
	/* The status has no jitter and no loss of a link between members. A path that is measured has some jitter. */
	if (!member->rtt_us || jitter_us == 0)
		return;
	write_jitter(row->jitter, sizeof row->jitter, jitter_us);
	write_loss(row->loss, sizeof row->loss, loss_ppm);
}

/* Fills in the list, gateways first. */
static void write_rows(struct lp_view *view, const struct lp_service_status *status)
{
	const struct lp_service_member *members = status->members.items;
	view->n_rows = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < status->members.n && view->n_rows < LP_SERVICE_MEMBERS_MAX; i++)
			if ((members[i].role == LP_ROLE_GATEWAY) == (pass == 0))
				write_row(&view->rows[view->n_rows++], &members[i], status);
}

static void write_path(struct lp_view *view, const struct lp_service_status *status)
{
	char relay[80], rtt[16], jitter[16], up[16], down[16];
	view->path[0] = view->address[0] = '\0';
	copy(relay, sizeof relay, status->relay);
	if (status->rtt_us) {
		write_ms(rtt, sizeof rtt, status->rtt_us);
		write_jitter(jitter, sizeof jitter, status->jitter_us);
		write_loss(up, sizeof up, status->loss_up_ppm);
		write_loss(down, sizeof down, status->loss_down_ppm);
		snprintf(view->path, sizeof view->path, "Relay %s: %s, jitter %s, loss %s up, %s down", relay, rtt,
			jitter, up, down);
	}
	if (status->device_address[0])
		snprintf(view->address, sizeof view->address, "Your address: %s", status->device_address);
}

/* Sets headline and tone of a running client. */
static void write_situation(struct lp_view *view, const struct lp_service_status *status)
{
	copy_sentence(view->detail, sizeof view->detail, status->text);
	for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
		if (strcmp(situations[i].summary, status->summary) != 0)
			continue;
		snprintf(view->headline, sizeof view->headline, "%s", situations[i].headline);
		view->tone = situations[i].tone;
		return;
	}
	/* Of a later version. */
	copy_sentence(view->headline, sizeof view->headline, status->summary);
	view->tone = LP_VIEW_BUSY;
}

static void add_sample(struct lp_view *view, uint64_t us)
{
	view->samples_us[view->next_sample] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	view->next_sample = (view->next_sample + 1) % LP_VIEW_SAMPLES;
}

/* Finds the members that joined and left since the last status, and keeps the new list. The text of a later change
   replaces that of an earlier. */
static void compare_members(struct lp_view *view, const struct lp_service_status *status)
{
	const struct lp_service_member *members = status->members.items;
	size_t n = status->members.n < LP_SERVICE_MEMBERS_MAX ? status->members.n : LP_SERVICE_MEMBERS_MAX;
	bool known[LP_SERVICE_MEMBERS_MAX] = {false};
	uint64_t hashes[LP_SERVICE_MEMBERS_MAX];
	char name[LP_NAME_MAX + 1];
	for (size_t i = 0; i < n; i++) {
		hashes[i] = member_hash(&members[i]);
		size_t k = 0;
		while (k < view->n_last_members && (known[k] || view->last_members[k] != hashes[i]))
			k++;
		if (k < view->n_last_members) {
			known[k] = true;
			continue;
		}
		copy(name, sizeof name, members[i].name[0] ? members[i].name : "A player");
		if (view->last_joined && members[i].role == LP_ROLE_CLIENT)
			snprintf(view->notice, sizeof view->notice, "%s is here.", name);
	}
	size_t n_gone = 0;
	for (size_t k = 0; k < view->n_last_members; k++)
		n_gone += !known[k];
	if (view->last_joined && n_gone > 0 && !view->notice[0])
		snprintf(view->notice, sizeof view->notice, n_gone == 1 ? "A player left." : "%zu players left.",
			n_gone);
	memcpy(view->last_members, hashes, n * sizeof hashes[0]);
	view->n_last_members = n;
	view->last_joined = true;
}

/* Notices about the session outrank those about players. */
static void compare_summary(struct lp_view *view, const struct lp_service_status *status)
{
	bool on_lan = strcmp(status->summary, "on the LAN") == 0;
	bool was_on_lan = strcmp(view->last_summary, "on the LAN") == 0;
	if (on_lan && !was_on_lan && view->last_summary[0])
		snprintf(view->notice, sizeof view->notice, "You are on the LAN. Start games now.");
	else if (strcmp(status->summary, view->last_summary) != 0 && view->tone == LP_VIEW_BAD && view->last_summary[0])
		snprintf(view->notice, sizeof view->notice, "%s.", view->headline);
	else if (was_on_lan && strcmp(status->summary, "reconnecting") == 0)
		snprintf(view->notice, sizeof view->notice, "The connection was lost. Reconnecting.");
	snprintf(view->last_summary, sizeof view->last_summary, "%s", status->summary);
}

static void show_running(struct lp_view *view, const struct lp_service_status *status)
{
	write_situation(view, status);
	write_path(view, status);
	write_rows(view, status);
	add_sample(view, status->lan_rtt_us ? status->lan_rtt_us : status->rtt_us);
	compare_members(view, status);
	compare_summary(view, status);
}

/* No client serves its status. */
static void show_phase(struct lp_view *view, const struct lp_service_reply *reply)
{
	const char *headline = "Not joined",
		   *detail = "Paste the invite that you got from the party's host, or click it, then Join.";
	view->tone = LP_VIEW_QUIET;
	if (reply->phase == LP_SERVICE_STARTING) {
		headline = "Starting";
		detail = "Preparing the network adapter.";
		view->tone = LP_VIEW_BUSY;
	} else if (reply->phase == LP_SERVICE_LEAVING) {
		headline = "Leaving";
		detail = "Restoring this computer's network settings.";
		view->tone = LP_VIEW_BUSY;
	} else if (reply->failure[0]) {
		headline = "Could not join";
		detail = reply->failure;
		view->tone = LP_VIEW_BAD;
	}
	snprintf(view->headline, sizeof view->headline, "%s", headline);
	copy_sentence(view->detail, sizeof view->detail, detail);
	if (reply->phase == LP_SERVICE_ENDED && reply->failure[0] && view->last_phase != LP_SERVICE_ENDED &&
		view->last_phase != LP_SERVICE_IDLE)
		copy_sentence(view->notice, sizeof view->notice, reply->failure);
}

/* Forgets the last session. */
static void clear(struct lp_view *view)
{
	view->path[0] = view->address[0] = view->last_summary[0] = '\0';
	view->n_rows = view->n_last_members = 0;
	view->last_joined = false;
	memset(view->samples_us, 0, sizeof view->samples_us);
}

void lp_view_update(struct lp_view *view, const struct lp_service_reply *reply, const char *why)
{
	view->notice[0] = '\0';
	view->reachable = reply != NULL;
	view->joining = reply && (reply->phase == LP_SERVICE_STARTING || reply->phase == LP_SERVICE_RUNNING ||
					 reply->phase == LP_SERVICE_LEAVING);
	if (reply && reply->phase == LP_SERVICE_RUNNING) {
		show_running(view, &reply->status);
	} else {
		clear(view);
		if (reply)
			show_phase(view, reply);
	}
	if (!reply) {
		snprintf(view->headline, sizeof view->headline, "Service not running");
		copy_sentence(view->detail, sizeof view->detail, why);
		view->tone = LP_VIEW_BAD;
	}
	snprintf(view->tip, sizeof view->tip, "LAN Party: %.50s", view->headline);
	view->last_phase = reply ? reply->phase : LP_SERVICE_IDLE;
}

size_t lp_view_graph(const struct lp_view *view, int width, int height, struct lp_view_point points[LP_VIEW_SAMPLES],
	uint32_t *ret_top_us)
{
	uint32_t highest = 0;
	size_t n = 0, scale = 0;
	for (size_t i = 0; i < LP_VIEW_SAMPLES; i++)
		highest = view->samples_us[i] > highest ? view->samples_us[i] : highest;
	while (scale + 1 < sizeof scales_us / sizeof scales_us[0] && scales_us[scale] < highest)
		scale++;
	uint64_t top = scales_us[scale];
	for (size_t age = LP_VIEW_SAMPLES; age > 0; age--) {
		uint64_t us = view->samples_us[(view->next_sample + LP_VIEW_SAMPLES - age) % LP_VIEW_SAMPLES];
		if (us == 0)
			continue;
		us = us > top ? top : us;
		points[n].x = width - 1 - (int)((age - 1) * (size_t)(width - 1) / (LP_VIEW_SAMPLES - 1));
		points[n++].y = height - 1 - (int)(us * (uint64_t)(height - 1) / top);
	}
	*ret_top_us = (uint32_t)top;
	return n;
}

bool lp_view_describe_invite(const char *invite, char *ret_text, size_t size)
{
	char relay[LP_INVITE_RELAYS_MAX + 1], room[LP_ROOM_CODE_MAX + 1];
	int end = 0;
	invite += strspn(invite, " \t\r\n<\"'");
	if (strncmp(invite, LP_INVITE_SCHEME, strlen(LP_INVITE_SCHEME)) != 0 ||
		sscanf(invite + strlen(LP_INVITE_SCHEME), "%80[^/# \t\r\n]/%32[A-Za-z0-9-]#%n", relay, room, &end) !=
			2 ||
		end == 0)
		return false;
	snprintf(ret_text, size, "room %s at %s", room, relay);
	return true;
}
