/*
 * proof.h - what the records are that an edit leaves alone, in one number.
 *
 * Owner, type, TTL and rdata of each record as they are meant, in the order of the file: with all
 * that a record inherits, so that whatever an edit changes of another record shows. The serial is
 * left out.
 */
#ifndef ZONE_PROOF_H
#define ZONE_PROOF_H

#include "walk.h"

/* All zero before the first record. */
struct proof_sum {
    uint64_t hash;
    uint64_t records;
};

void proof_add(struct proof_sum *sum, const struct walk_record *record);
bool proof_same(const struct proof_sum *a, const struct proof_sum *b);

#endif
