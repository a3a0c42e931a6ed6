/*
 * What a control program prints. Input: a byte for kind and exit status, the output.
 *
 * The words are one short line without control bytes, and a status is read from whole lines only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/reply.h"

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
    if (size == 0)
        return 0;
    struct tlsagen_server_answer answer = {.exit_status = data[0] >> 4};
    struct tlsagen_server_zone zone;
    const char *output = (const char *)data + 1;
    reply_judge((enum tlsagen_server_kind)(data[0] % 5), output, size - 1, &answer);
    expect(strlen(answer.words) < TLSAGEN_SERVER_WORDS_SIZE, "the words have room");
    for (const char *c = answer.words; *c != '\0'; c++)
        expect((unsigned char)*c >= ' ' && *c != 0x7f, "no control bytes");
    bool good = answer.reply == TLSAGEN_REPLY_ACCEPTED || answer.reply == TLSAGEN_REPLY_UP_TO_DATE;
    expect(!good || answer.exit_status == 0, "a failure is no success");
    reply_read_state(output, size - 1, &zone);
    expect(memchr(zone.file, '\0', sizeof(zone.file)) != NULL, "the file's name ends");
    return 0;
}
