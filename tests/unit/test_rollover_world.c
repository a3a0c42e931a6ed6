/* rollover/world.h: one service played without chance, and what clients are seen to do. */
#include "unit.h"

#include <string.h>

#include "rollover/world.h"

static struct world_plan plan_of(uint32_t ttl)
{
    return (struct world_plan){
        .policy = {.live = true, .keep = -1, .deadline = 3600, .watch = 60, .retry = 900},
        .ttl = ttl,
        .negative_ttl = 300,
        .servers = 3,
        .lag = 600,
        .nodes = 2,
        .node_lag = 30,
        .chains = 2,
    };
}

static void assert_told(const struct world_story *story, const char *text)
{
    for (size_t i = 0; i < story->count; i++)
        if (strstr(story->moments[i].text, text) != NULL)
            return;
    fail_msg("the story lacks \"%s\"", text);
}

static void a_rollover_comes_to_its_end(void **state)
{
    (void)state;
    struct world_story story;
    struct world_plan plan = plan_of(3600);
    world_play(&plan, &story);
    assert_false(story.failed);
    assert_true(story.complete);
    assert_false(story.cut);
    assert_true(story.pairs > 0);
    /* The lag, 2 T + 5 s, T + 5 s, the lag again, and looks in between. */
    assert_true(story.took >= 600 + 2 * 3600 + 5 + 3600 + 5 + 600);
    assert_true(story.took < 3 * 3600 + 2 * 600 + 600);
    assert_told(&story, "a certificate with a new key is there");
    assert_told(&story, "safe to deploy");
    assert_told(&story, "deployed and verified");
    assert_told(&story, "nothing is under way");
}

static void it_is_the_same_each_time(void **state)
{
    (void)state;
    static struct world_story first, second;
    struct world_plan plan = plan_of(300);
    world_play(&plan, &first);
    world_play(&plan, &second);
    assert_memory_equal(&first, &second, sizeof(first));
}

static void moments_are_in_order(void **state)
{
    (void)state;
    struct world_story story;
    struct world_plan plan = plan_of(300);
    world_play(&plan, &story);
    for (size_t i = 1; i < story.count; i++)
        assert_true(story.moments[i].at >= story.moments[i - 1].at);
    assert_true(story.moments[0].at >= 0);
}

static void every_ttl_and_shape_is_safe(void **state)
{
    (void)state;
    static const uint32_t ttls[] = {0, 1, 99, 100, 101, 3600, 604800};
    static struct world_story story;
    for (size_t i = 0; i < sizeof(ttls) / sizeof(*ttls); i++) {
        for (unsigned shape = 0; shape < 16; shape++) {
            struct world_plan plan = plan_of(ttls[i]);
            plan.policy.live = (shape & 1) != 0;
            plan.issuer = (shape & 2) != 0;
            plan.first = (shape & 4) != 0;
            plan.every = (shape & 8) != 0 ? 301 + ttls[i] / 10 : 0;
            world_play(&plan, &story);
            if (story.failed)
                fail_msg("TTL %u, shape %u: %s", ttls[i], shape, story.failure);
            if (!story.complete)
                fail_msg("TTL %u, shape %u: no end", ttls[i], shape);
        }
    }
}

static void numbers_out_of_range_are_brought_in(void **state)
{
    (void)state;
    static struct world_story story;
    struct world_plan plan = plan_of(60);
    plan.servers = plan.nodes = plan.chains = 0;
    world_play(&plan, &story);
    assert_true(story.complete && !story.failed);
    plan.servers = plan.nodes = plan.chains = 1000;
    world_play(&plan, &story);
    assert_true(story.complete && !story.failed);
}

static void at_once(void *ctx, const struct model_facts *facts, const struct model_view *view,
                    const struct model_policy *policy, int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    if (facts->next.known && facts->switched == 0 && facts->written_at != 0 &&
        step->action != MODEL_PUBLISH)
        step->action = MODEL_SWITCH;
}

static void a_deployment_at_once_fails_clients(void **state)
{
    (void)state;
    struct world_story story;
    struct world_plan plan = plan_of(3600);
    plan.decide = at_once;
    world_play(&plan, &story);
    assert_true(story.failed);
    assert_false(story.complete);
    assert_non_null(strstr(story.failure, "a client fails"));
    assert_true(story.failed_at >= 0 && story.failed_at < 3600);
}

/* --- what clients may hold --- */

static void caches_of_resolvers_and_postfix_add_up(void **state)
{
    (void)state;
    assert_int_equal(world_keeps(0), 3);
    assert_int_equal(world_keeps(1), 4);
    assert_int_equal(world_keeps(100), 202);
    assert_int_equal(world_keeps(3600), 3702);
}

static void build(struct world *world)
{
    world_init(world, 1, 1000);
    world->server_count = 2;
    world->node_count = 1;
    world->ttl = 60;
    (void)world_add_combo(world, "3 1 1", WORLD_OF_KEY, true);
    size_t side = world_new_side(world, 1);
    world->versions[0].set = world_record(world, side, 0, 0);
    world->versions[0].ttl = 60;
    world->version_count = 1;
    world_settle_servers(world);
    world_settle_nodes(world, side);
}

/* The new record is published at 1000 and its key shown after `wait` seconds. */
static bool fails_after(int64_t wait, int64_t lag)
{
    static struct world world;
    struct world_event own;
    build(&world);
    world.even = true;
    world.servers[1].lag = lag;
    size_t next = world_new_side(&world, 1);
    (void)world_write(&world, world_zone(&world)->set | world_record(&world, next, 0, 0), false,
                      60);
    (void)world_next(&world, 1000 + wait, &own);
    world_deploy(&world, next, true);
    return world.failed;
}

static void a_client_fails_to_the_second(void **state)
{
    (void)state;
    assert_true(fails_after(0, 0));
    assert_true(fails_after(60 + 1 + 1 + 60, 0));
    assert_false(fails_after(60 + 1 + 1 + 60 + 1, 0));
    assert_true(fails_after(100 + 60 + 1 + 1 + 60, 100)); /* from the slowest server */
    assert_false(fails_after(100 + 60 + 1 + 1 + 60 + 1, 100));
    assert_true(fails_after(50, 100)); /* which still serves it */
}

static void a_server_that_falls_back_fails_clients(void **state)
{
    (void)state;
    static struct world world;
    struct world_event own;
    build(&world);
    world.even = true;
    size_t next = world_new_side(&world, 1);
    (void)world_write(&world, world_zone(&world)->set | world_record(&world, next, 0, 0), false,
                      60);
    (void)world_next(&world, 5000, &own);
    world_deploy(&world, next, true);
    assert_false(world.failed);
    world_fall_back(&world, 1, 0);
    assert_true(world.failed);
    assert_int_equal(world.failed_at, 5000);
}

static void an_absence_fails_nobody(void **state)
{
    (void)state;
    static struct world world;
    build(&world);
    (void)world_write(&world, 0, false, 60);
    size_t next = world_new_side(&world, 1);
    struct world_event own;
    (void)world_next(&world, 5000, &own);
    world_deploy(&world, next, true);
    assert_false(world.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rollover_comes_to_its_end),
        cmocka_unit_test(it_is_the_same_each_time),
        cmocka_unit_test(moments_are_in_order),
        cmocka_unit_test(every_ttl_and_shape_is_safe),
        cmocka_unit_test(numbers_out_of_range_are_brought_in),
        cmocka_unit_test(a_deployment_at_once_fails_clients),
        cmocka_unit_test(caches_of_resolvers_and_postfix_add_up),
        cmocka_unit_test(a_client_fails_to_the_second),
        cmocka_unit_test(a_server_that_falls_back_fails_clients),
        cmocka_unit_test(an_absence_fails_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
