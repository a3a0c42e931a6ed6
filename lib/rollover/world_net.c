/* rollover/world.h: servers, caches and endpoints, and the clients between them. */
#include "rollover/world.h"

#include <string.h>

int64_t world_keeps(uint32_t ttl)
{
    uint32_t postfix = ttl < 1 ? 1 : ttl > 100 ? 100 : ttl;
    return (int64_t)ttl + 1 + 1 + postfix;
}

const struct world_version *world_zone(const struct world *world)
{
    return &world->versions[world->version_count - 1];
}

static const struct world_version *served(const struct world *world, size_t server)
{
    return &world->versions[world->servers[server].version];
}

/* --- clients --- */

/* All is in order again: what is served serves what is shown. Caches have a while to follow. */
static void end_excuse(struct world *world)
{
    for (size_t i = 0; i < world->server_count; i++)
        if (!world->servers[i].dead && !world_serves_all(world, served(world, i)->set))
            return;
    if (!world_serves_all(world, world_zone(world)->set))
        return;
    world->excused = false;
    world->excused_until = world->now + world_keeps(world->ttl_max);
}

static void connect_with(struct world *world, model_set set, size_t node, size_t chain,
                         const char *from)
{
    char text[WORLD_TEXT / 2];
    size_t side = world->nodes[node].shows[chain];
    world->pairs++;
    if (world_set_serves(world, set, side, chain) || world->excused ||
        world->now <= world->excused_until)
        return;
    world_fail(world, "a client fails: endpoint %zu shows key %u, %s has %s", node,
               world->sides[side].chain[chain].key, from,
               world_set_text(world, set, text, sizeof(text)));
}

/* Every client that may have just got this set connects everywhere. */
static void connect_set(struct world *world, model_set set)
{
    for (size_t i = 0; i < world->node_count; i++)
        for (size_t k = 0; k < world->nodes[i].chains; k++)
            connect_with(world, set, i, k, "a server");
}

/* Every client, whatever it may hold, connects to this chain. */
static void connect_chain(struct world *world, size_t node, size_t chain)
{
    for (size_t i = 0; i < world->server_count; i++)
        if (!world->servers[i].dead)
            connect_with(world, served(world, i)->set, node, chain, "a server");
    for (size_t i = 0; i < world->held_count; i++)
        if (world->held[i].until >= world->now)
            connect_with(world, world->held[i].set, node, chain, "a cache");
}

/* --- servers --- */

static void forget_expired(struct world *world)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->held_count; i++)
        if (world->held[i].until >= world->now)
            world->held[kept++] = world->held[i];
    world->held_count = kept;
}

/* Caches may have got it up to this moment. */
static void hold(struct world *world, const struct world_version *version)
{
    int64_t until = world->now + world_keeps(version->ttl);
    for (size_t i = 0; i < world->held_count; i++) {
        struct world_held *held = &world->held[i];
        if (held->set != version->set)
            continue;
        held->until = held->until > until ? held->until : until;
        return;
    }
    if (world->held_count == WORLD_HELD)
        forget_expired(world);
    if (world->held_count == WORLD_HELD)
        world_fail(world, "too many sets in caches for this world");
    else
        world->held[world->held_count++] = (struct world_held){.set = version->set, .until = until};
}

static void serve_version(struct world *world, size_t server, size_t version)
{
    struct world_server *to = &world->servers[server];
    if (to->version == version || to->dead)
        return;
    char text[WORLD_TEXT / 2];
    hold(world, served(world, server));
    to->version = version;
    to->looked = false;
    world_log(world, "server %zu has %s, TTL %u", server,
              world_set_text(world, served(world, server)->set, text, sizeof(text)),
              served(world, server)->ttl);
    connect_set(world, served(world, server)->set);
    if (world->excused)
        end_excuse(world);
}

void world_transfer(struct world *world, size_t server)
{
    if (!world->servers[server].fallen)
        serve_version(world, server, world->version_count - 1);
}

void world_fall_back(struct world *world, size_t server, size_t version)
{
    world_log(world, "server %zu falls back", server);
    world->servers[server].fallen = true;
    serve_version(world, server, version);
}

void world_recover(struct world *world, size_t server)
{
    world_log(world, "server %zu catches up", server);
    world->servers[server].fallen = false;
    serve_version(world, server, world->version_count - 1);
}

void world_die(struct world *world, size_t server)
{
    world_log(world, "server %zu is dead", server);
    hold(world, served(world, server));
    world->servers[server].dead = true;
}

static void spread(struct world *world)
{
    for (size_t i = 0; i < world->server_count; i++) {
        int64_t lag = world_while(world, world->servers[i].lag);
        if (lag == 0)
            world_transfer(world, i);
        else
            world_plan_event(world, world->now + lag, WORLD_TRANSFER, i, true);
    }
}

bool world_write(struct world *world, model_set set, bool stranger, uint32_t ttl)
{
    char text[WORLD_TEXT / 2];
    struct world_version version = {.set = set, .stranger = stranger, .ttl = ttl};
    if (set == 0 && !stranger)
        version.ttl = world->negative_ttl;
    if (world->version_count == WORLD_VERSIONS) {
        world_fail(world, "too many versions of the zone for this world");
        return false;
    }
    world->versions[world->version_count++] = version;
    world->ttl_max = world->ttl_max > version.ttl ? world->ttl_max : version.ttl;
    world_log(world, "zone: %s%s, TTL %u", world_set_text(world, set, text, sizeof(text)),
              stranger ? " and a stranger" : "", version.ttl);
    spread(world);
    return true;
}

void world_settle_servers(struct world *world)
{
    for (size_t i = 0; i < world->server_count; i++)
        world->servers[i].version = world->version_count - 1;
}

bool world_is_spread(const struct world *world)
{
    for (size_t i = 0; i < world->server_count; i++)
        if (!world->servers[i].dead && world->servers[i].version != world->version_count - 1)
            return false;
    return true;
}

/* --- endpoints --- */

void world_show(struct world *world, size_t node, size_t chain, size_t side)
{
    if (world->nodes[node].shows[chain] == side)
        return;
    world->nodes[node].shows[chain] = side;
    world_log(world, "endpoint %zu shows key %u", node, world->sides[side].chain[chain].key);
    connect_chain(world, node, chain);
    if (world->excused)
        end_excuse(world);
}

void world_take_up(struct world *world, size_t node)
{
    for (size_t k = 0; k < world->nodes[node].chains; k++)
        world_show(world, node, k, world->live);
}

void world_settle_nodes(struct world *world, size_t side)
{
    world->live = side;
    world->sides[side].made = true;
    for (size_t i = 0; i < world->node_count; i++) {
        world->nodes[i].chains = world->sides[side].chains;
        for (size_t k = 0; k < MODEL_CHAINS; k++)
            world->nodes[i].shows[k] = side;
    }
}

/* A hook that fails leaves endpoints that read the new files when they like, or never. */
void world_deploy(struct world *world, size_t side, bool hook_ok)
{
    world->live = side;
    if (world->excused)
        end_excuse(world);
    for (size_t i = 0; i < world->node_count; i++) {
        if (world_chance(world, hook_ok ? world->chances.never : 500))
            continue;
        int64_t lag = world_while(world, world->nodes[i].lag);
        if (lag == 0)
            world_take_up(world, i);
        else
            world_plan_event(world, world->now + lag, WORLD_TAKE_UP, i, true);
    }
}
