/*
 * wants.h - what an edit wants of the zone: RRsets by owner and type, with their records.
 */
#ifndef ZONE_WANTS_H
#define ZONE_WANTS_H

#include "rdata.h"

/* In place of a type: all types of the owner. */
#define WANT_ANY 0

struct want_record {
    struct rdata rdata;
    bool found; /* for the edit: it stands in the zone */
};

struct want {
    struct name owner; /* case as given */
    uint16_t type;     /* or WANT_ANY */
    bool has_ttl;
    uint32_t ttl; /* seconds */
    struct want_record *records;
    size_t count;
    size_t cap;
};

/* In the order given, each owner and type once. */
struct wants {
    struct want *at;
    size_t count;
    size_t cap;
};

void wants_init(struct wants *wants);
void wants_clear(struct wants *wants);
/* The RRset of owner and type, made when it is missing; NULL when memory runs out. */
struct want *wants_get(struct wants *wants, const struct name *owner, uint16_t type);
/* The RRset that speaks for a record of owner and type, WANT_ANY included; NULL: none. */
struct want *wants_find(const struct wants *wants, const struct name *owner, uint16_t type);
/*
 * Moves rdata into the RRset, unless the same is there; *rdata is empty afterwards in every case.
 * TLSAGEN_E_MEMORY.
 */
enum tlsagen_status want_add(struct want *want, struct rdata *rdata, struct tlsagen_err *err);
/* The record with this rdata, or NULL. */
struct want_record *want_find(const struct want *want, const struct rdata *rdata);

#endif
