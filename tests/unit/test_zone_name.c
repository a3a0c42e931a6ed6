/* zone/name.h: names, types, classes and TTLs from text and back. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "zone/nameset.h"

static struct name parse(const char *text, const char *origin)
{
    struct tlsagen_err err;
    struct name base = {0};
    struct name name = {0};
    if (origin != NULL)
        assert_int_equal(name_parse(origin, strlen(origin), NULL, &base, &err), TLSAGEN_OK);
    if (name_parse(text, strlen(text), &base, &name, &err) != TLSAGEN_OK)
        fail_msg("%s: %s", text, err.message);
    return name;
}

static void refused(const char *text, const char *origin, enum tlsagen_status wanted)
{
    struct tlsagen_err err;
    struct name base = {0};
    struct name name = {0};
    if (origin != NULL)
        base = parse(origin, NULL);
    assert_int_equal(name_parse(text, strlen(text), &base, &name, &err), wanted);
    assert_int_equal(name.len, 0);
}

static void reads_as(const char *text, const char *origin, const char *wanted)
{
    char got[NAME_TEXT_SIZE];
    struct name name = parse(text, origin);
    assert_string_equal(name_text(&name, got), wanted);
}

static void names_to_wire(void **state)
{
    (void)state;
    struct name name = parse("Mail.example.org.", NULL);
    assert_int_equal(name.len, 18);
    assert_memory_equal(name.wire, "\4Mail\7example\3org", 18);
    name = parse(".", NULL);
    assert_int_equal(name.len, 1);
    assert_int_equal(name.wire[0], 0);
}

static void relative_names(void **state)
{
    (void)state;
    reads_as("_25._tcp", "example.org.", "_25._tcp.example.org.");
    reads_as("@", "example.org.", "example.org.");
    reads_as("\\@", "example.org.", "\\@.example.org.");
    reads_as("a", ".", "a.");
    reads_as("@", ".", ".");
    refused("a", NULL, TLSAGEN_E_SYNTAX);
    refused("@", NULL, TLSAGEN_E_SYNTAX);
}

static void escapes(void **state)
{
    (void)state;
    reads_as("\\095\\050\\053._tcp", "e.", "_25._tcp.e.");
    reads_as("a\\.b.c.", NULL, "a\\.b.c.");
    reads_as("\\000\\255.", NULL, "\\000\\255.");
    reads_as("a\\;b.", NULL, "a\\;b.");
    reads_as("a b.", NULL, "a\\032b.");
    struct name name = parse("a\\.b.", NULL);
    assert_int_equal(name_labels(&name), 1);
    refused("a\\", "e.", TLSAGEN_E_SYNTAX);
    refused("a\\25", "e.", TLSAGEN_E_SYNTAX);
    refused("a\\2x5", "e.", TLSAGEN_E_SYNTAX);
    refused("a\\256", "e.", TLSAGEN_E_SYNTAX);
}

static void empty_labels(void **state)
{
    (void)state;
    refused("", "e.", TLSAGEN_E_SYNTAX);
    refused("..", "e.", TLSAGEN_E_SYNTAX);
    refused(".a.", "e.", TLSAGEN_E_SYNTAX);
    refused("a..b", "e.", TLSAGEN_E_SYNTAX);
    refused("a..", "e.", TLSAGEN_E_SYNTAX);
}

/* 63 bytes a label, 255 a name (RFC 1035 section 2.3.4). */
static void limits(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'a', sizeof(text));
    text[63] = '\0';
    assert_int_equal(parse(text, ".").len, 65);
    text[63] = 'a';
    text[64] = '\0';
    refused(text, ".", TLSAGEN_E_LIMIT);

    memset(text, 'a', sizeof(text));
    text[63] = text[127] = text[191] = '.';
    text[253] = '\0'; /* 3 * 64 + 1 + 61 + 1 = 255 */
    assert_int_equal(parse(text, ".").len, 255);
    refused(text, "b.", TLSAGEN_E_LIMIT);
    text[253] = 'a';
    text[254] = '\0';
    refused(text, ".", TLSAGEN_E_LIMIT);
    text[253] = '.';
    assert_int_equal(parse(text, NULL).len, 255);
    /* Nor is there room behind it for a label more, whatever its length. */
    for (size_t more = 1; more <= 40; more++) {
        text[254 + more - 1] = 'a';
        text[254 + more] = '\0';
        refused(text, NULL, TLSAGEN_E_LIMIT);
    }
}

static void origin_may_be_the_result(void **state)
{
    (void)state;
    struct tlsagen_err err;
    char text[NAME_TEXT_SIZE];
    struct name name = parse("example.org.", NULL);
    assert_int_equal(name_parse("sub", 3, &name, &name, &err), TLSAGEN_OK);
    assert_string_equal(name_text(&name, text), "sub.example.org.");
}

static void comparisons(void **state)
{
    (void)state;
    struct name small = parse("a.example.org.", NULL);
    struct name large = parse("A.EXAMPLE.ORG.", NULL);
    struct name apex = parse("Example.org.", NULL);
    struct name other = parse("xexample.org.", NULL);
    struct name lowered;
    assert_true(name_equal(&small, &large));
    assert_false(name_equal(&small, &apex));
    name_lower(&large, &lowered);
    assert_memory_equal(lowered.wire, small.wire, small.len);
    assert_int_equal(lowered.len, small.len);
    assert_true(name_is_within(&small, &apex));
    assert_true(name_is_within(&apex, &apex));
    assert_false(name_is_within(&apex, &small));
    assert_false(name_is_within(&other, &apex));
    struct name root = parse(".", NULL);
    assert_true(name_is_within(&root, &root));
    assert_true(name_is_within(&small, &root));
    assert_false(name_is_within(&root, &small));
    /* Bytes of a label that look like the apex do not make it one. */
    struct name trick = parse("x\\007example\\003org.", NULL);
    assert_false(name_is_within(&trick, &apex));
}

static void parents(void **state)
{
    (void)state;
    struct name name = parse("a.b.", NULL);
    struct name above;
    char text[NAME_TEXT_SIZE];
    assert_int_equal(name_labels(&name), 2);
    assert_true(name_parent(&name, &above));
    assert_string_equal(name_text(&above, text), "b.");
    assert_true(name_parent(&above, &above));
    assert_string_equal(name_text(&above, text), ".");
    assert_int_equal(name_labels(&above), 0);
    assert_false(name_parent(&above, &above));
}

/* The longest text of a name fits the buffer that name.h promises. */
static void longest_text(void **state)
{
    (void)state;
    struct tlsagen_buf buf;
    struct name name = {.len = 255};
    struct name again;
    struct tlsagen_err err;
    for (size_t i = 0; i < 254; i += 64)
        name.wire[i] = i == 192 ? 61 : 63;
    tlsagen_buf_init(&buf);
    name_format(&buf, &name);
    assert_int_equal(tlsagen_buf_check(&buf, &err), TLSAGEN_OK);
    assert_true(buf.len < NAME_TEXT_SIZE);
    assert_int_equal(name_parse(buf.data, buf.len, NULL, &again, &err), TLSAGEN_OK);
    assert_true(name_equal(&name, &again));
    tlsagen_buf_clear(&buf);
}

static void types(void **state)
{
    (void)state;
    char text[TYPE_TEXT_SIZE];
    uint16_t type = 0;
    assert_true(type_parse("TLSA", 4, &type));
    assert_int_equal(type, TYPE_TLSA);
    assert_true(type_parse("tlsa", 4, &type));
    assert_true(type_parse("type52", 6, &type));
    assert_int_equal(type, TYPE_TLSA);
    assert_true(type_parse("TYPE65535", 9, &type));
    assert_string_equal(type_text(type, text), "TYPE65535");
    assert_string_equal(type_text(TYPE_NSEC3PARAM, text), "NSEC3PARAM");
    assert_string_equal(type_text(TYPE_TLSA, text), "TLSA");
    assert_false(type_parse("TYPE65536", 9, &type));
    assert_false(type_parse("TYPE", 4, &type));
    assert_false(type_parse("TYPE0x1", 7, &type));
    assert_false(type_parse("TLS", 3, &type));
    assert_false(type_parse("TLSAA", 5, &type));
    assert_false(type_parse("", 0, &type));
    assert_true(type_is_meta(TYPE_ANY));
    assert_true(type_is_meta(TYPE_OPT));
    assert_false(type_is_meta(TYPE_TLSA));
    assert_false(type_is_meta(256));
}

static void classes(void **state)
{
    (void)state;
    uint16_t class = 0;
    assert_true(class_parse("in", 2, &class));
    assert_int_equal(class, CLASS_IN);
    assert_true(class_parse("CLASS1", 6, &class));
    assert_int_equal(class, CLASS_IN);
    assert_true(class_parse("chaos", 5, &class));
    assert_int_equal(class, 3);
    assert_false(class_parse("I", 1, &class));
    assert_false(class_parse("INN", 3, &class));
    assert_false(class_parse("CLASS", 5, &class));
    assert_false(class_parse("CLASS65536", 10, &class));
}

static void ttls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds;
    } good[] = {
        {"0", 0},    {"3600", 3600}, {"1h", 3600},        {"1W2D", 777600},  {"1m1h", 3660},
        {"30s", 30}, {"1h1h", 7200}, {"4294967295", ~0U}, {"0003600", 3600},
    };
    static const char *const bad[] = {"",           "h",     "1x",  "1h5", "-1",
                                      "4294967296", "7102w", "1 h", "1hh"};
    uint32_t seconds = 0;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(ttl_parse(good[i].text, strlen(good[i].text), &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ttl_parse(bad[i], strlen(bad[i]), &seconds));
}

/* Many names, each found under its number in any case, and no other. */
static void a_set_keeps_its_names(void **state)
{
    (void)state;
    struct name_set set = {0};
    struct name name, got;
    struct tlsagen_err err;
    char text[64];
    assert_int_equal(name_set_find(&set, &(struct name){.len = 1}), NAME_SET_NONE);
    for (unsigned i = 0; i < 5000; i++) {
        size_t index;
        int len = snprintf(text, sizeof(text), "Host%u.Example.", i);
        assert_int_equal(name_parse(text, (size_t)len, NULL, &name, &err), TLSAGEN_OK);
        assert_int_equal(name_set_find(&set, &name), NAME_SET_NONE);
        assert_int_equal(name_set_add(&set, &name, &index, &err), TLSAGEN_OK);
        assert_int_equal(index, i);
        assert_int_equal(name_set_add(&set, &name, &index, &err), TLSAGEN_OK);
        assert_int_equal(index, i);
    }
    assert_int_equal(set.count, 5000);
    for (unsigned i = 0; i < 5000; i++) {
        int len = snprintf(text, sizeof(text), "hOST%u.eXAMPLE.", i);
        assert_int_equal(name_parse(text, (size_t)len, NULL, &name, &err), TLSAGEN_OK);
        assert_int_equal(name_set_find(&set, &name), i);
        name_set_get(&set, i, &got);
        assert_true(name_equal(&got, &name));
    }
    name_set_clear(&set);
    assert_int_equal(name_set_find(&set, &name), NAME_SET_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_to_wire),
        cmocka_unit_test(relative_names),
        cmocka_unit_test(escapes),
        cmocka_unit_test(empty_labels),
        cmocka_unit_test(limits),
        cmocka_unit_test(origin_may_be_the_result),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(parents),
        cmocka_unit_test(longest_text),
        cmocka_unit_test(types),
        cmocka_unit_test(classes),
        cmocka_unit_test(ttls),
        cmocka_unit_test(a_set_keeps_its_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
