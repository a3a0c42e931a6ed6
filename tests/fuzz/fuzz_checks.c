/*
 * The file of the last checks. What is read, written again and read again is the same; what is not
 * read has a message with a place.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_checks checks = {.sorted = true}, again = {.sorted = true};
    struct tlsagen_buf text, twice;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&twice);
    if (checks_parse(&checks, (const char *)data, size, "f", &err) == TLSAGEN_OK) {
        checks_format(&checks, NULL, &text);
        expect(checks_parse(&again, text.data, text.len, "f", &err) == TLSAGEN_OK,
               "what is written is read");
        checks_format(&again, NULL, &twice);
        expect(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0,
               "what is read is what was written");
    } else {
        expect(strncmp(err.message, "f:", 2) == 0, "a fault has a place");
    }
    checks_reset(&checks);
    checks_reset(&again);
    free(checks.entries);
    free(again.entries);
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&twice);
    return 0;
}
