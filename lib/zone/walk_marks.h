/*
 * walk_marks.h - states of a walk at places of its zone file, so that a walk through an edited copy
 * of that file need not look again at what is as it was.
 *
 * What a walk shows of the bytes behind a place depends on these bytes and on its state there: the
 * origin, the owner, TTL and default TTL in force, the zone's name, what the records in a row have
 * been, the files opened so far. Parentheses, quotes and comments are none of it, as every mark
 * stands where an entry begins. So where a walk through the edited file comes to a mark in the same
 * state, and the old walk showed nothing and found nothing up to a later mark, and no edit touches
 * the bytes between them, nothing would be shown there this time either, and the state at the later
 * mark would be the same again: the walk goes on from there. If the state is another, it does not
 * leave anything out until it is the same.
 *
 *     walk_marks_new, walk_run (options.marks), walk_marks_splice for each edit,
 *     walk_marks_follow (NEW), walk_run, walk_marks_follow (OLD), walk_run, walk_marks_free
 *
 * The walk through the new file comes first. Both of them show every record of the parts that are
 * compared: those that an edit touches, and those behind a mark that was come to in another state.
 * The walk through the old file compares the same parts.
 */
#ifndef ZONE_WALK_MARKS_H
#define ZONE_WALK_MARKS_H

#include "walk.h"

#define WALK_MARKS_MAX 1024U          /* then every second goes, and the next ones stand wider */
#define WALK_MARKS_SPACE (64U * 1024) /* bytes between two, at least; fewer for the first ones */
#define WALK_MARKS_FIRST 4096U        /* bytes before the first one */

struct walk_marks;

enum walk_marks_use {
    WALK_MARKS_NOTE, /* the first walk, which makes the marks */
    WALK_MARKS_NEW,  /* a walk through the edited file */
    WALK_MARKS_OLD,  /* a walk through the first file */
};

/* For WALK_MARKS_NOTE; space is WALK_MARKS_SPACE but in tests. NULL when memory runs out. */
struct walk_marks *walk_marks_new(uint64_t space);
void walk_marks_free(struct walk_marks *marks);
/* An edit of the zone file: len bytes at `at` become text_len others. In order, none overlaps. */
void walk_marks_splice(struct walk_marks *marks, uint64_t at, uint64_t len, uint64_t text_len);
/* An included file is edited, so that the parts that include others are compared. */
void walk_marks_splice_included(struct walk_marks *marks);
/*
 * What the next walk is, with the same choice of what is shown as the first. seek makes the next
 * read of the zone file begin at an offset.
 */
void walk_marks_follow(struct walk_marks *marks, enum walk_marks_use use,
                       void (*seek)(void *arg, uint64_t at), void *arg);
/* True where the walk at hand is in a part that is compared, and shows every record. */
bool walk_marks_comparing(const struct walk_marks *marks);
/* Bytes left out by the walk at hand. */
uint64_t walk_marks_skipped(const struct walk_marks *marks);

#endif
