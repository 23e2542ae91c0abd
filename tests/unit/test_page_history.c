/* The page's figures of the last ten minutes. */
#include "page/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "page/assets.h"

static void test_history(void **state)
{
	static struct lp_page_history history;
	char data[256], *large = malloc(200000);
	struct lp_text text;
	(void)state;
	lp_text_init(&text, data, sizeof data);
	lp_page_history_json(&history, &text);
	assert_string_equal(data, "[[],[],[],[],[],[]]");
	lp_page_history_add(&history, (const uint64_t[]){1, 2, 3, 4, 5, 6});
	lp_page_history_add(&history, (const uint64_t[]){7, 8, 9, 10, 11, 12});
	lp_text_init(&text, data, sizeof data);
	lp_page_history_json(&history, &text);
	assert_string_equal(data, "[[1,7],[2,8],[3,9],[4,10],[5,11],[6,12]]");
	for (uint64_t i = 0; i < LP_PAGE_HISTORY_S; i++)
		lp_page_history_add(&history, (const uint64_t[]){i, 0, 0, 0, 0, 0});
	lp_text_init(&text, large, 200000);
	lp_page_history_json(&history, &text);
	assert_false(text.cut);
	assert_memory_equal(large, "[[0,1,2,", 8);
	assert_non_null(strstr(large, ",599],[0,0,"));
	free(large);
}

/* What the page cannot do without is embedded. */
static void test_assets(void **state)
{
	static const char *const names[] = {"index.html", "page.css", "page.js", "model.js"};
	size_t total = 0;
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct lp_page_asset *asset = lp_page_assets;
		while (asset->name && strcmp(asset->name, names[i]) != 0)
			asset++;
		assert_non_null(asset->name);
		assert_true(asset->len > 100);
	}
	for (const struct lp_page_asset *asset = lp_page_assets; asset->name; asset++)
		total += asset->len;
	assert_true(total < 150000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_assets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
