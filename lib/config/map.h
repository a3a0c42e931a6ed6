/* map.h - what belongs to a name, found without looking at the others. */
#ifndef CONFIG_MAP_H
#define CONFIG_MAP_H

#include "arena.h"

struct map_slot {
    const char *name; /* NULL: free */
    void *item;
};

/* All zero is an empty one; its memory stays in the arena that it is given. */
struct map {
    struct map_slot *slots;
    size_t cap; /* a power of two, or 0 */
    size_t count;
};

/* The item of a name, or NULL. */
void *map_find(const struct map *map, const char *name);
/* Room for count names more, so that adding them moves none. False when memory runs out. */
bool map_reserve(struct arena *arena, struct map *map, size_t count);
/*
 * Where the item of a name is kept until the next name is added; that of a name which was not there
 * is NULL, and to be set. The name is borrowed. NULL when memory runs out.
 */
void **map_claim(struct arena *arena, struct map *map, const char *name);
/* Adds a name that is not there. False when memory runs out. */
bool map_add(struct arena *arena, struct map *map, const char *name, void *item);

#endif
