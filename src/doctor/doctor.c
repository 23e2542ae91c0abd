#include "doctor/doctor.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "doctor/checks.h"

/* Checks whose failure explains the later ones that frames depend on. */
#define EXPLAINS \
	(1U << LP_DOCTOR_INVITE | 1U << LP_DOCTOR_NAME | 1U << LP_DOCTOR_ROUTE | 1U << LP_DOCTOR_UDP | \
		1U << LP_DOCTOR_CERTIFICATE | 1U << LP_DOCTOR_ROOM | 1U << LP_DOCTOR_GATEWAY | \
		1U << LP_DOCTOR_LAN_LINK | 1U << LP_DOCTOR_ADAPTER | 1U << LP_DOCTOR_DHCP | 1U << LP_DOCTOR_ADDRESS)
/* Checks of this computer alone, which no failure before them explains. */
#define LOCAL \
	(1U << LP_DOCTOR_RUNNING | 1U << LP_DOCTOR_CLOCK | 1U << LP_DOCTOR_HANDSHAKES | 1U << LP_DOCTOR_BUFFERS | \
		1U << LP_DOCTOR_OVERLAP | 1U << LP_DOCTOR_BROADCAST | 1U << LP_DOCTOR_MULTICAST | \
		1U << LP_DOCTOR_OFFLOADS | 1U << LP_DOCTOR_FIREWALL)

static const struct row {
	const char *wire, *title;
	unsigned programs;
} rows[] = {
#define X(name, wire, programs, title) [LP_DOCTOR_##name] = {wire, title, programs},
	LP_DOCTOR_CHECKS(X)
#undef X
};

static lp_doctor_fn *const judges[LP_DOCTOR_CHECK_COUNT] = {
	[LP_DOCTOR_RUNNING] = lp_doctor_running,
	[LP_DOCTOR_INVITE] = lp_doctor_invite,
	[LP_DOCTOR_NAME] = lp_doctor_name,
	[LP_DOCTOR_CLOCK] = lp_doctor_clock,
	[LP_DOCTOR_ROUTE] = lp_doctor_route,
	[LP_DOCTOR_UDP] = lp_doctor_udp,
	[LP_DOCTOR_NAT] = lp_doctor_nat,
	[LP_DOCTOR_CERTIFICATE] = lp_doctor_certificate,
	[LP_DOCTOR_PATH_MTU] = lp_doctor_path_mtu,
	[LP_DOCTOR_PATH_MTU_IN] = lp_doctor_path_mtu_in,
	[LP_DOCTOR_LOSS] = lp_doctor_loss,
	[LP_DOCTOR_LOAD] = lp_doctor_load,
	[LP_DOCTOR_HANDSHAKES] = lp_doctor_handshakes,
	[LP_DOCTOR_OFFLOADS] = lp_doctor_offloads,
	[LP_DOCTOR_BUFFERS] = lp_doctor_buffers,
	[LP_DOCTOR_ROOM] = lp_doctor_room,
	[LP_DOCTOR_GATEWAY] = lp_doctor_gateway,
	[LP_DOCTOR_LAN_LINK] = lp_doctor_lan_link,
	[LP_DOCTOR_ADAPTER] = lp_doctor_adapter,
	[LP_DOCTOR_DHCP] = lp_doctor_dhcp,
	[LP_DOCTOR_ADDRESS] = lp_doctor_address,
	[LP_DOCTOR_OVERLAP] = lp_doctor_overlap,
	[LP_DOCTOR_DUPLICATE] = lp_doctor_duplicate,
	[LP_DOCTOR_ANSWER] = lp_doctor_answer,
	[LP_DOCTOR_BROADCAST] = lp_doctor_broadcast,
	[LP_DOCTOR_MULTICAST] = lp_doctor_multicast,
	[LP_DOCTOR_FIREWALL] = lp_doctor_firewall,
	[LP_DOCTOR_TUNNEL_MTU] = lp_doctor_tunnel_mtu,
};

static const char *const verdicts[] = {
	[LP_DOCTOR_SKIPPED] = "skipped",
	[LP_DOCTOR_OK] = "ok",
	[LP_DOCTOR_WARNING] = "warning",
	[LP_DOCTOR_FAILURE] = "failure",
};

bool lp_doctor_applies(enum lp_doctor_check check, enum lp_doctor_program program)
{
	return rows[check].programs & program;
}

const char *lp_doctor_check_wire(enum lp_doctor_check check)
{
	return rows[check].wire;
}

const char *lp_doctor_check_title(enum lp_doctor_check check)
{
	return rows[check].title;
}

const char *lp_doctor_verdict_wire(enum lp_doctor_verdict verdict)
{
	return verdicts[verdict];
}

void lp_doctor_judge(const struct lp_doctor_facts *facts, struct lp_doctor_report *ret_report)
{
	const char *failed = NULL;
	*ret_report = (struct lp_doctor_report){.program = facts->program};
	for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++) {
		struct lp_doctor_line *line = &ret_report->lines[i];
		if (!lp_doctor_applies(i, facts->program))
			continue;
		if (failed && !(LOCAL & 1U << i)) {
			snprintf(line->cause, sizeof line->cause, "Not checked, because of the failure above (%s).",
				failed);
			continue;
		}
		judges[i](facts, line);
		if (line->verdict == LP_DOCTOR_FAILURE && (EXPLAINS & 1U << i) && !failed)
			failed = rows[i].title;
	}
}

enum lp_doctor_verdict lp_doctor_worst(const struct lp_doctor_report *report)
{
	enum lp_doctor_verdict worst = LP_DOCTOR_SKIPPED;
	for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++)
		worst = report->lines[i].verdict > worst ? report->lines[i].verdict : worst;
	return worst;
}

void lp_doctor_text(const struct lp_doctor_report *report, struct lp_text *text)
{
	unsigned n[4] = {0};
	for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++) {
		const struct lp_doctor_line *line = &report->lines[i];
		if (!lp_doctor_applies(i, report->program))
			continue;
		n[line->verdict]++;
		lp_text_addf(text, "%-8s %s. ", verdicts[line->verdict], rows[i].title);
		lp_text_escaped(text, line->cause[0] ? line->cause : "Not measured.");
		if (line->cure[0]) {
			lp_text_add(text, "\n         -> ");
			lp_text_escaped(text, line->cure);
		}
		lp_text_add(text, "\n");
	}
	lp_text_addf(text, "\n%u ok, %u warning%s, %u failure%s, %u not checked\n", n[LP_DOCTOR_OK],
		n[LP_DOCTOR_WARNING], n[LP_DOCTOR_WARNING] == 1 ? "" : "s", n[LP_DOCTOR_FAILURE],
		n[LP_DOCTOR_FAILURE] == 1 ? "" : "s", n[LP_DOCTOR_SKIPPED]);
}

void lp_doctor_json(const struct lp_doctor_report *report, struct lp_text *json)
{
	const char *comma = "";
	lp_text_addf(json, "{\"verdict\":\"%s\",\"checks\":[", verdicts[lp_doctor_worst(report)]);
	for (unsigned i = 0; i < LP_DOCTOR_CHECK_COUNT; i++) {
		const struct lp_doctor_line *line = &report->lines[i];
		if (!lp_doctor_applies(i, report->program))
			continue;
		lp_text_addf(json, "%s{\"check\":\"%s\",\"title\":\"%s\",\"verdict\":\"%s\",\"cause\":", comma,
			rows[i].wire, rows[i].title, verdicts[line->verdict]);
		lp_text_json(json, line->cause);
		lp_text_add(json, ",\"cure\":");
		lp_text_json(json, line->cure);
		lp_text_add(json, "}");
		comma = ",";
	}
	lp_text_add(json, "]}");
}

/* The length of an IPv4 address at |at|, 0 if there is none. |ret_half|: the length of its first half. */
static size_t ipv4_len(const char *at, size_t *ret_half)
{
	unsigned byte[4];
	int half = 0, len = 0;
	if (sscanf(at, "%3u.%3u%n.%3u.%3u%n", &byte[0], &byte[1], &half, &byte[2], &byte[3], &len) != 4)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (byte[i] > 255)
			return 0;
	bool is_private = byte[0] == 10 || (byte[0] == 192 && byte[1] == 168) ||
			  (byte[0] == 172 && byte[1] >> 4 == 1) || byte[0] == 127 || (byte[0] == 169 && byte[1] == 254);
	*ret_half = is_private ? (size_t)len : (size_t)half;
	return (size_t)len;
}

/* The length of hex digits and colons that are a MAC or an IPv6 address; 0: they are not. */
static size_t colon_len(const char *at, size_t *ret_half)
{
	size_t len = strspn(at, "0123456789abcdefABCDEF:"), n_colons = 0;
	for (size_t i = 0; i < len; i++)
		n_colons += at[i] == ':';
	while (len > 0 && at[len - 1] == ':')
		len--;
	if (n_colons < 3 && !(n_colons == 2 && strstr(at, "::") == at + strcspn(at, ":")))
		return 0;
	*ret_half = len < 9 ? len : 9;
	return len;
}

/* The length of the secret at |at|, or 0. */
static size_t secret_len(const char *at, const char *const *secrets, size_t n_secrets)
{
	for (size_t i = 0; i < n_secrets; i++) {
		size_t len = strlen(secrets[i]);
		if (len > 0 && strncasecmp(at, secrets[i], len) == 0)
			return len;
	}
	return 0;
}

void lp_doctor_redact(const char *input, const char *const *secrets, size_t n_secrets, struct lp_text *text)
{
	bool in_word = false;
	while (*input) {
		size_t half = 0, len = in_word ? 0 : ipv4_len(input, &half);
		if (len == 0 && !in_word)
			len = colon_len(input, &half);
		if (len > 0) {
			lp_text_addf(text, "%.*s%s", (int)half, input, half < len ? "[...]" : "");
			input += len;
			in_word = true;
			continue;
		}
		if ((len = secret_len(input, secrets, n_secrets)) > 0) {
			lp_text_add(text, "[...]");
			input += len;
			continue;
		}
		in_word = isalnum((unsigned char)*input);
		lp_text_addf(text, "%c", *input++);
	}
}
