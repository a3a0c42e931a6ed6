#include "table.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 8 /* of the data, in messages */

void table_init(struct table *table)
{
    table->count = 0;
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->records[i].data);
    table->count = 0;
}

static bool same_fields(const struct tlsagen_fields *a, const struct tlsagen_fields *b)
{
    return a->usage == b->usage && a->selector == b->selector && a->matching == b->matching;
}

static bool same_record(const struct tlsagen_record *a, const struct tlsagen_record *b)
{
    return same_fields(&a->fields, &b->fields) && a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool table_find(const struct table *table, const struct tlsagen_record *record, unsigned *bit)
{
    for (size_t i = 0; i < table->count; i++) {
        if (same_record(&table->records[i], record)) {
            *bit = (unsigned)i;
            return true;
        }
    }
    return false;
}

enum tlsagen_status table_intern(struct table *table, const struct tlsagen_record *record,
                                 unsigned *bit, struct tlsagen_err *err)
{
    if (table_find(table, record, bit))
        return TLSAGEN_OK;
    if (table->count == MODEL_RECORDS)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "more than %d different TLSA records are in play; remove those that "
                               "serve nobody from the zone",
                               MODEL_RECORDS);
    uint8_t *data = malloc(record->len == 0 ? 1 : record->len);
    if (data == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a record");
    if (record->len > 0)
        memcpy(data, record->data, record->len);
    *bit = (unsigned)table->count;
    table->records[table->count] = *record;
    table->records[table->count++].data = data;
    return TLSAGEN_OK;
}

enum tlsagen_status table_intern_all(struct table *table, const struct tlsagen_rrset *records,
                                     model_set *set, struct tlsagen_err *err)
{
    *set = 0;
    for (size_t i = 0; i < records->count; i++) {
        unsigned bit = 0;
        enum tlsagen_status status = table_intern(table, &records->records[i], &bit, err);
        if (status != TLSAGEN_OK)
            return status;
        *set |= UINT64_C(1) << bit;
    }
    return TLSAGEN_OK;
}

bool table_find_all(const struct table *table, const struct tlsagen_rrset *records, model_set *set)
{
    bool all = true;
    *set = 0;
    for (size_t i = 0; i < records->count; i++) {
        unsigned bit;
        if (table_find(table, &records->records[i], &bit))
            *set |= UINT64_C(1) << bit;
        else
            all = false;
    }
    return all;
}

enum tlsagen_status table_rrset(const struct table *table, model_set set,
                                struct tlsagen_rrset *records, struct tlsagen_err *err)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tlsagen_record *record = &table->records[i];
        if ((set >> i & 1) == 0)
            continue;
        enum tlsagen_status status =
            tlsagen_rrset_add(records, record->fields, record->data, record->len, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

model_set table_with(const struct table *table, struct tlsagen_fields fields)
{
    model_set set = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (same_fields(&table->records[i].fields, &fields))
            set |= UINT64_C(1) << i;
    }
    return set;
}

void table_combos(const struct table *table, struct model_combos *combos)
{
    model_set seen = 0;
    combos->count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if ((seen >> i & 1) != 0)
            continue;
        model_set with = table_with(table, table->records[i].fields);
        combos->with[combos->count++] = with;
        seen |= with;
    }
}

static void add_fields(struct tlsagen_buf *buf, const struct tlsagen_record *record)
{
    tlsagen_buf_dec(buf, record->fields.usage);
    tlsagen_buf_char(buf, ' ');
    tlsagen_buf_dec(buf, record->fields.selector);
    tlsagen_buf_char(buf, ' ');
    tlsagen_buf_dec(buf, record->fields.matching);
    tlsagen_buf_char(buf, ' ');
    if (record->len == 0)
        tlsagen_buf_char(buf, '-');
}

void table_add_record(struct tlsagen_buf *buf, const struct tlsagen_record *record)
{
    add_fields(buf, record);
    tlsagen_buf_hex(buf, record->data, record->len);
}

void table_add_set(struct tlsagen_buf *buf, const struct table *table, model_set set)
{
    const char *between = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct tlsagen_record *record = &table->records[i];
        if ((set >> i & 1) == 0)
            continue;
        tlsagen_buf_str(buf, between);
        add_fields(buf, record);
        tlsagen_buf_hex(buf, record->data, record->len < SHOWN_BYTES ? record->len : SHOWN_BYTES);
        if (record->len > SHOWN_BYTES)
            tlsagen_buf_str(buf, "...");
        between = ", ";
    }
    if (*between == '\0')
        tlsagen_buf_str(buf, "no record");
}

/* Moves bit from to bit to in all sets; nobody has `to` by then. */
static void renumber(model_set *const *sets, size_t count, size_t from, size_t to)
{
    for (size_t i = 0; i < count; i++) {
        model_set had = *sets[i] >> from & 1;
        *sets[i] = (*sets[i] & ~(UINT64_C(1) << from)) | had << to;
    }
}

void table_compact(struct table *table, model_set *const *sets, size_t count)
{
    model_set used = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        used |= *sets[i];
    for (size_t i = 0; i < table->count; i++) {
        if ((used >> i & 1) == 0) {
            free(table->records[i].data);
            continue;
        }
        if (kept != i) {
            table->records[kept] = table->records[i];
            renumber(sets, count, i, kept);
        }
        kept++;
    }
    table->count = kept;
}
