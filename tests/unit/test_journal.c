/* publish/journal.h: what was published is read back, and nothing else. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "publish/journal.h"

#define OWNER "_25._tcp.mail.example.org."
#define NAME "_25._tcp.mail.example.org.json"

static void is_read_back(void **state)
{
    (void)state;
    struct journal journal, read;
    struct tlsagen_err err;
    journal_init(&journal);
    journal.phase = JOURNAL_DONE;
    tlsagen_buf_str(&journal.file, "/etc/bind/db \"x\"");
    tlsagen_buf_str(&journal.zone, "example.org.");
    tlsagen_buf_str(&journal.owner, "_dane.example.org.");
    tlsagen_buf_str(&journal.before, OWNER "\t300\tIN\tTLSA\t3 1 1 aa\n");
    journal.old_serial = 1;
    journal.new_serial = 4294967295U;
    journal.time = 1795473913;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(journal_write("state", OWNER, &journal, &err), TLSAGEN_OK);
        assert_int_equal(journal_read("state", OWNER, &read, &err), TLSAGEN_OK);
        assert_int_equal(read.phase, JOURNAL_DONE);
        assert_string_equal(read.file.data, "/etc/bind/db \"x\"");
        assert_string_equal(read.zone.data, "example.org.");
        assert_string_equal(read.owner.data, "_dane.example.org.");
        assert_string_equal(read.before.data, journal.before.data);
        assert_int_equal(read.after.len, 0);
        assert_true(read.old_serial == 1 && read.new_serial == 4294967295U);
        assert_int_equal(read.time, 1795473913);
        journal_clear(&read);
    }
    assert_int_equal(access("state/publish/" NAME, R_OK), 0);
    journal_clear(&journal);
}

static void of_an_update(void **state)
{
    (void)state;
    struct journal journal, read;
    struct tlsagen_err err;
    for (int with_key = 0; with_key < 2; with_key++) {
        journal_init(&journal);
        tlsagen_buf_str(&journal.server, "2001:db8::53");
        journal.port = 65535;
        if (with_key == 1)
            tlsagen_buf_str(&journal.key_file, "/etc/tlsagen/tsig.key");
        tlsagen_buf_str(&journal.zone, "example.org.");
        tlsagen_buf_str(&journal.owner, OWNER);
        tlsagen_buf_str(&journal.after, OWNER "\t300\tIN\tTLSA\t3 1 1 aa\n");
        assert_true(journal_is_whole(&journal));
        assert_int_equal(journal_write("state", OWNER, &journal, &err), TLSAGEN_OK);
        assert_int_equal(journal_read("state", OWNER, &read, &err), TLSAGEN_OK);
        assert_int_equal(read.phase, JOURNAL_INTENT);
        assert_int_equal(read.file.len, 0);
        assert_string_equal(read.server.data, "2001:db8::53");
        assert_int_equal(read.port, 65535);
        assert_int_equal(read.key_file.len, journal.key_file.len);
        if (with_key == 1)
            assert_string_equal(read.key_file.data, "/etc/tlsagen/tsig.key");
        assert_string_equal(read.owner.data, OWNER);
        assert_int_equal(read.before.len, 0);
        assert_string_equal(read.after.data, journal.after.data);
        journal_clear(&read);
        journal_clear(&journal);
    }
}

static void write_text(const char *text)
{
    FILE *file = fopen("state/publish/" NAME, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define REST                                                                                       \
    "\"zone\": \"z.\", \"owner\": \"o.\", \"before\": \"\", \"after\": \"\", \"old_serial\": 1, "  \
    "\"new_serial\": 2, "                                                                          \
    "\"time\": 3}"
#define DONE "{\"version\": 1, \"phase\": \"done\", "

/* A journal from before there were fields for the owner and for updates. */
static void without_an_owner(void **state)
{
    (void)state;
    struct journal journal;
    struct tlsagen_err err;
    write_text(DONE "\"file\": \"/f\", \"zone\": \"z.\", \"before\": \"b\", \"after\": "
                    "\"a\", \"old_serial\": 1, \"new_serial\": 2, \"time\": 3}");
    assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_OK);
    assert_string_equal(journal.owner.data, OWNER);
    assert_string_equal(journal.file.data, "/f");
    assert_int_equal(journal.server.len, 0);
    assert_string_equal(journal.before.data, "b");
    assert_string_equal(journal.after.data, "a");
    assert_true(journal.old_serial == 1 && journal.new_serial == 2);
    journal_clear(&journal);
}

static void others_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"version\": 2, \"phase\": \"done\", \"file\": \"/f\", " REST,
        "{\"version\": 1, \"phase\": \"what\", \"file\": \"/f\", " REST,
        "{\"version\": 1, \"phase\": \"done\", \"file\": \"f\", " REST,
        "{\"version\": 1, \"phase\": \"done\", \"file\": 7, " REST,
        DONE REST,
        DONE "\"server\": \"\", \"port\": 53, " REST,
        DONE "\"server\": 7, \"port\": 53, " REST,
        DONE "\"server\": \"::1\", \"port\": 65536, " REST,
        DONE "\"server\": \"::1\", \"port\": -1, " REST,
        DONE "\"server\": \"::1\", \"port\": \"53\", " REST,
        DONE "\"server\": \"::1\", \"port\": 53, \"key_file\": \"k\", " REST,
        DONE "\"server\": \"::1\", \"port\": 53, \"file\": \"/f\", " REST,
        "{\"version\": 1, \"phase\": \"done\", \"file\": \"/f\", \"zone\": \"\", \"owner\": "
        "\"o.\", \"before\": \"\", "
        "\"after\": \"\", \"old_serial\": 1, \"new_serial\": 2, \"time\": 3}",
        "{\"version\": 1, \"phase\": \"done\", \"file\": \"/f\", \"zone\": \"z.\", \"owner\": "
        "\"o.\", \"before\": "
        "\"\", "
        "\"after\": \"\", \"old_serial\": -1, \"new_serial\": 2, \"time\": 3}",
        "{\"version\": 1, \"phase\": \"done\", \"file\": \"/f\", \"zone\": \"z.\", \"owner\": "
        "\"o.\", \"before\": "
        "\"\", "
        "\"after\": \"\", \"old_serial\": 1, \"new_serial\": 4294967296, \"time\": 3}",
        "{\"version\": 1, \"phase\": \"done\", \"file\": \"/f\", \"zone\": \"z.\", \"owner\": "
        "\"\", "
        "\"before\": \"\", \"after\": \"\", \"old_serial\": 1, \"new_serial\": 2, \"time\": 3}",
    };
    struct journal journal;
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(texts[i]);
        assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_E_SYNTAX);
        assert_non_null(strstr(err.message, NAME));
        journal_clear(&journal);
    }
    write_text("{\"version\": 1, \"phase\": \"undone\", \"file\": \"/f\", " REST);
    assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_OK);
    assert_int_equal(journal.phase, JOURNAL_UNDONE);
    journal_clear(&journal);
}

static void other_things_in_its_place(void **state)
{
    (void)state;
    struct journal journal;
    struct tlsagen_err err;
    assert_int_equal(unlink("state/publish/" NAME), 0);
    assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_E_NOTFOUND);
    assert_int_equal(journal_read("none", OWNER, &journal, &err), TLSAGEN_E_NOTFOUND);
    assert_int_equal(mkfifo("state/publish/" NAME, 0600), 0);
    assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_E_SYNTAX);
    assert_int_equal(unlink("state/publish/" NAME), 0);
    assert_int_equal(symlink("/etc/passwd", "state/publish/" NAME), 0);
    assert_int_equal(journal_read("state", OWNER, &journal, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(err.sys_errno, ELOOP);
    static const char *const owners[] = {"", ".", "../x", "a/b", "/etc/passwd"};
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
        assert_int_equal(journal_read("state", owners[i], &journal, &err), TLSAGEN_E_ARGUMENT);
    journal_init(&journal);
    assert_int_equal(journal_write("/dev/null/x", OWNER, &journal, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(journal_write("/proc", OWNER, &journal, &err), TLSAGEN_E_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_back),
        cmocka_unit_test(of_an_update),
        cmocka_unit_test(without_an_owner),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(other_things_in_its_place),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
