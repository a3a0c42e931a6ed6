/*
 * Key files and signed answers. Input: a byte, 0 for a key file, else an answer; then its bytes.
 *
 * A key that is read has a name, an algorithm and a secret; an answer that nobody signed with the
 * key is never taken for one that was.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish/tsig.h"

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
    static const char text[] = "key k { algorithm hmac-sha256; secret \"AQIDBA==\"; };";
    const struct tsig_mac mac = {.len = 32, .bytes = {1, 2, 3}};
    struct tsig_key key;
    struct tlsagen_err err;
    bool refused;
    if (size == 0)
        return 0;
    if (data[0] == 0) {
        if (tsig_key_parse((const char *)data + 1, size - 1, "key", &key, &err) == TLSAGEN_OK)
            expect(key.name.len > 0 && key.secret_len > 0 && key.digest != NULL, "a key is whole");
        tsig_key_clear(&key);
        return 0;
    }
    expect(tsig_key_parse(text, strlen(text), "key", &key, &err) == TLSAGEN_OK, "the key reads");
    expect(tsig_verify(data + 1, size - 1, &key, &mac, 1795473913, &refused, &err) != TLSAGEN_OK,
           "a signature is not guessed");
    tsig_key_clear(&key);
    return 0;
}
