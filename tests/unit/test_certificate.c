/* The relay's certificate in its state folder: made once, checked for its name. */
#include "relay/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failure.h"
#include "obs/event.h"
#include "quic/tls.h"

#define NOW_UNIX_S 1795342500

/* A folder, and what was told of the certificate in it. */
struct fixture {
	char folder[64];
	struct lp_log log;
	struct lp_certificate_config config;
	char told[1000]; /* the events, a line each */
};

/* Notes an event. */
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

/* Loads the certificate as at a start of the relay. */
static int load(struct fixture *f, struct lp_failure *failure)
{
	struct lp_tls *tls = NULL;
	f->told[0] = '\0';
	int result = lp_certificate_load(&f->config, NOW_UNIX_S, &f->log, failure, &tls);
	assert_true((result == 0) == (tls != NULL));
	lp_tls_free(tls);
	return result;
}

/* A certificate for another name than the operator's is told of, at the start and when it is read again. */
static void test_name(void **state)
{
	struct fixture *f = *state;
	struct lp_failure failure = {0};
	struct lp_tls *tls = NULL;
	char own[80], key[80];
	assert_int_equal(load(f, &failure), 0);
	assert_non_null(strstr(f->told, "relay.pem made"));

	/* Nobody asked for a name: whatever there is will do. */
	f->config.server_name = "play.example.org";
	assert_int_equal(load(f, &failure), 0);
	assert_null(strstr(f->told, "is for"));

	f->config.server_name_given = true;
	assert_int_equal(load(f, &failure), 0);
	assert_non_null(strstr(f->told, "relay.pem is for 'lanparty-relay.local', --server-name is 'play.example.org': "
	                                "members told that name will refuse it: remove relay.pem and relay.key for a "
	                                "new one (members then need the new file), or give the old name\n"));

	snprintf(own, sizeof own, "%s/relay.pem", f->folder);
	snprintf(key, sizeof key, "%s/relay.key", f->folder);
	f->config.cert_path = own;
	f->config.key_path = key;
	f->told[0] = '\0';
	assert_int_equal(lp_certificate_load(&f->config, NOW_UNIX_S, &f->log, &failure, &tls), 0);
	assert_non_null(strstr(f->told, "pass a certificate for that name, or leave --server-name out\n"));
	f->told[0] = '\0';
	assert_int_equal(lp_certificate_reload(&f->config, tls, &f->log, &failure), 0);
	assert_non_null(strstr(f->told, "relay.pem is for 'lanparty-relay.local'"));
	lp_tls_free(tls);

	f->config.server_name = "Lanparty-Relay.local";
	assert_int_equal(load(f, &failure), 0);
	assert_null(strstr(f->told, "is for"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_name, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
