/* The relay's certificate in its state folder: created once, kept complete, checked for its name and expiry. */
#include "relay/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "obs/event.h"
#include "platform/system/file.h"
#include "quic/tls/credentials.h"

#define NOW_UNIX_S 1795342500

/* A folder, and the events about the certificate in it. */
struct fixture {
	char folder[64];
	struct lp_log log;
	struct lp_certificate_config config;
	char told[1000]; /* the events, one per line */
};

/* Records an event. */
static void note(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct fixture *f = ctx;
	struct lp_text text;
	size_t len = strlen(f->told);
	lp_text_init(&text, f->told + len, sizeof f->told - len);
	lp_event_text(&text, event, values);
	lp_text_add(&text, "\n");
	assert_false(text.cut);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->folder, "/tmp/lp-test-certificate-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = note, .ctx = f};
	f->config = (struct lp_certificate_config){.state_dir = f->folder, .server_name = "lanparty-relay.local"};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[100];
	snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
	free(f);
	return system(command);
}

/* Loads the certificate as on the relay's start. */
static int load(struct fixture *f, struct lp_failure *failure)
{
	struct lp_tls *tls = NULL;
	f->told[0] = '\0';
	int result = lp_certificate_load(&f->config, NOW_UNIX_S, &f->log, failure, &tls);
	assert_true((result == 0) == (tls != NULL));
	lp_tls_free(tls);
	return result;
}

/* A certificate for another name than the configured one is logged, at the start and on reload. */
static void test_name(void **state)
{
	struct fixture *f = *state;
	struct lp_failure failure = {0};
	struct lp_tls *tls = NULL;
	char own[80], key[80];
	assert_int_equal(load(f, &failure), 0);
	assert_non_null(strstr(f->told, "relay.pem made"));

	/* No name is configured: any certificate is accepted. */
	f->config.server_name = "play.example.org";
	assert_int_equal(load(f, &failure), 0);
	assert_null(strstr(f->told, "is for"));

	f->config.server_name_given = true;
	assert_int_equal(load(f, &failure), 0);
	assert_non_null(strstr(f->told,
		"relay.pem is for 'lanparty-relay.local', but --server-name is 'play.example.org', "
		"so members that expect this name will reject the certificate. Remove relay.pem and relay.key for a "
		"new one (members then need the new file), or give the old name\n"));

	snprintf(own, sizeof own, "%s/relay.pem", f->folder);
	snprintf(key, sizeof key, "%s/relay.key", f->folder);
	f->config.cert_path = own;
	f->config.key_path = key;
	f->told[0] = '\0';
	assert_int_equal(lp_certificate_load(&f->config, NOW_UNIX_S, &f->log, &failure, &tls), 0);
	assert_non_null(strstr(f->told, "Pass a certificate for that name, or omit --server-name\n"));
	f->told[0] = '\0';
	assert_int_equal(lp_certificate_reload(&f->config, tls, &f->log, &failure), 0);
	assert_non_null(strstr(f->told, "relay.pem is for 'lanparty-relay.local'"));
	lp_tls_free(tls);

	f->config.server_name = "Lanparty-Relay.local";
	assert_int_equal(load(f, &failure), 0);
	assert_null(strstr(f->told, "is for"));
}

/* A pair of which one file is missing is left alone, because a new pair would invalidate every member's pin. */
static void test_half(void **state)
{
	static const char *const names[] = {"relay.pem", "relay.key"};
	struct fixture *f = *state;
	struct lp_failure failure = {0};
	uint8_t *before, *after;
	size_t len;
	char path[2][80], text[300];
	for (int i = 0; i < 2; i++)
		snprintf(path[i], sizeof path[i], "%s/%s", f->folder, names[i]);
	for (int lost = 0; lost < 2; lost++) {
		const char *kept = path[!lost];
		assert_int_equal(load(f, &failure), 0);
		assert_int_equal(lp_file_read(kept, 10000, NULL, &before, &len), 0);
		assert_int_equal(lp_file_remove(path[lost], NULL), 0);
		assert_int_equal(load(f, &failure), LP_ECERT);
		snprintf(text, sizeof text,
			"%s exists, %s is missing. Restore it from a backup, or remove the other to get a new "
			"certificate (members then need the new file)",
			kept, path[lost]);
		assert_string_equal(failure.text, text);
		assert_int_equal(lp_file_read(kept, 10000, NULL, &after, &len), 0);
		assert_string_equal((char *)before, (char *)after);
		free(before);
		free(after);
		assert_int_equal(lp_file_remove(kept, NULL), 0);
	}
	assert_int_equal(load(f, &failure), 0);
	assert_non_null(strstr(f->told, "made"));
}

/* A warning before the expiry, and an error after it, with the date. */
static void test_expiry(void **state)
{
	static const struct {
		int64_t before_s; /* the certificate's expiry */
		const char *told;
	} rows[] = {
		{14 * 86400, ""},
		{14 * 86400 - 1, "expires on 2036-11-21T10:15:00Z, in 13 days. Replace"},
		{86400, "expires on 2036-11-21T10:15:00Z, in 1 days. Replace"},
		{86399, "expires on 2036-11-21T10:15:00Z. Replace"},
		{-1, "expired on 2036-11-21T10:15:00Z, so members reject it. Replace the file"},
		{-86401, "expired on"},
		{3652 * 86400 + 3 * 86400, "is not valid before 2026-11-2"},
	};
	struct fixture *f = *state;
	struct lp_tls *tls = NULL;
	assert_int_equal(lp_certificate_load(&f->config, NOW_UNIX_S, &f->log, NULL, &tls), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		f->told[0] = '\0';
		lp_certificate_check_expiry(tls, lp_tls_expiry_unix_s(tls) - rows[i].before_s, &f->log);
		if (!strstr(f->told, rows[i].told) || (!rows[i].told[0] && f->told[0]))
			fail_msg("row %zu: %s", i, f->told);
	}
	lp_tls_free(tls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_half, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expiry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_name, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
