/* fleet/diff.c, owners.c and applied.c at their edges; the ordinary is in test_fleet_zone.c. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "fleet_stage.h"
#include "rollover_files.h"

#define SOA "$TTL 3600\n@ SOA ns h 1 1h 1h 1w 1h\n"
#define MX "_25._tcp.mx.example.org."
#define CONF                                                                                       \
    "state-dir = state\nzone example.org { file = zone\nunknown = %s }\n"                          \
    "service mx { host = mx.example.org\nports = { 25, 465 }\npinned = { %s } }\n"
#define APPLIED "state/fleet/example.org.applied"

struct stage {
    struct fleet_stage fleet;
    struct work work;
    struct bulk_edit edit;
};

static void begin(struct stage *stage, const char *unknown, const char *pinned)
{
    char conf[512];
    struct tlsagen_err err = {.message = ""};
    (void)snprintf(conf, sizeof(conf), CONF, unknown, pinned);
    stage_open(&stage->fleet, conf);
    stage->edit = (struct bulk_edit){.pending = false};
    stage->work = (struct work){.fleet = &stage->fleet.fleet,
                                .desiring = &stage->fleet.desiring,
                                .config = stage->fleet.config->zones[0],
                                .services = calloc(1, sizeof(struct work_service)),
                                .service_count = 1};
    assert_non_null(stage->work.services);
    stage->work.services[0].config = stage->fleet.config->services[0];
    stage->work.services[0].selected = true;
    if (work_prepare(&stage->work, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    assert_false(stage->work.services[0].faulty);
}

static void look_at(struct stage *stage, const char *records)
{
    struct tlsagen_err err = {.message = ""};
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_buf_printf(&text, "%s%s", SOA, records);
    files_write_text("zone", text.data);
    tlsagen_buf_clear(&text);
    stage->edit = (struct bulk_edit){.pending = false};
    if (look_file(&stage->work, &err) != TLSAGEN_OK ||
        diff_make(&stage->work, &stage->edit, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
}

static const char *diff_of(const struct stage *stage)
{
    return stage->work.diff.len > 0 ? stage->work.diff.data : "";
}

static void end(struct stage *stage)
{
    work_clear(&stage->work);
    stage_close(&stage->fleet);
    assert_int_equal(system("rm -rf state"), 0);
}

static void put(struct tlsagen_rrset *set, uint8_t byte)
{
    assert_int_equal(tlsagen_rrset_add(set, (struct tlsagen_fields){3, 1, 1}, &byte, 1, NULL),
                     TLSAGEN_OK);
}

/* --- the difference --- */

/* One TTL for the whole RRset (RFC 2181 section 5.2), also where the first record has it. */
static void ttls_within_an_rrset(void **state)
{
    (void)state;
    struct stage stage;
    begin(&stage, "refuse", "\"3 1 1 01\", \"3 1 1 02\"");
    look_at(&stage, MX " TLSA 3 1 1 01\n" MX " 60 TLSA 3 1 1 02\n"
                       "_465._tcp.mx TLSA 3 1 1 01\n_465._tcp.mx TLSA 3 1 1 02\n");
    assert_int_equal(stage.work.report.changed, 1);
    assert_non_null(strstr(diff_of(&stage), "+" MX "\t3600\tIN\tTLSA\t3 1 1 02\n"));
    end(&stage);
}

/* Another's record that is kept comes under the TTL of the RRset, too. */
static void others_have_the_ttl(void **state)
{
    (void)state;
    struct stage stage;
    begin(&stage, "keep", "\"3 1 1 01\"");
    look_at(&stage, MX " 60 TLSA 3 1 1 01\n" MX " 60 TLSA 3 1 1 0f\n"
                       "_465._tcp.mx TLSA 3 1 1 01\n");
    assert_string_equal(diff_of(&stage), "-" MX "\t60\tIN\tTLSA\t3 1 1 01\n"
                                         "-" MX "\t60\tIN\tTLSA\t3 1 1 0f\n"
                                         "+" MX "\t3600\tIN\tTLSA\t3 1 1 01\n"
                                         "+" MX "\t3600\tIN\tTLSA\t3 1 1 0f\n");
    struct tlsagen_rrset result;
    tlsagen_rrset_init(&result);
    const struct work_owner *owner = owners_find(&stage.work, MX, strlen(MX));
    assert_int_equal(diff_result(&stage.work, owner, &result, NULL), TLSAGEN_OK);
    assert_int_equal(result.count, 2);
    tlsagen_rrset_clear(&result);
    assert_int_equal(stage.edit.count, 1);
    assert_int_equal(stage.work.report.added, 2);
    assert_int_equal(stage.work.report.removed, 2);
    /* When the server is asked later, more than the desired ones may be there. */
    assert_int_equal(stage.edit.sample_count, 1);
    assert_true(stage.edit.samples[0].more);
    end(&stage);
    begin(&stage, "remove", "\"3 1 1 01\"");
    look_at(&stage, MX " TLSA 3 1 1 01\n" MX " TLSA 3 1 1 0f\n_465._tcp.mx TLSA 3 1 1 01\n");
    assert_string_equal(diff_of(&stage), "-" MX "\t3600\tIN\tTLSA\t3 1 1 0f\n");
    assert_false(stage.edit.samples[0].more);
    end(&stage);
}

/* As many as an owner can have: the last one counts as well. */
static void as_many_as_there_can_be(void **state)
{
    (void)state;
    for (size_t count = WORK_RECORDS - 1; count <= WORK_RECORDS; count++) {
        struct stage stage;
        struct tlsagen_buf records;
        begin(&stage, "refuse", "\"3 1 1 00\"");
        for (uint8_t i = 1; i < count; i++)
            put(&stage.work.services[0].desired, i);
        assert_int_equal(stage.work.services[0].desired.count, count);
        tlsagen_buf_init(&records);
        for (size_t i = 0; i < count; i++)
            tlsagen_buf_printf(&records, MX " TLSA 3 1 1 %02zx\n_465._tcp.mx TLSA 3 1 1 %02zx\n", i,
                               i);
        look_at(&stage, records.data);
        assert_string_equal(diff_of(&stage), "");
        *strstr(records.data, records.data + records.len - strlen("_465._tcp.mx TLSA 3 1 1 3f\n")) =
            ';'; /* the last record of the second owner */
        look_at(&stage, records.data);
        assert_int_equal(stage.work.report.changed, 1);
        assert_int_equal(stage.work.report.added, 1);
        tlsagen_buf_clear(&records);
        end(&stage);
    }
}

/* --- owners --- */

/* Many small tables and a large one, so that names share places, also the last one. */
static void owners_in_tables(void **state)
{
    (void)state;
    for (size_t round = 0; round < 100; round++) {
        const size_t count = round == 0 ? 5000 : 20 + round % 12;
        struct work work = {.fleet = NULL};
        assert_int_equal(owners_make(&work, count, NULL), TLSAGEN_OK);
        assert_true(tlsagen_buf_reserve(&work.names, count * 64));
        for (size_t i = 0; i < count; i++) {
            char name[64];
            const int len = snprintf(name, sizeof(name), "_25._tcp.h%zu.example.org.", i + round);
            assert_null(owners_find(&work, name, (size_t)len));
            assert_non_null(owners_add(&work, name, (size_t)len));
        }
        for (size_t i = 0; i < count; i++) {
            char name[64];
            const int len = snprintf(name, sizeof(name), "_25._TCP.H%zu.example.org.", i + round);
            const struct work_owner *owner = owners_find(&work, name, (size_t)len);
            assert_ptr_equal(owner, &work.owners[i]);
        }
        for (size_t len = 0; len < strlen("_25._tcp.h"); len++)
            assert_null(owners_find(&work, "_25._tcp.h", len));
        assert_null(owners_find(&work, "_25._tcp.h1.example.org.net.", 28));
        work_clear(&work);
    }
}

/* --- what was published last --- */

/* At one of its owners nothing may be changed: what was published there is ours still. */
static void a_refused_service_forgets_nothing(void **state)
{
    (void)state;
    struct stage stage;
    begin(&stage, "refuse", "\"3 1 1 01\"");
    put(&stage.work.services[0].applied, 7);
    look_at(&stage, MX " TLSA 3 1 1 0f\n" MX " TLSA 3 1 1 07\n_465._tcp.mx TLSA 3 1 1 07\n");
    assert_true(stage.work.services[0].refused);
    assert_int_equal(stage.work.report.changed, 1);
    assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
    work_clear(&stage.work);
    stage_close(&stage.fleet);
    begin(&stage, "refuse", "\"3 1 1 01\"");
    assert_int_equal(stage.work.services[0].applied.count, 1);
    assert_int_equal(stage.work.services[0].applied.records[0].data[0], 7);
    assert_int_equal(stage.work.services[0].pinned.count, 1);
    end(&stage);
}

/* Each zone has one file, in the folder, whatever its name. */
static void names_of_zones(void **state)
{
    static const struct {
        const char *name, *file;
    } cases[] = {{"0/25.2.0.192.in-addr.arpa.", "state/fleet/0%2f25.2.0.192.in-addr.arpa.applied"},
                 {".", "state/fleet/%2e.applied"},
                 {"a%2fb.test.", "state/fleet/a%252fb.test.applied"},
                 {"a\\032b.test.", "state/fleet/a\\032b.test.applied"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        begin(&stage, "refuse", "\"3 1 1 01\"");
        struct tlsagen_config_zone zone = *stage.work.config;
        zone.name = cases[i].name;
        stage.work.config = &zone;
        assert_int_equal(applied_write(&stage.work, APPLIED_DONE, NULL), TLSAGEN_OK);
        assert_int_equal(access(cases[i].file, F_OK), 0);
        end(&stage);
    }
}

/* Somebody else's file is not read, and not written through. */
static void no_links_and_folders(void **state)
{
    (void)state;
    struct stage stage;
    struct tlsagen_err err = {.message = ""};
    begin(&stage, "refuse", "\"3 1 1 01\"");
    files_write_text("elsewhere", "tlsagen-fleet 1\nzone example.org.\nend\n");
    assert_int_equal(mkdir("state", 0755) + mkdir("state/fleet", 0755), 0);
    assert_int_equal(symlink("../../elsewhere", APPLIED), 0);
    struct work again = {.fleet = stage.work.fleet, .config = stage.work.config};
    assert_int_equal(applied_read(&again, &err), TLSAGEN_E_SYSTEM);
    assert_non_null(strstr(err.message, APPLIED));
    work_clear(&again);
    assert_int_equal(unlink(APPLIED) + mkdir(APPLIED, 0755), 0);
    again = (struct work){.fleet = stage.work.fleet, .config = stage.work.config};
    assert_int_equal(applied_read(&again, &err), TLSAGEN_E_KIND);
    work_clear(&again);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ttls_within_an_rrset),
        cmocka_unit_test(others_have_the_ttl),
        cmocka_unit_test(as_many_as_there_can_be),
        cmocka_unit_test(owners_in_tables),
        cmocka_unit_test(a_refused_service_forgets_nothing),
        cmocka_unit_test(names_of_zones),
        cmocka_unit_test(no_links_and_folders),
    };
    return cmocka_run_group_tests_name("fleet_diff", tests, files_enter, files_leave);
}
