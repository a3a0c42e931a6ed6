/* The strict readers of small values: numbers, durations and hexadecimal digits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tlsagen/base.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A plain decimal number in a TTL's range reads the same as number and as duration. */
static void compare_number_and_duration(const char *text)
{
    struct tlsagen_err err;
    uint64_t number = 0;
    uint32_t seconds = 0;
    enum tlsagen_status a = tlsagen_number_parse(text, "number", 0, INT32_MAX, &number, &err);
    enum tlsagen_status b = tlsagen_duration_parse(text, "duration", &seconds, &err);
    if (a == TLSAGEN_OK && (b != TLSAGEN_OK || number != seconds))
        abort();
    if (b == TLSAGEN_OK && seconds > INT32_MAX)
        abort();
}

/* What was decoded encodes to the same digits, case aside. */
static void round_trip_hex(const char *text, size_t len)
{
    struct tlsagen_err err;
    struct tlsagen_buf again;
    uint8_t bytes[64];
    size_t count = 0;
    if (tlsagen_hex_decode(text, len, bytes, sizeof(bytes), &count, &err) != TLSAGEN_OK)
        return;
    tlsagen_buf_init(&again);
    tlsagen_buf_hex(&again, bytes, count);
    if (again.len != len || (len > 0 && strncasecmp(again.data, text, len) != 0))
        abort();
    tlsagen_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    compare_number_and_duration(text);
    round_trip_hex(text, size);
    free(text);
    return 0;
}
