/* walk_state.h - what the files of the walk share; nobody else includes this. */
#ifndef ZONE_WALK_STATE_H
#define ZONE_WALK_STATE_H

#include <string.h>

#include "scan.h"
#include "walk.h"

#define NEVER_CLOSED_MAX 8U
#define WALK_BATCH 2048U        /* entries found by one call of the scanner */
#define WALK_AHEAD_BATCH 16384U /* in a piece that is read ahead */
#define WALK_CARRY 65536U       /* room for an entry that a read cuts in two; it may grow */

/* The owner in force: as text of the zone file until somebody needs the name. */
struct walk_owner {
    const char *text; /* in the file's bytes, or `kept` once they are to be moved */
    uint8_t text_len; /* 0: `name` is the owner already */
    bool known;       /* there is one */
    bool watched;     /* or faulty: records that inherit it have to be looked at */
    struct name name;
    char kept[NAME_WIRE_MAX];
};

/* What the records in a row with one owner have been. */
struct walk_run {
    bool cname;
    bool other;
    uint8_t text_len;         /* of the CNAME's target as it is written; 0: target has it */
    char text[NAME_WIRE_MAX]; /* relative to the file's origin */
    struct name target;       /* len 0: it cannot be read */
};

/* One file that is open now. */
struct walk_open {
    size_t index; /* of its walk_file */
    int fd;
    char *bytes; /* a piece of the file */
    size_t cap;  /* without WALK_PAD more bytes, which may be looked at and mean nothing */
    size_t len;
    size_t scanned;        /* up to here by the scanner */
    size_t at;             /* where the next entry begins */
    uint64_t base;         /* offset in the file of bytes[0] */
    uint64_t line;         /* of the next entry */
    bool end;              /* the file has no more bytes */
    bool void_entry;       /* the entry in hand is a comment whose beginning is dropped */
    bool follow;           /* the last record was a watched one */
    unsigned never_closed; /* parentheses that the end of the file leaves open, and were passed */
    struct scan scan;
    struct scan_entry *entries;
    size_t entry_count;
    size_t next_entry;
    struct walk_ahead *ahead; /* reads and scans this file; NULL: the walk itself does */
    bool ahead_tried;
    int read_error;      /* that comes behind the bytes in hand; 0: none */
    struct name origin;  /* len 0: unknown */
    uint64_t origin_key; /* of it, see bloom.h */
    /* Longest text of an owner relative to it, so that the name is none too long and lies in the
     * zone; 0 when the origin lies outside. See walk_origin_changed. */
    size_t relative_max;
    struct walk_owner owner;
    struct walk_run run;
    uint8_t mail_len; /* of the host of the MX shown last, as it is written; 0: none */
    char mail[NAME_WIRE_MAX];
};

#define PACKED_TYPES 128U
#define WALK_PAD 128U
#define WALK_PAGE 4096U /* reads begin at multiples of it in memory, the first one too */

/* A type name of at most eight letters in one number, for finding its type without a search. */
struct walk_packed {
    uint64_t name; /* 0: none here */
    uint16_t type;
    bool wanted; /* see walk_is_wanted */
};

#define FORMS 64U     /* of heads that are remembered */
#define FORM_SIZE 32U /* bytes of the longest of them */

/*
 * A form of the words of a head, from behind the owner to the blank behind the type, as they stood
 * in an entry that could not matter: the next ones mostly look the same.
 */
struct walk_form {
    uint64_t first[2]; /* the first sixteen bytes; those that do not count are 0 */
    uint64_t mask[2];  /* of those that count */
    char text[FORM_SIZE];
    uint32_t ttl;      /* 0 without one */
    uint32_t ttl_keep; /* what stays of the TTL before: all bits, or none */
    uint8_t len;       /* up to the type's end */
    bool is_cname;
    bool is_mail; /* an MX, of which options->mail tells which are passed by */
};

struct walk {
    const struct walk_options *options;
    const struct walk_source *source;
    struct walk_file *files;
    size_t file_count;
    size_t file_cap;
    struct walk_open *open[WALK_INCLUDE_MAX];
    size_t depth; /* files open */
    bool stopped;
    bool all;                      /* show every record: asked for, or for the marks */
    struct name apex;              /* len 0: unknown */
    char apex_text[NAME_WIRE_MAX]; /* in small letters, with the final dot */
    size_t apex_text_len;          /* 0: unknown, or a text that needs escapes */
    bool has_soa;
    struct tlsagen_buf soa_rdata; /* of the SOA, its words by blanks, for telling a second one */
    bool ttl_default_known;
    uint32_t ttl_default;
    bool ttl_last_known;
    uint32_t ttl_last;
    bool default_is_minimum; /* the SOA's, for want of $TTL */
    bool minimum_known;
    uint32_t minimum;
    struct lex_tokens tokens;
    uint64_t wanted[65536 / 64]; /* types to show */
    struct bloom quick;          /* labels of options->watch; empty: none are watched */
    bool closer[256]; /* owners that begin with this byte are no ordinary ones, or may be watched */
    struct walk_packed packed[PACKED_TYPES]; /* a hash table of common types */
    struct walk_form forms[FORMS];           /* see walk_quick.c */
    struct walk_form odd_form;               /* one that is too long to be remembered */
};

/* The entry in hand. */
struct walk_entry {
    struct walk_open *file;
    const char *text;
    size_t len;
    uint32_t flags;
};

static inline bool walk_is_wanted(const struct walk *walk, uint16_t type)
{
    return (walk->wanted[type / 64] >> (type % 64) & 1) != 0;
}

static inline unsigned walk_packed_slot(uint64_t packed)
{
    return (unsigned)(packed * UINT64_C(0x9e3779b97f4a7c15) >> 57) % PACKED_TYPES;
}

/* A common type, NULL for another word; the eight bytes at word can be read. */
static inline const struct walk_packed *walk_find_packed(const struct walk *walk, const char *word,
                                                         size_t len)
{
    if (len == 0 || len > 8)
        return NULL;
    uint64_t packed = pack_letters(word, len);
    for (unsigned i = walk_packed_slot(packed);; i = (i + 1) % PACKED_TYPES) {
        if (walk->packed[i].name == packed)
            return &walk->packed[i];
        if (walk->packed[i].name == 0)
            return NULL;
    }
}

/* walk_setup.c */
enum tlsagen_status walk_setup(struct walk *walk, struct tlsagen_err *err);
bool walk_is_watched(const struct walk *walk, const struct walk_record *record);
/* Puts a file on top of those open; fault tells where it was asked for, NULL for the first. */
enum tlsagen_status walk_open_file(struct walk *walk, const char *path, size_t parent,
                                   const struct name *origin, struct tlsagen_err *err);
void walk_close_file(struct walk *walk);
/* Room for cap bytes of a file and what may be looked at behind them, from a page on. */
char *walk_new_bytes(size_t cap);
/* Bytes are looked at in blocks, so that those behind the last one have to have a value. */
static inline void walk_pad(char *bytes, size_t len)
{
    memset(bytes + len, 0, WALK_PAD);
}

/* To be called when a file's origin, or the apex, has become another. */
void walk_origin_changed(const struct walk *walk, struct walk_open *file);

/* The zone's name is known now. */
void walk_set_apex(struct walk *walk, const struct name *apex);

/* How an owner stands to the one before it. */
enum walk_kinship { WALK_SAME, WALK_OTHER, WALK_UNCLEAR };

/* walk_quick.c */

/* owner is a text without escapes and quotes, neither "@" nor "."; len 0: inherited. */
enum walk_kinship walk_compare_owners(const struct walk_owner *before, const char *owner,
                                      size_t len);
/* Goes past entries that cannot matter, up to one that has to be looked at. */
void walk_quick(struct walk *walk, struct walk_open *file);
/* Whether the words of a head, from an offset on, are of the usual form and end with CNAME. */
bool walk_is_cname_at(struct walk *walk, const char *bytes, size_t at, size_t end);

/* walk_owners.c: the same for options->by_owner. */
void walk_by_owner(struct walk *walk, struct walk_open *file);

/* walk_record.c */
enum tlsagen_status walk_slow(struct walk *walk, const struct walk_entry *entry,
                              struct tlsagen_err *err);
/* A fault at a byte of the entry; OK when the walk may go on behind the entry. */
enum tlsagen_status walk_complain(struct walk *walk, const struct walk_entry *entry, size_t at,
                                  struct tlsagen_err *err, enum tlsagen_status status,
                                  const char *format, ...) TLSAGEN_PRINTF(6, 7);
enum tlsagen_status walk_complain_at(struct walk *walk, const struct walk_open *file, uint64_t line,
                                     uint64_t column, struct tlsagen_err *err,
                                     enum tlsagen_status status, const char *text);
/* To be called before a file's origin changes: what is kept as text becomes names. */
void walk_settle(struct walk_open *file);
/* The owner in force as a name. */
const struct name *walk_owner_name(struct walk_open *file);

/* Fills the record's TTL from its word, $TTL or the record before. */
void walk_find_ttl(struct walk *walk, struct walk_record *record);
/* Everything of a record is filled but owner and type; tells about it when it is wanted. */
enum tlsagen_status walk_show(struct walk *walk, const struct walk_entry *entry,
                              struct walk_record *record, struct tlsagen_err *err);

/* walk_marks.c; without marks these do nothing. */

/* The first walk has shown or found something, or opens a file. */
void walk_marks_busy(struct walk *walk, bool includes);
/* Before the zone file is scanned for more: all entries found have been looked at. */
void walk_marks_begin(struct walk *walk, struct walk_open *file);
/*
 * How far the bytes in hand are to be scanned; true when a mark stands there. May go on to a later
 * place of the file, with no bytes in hand.
 */
bool walk_marks_limit(struct walk *walk, struct walk_open *file, size_t *limit);
/* No entry begins at that mark. */
void walk_marks_miss(struct walk *walk);

/* walk_directive.c */
enum tlsagen_status walk_directive(struct walk *walk, const struct walk_entry *entry,
                                   struct tlsagen_err *err);
/* walk_generate.c */
enum tlsagen_status walk_generate(struct walk *walk, const struct walk_entry *entry,
                                  struct tlsagen_err *err);

#endif
