/* Which serial follows which, and how it is written into its place. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "zone/serial.h"

#define NOW 1795430000 /* 2026-11-23 10:33:20 UTC */

static void newer_is_a_circle(void **state)
{
    (void)state;
    assert_true(serial_is_newer(1, 0));
    assert_true(serial_is_newer(0, 4294967295U));
    assert_true(serial_is_newer(2147483648U, 1));
    assert_false(serial_is_newer(2147483649U, 1));
    assert_false(serial_is_newer(5, 5));
    assert_false(serial_is_newer(4, 5));
}

static void serials_follow_their_style(void **state)
{
    (void)state;
    static const struct {
        enum tlsagen_serial_policy policy;
        uint32_t old;
        uint32_t next;
        bool left;
    } cases[] = {
        {TLSAGEN_SERIAL_AUTO, 1, 2, false},
        {TLSAGEN_SERIAL_AUTO, 0, 1, false},
        {TLSAGEN_SERIAL_AUTO, 4294967295U, 1, false},
        {TLSAGEN_SERIAL_AUTO, 4294967294U, 4294967295U, false},
        {TLSAGEN_SERIAL_AUTO, 2147483647U, 2147483648U, false},
        {TLSAGEN_SERIAL_AUTO, 4000000000U, 4000000001U, false},
        {TLSAGEN_SERIAL_AUTO, 2026112301U, 2026112302U, false},
        {TLSAGEN_SERIAL_AUTO, 2026112200U, 2026112301U, false},
        {TLSAGEN_SERIAL_AUTO, 2026112300U, 2026112301U, false},
        {TLSAGEN_SERIAL_AUTO, 1999123199U, 2026112301U, false},
        {TLSAGEN_SERIAL_AUTO, 2026112399U, 2026112400U, false},
        {TLSAGEN_SERIAL_AUTO, 2026113099U, 2026113100U, false},
        {TLSAGEN_SERIAL_AUTO, 2027010107U, 2027010108U, false},
        {TLSAGEN_SERIAL_AUTO, 2026022907U, 2026112301U, false},
        {TLSAGEN_SERIAL_AUTO, 2026133107U, 2026133108U, false},
        {TLSAGEN_SERIAL_AUTO, 20261123U, 20261124U, false},
        {TLSAGEN_SERIAL_AUTO, NOW - 5, NOW, false},
        {TLSAGEN_SERIAL_AUTO, NOW, NOW + 1, false},
        {TLSAGEN_SERIAL_AUTO, NOW + 9, NOW + 10, false},
        {TLSAGEN_SERIAL_INCREMENT, 2026112301U, 2026112302U, false},
        {TLSAGEN_SERIAL_INCREMENT, 2026112299U, 2026112300U, false},
        {TLSAGEN_SERIAL_INCREMENT, NOW, NOW + 1, false},
        {TLSAGEN_SERIAL_DATE, 5, 2026112301U, false},
        {TLSAGEN_SERIAL_DATE, 2026112301U, 2026112302U, false},
        {TLSAGEN_SERIAL_DATE, 4000000000U, 4000000001U, true},
        {TLSAGEN_SERIAL_DATE, 4294967295U, 2026112301U, false},
        {TLSAGEN_SERIAL_DATE, 3000000000U, 3000000001U, true},
        {TLSAGEN_SERIAL_UNIXTIME, 5, NOW, false},
        {TLSAGEN_SERIAL_UNIXTIME, 2026112301U, 2026112302U, true},
        {TLSAGEN_SERIAL_UNIXTIME, 4294967295U, NOW, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool left = !cases[i].left;
        uint32_t next = serial_next(cases[i].old, cases[i].policy, NOW, &left);
        if (next != cases[i].next || left != cases[i].left)
            fail_msg("case %zu: %u became %u%s", i, (unsigned)cases[i].old, (unsigned)next,
                     left ? ", style left" : "");
    }
    /* In 2040 the time is more than half the circle away from a small counter (RFC 1982). */
    bool left = false;
    assert_int_equal(serial_next(41, TLSAGEN_SERIAL_UNIXTIME, INT64_C(2222553600), &left), 42);
    assert_true(left);
    assert_int_equal(serial_next(41, TLSAGEN_SERIAL_UNIXTIME, 40, &left), 42);
    assert_false(left);
}

/* Whatever the old one is, at whatever time: the next is newer, and not 0. */
static void no_serial_goes_backwards(void **state)
{
    (void)state;
    uint64_t rng = 42;
    for (int i = 0; i < 200000; i++) {
        rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407U;
        uint32_t old = (uint32_t)(rng >> 32);
        int64_t now = (int64_t)(rng % UINT64_C(5000000000));
        bool left;
        uint32_t next = serial_next(old, (enum tlsagen_serial_policy)(i % 4), now, &left);
        assert_true(serial_is_newer(next, old));
        assert_true(next != 0);
    }
}

static void serials_are_decimal(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "0x10", "1h", "-1", "4294967296", "99999999999999999999", "+1", "1 "};
    uint32_t serial = 7;
    assert_true(serial_parse("0007", 4, &serial));
    assert_int_equal(serial, 7);
    assert_true(serial_parse("4294967295", 10, &serial));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(serial_parse(bad[i], strlen(bad[i]), &serial));
}

/* An SOA's entry with its type at token `type` becomes another. */
static void edited(const char *text, size_t type, uint32_t next, const char *wanted)
{
    struct lex_tokens tokens = {0};
    struct serial_edit edits[SERIAL_EDITS_MAX];
    struct tlsagen_err err;
    uint32_t serial;
    size_t token, behind = 0;
    char got[512] = "";
    assert_int_equal(lex_entry(text, strlen(text), &tokens, NULL), TLSAGEN_OK);
    struct walk_record record = {.text = text,
                                 .len = strlen(text),
                                 .tokens = tokens.at,
                                 .token_count = tokens.count,
                                 .type_token = type,
                                 .rdata_token = type + 1};
    if (serial_find(&record, &serial, &token, &err) != TLSAGEN_OK) {
        assert_string_equal(err.message, wanted);
    } else {
        size_t count = serial_edits(&record, next, edits);
        for (size_t i = 0; i < count; i++) {
            strncat(got, text + behind, edits[i].at - behind);
            strcat(got, edits[i].text);
            behind = edits[i].at + edits[i].len;
        }
        strcat(got, text + behind);
        assert_string_equal(got, wanted);
    }
    lex_tokens_clear(&tokens);
}

static void the_column_is_kept(void **state)
{
    (void)state;
    edited("@ SOA n h 9 2 3 4 5", 1, 10, "@ SOA n h 10 2 3 4 5");
    edited("@ SOA n h (9   ; serial\n2 3 4 5)", 1, 10, "@ SOA n h (10  ; serial\n2 3 4 5)");
    edited("@ SOA n h (9 ; serial\n2 3 4 5)", 1, 10, "@ SOA n h (10 ; serial\n2 3 4 5)");
    edited("@ SOA n h (4294967295 ; s\n2 3 4 5)", 1, 1, "@ SOA n h (1          ; s\n2 3 4 5)");
    edited("@ SOA n h (10;s\n2 3 4 5)", 1, 9, "@ SOA n h (9;s\n2 3 4 5)");
    edited("@ SOA n h 0099 2 3 4 5", 1, 100, "@ SOA n h 0100 2 3 4 5");
    edited("@\tSOA n h (\n\t9\t; s\n2 3 4 5)", 1, 10, "@\tSOA n h (\n\t10\t; s\n2 3 4 5)");
}

static void the_generic_form_has_a_serial(void **state)
{
    (void)state;
    edited("@ TYPE6 \\# 22 00 00 000000FF 00000002 00000003 00000004 00000005", 1, 256,
           "@ TYPE6 \\# 22 00 00 00000100 00000002 00000003 00000004 00000005");
    edited("@ SOA \\# 22 0000000000 ff0000 00020000000300000004 00000005", 1, 0x12345678,
           "@ SOA \\# 22 0000123456 780000 00020000000300000004 00000005");
    edited("@ SOA \\# 22 00", 1, 1, "the rdata is too short for an SOA");
}

static void what_is_no_serial_is_told(void **state)
{
    (void)state;
    edited("@ SOA n h 1 2 3 4", 1, 1, "the SOA has 6 words of data and not the seven of RFC 1035");
    edited("@ SOA n h 0x1 2 3 4 5", 1, 1,
           "serial \"0x1\" is no number from 0 to 4294967295; write decimal digits");
    edited("@ SOA n h \"5\" 2 3 4 5", 1, 1,
           "serial \"5\" is no number from 0 to 4294967295; write decimal digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_is_a_circle),
        cmocka_unit_test(serials_follow_their_style),
        cmocka_unit_test(no_serial_goes_backwards),
        cmocka_unit_test(serials_are_decimal),
        cmocka_unit_test(the_column_is_kept),
        cmocka_unit_test(the_generic_form_has_a_serial),
        cmocka_unit_test(what_is_no_serial_is_told),
    };
    return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
