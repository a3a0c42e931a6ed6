/*
 * walk.h - goes through a zone file and the files it includes, and shows what matters in them.
 *
 * Memory does not grow with the files: they are read in pieces, and only entries that can matter
 * are looked at closely. Where parsers differ, BIND 9 is followed; tlsagen-zone(5) tells how.
 */
#ifndef ZONE_WALK_H
#define ZONE_WALK_H

#include "bloom.h"
#include "lex.h"
#include "nameset.h"

#define WALK_INCLUDE_MAX 32               /* files open at once, the first one included */
#define WALK_ENTRY_MAX (4U * 1024 * 1024) /* bytes of an entry; a comment may be longer */
#define WALK_READ (256U * 1024)           /* bytes asked for at once */

/* How files are reached, so that every failure can be played in a test. */
struct walk_source {
    void *arg;
    /*
     * Opens a file for reading; index 0 is the zone file. fd is what read and close get. Fills err
     * with the whole message on failure.
     */
    enum tlsagen_status (*open)(void *arg, size_t index, const char *path, int *fd,
                                struct tlsagen_err *err);
    /*
     * As read(2): at most len bytes, 0 at the end, -1 with errno. Other threads may call it, one at
     * a time.
     */
    long (*read)(void *arg, size_t index, int fd, char *bytes, size_t len);
    void (*close)(void *arg, size_t index, int fd);
};

/* Regular files of the system, opened with O_NONBLOCK and refused when they are something else. */
extern const struct walk_source walk_system_source;

/* A file that was walked through. */
struct walk_file {
    char *path;
    size_t parent;      /* index of the including file; its own for the first */
    uint64_t size;      /* bytes read */
    uint64_t lines;     /* line ends */
    bool crlf;          /* its first line ends with CR LF */
    bool final_newline; /* its last byte ends a line, or there is none */
    bool complete;      /* read to its end */
    /* What its last record leaves to a record with a blank owner after it. */
    bool ends_with_record;
};

/* Where a TTL comes from. */
enum walk_ttl {
    WALK_TTL_EXPLICIT,  /* it stands there */
    WALK_TTL_DEFAULT,   /* $TTL */
    WALK_TTL_INHERITED, /* that of the record before, without $TTL (RFC 1035 section 5.1) */
    WALK_TTL_MINIMUM,   /* the SOA's minimum, with neither */
    WALK_TTL_UNKNOWN,   /* none of these yet */
};

#define WALK_NO_TOKEN SIZE_MAX

/* One record as it stands in a file. Everything is borrowed for the call. */
struct walk_record {
    size_t file;      /* index of its file */
    uint64_t begin;   /* offset of the entry in its file */
    uint64_t end;     /* behind the entry, its line end included */
    uint64_t line;    /* of the entry's first byte, from 1 */
    const char *text; /* the entry's bytes, end - begin of them */
    size_t len;
    const struct lex_token *tokens;
    size_t token_count;
    size_t owner_token; /* indices into tokens, or WALK_NO_TOKEN where something is inherited */
    size_t ttl_token;
    size_t class_token;
    size_t type_token;
    size_t rdata_token; /* the first of rdata; equal to token_count when there is none */
    struct name owner;
    const struct name *origin; /* that holds here, for names in rdata */
    uint16_t type;
    uint32_t ttl; /* seconds */
    enum walk_ttl ttl_from;
    bool ttl_before_known;
    uint32_t ttl_before;   /* the TTL of the record before it, which one without $TTL inherits */
    bool no_final_newline; /* the end of the file ends the entry */
    bool generated;        /* made by $GENERATE: tokens are those of the directive */
    uint32_t number;       /* generated: what stands for "$" */
    bool watched;          /* its owner is one of those watched for */
    bool follows;          /* the record right behind a watched one, in its file */
    bool asked;            /* it would be shown without `all`, too */
    bool again;            /* a CNAME whose owner options->cnames may have had before */
};

/* Something that is wrong, or worth a finding. */
struct walk_fault {
    size_t file;
    uint64_t line;   /* from 1 */
    uint64_t column; /* bytes, from 1 */
    enum tlsagen_status status;
    const char *text; /* what and why and what to do, without the place */
};

struct walk;
struct walk_marks;

struct walk_options {
    const char *path;          /* of the zone file */
    const struct name *origin; /* the zone's name, or NULL: the file has to tell */
    bool origin_optional;      /* go on without knowing it (walk_apex says whether it is known) */
    bool fragment;             /* records alone: an SOA may be missing */
    bool allow_signed;         /* RRSIG, NSEC, NSEC3 and ZONEMD are no faults */
    bool allow_clash; /* CNAME and other data in a row is no fault; for who looks further */
    bool all;         /* show every record */
    const struct name_set *watch; /* owners whose records are all shown; NULL: none */
    /* Owners whose records but CNAMEs are shown: those that it has. May be NULL. */
    const struct bloom *beside;
    /*
     * Gets the owners of all CNAMEs. Shown are one whose owner it may have already (`again`), and
     * one that is not written in an ordinary way. May be NULL.
     */
    struct bloom *cnames;
    /* MX are shown, but for plain ones of a host outside the zone or of the host shown last. */
    bool mail;
    /*
     * For another walk through what a walk has found no fault in: shown are records by their
     * owners alone, `watch` and `beside`; types and mail are not asked for. TTLs are not told.
     */
    bool by_owner;
    const uint16_t *types; /* types that are shown at any owner; the SOA always is */
    size_t type_count;
    const struct walk_source *source; /* NULL: walk_system_source */
    void *arg;                        /* for the functions below */
    /* A record. Another status than OK ends the walk with it. */
    enum tlsagen_status (*record)(void *arg, struct walk *walk, const struct walk_record *record,
                                  struct tlsagen_err *err);
    /*
     * A fault. OK goes on behind the entry, if that is possible; NULL, or another status, ends the
     * walk, with the fault as the error when the function is NULL.
     */
    enum tlsagen_status (*fault)(void *arg, struct walk *walk, const struct walk_fault *fault,
                                 struct tlsagen_err *err);
    /* Bytes just read from a file, in order; for copying while scanning. May be NULL. */
    enum tlsagen_status (*bytes)(void *arg, size_t file, const char *bytes, size_t len,
                                 struct tlsagen_err *err);
    /* The end was reached, in good order. May be NULL. */
    enum tlsagen_status (*end)(void *arg, struct walk *walk, struct tlsagen_err *err);
    struct walk_marks *marks; /* NULL: none; see walk_marks.h */
    bool portable;            /* scan without SSE2; for tests */
    bool alone;               /* no second thread reads ahead; for tests */
};

/*
 * Walks. TLSAGEN_OK when the end was reached (or walk_stop was called) without an unforgiven fault:
 * TLSAGEN_E_SYNTAX, _KIND, _LIMIT, _MISMATCH with `file:line:column: …`, TLSAGEN_E_SYSTEM,
 * TLSAGEN_E_MEMORY, or what a function of options returned. *walk is set in every case but memory,
 * for the functions below; walk_free it.
 */
enum tlsagen_status walk_run(const struct walk_options *options, struct walk **walk,
                             struct tlsagen_err *err);
void walk_free(struct walk *walk);

/* To be called by a function of options: the walk ends, in good order, after this record. */
void walk_stop(struct walk *walk);
/* The files so far; index 0 is the zone file. */
size_t walk_file_count(const struct walk *walk);
const struct walk_file *walk_file(const struct walk *walk, size_t index);
/* The zone's name, or NULL as long as it is unknown. */
const struct name *walk_apex(const struct walk *walk);
/* The TTL of records without one, from $TTL or the SOA's minimum; false: it is inherited. */
bool walk_default_ttl(const struct walk *walk, uint32_t *ttl);
/* True once an SOA was seen. */
bool walk_has_soa(const struct walk *walk);
/* `path:line:column: ` and the text, as walk_run's errors have it; returns status. */
enum tlsagen_status walk_err(const struct walk *walk, const struct walk_fault *fault,
                             struct tlsagen_err *err);
/*
 * A token of the record as it is meant: of a generated record with the number put in. Replaces
 * what out holds. TLSAGEN_E_SYNTAX, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status walk_expand(const struct walk_record *record, size_t token,
                                struct tlsagen_buf *out, struct tlsagen_err *err);
/* A fault at a token of a record, WALK_NO_TOKEN for its beginning; text is borrowed. */
struct walk_fault walk_fault_at(const struct walk_record *record, size_t token,
                                enum tlsagen_status status, const char *text);

#endif
