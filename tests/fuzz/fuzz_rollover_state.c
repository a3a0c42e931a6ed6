/*
 * State files of the rollover. What is read, written again and read again is the same; what is not
 * read leaves an empty state and a message with a place.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollover/state.h"

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
    const struct state_home home = {.dir_fd = -1, .host = "00112233445566778899aabbccddeeff"};
    struct state state, again;
    struct tlsagen_buf text, twice;
    struct tlsagen_err err;
    state_init(&state);
    state_init(&again);
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&twice);
    if (state_parse(&home, "mx1", (const char *)data, size, "f", &state, &err) == TLSAGEN_OK) {
        state_format(&home, "mx1", &state, &text);
        expect(state_parse(&home, "mx1", text.data, text.len, "f", &again, &err) == TLSAGEN_OK,
               "what is written is read");
        state_format(&home, "mx1", &again, &twice);
        expect(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0,
               "what is read is what was written");
    } else {
        expect(strncmp(err.message, "f:", 2) == 0, "a fault has a place");
        expect(state.table.count == 0 && state.step_count == 0, "nothing is left of it");
    }
    state_clear(&state);
    state_clear(&again);
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&twice);
    return 0;
}
