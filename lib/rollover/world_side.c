/* rollover/world.h: keys, certificates and the records made from them. */
#include "rollover/world.h"

#include <stdio.h>
#include <string.h>

size_t world_add_combo(struct world *world, const char *name, enum world_of of, bool configured)
{
    size_t combo = world->combo_count++;
    world->combos[combo] = (struct world_combo){.name = name, .of = of, .configured = configured};
    world->table.count = world->combo_count;
    return combo;
}

size_t world_new_side(struct world *world, size_t chains)
{
    size_t side = world->side_count++;
    struct world_side *new = &world->sides[side];
    *new = (struct world_side){.certified = true, .chains = chains};
    uint32_t issuer = ++world->numbers;
    for (size_t i = 0; i < chains; i++) {
        new->chain[i].key = ++world->numbers;
        new->chain[i].cert = ++world->numbers;
        new->chain[i].issuer = issuer;
    }
    return side;
}

size_t world_copy_side(struct world *world, size_t side)
{
    world->sides[world->side_count] = world->sides[side];
    world->sides[world->side_count].made = false;
    return world->side_count++;
}

bool world_has_room(const struct world *world)
{
    return world->side_count + 2 < WORLD_SIDES && world->record_count + 24 < MODEL_RECORDS &&
           world->version_count + 40 < WORLD_VERSIONS;
}

static uint32_t subject_of(const struct world_chain *chain, enum world_of of)
{
    return of == WORLD_OF_KEY ? chain->key : of == WORLD_OF_CERT ? chain->cert : chain->issuer;
}

static model_set find_record(const struct world *world, size_t combo, uint32_t subject)
{
    for (size_t i = 0; i < world->record_count; i++)
        if (world->records[i].combo == combo && world->records[i].subject == subject)
            return (model_set)1 << i;
    return 0;
}

static model_set make_record(struct world *world, size_t combo, uint32_t subject)
{
    if (world->record_count == MODEL_RECORDS) {
        world_fail(world, "too many records for this world");
        return 0;
    }
    model_set bit = (model_set)1 << world->record_count;
    world->records[world->record_count++] =
        (struct world_record){.combo = combo, .subject = subject};
    world->table.with[combo] |= bit;
    return bit;
}

model_set world_record(struct world *world, size_t side, size_t chain, size_t combo)
{
    uint32_t subject = subject_of(&world->sides[side].chain[chain], world->combos[combo].of);
    model_set bit = find_record(world, combo, subject);
    return bit != 0 ? bit : make_record(world, combo, subject);
}

model_set world_foreign_record(struct world *world, size_t combo)
{
    model_set bit = make_record(world, combo, ++world->numbers);
    world->foreign |= bit;
    return bit;
}

/* Configured, or published somewhere. */
static bool in_play(const struct world *world, size_t combo)
{
    model_set published = 0;
    for (size_t i = 0; i < world->server_count; i++)
        published |= world->versions[world->servers[i].version].set;
    if (world->version_count > 0)
        published |= world_zone(world)->set;
    published |= world->facts.written | world->facts.intent;
    return world->combos[combo].configured || (world->table.with[combo] & published) != 0;
}

static model_set matches(const struct world *world, const struct world_chain *chain)
{
    model_set set = 0;
    for (size_t i = 0; i < world->record_count; i++) {
        const struct world_record *record = &world->records[i];
        if (subject_of(chain, world->combos[record->combo].of) == record->subject)
            set |= (model_set)1 << i;
    }
    return set;
}

/* Certificates and keys by their numbers, which differ; never all zero. */
static void name_side(const struct world_side *side, struct model_side *out)
{
    for (size_t i = 0; i < side->chains; i++) {
        if (side->certified)
            memcpy(out->id + 4 * i, &side->chain[i].cert, 4);
        memcpy(out->keys + 4 * i, &side->chain[i].key, 4);
    }
}

void world_describe(struct world *world, size_t side, struct model_side *out)
{
    const struct world_side *from = &world->sides[side];
    memset(out, 0, sizeof(*out));
    out->known = true;
    out->certified = from->certified;
    out->chains = from->chains;
    name_side(from, out);
    for (size_t combo = 0; combo < world->combo_count; combo++) {
        if (!in_play(world, combo) ||
            (world->combos[combo].of == WORLD_OF_CERT && !from->certified))
            continue;
        for (size_t i = 0; i < from->chains; i++) {
            model_set bit = world_record(world, side, i, combo);
            out->could |= bit;
            out->wants |= world->combos[combo].configured ? bit : 0;
        }
    }
    for (size_t i = 0; i < from->chains; i++)
        out->matches[i] = matches(world, &from->chain[i]);
}

size_t world_find_side(const struct world *world, const struct model_side *side)
{
    for (size_t i = 0; side->known && i < world->side_count; i++) {
        struct model_side named = {0};
        name_side(&world->sides[i], &named);
        if (world->sides[i].certified == side->certified &&
            memcmp(named.id, side->id, sizeof(named.id)) == 0 &&
            memcmp(named.keys, side->keys, sizeof(named.keys)) == 0)
            return i;
    }
    return WORLD_SIDES;
}

bool world_set_serves(const struct world *world, model_set set, size_t side, size_t chain)
{
    struct model_side shown = {.known = true, .certified = true, .chains = 1};
    shown.matches[0] = matches(world, &world->sides[side].chain[chain]);
    return model_serves(&world->table, set, &shown);
}

static bool serves_side(const struct world *world, model_set set, size_t side)
{
    for (size_t i = 0; i < world->sides[side].chains; i++)
        if (!world_set_serves(world, set, side, i))
            return false;
    return true;
}

bool world_serves_all(const struct world *world, model_set set)
{
    for (size_t i = 0; i < world->node_count; i++) {
        const struct world_node *node = &world->nodes[i];
        for (size_t k = 0; k < node->chains; k++)
            if (!world_set_serves(world, set, node->shows[k], k))
                return false;
    }
    return serves_side(world, set, world->live);
}

const char *world_set_text(const struct world *world, model_set set, char *text, size_t size)
{
    size_t at = 0;
    (void)snprintf(text, size, "nothing");
    for (size_t i = 0; i < world->record_count && at + 1 < size; i++) {
        if ((set >> i & 1) == 0)
            continue;
        const struct world_record *record = &world->records[i];
        int n = snprintf(text + at, size - at, "%s%s of %u", at > 0 ? " + " : "",
                         world->combos[record->combo].name, record->subject);
        at += n > 0 ? (size_t)n : 0;
    }
    return text;
}
