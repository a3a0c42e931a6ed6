/*
 * session.h - one change of a zone from beginning to end: its files locked and walked through, the
 * edits gathered, the new files built, proved and put in place.
 *
 *     session_open, session_walk, session_edit ..., session_finish, session_free
 *
 * Every file of the zone that the walk comes through is opened and locked by replace_open; those
 * without an edit stay untouched. The file with the SOA takes its place last, so that a server that
 * loads in between sees no new serial without the new records.
 */
#ifndef ZONE_SESSION_H
#define ZONE_SESSION_H

#include <tlsagen/zone.h>

#include "replace.h"
#include "walk.h"

struct session;

/* path is the zone file; hook as in replace_open. Both are borrowed until session_free. */
enum tlsagen_status session_open(const char *path, const struct replace_hook *hook,
                                 struct session **session, struct tlsagen_err *err);
void session_free(struct session *session);

/* Both walks, through the old and the new files, stop at the SOA. Before session_walk. */
void session_set_quick(struct session *session, bool quick);
/* Bytes between places where the proof can leave out what an edit does not touch; for tests. */
void session_set_mark_space(struct session *session, uint64_t bytes);
/*
 * Walks through the old files; path and source of options are the session's to fill. The serial of
 * the SOA is noted on the way, and the record function of options called for it as for all others.
 * copying: begin to copy large files meanwhile, for a change that is nearly certain.
 */
enum tlsagen_status session_walk(struct session *session, struct walk_options *options,
                                 bool copying, struct tlsagen_err *err);
/*
 * True after session_walk when a run was killed, or failed, after it had put some of several files
 * in place, and before the one with the SOA: the serial is still to be bumped.
 */
bool session_unfinished(const struct session *session);
/* The walk through the old files, valid until session_free. */
const struct walk *session_old(const struct session *session);
/* The serial found. */
uint32_t session_serial(const struct session *session);
/* Reads bytes of an old file, all of them. */
enum tlsagen_status session_peek(struct session *session, size_t file, uint64_t at, char *bytes,
                                 size_t len, struct tlsagen_err *err);

/* Bytes of the zone file that the proof left out, after session_finish. */
uint64_t session_left_out(const struct session *session);

/* Adds an edit: len bytes at `at` of a file become text, which is copied. In any order. */
enum tlsagen_status session_edit(struct session *session, size_t file, uint64_t at, uint64_t len,
                                 const char *text, size_t text_len, struct tlsagen_err *err);
/* The same with the text itself, which is empty afterwards. */
enum tlsagen_status session_take_edit(struct session *session, size_t file, uint64_t at,
                                      uint64_t len, struct tlsagen_buf *text,
                                      struct tlsagen_err *err);
/*
 * The path of a file with edits that has other names, too (hard links), which the edit parts from
 * it; NULL: none has. Borrowed.
 */
const char *session_parts(const struct session *session);
/* Adds the edits that give the zone another serial. */
enum tlsagen_status session_set_serial(struct session *session, uint32_t serial,
                                       struct tlsagen_err *err);
/* A unified diff of all edits, for patch(1) in the folder that paths are relative to. */
enum tlsagen_status session_diff(struct session *session, struct tlsagen_buf *diff,
                                 struct tlsagen_err *err);

/*
 * Whether all files with edits can be replaced: the error that session_finish would end with.
 * *denied: that is so for this user, and may be otherwise for another one.
 */
enum tlsagen_status session_try_replace(struct session *session, bool *denied,
                                        struct tlsagen_err *err);
/* As tlsagen_zone_check, of the zone as it would be with the edits. */
enum tlsagen_status session_try_check(struct session *session, const char *origin,
                                      tlsagen_zone_find *find, void *arg, struct tlsagen_err *err);

/* How the new files are to be proved and kept. */
struct session_finish {
    const char *backup_suffix; /* NULL: none */
    tlsagen_zone_judge *judge; /* NULL: none; gets the new main file, or the old one if unedited */
    void *judge_arg;
    /*
     * For the walk through the new files: the same choice as for the old ones, with functions of
     * its own, that compare with what was meant. path and source are filled by the session.
     */
    const struct walk_options *proof;
    /* True for the records that the edit is about, in the old files and the new; NULL: none is. */
    bool (*meant)(void *arg, const struct walk_record *record);
    void *meant_arg;
};

/*
 * Builds the new files, proves them, asks the judge, and puts all in place. Without an edit it does
 * nothing.
 *
 * The proof is that a walk through the new files finds no fault and the serial that is meant, that
 * the functions of proof agree with what it shows them, and that all other records, the serial
 * aside, are those of the old files: owner, TTL, type and rdata, inherited or written. Else it is
 * TLSAGEN_E_MISMATCH, and nothing was written. In the zone file, what no edit touches is left out
 * of it where the walk comes there in the state in which it came there the first time: see
 * walk_marks.h. So the proof costs what the edit is large, not what the zone is. An included file
 * of more than a megabyte is walked through, but not compared.
 */
enum tlsagen_status session_finish(struct session *session, const struct session_finish *finish,
                                   struct tlsagen_err *err);

#endif
