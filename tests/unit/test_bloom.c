/* zone/bloom.h: what was added is always found, and little else. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/bloom.h"

static struct name name_of(const char *text)
{
    struct name origin, name;
    assert_int_equal(name_parse("example.org.", 12, NULL, &origin, NULL), TLSAGEN_OK);
    assert_int_equal(name_parse(text, strlen(text), &origin, &name, NULL), TLSAGEN_OK);
    return name;
}

/* Whoever asks with a text may read a little beyond it. */
static struct bloom_key key_of(const char *text)
{
    char padded[NAME_TEXT_SIZE + 8] = "";
    const struct name origin = name_of("@");
    memcpy(padded, text, strlen(text));
    memset(padded + strlen(text), '#', 8);
    return bloom_key_of_text(padded, strlen(text), bloom_key_of(&origin).name);
}

static void texts_and_names_have_one_key(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a",
        "www",
        "WWW",
        "a.b",
        "a.b.c.d.e",
        "eightlet",
        "ninelette",
        "x.example",
        "a.b.EXAMPLE.org.",
        "org.",
        "a-label-of-sixty-three-bytes-is-the-longest-one-that-there-may-be",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) - 1; i++) {
        const struct name name = name_of(texts[i]);
        const struct bloom_key one = bloom_key_of(&name), other = key_of(texts[i]);
        if (one.name != other.name || one.label != other.label || one.start != other.start)
            fail_msg("\"%s\" has two keys", texts[i]);
    }
    assert_true(key_of("a.b").name != key_of("b.a").name);
    assert_true(key_of("a").name != key_of("a.example.net.").name);
    assert_true(key_of("www").name == key_of("WwW.Example.ORG.").name);
    assert_true(key_of("customer-1-prod-of").name != key_of("customer-2-prod-of").name);
}

enum { MANY = 200000 };

static void make_text(char *text, size_t size, unsigned number)
{
    (void)snprintf(text, size, number % 3 == 0 ? "host%u" : "www.h%u.sub", number);
}

static unsigned count_found(const struct bloom *bloom, unsigned from, bool by_label)
{
    unsigned found = 0;
    for (unsigned i = from; i < from + MANY; i++) {
        char text[64] = "";
        make_text(text, sizeof(text), i);
        const struct bloom_key key = key_of(text);
        size_t label = strcspn(text, ".");
        found += by_label
                     ? bloom_has_start(bloom, text, label) && bloom_has_label(bloom, text, label)
                     : bloom_has(bloom, &key);
    }
    return found;
}

static void nothing_is_lost(void **state)
{
    (void)state;
    struct bloom bloom;
    struct tlsagen_err err;
    unsigned before = 0;
    assert_int_equal(bloom_init_names(&bloom, &err), TLSAGEN_OK);
    for (unsigned i = 0; i < MANY; i++) {
        char text[64] = "";
        make_text(text, sizeof(text), i);
        const struct bloom_key key = key_of(text);
        before += bloom_add(&bloom, &key);
        assert_true(bloom_add(&bloom, &key));
    }
    assert_true(before < MANY / 1000);
    assert_int_equal(bloom.count, MANY - before);
    for (int folded = 0; folded < 2; folded++) {
        assert_int_equal(count_found(&bloom, 0, false), MANY);
        assert_int_equal(count_found(&bloom, 0, true), MANY);
        bloom_fold(&bloom);
    }
    assert_true(bloom.label_bits < 18);
    assert_true(count_found(&bloom, MANY, false) < MANY / 1000);
    bloom_clear(&bloom);
}

static void labels_alone(void **state)
{
    (void)state;
    struct bloom bloom;
    struct tlsagen_err err;
    assert_int_equal(bloom_init_labels(&bloom, MANY / 3, &err), TLSAGEN_OK);
    for (unsigned i = 0; i < MANY; i += 3) {
        char text[64] = "";
        make_text(text, sizeof(text), i);
        const struct name name = name_of(text);
        bloom_add_label(&bloom, &name);
    }
    unsigned found = count_found(&bloom, 0, true);
    assert_true(found > MANY / 3 && found < MANY / 3 + MANY / 20);
    const struct name root = {.len = 1};
    bloom_add_label(&bloom, &root);
    bloom_clear(&bloom);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_names_have_one_key),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(labels_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
