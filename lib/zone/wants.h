/*
 * wants.h - what an edit wants of the zone: RRsets by owner and type, with their records.
 */
#ifndef ZONE_WANTS_H
#define ZONE_WANTS_H

#include "nameset.h"
#include "rdata.h"

/* In place of a type: all types of the owner. */
#define WANT_ANY 0

struct want_record {
    struct rdata rdata;
    bool found; /* for the edit: it stands in the zone */
};

struct want {
    uint8_t *owner; /* for want_owner */
    uint16_t type;  /* or WANT_ANY */
    bool has_ttl;
    uint32_t ttl; /* seconds */
    struct want_record *records;
    size_t count;
    size_t cap;
    size_t next; /* the next RRset of the same owner in struct wants, plus one; 0: none */
};

/* In the order given, each owner and type once. */
struct wants {
    struct want *at;
    size_t count;
    size_t cap;
    struct name_set names; /* the owners ... */
    size_t *first;         /* ... and of each, by its number, the last RRset in at, plus one */
    size_t first_cap;
};

void wants_init(struct wants *wants);
void wants_clear(struct wants *wants);
/* The RRset of owner and type, made when it is missing; NULL when memory runs out. */
struct want *wants_get(struct wants *wants, const struct name *owner, uint16_t type);
/* The owner of an RRset, in the case given. */
void want_owner(const struct want *want, struct name *owner);
/* The same, of the RRsets whose owner has that number in names. */
void wants_owner_of(const struct wants *wants, size_t number, struct name *owner);
/* Gives an RRset another owner; wants_renamed has to follow. TLSAGEN_E_MEMORY. */
enum tlsagen_status want_rename(struct want *want, const struct name *owner,
                                struct tlsagen_err *err);
/* After owners were changed: finds them by their new names. TLSAGEN_E_MEMORY. */
enum tlsagen_status wants_renamed(struct wants *wants, struct tlsagen_err *err);
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
