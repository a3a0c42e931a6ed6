#include "map.h"

#include <stdint.h>
#include <string.h>

/* FNV-1a, and its high bits mixed into the low ones, which choose the slot. */
static size_t hash(const char *name)
{
    uint64_t value = 14695981039346656037U;
    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 1099511628211U;
    return (size_t)(value ^ value >> 32);
}

/* The slot of the name, or the free one where it belongs; there always is a free one. */
static struct map_slot *find_slot(const struct map *map, const char *name)
{
    size_t at = hash(name) & (map->cap - 1);
    while (map->slots[at].name != NULL && strcmp(map->slots[at].name, name) != 0)
        at = (at + 1) & (map->cap - 1);
    return &map->slots[at];
}

void *map_find(const struct map *map, const char *name)
{
    return map->cap == 0 ? NULL : find_slot(map, name)->item;
}

static bool resize(struct arena *arena, struct map *map, size_t cap)
{
    struct map larger = {.cap = cap, .count = map->count};
    larger.slots = arena_array(arena, larger.cap, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < map->cap; i++) {
        if (map->slots[i].name != NULL)
            *find_slot(&larger, map->slots[i].name) = map->slots[i];
    }
    *map = larger;
    return true;
}

bool map_reserve(struct arena *arena, struct map *map, size_t count)
{
    size_t cap = map->cap == 0 ? 64 : map->cap;
    while (cap / 2 <= map->count + count)
        cap *= 2;
    return cap == map->cap || resize(arena, map, cap);
}

void **map_claim(struct arena *arena, struct map *map, const char *name)
{
    if (map->count >= map->cap / 2 && !resize(arena, map, map->cap == 0 ? 64 : 4 * map->cap))
        return NULL;
    struct map_slot *slot = find_slot(map, name);
    if (slot->name == NULL) {
        slot->name = name;
        map->count++;
    }
    return &slot->item;
}

bool map_add(struct arena *arena, struct map *map, const char *name, void *item)
{
    void **kept = map_claim(arena, map, name);
    if (kept == NULL)
        return false;
    *kept = item;
    return true;
}
