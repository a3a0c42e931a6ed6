/* What happens to a world: each disturbance sees to it that it ends. */
#include "rollover.h"

#include <string.h>

static void later(struct sim *sim, int kind, size_t which, bool inside)
{
    struct world *world = &sim->world;
    int64_t most = (int64_t)world->ttl + world->policy.watch + 20;
    world_plan_event(world, world->now + 1 + world_while(world, 2 * most), kind, which, inside);
}

/* --- the source --- */

static bool may_renew(const struct sim *sim)
{
    return !sim->ending && !sim->early && world_has_room(&sim->world);
}

static void renew(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (!may_renew(sim) || sim->certifying)
        return;
    world->source = sim_renewed(sim);
    world->source_known = true;
    world_log(world, "source: another certificate, of key %u",
              world->sides[world->source].chain[0].key);
}

static void next_key(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (!may_renew(sim) || world->policy.reuse || !world->facts.current.known ||
        world->facts.next.known)
        return;
    size_t side = world_copy_side(world, world->source);
    for (size_t i = 0; i < world->sides[side].chains; i++)
        world->sides[side].chain[i].key = ++world->numbers;
    world->sides[side].certified = false;
    world_log(world, "next-key: key %u", world->sides[side].chain[0].key);
    world_next_key(world, side);
    sim->certifying = true;
    later(sim, SIM_CERTIFY, side, true);
}

static void certify(struct sim *sim, size_t next)
{
    struct world *world = &sim->world;
    size_t side = world_copy_side(world, next);
    for (size_t i = 0; i < world->sides[side].chains; i++)
        world->sides[side].chain[i].cert = ++world->numbers;
    world->sides[side].certified = true;
    world->source = side;
    world->source_known = true;
    sim->certifying = sim->early = false;
    world_log(world, "source: the next key has its certificate");
}

static void unfit(struct sim *sim, size_t which)
{
    (void)which;
    if (sim->ending || !sim->world.source_fit)
        return;
    sim->world.source_fit = false;
    later(sim, SIM_FIT, 0, true);
}

/* --- servers --- */

/* What was made by hand has been seen where this server has it. */
static bool has_seen_hand(const struct sim *sim, const struct world_server *server)
{
    return server->version > sim->edit || (server->version == sim->edit && server->looked);
}

static bool all_answer(const struct sim *sim)
{
    for (size_t i = 0; i < sim->world.server_count; i++)
        if (sim->world.servers[i].silent || sim->world.servers[i].fallen)
            return false;
    return true;
}

static bool all_looked(const struct sim *sim)
{
    for (size_t i = 0; i < sim->world.server_count; i++)
        if (!sim->world.servers[i].dead && !sim->world.servers[i].looked)
            return false;
    return true;
}

static void fall_back(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    size_t at = world_draw(world, world->server_count);
    struct world_server *server = &world->servers[at];
    if (sim->ending || sim->edited || server->silent || server->dead || server->fallen ||
        server->version == 0 || !has_seen_hand(sim, server))
        return;
    size_t back = 1 + world_draw(world, 3);
    size_t version = server->version > back ? server->version - back : 0;
    if (version < sim->edit || world->versions[version].stranger ||
        world->versions[version].set == 0 || !world_serves_all(world, world->versions[version].set))
        return;
    world_fall_back(world, at, version);
    later(sim, SIM_RECOVER, at, false);
}

/* Nothing is under way, so that nobody looks, and nothing that caches get now will matter. */
static bool is_idle(const struct sim *sim)
{
    const struct world *world = &sim->world;
    bool idle =
        model_stage(&world->facts, &world->table, &world->policy, world->now) == MODEL_STAGE_IDLE;
    return (idle && world->facts.intent_at == 0) || world->policy.emergency ||
           world->last.reason == MODEL_WHY_REUSE;
}

static void recover(struct sim *sim, size_t server)
{
    struct world *world = &sim->world;
    bool over = sim->ending && (world->source == world->live || sim_is_refused(world) ||
                                world->last.reason == MODEL_WHY_REUSE);
    uint32_t ttl = world->versions[world->servers[server].version].ttl;
    bool harmless =
        is_idle(sim) && (over || world->policy.emergency || ttl <= world_zone(world)->ttl);
    if (world->servers[server].looked || harmless)
        world_recover(&sim->world, server);
    else
        later(sim, SIM_RECOVER, server, false);
}

static void silence(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    size_t at = world_draw(world, world->server_count);
    struct world_server *server = &world->servers[at];
    if (sim->ending || server->silent || server->dead || (server->fallen && !server->looked) ||
        !has_seen_hand(sim, server))
        return;
    server->silent = true;
    world_log(world, "server %zu is silent", at);
    later(sim, SIM_ANSWER, at, false);
}

static void answer(struct sim *sim, size_t server)
{
    sim->world.servers[server].silent = false;
    world_log(&sim->world, "server %zu answers again", server);
}

/* The first one, where the zone is written, lives. */
static void die(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    size_t at = world->server_count - 1;
    struct world_server *server = &world->servers[at];
    if (sim->ending || at == 0 || server->dead || server->fallen || server->silent)
        return;
    world_die(world, at);
    later(sim, SIM_IGNORE, at, false);
}

static void distrust(struct sim *sim, size_t which)
{
    (void)which;
    static const enum model_trust trusts[] = {MODEL_NO_ANSWER, MODEL_BOGUS, MODEL_INSECURE};
    struct world *world = &sim->world;
    if (sim->ending || world->trust != MODEL_SECURE)
        return;
    world->trust = trusts[world_draw(world, 3)];
    world_log(world, "the answers are not secure");
    later(sim, SIM_TRUST, 0, false);
}

/* --- endpoints --- */

static void node_silence(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    size_t at = world_draw(world, world->node_count);
    if (sim->ending || world->nodes[at].silent)
        return;
    world->nodes[at].silent = true;
    world_log(world, "endpoint %zu is silent to the engine", at);
    later(sim, SIM_NODE_ANSWER, at, true);
}

static void node_answer(struct sim *sim, size_t node)
{
    sim->world.nodes[node].silent = false;
    world_log(&sim->world, "endpoint %zu answers again", node);
}

/* --- the operator --- */

static bool hands_off(const struct sim *sim)
{
    return sim->ending || sim->edited || !all_answer(sim) || !all_looked(sim) ||
           !world_is_spread(&sim->world) || !world_has_room(&sim->world);
}

/* Where the zone is written it is served at once. */
static void write_by_hand(struct world *world, model_set set, bool stranger, uint32_t ttl)
{
    if (world_write(world, set, stranger, ttl))
        world_transfer(world, 0);
}

static void change_ttl(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (hands_off(sim))
        return;
    uint32_t ttls[] = {0, 1, world->ttl / 4, world->ttl + 1, 10 + world->ttl * 2, 60};
    uint32_t ttl = ttls[world_draw(world, 6)];
    bool by_hand = world_chance(world, 600);
    if (by_hand)
        sim->edit = world->version_count;
    if (!by_hand || world_chance(world, 700))
        world->ttl = ttl;
    world_log(world, "the operator changes the TTL");
    if (by_hand)
        write_by_hand(world, world_zone(world)->set, false, ttl);
}

/* A changed set, or 0; *stranger when a record beyond the table comes in. */
static model_set edit_of(struct sim *sim, bool *stranger)
{
    struct world *world = &sim->world;
    model_set set = world_zone(world)->set;
    size_t combo = world_draw(world, world->combo_count);
    uint64_t way = world_draw(world, 4);
    *stranger = way == 0;
    if (way == 1 && (world->table.with[combo] & set) != 0)
        return set | world_foreign_record(world, combo);
    if (way >= 2) /* one record away, or one back */
        return set ^ (model_set)1 << world_draw(world, world->record_count);
    return set;
}

/* And the side that is to be gone back to. */
static bool serves(const struct world *world, model_set set)
{
    return world_serves_all(world, set) &&
           (!world->facts.current.known || model_serves(&world->table, set, &world->facts.current));
}

/* Edits that bring a former set back look like a server that falls back. */
static bool was_there(const struct world *world, model_set set)
{
    for (size_t i = 0; i < world->version_count; i++)
        if (world->versions[i].set == set)
            return true;
    return false;
}

static void edit(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    bool stranger;
    if (hands_off(sim) || world_zone(world)->set == 0)
        return;
    model_set set = edit_of(sim, &stranger);
    if (set == 0 || !serves(world, set) || (was_there(world, set) && !stranger))
        return;
    sim->edited = true;
    sim->given |= set | world_zone(world)->set;
    sim->edit = world->version_count;
    world_log(world, "the operator edits the zone");
    write_by_hand(world, set, stranger, world_zone(world)->ttl);
    later(sim, SIM_UNDO, 0, false);
}

/* Once it was seen: taken back, or adopted where all servers have it. */
static void undo(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    const struct world_version *zone = world_zone(world);
    if (world->version_count - 1 != sim->edit ||
        (zone->set == world->facts.written && !zone->stranger)) {
        /* The engine wrote since, or wants the same. */
        sim->edited = false;
        return;
    }
    const struct world_version *was = &world->versions[sim->edit - 1];
    bool adopting = !world_zone(world)->stranger && world_chance(world, 500);
    if (!all_answer(sim) || (!all_looked(sim) && !is_idle(sim)) || !world_is_spread(world) ||
        (!adopting && !world->excused && !serves(world, was->set))) {
        later(sim, SIM_UNDO, 0, false);
        return;
    }
    world_log(world, adopting ? "adopt" : "the operator takes the edit back");
    if (!adopting) {
        write_by_hand(world, was->set, false, was->ttl);
    } else if (!world_adopt(world)) {
        later(sim, SIM_UNDO, 0, false);
        return;
    }
    sim->edited = false;
    sim->edit = adopting ? sim->edit : sim->edit + 1;
}

/* Other combinations are configured; at least one. */
static void change_scheme(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    if (sim->ending || !world_has_room(world))
        return;
    /* Nobody asks for other records while a deployment of his own is on its way. */
    if (!world->policy.live && !sim_all_show(sim, world->live))
        return;
    size_t combo = world_draw(world, world->combo_count);
    size_t other = world_draw(world, world->combo_count);
    bool keeps = world_chance(world, 500);
    for (size_t i = 0; i < world->combo_count; i++)
        world->combos[i].configured =
            (keeps && world->combos[i].configured) || i == combo || (keeps && i == other);
    world_log(world, "the configuration has %s and %s now", world->combos[combo].name,
              keeps ? "more" : "nothing else");
}

static void abort_rollover(struct sim *sim, size_t which)
{
    (void)which;
    struct world *world = &sim->world;
    /* Nobody aborts while somebody else deploys. */
    if (!world->policy.live && (sim->early || !sim_all_show(sim, world->live)))
        return;
    if (!sim->ending && model_note_abort(&world->facts, world->now))
        world_log(world, "abort");
}

static void ignore(struct sim *sim, size_t server)
{
    sim->world.servers[server].ignored = true;
    world_log(&sim->world, "the operator has server %zu ignored", server);
}

static void trust(struct sim *sim, size_t which)
{
    (void)which;
    sim->world.trust = MODEL_SECURE;
}

static void fit(struct sim *sim, size_t which)
{
    (void)which;
    sim->world.source_fit = true;
}

void sim_happen(struct sim *sim, const struct world_event *event)
{
    static void (*const handlers[SIM_EVENTS])(struct sim * sim, size_t which) = {
        [SIM_RUN] = sim_run,
        [SIM_DEPLOY] = sim_deploy,
        [SIM_RASH] = sim_rash,
        [SIM_RENEW] = renew,
        [SIM_NEXT_KEY] = next_key,
        [SIM_CERTIFY] = certify,
        [SIM_FALL_BACK] = fall_back,
        [SIM_RECOVER] = recover,
        [SIM_SILENCE] = silence,
        [SIM_ANSWER] = answer,
        [SIM_NODE_SILENCE] = node_silence,
        [SIM_NODE_ANSWER] = node_answer,
        [SIM_DIE] = die,
        [SIM_IGNORE] = ignore,
        [SIM_DISTRUST] = distrust,
        [SIM_TRUST] = trust,
        [SIM_TTL] = change_ttl,
        [SIM_EDIT] = edit,
        [SIM_UNDO] = undo,
        [SIM_SCHEME] = change_scheme,
        [SIM_ABORT] = abort_rollover,
        [SIM_UNFIT] = unfit,
        [SIM_FIT] = fit,
    };
    sim->happened[event->kind - WORLD_OWN]++;
    handlers[event->kind](sim, event->which);
}
