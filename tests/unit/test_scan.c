/* The structure of zone files, in pieces of every size and by both ways to make masks. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/lex.h"
#include "zone/scan.h"

#define ENTRIES 512

/* The first special byte of an entry is where it is said to be; a CR is none. */
static void check_special(const char *text, size_t from, const struct scan_entry *entry)
{
    size_t at = from;
    while (at < entry->end && strchr("\";\\()", text[at]) == NULL)
        at++;
    assert_int_equal(entry->special, at < entry->end ? at : SCAN_NO_SPECIAL);
    assert_int_equal((entry->flags & SCAN_SPECIAL) != 0, at < entry->end);
}

/* The result of scanning a text, as ends joined by blanks, then what was wrong. */
static void scan_text(const char *text, size_t len, size_t piece, bool portable, char *out,
                      size_t size)
{
    struct scan scan = {.portable = portable};
    struct scan_entry entries[ENTRIES];
    size_t count = 0, at = 0, used = 0;
    for (size_t have = piece;; have += piece) {
        bool last = have >= len;
        at = scan_run(&scan, text, at, last ? len : have, last, entries, ENTRIES, &count);
        if (last || scan.fault != SCAN_FINE)
            break;
    }
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, size - used, "%u/%u%s%s ", entries[i].end,
                                 entries[i].lines, entries[i].flags & SCAN_SPECIAL ? "s" : "",
                                 entries[i].flags & SCAN_NO_NEWLINE ? "n" : "");
    for (size_t i = 0; i < count; i++)
        check_special(text, i == 0 ? 0 : entries[i - 1].end, &entries[i]);
    if (scan.fault != SCAN_FINE)
        (void)snprintf(out + used, size - used, "fault %d at %u", (int)scan.fault, scan.fault_at);
}

static void expect(const char *text, size_t len, const char *wanted)
{
    char got[4096];
    for (int portable = 0; portable < 2; portable++) {
        for (size_t piece = 1; piece < len + 70; piece += piece < 70 ? 1 : 37) {
            scan_text(text, len, piece, portable != 0, got, sizeof(got));
            assert_string_equal(got, wanted);
        }
    }
}
#define EXPECT(text, wanted) expect(text, sizeof(text) - 1, wanted)

static void lines_are_entries(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("\n", "1/1 ");
    EXPECT("a\n\nbc\n", "2/1 3/1 6/1 ");
    EXPECT("a\nb", "2/1 3/1n ");
    EXPECT("a\r\nb\r\n", "3/1 6/1 ");
    EXPECT("a\rb\r", "2/1 4/1 ");
    EXPECT("a\r\rb", "2/1 3/1 4/1n ");
}

static void parentheses_join_lines(void **state)
{
    (void)state;
    EXPECT("a (\nb\n) c\nd\n", "10/3s 12/1 ");
    EXPECT("( ( a ) )\n", "10/1s ");
    EXPECT("a (b\r\n)\r\n", "9/2s ");
    EXPECT("a (b\r", "fault 3 at 2");
    EXPECT("a ) b\n", "fault 2 at 2");
    EXPECT("a\nb (\nc\n", "2/1 fault 3 at 4");
    EXPECT("a (\r", "fault 3 at 2");
}

static void comments_hide_everything(void **state)
{
    (void)state;
    EXPECT("a ; ( \" \\ \x01 \0\nb\n", "14/1s 16/1 ");
    EXPECT("a ( ; )\n )\n", "11/2s ");
    EXPECT("; no end", "8/1sn ");
    EXPECT("; \xe9 \xc3\xa9\n", "7/1s ");
}

static void quotes_hide_all_but_themselves(void **state)
{
    (void)state;
    EXPECT("a \"( ; )\" b\n", "12/1s ");
    EXPECT("a \"x\\\"y\"\n", "9/1s ");
    EXPECT("a \"x\\\ny\"\n", "9/2s ");
    EXPECT("a \"x\ny\"\n", "fault 4 at 2");
    EXPECT("a \"x", "fault 4 at 2");
    EXPECT("a \"x\\\r", "fault 4 at 2");
}

static void quotes_and_comments_hide_each_other(void **state)
{
    (void)state;
    EXPECT("a \"v=1; k=rsa; p=\"\nb\n", "19/1s 21/1 ");
    EXPECT("a \"b\" ; \"c\nd \"e;\" ; f;\"\n", "11/1s 24/1s ");
    EXPECT("; \"\n; \" ;\na \";\"\n", "4/1s 10/1s 16/1s ");
    EXPECT("a \";\nb\n", "fault 4 at 2");
    EXPECT("; \"\na \"; b\n", "4/1s fault 4 at 6");
}

static void escapes_hide_one_byte(void **state)
{
    (void)state;
    EXPECT("a \\; \\( \\) \\\" \\\\\n", "17/1s ");
    EXPECT("a \\\nb\n", "4/1s 6/1 ");
    EXPECT("a \\x(\n)\n", "8/2s ");
}

static void control_bytes_are_faults(void **state)
{
    (void)state;
    EXPECT("a\tb\n", "4/1 ");
    EXPECT("a\n\0\n", "2/1 fault 1 at 2");
    EXPECT("a\x7f\n", "fault 1 at 1");
    EXPECT("a \"\x02\"\n", "fault 1 at 3");
    EXPECT("a \\\x03\n", "fault 1 at 3");
    EXPECT("a\x0b\n", "fault 1 at 1");
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

static void both_masks_are_the_same(void **state)
{
    (void)state;
    uint64_t rng = 1;
    for (int round = 0; round < 20000; round++) {
        char block[SCAN_BLOCK];
        for (unsigned i = 0; i < SCAN_BLOCK; i++)
            block[i] = round % 3 == 0 ? (char)next_random(&rng)
                                      : "ab \t\n\r\";\\()\x7f\x80\xff\x1f "[next_random(&rng) % 17];
        struct scan_masks one = scan_masks_portable(block), two = scan_masks_sse2(block);
        assert_true(one.newline == two.newline && one.special == two.special);
        for (unsigned i = 0; i < SCAN_BLOCK; i++)
            assert_int_equal(one.newline >> i & 1, block[i] == '\n');
        struct scan_text_masks text = scan_text_masks_portable(block);
        struct scan_text_masks same = scan_text_masks_sse2(block);
        assert_true(text.quote == same.quote && text.semicolon == same.semicolon);
        for (unsigned i = 0; i < SCAN_BLOCK; i++) {
            assert_int_equal(text.quote >> i & 1, block[i] == '"');
            assert_int_equal(text.semicolon >> i & 1, block[i] == ';');
        }
    }
}

static void pieces_do_not_show(void **state)
{
    (void)state;
    uint64_t rng = 7;
    char text[300], whole[4096], cut[4096];
    for (int round = 0; round < 3000; round++) {
        size_t len = next_random(&rng) % sizeof(text);
        uint32_t kinds = 15 + next_random(&rng) % 7; /* of the letters below */
        for (size_t i = 0; i < len; i++)
            text[i] = "aaaaaaaaaaa  \n\n\r\";\\()"[next_random(&rng) % kinds];
        scan_text(text, len, len + 1, true, whole, sizeof(whole));
        scan_text(text, len, 1 + next_random(&rng) % 130, round % 2 == 0, cut, sizeof(cut));
        assert_string_equal(cut, whole);
    }
}

static void tokens(const char *text, const char *wanted)
{
    struct lex_tokens found = {0};
    char got[512] = "";
    assert_int_equal(lex_entry(text, strlen(text), &found, NULL), TLSAGEN_OK);
    for (size_t i = 0; i < found.count; i++) {
        size_t used = strlen(got);
        (void)snprintf(got + used, sizeof(got) - used, "%s<%.*s>", found.at[i].quoted ? "q" : "",
                       (int)found.at[i].len, text + found.at[i].at);
    }
    assert_string_equal(got, wanted);
    lex_tokens_clear(&found);
}

static void entries_are_words(void **state)
{
    (void)state;
    tokens("a 1h IN TXT \"b c\" ; d\n", "<a><1h><IN><TXT>q<b c>");
    tokens("h(5 1h\n 2)3;x\n", "<h><5><1h><2><3>");
    tokens("a\"b\"c \"\" \\\" \\; \"\\\"\"\n", "<a>q<b><c>q<><\\\"><\\;>q<\\\">");
    tokens("a\\\nb\r\n", "<a\\><b>");
    tokens(" \t; only\n", "");
    tokens("5;serial\r\n", "<5>");
}

static void places_are_lines_and_columns(void **state)
{
    (void)state;
    uint64_t lines, column;
    lex_place("ab\ncd", 4, &lines, &column);
    assert_int_equal(lines, 1);
    assert_int_equal(column, 2);
    lex_place("ab\ncd", 0, &lines, &column);
    assert_int_equal(lines, 0);
    assert_int_equal(column, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_entries),
        cmocka_unit_test(parentheses_join_lines),
        cmocka_unit_test(comments_hide_everything),
        cmocka_unit_test(quotes_hide_all_but_themselves),
        cmocka_unit_test(quotes_and_comments_hide_each_other),
        cmocka_unit_test(escapes_hide_one_byte),
        cmocka_unit_test(control_bytes_are_faults),
        cmocka_unit_test(both_masks_are_the_same),
        cmocka_unit_test(pieces_do_not_show),
        cmocka_unit_test(entries_are_words),
        cmocka_unit_test(places_are_lines_and_columns),
    };
    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
