/* fleet/desired.c and rolling.c: what should be published for a service, at rest and with a state.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "fleet_stage.h"
#include "rollover_files.h"

#define HEAD "state-dir = state\nzone example.org { file = zone }\n"
#define MX HEAD "service mx { host = mail.example.org\nports = 25\n"
#define NAME "mx"
#define VERSION ".live/2026-11-23T10-33-20Z-cc01000000000000"
#define PIN "2 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void write_cert(const char *path, X509 *cert)
{
    files_write(path, NULL, cert, NULL);
}

/* A service that wants count records; what it was told is in its note. */
static void find(const char *conf, const char *service, const struct tlsagen_rrset *applied,
                 size_t count, struct work_service *found)
{
    struct fleet_stage stage;
    stage_open(&stage, conf);
    stage_find(&stage, service, applied, found);
    if (found->desired.count != count || found->faulty != (count == 0))
        fail_msg("%zu records, faulty %d: %s", found->desired.count, found->faulty,
                 found->note != NULL ? found->note : "no note");
    found->config = NULL; /* it goes with the stage */
    stage_close(&stage);
}

static void assert_noted(const struct work_service *found, const char *what)
{
    if (what == NULL ? found->note != NULL
                     : found->note == NULL || strstr(found->note, what) == NULL)
        fail_msg("note: %s", found->note != NULL ? found->note : "none");
}

/* --- without a state --- */

static void records_of_the_configuration(void **state)
{
    const struct files *files = *state;
    struct work_service found;
    write_cert("a.pem", files->ec);
    find(MX "source = a.pem }\n", NAME, NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_noted(&found, NULL);
    assert_null(found.rolling);
    stage_drop(&found);

    files_write("a.pem", NULL, files->ec, files->ca, files->root, NULL);
    find(MX "source = a.pem\nrecords = { \"2 1 1\" } }\n", NAME, NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "2 1 1", files->ca)); /* the issuer, not the root */
    stage_drop(&found);

    write_cert("backup.pem", files->root);
    find(MX "source = a.pem\nrecords = { \"2 1 1\", \"3 0 2\" }\nbackup-ca = backup.pem }\n", NAME,
         NULL, 3, &found);
    assert_true(set_has_cert(&found.desired, "2 1 1", files->ca));
    assert_true(set_has_cert(&found.desired, "2 1 1", files->root));
    assert_true(set_has_cert(&found.desired, "3 0 2", files->ec));
    stage_drop(&found);

    find(MX "source = a.pem\npinned = \"" PIN "\" }\n", NAME, NULL, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    stage_drop(&found);
    find(MX "pinned = \"" PIN "\" }\n", NAME, NULL, 1, &found);
    assert_int_equal(found.desired.records[0].fields.usage, TLSAGEN_USAGE_DANE_TA);
    stage_drop(&found);
}

static void several_sources(void **state)
{
    const struct files *files = *state;
    struct work_service found;
    write_cert("a.pem", files->ec);
    write_cert("b.pem", files->rsa);
    (void)unlink("c.pem");
    find(MX "source = { a.pem, b.pem, c.pem } }\n", NAME, NULL, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->rsa));
    stage_drop(&found);
    files_write("b.pem", files->rsa_key, files->rsa, NULL); /* all of them are read as one then */
    find(MX "source = { a.pem, b.pem, c.pem } }\n", NAME, NULL, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->rsa));
    stage_drop(&found);
    find(MX "source = c.pem }\n", NAME, NULL, 0, &found);
    assert_noted(&found, "c.pem: no server's certificate yet");
    stage_drop(&found);
}

/* One certificate for several hosts, and one for each. */
static void groups_of_hosts(void **state)
{
    static const char conf[] =
        HEAD "service-template web { ports = { 443, 8443 }\nsource = %h.pem\n"
             "hosts = { mail.example.org, www.example.org } }\n"
             "service-template mx { ports = 25\nsource = a.pem\nhosts = { a.example.org, "
             "b.example.org } }\n";
    const struct files *files = *state;
    struct work_service found;
    write_cert("mail.example.org.pem", files->ec);
    write_cert("www.example.org.pem", files->rsa);
    write_cert("a.pem", files->next);
    find(conf, "web@mail.example.org", NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    stage_drop(&found);
    find(conf, "web@www.example.org", NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->rsa));
    stage_drop(&found);
    find(conf, "mx@b.example.org", NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    stage_drop(&found);
}

/* What was published stays beside what is new, and without a certificate. */
static void what_was_published_stays(void **state)
{
    const struct files *files = *state;
    struct work_service found;
    struct tlsagen_rrset applied;
    tlsagen_rrset_init(&applied);
    set_add_cert(&applied, "3 1 1", files->rsa);
    write_cert("a.pem", files->next);
    find(MX "source = a.pem }\n", NAME, &applied, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->rsa));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    assert_noted(&found, "a new key");
    stage_drop(&found);
    write_cert("a.pem", files->rsa);
    find(MX "source = a.pem }\n", NAME, &applied, 1, &found);
    assert_noted(&found, NULL);
    stage_drop(&found);
    files_write_text("a.pem", "damaged\n");
    find(MX "source = a.pem }\n", NAME, &applied, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->rsa));
    assert_noted(&found, "what was published stays");
    stage_drop(&found);
    tlsagen_rrset_clear(&applied);
}

/* `records` was changed: a strict client has a match all the time, whichever certificate is shown.
 */
static void other_combinations(void **state)
{
    static const char conf[] = MX "source = a.pem\nrecords = { \"3 1 1\" } }\n";
    const struct files *files = *state;
    struct work_service found;
    struct tlsagen_rrset applied;
    tlsagen_rrset_init(&applied);
    set_add_cert(&applied, "3 0 1", files->ec);
    write_cert("a.pem", files->ec);
    find(conf, NAME, &applied, 2, &found); /* the same certificate */
    assert_true(set_has_cert(&found.desired, "3 0 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    stage_drop(&found);
    write_cert("a.pem", files->renewed); /* the same key */
    find(conf, NAME, &applied, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 0 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 0 1", files->renewed));
    stage_drop(&found);
    tlsagen_rrset_clear(&applied);
}

/* `live` is in use, `source` comes after it; before the first switch it comes alone. */
static void live_and_source(void **state)
{
    static const char conf[] = MX "source = { a.pem, a.key }\nlive = live }\n";
    const struct files *files = *state;
    struct work_service found;
    files_write("a.key", files->next_key, NULL);
    write_cert("a.pem", files->next);
    (void)unlink("live");
    find(conf, NAME, NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    stage_drop(&found);
    assert_int_equal(mkdir(".live", 0700) + mkdir(VERSION, 0700), 0);
    files_write(VERSION "/fullchain.pem", NULL, files->ec, files->ca, NULL);
    assert_int_equal(symlink(VERSION, "live"), 0);
    find(conf, NAME, NULL, 1, &found); /* a rollover cannot read this */
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_noted(&found, "no server's certificate yet");
    stage_drop(&found);
    files_write(VERSION "/combined.pem", files->ec_key, files->ec, files->ca, NULL);
    find(conf, NAME, NULL, 2, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    assert_noted(&found, NULL);
    stage_drop(&found);
    write_cert("a.pem", files->other); /* that no rollover would deploy */
    find(conf, NAME, NULL, 1, &found);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_noted(&found, "does not cover mail.example.org.");
    stage_drop(&found);
    assert_int_equal(unlink("live"), 0);
}

static void too_many(void **state)
{
    const struct files *files = *state;
    struct fleet_stage stage;
    struct work_service found;
    struct tlsagen_rrset applied;
    tlsagen_rrset_init(&applied);
    for (uint8_t i = 0; i < WORK_RECORDS; i++)
        assert_int_equal(tlsagen_rrset_add(&applied, (struct tlsagen_fields){3, 1, 1}, &i, 1, NULL),
                         TLSAGEN_OK);
    write_cert("a.pem", files->ec);
    stage_open(&stage, MX "source = a.pem }\n");
    stage_find(&stage, NAME, &applied, &found);
    assert_true(found.faulty);
    assert_noted(&found, "a new key"); /* the first note */
    stage_drop(&found);
    tlsagen_rrset_clear(&applied);
    stage_close(&stage);
}

/* --- with a state at rest --- */

static void at_rest(void **state)
{
    static const char *const paths[] = {"a.pem"};
    const struct files *files = *state;
    struct fleet_stage stage;
    struct work_service found;
    stage_open(&stage, MX "source = a.pem }\n");
    files_write("a.pem", NULL, files->ec, files->ca, NULL);
    stage_rest(&stage, NAME, paths, 1);
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 1);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_true(set_has_cert(&found.known, "3 1 1", files->ec));
    assert_noted(&found, NULL);
    assert_null(found.rolling);
    stage_drop(&found);
    assert_int_equal(unlink("a.pem"), 0); /* what is published stays */
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 1);
    assert_false(found.faulty);
    stage_drop(&found);
    write_cert("a.pem", files->other); /* no next one, as a rollover sees it */
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 1);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_noted(&found, "does not cover mail.example.org.");
    assert_null(found.rolling);
    stage_drop(&found);
    stage_close(&stage);
}

static void read_facts(const struct fleet_stage *stage, struct model_facts *facts)
{
    struct state state;
    bool there = false;
    state_init(&state);
    assert_int_equal(state_read(&stage->fleet.rollover->home, NAME, &state, &there, NULL),
                     TLSAGEN_OK);
    assert_true(there);
    *facts = state.facts;
    state_clear(&state);
}

/* The next key comes beside the one in use; its rollover knows, before and after it is published.
 */
static void the_next_key(bool done)
{
    struct fleet_stage stage;
    struct model_facts facts;
    struct work_service found;
    stage_open(&stage, MX "source = a.pem }\n");
    stage_find(&stage, NAME, NULL, &found);
    struct work work = {.fleet = &stage.fleet, .services = &found, .service_count = 1};
    assert_int_equal(found.desired.count, 2);
    assert_noted(&found, "a new key");
    assert_non_null(found.rolling);
    read_facts(&stage, &facts);
    assert_false(facts.next.known); /* nothing is published yet */
    assert_int_equal(rolling_begin(&work, NULL), TLSAGEN_OK);
    read_facts(&stage, &facts);
    assert_true(facts.next.known);
    assert_int_not_equal(facts.intent_at, 0);
    assert_true(facts.intent != facts.written);
    assert_int_equal(rolling_end(&work, done, NULL), TLSAGEN_OK);
    read_facts(&stage, &facts);
    assert_true(facts.next.known);
    assert_int_equal(facts.written == (facts.current.wants | facts.next.wants), done);
    assert_int_equal(facts.next_written != 0, done);
    stage_drop(&found);
    stage_close(&stage);
}

static void a_next_key_is_taken_up(void **state)
{
    static const char *const paths[] = {"a.pem"};
    const struct files *files = *state;
    struct fleet_stage stage;
    struct work_service found;
    stage_open(&stage, MX "source = a.pem }\n");
    write_cert("a.pem", files->ec);
    stage_rest(&stage, NAME, paths, 1);
    stage_close(&stage);
    write_cert("a.pem", files->next);
    the_next_key(true);
    /* It is under way now, and this is nobody else's. */
    stage_open(&stage, MX "source = a.pem }\n");
    write_cert("a.pem", files->rsa);
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 2);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    assert_null(found.rolling);
    stage_drop(&found);
    /* Where it could not be published the rollover stands where it stood. */
    write_cert("a.pem", files->ec);
    stage_rest(&stage, NAME, paths, 1);
    stage_close(&stage);
    write_cert("a.pem", files->next);
    the_next_key(false);
}

/* A service left alone in the zone leaves its rollover alone. */
static void a_refused_one_begins_nothing(void **state)
{
    static const char *const paths[] = {"a.pem"};
    const struct files *files = *state;
    struct fleet_stage stage;
    struct model_facts facts;
    struct work_service found;
    stage_open(&stage, MX "source = a.pem }\n");
    write_cert("a.pem", files->ec);
    stage_rest(&stage, NAME, paths, 1);
    write_cert("a.pem", files->next);
    stage_find(&stage, NAME, NULL, &found);
    struct work work = {.fleet = &stage.fleet, .services = &found, .service_count = 1};
    assert_non_null(found.rolling);
    found.refused = true;
    assert_int_equal(rolling_begin(&work, NULL), TLSAGEN_OK);
    assert_int_equal(rolling_end(&work, true, NULL), TLSAGEN_OK);
    read_facts(&stage, &facts);
    assert_false(facts.next.known);
    stage_drop(&found);
    stage_close(&stage);
}

/* Another combination in the configuration waits for a look at the name servers. */
static void combinations_wait_for_a_rollover(void **state)
{
    static const char *const paths[] = {"a.pem"};
    const struct files *files = *state;
    struct fleet_stage stage;
    struct work_service found;
    stage_open(&stage, MX "source = a.pem }\n");
    files_write("a.pem", NULL, files->ec, files->ca, NULL);
    stage_rest(&stage, NAME, paths, 1);
    stage_close(&stage);
    stage_open(&stage, MX "source = a.pem\nrecords = { \"3 1 1\", \"2 1 1\" } }\n");
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 1);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->ec));
    stage_drop(&found);
    stage_close(&stage);
    /* Two certificates in use are both of the state. */
    stage_open(&stage, MX "source = { a.pem, b.pem } }\n");
    write_cert("b.pem", files->rsa);
    stage_rest(&stage, NAME, (const char *const[]){"a.pem", "b.pem"}, 2);
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 2);
    assert_null(found.rolling);
    stage_drop(&found);
    write_cert("b.pem", files->next); /* the second alone is new */
    stage_find(&stage, NAME, NULL, &found);
    assert_int_equal(found.desired.count, 3);
    assert_true(set_has_cert(&found.desired, "3 1 1", files->next));
    assert_non_null(found.rolling);
    stage_drop(&found);
    stage_close(&stage);
}

/* A state that knows of no record: those of the certificate in use come. */
static void nothing_is_there(void **state)
{
    static const char *const paths[] = {"a.pem"};
    const struct files *files = *state;
    struct fleet_stage stage;
    struct work_service found;
    struct state known;
    stage_open(&stage, MX "source = a.pem }\n");
    write_cert("a.pem", files->ec);
    stage_rest(&stage, NAME, paths, 1);
    state_init(&known);
    struct state_home *home = &stage.fleet.rollover->home;
    assert_int_equal(state_read(home, NAME, &known, NULL, NULL), TLSAGEN_OK);
    known.facts.written = known.facts.ours = 0;
    assert_int_equal(state_write(home, NAME, &known, NULL), TLSAGEN_OK);
    state_clear(&known);
    stage_close(&stage);
    stage_open(&stage, MX "source = a.pem\nrecords = { \"3 1 1\", \"3 0 1\" } }\n");
    stage_find(&stage, NAME, NULL, &found);
    assert_false(found.faulty);
    assert_int_equal(found.desired.count, 2);
    stage_drop(&found);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_the_configuration),
        cmocka_unit_test(several_sources),
        cmocka_unit_test(groups_of_hosts),
        cmocka_unit_test(what_was_published_stays),
        cmocka_unit_test(other_combinations),
        cmocka_unit_test(live_and_source),
        cmocka_unit_test(too_many),
        cmocka_unit_test(at_rest),
        cmocka_unit_test(a_next_key_is_taken_up),
        cmocka_unit_test(a_refused_one_begins_nothing),
        cmocka_unit_test(combinations_wait_for_a_rollover),
        cmocka_unit_test(nothing_is_there),
    };
    return cmocka_run_group_tests_name("fleet_desired", tests, files_enter, files_leave);
}
