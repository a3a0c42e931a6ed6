/*
 * edit.h - from the records of a zone and what is wanted of it to the bytes to change.
 *
 * Pure: the records come from a walk, the result is a list of splices. The rules are those of
 * tlsagen-zone(5): a new record is written whole, where its RRset stands or at the end, never
 * above a record with a blank owner; a record that inherited from a removed one gets written what
 * it inherited; records that stay are not touched.
 */
#ifndef ZONE_EDIT_H
#define ZONE_EDIT_H

#include "walk.h"
#include "wants.h"

enum edit_verb {
    EDIT_PUT,    /* RRsets become exactly what is wanted */
    EDIT_ADD,    /* what is wanted is there too */
    EDIT_REMOVE, /* what is wanted goes; a want without records: all of its RRset */
};

/* Replace `len` bytes at `at` of a file by text. Sorted by file and place, without overlaps. */
struct edit_splice {
    size_t file; /* index in the walk */
    uint64_t at;
    uint64_t len;
    struct tlsagen_buf text;
};

/* A record that was shown, as far as the edit needs it. */
struct edit_place {
    size_t file;
    uint64_t begin;
    uint64_t end;
    uint64_t line;
    size_t owner;  /* for edit_name */
    size_t origin; /* in force there; for edit_name */
    uint16_t type;
    uint32_t ttl;
    enum walk_ttl ttl_from;
    bool blank_owner;
    bool generated;
    bool no_final_newline;
    bool behind; /* stands right behind the place before it in the list, or inherits from it */
    bool removed;
    uint64_t head_at; /* offset of the first word behind the owner: where a TTL is inserted */
    uint64_t ttl_at;  /* offset and length of the TTL, when it is explicit */
    uint64_t ttl_len;
    size_t want;      /* index of the RRset it belongs to, or EDIT_NONE */
    char *owner_text; /* as written, quotes included; NULL for a blank owner */
    char *blanks;     /* those before a record with a blank owner; else NULL */
    char *rdata_text; /* of a record of a wanted RRset that may be listed; else NULL */
    bool ttl_before_known;
    uint32_t ttl_before; /* what a record without a TTL would inherit here */
    bool open_end;       /* by edit_finish: its file's new text ends here, without a line end */
    size_t owner_from;   /* by edit_finish: the place that leaves its owner in the new text */
    size_t
        adds; /* by edit_finish: the first wanted RRset whose new records go behind it, plus one */
};

#define EDIT_NONE SIZE_MAX

/* Seconds; where neither the input, the zone's records nor the zone's default tell a TTL. */
#define EDIT_DEFAULT_TTL 3600

/* What the edit knows of one wanted RRset. */
struct edit_rrset {
    size_t last_place;  /* of its records in the zone, EDIT_NONE: there is none */
    uint32_t found_ttl; /* of the first record in the zone */
    size_t kept;        /* records of the RRset that stay */
    size_t added;       /* that are new */
    uint32_t ttl;       /* of what is added */
    bool relevel;       /* what stays gets that TTL too */
    size_t next;        /* by edit_finish: the next one at the same place (adds), plus one */
};

/* What stands at one wanted owner, for CNAME and other data. */
struct edit_owner {
    size_t cname_place;  /* EDIT_NONE: no CNAME there */
    struct name *target; /* of the CNAME; NULL: there is none, or none that could be read */
    size_t other;        /* records that stay or are added and may not stand beside a CNAME */
    size_t cnames;       /* CNAMEs that stay or are added */
};

struct edit {
    enum edit_verb verb;
    struct wants *wants; /* borrowed */
    int64_t ttl;         /* of RRsets written; below 0: as wanted or found */
    bool unlisted;       /* added and removed stay empty, their counts do not */
    /* Reads len bytes at `at` of a file: the ends of lines around an edit. */
    enum tlsagen_status (*peek)(void *arg, size_t file, uint64_t at, char *bytes, size_t len,
                                struct tlsagen_err *err);
    void *peek_arg;
    /* The rest is filled by the edit. */
    struct edit_place *places; /* in the order of the walk */
    size_t place_count;
    size_t place_cap;
    struct tlsagen_buf names;  /* of the places: length and wire form of each, one after another */
    struct edit_rrset *rrsets; /* one for each want */
    struct edit_owner *owners; /* by the numbers of wants->names */
    size_t owner_count;
    struct edit_splice *splices;
    size_t splice_count;
    size_t splice_cap;
    struct tlsagen_buf added; /* records, a line each */
    struct tlsagen_buf removed;
    size_t added_count;
    size_t removed_count;
};

/* *edit is all zero but for verb, wants, ttl, peek and peek_arg. TLSAGEN_E_MEMORY. */
enum tlsagen_status edit_init(struct edit *edit, struct tlsagen_err *err);
void edit_clear(struct edit *edit);
/* Keeps what was added and removed, and frees all else. */
void edit_release(struct edit *edit);
/* The name that a place has by its number. */
void edit_name(const struct edit *edit, size_t number, struct name *name);
/* Whether two of them are the same. */
bool edit_same_name(const struct edit *edit, size_t a, size_t b);
/*
 * Takes one record that the walk shows; those at the wanted owners (wants->names) and those that
 * follow them have to come, others are passed by. TLSAGEN_E_SYNTAX for rdata that cannot be read,
 * TLSAGEN_E_KIND for a record to be removed that $GENERATE makes.
 */
enum tlsagen_status edit_record(struct edit *edit, const struct walk *walk,
                                const struct walk_record *record, struct tlsagen_err *err);
/*
 * The wanted owner that is an alias (CNAME) and, by the verb, would get other data: the index in
 * owners and wants->names, or EDIT_NONE.
 */
size_t edit_alias(const struct edit *edit);
/*
 * After the walk's end: decides, and makes the splices; none when nothing has to change.
 * TLSAGEN_E_MISMATCH for a result that no name server would load (CNAME and other data, an apex
 * without NS); TLSAGEN_E_KIND for what cannot be edited without guessing.
 */
enum tlsagen_status edit_finish(struct edit *edit, const struct walk *walk,
                                struct tlsagen_err *err);

/* edit_plan.c */

/*
 * What stays inherits what it did before: makes all splices of a decided edit. TLSAGEN_E_KIND for
 * what cannot be edited without guessing.
 */
enum tlsagen_status edit_plan(struct edit *edit, const struct walk *walk, struct tlsagen_err *err);

/* edit_splice.c */

/* A new splice at the end of the list, its text empty; NULL when memory runs out. */
struct edit_splice *edit_splice_add(struct edit *edit, size_t file, uint64_t at, uint64_t len);
/* The last one when it inserts at that place, else a new one; NULL when memory runs out. */
struct edit_splice *edit_splice_more(struct edit *edit, size_t file, uint64_t at);
/* Sorts the splices and joins those that touch. TLSAGEN_E_MEMORY. */
enum tlsagen_status edit_splice_join(struct edit *edit, struct tlsagen_err *err);

/* edit_text.c: the texts that are written. */

/* Appends `owner TAB ttl TAB IN TAB type TAB rdata`, without a line end. */
enum tlsagen_status edit_text_record(struct tlsagen_buf *buf, const struct name *owner,
                                     uint32_t ttl, uint16_t type, const struct rdata *rdata,
                                     struct tlsagen_err *err);
/*
 * How many of the blanks before a record with a blank owner are to be left out, so that the words
 * behind an owner of owner_len bytes stay in their column; 0 when that cannot be.
 */
size_t edit_text_overlap(const char *blanks, size_t owner_len);

#endif
