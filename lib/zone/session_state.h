/* session_state.h - what the files of the session share; nobody else includes this. */
#ifndef ZONE_SESSION_STATE_H
#define ZONE_SESSION_STATE_H

#include "proof.h"
#include "session.h"
#include "walk_marks.h"

#define SOA_MAX 4 /* the same SOA again and again; more are a mistake */

/* One file of the zone. */
struct file {
    struct replace *replace;
    uint64_t read;  /* bytes, in the walk at hand */
    size_t spliced; /* of a walk through what is not written: splices that are behind it ... */
    size_t given;   /* ... and bytes of the text of the next one */
    struct splice *splices;
    size_t count;
    size_t cap;
    bool built;
    bool left;     /* a killed run had a new file for it ready */
    bool borrowed; /* included before: the replace is that of the first time */
    bool twice;    /* one of several such, and not to be edited */
};

/* An SOA, kept for the edit of its serial. */
struct soa {
    struct walk_record record; /* text and tokens are copies */
    char *text;
    struct lex_token *tokens;
};

struct session {
    const char *path;
    const struct replace_hook *hook;
    struct file *files; /* by index in the walk */
    size_t file_count;
    struct soa soas[SOA_MAX];
    size_t soa_count;
    uint32_t serial;
    uint32_t new_serial; /* what the proof has to find */
    struct walk *walk;   /* the first, through the old files */
    bool copying;
    bool quick;
    uint64_t mark_space;
    struct walk_marks *marks;            /* of that walk */
    enum walk_marks_use use;             /* what the walk at hand is */
    struct walk_options user;            /* of the walk at hand, as the session's user gave them */
    const struct session_finish *finish; /* of the proof at hand */
    struct proof_sum sums[3];            /* of the walks, by use: the records that have to stay */
};

/* Closes nothing: files stay open and locked until the session's end. */
void session_source_close(void *arg, size_t index, int fd);

#endif
