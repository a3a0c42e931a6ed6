/*
 * nameset.h - a set of names, each with a number, case aside; compact, for many of them.
 */
#ifndef ZONE_NAMESET_H
#define ZONE_NAMESET_H

#include "name.h"

#define NAME_SET_NONE SIZE_MAX

/* All zero is an empty set. */
struct name_set {
    uint8_t *bytes; /* of each name its length and its wire form, in small letters */
    size_t used;
    size_t cap;
    size_t *at; /* where in bytes each name begins, by number */
    size_t count;
    size_t at_cap;
    uint32_t *slots; /* a hash table of numbers, each plus one */
    size_t slot_count;
};

void name_set_clear(struct name_set *set);
/* The number of a name, or NAME_SET_NONE. */
size_t name_set_find(const struct name_set *set, const struct name *name);
/*
 * Adds a name unless it is there; numbers count up from 0 in the order of addition. index may be
 * NULL. TLSAGEN_E_MEMORY.
 */
enum tlsagen_status name_set_add(struct name_set *set, const struct name *name, size_t *index,
                                 struct tlsagen_err *err);
/* The name with a number, in small letters. */
void name_set_get(const struct name_set *set, size_t index, struct name *name);

#endif
