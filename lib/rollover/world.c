/* rollover/world.h: chance, time and events. */
#include "rollover/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void world_init(struct world *world, uint64_t seed, int64_t now)
{
    memset(world, 0, sizeof(*world));
    world->random = seed;
    world->now = now;
    world->decide = world_model;
    world->trust = MODEL_SECURE;
    world->source_fit = true;
}

/* splitmix64. */
static uint64_t draw_word(struct world *world)
{
    uint64_t word = world->random += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
    return word ^ (word >> 31);
}

uint64_t world_draw(struct world *world, uint64_t below)
{
    return below < 2 ? 0 : draw_word(world) % below;
}

bool world_chance(struct world *world, uint32_t chance)
{
    return chance > 0 && world_draw(world, 1000) < chance;
}

int64_t world_while(struct world *world, int64_t most)
{
    if (most <= 0 || world->even)
        return most < 0 ? 0 : most;
    return (int64_t)world_draw(world, (uint64_t)most + 1);
}

void world_log(struct world *world, const char *format, ...)
{
    if (world->log == NULL)
        return;
    char text[WORLD_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    world->log(world->log_ctx, world->now, text);
}

void world_fail(struct world *world, const char *format, ...)
{
    if (world->failed)
        return;
    world->failed = true;
    world->failed_at = world->now;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(world->failure, sizeof(world->failure), format, args);
    va_end(args);
    world_log(world, "FAULT: %s", world->failure);
}

void world_plan_event(struct world *world, int64_t at, int kind, size_t which, bool inside)
{
    if (world->event_count == WORLD_EVENTS) {
        world_fail(world, "too many events for this world");
        return;
    }
    world->events[world->event_count++] =
        (struct world_event){.at = at, .kind = kind, .which = which, .inside = inside};
}

bool world_awaits(const struct world *world, int kind, size_t which)
{
    for (size_t i = 0; i < world->event_count; i++)
        if (world->events[i].kind == kind && world->events[i].which == which)
            return true;
    return false;
}

/* The first of those events that may come; at one moment the one planned first. */
static bool take_event(struct world *world, int64_t until, bool inside, struct world_event *event)
{
    size_t best = world->event_count;
    for (size_t i = 0; i < world->event_count; i++) {
        const struct world_event *each = &world->events[i];
        if (each->at <= until && (!inside || each->inside) &&
            (best == world->event_count || each->at < world->events[best].at))
            best = i;
    }
    if (best == world->event_count)
        return false;
    *event = world->events[best];
    world->event_count--;
    memmove(&world->events[best], &world->events[best + 1],
            (world->event_count - best) * sizeof(world->events[0]));
    /* What came while a run was on its way waited for the end of it. */
    if (event->at > world->now)
        world->now = event->at;
    return true;
}

static void let_happen(struct world *world, const struct world_event *event)
{
    if (event->kind == WORLD_TRANSFER)
        world_transfer(world, event->which);
    else
        world_take_up(world, event->which);
}

bool world_next(struct world *world, int64_t until, struct world_event *own)
{
    while (!world->failed && take_event(world, until, false, own)) {
        if (own->kind >= WORLD_OWN)
            return true;
        let_happen(world, own);
    }
    if (until > world->now)
        world->now = until;
    return false;
}

void world_pass(struct world *world, int64_t seconds)
{
    struct world_event event;
    int64_t until = world->now + seconds;
    while (take_event(world, until, true, &event)) {
        if (event.kind >= WORLD_OWN && world->inside != NULL)
            world->inside(world->ctx, &event);
        else if (event.kind < WORLD_OWN)
            let_happen(world, &event);
    }
    world->now = until;
}
