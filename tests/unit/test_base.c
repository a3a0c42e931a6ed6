#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <tlsagen/base.h>

static void err_keeps_one_clean_line(void **state)
{
    (void)state;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_err_set(&err, TLSAGEN_E_KIND, "a%sb", "\n\x1b[2J\x7f"),
                     TLSAGEN_E_KIND);
    assert_int_equal(err.code, TLSAGEN_E_KIND);
    assert_string_equal(err.message, "a??[2J?b");
    assert_int_equal(tlsagen_err_prepend(&err, "line %d", 3), TLSAGEN_E_KIND);
    assert_string_equal(err.message, "line 3: a??[2J?b");
}

static void err_cuts_long_texts(void **state)
{
    (void)state;
    struct tlsagen_err err;
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)tlsagen_err_set(&err, TLSAGEN_E_LIMIT, "%s", text);
    assert_int_equal(strlen(err.message), TLSAGEN_ERR_SIZE - 1);
    (void)tlsagen_err_prepend(&err, "%s", text);
    assert_int_equal(strlen(err.message), TLSAGEN_ERR_SIZE - 1);
}

static void err_system_names_the_reason(void **state)
{
    (void)state;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_err_system(&err, ENOENT, "cannot open %s", "x"), TLSAGEN_E_SYSTEM);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_string_equal(err.message, "cannot open x: No such file or directory");
}

static void buf_grows_and_formats(void **state)
{
    (void)state;
    struct tlsagen_buf buf;
    struct tlsagen_err err;
    tlsagen_buf_init(&buf);
    const uint8_t bytes[] = {0x00, 0xab, 0xff};
    tlsagen_buf_str(&buf, "n=");
    tlsagen_buf_dec(&buf, 0);
    tlsagen_buf_char(&buf, ' ');
    tlsagen_buf_dec(&buf, UINT64_MAX);
    tlsagen_buf_char(&buf, ' ');
    tlsagen_buf_hex(&buf, bytes, sizeof(bytes));
    tlsagen_buf_printf(&buf, " %s%d", "p", 7);
    assert_int_equal(tlsagen_buf_check(&buf, &err), TLSAGEN_OK);
    assert_string_equal(buf.data, "n=0 18446744073709551615 00abff p7");
    tlsagen_buf_reset(&buf);
    for (int i = 0; i < 1000; i++)
        tlsagen_buf_printf(&buf, "%d,", i);
    assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(strlen(buf.data), buf.len);
    tlsagen_buf_cleanse(&buf);
    assert_null(buf.data);
}

static void buf_failure_is_sticky(void **state)
{
    (void)state;
    struct tlsagen_buf buf;
    struct tlsagen_err err;
    tlsagen_buf_init(&buf);
    assert_false(tlsagen_buf_reserve(&buf, SIZE_MAX / 2));
    tlsagen_buf_str(&buf, "lost");
    assert_int_equal(tlsagen_buf_check(&buf, &err), TLSAGEN_E_MEMORY);
    assert_int_equal(buf.len, 0);
    tlsagen_buf_reset(&buf);
    tlsagen_buf_str(&buf, "kept");
    assert_string_equal(buf.data, "kept");
    tlsagen_buf_clear(&buf);
}

static void numbers_are_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "1e3", "70000", "99999999999999999999999"};
    struct tlsagen_err err;
    uint64_t number = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(tlsagen_number_parse(bad[i], "port", 1, 65535, &number, &err),
                         TLSAGEN_E_ARGUMENT);
    assert_int_equal(number, 77);
    assert_string_equal(err.message,
                        "port 99999999999999999999999 is out of range; give one from 1 to 65535");
    assert_int_equal(tlsagen_number_parse("0", "port", 1, 65535, &number, &err),
                     TLSAGEN_E_ARGUMENT);
    assert_int_equal(tlsagen_number_parse("00025", "port", 1, 65535, &number, &err), TLSAGEN_OK);
    assert_int_equal(number, 25);
    assert_int_equal(
        tlsagen_number_parse("18446744073709551615", "n", 0, UINT64_MAX, &number, &err),
        TLSAGEN_OK);
    assert_true(number == UINT64_MAX);
}

static void durations_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"3600", 3600},
        {"1h30m", 5400},
        {"1W2D", 777600},
        {"1w1d1h1m1s", 694861},
        {"2147483647", 2147483647},
        {"2147483648", -1},
        {"", -1},
        {"h", -1},
        {"1h1h", -1},
        {"1m1h", -1},
        {"1h30", -1},
        {"1x", -1},
        {"-1", -1},
        {"1 h", -1},
        {"99999w", -1},
        {"99999999999999999999999", -1},
        {"3550w9999999d", -1},
    };
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t seconds = 5;
        enum tlsagen_status status = tlsagen_duration_parse(cases[i].text, "TTL", &seconds, &err);
        if (cases[i].seconds < 0) {
            assert_int_equal(status, TLSAGEN_E_ARGUMENT);
            assert_int_equal(seconds, 5);
        } else {
            assert_int_equal(status, TLSAGEN_OK);
            assert_int_equal(seconds, cases[i].seconds);
        }
    }
}

static void hex_is_strict(void **state)
{
    (void)state;
    struct tlsagen_err err;
    uint8_t out[3];
    size_t len = 9;
    assert_int_equal(tlsagen_hex_decode("00aBfF", 6, out, sizeof(out), &len, &err), TLSAGEN_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(out, "\x00\xab\xff", 3);
    assert_int_equal(tlsagen_hex_decode("", 0, out, sizeof(out), &len, &err), TLSAGEN_OK);
    assert_int_equal(len, 0);
    assert_int_equal(tlsagen_hex_decode("abc", 3, out, sizeof(out), &len, &err), TLSAGEN_E_SYNTAX);
    assert_int_equal(tlsagen_hex_decode("0g", 2, out, sizeof(out), &len, &err), TLSAGEN_E_SYNTAX);
    assert_string_equal(err.message, "character 2, \"g\", is not a hexadecimal digit");
    assert_int_equal(tlsagen_hex_decode("00112233", 8, out, sizeof(out), &len, &err),
                     TLSAGEN_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_keeps_one_clean_line),    cmocka_unit_test(err_cuts_long_texts),
        cmocka_unit_test(err_system_names_the_reason), cmocka_unit_test(buf_grows_and_formats),
        cmocka_unit_test(buf_failure_is_sticky),       cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(durations_are_strict),        cmocka_unit_test(hex_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
