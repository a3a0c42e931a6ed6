#include "replace.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "replace_state.h"

#define LOCK_SECONDS 60
#define LOCK_STEP_MS 20
#define REOPEN_MAX 100 /* as often a file may be replaced while we wait for it */

bool replace_may(const struct replace *replace, const char *call)
{
    if (replace->hook == NULL)
        return true;
    int answer = replace->hook->before(replace->hook->arg, call);
    if (answer <= 0)
        return true;
    errno = answer;
    return false;
}

bool replace_may_move(const struct replace *replace, const char *call, size_t *len)
{
    if (replace->hook == NULL)
        return true;
    int answer = replace->hook->before(replace->hook->arg, call);
    if (answer == REPLACE_SHORT && *len > 1)
        *len /= 2;
    if (answer <= 0)
        return true;
    errno = answer;
    return false;
}

enum tlsagen_status replace_failed(const struct replace *replace, const char *what,
                                   struct tlsagen_err *err)
{
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM,
                               "cannot %s %s: %s; the old file stands, make room and run again",
                               what, replace->path, strerror(error));
    return tlsagen_err_system(err, error, "cannot %s %s, and the old file stands", what,
                              replace->path);
}

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

/* The hidden name beside the file, and the folder. */
static bool make_names(struct replace *replace)
{
    const char *slash = strrchr(replace->path, '/');
    const char *name = slash == NULL ? replace->path : slash + 1;
    size_t folder = slash == NULL ? 0 : (size_t)(slash - replace->path);
    size_t size = strlen(replace->path) + sizeof("..tlsagen-new") + 1;
    replace->temporary = malloc(size);
    replace->folder = malloc(folder + 2);
    replace->backup = malloc(size + 4);
    if (replace->temporary == NULL || replace->backup == NULL || replace->folder == NULL)
        return false;
    (void)snprintf(replace->temporary, size, "%.*s/.%s.tlsagen-new", (int)folder, replace->path,
                   name);
    (void)snprintf(replace->backup, size + 4, "%s-old", replace->temporary);
    (void)snprintf(replace->folder, folder + 2, "%.*s", folder == 0 ? 1 : (int)folder,
                   folder == 0 ? "/" : replace->path);
    return true;
}

static enum tlsagen_status check_kind(const struct replace *replace, struct tlsagen_err *err)
{
    mode_t mode = replace->old.st_mode;
    if (S_ISREG(mode))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is %s; give a zone file", replace->path,
                           S_ISDIR(mode)    ? "a directory"
                           : S_ISFIFO(mode) ? "a FIFO"
                                            : "no regular file");
}

static enum tlsagen_status open_old(struct replace *replace, struct tlsagen_err *err)
{
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer for ever. */
    replace->old_fd =
        replace_may(replace, "open")
            ? open(replace->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW)
            : -1;
    if (replace->old_fd < 0)
        return tlsagen_err_system(err, errno, "cannot open %s", replace->path);
    if (!replace_may(replace, "fstat") || fstat(replace->old_fd, &replace->old) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", replace->path);
    return check_kind(replace, err);
}

static enum tlsagen_status lock_old(struct replace *replace, struct tlsagen_err *err)
{
    const struct timespec step = {0, LOCK_STEP_MS * 1000000L};
    for (int left = LOCK_SECONDS * 1000 / LOCK_STEP_MS; left > 0; left--) {
        if (replace_may(replace, "flock") && flock(replace->old_fd, LOCK_EX | LOCK_NB) == 0)
            return TLSAGEN_OK;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot lock %s", replace->path);
        (void)nanosleep(&step, NULL);
    }
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                           "%s: another program has kept it locked for %d seconds; try again later",
                           replace->path, LOCK_SECONDS);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Opens and locks; once more when the run before us has put a new file in its place meanwhile. */
static enum tlsagen_status open_locked(struct replace *replace, struct tlsagen_err *err)
{
    for (int i = 0; i < REOPEN_MAX; i++) {
        struct stat now;
        enum tlsagen_status status = open_old(replace, err);
        if (status == TLSAGEN_OK)
            status = lock_old(replace, err);
        if (status != TLSAGEN_OK)
            return status;
        if (!replace_may(replace, "stat") || stat(replace->path, &now) != 0)
            return tlsagen_err_system(err, errno, "cannot look at %s", replace->path);
        /* What it is like since it is locked. */
        if (same_file(&now, &replace->old)) {
            replace->old = now;
            return TLSAGEN_OK;
        }
        (void)close(replace->old_fd);
        replace->old_fd = -1;
    }
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "%s: is replaced by others all the time",
                           replace->path);
}

static enum tlsagen_status remove_left(struct replace *replace, const char *path, bool *left,
                                       struct tlsagen_err *err)
{
    *left = replace_may(replace, "unlink") && unlink(path) == 0;
    /* Where we may not remove we may not write either, and say so when we have to. */
    if (*left || errno == ENOENT || errno == EACCES || errno == EPERM || errno == EROFS)
        return TLSAGEN_OK;
    return tlsagen_err_system(err, errno, "cannot remove %s", path);
}

/* Nobody else can be at it, as the lock is ours. */
enum tlsagen_status replace_clean(struct replace *replace, bool *left, struct tlsagen_err *err)
{
    bool backup;
    enum tlsagen_status status = remove_left(replace, replace->temporary, left, err);
    return status == TLSAGEN_OK ? remove_left(replace, replace->backup, &backup, err) : status;
}

void replace_leave(struct replace *replace)
{
    replace->leave = true;
}

static enum tlsagen_status open_all(struct replace *replace, const char *path,
                                    struct tlsagen_err *err)
{
    replace->path = replace_may(replace, "realpath") ? realpath(path, NULL) : NULL;
    if (replace->path == NULL)
        return tlsagen_err_system(err, errno, "cannot open %s",
                                  *path == '\0' ? "a file without a name" : path);
    if (!make_names(replace))
        return no_memory(err);
    enum tlsagen_status status = open_locked(replace, err);
    if (status != TLSAGEN_OK)
        return status;
    replace->folder_fd = replace_may(replace, "open")
                             ? open(replace->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                             : -1;
    if (replace->folder_fd < 0)
        return tlsagen_err_system(err, errno, "cannot open %s", replace->folder);
    return TLSAGEN_OK;
}

enum tlsagen_status replace_open(const char *path, const struct replace_hook *hook,
                                 struct replace **replace, struct tlsagen_err *err)
{
    struct replace *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return no_memory(err);
    made->hook = hook;
    made->folder_fd = made->old_fd = made->new_fd = -1;
    enum tlsagen_status status = open_all(made, path, err);
    if (status != TLSAGEN_OK) {
        replace_free(made);
        return status;
    }
    *replace = made;
    return TLSAGEN_OK;
}

enum tlsagen_status replace_join(struct replace *replace, struct tlsagen_err *err)
{
    if (replace->work == REPLACE_IDLE)
        return TLSAGEN_OK;
    (void)pthread_join(replace->thread, NULL);
    replace->work = REPLACE_IDLE;
    if (replace->work_status != TLSAGEN_OK && err != NULL)
        *err = replace->work_err;
    return replace->work_status;
}

static void close_one(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void replace_free(struct replace *replace)
{
    if (replace == NULL)
        return;
    atomic_store(&replace->given_up, true);
    (void)replace_join(replace, NULL);
    if (replace->named && !replace->committed && !replace->leave)
        (void)unlink(replace->temporary);
    close_one(replace->new_fd);
    close_one(replace->folder_fd);
    /* Last, as this is what lets the next run in. */
    close_one(replace->old_fd);
    free(replace->path);
    free(replace->temporary);
    free(replace->backup);
    free(replace->folder);
    free(replace);
}

int replace_old_fd(const struct replace *replace)
{
    return replace->old_fd;
}

const char *replace_path(const struct replace *replace)
{
    return replace->path;
}

uint64_t replace_size(const struct replace *replace)
{
    return (uint64_t)replace->old.st_size;
}

uint64_t replace_links(const struct replace *replace)
{
    return (uint64_t)replace->old.st_nlink;
}

int replace_new_fd(const struct replace *replace)
{
    return replace->new_fd;
}

uint64_t replace_new_size(const struct replace *replace)
{
    return replace->new_size;
}
