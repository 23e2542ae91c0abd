/* What announces itself on a LAN: packets as games send them, and what is read from them. */
#include "doctor/games.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "proto/be.h"

#define SECOND_NS UINT64_C(1000000000)

/* A UDP packet over IPv4 from 10.0.0.|from|; returns its length. */
static size_t make(
	uint8_t frame[1500], uint8_t from, uint16_t source, uint16_t destination, const void *data, size_t len)
{
	memset(frame, 0, 42);
	frame[11] = from; /* the MAC */
	lp_be16_put(frame + 12, 0x0800);
	frame[14] = 0x45;
	frame[23] = 17;
	frame[26] = 10;
	frame[29] = from;
	lp_be16_put(frame + 34, source);
	lp_be16_put(frame + 36, destination);
	lp_be16_put(frame + 38, (uint16_t)(8 + len));
	memcpy(frame + 42, data, len);
	return 42 + len;
}

#define DATA(text) text, sizeof(text) - 1

static void test_packets(void **state)
{
	static const struct {
		uint16_t source, destination;
		const char *data;
		size_t len;
		const char *name; /* NULL: nothing is seen */
		enum lp_game_kind kind;
		uint16_t port;
		const char *detail;
	} rows[] = {
		{50000, 4445, DATA("[MOTD]Anna's world[/MOTD][AD]51234[/AD]"), "Minecraft (Java Edition)",
			LP_GAME_SERVER, 4445, "Anna's world"},
		{50000, 4445, DATA("something else"), NULL, 0, 0, ""},
		{50000, 27015, DATA("\xff\xff\xff\xffTSource Engine Query\0"), "Source or GoldSrc engine",
			LP_GAME_SEARCH, 27015, ""},
		{27015, 50000,
			DATA("\xff\xff\xff\xffI\x11"
			     "Party server\0cs_office\0"),
			"Source engine", LP_GAME_SERVER, 27015, "Party server"},
		{50000, 3979, DATA("\x03\x00\x00"), "OpenTTD", LP_GAME_SEARCH, 3979, ""},
		{3979, 50000, DATA("\x40\x00\x01"), "OpenTTD", LP_GAME_SERVER, 3979, ""},
		{50000, 27960, DATA("\xff\xff\xff\xffgetinfo xxx"), "Quake III engine", LP_GAME_SEARCH, 27960, ""},
		{50000, 26000, DATA("\x80\x00\x00\x0c\x02QUAKE\0\x03"), "Quake", LP_GAME_SEARCH, 26000, ""},
		{6112, 6112, DATA("\xf7\x30\x10\x00"), "Warcraft III", LP_GAME_SERVER, 6112, ""},
		{50000, 8777, DATA("REPORTQUERY"), "Unreal Engine 1 or 2", LP_GAME_SEARCH, 8777, ""},
		{50000, 6073, DATA("\x00\x02"), "DirectPlay 8", LP_GAME_ANY, 6073, ""},
		{50000, 6073, DATA("\x3f\x02"), NULL, 0, 0, ""},
		{50000, 34197, DATA("x"), NULL, 0, 0, ""},
		{2300, 47624, DATA("01234567890123456789play"), "DirectPlay", LP_GAME_SEARCH, 47624, ""},
		{50000, 1900, DATA("NOTIFY * HTTP/1.1\r\nSERVER: Linux, UPnP/1.0\r\n"), "SSDP (UPnP)", LP_GAME_SERVICE,
			1900, "Linux, UPnP/1.0"},
		{5353, 5353, DATA("\0\0\0\0\0\1\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0"), "mDNS", LP_GAME_SERVICE,
			5353, "_http._tcp.local"},
		{5353, 5353, DATA("\0\0\0\0\0\1\0\0\0\0\0\0\x3f_http"), "mDNS", LP_GAME_SERVICE, 5353, ""},
		{50000, 50001, DATA("nothing"), NULL, 0, 0, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_games *games = calloc(1, sizeof *games);
		uint8_t frame[1500];
		size_t len = make(frame, 7, rows[i].source, rows[i].destination, rows[i].data, rows[i].len);
		lp_games_add(games, frame, len, SECOND_NS);
		assert_int_equal(games->n, rows[i].name != NULL);
		if (rows[i].name) {
			const struct lp_game_sighting *seen = &games->sightings[0];
			assert_string_equal(seen->name, rows[i].name);
			assert_int_equal(seen->kind, rows[i].kind);
			assert_int_equal(seen->port, rows[i].port);
			assert_string_equal(seen->detail, rows[i].detail);
			assert_int_equal(seen->from.ip[3], 7);
		}
		for (size_t cut = 0; cut < len; cut++) /* never beyond the end */
			lp_games_add(games, frame, cut, SECOND_NS);
		free(games);
	}
}

static void test_ipx(void **state)
{
	struct lp_games *games = calloc(1, sizeof *games);
	uint8_t frame[60] = {0};
	(void)state;
	lp_be16_put(frame + 12, 0x8137);
	lp_be16_put(frame + 14 + 16, 0x0452);
	lp_games_add(games, frame, sizeof frame, 0);
	assert_string_equal(games->sightings[0].name, "IPX SAP");
	lp_be16_put(frame + 12, 40);
	lp_be16_put(frame + 14, 0xffff);
	lp_be16_put(frame + 14 + 16, 0x4000);
	lp_games_add(games, frame, sizeof frame, 0);
	assert_string_equal(games->sightings[1].name, "IPX");
	free(games);
}

static void test_list(void **state)
{
	struct lp_games *games = calloc(1, sizeof *games);
	uint8_t frame[1500];
	char data[32768];
	struct lp_text text;
	(void)state;
	for (unsigned i = 0; i < LP_GAMES_MAX + 5; i++) {
		size_t len = make(frame, (uint8_t)i, 50000, 1900, DATA("M-SEARCH\r\nST: x\x1b\r\n"));
		lp_games_add(games, frame, len, i * SECOND_NS);
	}
	size_t len = make(frame, 0, 50000, 1900, DATA("again"));
	lp_games_add(games, frame, len, 200 * SECOND_NS);
	assert_int_equal(games->n, LP_GAMES_MAX);
	assert_int_equal(games->n_left_out, 5);
	assert_int_equal(games->sightings[0].n, 2);
	games->n = 2;
	len = make(frame, 9, 50000, 4445, DATA("[MOTD]\"x\"[/MOTD]"));
	lp_games_add(games, frame, len, 200 * SECOND_NS);
	lp_text_init(&text, data, sizeof data);
	lp_games_text(games, 203 * SECOND_NS, &text);
	assert_memory_equal(data, "Minecraft", 9); /* games come before services */
	assert_non_null(strstr(data, "port 4445, 3 s ago: \"x\"\n"));
	assert_null(strchr(data, '\x1b'));
	lp_text_init(&text, data, sizeof data);
	lp_games_json(games, 203 * SECOND_NS, &text);
	assert_non_null(strstr(data, "\"address\":\"10.0.0.9\""));
	assert_non_null(strstr(data, "\"detail\":\"\\\"x\\\"\""));
	free(games);
}

/* Each row names its source, and no row hides behind an earlier one. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < lp_games_n(); i++) {
		const struct lp_game_row *row = lp_games_row(i);
		assert_true(strlen(row->source) > 4);
		assert_true(row->first_port <= row->last_port);
		for (size_t j = 0; j < i; j++)
			assert_false(lp_games_row(j)->prefix_len == 0 &&
				     lp_games_row(j)->first_port <= row->first_port &&
				     lp_games_row(j)->last_port >= row->last_port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_ipx),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
