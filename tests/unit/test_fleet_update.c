/* fleet/update.c: what goes into one dynamic update, and what becomes of a zone changed in parts.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/update.h>

static enum tlsagen_status play_update(const struct tlsagen_update *update,
                                       struct tlsagen_update_result *result,
                                       struct tlsagen_err *err);

/* The server is played: what it is sent ends in `played`. */
#define tlsagen_update_run play_update
#include "fleet/update.c"
#undef tlsagen_update_run

#define OWNERS 2000
#define MESSAGE 65535U /* bytes, RFC 1035 section 4.2.2 */
#define AROUND 1000U   /* header, zone, TSIG */
#define RR 10U         /* type, class, TTL and length of a record */
#define RECORD 3U      /* usage, selector, matching type */

static struct {
    size_t parts;
    size_t fail_at; /* the number of the part that the server refuses; 0: none */
    bool lost;      /* that one's answer does not come */
    size_t records;
    size_t largest;         /* part, in wire form */
    unsigned seen[OWNERS];  /* records of each owner */
    size_t last_of[OWNERS]; /* the part that each owner was in */
    bool torn;              /* an owner in two parts */
} played;

/* How many bytes an owner's records take: in the condition, what goes, and what comes. */
static size_t wire_old, wire_new;

static enum tlsagen_status play_update(const struct tlsagen_update *update,
                                       struct tlsagen_update_result *result,
                                       struct tlsagen_err *err)
{
    size_t wire = AROUND;
    result->unknown = false;
    if (++played.parts == played.fail_at) {
        result->unknown = played.lost;
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "REFUSED");
    }
    assert_int_equal(update->verb, TLSAGEN_UPDATE_PUT);
    assert_string_equal(update->zone, "example.org.");
    assert_int_equal(update->records[update->len - 1], '\n');
    for (const char *line = update->records; line < update->records + update->len;
         line = strchr(line, '\n') + 1) {
        unsigned number;
        assert_int_equal(sscanf(line, "_25._tcp.h%u.", &number), 1);
        assert_true(number < OWNERS);
        played.records++;
        if (played.seen[number]++ == 0)
            wire += wire_old;
        else if (played.last_of[number] != played.parts)
            played.torn = true;
        played.last_of[number] = played.parts;
        wire += wire_new;
    }
    played.largest = wire > played.largest ? wire : played.largest;
    return TLSAGEN_OK;
}

/* A zone of owners with `comes` records each, where `goes` others of as many bytes stand. */
struct stage {
    struct tlsagen_config_zone zone;
    struct tlsagen_rrset none;
    struct tlsagen_config_service *services;
    const char **owners;
    char (*names)[64];
    struct fleet fleet;
    struct work work;
};

static void put(struct tlsagen_rrset *set, size_t len, uint8_t number)
{
    static uint8_t data[8192];
    assert_true(len <= sizeof(data));
    data[0] = number;
    assert_int_equal(tlsagen_rrset_add(set, (struct tlsagen_fields){3, 1, 1}, data, len, NULL),
                     TLSAGEN_OK);
}

static void begin(struct stage *stage, size_t count, uint8_t comes, uint8_t goes, size_t len)
{
    *stage = (struct stage){.zone = {.name = "example.org.", .unknown = TLSAGEN_UNKNOWN_REMOVE}};
    stage->services = calloc(count, sizeof(*stage->services));
    stage->owners = calloc(count, sizeof(*stage->owners));
    stage->names = calloc(count, sizeof(*stage->names));
    stage->work = (struct work){.fleet = &stage->fleet,
                                .config = &stage->zone,
                                .services = calloc(count, sizeof(*stage->work.services)),
                                .service_count = count};
    assert_true(stage->services != NULL && stage->owners != NULL && stage->names != NULL &&
                stage->work.services != NULL);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(stage->names[i], 64, "_25._tcp.h%zu.example.org.", i);
        stage->owners[i] = stage->names[i];
        stage->services[i] = (struct tlsagen_config_service){
            .owners = &stage->owners[i], .port_count = 1, .pinned = &stage->none, .ttl = 3600};
        stage->work.services[i].config = &stage->services[i];
        stage->work.services[i].selected = true;
        for (uint8_t k = 0; k < comes; k++)
            put(&stage->work.services[i].desired, len, k);
    }
    assert_int_equal(owners_make(&stage->work, 0, NULL), TLSAGEN_OK);
    for (size_t i = 0; i < stage->work.owner_count; i++) {
        struct tlsagen_rrset old;
        tlsagen_rrset_init(&old);
        for (uint8_t k = 0; k < goes; k++)
            put(&old, len, (uint8_t)(comes + k));
        for (size_t k = 0; k < old.count; k++)
            assert_int_equal(owners_other(&stage->work.owners[i], &old.records[k], NULL),
                             TLSAGEN_OK);
        stage->work.owners[i].there = goes > 0;
        stage->work.owners[i].ttl = 3600;
        tlsagen_rrset_clear(&old);
    }
    memset(&played, 0, sizeof(played));
    const size_t one = strlen(stage->names[count - 1]) + 1 + RR + RECORD + len;
    wire_old = 2 * goes * one; /* as a condition, and as what goes */
    wire_new = one;
}

static void end(struct stage *stage)
{
    work_clear(&stage->work);
    free(stage->services);
    free(stage->owners);
    free(stage->names);
}

static void each_record_is_sent_once(void **state)
{
    (void)state;
    struct stage stage;
    begin(&stage, OWNERS, 2, 0, 32);
    assert_int_equal(send_all(&stage.work, NULL), TLSAGEN_OK);
    assert_true(played.parts > 1);
    assert_int_equal(played.records, 2 * OWNERS);
    for (size_t i = 0; i < OWNERS; i++)
        assert_int_equal(played.seen[i], 2);
    assert_false(played.torn);
    assert_true(played.largest < MESSAGE);
    assert_false(stage.work.undefined);
    end(&stage);
}

/* Whatever the sizes are, each part fits into a message. */
static void parts_fit_into_messages(void **state)
{
    static const struct {
        size_t count;
        uint8_t comes, goes;
        size_t len;
    } cases[] = {{OWNERS, 1, 1, 32}, {OWNERS, 1, 4, 64}, {500, 3, 3, 400}, {60, 1, 1, 4000},
                 {1, 1, 0, 32},      {20, 4, 1, 2000},   {9, 2, 0, 7000}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        begin(&stage, cases[i].count, cases[i].comes, cases[i].goes, cases[i].len);
        assert_int_equal(send_all(&stage.work, NULL), TLSAGEN_OK);
        assert_int_equal(played.records, cases[i].count * cases[i].comes);
        assert_false(played.torn);
        if (played.largest >= MESSAGE)
            fail_msg("case %zu: %zu bytes", i, played.largest);
        /* And they are not so small that a zone takes many. */
        const size_t all = cases[i].count * (wire_old + cases[i].comes * wire_new);
        if (played.parts > 1 + all / (MESSAGE / 6))
            fail_msg("case %zu: %zu parts for %zu bytes", i, played.parts, all);
        end(&stage);
    }
}

static void what_is_right_is_not_sent(void **state)
{
    (void)state;
    struct stage stage;
    begin(&stage, 10, 1, 0, 32);
    for (size_t i = 0; i < stage.work.owner_count; i++) {
        stage.work.owners[i].there = i != 3;
        stage.work.owners[i].found = i != 3;
    }
    assert_int_equal(send_all(&stage.work, NULL), TLSAGEN_OK);
    assert_int_equal(played.parts, 1);
    assert_int_equal(played.records, 1);
    stage.work.owners[3].there = true;
    stage.work.owners[3].found = 1;
    memset(&played, 0, sizeof(played));
    assert_int_equal(send_all(&stage.work, NULL), TLSAGEN_OK);
    assert_int_equal(played.parts, 0);
    end(&stage);
}

/* The first part alone changes nothing when it is refused; with a later one a part is done. */
static void a_part_that_is_refused(void **state)
{
    (void)state;
    for (size_t at = 1; at <= 3; at++) {
        struct stage stage;
        struct tlsagen_err err = {.message = ""};
        char wanted[100] = "REFUSED";
        begin(&stage, OWNERS, 1, 1, 64);
        stage.work.report.changed = OWNERS;
        played.fail_at = at;
        assert_int_equal(send_all(&stage.work, &err), TLSAGEN_E_NETWORK);
        assert_int_equal(played.parts, at);
        assert_int_equal(stage.work.undefined, at > 1);
        if (at > 1) /* an owner has one record */
            (void)snprintf(wanted, sizeof(wanted),
                           "%zu of %d owners are done, and stay so; the others: REFUSED",
                           played.records, OWNERS);
        assert_string_equal(err.message, wanted);
        end(&stage);
    }
}

/* Whether the server did it nobody knows. */
static void an_answer_that_is_lost(void **state)
{
    (void)state;
    struct stage stage;
    struct tlsagen_err err = {.message = ""};
    begin(&stage, 10, 1, 0, 32);
    played.fail_at = 1;
    played.lost = true;
    assert_int_equal(send_all(&stage.work, &err), TLSAGEN_E_NETWORK);
    assert_true(stage.work.undefined);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_sent_once),  cmocka_unit_test(parts_fit_into_messages),
        cmocka_unit_test(what_is_right_is_not_sent), cmocka_unit_test(a_part_that_is_refused),
        cmocka_unit_test(an_answer_that_is_lost),
    };
    return cmocka_run_group_tests_name("fleet_update", tests, NULL, NULL);
}
