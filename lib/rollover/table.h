/*
 * table.h - the TLSA records in play for one service, numbered, so that a set of them is a
 * model_set: bit i is record i. Numbers live as long as the table, or until table_compact; they are
 * never stored.
 */
#ifndef ROLLOVER_TABLE_H
#define ROLLOVER_TABLE_H

#include <tlsagen/record.h>

#include "model.h"

struct table {
    struct tlsagen_record records[MODEL_RECORDS]; /* all different; data belongs to the table */
    size_t count;
};

void table_init(struct table *table);
void table_clear(struct table *table);

/* The number of a record; false when it is not there. */
bool table_find(const struct table *table, const struct tlsagen_record *record, unsigned *bit);
/*
 * The same, added when it is not there; its data is copied. TLSAGEN_E_LIMIT when MODEL_RECORDS
 * others are there, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status table_intern(struct table *table, const struct tlsagen_record *record,
                                 unsigned *bit, struct tlsagen_err *err);
/* The set of all records of an RRset, added where they are not there. As table_intern. */
enum tlsagen_status table_intern_all(struct table *table, const struct tlsagen_rrset *records,
                                     model_set *set, struct tlsagen_err *err);
/* The set of those records that are there; false when others were among them. */
bool table_find_all(const struct table *table, const struct tlsagen_rrset *records, model_set *set);
/* Adds the records of a set to an RRset. TLSAGEN_E_MEMORY. */
enum tlsagen_status table_rrset(const struct table *table, model_set set,
                                struct tlsagen_rrset *records, struct tlsagen_err *err);
/* The combinations of usage, selector and matching type of all records of the table. */
void table_combos(const struct table *table, struct model_combos *combos);
/* The records of the table with these fields. */
model_set table_with(const struct table *table, struct tlsagen_fields fields);

/* Appends "3 1 1 e50a…", the data in full ("-" for none). */
void table_add_record(struct tlsagen_buf *buf, const struct tlsagen_record *record);
/*
 * Appends the records of a set for a message, the data cut to 16 digits, with ", " between; "no
 * record" for the empty set.
 */
void table_add_set(struct tlsagen_buf *buf, const struct table *table, model_set set);

/*
 * Drops the records that none of the sets has, and renumbers the sets. Any set that is not among
 * them is void afterwards.
 */
void table_compact(struct table *table, model_set *const *sets, size_t count);

#endif
