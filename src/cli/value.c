#include "cli/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/options.h"
#include "obs/framelog.h"

/* A unit after a number. */
struct unit {
	const char *text;
	uint64_t factor;
};

/* Parses digits. Returns the rest of the string, or NULL if there are none or too many. */
static const char *parse_digits(const char *at, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *start = at;
	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (at == start)
		return NULL;
	*ret_value = value;
	return at;
}

/* Parses a number followed by one of |units|, the last of which is empty. */
static bool parse_with_unit(const char *text, const struct unit *units, uint64_t *ret_value)
{
	uint64_t value;
	const char *rest = parse_digits(text, &value);
	if (!rest)
		return false;
	for (;; units++) {
		if (strcmp(rest, units->text) == 0)
			break;
		if (!*units->text)
			return false;
	}
	if (units->factor != 0 && value > UINT64_MAX / units->factor)
		return false;
	*ret_value = value * units->factor;
	return true;
}

/* Stores an unsigned integer in a field of 1, 2, 4 or 8 bytes. */
static void store(void *dest, size_t size, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	const void *from = size == 1 ? (const void *)&u8 : size == 2 ? &u16 : size == 4 ? (const void *)&u32 : &value;
	assert(size == 1 || size == 2 || size == 4 || size == 8);
	memcpy(dest, from, size);
}

int lp_option_switch(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	static const char *const on[] = {"on", "yes", "true", "1"};
	static const char *const off[] = {"off", "no", "false", "0"};
	(void)option;
	for (size_t i = 0; i < 4; i++) {
		if (strcmp(value, on[i]) == 0 || strcmp(value, off[i]) == 0) {
			*(bool *)dest = strcmp(value, on[i]) == 0;
			return 0;
		}
	}
	return lp_fail(failure, LP_EINVAL, "'%s' is neither on nor off", value);
}

int lp_option_text(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	size_t len = strlen(value);
	if (len == 0)
		return lp_fail(failure, LP_EINVAL, "the value is empty. Pass %s", option->argument);
	if (len >= option->size)
		return lp_fail(
			failure, LP_EINVAL, "the value has %zu bytes, the maximum is %zu", len, option->size - 1);
	memcpy(dest, value, len + 1);
	return 0;
}

/* True if |name| has the form of a host name: labels of letters, digits, '-' and '_', separated by dots. */
static bool is_host_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		if (c == '.' && (i == 0 || i + 1 == len || name[i - 1] == '.'))
			return false;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			    c == '.' || c == '_'))
			return false;
	}
	return len > 0 && len <= 253 && name[0] != '-';
}

int lp_option_host(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_addr addr;
	bool is_address = value[0] != '[' && lp_addr_parse(value, 0, &addr) == 0 && addr.family == 6;
	if (!is_address && !is_host_name(value, strlen(value)))
		return lp_fail(failure, LP_EINVAL,
			"'%s' is not a host name. Use a name or an address without a port, such as relay.example.net",
			value);
	return lp_option_text(option, value, dest, failure);
}

int lp_option_number(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	uint64_t number;
	const char *rest = parse_digits(value, &number);
	if (!rest || *rest || number < option->min || number > option->max)
		return lp_fail(failure, LP_EINVAL, "'%s' is not a number from %" PRIu64 " to %" PRIu64, value,
			option->min, option->max);
	store(dest, option->size, number);
	return 0;
}

int lp_option_duration(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	static const struct unit units[] = {
		{"us", LP_US},
		{"ms", LP_MS},
		{"s", LP_SEC},
		{"m", 60 * LP_SEC},
		{"min", 60 * LP_SEC},
		{"h", 3600 * LP_SEC},
		{"d", 86400 * LP_SEC},
		{"", LP_SEC},
	};
	uint64_t ns;
	if (!parse_with_unit(value, units, &ns))
		return lp_fail(failure, LP_EINVAL,
			"'%s' is not a time. Use a number and a unit, such as 250ms, 15s, 2m, 1h", value);
	if (ns < option->min || ns > option->max) {
		char least[32], most[32];
		struct lp_text text;
		lp_text_init(&text, least, sizeof least);
		lp_text_duration(&text, option->min);
		lp_text_init(&text, most, sizeof most);
		lp_text_duration(&text, option->max);
		return lp_fail(failure, LP_EINVAL, "'%s' is not between %s and %s", value, least, most);
	}
	assert(option->size == sizeof ns);
	memcpy(dest, &ns, sizeof ns);
	return 0;
}

int lp_option_size(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	static const struct unit units[] = {
		{"k", 1 << 10},
		{"K", 1 << 10},
		{"KiB", 1 << 10},
		{"M", 1 << 20},
		{"MiB", 1 << 20},
		{"G", 1 << 30},
		{"GiB", 1 << 30},
		{"", 1},
	};
	uint64_t bytes;
	if (!parse_with_unit(value, units, &bytes))
		return lp_fail(
			failure, LP_EINVAL, "'%s' is not a size. Use bytes, or a unit such as 64k, 16M, 1G", value);
	if (bytes < option->min || bytes > option->max)
		return lp_fail(failure, LP_EINVAL, "'%s' is not between %" PRIu64 " and %" PRIu64 " bytes", value,
			option->min, option->max);
	store(dest, option->size, bytes);
	return 0;
}

int lp_option_mac(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	(void)option;
	if (lp_mac_parse(value, dest) < 0)
		return lp_fail(failure, LP_EINVAL,
			"'%s' is not a MAC address. Use six pairs of hex digits, such as 02:5a:00:00:00:01", value);
	return 0;
}

/* True if the text of an address contains a port: the result doesn't depend on the default. */
static bool has_port(const char *text)
{
	struct lp_addr one = {0}, two = {0};
	return lp_addr_parse(text, 1, &one) == 0 && lp_addr_parse(text, 2, &two) == 0 && one.port == two.port;
}

int lp_option_listen(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_addr addr = {0};
	uint64_t port;
	/* Such an address is printed as "*:443". */
	bool any = value[0] == '*' && value[1] == ':';
	const char *rest = parse_digits(any ? value + 2 : value, &port), *protocol = strrchr(option->argument, '/');
	if (rest && (!*rest || (!any && strcmp(rest, protocol ? protocol : "/udp") == 0))) {
		if (port == 0 || port > UINT16_MAX)
			return lp_fail(failure, LP_EINVAL, "'%s': a port is a number from 1 to 65535", value);
		addr.port = (uint16_t)port;
	} else if (lp_addr_parse(value, (uint16_t)option->min, &addr) < 0) {
		return lp_fail(failure, LP_EINVAL,
			"'%s' is not a listen address. Use %s or [IPV6]:PORT, with a numeric address", value,
			option->argument);
	} else if (option->min == 0 && !has_port(value)) {
		return lp_fail(failure, LP_EINVAL, "'%s' has no port. Use ADDR:PORT or [IPV6]:PORT", value);
	}
	memcpy(dest, &addr, sizeof addr);
	return 0;
}

int lp_option_hostport(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_hostport to = {.port = (uint16_t)option->min};
	struct lp_addr addr;
	const char *last = strrchr(value, ':');
	bool is_address = lp_addr_parse(value, to.port, &addr) == 0;
	if (is_address && last && value[0] != '[' && addr.family == 6 && strcmp(last, ":443") == 0)
		return lp_fail(failure, LP_EINVAL,
			"'%s' may be an address, or an address and a port. Write [%.*s]:443 or [%s]", value,
			(int)(last - value), value, value);
	if (is_address) {
		to.port = addr.port;
		addr.port = 0;
		char text[LP_ADDR_TEXT_MAX];
		snprintf(to.host, sizeof to.host, "%s", lp_addr_format(&addr, text));
	} else {
		const char *colon = strchr(value, ':');
		size_t len = colon ? (size_t)(colon - value) : strlen(value);
		uint64_t port = to.port;
		const char *rest = colon ? parse_digits(colon + 1, &port) : "";
		/* With a dot at the end, the resolver adds no search domain. */
		size_t name_len = len > 1 && value[len - 1] == '.' ? len - 1 : len;
		if (!is_host_name(value, name_len) || !rest || *rest || port > UINT16_MAX)
			return lp_fail(failure, LP_EINVAL,
				"'%s' is not HOST:PORT. Use a name or an address and a port, such as "
				"relay.example.net:443 or [2001:db8::1]:443",
				value);
		memcpy(to.host, value, len);
		to.port = (uint16_t)port;
	}
	if (to.port == 0)
		return lp_fail(
			failure, LP_EINVAL, "'%s' has no port. Use HOST:PORT, such as relay.example.net:443", value);
	memcpy(dest, &to, sizeof to);
	return 0;
}

int lp_option_framelog(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	(void)option;
	return lp_framelog_parse(value, failure, dest);
}

int lp_option_choice(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	const struct lp_choice *choice;
	char words[200];
	struct lp_text text;
	lp_text_init(&text, words, sizeof words);
	for (choice = option->choices; choice->word; choice++) {
		if (strcmp(choice->word, value) == 0) {
			store(dest, option->size, (uint64_t)choice->value);
			return 0;
		}
		lp_text_addf(&text, "%s%s",
			choice == option->choices ? ""
			: choice[1].word          ? ", "
						  : " or ",
			choice->word);
	}
	return lp_fail(failure, LP_EINVAL, "'%s' is not a valid value. Use %s", value, words);
}
