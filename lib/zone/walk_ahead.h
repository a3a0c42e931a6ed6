/*
 * walk_ahead.h - a zone file that is read and scanned by a thread of its own, ahead of the walk.
 *
 * The thread hands over pieces: bytes, and the entries that end in them. The walk exchanges each
 * for the piece it is done with, so nothing is copied but the entry that two pieces share. Whatever
 * is out of the ordinary (a fault, an entry too long for a piece, very many entries) ends the
 * thread, and the walk goes on alone from there, in the same state.
 */
#ifndef ZONE_WALK_AHEAD_H
#define ZONE_WALK_AHEAD_H

#include "walk_state.h"

/*
 * Starts the thread for a file whose bytes in hand are all looked at, unless there is nothing to
 * be gained: it is not yet a large one, or another thread would only take turns with this one.
 * Fails silently; then file->ahead stays NULL.
 */
void walk_ahead_begin(struct walk *walk, struct walk_open *file);
/*
 * Waits for the next piece and puts it in the place of the one in hand, whose entries have all been
 * looked at. Returns the offset of its first new byte. When it is the last one, file->ahead is NULL
 * afterwards; an error of read(2) comes with the last one, in file->read_error.
 */
size_t walk_ahead_take(struct walk_open *file);
/* Ends the thread; NULL is fine. */
void walk_ahead_end(struct walk_ahead *ahead);

#endif
