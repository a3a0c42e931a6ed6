#include <tlsagen/record.h>

#include <stdlib.h>
#include <string.h>

#define DATA_MAX 65532U /* 65535 of rdata, less the three fields */

void tlsagen_rrset_init(struct tlsagen_rrset *set)
{
    *set = (struct tlsagen_rrset){0};
}

void tlsagen_rrset_reset(struct tlsagen_rrset *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->records[i].data);
    set->count = 0;
}

void tlsagen_rrset_clear(struct tlsagen_rrset *set)
{
    tlsagen_rrset_reset(set);
    free(set->records);
    tlsagen_rrset_init(set);
}

/* The rdata as octets, a shorter one that is a prefix of a longer one first (RFC 4034, 6.3). */
static int compare(const struct tlsagen_record *a, struct tlsagen_fields fields,
                   const uint8_t *data, size_t len)
{
    int order = (int)a->fields.usage - (int)fields.usage;
    if (order == 0)
        order = (int)a->fields.selector - (int)fields.selector;
    if (order == 0)
        order = (int)a->fields.matching - (int)fields.matching;
    size_t common = a->len < len ? a->len : len;
    if (order == 0 && common > 0)
        order = memcmp(a->data, data, common);
    if (order == 0)
        order = (a->len > len) - (a->len < len);
    return order;
}

static bool grow(struct tlsagen_rrset *set)
{
    if (set->count < set->cap)
        return true;
    size_t cap = set->cap == 0 ? 1 : set->cap * 2;
    if (cap > SIZE_MAX / sizeof(set->records[0]))
        return false;
    struct tlsagen_record *records = realloc(set->records, cap * sizeof(records[0]));
    if (records == NULL)
        return false;
    set->records = records;
    set->cap = cap;
    return true;
}

enum tlsagen_status tlsagen_rrset_add(struct tlsagen_rrset *set, struct tlsagen_fields fields,
                                      const uint8_t *data, size_t len, struct tlsagen_err *err)
{
    if (len > DATA_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "association data of %zu bytes does not fit a record; use a "
                               "matching type that is a digest",
                               len);
    size_t at = 0;
    while (at < set->count) {
        int order = compare(&set->records[at], fields, data, len);
        if (order == 0)
            return TLSAGEN_OK;
        if (order > 0)
            break;
        at++;
    }
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    if (copy == NULL || !grow(set)) {
        free(copy);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    if (len > 0)
        memcpy(copy, data, len);
    memmove(&set->records[at + 1], &set->records[at], (set->count - at) * sizeof(set->records[0]));
    set->records[at] = (struct tlsagen_record){.fields = fields, .data = copy, .len = len};
    set->count++;
    return TLSAGEN_OK;
}
