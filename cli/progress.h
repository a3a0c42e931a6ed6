/* progress.h - how far a long run has come, in one line on the terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
    bool wanted;  /* standard error is a terminal */
    bool visible; /* the line stands there now */
    struct timespec started;
    struct timespec shown;
};

/* For a result that goes elsewhere: nothing is shown where it goes to the terminal as well. */
void progress_init(struct progress *progress);
/* The same, but shown, too, where the result goes to that terminal: hide it before each write. */
void progress_init_beside(struct progress *progress);
/*
 * Shows the line, at most five times a second: how many things (what, in the plural) are done,
 * how many a second, and the time left when part of whole (0: not known) have taken so long.
 */
void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t part,
                   uint64_t whole);
/* Takes the line away, before anything else is written to the terminal and at the end. */
void progress_hide(struct progress *progress);

#endif
