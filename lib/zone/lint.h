/*
 * lint.h - what check.c and the files of its rules share: what two walks through a zone have told.
 *
 * The first walk tells the faults of the text and shows the records that rules are about: TLSA, MX,
 * CNAME. The second, made when there are any, shows what else stands at their owners and above. Of
 * CNAMEs, which a zone may be full of, only a Bloom filter is kept; owners that may have two of
 * them are looked at in the second walk, and a third, made when there are any, looks at those that
 * may have other data beside one.
 */
#ifndef ZONE_LINT_H
#define ZONE_LINT_H

#include <tlsagen/zone.h>

#include "rdata.h"
#include "walk.h"

/* What stands at a name. */
enum lint_flag {
    LINT_TLSA = 1 << 0,
    LINT_CNAME = 1 << 1,
    LINT_OTHER = 1 << 2, /* what cannot stand beside a CNAME */
    LINT_NS = 1 << 3,
    LINT_DNAME = 1 << 4,
    LINT_TARGET = 1 << 5, /* a CNAME points here */
    LINT_MX_HOST = 1 << 6,
    LINT_CLASH = 1 << 7, /* CNAME and other data, and that was told */
};

/* Names, and what stands at each. */
struct lint_names {
    struct name_set set;
    uint8_t *flags; /* of each name */
    size_t cap;
};

struct lint_place {
    size_t file; /* index in the walk */
    uint64_t line;
    uint64_t column;
};

struct lint_tlsa {
    size_t owner; /* number in names */
    struct lint_place place;
    uint32_t ttl;
    bool ttl_known;
    size_t data_at; /* rdata in `data`, usage first */
    size_t data_len;
    uint64_t hash; /* of it, for sorting */
};

/* A host that mail goes to, once; in the order of the first MX for it. */
struct lint_mx {
    size_t host; /* number in names */
    struct lint_place place;
};

struct lint {
    tlsagen_zone_find *find;
    void *find_arg;
    struct tlsagen_zone_verdict *verdict;
    const struct walk_source *source; /* NULL: the system's files */
    const struct walk *walk;          /* the one whose files places are in */
    struct lint_names names;
    struct bloom cnames;        /* owners of CNAMEs */
    struct lint_names suspects; /* owners where two CNAMEs, or one and other data, may be */
    size_t suspects_from;       /* the walk at hand looks at those from here */
    size_t suspects_to;         /* up to here */
    uint64_t *targets;          /* of the first CNAME of each of them, a hash */
    struct lint_tlsa *tlsa;
    size_t tlsa_count;
    size_t tlsa_cap;
    struct tlsagen_buf data;
    struct lint_mx *mx;
    size_t mx_count;
    size_t mx_cap;
    bool signed_told;
    bool keys_told;
    bool faulty;        /* the walk has told a fault, so that types are to be looked at again */
    bool odd_owner;     /* a TLSA record stands where no port and protocol are */
    struct rdata rdata; /* of the record in hand */
};

/* check.c */

/* As tlsagen_zone_check, with files from a source of one's own unless that is NULL. */
enum tlsagen_status lint_check(const char *path, const char *origin,
                               const struct walk_source *source, tlsagen_zone_find *find, void *arg,
                               struct tlsagen_zone_verdict *verdict, struct tlsagen_err *err);
/* Tells a finding. */
void lint_tell(struct lint *lint, bool error, const char *rule, const struct lint_place *place,
               const char *format, ...) TLSAGEN_PRINTF(5, 6);
/* Where a record's word stands; WALK_NO_TOKEN for its beginning. */
struct lint_place lint_place_of(const struct walk_record *record, size_t token);
/* Adds a name with a flag. index may be NULL. TLSAGEN_E_MEMORY. */
enum tlsagen_status lint_add_name(struct lint_names *names, const struct name *name, uint8_t flag,
                                  size_t *index, struct tlsagen_err *err);
/* Room for one more of size bytes in an array; TLSAGEN_E_MEMORY. */
enum tlsagen_status lint_grow(void **array, size_t count, size_t *cap, size_t size,
                              struct tlsagen_err *err);
/* Fills lint->rdata; false after a finding, or without one where it was told before. */
bool lint_read_rdata(struct lint *lint, const struct walk_record *record);
bool lint_read_told_rdata(struct lint *lint, const struct walk_record *record);

/* lint_record.c: one record of the first walk. TLSAGEN_E_MEMORY. */
enum tlsagen_status lint_record(struct lint *lint, const struct walk_record *record,
                                struct tlsagen_err *err);
/*
 * The rule of association data that matches nothing, as it is not as long as its matching type says
 * or the digest of no bytes (RFC 6698 section 2.1.3), and a text of it; NULL when there is no
 * fault.
 */
const char *lint_data_fault(const uint8_t *rdata, size_t len, const char *owner, char *text,
                            size_t size);
/* True for `_port._proto` at the beginning of a name (RFC 6698 section 3), `*` for the port too. */
bool lint_is_service(const struct name *owner);

/* lint_rrset.c: RRsets of TLSA records, each as a whole; sorts lint->tlsa. */
void lint_rrsets(struct lint *lint);

/* lint_place.c: what stands around. */

/* Adds the names that the second walk has to look at besides. TLSAGEN_E_MEMORY. */
enum tlsagen_status lint_add_around(struct lint *lint, const struct name *apex,
                                    struct tlsagen_err *err);
/* One record of the second walk. TLSAGEN_E_MEMORY. */
enum tlsagen_status lint_neighbour(struct lint *lint, const struct walk_record *record,
                                   struct tlsagen_err *err);
/* For comparing what is seldom compared. */
uint64_t lint_hash(const struct tlsagen_buf *bytes);
/*
 * One record of the second or third walk, told when it stands beside a CNAME; the same CNAME may
 * stand there again.
 */
void lint_suspect(struct lint *lint, const struct walk_record *record);
/* After it: records that nobody will find, and hosts without records. */
void lint_places(struct lint *lint, const struct name *apex);

#endif
