/* checks.c - the checks in memory. */
#include "checks.h"

#include <stdlib.h>
#include <string.h>

void checks_reset(struct tlsagen_checks *checks)
{
    for (size_t i = 0; i < checks->count; i++)
        free(checks->entries[i].service);
    checks->count = 0;
    checks->sorted = true;
}

void tlsagen_checks_free(struct tlsagen_checks *checks)
{
    if (checks == NULL)
        return;
    checks_reset(checks);
    free(checks->entries);
    free(checks);
}

static bool make_room(struct tlsagen_checks *checks)
{
    if (checks->count < checks->cap)
        return true;
    const size_t cap = checks->cap * 2 + 16;
    struct checks_entry *entries = realloc(checks->entries, cap * sizeof(entries[0]));
    if (entries == NULL)
        return false;
    checks->entries = entries;
    checks->cap = cap;
    return true;
}

enum tlsagen_status tlsagen_checks_add(struct tlsagen_checks *checks, const char *service,
                                       const struct tlsagen_check *check, struct tlsagen_err *err)
{
    const size_t name = strlen(service) + 1;
    const char *reason = check->reason != NULL ? check->reason : "";
    const size_t len = strnlen(reason, CHECKS_REASON - 1);
    char *text = malloc(name + len + 1);
    if (text == NULL || !make_room(checks)) {
        free(text);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a check");
    }
    memcpy(text, service, name);
    for (size_t i = 0; i < len; i++)
        text[name + i] = (unsigned char)reason[i] < 0x20 || reason[i] == 0x7f ? '?' : reason[i];
    text[name + len] = '\0';
    struct checks_entry *entry = &checks->entries[checks->count++];
    *entry = (struct checks_entry){.service = text, .check = *check};
    entry->check.reason = text + name;
    checks->sorted = false;
    return TLSAGEN_OK;
}

/* By name; of one name the latest first. */
static int compare(const void *a, const void *b)
{
    const struct checks_entry *x = a, *y = b;
    const int order = strcmp(x->service, y->service);
    if (order != 0)
        return order;
    return (x->check.at < y->check.at) - (x->check.at > y->check.at);
}

void checks_sort(struct tlsagen_checks *checks)
{
    size_t kept = 0;
    if (checks->sorted)
        return;
    if (checks->count > 1) /* without one there are no entries to point at */
        qsort(checks->entries, checks->count, sizeof(checks->entries[0]), compare);
    for (size_t i = 0; i < checks->count; i++) {
        if (kept > 0 && strcmp(checks->entries[kept - 1].service, checks->entries[i].service) == 0)
            free(checks->entries[i].service);
        else
            checks->entries[kept++] = checks->entries[i];
    }
    checks->count = kept;
    checks->sorted = true;
}

static int compare_name(const void *name, const void *entry)
{
    return strcmp(name, ((const struct checks_entry *)entry)->service);
}

const struct tlsagen_check *tlsagen_checks_find(struct tlsagen_checks *checks, const char *service)
{
    checks_sort(checks);
    if (checks->count == 0)
        return NULL;
    const struct checks_entry *found =
        bsearch(service, checks->entries, checks->count, sizeof(checks->entries[0]), compare_name);
    return found != NULL ? &found->check : NULL;
}
