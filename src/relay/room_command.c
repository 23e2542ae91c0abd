#include "relay/room_command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/wipe.h"
#include "cli/options.h"
#include "cli/start.h"
#include "directory/directory.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/route.h"
#include "platform/system/random.h"
#include "quic/tls/credentials.h"
#include "relay/certificate.h"
#include "relay/options.h"
#include "relay/room_create.h"

#define DEFAULT_PORT 443

/* What a command works with. */
struct room_command {
	struct lp_relay_options *options;
	struct lp_directory *directory;
	int64_t now_unix_s;
	const char *code; /* the command's argument; NULL: none was given */
	bool own_address; /* the host's own address may be in the invite */
	struct lp_failure failure;
};

/* True for an IPv4 address that hosts in other networks do not reach (RFC 1918, RFC 6598, RFC 3927, RFC 1122). */
static bool is_private(const uint8_t ip[4])
{
	return ip[0] == 0 || ip[0] == 10 || ip[0] == 127 || (ip[0] == 100 && (ip[1] & 0xc0) == 64) ||
	       (ip[0] == 169 && ip[1] == 254) || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
	       (ip[0] == 192 && ip[1] == 168);
}

/* The address of this host that the internet sees, if it has one itself: the source address of its default route. */
static bool find_own_address(const struct room_command *command, char relays[LP_INVITE_RELAYS_MAX + 1])
{
	/* Nothing is sent to it. It is reserved for documentation (RFC 5737), so there is no route of its own. */
	const struct lp_route_query query = {.remote = {.family = 4, .ip = {192, 0, 2, 1}}};
	uint16_t port = command->options->relay.listen.port;
	struct lp_failure failure;
	struct lp_route route;
	char text[LP_ADDR_TEXT_MAX];
	if (lp_route_best(&query, &failure, &route) < 0 || route.source.family != 4 || is_private(route.source.ip))
		return false;
	route.source.port = port == DEFAULT_PORT ? 0 : port;
	snprintf(relays, LP_INVITE_RELAYS_MAX + 1, "%s", lp_addr_format(&route.source, text));
	return true;
}

/* Where members reach the relay: --public, the name of the certificate, or for welcome the host's own address. */
static int find_relays(struct room_command *command, char relays[LP_INVITE_RELAYS_MAX + 1])
{
	const struct lp_relay_options *options = command->options;
	uint16_t port = options->relay.listen.port;
	if (options->public_relays[0]) {
		snprintf(relays, LP_INVITE_RELAYS_MAX + 1, "%s", options->public_relays);
		return 0;
	}
	if (!options->server_name_given && command->own_address && find_own_address(command, relays))
		return 0;
	if (!options->server_name_given)
		return lp_fail(&command->failure, LP_EINVAL,
			"the relay's public address is not known. Pass --public HOST[:PORT] with the name or address "
			"at which members reach the relay");
	int len = snprintf(
		relays, LP_INVITE_RELAYS_MAX + 1, port == DEFAULT_PORT ? "%s" : "%s:%u", options->server_name, port);
	return len <= LP_INVITE_RELAYS_MAX ? 0
					   : lp_fail(&command->failure, LP_ETOOBIG,
						     "--server-name is too long for an invite. Pass --public");
}

/* Pins the key of the relay's own certificate. One of a CA may get another key when it is renewed. */
static int pin_relay(struct room_command *command, struct lp_invite *invite)
{
	const struct lp_relay_options *options = command->options;
	struct lp_certificate_config config = {
		.state_dir = options->state_dir,
		.server_name = options->server_name,
		.server_name_given = options->server_name_given,
	};
	static const struct lp_log silent = {0};
	struct lp_tls *tls;
	uint8_t key[LP_TLS_KEY_ID];
	if (options->cert_path[0])
		return 0;
	int result = lp_certificate_load(&config, command->now_unix_s, &silent, &command->failure, &tls);
	if (result < 0)
		return result;
	result = lp_tls_server_key_id(tls, key);
	lp_tls_free(tls);
	if (result < 0)
		return lp_fail(&command->failure, result, "the relay's certificate has no key");
	memcpy(invite->pin, key, sizeof invite->pin);
	invite->has_pin = true;
	return 0;
}

/* Prints the host's invite, with what to do with it if |explain|. Its key is the room's: it needs no id, and it does
   not expire. */
static int print_invite(struct room_command *command, const struct lp_directory_room *room, bool explain)
{
	struct lp_invite invite = {.host = true};
	char text[LP_INVITE_TEXT_MAX + 1];
	memcpy(invite.room, room->code, sizeof invite.room);
	memcpy(invite.admission_key, room->host_key, sizeof invite.admission_key);
	int result = find_relays(command, invite.relays);
	if (result == 0)
		result = pin_relay(command, &invite);
	if (result == 0)
		result = lp_invite_format(&invite, &command->failure, text);
	if (result == 0 && explain)
		printf("The host's invite, a secret. Who has it owns the room:\n\n%s\n\n"
		       "The host starts the gateway with it: sudo lanparty-gateway 'INVITE' --interface IF\n",
			text);
	else if (result == 0)
		printf("%s\n", text);
	lp_wipe(&invite, sizeof invite);
	lp_wipe(text, sizeof text);
	return result;
}

/* Chooses the code of a new room. */
static void choose_code(const struct room_command *command, char code[LP_ROOM_CODE_MAX + 1])
{
	uint8_t random[LP_INVITE_CODE_RANDOM];
	if (command->code) {
		snprintf(code, LP_ROOM_CODE_MAX + 1, "%s", command->code);
	} else {
		lp_random_fill(random, sizeof random);
		lp_invite_room_code(random, code);
	}
	lp_room_code_fold(code);
}

/* Lists a room without keys. */
static int add_plain(struct room_command *command)
{
	struct lp_directory_room room = {.created_unix_s = command->now_unix_s, .plain = true};
	choose_code(command, room.code);
	int result = lp_room_create(command->directory, &room, &command->failure);
	if (result == LP_EEXISTS)
		lp_fail(&command->failure, result, "room %s exists. '%s room list' lists all", room.code,
			lp_relay_program.name);
	if (result == 0)
		printf("Room %s was created, without keys: everyone who knows its code can join.\n", room.code);
	return result;
}

static int add(struct room_command *command)
{
	struct lp_directory_room room = {.created_unix_s = command->now_unix_s};
	char relays[LP_INVITE_RELAYS_MAX + 1];
	if (command->options->plain)
		return add_plain(command);
	int result = find_relays(command, relays); /* before anything is created */
	if (result < 0)
		return result;
	choose_code(command, room.code);
	result = lp_room_create(command->directory, &room, &command->failure);
	if (result == LP_EEXISTS)
		lp_fail(&command->failure, result, "room %s exists. '%s room show %s' prints its host's invite",
			room.code, lp_relay_program.name, room.code);
	if (result == 0) {
		printf("Room %s was created.\n", room.code);
		result = print_invite(command, &room, true);
		if (result < 0)
			lp_directory_remove_room(command->directory, room.code, NULL);
	}
	lp_wipe(&room, sizeof room);
	return result;
}

static void print_time(int64_t unix_s)
{
	char data[32];
	struct lp_text text;
	lp_text_init(&text, data, sizeof data);
	lp_text_time(&text, unix_s);
	fputs(data, stdout);
}

static void print_room(void *ctx, const struct lp_directory_room *room)
{
	(void)ctx;
	printf("%-32s  ", room->code);
	print_time(room->created_unix_s);
	printf("%s\n", room->plain ? "  plain" : room->locked ? "  locked" : room->made ? "  by its gateway" : "");
}

static int list(struct room_command *command)
{
	return lp_directory_each_room(command->directory, print_room, NULL, &command->failure);
}

static void print_ban(void *ctx, const struct lp_directory_ban *ban)
{
	char name[4 * LP_NAME_MAX + 1];
	struct lp_text text;
	(void)ctx;
	lp_text_init(&text, name, sizeof name);
	lp_text_escaped(&text, ban->name);
	printf("  banned: %s, since ", name);
	print_time(ban->since_unix_s);
	printf("\n");
}

static int fail_absent(struct room_command *command, int result)
{
	if (result == LP_ENOTFOUND)
		lp_fail(&command->failure, result, "there is no room %s. '%s room list' lists all", command->code,
			lp_relay_program.name);
	return result;
}

static int show(struct room_command *command)
{
	struct lp_directory_room room;
	int result = lp_directory_room(command->directory, command->code, &command->failure, &room);
	if (result < 0)
		return fail_absent(command, result);
	print_room(NULL, &room);
	if (room.plain)
		return 0;
	result = lp_directory_each_ban(command->directory, room.code, print_ban, NULL, &command->failure);
	if (result == 0)
		result = print_invite(command, &room, true);
	lp_wipe(&room, sizeof room);
	return result;
}

static int print_only_invite(struct room_command *command)
{
	struct lp_directory_room room;
	int result = lp_directory_room(command->directory, command->code, &command->failure, &room);
	if (result < 0)
		return fail_absent(command, result);
	result = room.plain ? lp_fail(&command->failure, LP_EINVAL, "room %s has no keys, and so no invites", room.code)
			    : print_invite(command, &room, false);
	lp_wipe(&room, sizeof room);
	return result;
}

static int remove_room(struct room_command *command)
{
	int result = lp_directory_remove_room(command->directory, command->code, &command->failure);
	if (result < 0)
		return fail_absent(command, result);
	printf("Room %s was removed. Its invites are worthless; members that are in it stay until they leave.\n",
		command->code);
	return 0;
}

/* Keeps the room with keys that the operator created first. */
static void keep_first(void *ctx, const struct lp_directory_room *room)
{
	struct lp_directory_room *first = ctx;
	if (!room->plain && !room->made && (!first->code[0] || room->created_unix_s < first->created_unix_s))
		*first = *room;
}

/* What to do after the installation: the invite of the first room, which is created if there is none. */
static int welcome(struct room_command *command)
{
	struct lp_directory_room first = {0};
	command->own_address = true;
	int result = lp_directory_each_room(command->directory, keep_first, &first, &command->failure);
	if (result == 0 && !first.code[0])
		return add(command);
	if (result == 0) {
		printf("Room %s\n", first.code);
		result = print_invite(command, &first, true);
	}
	lp_wipe(&first, sizeof first);
	return result;
}

static const struct {
	const char *names;
	int (*run)(struct room_command *command);
} commands[] = {
	{"welcome", welcome},
	{"room add", add},
	{"room list", list},
	{"room show", show},
	{"room invite", print_only_invite},
	{"room remove", remove_room},
};

/* Opens the directory and runs the command. */
static int run(struct room_command *command, const struct lp_options *options)
{
	struct lp_loop *loop;
	uint8_t secret[32];
	int result;
	if (command->code && !lp_room_code_valid(command->code))
		return lp_fail(&command->failure, LP_EINVAL,
			"'%s' is not a room code. Use 3 to 32 letters, digits and '-'", command->code);
	if ((result = lp_relay_options_apply(command->options, &command->failure)) < 0)
		return result;
	if ((result = lp_loop_new(&loop)) < 0)
		return lp_fail(&command->failure, result, "%s", lp_error_text(result));
	command->now_unix_s = lp_loop_unix_s(loop);
	lp_loop_free(loop);
	/* Makes the folder, if the relay has not been started yet. */
	if (lp_options_is_command(options, "room add") || lp_options_is_command(options, "welcome"))
		result = lp_certificate_secret(command->options->state_dir, &command->failure, secret);
	if (result == 0)
		result = lp_directory_open(command->options->state_dir, &command->failure, &command->directory);
	for (size_t i = 0; result == 0 && i < sizeof commands / sizeof commands[0]; i++)
		if (lp_options_is_command(options, commands[i].names))
			return commands[i].run(command);
	return result;
}

int lp_room_command(const struct lp_options *options, struct lp_relay_options *relay)
{
	struct room_command command = {.options = relay};
	char code[LP_ROOM_CODE_MAX + 2]; /* one that is too long stays too long */
	if (options->n_words > 0) {
		snprintf(code, sizeof code, "%s", options->words[0]);
		lp_room_code_fold(code);
		command.code = code;
	}
	int result = run(&command, options);
	lp_directory_close(command.directory);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = lp_fail(&command.failure, LP_EIO, "standard output cannot be written to");
	if (result == 0)
		return LP_EXIT_OK;
	fprintf(stderr, "%s: %s\n", lp_relay_program.name, command.failure.text);
	return result == LP_EINVAL ? LP_EXIT_USAGE : LP_EXIT_FAILURE;
}
