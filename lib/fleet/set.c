/* set.c - sets of records compared. */
#include <string.h>

#include "work.h"

static bool same_fields(struct tlsagen_fields a, struct tlsagen_fields b)
{
    return a.usage == b.usage && a.selector == b.selector && a.matching == b.matching;
}

static bool same_record(const struct tlsagen_record *a, const struct tlsagen_record *b)
{
    return same_fields(a->fields, b->fields) && a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool set_find(const struct tlsagen_rrset *set, const struct tlsagen_record *record, size_t *number)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!same_record(&set->records[i], record))
            continue;
        *number = i;
        return true;
    }
    return false;
}

bool set_has_all(const struct tlsagen_rrset *set, const struct tlsagen_rrset *some)
{
    size_t ignored;
    for (size_t i = 0; i < some->count; i++) {
        if (!set_find(set, &some->records[i], &ignored))
            return false;
    }
    return true;
}

enum tlsagen_status set_add_all(struct tlsagen_rrset *set, const struct tlsagen_rrset *some,
                                struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < some->count && status == TLSAGEN_OK; i++)
        status = tlsagen_rrset_add(set, some->records[i].fields, some->records[i].data,
                                   some->records[i].len, err);
    return status;
}

static bool has_fields(const struct tlsagen_rrset *set, struct tlsagen_fields fields)
{
    for (size_t i = 0; i < set->count; i++) {
        if (same_fields(set->records[i].fields, fields))
            return true;
    }
    return false;
}

bool set_same_fields(const struct tlsagen_rrset *a, const struct tlsagen_rrset *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!has_fields(b, a->records[i].fields))
            return false;
    }
    for (size_t i = 0; i < b->count; i++) {
        if (!has_fields(a, b->records[i].fields))
            return false;
    }
    return true;
}
