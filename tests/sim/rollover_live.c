/* The engine's runs in a world, somebody else's deployments, and the end of it all. */
#include "rollover.h"

#include <string.h>

#define RUNS_AT_END 1500

/* --- runs --- */

bool sim_all_show(const struct sim *sim, size_t side)
{
    const struct world *world = &sim->world;
    for (size_t i = 0; i < world->node_count; i++)
        for (size_t k = 0; k < world->nodes[i].chains; k++)
            if (world->nodes[i].silent || world->nodes[i].shows[k] != side)
                return false;
    return true;
}

/* What was deployed too early is told by the first run that can see it, unless it is safe by then
 * or something worse is told. */
static void expect_early(struct sim *sim)
{
    struct world *world = &sim->world;
    uint32_t told = (uint32_t)1 << MODEL_WHY_EARLY | (uint32_t)1 << MODEL_WHY_REPAIR |
                    (uint32_t)1 << MODEL_WHY_STRANGER;
    if ((world->reasons & told) != 0)
        sim->early = false;
    else if (world->last.action != MODEL_STOP)
        world_fail(world, "deployed too early, and not told");
}

static void note_run(struct sim *sim)
{
    struct world *world = &sim->world;
    sim->runs++;
    for (size_t i = 0; i < 32; i++)
        sim->reasons[i] += world->reasons >> i & 1;
}

/* Records that stood there before the first run, and that nobody declared, stay. */
static void note_found(struct sim *sim, bool was_known, model_set found)
{
    const struct model_side *current = &sim->world.facts.current;
    if (!was_known && current->known)
        sim->given |= found & ~current->wants;
}

static bool run_engine(struct sim *sim, bool gate)
{
    struct world *world = &sim->world;
    const bool was_known = world->facts.current.known;
    const model_set found = world_zone(world)->set;
    int64_t safe_at = model_safe_at(&world->facts, &world->policy);
    uint32_t ttl = world->facts.ttl;
    bool was_safe = safe_at != 0 && safe_at <= world->now;
    if (world->facts.switched != 0) /* taken for deployed, as it was safe by then */
        sim->early = false;
    bool due = world->facts.probed == 0 || world->now >= world->facts.probed + world->policy.watch;
    bool visible = sim->early && due && sim_all_show(sim, sim->early_side);
    bool ran = world_run(world, gate);
    note_found(sim, was_known, found);
    visible = visible && world_find_side(world, &world->facts.next) == sim->early_side;
    note_run(sim);
    if ((world->reasons >> MODEL_WHY_EARLY & 1) != 0)
        sim->early = false;
    if (!ran)
        return false;
    /* It may have become safe between the looks of this run. */
    was_safe = was_safe || (safe_at != 0 && world->facts.verified >= safe_at);
    safe_at = model_safe_at(&world->facts, &world->policy);
    /* A look may have shown that no higher TTL counts any more, and so that it is safe. */
    was_safe = was_safe || world->facts.ttl < ttl || (safe_at != 0 && safe_at <= world->now);
    visible = visible && sim->early && sim_all_show(sim, sim->early_side);
    if (visible && was_safe)
        sim->early = false;
    else if (visible && !world->failed)
        expect_early(sim);
    if (!world->failed && world->last.due != 0 && world->last.due <= world->now)
        world_fail(world, "the next run is due in the past");
    return true;
}

/* --emergency may have been for the run that deployed alone; the next runs find it done. */
static void end_emergency(struct world *world)
{
    if (world->facts.hasty == 0 || !world->policy.emergency || !world_chance(world, 500))
        return;
    world_log(world, "the emergency is over");
    world->policy.emergency = false;
}

static int64_t next_run(struct sim *sim)
{
    struct world *world = &sim->world;
    if (world->last.due > world->now && world_chance(world, 300))
        return world->last.due;
    return world->now + 1 + world_while(world, sim->gap);
}

void sim_run(struct sim *sim, size_t which)
{
    (void)which;
    (void)run_engine(sim, false);
    end_emergency(&sim->world);
    if (!sim->ending)
        world_plan_event(&sim->world, next_run(sim), SIM_RUN, 0, false);
}

/* --- somebody else deploys --- */

static bool is_safe(const struct world *world)
{
    return (world->last.reason == MODEL_WHY_SAFE || world->last.reason == MODEL_WHY_EMERGENCY) &&
           world->last.action == MODEL_NOTHING;
}

static bool may_deploy(const struct sim *sim)
{
    const struct world *world = &sim->world;
    return !world->policy.live && world->source_known && world->source_fit && !sim->early &&
           world->live != world->source && world->facts.current.known;
}

void sim_deploy(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (!may_deploy(sim) || !run_engine(sim, true) || world->failed || !is_safe(world))
        return;
    if (world_find_side(world, &world->facts.next) != world->source)
        return;
    sim->early = false;
    world_log(world, "somebody else deploys, as it is safe");
    world->excused = world->excused || world->policy.emergency;
    world_deploy(world, world->source, true);
}

/* What the gate would say now, without a trace in the world. */
static bool would_be_safe(const struct world *world)
{
    struct world copy = *world;
    memset(&copy.chances, 0, sizeof(copy.chances));
    copy.log = NULL;
    copy.inside = NULL;
    (void)world_run(&copy, true);
    return is_safe(&copy);
}

/* What was aborted is nobody's to deploy, and not watched for. */
bool sim_is_refused(struct world *world)
{
    struct model_side side;
    world_describe(world, world->source, &side);
    return memcmp(side.id, world->facts.refused, sizeof(side.id)) == 0;
}

void sim_rash(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (!may_deploy(sim) || sim->ending || sim_is_refused(world) || would_be_safe(world))
        return;
    world_log(world, "somebody else deploys without asking");
    sim->early = true;
    sim->early_side = world->source;
    world->excused = true;
    world_deploy(world, world->source, true);
}

/* --- the end --- */

/* What is in source is not to be deployed, and stays so. */
static bool is_held(const struct world *world)
{
    return world->last.reason == MODEL_WHY_REFUSED || world->last.reason == MODEL_WHY_REUSE;
}

/* Why not, in the order of importance; NULL: it is. */
static const char *not_at_rest(struct sim *sim)
{
    struct world *world = &sim->world;
    struct model_side side;
    world_describe(world, world->live, &side);
    model_set kept = world_zone(world)->set & (world->foreign | sim->given);
    /* Combinations of others' records have the service's records beside them. */
    for (size_t i = 0; i < world->combo_count; i++)
        if ((world->table.with[i] & kept) != 0)
            kept |= world->table.with[i] & side.could;
    bool held = is_held(world);
    /* Without `live`, what the configuration makes of the chain in use is not known while it is
     * not that in source. */
    bool unknown = held && (world->last.reason == MODEL_WHY_REUSE || !world->policy.live);
    if (world->live != world->source && !held)
        return "what is in source is not deployed";
    if (!sim_all_show(sim, world->live))
        return "endpoints show something else";
    if (!unknown && world_zone(world)->set != (side.wants | kept))
        return "the zone has other records than those that are wanted";
    if (!world_is_spread(world))
        return "not every server has them";
    if (model_stage(&world->facts, &world->table, &world->policy, world->now) != MODEL_STAGE_IDLE &&
        !held)
        return "it is not idle";
    return NULL;
}

/* Somebody else goes back when told so. What is shown and is not on its way is replaced, too, which
 * nobody says to be safe. */
static void deploy_again(struct sim *sim)
{
    struct world *world = &sim->world;
    bool deployed = world->facts.next.known && world->facts.switched != 0;
    bool strange =
        world->last.reason == MODEL_WHY_STRANGER && (deployed || !world->facts.next.known);
    bool told = world->last.reason == MODEL_WHY_ABORT && world->last.action == MODEL_HOLD;
    size_t side =
        world_find_side(world, strange && deployed ? &world->facts.next : &world->facts.current);
    if (world->policy.live || (!told && !strange) || side == WORLD_SIDES || side == world->live)
        return;
    world_log(world, "somebody else deploys the former one again");
    sim->early = false;
    world->excused = world->excused || strange;
    world_deploy(world, side, true);
}

/* Endpoints that missed a deployment show what is live once somebody starts them again. */
static void start_again(struct sim *sim)
{
    struct world *world = &sim->world;
    /* After --adopt nothing is under way, and nobody looks. */
    bool adopted = sim->given != 0 && world->last.reason == MODEL_WHY_IDLE;
    if (!world->policy.live ||
        (world->last.reason != MODEL_WHY_STRANGER && !is_held(world) && !adopted))
        return;
    for (size_t i = 0; i < world->node_count; i++)
        world_take_up(world, i);
}

/* Disturbances that are under way end; none begin. */
static void calm(struct sim *sim)
{
    struct world *world = &sim->world;
    struct world_event event;
    sim->ending = true;
    world->source_known = true;
    memset(&world->chances, 0, sizeof(world->chances));
    for (size_t i = 0; i < 2000 && world->event_count > 0 && !world->failed; i++) {
        int64_t until = world->now + 1 + world->policy.watch;
        while (world_next(world, until, &event))
            sim_happen(sim, &event);
        (void)run_engine(sim, false);
        deploy_again(sim);
        start_again(sim);
    }
    if (world->event_count > 0)
        world_fail(world, "disturbances do not end");
}

/* Now the engine comes when it said it would, and only then. */
static void finish(struct sim *sim)
{
    struct world *world = &sim->world;
    struct world_event event;
    for (size_t i = 0; i < RUNS_AT_END && !world->failed; i++) {
        (void)run_engine(sim, false);
        if (not_at_rest(sim) == NULL)
            return;
        sim_deploy(sim, 0);
        deploy_again(sim);
        start_again(sim);
        int64_t until = world->last.due > 0 ? world->last.due : world->now + world->policy.watch;
        (void)world_next(world, until, &event);
    }
    world_fail(world, "no end: %s: %s", not_at_rest(sim), world->last.why);
}

bool sim_play(struct sim *sim)
{
    struct world *world = &sim->world;
    struct world_event event;
    int64_t until = world->now + sim->span;
    while (world_next(world, until, &event))
        sim_happen(sim, &event);
    if (!world->failed)
        calm(sim);
    if (!world->failed)
        finish(sim);
    return !world->failed;
}

void sim_add(struct sim_sum *sum, const struct sim *sim)
{
    sum->worlds++;
    sum->runs += sim->runs;
    sum->steps += sim->world.steps;
    sum->pairs += sim->world.pairs;
    for (size_t i = 0; i < SIM_EVENTS - WORLD_OWN; i++)
        sum->happened[i] += sim->happened[i];
    for (size_t i = 0; i < 64; i++)
        sum->reasons[i] += sim->reasons[i];
}
