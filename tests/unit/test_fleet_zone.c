/*
 * The parts of one zone's work in lib/fleet: sets, owners, states, what was published last, what
 * stands in the file, and the difference.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet/work.h"
#include "folder.h"

#define MX "_25._tcp.mx.example.org."
#define WWW "_443._tcp.www.example.org."

/* A zone with two services, the first on two ports, which want 3 1 1 01 and 3 1 1 02. */
struct stage {
    struct tlsagen_config config;
    struct tlsagen_config_zone zone;
    struct tlsagen_config_service services[2];
    const char *mx_owners[2];
    const char *www_owners[1];
    struct tlsagen_rrset pinned;
    struct fleet fleet;
    struct tlsagen_fleet_options options;
    struct work work;
};

static const struct tlsagen_fields ee = {TLSAGEN_USAGE_DANE_EE, TLSAGEN_SELECTOR_SPKI,
                                         TLSAGEN_MATCHING_SHA256};

static void put(struct tlsagen_rrset *set, uint8_t byte)
{
    assert_int_equal(tlsagen_rrset_add(set, ee, &byte, 1, NULL), TLSAGEN_OK);
}

static void stage_begin(struct stage *stage)
{
    *stage = (struct stage){.config = {.state_dir = "state"},
                            .zone = {.name = "example.org.", .file = "example.org.zone"},
                            .mx_owners = {MX, "_465._tcp.mx.example.org."},
                            .www_owners = {WWW}};
    stage->services[0] = (struct tlsagen_config_service){.name = "mx",
                                                         .owners = stage->mx_owners,
                                                         .port_count = 2,
                                                         .pinned = &stage->pinned,
                                                         .ttl = 3600};
    stage->services[1] = (struct tlsagen_config_service){.name = "www",
                                                         .owners = stage->www_owners,
                                                         .port_count = 1,
                                                         .pinned = &stage->pinned,
                                                         .ttl = 3600};
    stage->fleet.config = &stage->config;
    stage->fleet.options = &stage->options;
    stage->work = (struct work){.fleet = &stage->fleet,
                                .config = &stage->zone,
                                .services = calloc(2, sizeof(struct work_service)),
                                .service_count = 2};
    assert_non_null(stage->work.services);
    for (size_t i = 0; i < 2; i++) {
        stage->work.services[i].config = &stage->services[i];
        stage->work.services[i].selected = true;
    }
}

/* As after a run's preparation: what was published is read, and this is desired. */
static void stage_desire(struct stage *stage)
{
    stage_begin(stage);
    assert_int_equal(applied_read(&stage->work, NULL), TLSAGEN_OK);
    put(&stage->work.services[0].desired, 1);
    put(&stage->work.services[1].desired, 2);
}

static void stage_end(struct stage *stage)
{
    work_clear(&stage->work);
    tlsagen_rrset_clear(&stage->pinned);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *read_text(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

#define SOA "@ 3600 IN SOA ns h 1 1h 1h 1w 1h\n"

/* Looks at a zone of these records, and tells the difference. */
static void look_at(struct stage *stage, const char *records, struct bulk_edit *edit)
{
    char text[4096];
    struct tlsagen_err err;
    (void)snprintf(text, sizeof(text), SOA "%s", records);
    write_text("example.org.zone", text);
    if (look_file(&stage->work, &err) != TLSAGEN_OK ||
        diff_make(&stage->work, edit, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
}

static enum tlsagen_status add_shown(void *arg, const char *owner, uint32_t ttl,
                                     const uint8_t *rdata, size_t len, struct tlsagen_err *err)
{
    struct tlsagen_buf *text = arg;
    (void)err;
    tlsagen_buf_printf(text, "%s ", owner);
    if (rdata == NULL) {
        tlsagen_buf_str(text, "gone\n");
        return TLSAGEN_OK;
    }
    assert_true(len > 3);
    tlsagen_buf_printf(text, "%u %u %u %u ", ttl, rdata[0], rdata[1], rdata[2]);
    tlsagen_buf_hex(text, rdata + 3, len - 3);
    tlsagen_buf_char(text, '\n');
    return TLSAGEN_OK;
}

/* The RRsets of an edit, a line for each record; until the next call. */
static const char *shown(put_each *each, struct work *work)
{
    static char kept[4096];
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    assert_int_equal(each(work, add_shown, &text, NULL), TLSAGEN_OK);
    (void)snprintf(kept, sizeof(kept), "%s", text.len == 0 ? "" : text.data);
    tlsagen_buf_clear(&text);
    return kept;
}

/* --- sets and owners --- */

static void sets_have_each_record_once(void **state)
{
    (void)state;
    struct tlsagen_rrset a, b;
    size_t number = 9;
    tlsagen_rrset_init(&a);
    tlsagen_rrset_init(&b);
    put(&a, 1);
    put(&a, 2);
    put(&b, 2);
    assert_true(set_find(&a, &b.records[0], &number));
    assert_int_equal(number, 1);
    assert_true(set_has_all(&a, &b));
    assert_false(set_has_all(&b, &a));
    assert_true(set_same_fields(&a, &b));
    assert_int_equal(set_add_all(&b, &a, NULL), TLSAGEN_OK);
    assert_int_equal(b.count, 2);
    const struct tlsagen_fields ta = {TLSAGEN_USAGE_DANE_TA, TLSAGEN_SELECTOR_SPKI,
                                      TLSAGEN_MATCHING_SHA256};
    const uint8_t byte = 2;
    assert_int_equal(tlsagen_rrset_add(&b, ta, &byte, 1, NULL), TLSAGEN_OK);
    assert_false(set_same_fields(&a, &b));
    assert_false(set_find(&a, &b.records[0], &number)); /* the same data for another usage */
    tlsagen_rrset_clear(&a);
    tlsagen_rrset_clear(&b);
}

static void owners_are_found_in_any_case(void **state)
{
    (void)state;
    struct stage stage;
    static const char odd[] = "_25._TCP.Mx.Example.ORG.";
    stage_begin(&stage);
    assert_int_equal(owners_make(&stage.work, 1, NULL), TLSAGEN_OK);
    const struct work_owner *owner = owners_find(&stage.work, odd, strlen(odd));
    assert_non_null(owner);
    assert_string_equal(owner->name, MX);
    assert_ptr_equal(owner->service, &stage.work.services[0]);
    assert_null(owners_find(&stage.work, MX, strlen(MX) - 1)); /* a part of a name is none */
    assert_null(owners_find(&stage.work, "x.", 2));
    struct work_owner *other = owners_add(&stage.work, "x.y", 2);
    assert_non_null(other);
    assert_null(other->service);
    assert_ptr_equal(owners_find(&stage.work, "X.", 2), other);
    assert_null(owners_add(&stage.work, "z.", 2)); /* there is room for one */
    stage_end(&stage);
}

/* --- states --- */

static void states_are_those_of_the_folder(void **state)
{
    (void)state;
    struct tlsagen_rollover rollover = {
        .home = {.dir = (char *)(uintptr_t) "states", .dir_fd = -1}};
    struct fleet fleet = {.rollover = &rollover};
    assert_int_equal(states_gather(&fleet, NULL), TLSAGEN_OK);
    assert_false(states_has(&fleet, "mx"));
    assert_int_equal(mkdir("states", 0700), 0);
    write_text("states/web@a.example.org.state", "");
    write_text("states/mx.state", "");
    write_text("states/www.state.new", "");
    write_text("states/.state", "");
    write_text("states/b.lock", "");
    rollover.home.dir_fd = open("states", O_RDONLY | O_DIRECTORY);
    assert_true(rollover.home.dir_fd >= 0);
    for (int i = 0; i < 2; i++) { /* the folder is read from its beginning each time */
        assert_int_equal(states_gather(&fleet, NULL), TLSAGEN_OK);
        assert_int_equal(fleet.state_count, 2);
        assert_true(states_has(&fleet, "mx"));
        assert_true(states_has(&fleet, "web@a.example.org"));
        assert_false(states_has(&fleet, "www"));
        assert_false(states_has(&fleet, "b"));
        assert_false(states_has(&fleet, ""));
        states_clear(&fleet);
    }
    assert_int_equal(close(rollover.home.dir_fd), 0);
}

/* --- what was published last --- */

static void what_is_published_is_remembered(void **state)
{
    (void)state;
    struct stage stage;
    stage_desire(&stage);
    assert_int_equal(applied_write(&stage.work, APPLIED_INTENT, NULL), TLSAGEN_OK);
    assert_string_equal(read_text("state/fleet/example.org.applied"),
                        "tlsagen-fleet 1\nzone example.org.\npending\n" MX " 3 1 1 01\n"
                        "_465._tcp.mx.example.org. 3 1 1 01\n" WWW " 3 1 1 02\nend\n");
    stage_end(&stage);

    /* The next run learns of both, and of the load that may be missing. */
    stage_begin(&stage);
    assert_int_equal(applied_read(&stage.work, NULL), TLSAGEN_OK);
    assert_true(stage.work.pending);
    assert_int_equal(stage.work.services[0].applied.count, 1);
    put(&stage.work.services[0].desired, 7);
    assert_int_equal(applied_write(&stage.work, APPLIED_BACK, NULL), TLSAGEN_OK);
    assert_null(strstr(read_text("state/fleet/example.org.applied"), "3 1 1 07"));
    assert_int_equal(applied_write(&stage.work, APPLIED_INTENT, NULL), TLSAGEN_OK);
    const char *text = read_text("state/fleet/example.org.applied");
    assert_non_null(strstr(text, MX " 3 1 1 07\n" MX " 3 1 1 01\n"));
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    text = read_text("state/fleet/example.org.applied");
    assert_null(strstr(text, "3 1 1 01"));
    assert_null(strstr(text, "pending"));
    stage_end(&stage);
}

static void the_same_is_not_written_again(void **state)
{
    (void)state;
    struct stage stage;
    struct stat before, after;
    stage_desire(&stage);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    assert_int_equal(stat("state/fleet/example.org.applied", &before), 0);
    stage_end(&stage);
    stage_desire(&stage);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    assert_int_equal(stat("state/fleet/example.org.applied", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    stage_end(&stage);
}

/* Of a service that is not asked for, or that nobody can speak for, what was published stays. */
static void others_stay_as_they_were(void **state)
{
    (void)state;
    struct stage stage;
    stage_desire(&stage);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    stage_end(&stage);
    stage_begin(&stage);
    assert_int_equal(applied_read(&stage.work, NULL), TLSAGEN_OK);
    stage.work.services[0].selected = false;
    stage.work.services[1].faulty = true;
    put(&stage.work.services[1].desired, 9);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    const char *text = read_text("state/fleet/example.org.applied");
    assert_non_null(strstr(text, MX " 3 1 1 01\n"));
    assert_non_null(strstr(text, WWW " 3 1 1 02\n"));
    assert_null(strstr(text, "3 1 1 09"));
    stage_end(&stage);
}

static void pinned_ones_are_told_apart(void **state)
{
    (void)state;
    struct stage stage;
    stage_desire(&stage);
    put(&stage.pinned, 5);
    put(&stage.work.services[1].desired, 5);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    assert_non_null(strstr(read_text("state/fleet/example.org.applied"), WWW " pinned 3 1 1 05\n"));
    stage_end(&stage);
    stage_begin(&stage);
    assert_int_equal(applied_read(&stage.work, NULL), TLSAGEN_OK);
    assert_int_equal(stage.work.services[1].pinned.count, 1);
    assert_int_equal(stage.work.services[1].applied.count, 1);
    stage_end(&stage);
}

static void what_is_damaged_is_told(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"", NULL}, /* nothing was published */
        {"tlsagen-fleet 2\nzone example.org.\nend\n", ":2: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\n" MX " 3 1 1 01\n", ":4: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\n" MX " 3 1 1 0\nend\n", ":3: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\n" MX "\nend\n", ":3: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\n" MX " 3 1 1 01\npending\nend\n", ":4: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\nend\nmore\n", ":3: damaged"},
        {"tlsagen-fleet 1\nzone example.org.\nend", ":3: damaged"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        struct tlsagen_err err = {.message = ""};
        stage_begin(&stage);
        write_text("state/fleet/example.org.applied", cases[i].text);
        const enum tlsagen_status status = applied_read(&stage.work, &err);
        assert_int_equal(status, cases[i].line == NULL ? TLSAGEN_OK : TLSAGEN_E_SYNTAX);
        if (cases[i].line != NULL && strstr(err.message, cases[i].line) == NULL)
            fail_msg("case %zu: %s", i, err.message);
        stage_end(&stage);
    }
    assert_int_equal(unlink("state/fleet/example.org.applied"), 0);
}

/* --- the difference --- */

#define MX2 "_465._tcp.mx.example.org."
#define ALL MX " TLSA 3 1 1 01\n" MX2 " TLSA 3 1 1 01\n" WWW " TLSA 3 1 1 02\n"

static void nothing_differs(void **state)
{
    (void)state;
    struct stage stage;
    struct bulk_edit edit = {.pending = false};
    stage_desire(&stage);
    look_at(&stage, ALL "x TLSA 3 1 1 09\n", &edit);
    assert_int_equal(stage.work.report.owners, 3);
    assert_int_equal(stage.work.report.changed, 0);
    assert_int_equal(stage.work.diff.len, 0);
    assert_int_equal(edit.count, 0);
    assert_string_equal(shown(diff_wanted, &stage.work), "");
    assert_int_equal(edit.sample_count, 0);
    stage_end(&stage);
}

static void what_is_missing_comes(void **state)
{
    (void)state;
    struct stage stage;
    struct bulk_edit edit = {.pending = false};
    stage_desire(&stage);
    look_at(&stage, MX " TLSA 3 1 1 01\n" MX2 " TLSA 3 1 1 01\n", &edit);
    assert_string_equal(stage.work.diff.data, "+" WWW "\t3600\tIN\tTLSA\t3 1 1 02\n");
    assert_int_equal(edit.count, 1);
    assert_string_equal(shown(diff_wanted, &stage.work), WWW " 3600 3 1 1 02\n");
    assert_string_equal(shown(diff_former, &stage.work), WWW " gone\n");
    assert_int_equal(stage.work.report.added, 1);
    stage_end(&stage);
}

static void without_a_diff_all_else_is_the_same(void **state)
{
    (void)state;
    struct stage stage;
    struct bulk_edit edit = {.pending = false};
    stage_desire(&stage);
    stage.options.no_diff = true;
    look_at(&stage, MX " 60 TLSA 3 1 1 01\n" MX2 " 3600 TLSA 3 1 1 01\n", &edit);
    assert_int_equal(stage.work.diff.len, 0);
    assert_string_equal(shown(diff_wanted, &stage.work),
                        MX " 3600 3 1 1 01\n" WWW " 3600 3 1 1 02\n");
    assert_string_equal(shown(diff_former, &stage.work), MX " 60 3 1 1 01\n" WWW " gone\n");
    assert_int_equal(stage.work.report.added, 2);
    assert_int_equal(stage.work.report.removed, 1);
    stage_end(&stage);
}

static void another_ttl_is_mended(void **state)
{
    (void)state;
    struct stage stage;
    struct bulk_edit edit = {.pending = false};
    stage_desire(&stage);
    look_at(&stage,
            MX " 60 TLSA 3 1 1 01\n" MX2 " 3600 TLSA 3 1 1 01\n" WWW " 3600 TLSA 3 1 1 02\n",
            &edit);
    assert_string_equal(stage.work.diff.data, "-" MX "\t60\tIN\tTLSA\t3 1 1 01\n"
                                              "+" MX "\t3600\tIN\tTLSA\t3 1 1 01\n");
    assert_string_equal(shown(diff_former, &stage.work), MX " 60 3 1 1 01\n");
    stage_end(&stage);
}

/* A record that nobody declared, at an owner that lacks one of its own. */
static void unknown_ones(enum tlsagen_config_unknown unknown, size_t refused, size_t records)
{
    struct stage stage;
    struct tlsagen_rrset result;
    struct bulk_edit edit = {.pending = false};
    stage_desire(&stage);
    tlsagen_rrset_init(&result);
    stage.zone.unknown = unknown;
    look_at(&stage, MX " TLSA 3 1 1 0f\n" MX2 " TLSA 3 1 1 01\n" WWW " TLSA 3 1 1 02\n", &edit);
    const struct work_owner *owner = owners_find(&stage.work, MX, strlen(MX));
    assert_int_equal(stage.work.report.refused, refused);
    assert_int_equal(stage.work.services[0].refused, refused > 0);
    assert_int_equal(diff_changes(&stage.work, owner), refused == 0);
    assert_int_equal(stage.work.report.changed, 1 - refused);
    const struct tlsagen_buf *told = refused > 0 ? &stage.work.refusals : &stage.work.notes;
    assert_non_null(strstr(told->data, MX ": nobody declared 3 1 1 0f"));
    assert_int_equal(stage.work.refusals.len + stage.work.notes.len, told->len);
    if (refused == 0) {
        assert_int_equal(diff_result(&stage.work, owner, &result, NULL), TLSAGEN_OK);
        assert_int_equal(result.count, records);
        assert_string_equal(shown(diff_wanted, &stage.work), records == 2 ? MX " 3600 3 1 1 01\n" MX
                                                                               " 3600 3 1 1 0f\n"
                                                                          : MX " 3600 3 1 1 01\n");
        assert_string_equal(shown(diff_former, &stage.work), MX " 3600 3 1 1 0f\n");
    }
    tlsagen_rrset_clear(&result);
    stage_end(&stage);
}

static void records_that_nobody_declared(void **state)
{
    (void)state;
    unknown_ones(TLSAGEN_UNKNOWN_REFUSE, 1, 0);
    unknown_ones(TLSAGEN_UNKNOWN_KEEP, 0, 2);
    unknown_ones(TLSAGEN_UNKNOWN_REMOVE, 0, 1);
}

/* What was published once is ours, and goes whatever `unknown` says; a rollover's does, too. */
static void ours_go(void **state)
{
    (void)state;
    struct stage stage;
    stage_desire(&stage);
    put(&stage.work.services[0].applied, 7);
    put(&stage.work.services[1].known, 8);
    look_at(&stage, ALL MX " TLSA 3 1 1 07\n" WWW " TLSA 3 1 1 08\n", NULL);
    assert_string_equal(stage.work.diff.data, "-" MX "\t3600\tIN\tTLSA\t3 1 1 07\n"
                                              "-" WWW "\t3600\tIN\tTLSA\t3 1 1 08\n");
    assert_int_equal(stage.work.notes.len, 0);
    stage_end(&stage);
}

static void services_that_are_not_worked_on(void **state)
{
    (void)state;
    struct stage stage;
    stage_desire(&stage);
    stage.work.services[0].selected = false;
    stage.work.services[1].faulty = true;
    look_at(&stage, "", NULL);
    assert_int_equal(stage.work.report.owners, 0);
    assert_int_equal(stage.work.diff.len, 0);
    stage_end(&stage);
}

/* An owner that is declared no more is told, and left alone. */
static void owners_declared_no_more(void **state)
{
    (void)state;
    struct stage stage;
    write_text("state/fleet/example.org.applied",
               "tlsagen-fleet 1\nzone example.org.\n_25._tcp.old.example.org. 3 1 1 01\nend\n");
    stage_desire(&stage);
    look_at(&stage, ALL "_25._tcp.OLD TLSA 3 1 1 01\n", NULL);
    assert_int_equal(stage.work.diff.len, 0);
    assert_non_null(strstr(stage.work.notes.data, "_25._tcp.old.example.org.: its records were "
                                                  "published once, and are declared no more"));
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    assert_non_null(strstr(read_text("state/fleet/example.org.applied"), "_25._tcp.old."));
    look_at(&stage, ALL, NULL); /* once it is gone it is forgotten */
    assert_int_equal(stage.work.notes.len, 0);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    assert_null(strstr(read_text("state/fleet/example.org.applied"), "_25._tcp.old."));
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_have_each_record_once),
        cmocka_unit_test(owners_are_found_in_any_case),
        cmocka_unit_test(states_are_those_of_the_folder),
        cmocka_unit_test(what_is_published_is_remembered),
        cmocka_unit_test(the_same_is_not_written_again),
        cmocka_unit_test(others_stay_as_they_were),
        cmocka_unit_test(pinned_ones_are_told_apart),
        cmocka_unit_test(what_is_damaged_is_told),
        cmocka_unit_test(nothing_differs),
        cmocka_unit_test(what_is_missing_comes),
        cmocka_unit_test(without_a_diff_all_else_is_the_same),
        cmocka_unit_test(another_ttl_is_mended),
        cmocka_unit_test(records_that_nobody_declared),
        cmocka_unit_test(ours_go),
        cmocka_unit_test(services_that_are_not_worked_on),
        cmocka_unit_test(owners_declared_no_more),
    };
    return cmocka_run_group_tests_name("fleet_zone", tests, folder_enter, folder_leave);
}
