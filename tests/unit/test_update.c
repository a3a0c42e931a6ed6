/* publish/: TSIG keys, signatures, and the bytes of an update. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish/message.h"
#include "publish/tsig.h"
#include "zone/rrfile.h"

#define KEY "key \"Name.Lab\" { algorithm hmac-sha256; secret \"AQIDBA==\"; };\n"

static enum tlsagen_status parse(const char *text, struct tsig_key *key, struct tlsagen_err *err)
{
    return tsig_key_parse(text, strlen(text), "k", key, err);
}

static void good_keys(void **state)
{
    (void)state;
    static const char *const texts[] = {
        KEY,
        "key name.lab. {\n\tsecret AQIDBA==;\n\talgorithm HMAC-SHA256;\n};",
        ("# comment\n// another\n/* and\nanother */ key Name.Lab{algorithm \"hmac-sha256\";"
         "secret \"AQIDBA==\";};"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct tsig_key key;
        struct tlsagen_err err;
        assert_int_equal(parse(texts[i], &key, &err), TLSAGEN_OK);
        assert_int_equal(key.name.len, 10);
        assert_memory_equal(key.name.wire, "\4name\3lab", 10);
        assert_int_equal(key.secret_len, 4);
        assert_memory_equal(key.secret, "\1\2\3\4", 4);
        tsig_key_clear(&key);
        assert_int_equal(key.secret_len, 0);
    }
}

static void bad_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tlsagen_status status;
        const char *message;
    } tests[] = {
        {"", TLSAGEN_E_SYNTAX, "k:1: no key"},
        {"options { };", TLSAGEN_E_SYNTAX, "k:1: no key"},
        {"key", TLSAGEN_E_SYNTAX, "k:1: no key"},
        {"\nkey x", TLSAGEN_E_SYNTAX, "k:2: no \"{\""},
        {"key x { secret \"AQIDBA==\"; };", TLSAGEN_E_SYNTAX, "algorithm or secret is missing"},
        {"key x { algorithm hmac-sha256; };", TLSAGEN_E_SYNTAX, "algorithm or secret is missing"},
        {"key x { algorithm hmac-md5; secret \"AQIDBA==\"; };", TLSAGEN_E_KIND, "\"hmac-md5\""},
        {"key x {\nalgorithm hmac-sha256;\nsecret \"A*\"; };", TLSAGEN_E_SYNTAX, "k:3: the secret"},
        {"key x { algorithm hmac-sha256; secret \"\"; };", TLSAGEN_E_SYNTAX, "the secret"},
        {"key x { algorithm hmac-sha256; secret \"====\"; };", TLSAGEN_E_SYNTAX, "the secret"},
        {"key x { algorithm hmac-sha256 secret \"AQIDBA==\"; };", TLSAGEN_E_SYNTAX, "semicolon"},
        {"key x { foo; };", TLSAGEN_E_SYNTAX, "neither algorithm nor secret"},
        {"key a..b { };", TLSAGEN_E_SYNTAX, "k:1: key: "},
        {KEY KEY, TLSAGEN_E_KIND, "k:2: a second key"},
        {KEY "x", TLSAGEN_E_SYNTAX, "stands behind the key"},
        {"key x { algorithm hmac-sha256; secret \"AQIDBA==\"; }", TLSAGEN_E_SYNTAX,
         "behind the key"},
        {"/* key", TLSAGEN_E_SYNTAX, "no key"},
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        struct tsig_key key;
        struct tlsagen_err err = {.message = ""};
        enum tlsagen_status status = parse(tests[i].text, &key, &err);
        if (status != tests[i].status || strstr(err.message, tests[i].message) == NULL)
            fail_msg("%s: %d, %s", tests[i].text, (int)status, err.message);
        /* A secret is in no message. */
        assert_null(strstr(err.message, "AQIDBA"));
        tsig_key_clear(&key);
    }
    char large[400];
    (void)snprintf(large, sizeof(large), "key x { algorithm hmac-sha256; secret \"%0200d\"; };", 0);
    struct tsig_key key;
    struct tlsagen_err err;
    assert_int_equal(parse(large, &key, &err), TLSAGEN_E_SYNTAX);
}

/* A signed message is one that carries a TSIG of the key; as an answer it covers another MAC. */
static void signatures(void **state)
{
    (void)state;
    struct tsig_key key, other;
    struct tlsagen_err err;
    struct tsig_mac mac, none = {.len = 0};
    struct tlsagen_buf message;
    bool refused;
    assert_int_equal(parse(KEY, &key, &err), TLSAGEN_OK);
    assert_int_equal(parse("key b { algorithm hmac-sha256; secret \"AQIDBA==\"; };", &other, &err),
                     TLSAGEN_OK);
    tlsagen_buf_init(&message);
    tlsagen_buf_add(&message, "\x12\x34\xa8\0\0\0\0\0\0\0\0\0", 12);
    assert_int_equal(
        tsig_verify((const uint8_t *)message.data, message.len, &key, &none, 1, &refused, &err),
        TLSAGEN_E_NETWORK);
    assert_non_null(strstr(err.message, "not signed with this key"));
    assert_int_equal(tsig_sign(&message, &key, 1795473913, &mac, &err), TLSAGEN_OK);
    assert_int_equal(mac.len, 32);
    assert_int_equal(message.data[11], 1);
    const uint8_t *bytes = (const uint8_t *)message.data;
    assert_int_equal(tsig_verify(bytes, message.len, &key, &mac, 1795473913, &refused, &err),
                     TLSAGEN_E_NETWORK);
    assert_non_null(strstr(err.message, "signature is not made with this key"));
    assert_int_equal(tsig_verify(bytes, message.len, &other, &mac, 1795473913, &refused, &err),
                     TLSAGEN_E_NETWORK);
    assert_non_null(strstr(err.message, "not signed with this key"));
    assert_false(refused);
    for (size_t len = 0; len < message.len; len++) {
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, bytes, len);
        assert_int_not_equal(tsig_verify(cut, len, &key, &mac, 1795473913, &refused, &err),
                             TLSAGEN_OK);
        free(cut);
    }
    tlsagen_buf_clear(&message);
    tsig_key_clear(&key);
    tsig_key_clear(&other);
}

/* The update that makes of the first records what the verb makes of the second, as hex. */
static void makes(enum tlsagen_update_verb verb, const char *there, const char *given, bool changed,
                  const char *counts, const char *removed, const char *added)
{
    struct wants before, wants;
    struct name zone;
    struct tlsagen_err err;
    struct tlsagen_buf message;
    struct tlsagen_update_result result;
    struct message_rrset rrset = {.known = true, .ttl = 300};
    wants_init(&before);
    wants_init(&wants);
    tlsagen_buf_init(&message);
    tlsagen_update_result_init(&result);
    assert_int_equal(name_parse("a.test.", 7, NULL, &zone, NULL), TLSAGEN_OK);
    if (*there != '\0') {
        assert_int_equal(rrfile_read(there, strlen(there), "t", &zone, &before, &err), TLSAGEN_OK);
        rrset.records = before.at[0].records;
        rrset.count = before.at[0].count;
    }
    if (verb == TLSAGEN_UPDATE_REMOVE)
        assert_int_equal(rrfile_read_removal("x", given, NULL, &zone, &wants, &err), TLSAGEN_OK);
    else
        assert_int_equal(rrfile_read(given, strlen(given), "g", &zone, &wants, &err), TLSAGEN_OK);
    assert_int_equal(message_make(&message, &zone, 0x1234, verb, &wants, &rrset, -1, &result, &err),
                     TLSAGEN_OK);
    assert_int_equal(result.changed, changed);
    assert_memory_equal(message.data, "\x12\x34\x28\0\0\1", 6);
    assert_memory_equal(message.data + 6, counts, 6);
    assert_memory_equal(message.data + 12, "\1a\4test\0\0\6\0\1", 12);
    assert_string_equal(result.removed.len == 0 ? "" : result.removed.data, removed);
    assert_string_equal(result.added.len == 0 ? "" : result.added.data, added);
    tlsagen_update_result_clear(&result);
    tlsagen_buf_clear(&message);
    wants_clear(&before);
    wants_clear(&wants);
}

static void messages(void **state)
{
    (void)state;
    const char *one = "x.a.test.\t300\tIN\tA\t192.0.2.1\n",
               *two = "x.a.test.\t300\tIN\tA\t192.0.2.2\n";
    /* prerequisites, updates, additional */
    makes(TLSAGEN_UPDATE_PUT, "", "x 300 A 192.0.2.1\n", true, "\0\1\0\1\0\0", "", one);
    makes(TLSAGEN_UPDATE_PUT, "x A 192.0.2.1\n", "x A 192.0.2.1\n", false, "\0\0\0\0\0\0", "", "");
    makes(TLSAGEN_UPDATE_PUT, "x A 192.0.2.1\n", "x A 192.0.2.2\n", true, "\0\1\0\2\0\0", one, two);
    makes(TLSAGEN_UPDATE_ADD, "x A 192.0.2.1\n", "x A 192.0.2.2\n", true, "\0\1\0\1\0\0", "", two);
    makes(TLSAGEN_UPDATE_ADD, "x A 192.0.2.1\nx A 192.0.2.2\n", "x A 192.0.2.2\n", false,
          "\0\0\0\0\0\0", "", "");
    makes(TLSAGEN_UPDATE_REMOVE, "x A 192.0.2.1\nx A 192.0.2.3\n", "A", true, "\0\2\0\2\0\0",
          "x.a.test.\t300\tIN\tA\t192.0.2.1\nx.a.test.\t300\tIN\tA\t192.0.2.3\n", "");
    makes(TLSAGEN_UPDATE_REMOVE, "", "A", false, "\0\0\0\0\0\0", "", "");
    makes(TLSAGEN_UPDATE_REMOVE, "", NULL, true, "\0\0\0\1\0\0", "x.a.test.\tIN\tANY\n", "");
    makes(TLSAGEN_UPDATE_PUT, "x A 192.0.2.1\n", "x 60 A 192.0.2.1\n", true, "\0\1\0\1\0\0", one,
          "x.a.test.\t60\tIN\tA\t192.0.2.1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_keys),
        cmocka_unit_test(bad_keys),
        cmocka_unit_test(signatures),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
