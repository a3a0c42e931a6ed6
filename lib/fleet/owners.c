/* owners.c- the owners of a zone, found by name without looking at the others. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "work.h"

static uint32_t hash_of(const char *name, size_t len)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)name[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32U : c)) * 16777619U;
    }
    return hash ^ hash >> 15;
}

/* The slot of the name, or the free one where it would be; there always is one. */
static size_t slot_of(const struct work *work, const char *name, size_t len)
{
    size_t slot = hash_of(name, len) & (work->slot_count - 1);
    while (work->slots[slot] != 0) {
        const char *other = work->owners[work->slots[slot] - 1].name;
        if (strncasecmp(other, name, len) == 0 && other[len] == '\0')
            break;
        slot = (slot + 1) & (work->slot_count - 1);
    }
    return slot;
}

struct work_owner *owners_find(const struct work *work, const char *name, size_t len)
{
    const uint32_t number = work->slots[slot_of(work, name, len)];
    return number == 0 ? NULL : &work->owners[number - 1];
}

static struct work_owner *add(struct work *work, const char *name, size_t len,
                              struct work_service *service)
{
    const size_t slot = slot_of(work, name, len);
    struct work_owner *owner = &work->owners[work->owner_count++];
    *owner = (struct work_owner){.name = name, .service = service};
    work->slots[slot] = (uint32_t)work->owner_count;
    return owner;
}

struct work_owner *owners_add(struct work *work, const char *name, size_t len)
{
    if (work->owner_count == work->owner_cap)
        return NULL;
    const size_t at = work->names.len;
    tlsagen_buf_add(&work->names, name, len);
    tlsagen_buf_char(&work->names, '\0');
    return work->names.failed ? NULL : add(work, work->names.data + at, len, NULL);
}

enum tlsagen_status owners_make(struct work *work, size_t more, struct tlsagen_err *err)
{
    size_t count = more;
    for (size_t i = 0; i < work->service_count; i++)
        count += work->services[i].config->port_count;
    work->owner_cap = count;
    work->slot_count = 64;
    while (work->slot_count < 2 * count)
        work->slot_count *= 2;
    work->owners = calloc(count + 1, sizeof(*work->owners));
    work->slots = calloc(work->slot_count, sizeof(*work->slots));
    if (count >= UINT32_MAX / 4 || work->owners == NULL || work->slots == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < work->service_count; i++) {
        const struct tlsagen_config_service *service = work->services[i].config;
        for (size_t k = 0; k < service->port_count; k++)
            (void)add(work, service->owners[k], strlen(service->owners[k]), &work->services[i]);
    }
    return TLSAGEN_OK;
}

enum tlsagen_status owners_other(struct work_owner *owner, const struct tlsagen_record *record,
                                 struct tlsagen_err *err)
{
    if (owner->others == NULL) {
        owner->others = calloc(1, sizeof(*owner->others));
        if (owner->others == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
        tlsagen_rrset_init(owner->others);
    }
    return tlsagen_rrset_add(owner->others, record->fields, record->data, record->len, err);
}
