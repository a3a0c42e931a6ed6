/* lock.h - runs on one zone take turns, and leave a mark while the zone is frozen. */
#ifndef PUBLISH_LOCK_H
#define PUBLISH_LOCK_H

#include <tlsagen/base.h>

struct lock {
    int fd; /* -1: not held */
};

/*
 * Locks state_dir/publish/ZONE.lock, or ZONE@VIEW.lock (view NULL: none), for which folders are
 * made; waits wait_ms at most, then TLSAGEN_E_TIMEOUT. TLSAGEN_E_SYSTEM.
 */
enum tlsagen_status lock_take(struct lock *lock, const char *state_dir, const char *zone,
                              const char *view, uint32_t wait_ms, struct tlsagen_err *err);
/* Also of a lock that is not held. */
void lock_drop(struct lock *lock);
/*
 * Programs started from now on hold the lock, too, until they end: when this process is killed,
 * what it started may be at work still.
 */
enum tlsagen_status lock_share(const struct lock *lock, bool shared, struct tlsagen_err *err);
/* A mark stays when its process dies. */
bool lock_is_marked(const struct lock *lock);
/* Sets or takes away the mark, which has reached the disk then. TLSAGEN_E_SYSTEM. */
enum tlsagen_status lock_mark(const struct lock *lock, bool marked, struct tlsagen_err *err);

#endif
