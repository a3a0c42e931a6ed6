/* zone/rdata.h: words of a zone file to wire form and back to text. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "zone/rdata.h"

#define WORDS_MAX 16

/* Blanks part the words; a word in quotes is a quoted one. */
static size_t split(char *text, struct rdata_word *words)
{
    size_t count = 0;
    for (char *rest = text, *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        size_t len = strlen(word);
        bool quoted = word[0] == '"';
        assert_true(count < WORDS_MAX);
        words[count++] = quoted ? (struct rdata_word){word + 1, len - 2, true}
                                : (struct rdata_word){word, len, false};
    }
    return count;
}

static enum tlsagen_status parse(uint16_t type, const char *text, struct rdata *rdata,
                                 struct tlsagen_err *err)
{
    struct rdata_word words[WORDS_MAX];
    struct name origin;
    char copy[512];
    assert_true(strlen(text) < sizeof(copy));
    strcpy(copy, text);
    assert_int_equal(name_parse("Example.org.", 12, NULL, &origin, err), TLSAGEN_OK);
    size_t count = split(copy, words);
    return rdata_parse(type, words, count, &origin, rdata, err);
}

/* text reads as the bytes whose hexadecimal digits are given. */
static void reads_as(uint16_t type, const char *text, const char *hex)
{
    struct rdata rdata;
    struct tlsagen_err err;
    struct tlsagen_buf got;
    rdata_init(&rdata);
    tlsagen_buf_init(&got);
    if (parse(type, text, &rdata, &err) != TLSAGEN_OK)
        fail_msg("%s: %s", text, err.message);
    tlsagen_buf_hex(&got, (uint8_t *)rdata.wire.data, rdata.wire.len);
    assert_string_equal(got.data != NULL ? got.data : "", hex);
    tlsagen_buf_clear(&got);
    rdata_clear(&rdata);
}

static void refused(uint16_t type, const char *text, enum tlsagen_status wanted)
{
    struct rdata rdata;
    struct tlsagen_err err;
    rdata_init(&rdata);
    if (parse(type, text, &rdata, &err) != wanted)
        fail_msg("%s is not refused as wanted", text);
    rdata_clear(&rdata);
}

static bool same(uint16_t type, const char *a, const char *b)
{
    struct rdata x;
    struct rdata y;
    struct tlsagen_err err;
    rdata_init(&x);
    rdata_init(&y);
    assert_int_equal(parse(type, a, &x, &err), TLSAGEN_OK);
    assert_int_equal(parse(type, b, &y, &err), TLSAGEN_OK);
    bool equal = rdata_equal(&x, &y);
    rdata_clear(&x);
    rdata_clear(&y);
    return equal;
}

static void formats_as(uint16_t type, const char *text, const char *wanted)
{
    struct rdata rdata;
    struct tlsagen_err err;
    struct tlsagen_buf got;
    rdata_init(&rdata);
    tlsagen_buf_init(&got);
    assert_int_equal(parse(type, text, &rdata, &err), TLSAGEN_OK);
    assert_int_equal(rdata_format(&got, type, &rdata, &err), TLSAGEN_OK);
    assert_string_equal(got.data, wanted);
    tlsagen_buf_clear(&got);
    rdata_clear(&rdata);
}

static void tlsa(void **state)
{
    (void)state;
    reads_as(TYPE_TLSA, "3 1 1 AbCd", "030101abcd");
    reads_as(TYPE_TLSA, "03 01 001 ab cd", "030101abcd");
    reads_as(TYPE_TLSA, "3 1 1 a bc d", "030101abcd");
    reads_as(TYPE_TLSA, "255 255 255 00", "ffffff00");
    reads_as(TYPE_SMIMEA, "3 0 0 01", "03000001");
}

static void bad_tlsa(void **state)
{
    (void)state;
    refused(TYPE_TLSA, "3 1 1", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "256 1 1 ab", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "3 1 x ab", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "3 1 1 abc", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "3 1 1 ab xy", TLSAGEN_E_SYNTAX);
    refused(TYPE_TLSA, "DANE-EE SPKI SHA2-256 ab", TLSAGEN_E_SYNTAX);
}

/* RFC 3597 section 5. */
static void generic(void **state)
{
    (void)state;
    reads_as(TYPE_TLSA, "\\# 5 030101ABCD", "030101abcd");
    reads_as(TYPE_TLSA, "\\# 5 03 0101a bcd", "030101abcd");
    reads_as(65280, "\\# 2 0102", "0102");
    reads_as(65280, "\\# 0", "");
    reads_as(1, "\\# 4 C0000201", "c0000201");
    assert_true(same(TYPE_TLSA, "3 1 1 abcd", "\\# 5 030101abcd"));
    refused(65280, "\\#", TLSAGEN_E_SYNTAX);
    refused(65280, "\\# 3 0102", TLSAGEN_E_SYNTAX);
    refused(65280, "\\# 65536 00", TLSAGEN_E_SYNTAX);
    refused(65280, "0102", TLSAGEN_E_SYNTAX);
    refused(1, "\\# 3 C00002", TLSAGEN_E_SYNTAX);
    /* A compression pointer is no name. */
    refused(TYPE_CNAME, "\\# 2 c000", TLSAGEN_E_SYNTAX);
}

/* A quoted "\#" is a text and not the generic form. */
static void quoted_generic(void **state)
{
    (void)state;
    reads_as(16, "\"\\#\"", "0123");
}

static void other_types(void **state)
{
    (void)state;
    reads_as(TYPE_A, "192.0.2.1", "c0000201");
    reads_as(TYPE_CNAME, "Mail", "044d61696c074578616d706c65036f726700");
    reads_as(TYPE_CNAME, "@", "074578616d706c65036f726700");
    reads_as(TYPE_CNAME, "a.", "016100");
    reads_as(16, "a \"b\"", "01610162");
    reads_as(TYPE_MX, "10 a.", "000a016100");
    refused(TYPE_A, "192.0.2.256", TLSAGEN_E_SYNTAX);
    refused(TYPE_A, "192.0.2.1 192.0.2.2", TLSAGEN_E_SYNTAX);
    refused(TYPE_A, "", TLSAGEN_E_SYNTAX);
    refused(TYPE_MX, "10", TLSAGEN_E_SYNTAX);
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(same(TYPE_CNAME, "MAIL", "mail.example.ORG."));
    assert_true(same(TYPE_TLSA, "3 1 1 AB", "3 1 1 ab"));
    assert_false(same(TYPE_TLSA, "3 1 1 ab", "3 1 2 ab"));
    assert_false(same(16, "a", "A"));
    assert_true(same(65280, "\\# 0", "\\# 0"));
}

static void formats(void **state)
{
    (void)state;
    formats_as(TYPE_TLSA, "\\# 5 030101ABCD", "3 1 1 abcd");
    formats_as(TYPE_CNAME, "Mail", "Mail.Example.org.");
    formats_as(TYPE_MX, "10 @", "10 Example.org.");
    formats_as(16, "\"a;b\" a\\;b \"c\\\"d\"", "\"a;b\" \"a;b\" \"c\\\"d\"");
    formats_as(65280, "\\# 2 0102", "\\# 2 0102");
    formats_as(65280, "\\# 0", "\\# 0");
    formats_as(TYPE_TLSA, "\\# 3 030101", "\\# 3 030101");
    formats_as(44, "4 2 00FF", "4 2 00ff");
}

/* 65535 bytes and not one more. */
static void limit(void **state)
{
    (void)state;
    struct rdata rdata;
    struct tlsagen_err err;
    size_t digits = 2 * (size_t)(RDATA_MAX - 3);
    char *hex = malloc(digits + 2);
    assert_non_null(hex);
    memset(hex, 'a', digits + 2);
    struct rdata_word words[] = {
        {"3", 1, false}, {"1", 1, false}, {"0", 1, false}, {hex, digits, false}};
    rdata_init(&rdata);
    assert_int_equal(rdata_parse(TYPE_TLSA, words, 4, NULL, &rdata, &err), TLSAGEN_OK);
    assert_int_equal(rdata.wire.len, RDATA_MAX);
    words[3].len += 2;
    assert_int_equal(rdata_parse(TYPE_TLSA, words, 4, NULL, &rdata, &err), TLSAGEN_E_LIMIT);
    rdata_clear(&rdata);
    free(hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tlsa),        cmocka_unit_test(bad_tlsa),
        cmocka_unit_test(generic),     cmocka_unit_test(quoted_generic),
        cmocka_unit_test(other_types), cmocka_unit_test(comparisons),
        cmocka_unit_test(formats),     cmocka_unit_test(limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
