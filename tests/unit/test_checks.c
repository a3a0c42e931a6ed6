/* The file of the last checks: what is written is read, and what is damaged is told. */
#include "unit.h"
#include <setjmp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "fleet/checks.h"

static char folder[] = "/tmp/tlsagen-checks.XXXXXX";

static struct tlsagen_check check_at(int64_t at, enum tlsagen_verdict verdict, const char *reason)
{
    return (struct tlsagen_check){
        .at = at, .verdict = verdict, .not_after = at + 100, .reason = reason};
}

static struct tlsagen_checks *read_all(void)
{
    struct tlsagen_checks *checks;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_checks_read(folder, &checks, &err), TLSAGEN_OK);
    return checks;
}

static void add(struct tlsagen_checks *checks, const char *service, int64_t at, const char *reason)
{
    struct tlsagen_err err;
    const struct tlsagen_check check = check_at(at, TLSAGEN_VERDICT_MISMATCH, reason);
    assert_int_equal(tlsagen_checks_add(checks, service, &check, &err), TLSAGEN_OK);
}

static enum tlsagen_status parse(const char *text, struct tlsagen_err *err)
{
    struct tlsagen_checks *checks = calloc(1, sizeof(*checks));
    assert_non_null(checks);
    const enum tlsagen_status status = checks_parse(checks, text, strlen(text), "f", err);
    tlsagen_checks_free(checks);
    return status;
}

static void no_file_is_no_check(void **state)
{
    (void)state;
    struct tlsagen_checks *checks = read_all();
    assert_null(tlsagen_checks_find(checks, "mx1"));
    tlsagen_checks_free(checks);
    tlsagen_checks_free(NULL);
}

static void the_latest_check_counts(void **state)
{
    (void)state;
    struct tlsagen_checks *checks = read_all();
    add(checks, "b", 20, "newer");
    add(checks, "b", 10, "older");
    add(checks, "a", 5, "line\nbreak");
    add(checks, "c", 5, "");
    const struct tlsagen_check *found = tlsagen_checks_find(checks, "b");
    assert_non_null(found);
    assert_string_equal(found->reason, "newer");
    assert_string_equal(tlsagen_checks_find(checks, "a")->reason, "line?break");
    assert_string_equal(tlsagen_checks_find(checks, "c")->reason, "");
    assert_null(tlsagen_checks_find(checks, "bb"));
    tlsagen_checks_free(checks);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct tlsagen_checks *checks = read_all(), *again = calloc(1, sizeof(*again));
    struct tlsagen_buf text, twice;
    char reason[2 * CHECKS_REASON];
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    assert_non_null(again);
    add(checks, "mx1", 1795430000, reason);
    add(checks, "www", 1795430001, "port 25: why");
    add(checks, "imap", 0, "");
    (void)tlsagen_checks_find(checks, "");
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&twice);
    checks_format(checks, NULL, &text);
    assert_int_equal(checks_parse(again, text.data, text.len, "f", &err), TLSAGEN_OK);
    checks_format(again, NULL, &twice);
    assert_string_equal(text.data, twice.data);
    assert_int_equal(strlen(tlsagen_checks_find(again, "mx1")->reason), CHECKS_REASON - 1);
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&twice);
    tlsagen_checks_free(checks);
    tlsagen_checks_free(again);
}

static void what_is_damaged_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } bad[] = {
        {"", "f:1: "},
        {"tlsagen-checks\n", "f:1: "},
        {"tlsagen-checks x\nend\n", "f:1: "},
        {"tlsagen-checks 0\nend\n", "f:1: "},
        {"tlsagen-checks 1\n", "f:2: "},
        {"tlsagen-checks 1\nend", "f:2: "},
        {"tlsagen-checks 1\n\nend\n", "f:2: "},
        {"tlsagen-checks 1\na 1 verified\nend\n", "f:2: "},
        {"tlsagen-checks 1\na 1 verified 0\na -1 verified 0\nend\n", "f:3: "},
        {"tlsagen-checks 1\na 1 fine 0\nend\n", "f:2: "},
        {"tlsagen-checks 1\na 9223372036854775808 verified 0\nend\n", "f:2: "},
        {"tlsagen-checks 1\nend\nend\n", "f:2: "},
    };
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i].text, &err), TLSAGEN_E_SYNTAX);
        assert_memory_equal(err.message, bad[i].place, strlen(bad[i].place));
    }
    assert_int_equal(parse("tlsagen-checks 2\nanything\n", &err), TLSAGEN_E_KIND);
    assert_int_equal(parse("tlsagen-checks 1\nend\n", &err), TLSAGEN_OK);
    assert_int_equal(parse("tlsagen-checks 1\na 1 verified 0\nb 2 no-records 3 why\nend\n", &err),
                     TLSAGEN_OK);
}

/* --- the file, for a configuration of two services --- */

static struct tlsagen_config *configuration(void)
{
    char path[64];
    struct tlsagen_config *config;
    struct tlsagen_err err;
    (void)snprintf(path, sizeof(path), "%s/conf", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fprintf(file,
                  "state-dir = \"%s/state\"\nzone example.org { file = \"/z\" }\n"
                  "service mx1 { host = a.example.org ports = 25 source = \"/s\" }\n"
                  "service www { host = b.example.org ports = 443 source = \"/s\" }\n",
                  folder);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(tlsagen_config_read(path, TLSAGEN_CONFIG_TEXT, NULL, NULL, &config, &err),
                     TLSAGEN_OK);
    return config;
}

static void write_one(const struct tlsagen_config *config, const char *service, int64_t at)
{
    struct tlsagen_checks *checks;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_checks_read(config->state_dir, &checks, &err), TLSAGEN_OK);
    add(checks, service, at, "why");
    assert_int_equal(tlsagen_checks_write(checks, config, &err), TLSAGEN_OK);
    tlsagen_checks_free(checks);
}

static void checks_of_two_runs_are_kept_together(void **state)
{
    (void)state;
    struct tlsagen_config *config = configuration();
    struct tlsagen_checks *first, *found;
    struct tlsagen_err err;
    assert_int_equal(tlsagen_checks_read(config->state_dir, &first, &err), TLSAGEN_OK);
    add(first, "mx1", 10, "first");
    write_one(config, "www", 20); /* meanwhile */
    write_one(config, "mx1", 5);
    write_one(config, "gone", 30); /* which is not configured */
    assert_int_equal(tlsagen_checks_write(first, config, &err), TLSAGEN_OK);
    tlsagen_checks_free(first);
    assert_int_equal(tlsagen_checks_read(config->state_dir, &found, &err), TLSAGEN_OK);
    assert_string_equal(tlsagen_checks_find(found, "mx1")->reason, "first");
    assert_int_equal(tlsagen_checks_find(found, "www")->at, 20);
    assert_null(tlsagen_checks_find(found, "gone"));
    tlsagen_checks_free(found);
    tlsagen_config_free(config);
}

static void a_damaged_file_is_made_anew(void **state)
{
    (void)state;
    struct tlsagen_config *config = configuration();
    struct tlsagen_checks *checks;
    struct tlsagen_err err;
    char path[80];
    (void)snprintf(path, sizeof(path), "%s/checks", config->state_dir);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(tlsagen_checks_read(config->state_dir, &checks, &err), TLSAGEN_E_SYNTAX);
    assert_non_null(checks);
    add(checks, "mx1", 40, "");
    assert_int_equal(tlsagen_checks_write(checks, config, &err), TLSAGEN_OK);
    tlsagen_checks_free(checks);
    assert_int_equal(tlsagen_checks_read(config->state_dir, &checks, &err), TLSAGEN_OK);
    assert_int_equal(tlsagen_checks_find(checks, "mx1")->at, 40);
    tlsagen_checks_free(checks);
    tlsagen_config_free(config);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"state/checks", "state/checks.lock", "state", "conf", "."};
    char path[80];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, i == 4 ? "" : names[i]);
        (void)remove(path);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_no_check),
        cmocka_unit_test(the_latest_check_counts),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_damaged_is_told_with_its_line),
        cmocka_unit_test(checks_of_two_runs_are_kept_together),
        cmocka_unit_test(a_damaged_file_is_made_anew),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
