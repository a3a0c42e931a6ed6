#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_STEP_MS 20U

char *file_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

enum tlsagen_status file_make_folder(const char *path, mode_t mode, struct tlsagen_err *err)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return TLSAGEN_OK;
    int error = errno;
    if (error == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return TLSAGEN_OK;
    return tlsagen_err_system(err, error == EEXIST ? ENOTDIR : error, "cannot make the folder %s",
                              path);
}

enum tlsagen_status file_sync_folder(const char *path, struct tlsagen_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    return ok ? TLSAGEN_OK
              : tlsagen_err_system(err, error, "cannot flush the folder %s to the disk", path);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

/* A change that changes nothing is left out, as only root may make it. */
static bool give(int fd, const struct file_owner *owner)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    if ((st.st_uid != owner->uid || st.st_gid != owner->gid) &&
        fchown(fd, owner->uid, owner->gid) != 0)
        return false;
    return fchmod(fd, owner->mode) == 0;
}

enum tlsagen_status file_create(const char *path, const void *bytes, size_t len,
                                const struct file_owner *owner, struct tlsagen_err *err)
{
    /* Nobody else sees the bytes before the file has its owner. */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  owner != NULL ? 0600 : 0644);
    if (fd < 0)
        return tlsagen_err_system(err, errno, "cannot write %s", path);
    bool ok = (owner == NULL || give(fd, owner)) && write_all(fd, bytes, len) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok)
        return TLSAGEN_OK;
    (void)unlink(path);
    return tlsagen_err_system(err, error, "cannot write %s", path);
}

/* The folder that path stands in, in place of path. */
static void cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        (void)strcpy(path, "."); /* path has a byte at least */
    else
        slash[slash == path] = '\0';
}

static enum tlsagen_status put_in_place(char *temporary, const char *path, struct tlsagen_err *err)
{
    if (rename(temporary, path) != 0) {
        int error = errno;
        (void)unlink(temporary);
        return tlsagen_err_system(err, error, "cannot write %s", path);
    }
    cut_name(temporary);
    return file_sync_folder(temporary, err);
}

enum tlsagen_status file_replace(const char *path, const char *suffix, const void *bytes,
                                 size_t len, const struct file_owner *owner,
                                 struct tlsagen_err *err)
{
    size_t size = strlen(path) + strlen(suffix) + 2;
    char *temporary = malloc(size);
    if (temporary == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a file name");
    (void)snprintf(temporary, size, "%s%s", path, suffix);
    enum tlsagen_status status;
    if (unlink(temporary) != 0 && errno != ENOENT)
        status = tlsagen_err_system(err, errno, "cannot write %s", temporary);
    else
        status = file_create(temporary, bytes, len, owner, err);
    if (status == TLSAGEN_OK)
        status = put_in_place(temporary, path, err);
    free(temporary);
    return status;
}

static enum tlsagen_status wait_for_lock(int fd, const char *path, uint32_t wait_ms,
                                         struct tlsagen_err *err)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    for (uint32_t waited = 0;;) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return TLSAGEN_OK;
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return tlsagen_err_system(err, errno, "cannot lock %s", path);
        if (waited >= wait_ms)
            return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                                   "%s: another run keeps it locked; try again later", path);
        (void)nanosleep(&step, NULL);
        waited += LOCK_STEP_MS;
    }
}

enum tlsagen_status file_lock(const char *path, uint32_t wait_ms, int *fd, struct tlsagen_err *err)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*fd < 0)
        return tlsagen_err_system(err, errno, "cannot open the lock %s", path);
    enum tlsagen_status status = wait_for_lock(*fd, path, wait_ms, err);
    if (status != TLSAGEN_OK) {
        (void)close(*fd);
        *fd = -1;
    }
    return status;
}
