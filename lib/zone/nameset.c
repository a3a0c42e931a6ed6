#include "nameset.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 64U

void name_set_clear(struct name_set *set)
{
    free(set->bytes);
    free(set->at);
    free(set->slots);
    *set = (struct name_set){0};
}

/* FNV-1a, and its high bits mixed into the low ones, which choose the slot. */
static size_t hash_of(const struct name *lower)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < lower->len; i++)
        hash = (hash ^ lower->wire[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

static bool is_at(const struct name_set *set, size_t index, const struct name *lower)
{
    const uint8_t *bytes = set->bytes + set->at[index];
    return bytes[0] == lower->len && memcmp(bytes + 1, lower->wire, lower->len) == 0;
}

/* The slot of the name, or the empty one where it would be; there always is one. */
static size_t slot_of(const struct name_set *set, const struct name *lower)
{
    size_t slot = hash_of(lower) & (set->slot_count - 1);
    while (set->slots[slot] != 0 && !is_at(set, set->slots[slot] - 1, lower))
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

size_t name_set_find(const struct name_set *set, const struct name *name)
{
    struct name lower;
    if (set->count == 0)
        return NAME_SET_NONE;
    name_lower(name, &lower);
    uint32_t number = set->slots[slot_of(set, &lower)];
    return number == 0 ? NAME_SET_NONE : number - 1;
}

void name_set_get(const struct name_set *set, size_t index, struct name *name)
{
    const uint8_t *bytes = set->bytes + set->at[index];
    name->len = bytes[0];
    memcpy(name->wire, bytes + 1, bytes[0]);
}

/* Twice the slots, so that at most half of them are taken. */
static bool grow_slots(struct name_set *set)
{
    size_t count = set->slot_count == 0 ? SLOTS_MIN : set->slot_count * 2;
    uint32_t *slots = count > SIZE_MAX / sizeof(*slots) ? NULL : calloc(count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = count;
    for (size_t i = 0; i < set->count; i++) {
        struct name name;
        name_set_get(set, i, &name);
        slots[slot_of(set, &name)] = (uint32_t)i + 1;
    }
    return true;
}

/* Room for one more element of size bytes, `extra` of them, by halves as many again. */
static bool grow(void **array, size_t used, size_t extra, size_t *cap, size_t size)
{
    if (*cap - used >= extra)
        return true;
    size_t larger = *cap + *cap / 2 + extra + 64;
    void *moved = larger < *cap || larger > SIZE_MAX / size ? NULL : realloc(*array, larger * size);
    if (moved == NULL)
        return false;
    *array = moved;
    *cap = larger;
    return true;
}

static bool make_room(struct name_set *set, size_t len)
{
    void *bytes = set->bytes, *at = set->at;
    bool ok = grow(&bytes, set->used, len + 1, &set->cap, 1) &&
              grow(&at, set->count, 1, &set->at_cap, sizeof(*set->at));
    set->bytes = bytes;
    set->at = at;
    return ok && set->count < UINT32_MAX - 1 &&
           (set->count < set->slot_count / 2 || grow_slots(set));
}

enum tlsagen_status name_set_add(struct name_set *set, const struct name *name, size_t *index,
                                 struct tlsagen_err *err)
{
    struct name lower;
    size_t found = name_set_find(set, name);
    if (index != NULL)
        *index = found == NAME_SET_NONE ? set->count : found;
    if (found != NAME_SET_NONE)
        return TLSAGEN_OK;
    name_lower(name, &lower);
    if (!make_room(set, lower.len))
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    set->at[set->count] = set->used;
    set->bytes[set->used] = lower.len;
    memcpy(set->bytes + set->used + 1, lower.wire, lower.len);
    set->used += lower.len + 1U;
    set->slots[slot_of(set, &lower)] = (uint32_t)++set->count;
    return TLSAGEN_OK;
}
