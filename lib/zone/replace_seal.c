/* replace_seal.c - what the new file takes over from the old one besides bytes, and its name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "replace_state.h"

#define NAMES_MAX 65536U /* bytes of all names of extended attributes, Linux's own limit */
#define VALUE_MAX 65536U /* bytes of one value, the same */

#ifdef __linux__

/* One attribute. What the system keeps by itself, or lets nobody set, may stay away. */
static bool copy_attribute(const struct replace *replace, const char *name, char *value)
{
    if (!replace_may(replace, "fgetxattr"))
        return false;
    ssize_t len = fgetxattr(replace->old_fd, name, value, VALUE_MAX);
    if (len < 0)
        return errno == ENODATA;
    /* A label that the new file has already need not be set, which only root may. */
    char *have = malloc(VALUE_MAX);
    if (have == NULL)
        return false;
    ssize_t have_len = fgetxattr(replace->new_fd, name, have, VALUE_MAX);
    bool same = have_len == len && memcmp(have, value, (size_t)len) == 0;
    free(have);
    if (same)
        return true;
    return replace_may(replace, "fsetxattr") &&
           fsetxattr(replace->new_fd, name, value, (size_t)len, 0) == 0;
}

static enum tlsagen_status copy_attributes(struct replace *replace, struct tlsagen_err *err)
{
    char *names = malloc(NAMES_MAX), *value = malloc(VALUE_MAX);
    enum tlsagen_status status = TLSAGEN_OK;
    ssize_t len = -1;
    if (names == NULL || value == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    else if (replace_may(replace, "flistxattr"))
        len = flistxattr(replace->old_fd, names, NAMES_MAX);
    if (status == TLSAGEN_OK && len < 0 && errno != ENOTSUP)
        status = replace_failed(replace, "read the extended attributes of", err);
    for (ssize_t at = 0; at < len && status == TLSAGEN_OK; at += (ssize_t)strlen(names + at) + 1) {
        if (!copy_attribute(replace, names + at, value))
            status = tlsagen_err_system(err, errno,
                                        "cannot keep the extended attribute %.100s of %s, and the "
                                        "old file stands",
                                        names + at, replace->path);
    }
    free(names);
    free(value);
    return status;
}

#else

static enum tlsagen_status copy_attributes(struct replace *replace, struct tlsagen_err *err)
{
    (void)replace;
    (void)err;
    return TLSAGEN_OK;
}

#endif

static enum tlsagen_status cannot_keep_owner(const struct replace *replace, int error,
                                             struct tlsagen_err *err)
{
    return tlsagen_err_system(err, error,
                              "cannot keep owner and group (%u:%u) of %s, and the old file "
                              "stands; run as its owner or root",
                              (unsigned)replace->old.st_uid, (unsigned)replace->old.st_gid,
                              replace->path);
}

static enum tlsagen_status copy_owner(struct replace *replace, struct tlsagen_err *err)
{
    struct stat made;
    if (!replace_may(replace, "fstat") || fstat(replace->new_fd, &made) != 0)
        return replace_failed(replace, "look at the new file for", err);
    bool same = made.st_uid == replace->old.st_uid && made.st_gid == replace->old.st_gid;
    if (!same && (!replace_may(replace, "fchown") ||
                  fchown(replace->new_fd, replace->old.st_uid, replace->old.st_gid) != 0))
        return cannot_keep_owner(replace, errno, err);
    /* Behind fchown, which takes setuid bits away. */
    if (!replace_may(replace, "fchmod") ||
        fchmod(replace->new_fd, replace->old.st_mode & 07777U) != 0)
        return replace_failed(replace, "keep the mode of", err);
    return TLSAGEN_OK;
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* named does not load a file whose mtime is not later than that of the one it has loaded. */
static enum tlsagen_status set_mtime(struct replace *replace, struct tlsagen_err *err)
{
    struct timespec old = replace->old.st_mtim;
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};
    struct stat made;
    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0)
        return replace_failed(replace, "tell the time for", err);
    for (int tries = 0; tries < 2; tries++) {
        if (!is_later(times[1], old) || tries > 0) {
            /* The clock is behind, or the file system's times are coarse. */
            times[1].tv_sec = old.tv_sec + 1;
            times[1].tv_nsec = old.tv_nsec;
        }
        if (!replace_may(replace, "futimens") || futimens(replace->new_fd, times) != 0 ||
            fstat(replace->new_fd, &made) != 0)
            return replace_failed(replace, "set the time of the new file for", err);
        if (is_later(made.st_mtim, old))
            return TLSAGEN_OK;
    }
    return tlsagen_err_set(err, TLSAGEN_E_SYSTEM,
                           "cannot make the new %s later than the old one, which name servers need",
                           replace->path);
}

static enum tlsagen_status flush(struct replace *replace, struct tlsagen_err *err)
{
    /* Once more for the attributes, which costs little after the bytes. */
    if (!replace_may(replace, "fsync") || fsync(replace->new_fd) != 0)
        return replace_failed(replace, "flush the new file for", err);
    return TLSAGEN_OK;
}

static enum tlsagen_status check_unchanged(const struct replace *replace, struct tlsagen_err *err)
{
    struct stat now;
    const struct stat *then = &replace->old;
    if (!replace_may(replace, "stat") || stat(replace->path, &now) != 0)
        return replace_failed(replace, "look at", err);
    if (now.st_dev == then->st_dev && now.st_ino == then->st_ino && now.st_size == then->st_size &&
        now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == then->st_mtim.tv_nsec && now.st_mode == then->st_mode &&
        now.st_uid == then->st_uid && now.st_gid == then->st_gid)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: somebody else changed it meanwhile, and nothing was written; run "
                           "again",
                           replace->path);
}

enum tlsagen_status replace_seal(struct replace *replace, struct tlsagen_err *err)
{
    enum tlsagen_status status = replace_join(replace, err);
    if (status == TLSAGEN_OK)
        status = copy_owner(replace, err);
    if (status == TLSAGEN_OK)
        status = copy_attributes(replace, err);
    if (status == TLSAGEN_OK)
        status = set_mtime(replace, err);
    if (status == TLSAGEN_OK)
        status = flush(replace, err);
    return status == TLSAGEN_OK ? check_unchanged(replace, err) : status;
}

enum tlsagen_status replace_name(struct replace *replace, const char **path,
                                 struct tlsagen_err *err)
{
    char link[64];
    *path = replace->temporary;
    if (replace->named)
        return TLSAGEN_OK;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", replace->new_fd);
    if (!replace_may(replace, "linkat") ||
        linkat(AT_FDCWD, link, AT_FDCWD, replace->temporary, AT_SYMLINK_FOLLOW) != 0)
        return replace_failed(replace, "name the new file for", err);
    replace->named = true;
    return TLSAGEN_OK;
}

/* A hard link: the old file itself stays, with all its attributes. */
enum tlsagen_status replace_backup(struct replace *replace, const char *suffix,
                                   struct tlsagen_err *err)
{
    size_t size = strlen(replace->path) + strlen(suffix) + 1;
    char *name = malloc(size);
    if (name == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    (void)snprintf(name, size, "%s%s", replace->path, suffix);
    enum tlsagen_status status = TLSAGEN_OK;
    /* Under a hidden name first, so that an older backup goes only when this one is there. */
    if (!replace_may(replace, "link") || link(replace->path, replace->backup) != 0 ||
        !replace_may(replace, "rename") || rename(replace->backup, name) != 0)
        status = tlsagen_err_system(err, errno,
                                    "cannot keep a backup as %s, and nothing was written", name);
    /* Both stay where they are one file, as when the run before failed behind its backup. */
    (void)unlink(replace->backup);
    free(name);
    return status;
}

enum tlsagen_status replace_commit(struct replace *replace, struct tlsagen_err *err)
{
    const char *temporary;
    enum tlsagen_status status = replace_name(replace, &temporary, err);
    if (status != TLSAGEN_OK)
        return status;
    if (!replace_may(replace, "rename") || rename(temporary, replace->path) != 0)
        return replace_failed(replace, "put the new file in the place of", err);
    replace->committed = true;
    if (!replace_may(replace, "fsync(folder)") || fsync(replace->folder_fd) != 0)
        return tlsagen_err_system(err, errno,
                                  "the new %s is in place, but its folder cannot be flushed to the "
                                  "disk",
                                  replace->path);
    return TLSAGEN_OK;
}

enum tlsagen_status replace_try(const struct replace *replace, bool *denied,
                                struct tlsagen_err *err)
{
    const uid_t user = geteuid();
    *denied = false;
    if (!replace_may(replace, "faccessat") ||
        faccessat(AT_FDCWD, replace->folder, W_OK | X_OK, AT_EACCESS) != 0) {
        *denied = errno == EACCES;
        return replace_failed(replace, "make a new file beside", err);
    }
    /* Its own mode stops nobody; that it must not be changed by anybody does. */
    if (faccessat(AT_FDCWD, replace->path, W_OK, AT_EACCESS) != 0 && errno == EPERM)
        return replace_failed(replace, "put the new file in the place of", err);
    *denied = user != 0 && user != replace->old.st_uid;
    return *denied ? cannot_keep_owner(replace, EPERM, err) : TLSAGEN_OK;
}

bool replace_is_committed(const struct replace *replace)
{
    return replace->committed;
}
