/* A configuration file, and the same lines as command-line arguments. Both are accepted or refused with one clean line,
   and with the same result each time. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "cli_sample.h"

#define WORDS_MAX 64

/* A refusal has a text without control characters; accepted text is terminated. */
static void check(int result, const struct lp_failure *failure, const struct sample *sample)
{
	assert(result <= 0 && (result < 0) == (failure->code != 0));
	for (const char *at = failure->text; *at; at++)
		assert((unsigned char)*at >= 0x20);
	assert(strnlen(sample->room, sizeof sample->room) < sizeof sample->room);
	assert(strnlen(sample->relay.host, sizeof sample->relay.host) < sizeof sample->relay.host);
}

/* Reads the lines as command-line arguments. */
static void parse_words(const uint8_t *data, size_t len)
{
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure = {0};
	char *words[WORDS_MAX + 1] = {(char[]){"x"}};
	int n = 1;
	char *copy = malloc(len + 1);
	assert(copy);
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	for (char *word = copy; word && n < WORDS_MAX; n++) {
		words[n] = word;
		word = strchr(word, '\n');
		if (word)
			*word++ = '\0';
	}
	sample_init(&sample, &options);
	const char *peeked = lp_options_peek(&options, n, words, "room");
	int result = lp_options_parse(&options, n, words, &failure);
	check(result, &failure, &sample);
	if (result == 0 && lp_options_given(&options, "room"))
		assert(peeked && strcmp(peeked, sample.room) == 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sample first, second;
	struct lp_options options;
	struct lp_failure failure = {0}, again = {0};
	sample_init(&first, &options);
	int result = lp_options_parse_config(&options, "x", (const char *)data, len, &failure);
	check(result, &failure, &first);
	sample_init(&second, &options);
	assert(lp_options_parse_config(&options, "x", (const char *)data, len, &again) == result);
	assert(memcmp(&first, &second, sizeof first) == 0);
	assert(strcmp(failure.text, again.text) == 0);
	parse_words(data, len);
	return 0;
}
