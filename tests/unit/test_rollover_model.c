/* rollover/model.h: one test for each rule of waiting, switching and retiring, and each reason. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rollover/model.h"
#include "rollover/rules.h"

/* Records: 3 1 1 of the old and the new key, 2 1 1 of their issuers, one of somebody else. */
enum { OLD_KEY = 1, NEW_KEY = 2, OLD_CA = 4, NEW_CA = 8, FOREIGN = 16, THIRD_KEY = 32 };
#define T 3600
#define BOTH (OLD_KEY | NEW_KEY)
#define T0 ((int64_t)1000000)

struct bench {
    struct model_combos combos;
    struct model_facts facts;
    struct model_view view;
    struct model_policy policy;
    struct model_place places[3];
    struct model_endpoint endpoints[2];
    struct model_step step;
    int64_t now;
};

static struct model_side side_of(uint8_t id, model_set wants, model_set matches)
{
    struct model_side side = {.known = true, .certified = true, .chains = 1};
    side.id[0] = side.keys[0] = id;
    side.wants = side.could = wants;
    side.matches[0] = matches;
    return side;
}

static void serve(struct bench *b, model_set set, uint32_t ttl)
{
    for (size_t i = 0; i < 3; i++)
        b->places[i] = (struct model_place){.answered = true, .set = set, .ttl = ttl};
}

static void show(struct bench *b, enum model_shows shows)
{
    for (size_t i = 0; i < 2; i++)
        b->endpoints[i].shows = shows;
}

/* The old key is in use and published, and nothing is under way. */
static void begin(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->combos.with[0] = OLD_KEY | NEW_KEY | FOREIGN | THIRD_KEY;
    b->combos.with[1] = OLD_CA | NEW_CA;
    b->combos.count = 2;
    b->policy =
        (struct model_policy){.live = true, .keep = -1, .deadline = 600, .watch = 60, .retry = 900};
    b->view.combos = &b->combos;
    b->view.source = b->view.live = side_of(1, OLD_KEY, OLD_KEY | OLD_CA);
    b->view.source_fit = true;
    b->view.places = b->places;
    b->view.place_count = 3;
    b->view.endpoints = b->endpoints;
    b->view.endpoint_count = 2;
    b->view.trust = MODEL_SECURE;
    serve(b, OLD_KEY, T);
    show(b, MODEL_SHOWS_CURRENT);
    b->now = T0;
}

static void decide(struct bench *b)
{
    model_decide(&b->facts, &b->view, &b->policy, b->now, &b->step);
}

static void note(struct bench *b)
{
    model_note_view(&b->facts, &b->view, &b->policy, b->now);
}

/* One run, up to the first step that acts or ends it; looks are taken from the bench. */
static void run(struct bench *b)
{
    b->view.looked = b->view.probed = false;
    note(b);
    for (int i = 0; i < 8; i++) {
        decide(b);
        if (b->step.action != MODEL_LOOK && b->step.action != MODEL_PROBE)
            return;
        b->view.looked = b->view.looked || b->step.action == MODEL_LOOK;
        b->view.probed = b->view.probed || b->step.action == MODEL_PROBE;
        note(b);
    }
    fail_msg("a run that does not end");
}

static void act(struct bench *b)
{
    model_note_intent(&b->facts, &b->step, b->now);
    model_note_done(&b->facts, &b->step, true, true, b->now);
}

static void assert_step(const struct bench *b, enum model_action action, enum model_reason reason)
{
    if (b->step.action != action || b->step.reason != reason)
        print_message("# at +%lld: %s\n", (long long)(b->now - T0), b->step.why);
    assert_int_equal(b->step.action, action);
    assert_int_equal(b->step.reason, reason);
    assert_true(b->step.why[0] != '\0');
}

static void expect(struct bench *b, enum model_action action, enum model_reason reason)
{
    run(b);
    assert_step(b, action, reason);
}

static void at_rest(struct bench *b)
{
    begin(b);
    expect(b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b->now += 10 * T;
}

static void renewed(struct bench *b)
{
    at_rest(b);
    b->view.source = side_of(2, NEW_KEY, NEW_KEY | OLD_CA);
}

/* Written, and not looked at. */
static void written(struct bench *b)
{
    renewed(b);
    expect(b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    assert_true(b->step.set == BOTH);
    act(b);
}

/* t0 is now. */
static void seen(struct bench *b)
{
    written(b);
    serve(b, BOTH, T);
    expect(b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

static void safe(struct bench *b)
{
    seen(b);
    b->now += 2 * T + 5;
}

static void deployed(struct bench *b)
{
    safe(b);
    expect(b, MODEL_SWITCH, MODEL_WHY_SAFE);
    act(b);
    b->view.live = b->view.source;
}

static void verified(struct bench *b)
{
    deployed(b);
    show(b, MODEL_SHOWS_NEXT);
    expect(b, MODEL_NOTHING, MODEL_WHY_KEEP);
}

/* --- the time line --- */

static void first_look_takes_what_is_there(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    decide(&b);
    assert_step(&b, MODEL_LOOK, MODEL_WHY_FIRST);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_NEW);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    assert_true(b.facts.written == OLD_KEY && b.facts.ttl == T);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_IDLE);
    assert_true(b.step.due == 0);
}

/* A CA's record beside that of the key: of the certificate in use, and not declared. */
static void what_was_found_and_not_declared_stays(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, OLD_KEY | OLD_CA, T);
    b.view.live.could = b.view.source.could = OLD_KEY | OLD_CA;
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    assert_true(b.facts.written == (OLD_KEY | OLD_CA) && b.facts.ours == OLD_KEY);
    b.now += 10 * T;
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
}

static void servers_that_differ_are_no_beginning(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.places[1].set = BOTH;
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    assert_false(b.facts.current.known);
}

static void missing_records_are_published(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, 0, 300);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    assert_true(b.step.set == OLD_KEY);
}

static void records_beside_those_of_somebody_else(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, FOREIGN, T);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    assert_true(b.step.set == (FOREIGN | OLD_KEY));
}

static void not_before_two_ttls(void **state)
{
    (void)state;
    struct bench b;
    seen(&b);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_SEEN);
    int64_t t0 = b.now;
    assert_true(model_safe_at(&b.facts, &b.policy) == t0 + 2 * T + 5);
    b.now = t0 + 2 * T + 4;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(b.step.due == t0 + 2 * T + 5);
    b.now++;
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
}

static void a_ttl_of_0_still_waits_for_postfix(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, OLD_KEY, 0);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    act(&b);
    serve(&b, BOTH, 0);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(model_safe_at(&b.facts, &b.policy) == b.now + 5);
}

static void the_clock_starts_with_the_last_server(void **state)
{
    (void)state;
    struct bench b;
    written(&b);
    serve(&b, BOTH, T);
    b.places[2].set = OLD_KEY;
    b.now += 10 * T;
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    assert_true(model_safe_at(&b.facts, &b.policy) == 0);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_PUBLISHED);
    assert_true(b.step.due > b.now);
    b.now += 10 * T;
    b.places[2].set = BOTH;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(b.facts.seen == b.now);
}

static void a_silent_server_holds(void **state)
{
    (void)state;
    struct bench b;
    written(&b);
    serve(&b, BOTH, T);
    b.places[2].answered = false;
    b.now += 10 * T;
    expect(&b, MODEL_HOLD, MODEL_WHY_SILENT);
    b.places[2].ignored = true; /* by the operator's word */
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

static void a_server_that_fell_silent_holds_the_switch(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.places[0].answered = false;
    expect(&b, MODEL_HOLD, MODEL_WHY_SILENT);
    assert_true(b.facts.seen != 0); /* held, not begun again */
}

static void a_silent_server_holds_the_write(void **state)
{
    (void)state;
    struct bench b;
    renewed(&b);
    b.places[1].answered = false;
    expect(&b, MODEL_HOLD, MODEL_WHY_SILENT);
}

static void answers_that_are_not_secure_reset(enum model_trust trust)
{
    struct bench b;
    safe(&b);
    b.view.trust = trust;
    expect(&b, MODEL_HOLD, MODEL_WHY_TRUST);
    assert_true(b.facts.seen == 0);
    b.view.trust = MODEL_SECURE;
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(b.facts.seen == b.now);
}

static void bogus_answers_reset_the_clock(void **state)
{
    (void)state;
    answers_that_are_not_secure_reset(MODEL_BOGUS);
}

static void insecure_answers_reset_the_clock(void **state)
{
    (void)state;
    answers_that_are_not_secure_reset(MODEL_INSECURE);
}

static void a_server_that_falls_back_resets_the_clock(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.places[1].set = OLD_KEY;
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    b.places[1].set = BOTH;
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(model_safe_at(&b.facts, &b.policy) == b.now + 2 * T + 5);
}

static void the_largest_ttl_counts(void **state)
{
    (void)state;
    struct bench b;
    seen(&b);
    b.places[1].ttl = 5 * T;
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(model_safe_at(&b.facts, &b.policy) == b.facts.seen + 10 * T + 5);
}

static void the_ttl_before_the_change_counts(void **state)
{
    (void)state;
    struct bench b;
    written(&b);
    serve(&b, BOTH, 60);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_true(model_safe_at(&b.facts, &b.policy) == b.now + 2 * T + 5);
}

static void a_lowered_ttl_counts_after_the_higher_one(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.looked = true;
    serve(&b, OLD_KEY, 60);
    int64_t lowered = b.now += 10;
    note(&b);
    b.now = lowered + 2 * T + 4;
    note(&b);
    assert_true(b.facts.ttl == T);
    b.now = lowered + 2 * T + 5;
    note(&b);
    assert_true(b.facts.ttl == 60);
}

static void a_lowered_ttl_does_not_count_while_a_server_is_silent(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.looked = true;
    serve(&b, OLD_KEY, 60);
    b.places[0].answered = false;
    for (int i = 0; i < 10; i++) {
        b.now += T;
        note(&b);
    }
    assert_true(b.facts.ttl == T);
}

static void an_absence_counts_with_the_negative_ttl(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, 0, 7200);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    act(&b);
    serve(&b, OLD_KEY, 60);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    assert_true(b.facts.ttl == 7200);
}

/* --- switching --- */

static void the_switch_takes_a_fresh_look(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.view.looked = b.view.probed = false;
    note(&b);
    decide(&b);
    assert_int_equal(b.step.action, MODEL_LOOK);
}

static void records_of_somebody_else_stop(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.places[1].set = BOTH | FOREIGN;
    expect(&b, MODEL_STOP, MODEL_WHY_FOREIGN);
    b.now += 100;
    b.places[1].set = BOTH;
    b.places[1].unknown = true; /* a record that is not in the table */
    expect(&b, MODEL_STOP, MODEL_WHY_FOREIGN);
}

static void adopting_takes_over_what_is_there(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    serve(&b, BOTH | FOREIGN, T);
    expect(&b, MODEL_STOP, MODEL_WHY_FOREIGN);
    b.view.looked = true;
    b.places[0].set = BOTH;
    assert_false(model_note_adopt(&b.facts, &b.view, b.now)); /* they differ */
    b.places[0].set = BOTH | FOREIGN;
    assert_true(model_note_adopt(&b.facts, &b.view, b.now));
    assert_true(b.facts.written == (BOTH | FOREIGN));
    assert_true((b.facts.ours & FOREIGN) == 0);
}

/* A count of former sets that says less than what is stored would make a file that is damaged. */
static void what_is_taken_over_leaves_no_past(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 6;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    act(&b);
    serve(&b, NEW_KEY, T);
    b.view.live = b.view.source;
    run(&b);
    assert_true(b.facts.past_count > 0 && !b.facts.next.known);
    b.now += 10 * T;
    serve(&b, NEW_KEY | FOREIGN, T);
    b.view.looked = true;
    note(&b);
    assert_true(b.facts.written == (NEW_KEY | FOREIGN));
    assert_int_equal(b.facts.past_count, 0);
    for (size_t i = 0; i < MODEL_PAST; i++)
        assert_true(b.facts.past[i] == 0);
}

static void what_a_service_at_the_same_name_wrote_has_to_be_seen(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    const model_set all = BOTH | THIRD_KEY;
    model_note_shared(&b.facts, b.facts.written);
    assert_true(b.facts.seen != 0); /* nothing new */
    model_note_shared(&b.facts, all);
    b.places[0].set = all;
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD); /* the others have what was there before */
    serve(&b, all, T);
    b.now += 60;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    b.now += 2 * T + 5;
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    assert_true((b.facts.ours & THIRD_KEY) == 0);
}

static void an_unfit_certificate_is_not_deployed(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.view.source_fit = false;
    expect(&b, MODEL_HOLD, MODEL_WHY_UNFIT);
}

static void an_unfit_certificate_is_not_taken_up(void **state)
{
    (void)state;
    struct bench b;
    renewed(&b);
    b.view.source_fit = false;
    expect(&b, MODEL_HOLD, MODEL_WHY_UNFIT);
    assert_false(b.facts.next.known);
}

static void a_newer_certificate_begins_again(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.view.source = side_of(3, THIRD_KEY, THIRD_KEY | OLD_CA);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    assert_true(b.step.set == (BOTH | THIRD_KEY));
    act(&b);
    serve(&b, BOTH | THIRD_KEY, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

static void the_same_key_needs_no_waiting(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    b.view.source = side_of(2, OLD_KEY, OLD_KEY | OLD_CA);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
}

static void another_issuer_waits(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.view.source = b.view.live = side_of(1, OLD_CA, OLD_KEY | OLD_CA);
    serve(&b, OLD_CA, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.source = side_of(2, NEW_CA, NEW_KEY | NEW_CA);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    assert_true(b.step.set == (OLD_CA | NEW_CA));
}

static void the_next_key_waits_for_its_certificate(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    struct model_side next = side_of(2, NEW_KEY, NEW_KEY);
    next.certified = false;
    memset(next.id, 0, sizeof(next.id));
    model_note_next_key(&b.facts, b.view.combos, &next, b.now);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    act(&b);
    serve(&b, BOTH, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    b.now += 2 * T + 5;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CERTIFICATE);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY | OLD_CA);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE); /* without waiting */
}

static void a_new_key_is_held_back_where_keys_stay(void **state)
{
    (void)state;
    struct bench b;
    renewed(&b);
    b.policy.reuse = true;
    expect(&b, MODEL_STOP, MODEL_WHY_REUSE);
}

static void an_emergency_does_not_wait(void **state)
{
    (void)state;
    struct bench b;
    written(&b);
    b.policy.emergency = true;
    expect(&b, MODEL_SWITCH, MODEL_WHY_EMERGENCY);
    act(&b);
    assert_int_equal(b.facts.hasty, b.now);
}

static void an_emergency_is_none_once_it_is_safe(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    b.policy.emergency = true;
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    act(&b);
    assert_int_equal(b.facts.hasty, 0);
}

/* Written and deployed by one run with --emergency; those after it are without. */
static void hurried(struct bench *b)
{
    written(b);
    b->policy.emergency = true;
    expect(b, MODEL_SWITCH, MODEL_WHY_EMERGENCY);
    act(b);
    b->view.live = b->view.source;
    b->policy.emergency = false;
    show(b, MODEL_SHOWS_NEXT);
}

static void after_an_emergency_the_way_back_is_open_at_once(void **state)
{
    (void)state;
    struct bench b;
    hurried(&b);
    b.now += 10;
    b.places[0].set = BOTH; /* one server has the new records, and the others never lost any */
    assert_true(model_note_abort(&b.facts, b.now));
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_ABORT);
    act(&b);
    b.view.live = b.facts.current;
    show(&b, MODEL_SHOWS_CURRENT);
    assert_int_equal(b.facts.hasty, 0);
    b.now += 10;
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    serve(&b, BOTH, T);
    b.now += b.policy.watch;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    assert_true(b.step.set == OLD_KEY);
}

/* What caches had of the current key when its successor came is not known: it was just published.
 */
static void a_key_that_caches_may_lack_is_not_gone_back_to(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, 0, T);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    act(&b);
    serve(&b, OLD_KEY, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY | OLD_CA);
    b.policy.emergency = true;
    b.now += 60;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    act(&b);
    serve(&b, BOTH, T);
    expect(&b, MODEL_SWITCH, MODEL_WHY_EMERGENCY);
    act(&b);
    b.view.live = b.view.source;
    b.policy.emergency = false;
    show(&b, MODEL_SHOWS_NEXT);
    b.now += 10;
    assert_true(model_note_abort(&b.facts, b.now));
    expect(&b, MODEL_HOLD, MODEL_WHY_CACHES);
    b.now = b.facts.seen + 2 * T + 5;
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_ABORT);
}

/* A set of long ago, which is known, and does not serve the current key. */
static void a_server_with_another_set_closes_the_way_back_for_a_while(void **state)
{
    (void)state;
    struct bench b;
    hurried(&b);
    serve(&b, BOTH, T);
    b.now += 10;
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
    assert_true(b.facts.served != 0);
    b.facts.past[b.facts.past_count++] = THIRD_KEY;
    b.places[1].set = THIRD_KEY;
    assert_true(model_note_abort(&b.facts, b.now));
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    serve(&b, BOTH, T);
    b.now += 60;
    expect(&b, MODEL_HOLD, MODEL_WHY_CACHES);
}

/* Only where what is written serves it is the current side known to be served. */
static void what_does_not_serve_is_not_taken_to(void **state)
{
    (void)state;
    struct bench b;
    const struct model_side next = side_of(2, NEW_KEY, NEW_KEY);
    at_rest(&b);
    assert_true(rules_is_everywhere(&b.facts, b.now));
    struct model_facts other = b.facts;
    other.written = NEW_KEY;
    model_note_next_key(&other, b.view.combos, &next, b.now);
    assert_int_equal(other.served, 0);
    model_note_next_key(&b.facts, b.view.combos, &next, b.now);
    assert_int_equal(b.facts.served, b.now);
}

/* What is written once all is verified may serve the new side alone, whoever takes it away again.
 */
static void what_is_written_late_has_to_be_waited_for(void **state)
{
    (void)state;
    const struct model_step late = {
        .action = MODEL_PUBLISH, .reason = MODEL_WHY_CHANGE, .set = NEW_KEY};
    struct bench b;
    hurried(&b);
    b.now++;
    assert_true(rules_is_way_back(&b.facts, b.now));
    model_note_intent(&b.facts, &late, b.now);
    assert_true(rules_is_way_back(&b.facts, b.now)); /* before, it serves both sides */
    b.facts.verified = b.now;
    model_note_intent(&b.facts, &late, b.now);
    assert_false(rules_is_way_back(&b.facts, b.now));
}

static void an_emergency_that_fails_goes_back_and_waits(void **state)
{
    (void)state;
    struct bench b;
    hurried(&b);
    serve(&b, BOTH, T);
    show(&b, MODEL_SHOWS_CURRENT);
    b.now += b.policy.deadline;
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_DEADLINE);
    act(&b);
    b.view.live = b.facts.current;
    assert_int_equal(b.facts.hasty, 0);
    b.now += 10;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

/* When the new records were seen is known still when they are alone. */
static void the_time_line_stays_when_records_are_retired(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    const int64_t seen = b.facts.seen;
    b.now += T + 5;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    act(&b);
    assert_int_equal(b.facts.seen, 0);
    assert_int_equal(b.facts.next_seen, seen);
    expect(&b, MODEL_HOLD, MODEL_WHY_SPREAD);
    assert_int_equal(b.facts.next_seen, seen);
}

static void live_that_somebody_changed_stops(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    b.view.live = side_of(9, THIRD_KEY, THIRD_KEY);
    expect(&b, MODEL_STOP, MODEL_WHY_LIVE);
}

static void no_set_serves_both(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    /* A foreign record in a combination that the next chain has no match for. */
    serve(&b, OLD_KEY | OLD_CA, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY | NEW_CA);
    expect(&b, MODEL_STOP, MODEL_WHY_UNSAFE);
}

static void a_clock_that_went_back_stops(void **state)
{
    (void)state;
    struct bench b;
    seen(&b);
    b.now -= 3600;
    expect(&b, MODEL_STOP, MODEL_WHY_CLOCK);
}

static void a_clock_that_was_set_begins_the_wait_again(void **state)
{
    (void)state;
    struct bench b;
    seen(&b);
    b.now += 2 * T + 5;
    b.view.clock_step = 2 * T;
    b.view.looked = true;
    note(&b);
    b.view.clock_step = 0;
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

/* --- verifying, going back --- */

static void every_endpoint_is_verified(void **state)
{
    (void)state;
    struct bench b;
    deployed(&b);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_DEPLOYED);
    show(&b, MODEL_SHOWS_NEXT);
    b.endpoints[1].shows = MODEL_SHOWS_CURRENT;
    expect(&b, MODEL_HOLD, MODEL_WHY_VERIFY);
    b.endpoints[1].shows = MODEL_SHOWS_SILENT;
    b.now += 100;
    expect(&b, MODEL_HOLD, MODEL_WHY_SILENT);
    b.endpoints[1].shows = MODEL_SHOWS_NONE; /* a kind of key that it does not have */
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_VERIFIED);
}

static void a_certificate_that_nobody_announced_holds(void **state)
{
    (void)state;
    struct bench b;
    deployed(&b);
    b.endpoints[0].shows = MODEL_SHOWS_OTHER;
    expect(&b, MODEL_HOLD, MODEL_WHY_STRANGER);
}

static void an_old_certificate_after_the_deadline_goes_back(void **state)
{
    (void)state;
    struct bench b;
    deployed(&b);
    b.now += b.policy.deadline;
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_DEADLINE);
    act(&b);
    b.view.live = b.facts.current;
    expect(&b, MODEL_HOLD, MODEL_WHY_FAILED);
    b.now += b.policy.retry;
    show(&b, MODEL_SHOWS_CURRENT);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
}

static void going_back_takes_a_fresh_look(void **state)
{
    (void)state;
    struct bench b;
    deployed(&b);
    b.now += b.policy.deadline;
    b.places[1].set = NEW_KEY; /* somebody took the former record away */
    expect(&b, MODEL_STOP, MODEL_WHY_FOREIGN);
}

static void a_failed_hook_is_run_again(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    model_note_intent(&b.facts, &b.step, b.now);
    model_note_done(&b.facts, &b.step, true, false, b.now);
    b.view.live = b.view.source;
    expect(&b, MODEL_HOLD, MODEL_WHY_VERIFY);
    b.now = b.step.due;
    expect(&b, MODEL_SWITCH, MODEL_WHY_VERIFY);
}

static void a_failed_hook_on_the_way_back_is_run_again(void **state)
{
    (void)state;
    struct bench b;
    deployed(&b);
    b.now += b.policy.deadline;
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_DEADLINE);
    model_note_intent(&b.facts, &b.step, b.now);
    model_note_done(&b.facts, &b.step, true, false, b.now);
    b.view.live = b.facts.current;
    expect(&b, MODEL_HOLD, MODEL_WHY_DEADLINE);
    b.now = b.step.due;
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_DEADLINE);
}

/* --- retiring --- */

static void replaced_records_stay_one_ttl(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 4;
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
    b.now++;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    assert_true(b.step.set == NEW_KEY);
    act(&b);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_RETIRED);
    serve(&b, NEW_KEY, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    assert_true(b.facts.finished == b.now && !b.facts.next.known);
}

static void an_endpoint_that_went_back_keeps_its_records(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 5;
    b.endpoints[0].shows = MODEL_SHOWS_CURRENT;
    run(&b);
    assert_int_not_equal(b.step.action, MODEL_PUBLISH);
}

static void others_records_are_never_taken_away(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, OLD_KEY | FOREIGN, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_IDLE);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY | OLD_CA);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    act(&b);
    serve(&b, BOTH | FOREIGN, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    b.now += 2 * T + 5;
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    act(&b);
    b.view.live = b.view.source;
    show(&b, MODEL_SHOWS_NEXT);
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
    b.now += T + 5;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    assert_true(b.step.set == (NEW_KEY | FOREIGN));
}

static void a_changed_configuration_is_published(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    b.view.source = b.view.live = side_of(1, OLD_KEY | OLD_CA, OLD_KEY | OLD_CA);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_CHANGE);
    assert_true(b.step.set == (OLD_KEY | OLD_CA));
}

static void a_new_combination_waits_for_what_endpoints_show(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    b.view.source = b.view.live = side_of(1, OLD_KEY | OLD_CA, OLD_KEY | OLD_CA);
    b.endpoints[1].shows = MODEL_SHOWS_OTHER;
    expect(&b, MODEL_HOLD, MODEL_WHY_STRANGER);
    b.endpoints[1].shows = MODEL_SHOWS_SILENT;
    expect(&b, MODEL_HOLD, MODEL_WHY_SILENT);
}

/* --- an operator's word, and broken-off steps --- */

static void an_abort_takes_the_new_records_away(void **state)
{
    (void)state;
    struct bench b;
    seen(&b);
    assert_true(model_note_abort(&b.facts, b.now));
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    assert_true(b.step.set == OLD_KEY);
    act(&b);
    serve(&b, OLD_KEY, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_REFUSED);
    assert_false(model_note_abort(&b.facts, b.now)); /* nothing to do */
}

static void an_abort_after_the_switch_goes_back(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    assert_true(model_note_abort(&b.facts, b.now));
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_ABORTING);
    expect(&b, MODEL_SWITCH_BACK, MODEL_WHY_ABORT);
}

static void an_abort_comes_too_late_once_records_go(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 5;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    model_note_intent(&b.facts, &b.step, b.now);
    assert_false(model_note_abort(&b.facts, b.now));
}

static void a_write_that_was_broken_off_is_done_again(void **state)
{
    (void)state;
    struct bench b;
    renewed(&b);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    model_note_intent(&b.facts, &b.step, b.now); /* and then a crash */
    b.places[0].set = BOTH;
    b.now += 10;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
}

static void a_first_write_that_was_broken_off_empties_nothing(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    serve(&b, 0, 300);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    model_note_intent(&b.facts, &b.step, b.now);
    b.view.source = side_of(2, NEW_KEY, NEW_KEY);
    b.endpoints[0].shows = MODEL_SHOWS_SILENT;
    b.now += 10;
    run(&b);
    assert_true(b.step.action != MODEL_PUBLISH || b.step.set != 0);
}

static void a_retirement_that_was_broken_off_goes_on(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 5;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    model_note_intent(&b.facts, &b.step, b.now);
    serve(&b, NEW_KEY, T);
    b.now += 10;
    run(&b);
    assert_int_equal(b.step.action, MODEL_PUBLISH);
}

static void a_switch_that_was_broken_off_is_done_again(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    model_note_intent(&b.facts, &b.step, b.now);
    b.view.live = b.view.source; /* done, and the hook perhaps not */
    b.now += 10;
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
}

static void a_switch_that_was_not_done_can_be_superseded(void **state)
{
    (void)state;
    struct bench b;
    safe(&b);
    expect(&b, MODEL_SWITCH, MODEL_WHY_SAFE);
    model_note_intent(&b.facts, &b.step, b.now);
    model_note_done(&b.facts, &b.step, false, true, b.now);
    b.view.source = side_of(3, THIRD_KEY, THIRD_KEY | OLD_CA);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
}

/* --- somebody else deploys --- */

static void without_live(struct bench *b)
{
    written(b);
    b->policy.live = false;
    b->view.live.known = false;
    serve(b, BOTH, T);
    expect(b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

static void a_switch_that_came_too_early_is_told(void **state)
{
    (void)state;
    struct bench b;
    without_live(&b);
    show(&b, MODEL_SHOWS_NEXT);
    b.now += 100;
    expect(&b, MODEL_HOLD, MODEL_WHY_EARLY);
    assert_true(b.facts.switched == 0);
    char left[64];
    (void)snprintf(left, sizeof(left), "for another %lld seconds",
                   (long long)(model_safe_at(&b.facts, &b.policy) - b.now));
    assert_non_null(strstr(b.step.why, left));
    b.now += 2 * T + 5;
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
}

static void it_is_told_that_it_is_safe_and_once(void **state)
{
    (void)state;
    struct bench b;
    without_live(&b);
    b.policy.tell = true;
    b.now += 2 * T + 5;
    expect(&b, MODEL_TELL, MODEL_WHY_SAFE);
    act(&b);
    expect(&b, MODEL_NOTHING, MODEL_WHY_SAFE);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_SAFE);
}

static void a_switch_is_noticed(void **state)
{
    (void)state;
    struct bench b;
    without_live(&b);
    b.now += 2 * T + 5;
    expect(&b, MODEL_NOTHING, MODEL_WHY_SAFE);
    show(&b, MODEL_SHOWS_NEXT);
    b.now += 100;
    expect(&b, MODEL_NOTHING, MODEL_WHY_KEEP);
}

static void which_chain_is_in_use_has_to_be_known(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    b.policy.live = false;
    b.view.live.known = false;
    expect(&b, MODEL_HOLD, MODEL_WHY_LIVE);
}

static void every_combination_has_to_match(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    const struct model_side side = side_of(1, OLD_KEY, OLD_KEY | OLD_CA);
    assert_true(model_serves(&b.combos, 0, &side));
    assert_true(model_serves(&b.combos, OLD_KEY | NEW_KEY, &side));
    assert_true(model_serves(&b.combos, OLD_KEY | OLD_CA, &side));
    assert_false(model_serves(&b.combos, NEW_KEY, &side));
    assert_false(model_serves(&b.combos, OLD_KEY | NEW_CA, &side));
    struct model_side two = side;
    two.chains = 2; /* another kind of key, which matches nothing */
    assert_false(model_serves(&b.combos, OLD_KEY, &two));
}

static void each_reason_and_stage_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < MODEL_WHY_COUNT; i++)
        assert_string_not_equal(model_reason_word((enum model_reason)i), "?");
    for (int i = 0; i <= MODEL_STAGE_ABORTING; i++)
        assert_string_not_equal(model_stage_word((enum model_stage)i), "?");
    assert_string_equal(model_reason_word(MODEL_WHY_COUNT), "?");
}

static void fail_step(struct bench *b)
{
    model_note_intent(&b->facts, &b->step, b->now);
    model_note_done(&b->facts, &b->step, false, true, b->now);
}

static void a_write_that_fails_is_tried_again_at_growing_intervals(void **state)
{
    (void)state;
    static const int64_t waits[] = {60, 120, 240, 480, 900, 900};
    struct bench b;
    renewed(&b);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        fail_step(&b);
        const int64_t again = b.now + waits[i];
        b.now = again - 1;
        b.view.looked = false;
        decide(&b); /* nobody is asked */
        assert_step(&b, MODEL_HOLD, MODEL_WHY_WRITE);
        assert_true(b.step.due == again);
        b.now = again;
        expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    }
    act(&b);
    assert_true(b.facts.write_failures == 0 && b.facts.write_failed == 0);
    serve(&b, BOTH, T);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
}

static void an_operator_who_insists_does_not_wait_for_it(void **state)
{
    (void)state;
    struct bench b;
    renewed(&b);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
    fail_step(&b);
    expect(&b, MODEL_HOLD, MODEL_WHY_WRITE);
    b.policy.insist = true;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_NEXT);
}

static void what_is_taken_away_waits_after_a_failure_too(void **state)
{
    (void)state;
    struct bench b;
    verified(&b);
    b.now += T + 5;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
    fail_step(&b);
    expect(&b, MODEL_HOLD, MODEL_WHY_WRITE);
    b.now += 60;
    expect(&b, MODEL_PUBLISH, MODEL_WHY_REPAIR);
    act(&b);
    expect(&b, MODEL_PUBLISH, MODEL_WHY_RETIRE);
}

/* With the key that is published, and a CA that may come in only once it is deployed. */
static void a_combination_that_comes_later_leaves_nothing_to_publish(void **state)
{
    (void)state;
    struct bench b;
    at_rest(&b);
    b.view.source = side_of(2, OLD_KEY | NEW_CA, OLD_KEY | NEW_CA);
    expect(&b, MODEL_NOTHING, MODEL_WHY_CACHES);
    assert_int_equal(model_stage(&b.facts, &b.combos, &b.policy, b.now), MODEL_STAGE_SEEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_look_takes_what_is_there),
        cmocka_unit_test(what_was_found_and_not_declared_stays),
        cmocka_unit_test(servers_that_differ_are_no_beginning),
        cmocka_unit_test(missing_records_are_published),
        cmocka_unit_test(records_beside_those_of_somebody_else),
        cmocka_unit_test(not_before_two_ttls),
        cmocka_unit_test(a_ttl_of_0_still_waits_for_postfix),
        cmocka_unit_test(the_clock_starts_with_the_last_server),
        cmocka_unit_test(a_silent_server_holds),
        cmocka_unit_test(a_server_that_fell_silent_holds_the_switch),
        cmocka_unit_test(a_silent_server_holds_the_write),
        cmocka_unit_test(bogus_answers_reset_the_clock),
        cmocka_unit_test(insecure_answers_reset_the_clock),
        cmocka_unit_test(a_server_that_falls_back_resets_the_clock),
        cmocka_unit_test(the_largest_ttl_counts),
        cmocka_unit_test(the_ttl_before_the_change_counts),
        cmocka_unit_test(a_lowered_ttl_counts_after_the_higher_one),
        cmocka_unit_test(a_lowered_ttl_does_not_count_while_a_server_is_silent),
        cmocka_unit_test(an_absence_counts_with_the_negative_ttl),
        cmocka_unit_test(the_switch_takes_a_fresh_look),
        cmocka_unit_test(records_of_somebody_else_stop),
        cmocka_unit_test(adopting_takes_over_what_is_there),
        cmocka_unit_test(what_is_taken_over_leaves_no_past),
        cmocka_unit_test(what_a_service_at_the_same_name_wrote_has_to_be_seen),
        cmocka_unit_test(an_unfit_certificate_is_not_deployed),
        cmocka_unit_test(an_unfit_certificate_is_not_taken_up),
        cmocka_unit_test(a_newer_certificate_begins_again),
        cmocka_unit_test(the_same_key_needs_no_waiting),
        cmocka_unit_test(another_issuer_waits),
        cmocka_unit_test(the_next_key_waits_for_its_certificate),
        cmocka_unit_test(a_new_key_is_held_back_where_keys_stay),
        cmocka_unit_test(an_emergency_does_not_wait),
        cmocka_unit_test(an_emergency_is_none_once_it_is_safe),
        cmocka_unit_test(after_an_emergency_the_way_back_is_open_at_once),
        cmocka_unit_test(a_key_that_caches_may_lack_is_not_gone_back_to),
        cmocka_unit_test(a_server_with_another_set_closes_the_way_back_for_a_while),
        cmocka_unit_test(what_does_not_serve_is_not_taken_to),
        cmocka_unit_test(what_is_written_late_has_to_be_waited_for),
        cmocka_unit_test(an_emergency_that_fails_goes_back_and_waits),
        cmocka_unit_test(the_time_line_stays_when_records_are_retired),
        cmocka_unit_test(live_that_somebody_changed_stops),
        cmocka_unit_test(no_set_serves_both),
        cmocka_unit_test(a_clock_that_went_back_stops),
        cmocka_unit_test(a_clock_that_was_set_begins_the_wait_again),
        cmocka_unit_test(every_endpoint_is_verified),
        cmocka_unit_test(a_certificate_that_nobody_announced_holds),
        cmocka_unit_test(an_old_certificate_after_the_deadline_goes_back),
        cmocka_unit_test(going_back_takes_a_fresh_look),
        cmocka_unit_test(a_failed_hook_is_run_again),
        cmocka_unit_test(a_failed_hook_on_the_way_back_is_run_again),
        cmocka_unit_test(replaced_records_stay_one_ttl),
        cmocka_unit_test(an_endpoint_that_went_back_keeps_its_records),
        cmocka_unit_test(others_records_are_never_taken_away),
        cmocka_unit_test(a_changed_configuration_is_published),
        cmocka_unit_test(a_new_combination_waits_for_what_endpoints_show),
        cmocka_unit_test(an_abort_takes_the_new_records_away),
        cmocka_unit_test(an_abort_after_the_switch_goes_back),
        cmocka_unit_test(an_abort_comes_too_late_once_records_go),
        cmocka_unit_test(a_write_that_was_broken_off_is_done_again),
        cmocka_unit_test(a_first_write_that_was_broken_off_empties_nothing),
        cmocka_unit_test(a_retirement_that_was_broken_off_goes_on),
        cmocka_unit_test(a_switch_that_was_broken_off_is_done_again),
        cmocka_unit_test(a_switch_that_was_not_done_can_be_superseded),
        cmocka_unit_test(a_switch_that_came_too_early_is_told),
        cmocka_unit_test(it_is_told_that_it_is_safe_and_once),
        cmocka_unit_test(a_switch_is_noticed),
        cmocka_unit_test(which_chain_is_in_use_has_to_be_known),
        cmocka_unit_test(every_combination_has_to_match),
        cmocka_unit_test(each_reason_and_stage_has_a_word),
        cmocka_unit_test(a_write_that_fails_is_tried_again_at_growing_intervals),
        cmocka_unit_test(an_operator_who_insists_does_not_wait_for_it),
        cmocka_unit_test(what_is_taken_away_waits_after_a_failure_too),
        cmocka_unit_test(a_combination_that_comes_later_leaves_nothing_to_publish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
