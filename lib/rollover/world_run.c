/* rollover/world.h: the engine's loop around the decision, and what its steps do in the world. */
#include "rollover/world.h"

#include <string.h>

#define STEPS_MAX 40 /* more in one run do not come to an end */

/* What a run saw, and what it remembers until it is stored. */
struct run {
    struct world *world;
    struct model_facts facts;
    struct model_view view;
    struct model_place places[WORLD_SERVERS];
    struct model_endpoint endpoints[WORLD_NODES * MODEL_CHAINS];
    size_t live; /* what endpoints showed, where somebody else deploys */
};

static const char *const action_names[] = {
    [MODEL_NOTHING] = "nothing", [MODEL_LOOK] = "look",     [MODEL_PROBE] = "probe",
    [MODEL_PUBLISH] = "publish", [MODEL_SWITCH] = "switch", [MODEL_SWITCH_BACK] = "switch back",
    [MODEL_TELL] = "tell",       [MODEL_HOLD] = "hold",     [MODEL_STOP] = "stop",
};

void world_model(void *ctx, const struct model_facts *facts, const struct model_view *view,
                 const struct model_policy *policy, int64_t now, struct model_step *step)
{
    (void)ctx;
    model_decide(facts, view, policy, now, step);
}

/* --- observing --- */

static void look(struct run *run)
{
    struct world *world = run->world;
    world_pass(world, world_while(world, world->step_time));
    for (size_t i = 0; i < world->server_count; i++) {
        const struct world_server *server = &world->servers[i];
        const struct world_version *version = &world->versions[server->version];
        bool answered = !server->silent && !server->dead;
        run->places[i] = (struct model_place){.answered = answered, .ignored = server->ignored};
        if (!answered)
            continue;
        run->places[i].unknown = version->stranger;
        run->places[i].set = version->set;
        run->places[i].ttl = version->ttl;
    }
    run->view.looked = true;
    run->view.places = run->places;
    run->view.place_count = world->server_count;
    run->view.trust = world->trust;
}

/* A certificate that the current and the next side share says nothing. */
static enum model_shows shows(const struct run *run, size_t side, size_t chain)
{
    const struct world *world = run->world;
    size_t current = world_find_side(world, &run->facts.current);
    size_t next = world_find_side(world, &run->facts.next);
    uint32_t cert = world->sides[side].chain[chain].cert;
    bool is_current = current < WORLD_SIDES && world->sides[current].chain[chain].cert == cert;
    bool is_next = next < WORLD_SIDES && world->sides[next].certified &&
                   world->sides[next].chain[chain].cert == cert;
    if (is_current && is_next)
        return MODEL_SHOWS_NONE;
    return is_next ? MODEL_SHOWS_NEXT : is_current ? MODEL_SHOWS_CURRENT : MODEL_SHOWS_OTHER;
}

static void probe_node(struct run *run, size_t at)
{
    struct world *world = run->world;
    const struct world_node *node = &world->nodes[at];
    for (size_t k = 0; k < node->chains; k++) {
        struct model_endpoint *endpoint = &run->endpoints[run->view.endpoint_count++];
        endpoint->shows = node->silent ? MODEL_SHOWS_SILENT : shows(run, node->shows[k], k);
        endpoint->served = world_set_serves(world, run->facts.written, node->shows[k], k);
        if (!node->silent && run->live == WORLD_SIDES)
            run->live = node->shows[k];
    }
}

/* The side that every chain seen belongs to; WORLD_SIDES while they differ. */
static size_t shown_by_all(const struct run *run, size_t side)
{
    const struct world *world = run->world;
    for (size_t i = 0; i < world->node_count; i++)
        for (size_t k = 0; k < world->nodes[i].chains; k++)
            if (!world->nodes[i].silent && world->nodes[i].shows[k] != side)
                return WORLD_SIDES;
    return side;
}

static void probe(struct run *run)
{
    struct world *world = run->world;
    world_pass(world, world_while(world, world->step_time));
    run->view.endpoint_count = 0;
    run->live = WORLD_SIDES;
    for (size_t i = 0; i < world->node_count; i++)
        probe_node(run, i);
    run->live = shown_by_all(run, run->live);
    run->view.probed = true;
    run->view.endpoints = run->endpoints;
}

/* What is known without asking anybody. */
static void read_files(struct run *run)
{
    struct world *world = run->world;
    size_t live = world->policy.live ? world->live : run->live;
    run->view.combos = &world->table;
    memset(&run->view.source, 0, sizeof(run->view.source));
    memset(&run->view.live, 0, sizeof(run->view.live));
    if (world->source_known)
        world_describe(world, world->source, &run->view.source);
    run->view.source_fit = world->source_fit;
    if (live < WORLD_SIDES)
        world_describe(world, live, &run->view.live);
}

/* --- acting --- */

static bool publish(struct world *world, model_set set)
{
    char text[WORLD_TEXT / 2];
    const struct world_version *zone = world_zone(world);
    model_set gone = zone->set & ~set;
    if (world_chance(world, world->chances.write_fails))
        return false;
    if (set == 0)
        world_fail(world, "the records are emptied");
    if ((gone & world->foreign) != 0 || zone->stranger)
        world_fail(world, "records of somebody else are removed: %s and %s",
                   world_set_text(world, gone & world->foreign, text, sizeof(text)),
                   zone->stranger ? "a stranger" : "no stranger");
    if (set == zone->set && !zone->stranger)
        return true;
    return world_write(world, set, false, world->ttl);
}

/* False when it was not done; the hook has a result of its own. */
static bool deploy(struct run *run, const struct model_side *to, bool back, bool *hook_ok)
{
    struct world *world = run->world;
    size_t side = world_find_side(world, to);
    if (!world->policy.live)
        world_fail(world, "a switch where somebody else deploys");
    if (side == WORLD_SIDES || !world->sides[side].certified)
        world_fail(world, "a switch to what is no certificate");
    if (!back && !world->sides[side].made && !run->view.source_fit)
        world_fail(world, "a switch to a certificate that is not fit");
    if (world->failed || world_chance(world, world->chances.switch_fails))
        return false;
    if (!world->sides[side].made && (side != world->source || !world->source_fit))
        return false; /* replaced while the run was on its way */
    world->sides[side].made = true;
    if (!back && world->policy.emergency)
        world->excused = true;
    *hook_ok = !world_chance(world, world->chances.hook_fails);
    world_log(world, "deployed%s%s", back ? " again" : "",
              *hook_ok ? "" : ", but after-deploy fails");
    world_deploy(world, side, *hook_ok);
    world_pass(world, world_while(world, world->hook_time));
    return true;
}

static bool act(struct run *run, const struct model_step *step, bool *hook_ok)
{
    struct world *world = run->world;
    world_pass(world, world_while(world, world->step_time));
    switch (step->action) {
    case MODEL_PUBLISH:
        return publish(world, step->set);
    case MODEL_SWITCH:
        return deploy(run, &run->facts.next, false, hook_ok);
    case MODEL_SWITCH_BACK:
        return deploy(run, &run->facts.current, true, hook_ok);
    default:
        return true;
    }
}

/* --- the loop --- */

/* A look counts once it is stored. */
static void note_looked(struct run *run)
{
    for (size_t i = 0; i < run->view.place_count; i++)
        if (run->places[i].answered)
            run->world->servers[i].looked = true;
}

static bool crashes(struct world *world)
{
    if (!world_chance(world, world->chances.crash))
        return false;
    world_log(world, "crash");
    return true;
}

static void note_view(struct run *run)
{
    read_files(run);
    model_note_view(&run->facts, &run->view, &run->world->policy, run->world->now);
}

/* False: crashed. */
static bool observe(struct run *run, enum model_action action)
{
    struct world *world = run->world;
    if (action == MODEL_LOOK)
        look(run);
    else
        probe(run);
    note_view(run);
    if (crashes(world))
        return false;
    world->facts = run->facts;
    if (action == MODEL_LOOK)
        note_looked(run);
    return true;
}

/* False: crashed, or the step failed, which ends a run. */
static bool do_step(struct run *run, const struct model_step *step)
{
    struct world *world = run->world;
    bool hook_ok = true;
    if (crashes(world))
        return false;
    model_note_intent(&run->facts, step, world->now);
    world->facts = run->facts;
    if (crashes(world))
        return false;
    bool ok = act(run, step, &hook_ok);
    if (!ok)
        world_log(world, "that failed");
    if (crashes(world))
        return false;
    model_note_done(&run->facts, step, ok, hook_ok, world->now);
    world->facts = run->facts;
    run->view.looked = run->view.probed = false;
    return ok;
}

static bool decide(struct run *run, struct model_step *step)
{
    struct world *world = run->world;
    note_view(run);
    memset(step, 0, sizeof(*step));
    world->decide(world->decide_ctx, &run->facts, &run->view, &world->policy, world->now, step);
    world->steps++;
    if (step->action != MODEL_LOOK && step->action != MODEL_PROBE)
        world->reasons |= (uint32_t)1 << step->reason;
    if (world->told != NULL)
        world->told(world->ctx, step);
    else
        world_log(world, "run: %s: %s", action_names[step->action], step->why);
    return step->action != MODEL_NOTHING && step->action != MODEL_HOLD &&
           step->action != MODEL_STOP;
}

bool world_run(struct world *world, bool gate)
{
    struct run run = {.world = world, .facts = world->facts, .live = WORLD_SIDES};
    struct model_step step;
    world->reasons = 0;
    note_view(&run);
    if (gate && !(observe(&run, MODEL_LOOK) && observe(&run, MODEL_PROBE)))
        return false;
    for (size_t i = 0; i < STEPS_MAX && !world->failed; i++) {
        if (!decide(&run, &step)) {
            world->last = step;
            world->facts = run.facts;
            return true;
        }
        bool going = step.action == MODEL_LOOK || step.action == MODEL_PROBE
                         ? observe(&run, step.action)
                         : do_step(&run, &step);
        if (!going)
            return false;
    }
    world_fail(world, "a run that does not come to an end: %s", step.why);
    return true;
}

bool world_adopt(struct world *world)
{
    struct run run = {.world = world, .facts = world->facts, .live = WORLD_SIDES};
    look(&run);
    probe(&run);
    read_files(&run);
    if (!model_note_adopt(&run.facts, &run.view, world->now))
        return false;
    world->facts = run.facts;
    return true;
}

void world_next_key(struct world *world, size_t side)
{
    struct model_side next;
    world_describe(world, side, &next);
    model_note_next_key(&world->facts, &world->table, &next, world->now);
}
