/*
 * tlsagen/zone.h - zone files (RFC 1035 section 5): changed as a careful person would, and nothing
 * else in them.
 *
 * A file is replaced as a whole or not at all, and every byte outside the edit stays. Where
 * parsers of zone files differ, BIND 9 is followed; tlsagen-zone(5) tells the decisions.
 */
#ifndef TLSAGEN_ZONE_H
#define TLSAGEN_ZONE_H

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of an absolute name in text, all of it escaped, NUL included. */
#define TLSAGEN_ZONE_NAME_SIZE 1024

/* How a new serial follows from the old one; none ever goes backwards (RFC 1982). */
enum tlsagen_serial_policy {
    TLSAGEN_SERIAL_AUTO,      /* keep the style found: a date, a Unix time or a counter */
    TLSAGEN_SERIAL_INCREMENT, /* old + 1, never 0 */
    TLSAGEN_SERIAL_DATE,      /* YYYYMMDDnn in UTC */
    TLSAGEN_SERIAL_UNIXTIME,  /* seconds since 1970 */
    TLSAGEN_SERIAL_EXPLICIT,  /* the number given */
};

/* Something worth telling that stops nothing; one line of text. */
typedef void tlsagen_zone_warn(void *arg, const char *text);
/*
 * Judges a new file before it takes the old one's place: path is the temporary file with the whole
 * new text of the zone's main file. Another status than TLSAGEN_OK (err filled) stops the edit.
 */
typedef enum tlsagen_status tlsagen_zone_judge(void *arg, const char *path,
                                               struct tlsagen_err *err);

/* How to change a zone file; all zero is a good start. Everything is borrowed for the call. */
struct tlsagen_zone_options {
    const char *origin;        /* the zone's name; NULL: from $ORIGIN or an absolute SOA owner */
    bool dry_run;              /* fill change->diff and write nothing */
    const char *backup_suffix; /* keep the old file under its name with this; NULL: do not */
    bool keep_serial;          /* change records without a new serial */
    bool follow_cname;         /* edit what a CNAME at the owner points to, within the zone */
    enum tlsagen_serial_policy policy;
    uint32_t serial;    /* for TLSAGEN_SERIAL_EXPLICIT */
    int64_t now;        /* seconds since 1970, for serials that are dates or times */
    int64_t ttl;        /* seconds, of RRsets written; TLSAGEN_ZONE_TTL_NONE: as the input says */
    bool warnings_fail; /* after a warning nothing is written: TLSAGEN_E_MISMATCH */
    tlsagen_zone_warn *warn; /* NULL: warnings are lost */
    void *warn_arg;
    tlsagen_zone_judge *judge; /* NULL: none */
    void *judge_arg;
    bool frozen; /* the server was told to leave the file alone: a journal (.jnl) stops nothing */
};

#define TLSAGEN_ZONE_TTL_NONE (-1)

/* What a change did, or would do in a dry run. */
struct tlsagen_zone_change {
    bool changed;                      /* false: nothing had to be written, and nothing was */
    char zone[TLSAGEN_ZONE_NAME_SIZE]; /* with its final dot */
    uint32_t old_serial;
    uint32_t new_serial; /* equal to old_serial when kept */
    size_t warnings;     /* told by options->warn, or lost */
    size_t added_count;
    size_t removed_count;
    struct tlsagen_buf added;   /* lines of records in zone-file form */
    struct tlsagen_buf removed; /* the same */
    struct tlsagen_buf diff;    /* dry run: a unified diff that patch(1) applies */
};

/* Empty, for the functions below to fill; clear frees the texts and leaves it empty. */
TLSAGEN_API void tlsagen_zone_change_init(struct tlsagen_zone_change *change);
TLSAGEN_API void tlsagen_zone_change_clear(struct tlsagen_zone_change *change);

/*
 * Gives the zone the next serial. quick stops reading at the SOA: what follows it is copied
 * unseen, so that faults there stay unnoticed, and where the file system can share blocks and the
 * serial keeps its length the size of the file does not matter. change->zone stays empty when
 * neither options nor file tell the zone's name. An explicit serial that is the zone's already
 * changes nothing. TLSAGEN_E_SYNTAX and _KIND for a file that is no zone or must not be edited,
 * TLSAGEN_E_MISMATCH for a serial that is not newer, and when somebody else changed the file.
 */
TLSAGEN_API enum tlsagen_status tlsagen_zone_bump(const char *path, bool quick,
                                                  const struct tlsagen_zone_options *options,
                                                  struct tlsagen_zone_change *change,
                                                  struct tlsagen_err *err);

/*
 * The RRsets in records (len bytes of zone-file text, relative to the zone's name; source names it
 * in messages) become exactly this in the zone: what is missing is added, what is there besides
 * goes. tlsagen_zone_add keeps what is there. The serial is bumped when, and only when, something
 * changed; otherwise nothing is written and change->changed stays false.
 *
 * TLSAGEN_E_SYNTAX, _LIMIT with file:line:column; TLSAGEN_E_KIND for what must not or cannot be
 * edited (a signed or dynamic zone, an alias at the owner, a record of $GENERATE);
 * TLSAGEN_E_MISMATCH for a result that no server would load, and when somebody else changed the
 * file; TLSAGEN_E_ARGUMENT when nothing tells the zone's name; TLSAGEN_E_TIMEOUT when another
 * program keeps the file locked. The file is as it was then.
 */
TLSAGEN_API enum tlsagen_status tlsagen_zone_put(const char *path, const char *records, size_t len,
                                                 const char *source,
                                                 const struct tlsagen_zone_options *options,
                                                 struct tlsagen_zone_change *change,
                                                 struct tlsagen_err *err);
/* As tlsagen_zone_put, and what is there stays. */
TLSAGEN_API enum tlsagen_status tlsagen_zone_add(const char *path, const char *records, size_t len,
                                                 const char *source,
                                                 const struct tlsagen_zone_options *options,
                                                 struct tlsagen_zone_change *change,
                                                 struct tlsagen_err *err);
/*
 * Removes the records of owner (relative to the zone unless it ends with a dot), those of one type
 * unless that is NULL, the one with this rdata unless that is NULL. Otherwise as tlsagen_zone_put.
 */
TLSAGEN_API enum tlsagen_status tlsagen_zone_remove(const char *path, const char *owner,
                                                    const char *type, const char *rdata,
                                                    const struct tlsagen_zone_options *options,
                                                    struct tlsagen_zone_change *change,
                                                    struct tlsagen_err *err);

/* A record of a zone. Texts are borrowed for the call. */
struct tlsagen_zone_record {
    const char *owner; /* absolute, with its final dot */
    uint32_t ttl;      /* seconds; without meaning unless ttl_known */
    bool ttl_known;    /* false before the SOA, where nothing tells it yet */
    const char *type;
    const char *rdata; /* on one line, names absolute */
    const char *file;
    uint64_t line;  /* where it begins, from 1 */
    bool generated; /* made by $GENERATE */
};

/* Takes one record; another status than TLSAGEN_OK (err filled) ends the list with it. */
typedef enum tlsagen_status tlsagen_zone_take(void *arg, const struct tlsagen_zone_record *record,
                                              struct tlsagen_err *err);

/* What of a zone to list; all zero is everything. Borrowed for the call. */
struct tlsagen_zone_filter {
    const char *origin; /* the zone's name, as in struct tlsagen_zone_options */
    const char *owner;  /* relative to the zone unless it ends with a dot; NULL: all */
    const char *type;   /* NULL: all */
};

/*
 * Shows the records of a zone file and of the files that it includes, in their order, signed zones
 * too. Memory does not grow with the zone. The first fault ends the list: errors are those of
 * tlsagen_zone_put; TLSAGEN_E_ARGUMENT for an owner outside the zone or a type that is none.
 */
TLSAGEN_API enum tlsagen_status tlsagen_zone_list(const char *path,
                                                  const struct tlsagen_zone_filter *filter,
                                                  tlsagen_zone_take *take, void *arg,
                                                  struct tlsagen_err *err);

/* Something found in a zone. Texts are borrowed for the call. */
struct tlsagen_zone_finding {
    bool error;       /* else a warning */
    const char *rule; /* a short word for the kind of finding; tlsagen-zone(1) lists them */
    const char *file;
    uint64_t line;   /* from 1 */
    uint64_t column; /* bytes, from 1 */
    const char *text;
};

typedef void tlsagen_zone_find(void *arg, const struct tlsagen_zone_finding *finding);

/* What was found in all. */
struct tlsagen_zone_verdict {
    char zone[TLSAGEN_ZONE_NAME_SIZE]; /* with its final dot; empty when nothing tells it */
    bool has_soa;
    uint32_t serial; /* without meaning unless has_soa */
    size_t errors;
    size_t warnings;
};

/*
 * Looks for all that is wrong with a zone file: what the functions above refuse, and what makes
 * TLSA records useless or dangerous (RFC 6698, RFC 7671, RFC 7672). origin is the zone's name or
 * NULL. Findings come in the order of the walks: faults of the text first, then those of records
 * and RRsets, in the order of the file. Memory grows with the TLSA, MX and CNAME records only.
 *
 * TLSAGEN_OK when the zone was looked through, whatever was found; TLSAGEN_E_SYSTEM, _KIND for a
 * file that cannot be read, TLSAGEN_E_ARGUMENT when nothing tells the zone's name.
 */
TLSAGEN_API enum tlsagen_status tlsagen_zone_check(const char *path, const char *origin,
                                                   tlsagen_zone_find *find, void *arg,
                                                   struct tlsagen_zone_verdict *verdict,
                                                   struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
