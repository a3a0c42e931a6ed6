/* journal.h - what was published at an owner: one JSON file for each, replaced as a whole. */
#ifndef PUBLISH_JOURNAL_H
#define PUBLISH_JOURNAL_H

#include <tlsagen/base.h>

enum journal_phase {
    JOURNAL_INTENT, /* about to be edited */
    JOURNAL_DONE,   /* served */
    JOURNAL_UNDONE, /* put back, by an undo or because the server did not take it */
};

struct journal {
    enum journal_phase phase;
    struct tlsagen_buf file;     /* absolute path of the zone file; empty for an update */
    struct tlsagen_buf server;   /* of an update: its numeric address; empty for a zone file */
    uint16_t port;               /* of that */
    struct tlsagen_buf key_file; /* of that: absolute path; empty: it was not signed */
    struct tlsagen_buf zone;     /* its name */
    struct tlsagen_buf owner;    /* where the records stand, if the owner is an alias its target */
    struct tlsagen_buf before;   /* lines of records in zone-file form; empty: there were none */
    struct tlsagen_buf after;
    uint32_t old_serial; /* 0 of an update */
    uint32_t new_serial; /* 0 as long as it is not known, and of an update */
    int64_t time;        /* seconds since 1970 */
};

void journal_init(struct journal *journal);
void journal_clear(struct journal *journal);
/* Makes state_dir and its folder publish, unless they are there. */
enum tlsagen_status journal_make_folders(const char *state_dir, struct tlsagen_err *err);
/*
 * Writes state_dir/publish/OWNER.json, for which folders are made; by whoever has the zone's lock.
 * TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY; the former file stands then.
 */
enum tlsagen_status journal_write(const char *state_dir, const char *owner,
                                  const struct journal *journal, struct tlsagen_err *err);
/* False when a text of it could not be kept. */
bool journal_is_whole(const struct journal *journal);
/* TLSAGEN_E_NOTFOUND when there is none; TLSAGEN_E_SYNTAX for one that cannot be read. */
enum tlsagen_status journal_read(const char *state_dir, const char *owner, struct journal *journal,
                                 struct tlsagen_err *err);

#endif
