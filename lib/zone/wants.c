#include "wants.h"

#include <stdlib.h>
#include <string.h>

void wants_init(struct wants *wants)
{
    *wants = (struct wants){0};
}

static void want_clear(struct want *want)
{
    for (size_t i = 0; i < want->count; i++)
        rdata_clear(&want->records[i].rdata);
    free(want->records);
    free(want->owner);
}

void wants_clear(struct wants *wants)
{
    for (size_t i = 0; i < wants->count; i++)
        want_clear(&wants->at[i]);
    free(wants->at);
    free(wants->first);
    name_set_clear(&wants->names);
    wants_init(wants);
}

/* Room for one more of size bytes in an array; false when memory runs out. */
static bool make_room(void **array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    size_t larger = *cap == 0 ? 1 : *cap * 2;
    if (larger > SIZE_MAX / size)
        return false;
    void *moved = realloc(*array, larger * size);
    if (moved == NULL)
        return false;
    *array = moved;
    *cap = larger;
    return true;
}

struct want *wants_find(const struct wants *wants, const struct name *owner, uint16_t type)
{
    const size_t name = name_set_find(&wants->names, owner);
    if (name == NAME_SET_NONE)
        return NULL;
    for (size_t i = wants->first[name]; i != 0; i = wants->at[i - 1].next) {
        struct want *want = &wants->at[i - 1];
        if (want->type == type || want->type == WANT_ANY)
            return want;
    }
    return NULL;
}

void want_owner(const struct want *want, struct name *owner)
{
    owner->len = want->owner[0];
    memcpy(owner->wire, want->owner + 1, owner->len);
}

void wants_owner_of(const struct wants *wants, size_t number, struct name *owner)
{
    want_owner(&wants->at[wants->first[number] - 1], owner);
}

enum tlsagen_status want_rename(struct want *want, const struct name *owner,
                                struct tlsagen_err *err)
{
    uint8_t *copy = malloc(owner->len + 1U);
    if (copy == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    copy[0] = owner->len;
    memcpy(copy + 1, owner->wire, owner->len);
    free(want->owner);
    want->owner = copy;
    return TLSAGEN_OK;
}

/* Enters the RRset at `index` under its owner; false when memory runs out. */
static bool enter(struct wants *wants, size_t index)
{
    struct want *want = &wants->at[index];
    const size_t before = wants->names.count;
    void *array = wants->first;
    struct name owner;
    size_t name;
    want_owner(want, &owner);
    bool room = make_room(&array, before, &wants->first_cap, sizeof(*wants->first));
    wants->first = array;
    if (!room || name_set_add(&wants->names, &owner, &name, NULL) != TLSAGEN_OK)
        return false;
    if (wants->names.count > before)
        wants->first[name] = 0;
    want->next = wants->first[name];
    wants->first[name] = index + 1;
    return true;
}

enum tlsagen_status wants_renamed(struct wants *wants, struct tlsagen_err *err)
{
    name_set_clear(&wants->names);
    for (size_t i = 0; i < wants->count; i++) {
        if (!enter(wants, i))
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    return TLSAGEN_OK;
}

struct want *wants_get(struct wants *wants, const struct name *owner, uint16_t type)
{
    struct want *want = wants_find(wants, owner, type);
    if (want != NULL)
        return want;
    void *array = wants->at;
    bool room = make_room(&array, wants->count, &wants->cap, sizeof(*wants->at));
    wants->at = array;
    if (!room)
        return NULL;
    wants->at[wants->count] = (struct want){.type = type};
    want = &wants->at[wants->count];
    if (want_rename(want, owner, NULL) != TLSAGEN_OK)
        return NULL;
    if (!enter(wants, wants->count)) {
        want_clear(want);
        return NULL;
    }
    return &wants->at[wants->count++];
}

struct want_record *want_find(const struct want *want, const struct rdata *rdata)
{
    for (size_t i = 0; i < want->count; i++) {
        if (rdata_equal(&want->records[i].rdata, rdata))
            return &want->records[i];
    }
    return NULL;
}

enum tlsagen_status want_add(struct want *want, struct rdata *rdata, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    void *array = want->records;
    bool room = true;
    if (want_find(want, rdata) != NULL) {
        rdata_clear(rdata);
        return TLSAGEN_OK;
    }
    room = make_room(&array, want->count, &want->cap, sizeof(*want->records));
    want->records = array;
    if (room) {
        want->records[want->count++] = (struct want_record){.rdata = *rdata, .found = false};
        rdata_init(rdata);
    } else {
        rdata_clear(rdata);
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    return status;
}
