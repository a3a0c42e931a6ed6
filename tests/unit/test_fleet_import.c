/*
 * fleet/import.c: zones as they are, into configuration, and with that nothing is to be changed;
 * whatever the records look like.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <tlsagen/publish.h>

#include "fleet_stage.h"
#include "rollover_files.h"

#define HEAD "$TTL 3600\n@ SOA ns h 5 1h 1h 1w 1h\n@ NS ns\nns A 192.0.2.1\n"
#define DATA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct imported {
    struct tlsagen_buf text, notes;
    struct tlsagen_fleet_zone zone; /* of the run with it */
    struct tlsagen_fleet_summary summary;
    char diff[4096];
    size_t services;
};

static void take_zone(void *arg, const struct tlsagen_fleet_zone *zone)
{
    struct imported *imported = arg;
    imported->zone = *zone;
    (void)snprintf(imported->diff, sizeof(imported->diff), "%s%s%s", zone->diff, zone->notes,
                   zone->problem);
}

static void import(struct imported *imported, const char *records,
                   const struct tlsagen_reload *reload)
{
    struct tlsagen_err err = {.message = ""};
    char text[8192];
    *imported = (struct imported){.services = 0};
    (void)snprintf(text, sizeof(text), HEAD "%s", records);
    files_write_text("zone", text);
    tlsagen_buf_init(&imported->text);
    tlsagen_buf_init(&imported->notes);
    tlsagen_buf_str(&imported->text, "state-dir = state\n");
    if (tlsagen_fleet_import("zone", "example.org", reload, &imported->text, &imported->notes,
                             &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
}

/* Plans with what was imported. */
static void plan(struct imported *imported)
{
    struct fleet_stage stage;
    struct tlsagen_err err = {.message = ""};
    const struct tlsagen_fleet_options options = {
        .dry_run = true, .report = take_zone, .arg = imported};
    stage_open(&stage, imported->text.data);
    imported->services = stage.config->service_count;
    if (tlsagen_fleet_run(stage.config, &options, &imported->summary, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    assert_int_equal(imported->summary.done, 1);
    stage_close(&stage);
}

static void drop(struct imported *imported)
{
    tlsagen_buf_clear(&imported->text);
    tlsagen_buf_clear(&imported->notes);
}

/* Records that make so many services with so many owners; nothing differs, and nothing is told. */
static void round_trip(const char *what, const char *records, size_t services, size_t owners)
{
    struct imported imported;
    import(&imported, records, NULL);
    if (imported.notes.len > 0)
        fail_msg("%s: %s", what, imported.notes.data);
    plan(&imported);
    if (imported.diff[0] != '\0' || imported.summary.changed + imported.summary.refused +
                                            imported.summary.faulty + imported.summary.failed >
                                        0)
        fail_msg("%s: %s", what, imported.diff);
    if (imported.services != services || imported.zone.owners != owners)
        fail_msg("%s: %zu services, %zu owners", what, imported.services, imported.zone.owners);
    drop(&imported);
}

/* --- what comes back as it was --- */

static void owners_of_services(void **state)
{
    (void)state;
    round_trip("one", "_25._tcp.mx TLSA 3 1 1 " DATA "\n", 1, 1);
    round_trip("of the zone itself", "_443._tcp TLSA 3 1 1 " DATA "\n", 1, 1);
    round_trip("capitals", "_25._TCP.Mx.Example.ORG. TLSA 3 1 1 " DATA "\n", 1, 1);
    round_trip("escaped, and no need for it",
               "\\095\\050\\053._t\\099p.\\109x TLSA 3 1 1 " DATA "\n", 1, 1);
    round_trip("ports with the same records",
               "_25._tcp.mx TLSA 3 1 1 " DATA "\n_465._tcp.mx TLSA 3 1 1 " DATA "\n"
               "_587._tcp.mx TLSA 3 1 1 " DATA "\n",
               1, 3);
    round_trip("ports with others",
               "_25._tcp.mx TLSA 3 1 1 " DATA "\n_465._tcp.mx TLSA 3 1 1 aa\n"
               "_587._tcp.mx 60 TLSA 3 1 1 " DATA "\n",
               3, 3);
    round_trip("transports",
               "_443._tcp.x TLSA 3 1 1 aa\n_443._udp.x TLSA 3 1 1 aa\n_443._sctp.x TLSA 3 1 1 aa\n",
               3, 3);
    round_trip("beside an alias", "mx CNAME other\n_25._tcp.mx TLSA 3 1 1 " DATA "\n", 1, 1);
    round_trip("below a wildcard's place", "*.w A 192.0.2.1\n_25._tcp.a.w TLSA 3 1 1 aa\n", 1, 1);
    round_trip("underscores in the host", "_443._tcp._dane.x TLSA 3 1 1 aa\n", 1, 1);
    round_trip("a long name",
               "_25._tcp.a23456789012345678901234567890123456789012345678901234567890."
               "b23456789012345678901234567890123456789012345678901234567890."
               "c23456789012345678901234567890123456789012345678901234567890 TLSA 3 1 1 aa\n"
               "_26._tcp.a23456789012345678901234567890123456789012345678901234567890."
               "b23456789012345678901234567890123456789012345678901234567890."
               "c23456789012345678901234567890123456789012345678901234567890 TLSA 3 1 1 ab\n",
               2, 2);
}

static void records_of_all_kinds(void **state)
{
    (void)state;
    round_trip("in parts",
               "_25._tcp.mx TLSA 3 1 1 (00112233445566778899aabbccddeeff ; one half\n"
               " 00112233445566778899AABBCCDDEEFF)\n",
               1, 1);
    round_trip("as of an unknown type", "_25._tcp.mx TYPE52 \\# 5 03 01 01 aabb\n", 1, 1);
    round_trip("several, of all usages",
               "_25._tcp.mx TLSA 0 0 1 aa\n_25._tcp.mx TLSA 1 1 2 bb\n_25._tcp.mx TLSA 2 0 0 cc\n"
               "_25._tcp.mx TLSA 3 1 1 " DATA "\n",
               1, 1);
    round_trip("other combinations, for private use",
               "_25._tcp.mx TLSA 255 1 1 aa\n_25._tcp.mx TLSA 3 255 255 bb\n", 1, 1);
    round_trip("the same twice", "_25._tcp.mx TLSA 3 1 1 aa\n_25._tcp.mx TLSA 3 1 1 aa\n", 1, 1);
    round_trip("a TTL of nothing", "_25._tcp.mx 0 TLSA 3 1 1 aa\n", 1, 1);
    round_trip("the longest TTL", "_25._tcp.mx 2147483647 TLSA 3 1 1 aa\n", 1, 1);
    round_trip("another order",
               "_25._tcp.mx TLSA 3 1 1 aa\n_465._tcp.mx TLSA 3 1 1 bb\n_25._tcp.mx TLSA 3 1 1 bb\n"
               "_465._tcp.mx TLSA 3 1 1 aa\n",
               1, 2);
}

/* --- what is told --- */

static void owners_that_no_service_has(void **state)
{
    static const char *const odd[] = {
        "*.w",           "mx",          "_tcp.mx",      "_25.mx",         "_25._tcp.*.w",
        "_0._tcp.mx",    "_70000._tcp", "_025._tcp.mx", "_25._quic.mx",   "_x._tcp.mx",
        "_.mx",          "25._tcp.mx",  "_25.tcp.mx",   "_25._tcp.a\\.b", "_25._tcp.a\\032b",
        "_25\\._tcp.mx", "_25._tcp.-a",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct imported imported;
        char records[256];
        (void)snprintf(records, sizeof(records), "_443._tcp.x TLSA 3 1 1 aa\n%s TLSA 3 1 1 bb\n",
                       odd[i]);
        import(&imported, records, NULL);
        if (imported.notes.len == 0 || strstr(imported.notes.data, "left out") == NULL)
            fail_msg("%s is not told", odd[i]);
        plan(&imported);
        if (imported.services != 1 || imported.summary.changed != 0)
            fail_msg("%s: %zu services: %s", odd[i], imported.services, imported.diff);
        drop(&imported);
    }
}

/* One TTL is all that a service can have. */
static void several_ttls(void **state)
{
    (void)state;
    struct imported imported;
    import(&imported, "_25._tcp.mx 60 TLSA 3 1 1 aa\n_25._tcp.mx 90 TLSA 3 1 1 bb\n", NULL);
    assert_non_null(strstr(imported.notes.data, "several TTLs"));
    plan(&imported);
    assert_int_equal(imported.services, 1);
    drop(&imported);
}

/* --- the server --- */

static void servers_are_written_down(void **state)
{
    static char script[] = "/bin/a b", zone_word[] = "{}", odd[] = "50% \"\\",
                dollar[] = "'${A}' \"%\\";
    static char *const words[] = {script, zone_word, odd, dollar, NULL};
    const struct tlsagen_server exec = {.kind = TLSAGEN_SERVER_EXEC, .exec = words};
    const struct tlsagen_server rndc = {.kind = TLSAGEN_SERVER_RNDC,
                                        .config = "a \"%h\".conf",
                                        .key_file = "/etc/key",
                                        .host = "::1",
                                        .port = "9953",
                                        .program = "/sbin/rndc",
                                        .view = "in",
                                        .rclass = "IN"};
    const struct tlsagen_reload reloads[] = {
        {.server = &exec, .wait_ms = 5000},
        {.server = &rndc, .wait_ms = TLSAGEN_RELOAD_WAIT_MS, .address = "::1", .port = 5353}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct imported imported;
        struct fleet_stage stage;
        import(&imported, "_25._tcp.mx TLSA 3 1 1 aa\n", &reloads[i]);
        stage_open(&stage, imported.text.data);
        const struct tlsagen_config_zone *zone = stage.config->zones[0];
        assert_true(zone->has_server);
        assert_int_equal(zone->server.kind, reloads[i].server->kind);
        if (i == 0) {
            for (size_t k = 0; k < 4; k++)
                assert_string_equal(zone->server.exec[k], words[k]);
            assert_null(zone->server.exec[4]);
            assert_int_equal(zone->wait_ms, 5000);
        } else {
            const size_t len = strlen(zone->server.config), tail = strlen("/a \"%h\".conf");
            assert_int_equal(zone->server.config[0], '/');
            assert_string_equal(zone->server.config + len - tail, "/a \"%h\".conf");
            assert_string_equal(zone->server.key_file, "/etc/key");
            assert_string_equal(zone->server.host, "::1");
            assert_string_equal(zone->server.port, "9953");
            assert_string_equal(zone->server.program, "/sbin/rndc");
            assert_string_equal(zone->server.view, "in");
            assert_string_equal(zone->server.rclass, "IN");
            assert_string_equal(zone->query, "::1");
            assert_int_equal(zone->query_port, 5353);
        }
        stage_close(&stage);
        drop(&imported);
    }
}

/* A configuration has whole seconds, and a wait that is asked for is one. */
static void waits_are_rounded_up(void **state)
{
    static const struct {
        uint32_t asked;
        uint32_t written;
    } waits[] = {{0, 0}, {1, 1000}, {999, 1000}, {1000, 1000}, {1001, 2000}};
    const struct tlsagen_server rndc = {.kind = TLSAGEN_SERVER_RNDC};
    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        const struct tlsagen_reload reload = {.server = &rndc, .wait_ms = waits[i].asked};
        struct imported imported;
        struct fleet_stage stage;
        import(&imported, "_25._tcp.mx TLSA 3 1 1 aa\n", &reload);
        stage_open(&stage, imported.text.data);
        assert_int_equal(stage.config->zones[0]->wait_ms, waits[i].written);
        stage_close(&stage);
        drop(&imported);
    }
}

/* What cannot be read again is not written. */
static void control_bytes_are_refused(void **state)
{
    static char program[] = "true", odd[] = "a\nb";
    static char *const words[] = {program, odd, NULL};
    const struct tlsagen_server servers[] = {
        {.kind = TLSAGEN_SERVER_EXEC, .exec = words},
        {.kind = TLSAGEN_SERVER_NSD, .config = odd},
        {.kind = TLSAGEN_SERVER_RNDC, .view = "a\x7f"},
    };
    (void)state;
    files_write_text("zone", HEAD "_25._tcp.mx TLSA 3 1 1 aa\n");
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        const struct tlsagen_reload reload = {.server = &servers[i], .wait_ms = 1000};
        struct tlsagen_buf text, notes;
        struct tlsagen_err err;
        tlsagen_buf_init(&text);
        tlsagen_buf_init(&notes);
        assert_int_equal(tlsagen_fleet_import("zone", "example.org", &reload, &text, &notes, &err),
                         TLSAGEN_E_ARGUMENT);
        assert_int_equal(text.len, 0);
        tlsagen_buf_clear(&text);
        tlsagen_buf_clear(&notes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_of_services),         cmocka_unit_test(records_of_all_kinds),
        cmocka_unit_test(owners_that_no_service_has), cmocka_unit_test(several_ttls),
        cmocka_unit_test(servers_are_written_down),   cmocka_unit_test(waits_are_rounded_up),
        cmocka_unit_test(control_bytes_are_refused),
    };
    return cmocka_run_group_tests_name("fleet_import", tests, files_enter, files_leave);
}
