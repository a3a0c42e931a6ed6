/* rollover/world.h: one service gets a new certificate, and nothing else happens. */
#include "rollover/world.h"

#include <stdio.h>
#include <string.h>

#define START 1000000000 /* any moment that is not 0 */
#define RUNS_MAX 200000

struct play {
    struct world world;
    const struct world_plan *plan;
    struct world_story *story;
    int64_t began;
    enum model_reason reason; /* told last */
    enum model_action action;
    bool any;
};

static void add_moment(void *ctx, int64_t at, const char *text)
{
    struct play *play = ctx;
    if (play->began == 0)
        return;
    if (play->story->count == WORLD_MOMENTS) {
        play->story->cut = true;
        return;
    }
    struct world_moment *moment = &play->story->moments[play->story->count++];
    moment->at = at - play->began;
    (void)snprintf(moment->text, sizeof(moment->text), "%s", text);
}

/* What observes is no moment of the story, and one that goes on is told once. */
static void hear(void *ctx, const struct model_step *step)
{
    struct play *play = ctx;
    bool again = play->any && step->reason == play->reason && step->action == play->action;
    if (step->action == MODEL_LOOK || step->action == MODEL_PROBE || again)
        return;
    play->any = true;
    play->reason = step->reason;
    play->action = step->action;
    add_moment(play, play->world.now, step->why);
}

static size_t at_most(size_t count, size_t most)
{
    return count < 1 ? 1 : count > most ? most : count;
}

static void build(struct play *play)
{
    const struct world_plan *plan = play->plan;
    struct world *world = &play->world;
    world_init(world, 0, START);
    world->policy = plan->policy;
    world->even = true;
    world->ttl = plan->ttl;
    world->negative_ttl = plan->negative_ttl;
    if (plan->decide != NULL) {
        world->decide = plan->decide;
        world->decide_ctx = plan->decide_ctx;
    }
    world->server_count = at_most(plan->servers, WORLD_SERVERS);
    for (size_t i = 1; i < world->server_count; i++)
        world->servers[i].lag = plan->lag;
    world->node_count = at_most(plan->nodes, WORLD_NODES);
    for (size_t i = 1; i < world->node_count; i++)
        world->nodes[i].lag = plan->node_lag;
    (void)world_add_combo(world, "3 1 1", WORLD_OF_KEY, true);
    if (plan->issuer)
        (void)world_add_combo(world, "2 1 1", WORLD_OF_ISSUER, true);
    size_t side = world_new_side(world, at_most(plan->chains, MODEL_CHAINS));
    world->source = side;
    world->source_known = true;
    world->live = side;
}

/* What the service shows and has published when the story begins. */
static void settle(struct play *play)
{
    struct world *world = &play->world;
    struct model_side side;
    world_describe(world, world->live, &side);
    world->versions[0].set = play->plan->first ? 0 : side.wants;
    world->versions[0].ttl = play->plan->first ? world->negative_ttl : world->ttl;
    world->version_count = 1;
    world->ttl_max = world->versions[0].ttl;
    world_settle_servers(world);
    world_settle_nodes(world, world->live);
}

/* Keys of its own from the same issuer. */
static void renew(struct world *world)
{
    size_t side = world_copy_side(world, world->source);
    for (size_t i = 0; i < world->sides[side].chains; i++) {
        world->sides[side].chain[i].key = ++world->numbers;
        world->sides[side].chain[i].cert = ++world->numbers;
    }
    world->source = side;
    world_log(world, "a certificate with a new key is there");
}

static bool is_complete(struct world *world)
{
    struct model_side side;
    world_describe(world, world->source, &side);
    for (size_t i = 0; i < world->node_count; i++)
        if (world->nodes[i].shows[0] != world->source)
            return false;
    return world_zone(world)->set == side.wants && world_is_spread(world) &&
           model_stage(&world->facts, &world->table, &world->policy, world->now) ==
               MODEL_STAGE_IDLE;
}

/* Somebody else deploys politely: when it is said to be safe. */
static void deploy_when_safe(struct world *world)
{
    const bool ready =
        world->last.reason == MODEL_WHY_SAFE || world->last.reason == MODEL_WHY_EMERGENCY;
    if (!world->policy.live && ready && world->live != world->source) {
        world_log(world, "deployed");
        world_deploy(world, world->source, true);
    }
}

static int64_t next_run(const struct play *play)
{
    const struct world *world = &play->world;
    int64_t every = play->plan->every;
    if (every > 0)
        return world->now + every;
    return world->last.due > world->now ? world->last.due : world->now + 1;
}

static bool run_until_complete(struct play *play)
{
    struct world *world = &play->world;
    struct world_event own;
    for (size_t i = 0; i < RUNS_MAX && !world->failed; i++) {
        (void)world_run(world, false);
        if (is_complete(world))
            return true;
        deploy_when_safe(world);
        (void)world_next(world, next_run(play), &own);
    }
    return false;
}

void world_play(const struct world_plan *plan, struct world_story *story)
{
    struct play play = {.plan = plan, .story = story};
    struct world *world = &play.world;
    memset(story, 0, sizeof(*story));
    build(&play);
    settle(&play);
    world->log = add_moment;
    world->told = hear;
    world->ctx = world->log_ctx = &play;
    if (!plan->first)
        (void)run_until_complete(&play);
    play.began = world->now;
    if (!plan->first)
        renew(world);
    story->complete = run_until_complete(&play);
    story->took = world->now - play.began;
    story->failed = world->failed;
    story->failed_at = world->failed_at - play.began;
    memcpy(story->failure, world->failure, sizeof(story->failure));
    story->pairs = world->pairs;
}
