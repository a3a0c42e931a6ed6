/* replace_state.h - what the files of replace share; nobody else includes this. */
#ifndef ZONE_REPLACE_STATE_H
#define ZONE_REPLACE_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "replace.h"

/* What the second thread is at. */
enum replace_work { REPLACE_IDLE, REPLACE_COPYING, REPLACE_FLUSHING };

struct replace {
    const struct replace_hook *hook;
    char *path;      /* real, absolute */
    char *temporary; /* the hidden name in the same folder */
    char *backup;    /* the old file's, until it has its own */
    char *folder;
    int folder_fd;
    int old_fd;
    int new_fd;
    struct stat old; /* when it was opened */
    bool named;      /* the new file has its hidden name */
    bool flushed;
    bool committed;
    bool leave;      /* the hidden name is not removed */
    uint64_t copied; /* bytes of the old file that the new one begins with */
    uint64_t new_size;
    atomic_bool given_up; /* nobody wants the new file any more: the copying ends */
    enum replace_work work;
    pthread_t thread;
    enum tlsagen_status work_status;
    struct tlsagen_err work_err;
};

/* True when a call may be made; else errno is set. Also for calls that nothing hooks. */
bool replace_may(const struct replace *replace, const char *call);
/* As replace_may; *len becomes shorter where a test wants a short transfer. */
bool replace_may_move(const struct replace *replace, const char *call, size_t *len);
/* TLSAGEN_E_SYSTEM with errno: `cannot WHAT PATH: why`. */
enum tlsagen_status replace_failed(const struct replace *replace, const char *what,
                                   struct tlsagen_err *err);
/* Waits for the second thread; its result. */
enum tlsagen_status replace_join(struct replace *replace, struct tlsagen_err *err);

#endif
