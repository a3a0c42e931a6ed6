/* Worlds as they begin. */
#include "rollover.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int64_t pick(struct world *world, const int64_t *from, size_t count)
{
    return from[world_draw(world, count)];
}

static void draw_combos(struct world *world)
{
    static const struct {
        const char *name;
        enum world_of of;
    } all[] = {{"3 1 1", WORLD_OF_KEY},
               {"2 1 1", WORLD_OF_ISSUER},
               {"3 1 2", WORLD_OF_KEY},
               {"3 0 1", WORLD_OF_CERT},
               {"2 0 1", WORLD_OF_ISSUER}};
    /* Mostly 3 1 1, often with 2 1 1, sometimes anything. */
    static const uint8_t sets[] = {1, 1, 1, 1, 3, 3, 3, 2, 8, 4, 5, 9, 16, 17};
    uint8_t set = sets[world_draw(world, COUNT(sets))];
    for (size_t i = 0; i < COUNT(all); i++)
        (void)world_add_combo(world, all[i].name, all[i].of, (set >> i & 1) != 0);
}

static void draw_servers(struct sim *sim)
{
    static const int64_t ttls[] = {0, 1, 2, 5, 30, 60, 60, 100, 101, 300, 300, 3600, 3600, 86400};
    struct world *world = &sim->world;
    world->ttl = (uint32_t)pick(world, ttls, COUNT(ttls));
    world->negative_ttl = (uint32_t)pick(world, ttls, COUNT(ttls));
    world->server_count = 1 + world_draw(world, 4);
    int64_t scale = (int64_t)world->ttl + 10;
    for (size_t i = 0; i < world->server_count; i++) {
        int64_t lags[] = {0, 2, scale / 4, scale, 3 * scale};
        world->servers[i].lag = i == 0 ? pick(world, lags, 2) : pick(world, lags, COUNT(lags));
    }
}

static void draw_nodes(struct sim *sim)
{
    struct world *world = &sim->world;
    int64_t scale = (int64_t)world->ttl + 10;
    int64_t lags[] = {0, 0, 1, scale / 3, 2 * scale};
    world->node_count = 1 + world_draw(world, 3);
    for (size_t i = 0; i < world->node_count; i++)
        world->nodes[i].lag = pick(world, lags, COUNT(lags));
}

static void draw_policy(struct sim *sim)
{
    struct world *world = &sim->world;
    int64_t scale =
        10 + (int64_t)(world->ttl > world->negative_ttl ? world->ttl : world->negative_ttl);
    int64_t keeps[] = {-1, -1, 0, 60, 3 * scale};
    int64_t watches[] = {1 + scale / 20, 1 + scale / 8, 1 + scale / 3, scale, scale};
    struct model_policy *policy = &world->policy;
    policy->live = world_chance(world, 700);
    policy->reuse = world_chance(world, 80);
    policy->emergency = world_chance(world, 40);
    policy->tell = world_chance(world, 200);
    policy->keep = pick(world, keeps, COUNT(keeps));
    policy->watch = pick(world, watches, COUNT(watches));
    policy->deadline = 3 * scale + world_while(world, 3 * scale);
    policy->retry = 60 + world_while(world, 2 * scale);
    world->step_time = (int64_t)world_draw(world, 4);
    world->hook_time = world_chance(world, 200) ? 2 * scale : 3;
    sim->gap = world_chance(world, 500) ? policy->watch + 1 : policy->watch + 2 * scale;
}

static void draw_chances(struct world *world)
{
    if (world_chance(world, 400))
        world->chances.crash = (uint32_t)world_draw(world, 120);
    if (world_chance(world, 300)) {
        world->chances.hook_fails = (uint32_t)world_draw(world, 500);
        world->chances.write_fails = (uint32_t)world_draw(world, 300);
        world->chances.switch_fails = (uint32_t)world_draw(world, 300);
        world->chances.never = world->policy.live ? (uint32_t)world_draw(world, 300) : 0;
    }
}

/* Mostly what serves the service; else nothing, or what serves nobody; foreign ones beside. */
static void draw_records(struct world *world)
{
    struct model_side side;
    world_describe(world, world->live, &side);
    model_set set = side.wants;
    uint64_t way = world_draw(world, 20);
    if (way < 3) {
        set = 0;
    } else if (way == 3) {
        world->excused = true;
        set = 0;
    }
    if (way == 3 || way == 4)
        for (size_t i = 0; i < world->combo_count; i++)
            if (world->combos[i].configured && (way == 3 || world_chance(world, 500)))
                set |= world_foreign_record(world, i);
    world->versions[0] = (struct world_version){.set = set, .ttl = world->ttl};
    if (set == 0)
        world->versions[0].ttl = world->negative_ttl;
    world->version_count = 1;
    world->ttl_max = world->versions[0].ttl;
}

static void plan_disturbances(struct sim *sim)
{
    static const int64_t kinds[] = {
        SIM_RENEW,   SIM_RENEW, SIM_NEXT_KEY, SIM_FALL_BACK, SIM_FALL_BACK, SIM_FALL_BACK,
        SIM_SILENCE, SIM_DIE,   SIM_DISTRUST, SIM_TTL,       SIM_EDIT,      SIM_NODE_SILENCE,
        SIM_SCHEME,  SIM_ABORT, SIM_UNFIT,    SIM_DEPLOY,    SIM_DEPLOY,    SIM_RASH,
    };
    struct world *world = &sim->world;
    size_t count = world_draw(world, 20);
    for (size_t i = 0; i < count; i++) {
        int kind = (int)pick(world, kinds, COUNT(kinds));
        int64_t at = world->now + world_while(world, sim->span);
        bool inside = kind == SIM_RENEW || kind == SIM_NODE_SILENCE || kind == SIM_UNFIT;
        world_plan_event(world, at, kind, 0, inside);
    }
    for (size_t i = world_draw(world, 4); i > 0; i--)
        world_plan_event(world, world->now + world_while(world, sim->span), SIM_RENEW, 0, true);
    world_plan_event(world, world->now, SIM_RUN, 0, false);
}

static void happen_inside(void *ctx, const struct world_event *event)
{
    sim_happen(ctx, event);
}

void sim_draw(struct sim *sim, uint64_t seed)
{
    struct world *world = &sim->world;
    memset(sim, 0, sizeof(*sim));
    world_init(world, seed, 1000000000);
    world->inside = happen_inside;
    world->ctx = sim;
    draw_combos(world);
    draw_servers(sim);
    draw_nodes(sim);
    draw_policy(sim);
    draw_chances(world);
    size_t side = world_new_side(world, 1 + world_draw(world, 2));
    world->live = world->source = side;
    world->source_known = !world_chance(world, 50);
    draw_records(world);
    world_settle_servers(world);
    world_settle_nodes(world, side);
    int64_t scale = 2 * (int64_t)world->ttl + 3 * world->servers[world->server_count - 1].lag +
                    world->policy.deadline;
    sim->span = (1 + (int64_t)world_draw(world, 10)) * scale;
    plan_disturbances(sim);
}

/* The source's side with something new: all keys, one of several, the issuer, or nothing but the
 * certificates. */
size_t sim_renewed(struct sim *sim)
{
    struct world *world = &sim->world;
    size_t side = world_copy_side(world, world->source);
    struct world_side *new = &world->sides[side];
    uint64_t way = world_draw(world, 10);
    uint32_t issuer = way < 2 ? ++world->numbers : new->chain[0].issuer;
    size_t only = way == 2 ? world_draw(world, new->chains) : MODEL_CHAINS;
    new->certified = true;
    for (size_t i = 0; i < new->chains; i++) {
        if (only < MODEL_CHAINS && i != only)
            continue;
        if (way != 3 && way != 4 && !world->policy.reuse)
            new->chain[i].key = ++world->numbers;
        new->chain[i].cert = ++world->numbers;
        new->chain[i].issuer = issuer;
    }
    return side;
}
