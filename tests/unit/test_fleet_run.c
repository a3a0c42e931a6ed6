/* fleet/run.c through <tlsagen/fleet.h>: which zones are done, what is summed up, and how it stops.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "fleet_stage.h"
#include "rollover_files.h"

#define PIN "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
#define SERVICE(name, host, port, pin)                                                             \
    "service " name " { host = " host "\nports = " port "\npinned = \"" PIN pin "\" }\n"
/* Two services in the first zone, one in each other; the fourth zone has none. */
#define CONF                                                                                       \
    "state-dir = state\n"                                                                          \
    "zone a.test { file = a.db }\nzone b.test { file = b.db }\nzone c.test { file = c.db }\n"      \
    "zone d.test { file = d.db }\n" SERVICE("a1", "x.a.test", "{ 25, 465 }", "01")                 \
        SERVICE("a2", "y.a.test", "443", "02") SERVICE("b1", "x.b.test", "25", "03")               \
            SERVICE("c1", "x.c.test", "25", "04")

/* What was told. */
struct told {
    struct tlsagen_config *config;
    struct tlsagen_fleet_options options;
    struct tlsagen_fleet_summary summary;
    size_t zones, services, owners, added, stop_after;
    enum tlsagen_fleet_outcome of[4]; /* by the first letter of the zone's name */
    char problem[200];
    size_t progress, progress_all;
    bool backwards;
};

static void take_zone(void *arg, const struct tlsagen_fleet_zone *zone)
{
    struct told *told = arg;
    const size_t number = (size_t)(zone->zone->name[0] - 'a');
    assert_true(number < 4);
    told->zones++;
    told->services += zone->services;
    told->owners += zone->owners;
    told->added += zone->added;
    told->of[number] = zone->outcome;
    if (zone->outcome == TLSAGEN_FLEET_FAILED)
        (void)snprintf(told->problem, sizeof(told->problem), "%s", zone->problem);
    else
        assert_string_equal(zone->problem, "");
}

static void take_progress(void *arg, size_t done, size_t all)
{
    struct told *told = arg;
    told->backwards = told->backwards || done < told->progress;
    told->progress = done;
    told->progress_all = all;
}

static bool is_stopped(void *arg)
{
    const struct told *told = arg;
    return told->zones >= told->stop_after;
}

static void write_zones(void)
{
    static const char letters[] = "abcd";
    for (const char *p = letters; *p != '\0'; p++) {
        char path[8], text[256];
        (void)snprintf(path, sizeof(path), "%c.db", *p);
        (void)snprintf(text, sizeof(text),
                       "$ORIGIN %c.test.\n$TTL 3600\n@ SOA ns h 5 1h 1h 1w 1h\n@ NS ns\nns A "
                       "192.0.2.1\n",
                       *p);
        files_write_text(path, text);
    }
}

static void begin(struct told *told, const char *conf)
{
    struct fleet_stage stage;
    stage_open(&stage, conf);
    *told = (struct told){.config = stage.config, .stop_after = SIZE_MAX};
    stage.config = NULL;
    stage_close(&stage);
    told->options = (struct tlsagen_fleet_options){
        .jobs = 1, .report = take_zone, .progress = take_progress, .stop = is_stopped, .arg = told};
}

static void run(struct told *told)
{
    struct tlsagen_err err = {.message = ""};
    told->zones = told->services = told->owners = told->added = told->progress = 0;
    if (tlsagen_fleet_run(told->config, &told->options, &told->summary, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    assert_int_equal(told->summary.done, told->zones);
    assert_false(told->backwards);
}

static void end(struct told *told)
{
    tlsagen_config_free(told->config);
    assert_int_equal(system("rm -rf state"), 0);
}

static size_t count_lines(const char *path, const char *what)
{
    char line[1024];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strstr(line, what) != NULL;
    assert_int_equal(fclose(file), 0);
    return count;
}

/* --- tests --- */

static void all_zones(void **state)
{
    (void)state;
    struct told told;
    struct stat before, after;
    write_zones();
    begin(&told, CONF);
    told.options.dry_run = true;
    run(&told);
    assert_int_equal(told.summary.zones, 3); /* of the fourth there is nothing to say */
    assert_int_equal(told.summary.done, 3);
    assert_int_equal(told.summary.changed, 3);
    assert_int_equal(told.of[0], TLSAGEN_FLEET_WOULD);
    assert_int_equal(told.services, 4);
    assert_int_equal(told.owners, 5);
    assert_int_equal(told.added, 5);
    assert_int_equal(told.progress, 4);
    assert_int_equal(told.progress_all, 4);
    assert_int_equal(count_lines("a.db", "TLSA"), 0);
    assert_int_not_equal(access("state/fleet", F_OK), 0);

    told.options.dry_run = false;
    run(&told);
    assert_int_equal(told.summary.changed, 3);
    assert_int_equal(told.of[2], TLSAGEN_FLEET_CHANGED);
    assert_int_equal(count_lines("a.db", "TLSA"), 3);
    assert_int_equal(stat("a.db", &before), 0);
    told.options.jobs = 0;
    run(&told);
    assert_int_equal(told.summary.changed, 0);
    assert_int_equal(told.summary.done, 3);
    assert_int_equal(told.of[0], TLSAGEN_FLEET_SAME);
    assert_int_equal(told.progress, 4);
    assert_int_equal(stat("a.db", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    end(&told);
}

static void services_and_zones_by_name(void **state)
{
    (void)state;
    struct told told;
    write_zones();
    begin(&told, CONF);
    const struct tlsagen_config_service *services[] = {tlsagen_config_service(told.config, "a2")};
    const struct tlsagen_config_zone *zones[] = {tlsagen_config_zone(told.config, "c.test"),
                                                 tlsagen_config_zone(told.config, "d.test")};
    told.options.services = services;
    told.options.service_count = 1;
    run(&told);
    assert_int_equal(told.summary.zones, 1);
    assert_int_equal(told.services, 1);
    assert_int_equal(told.owners, 1);
    assert_int_equal(count_lines("a.db", "_443._tcp.y.a.test."), 1);
    assert_int_equal(count_lines("a.db", "TLSA"), 1);
    told.options.zones = zones;
    told.options.zone_count = 2;
    run(&told);
    assert_int_equal(told.summary.zones, 2);
    assert_int_equal(told.summary.changed, 1);
    assert_int_equal(told.of[0], TLSAGEN_FLEET_SAME);
    assert_int_equal(told.of[2], TLSAGEN_FLEET_CHANGED);
    assert_int_equal(count_lines("b.db", "TLSA"), 0);
    /* Nobody asked for the rest so far, and now it comes. */
    told.options.services = NULL;
    told.options.zones = NULL;
    run(&told);
    assert_int_equal(told.summary.changed, 2);
    assert_int_equal(count_lines("a.db", "TLSA"), 3);
    assert_int_equal(count_lines("b.db", "TLSA"), 1);
    end(&told);
}

static void faults_are_counted_and_hold_up_nobody(void **state)
{
    (void)state;
    struct told told;
    write_zones();
    files_write_text("b.db", "(\n");
    char text[256];
    (void)snprintf(text, sizeof(text), "_25._tcp.x.c.test. 3600 TLSA 3 1 1 09\n");
    FILE *file = fopen("c.db", "a");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    begin(&told, CONF "service a3 { host = z.a.test\nports = 25\nsource = none.pem }\n");
    run(&told);
    assert_int_equal(told.summary.done, 3);
    assert_int_equal(told.summary.failed, 1);
    assert_int_equal(told.summary.refused, 1);
    assert_int_equal(told.summary.faulty, 1);
    assert_int_equal(told.summary.changed, 1);
    assert_int_equal(told.of[0], TLSAGEN_FLEET_CHANGED); /* but for the service without source */
    assert_int_equal(count_lines("a.db", "TLSA"), 3);
    assert_int_equal(told.of[1], TLSAGEN_FLEET_FAILED);
    assert_non_null(strstr(told.problem, "b.db:"));
    assert_int_equal(told.of[2], TLSAGEN_FLEET_SAME);
    assert_int_equal(count_lines("c.db", "TLSA"), 1);
    end(&told);
}

/* The zone in hand is finished, and the next run goes on. */
static void stopped_in_the_middle(void **state)
{
    (void)state;
    struct told told;
    write_zones();
    begin(&told, CONF);
    told.stop_after = 1;
    run(&told);
    assert_int_equal(told.summary.zones, 3);
    assert_int_equal(told.summary.done, 1);
    assert_int_equal(told.summary.changed, 1);
    assert_int_equal(count_lines("a.db", "TLSA"), 3);
    assert_int_equal(count_lines("b.db", "TLSA"), 0);
    told.stop_after = 0;
    run(&told);
    assert_int_equal(told.summary.done, 0);
    assert_int_equal(told.progress, 0);
    told.stop_after = SIZE_MAX;
    run(&told);
    assert_int_equal(told.summary.done, 3);
    assert_int_equal(told.summary.changed, 2);
    end(&told);
}

/* One run at a time changes something; looking on is free. */
static void another_run(void **state)
{
    (void)state;
    struct told told;
    struct state_home home;
    struct tlsagen_err err = {.message = ""};
    int lock = -1;
    write_zones();
    begin(&told, CONF);
    assert_int_equal(state_home_open("state", &home, NULL), TLSAGEN_OK);
    assert_int_equal(state_lock(&home, NULL, 0, &lock, NULL), TLSAGEN_OK);
    told.options.lock_ms = 1;
    assert_int_equal(tlsagen_fleet_run(told.config, &told.options, &told.summary, &err),
                     TLSAGEN_E_TIMEOUT);
    assert_int_equal(told.zones, 0);
    assert_int_equal(told.summary.done, 0);
    assert_int_equal(count_lines("a.db", "TLSA"), 0);
    told.options.dry_run = true;
    run(&told);
    assert_int_equal(told.summary.changed, 3);
    state_unlock(lock);
    state_home_close(&home);
    end(&told);
}

/* More services than a thread takes at once, in one zone. */
static void many_services(void **state)
{
    (void)state;
    const size_t count = 700;
    struct told told;
    struct tlsagen_buf text;
    write_zones();
    tlsagen_buf_init(&text);
    tlsagen_buf_str(&text, "state-dir = state\nzone a.test { file = a.db }\n");
    for (size_t i = 0; i < count; i++)
        tlsagen_buf_printf(&text, SERVICE("s%zu", "h%zu.a.test", "25", "05"), i, i);
    assert_false(text.failed);
    begin(&told, text.data);
    tlsagen_buf_clear(&text);
    told.options.jobs = 4;
    run(&told);
    assert_int_equal(told.services, count);
    assert_int_equal(told.added, count);
    assert_int_equal(told.progress, count);
    assert_int_equal(count_lines("a.db", "TLSA"), count);
    run(&told);
    assert_int_equal(told.summary.changed, 0);
    end(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_zones),
        cmocka_unit_test(services_and_zones_by_name),
        cmocka_unit_test(faults_are_counted_and_hold_up_nobody),
        cmocka_unit_test(stopped_in_the_middle),
        cmocka_unit_test(another_run),
        cmocka_unit_test(many_services),
    };
    return cmocka_run_group_tests_name("fleet_run", tests, files_enter, files_leave);
}
