/* replace_build.c - the bytes of the new file. */
#define _GNU_SOURCE /* copy_file_range, sync_file_range, O_TMPFILE */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#endif

#include "replace_state.h"

#define MOVE (1024U * 1024) /* bytes copied by one call */
#define BUFFER (256U * 1024)

/* A file without a name where the system has that, else one with the hidden name. */
static enum tlsagen_status create(struct replace *replace, struct tlsagen_err *err)
{
    if (replace->new_fd >= 0)
        return TLSAGEN_OK;
    /* Nobody else may read it before it has the old file's mode. */
    const mode_t mode = 0600;
#ifdef O_TMPFILE
    if (replace_may(replace, "open(O_TMPFILE)"))
        replace->new_fd = open(replace->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (replace->new_fd >= 0)
        return TLSAGEN_OK;
    if (errno == ENOSPC || errno == EDQUOT)
        return replace_failed(replace, "make a new file beside", err);
#endif
    if (replace_may(replace, "open(O_CREAT)"))
        replace->new_fd =
            open(replace->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, mode);
    if (replace->new_fd < 0)
        return replace_failed(replace, "make a new file beside", err);
    replace->named = true;
    return TLSAGEN_OK;
}

static enum tlsagen_status write_at(struct replace *replace, uint64_t at, const char *bytes,
                                    size_t len, struct tlsagen_err *err)
{
    while (len > 0) {
        size_t step = len;
        ssize_t done = replace_may_move(replace, "pwrite", &step)
                           ? pwrite(replace->new_fd, bytes, step, (off_t)at)
                           : -1;
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return replace_failed(replace, "write the new file for", err);
        bytes += done;
        at += (uint64_t)done;
        len -= (size_t)done;
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status cut_short(const struct replace *replace, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: became shorter while it was read; somebody else changes it, run "
                           "again",
                           replace->path);
}

/* Said to nobody: replace_free, which gives up, drops it. */
static enum tlsagen_status given_up(const struct replace *replace, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s: not copied to its end", replace->path);
}

/* By the way of a buffer, where the kernel cannot copy by itself. */
static enum tlsagen_status copy_by_hand(struct replace *replace, uint64_t from, uint64_t to,
                                        uint64_t len, struct tlsagen_err *err)
{
    char *buffer = malloc(BUFFER);
    enum tlsagen_status status = TLSAGEN_OK;
    if (buffer == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    while (len > 0 && status == TLSAGEN_OK) {
        if (atomic_load(&replace->given_up)) {
            status = given_up(replace, err);
            break;
        }
        size_t step = len < BUFFER ? (size_t)len : BUFFER;
        ssize_t got =
            replace_may(replace, "pread") ? pread(replace->old_fd, buffer, step, (off_t)from) : -1;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = replace_failed(replace, "read", err);
        else if (got == 0)
            status = cut_short(replace, err);
        else
            status = write_at(replace, to, buffer, (size_t)got, err);
        from += (uint64_t)(got > 0 ? got : 0);
        to += (uint64_t)(got > 0 ? got : 0);
        len -= (uint64_t)(got > 0 ? got : 0);
    }
    free(buffer);
    return status;
}

static bool cannot_copy(int error)
{
    return error == ENOSYS || error == EXDEV || error == EINVAL || error == EOPNOTSUPP ||
           error == EPERM;
}

/* Bytes of the old file into the new one; the disk gets to work on them at once. */
static enum tlsagen_status copy_range(struct replace *replace, uint64_t from, uint64_t to,
                                      uint64_t len, struct tlsagen_err *err)
{
#ifdef __linux__
    while (len > 0) {
        if (atomic_load(&replace->given_up))
            return given_up(replace, err);
        off_t in = (off_t)from, out = (off_t)to;
        size_t step = len < MOVE ? (size_t)len : MOVE;
        ssize_t done = replace_may_move(replace, "copy_file_range", &step)
                           ? copy_file_range(replace->old_fd, &in, replace->new_fd, &out, step, 0)
                           : -1;
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && cannot_copy(errno))
            break;
        if (done < 0)
            return replace_failed(replace, "copy", err);
        if (done == 0)
            return cut_short(replace, err);
        (void)sync_file_range(replace->new_fd, (off_t)to, done, SYNC_FILE_RANGE_WRITE);
        from += (uint64_t)done;
        to += (uint64_t)done;
        len -= (uint64_t)done;
    }
#endif
    return len == 0 ? TLSAGEN_OK : copy_by_hand(replace, from, to, len, err);
}

/* All of the old file at once, where both can share their blocks. */
static bool share_blocks(struct replace *replace)
{
#ifdef FICLONE
    return replace_may(replace, "ioctl(FICLONE)") &&
           ioctl(replace->new_fd, FICLONE, replace->old_fd) == 0;
#else
    (void)replace;
    return false;
#endif
}

static enum tlsagen_status copy_all(struct replace *replace, struct tlsagen_err *err)
{
    uint64_t size = replace_size(replace);
    enum tlsagen_status status = create(replace, err);
    if (status == TLSAGEN_OK && !share_blocks(replace))
        status = copy_range(replace, 0, 0, size, err);
    if (status == TLSAGEN_OK)
        replace->copied = size;
    return status;
}

static void *copy_thread(void *arg)
{
    struct replace *replace = arg;
    replace->work_status = copy_all(replace, &replace->work_err);
    return NULL;
}

void replace_copy(struct replace *replace)
{
    if (replace->work == REPLACE_IDLE && replace->new_fd < 0 &&
        pthread_create(&replace->thread, NULL, copy_thread, replace) == 0)
        replace->work = REPLACE_COPYING;
}

static void *flush_thread(void *arg)
{
    struct replace *replace = arg;
    bool done = replace_may(replace, "fsync") && fsync(replace->new_fd) == 0;
    replace->work_status =
        done ? TLSAGEN_OK : replace_failed(replace, "flush the new file for", &replace->work_err);
    return NULL;
}

void replace_flush(struct replace *replace)
{
    if (replace->work == REPLACE_IDLE && replace->new_fd >= 0 &&
        pthread_create(&replace->thread, NULL, flush_thread, replace) == 0)
        replace->work = REPLACE_FLUSHING;
}

/* How many of the splices, from the first on, leave everything behind them in its place. */
static size_t in_place(const struct replace *replace, const struct splice *splices, size_t count)
{
    size_t i = 0;
    while (i < count && splices[i].len == splices[i].text_len &&
           splices[i].at + splices[i].len <= replace->copied)
        i++;
    return i;
}

/* Writes splices and the bytes between and behind them, from splice `first` on. */
static enum tlsagen_status write_rest(struct replace *replace, const struct splice *splices,
                                      size_t count, size_t first, struct tlsagen_err *err)
{
    uint64_t from = replace->copied, to = replace->copied;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = first; i < count && status == TLSAGEN_OK; i++) {
        uint64_t gap = splices[i].at - from;
        status = copy_range(replace, from, to, gap, err);
        if (status == TLSAGEN_OK)
            status = write_at(replace, to + gap, splices[i].text, splices[i].text_len, err);
        from = splices[i].at + splices[i].len;
        to += gap + splices[i].text_len;
    }
    uint64_t tail = replace_size(replace) - from;
    if (status == TLSAGEN_OK)
        status = copy_range(replace, from, to, tail, err);
    replace->new_size = to + tail;
    return status;
}

static bool splices_are_sound(const struct replace *replace, const struct splice *splices,
                              size_t count)
{
    uint64_t behind = 0, size = replace_size(replace);
    for (size_t i = 0; i < count; i++) {
        if (splices[i].at < behind || splices[i].at > size || splices[i].len > size - splices[i].at)
            return false;
        behind = splices[i].at + splices[i].len;
    }
    return true;
}

enum tlsagen_status replace_build(struct replace *replace, const struct splice *splices,
                                  size_t count, struct tlsagen_err *err)
{
    enum tlsagen_status status = replace_join(replace, err);
    if (status == TLSAGEN_OK && !splices_are_sound(replace, splices, count))
        status = tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "%s: edits overlap or lie outside",
                                 replace->path);
    if (status == TLSAGEN_OK)
        status = create(replace, err);
    /* Sharing the blocks costs nothing; copying bytes that are copied again would. */
    if (status == TLSAGEN_OK && replace->copied == 0 && share_blocks(replace))
        replace->copied = replace_size(replace);
    if (status != TLSAGEN_OK)
        return status;
    size_t first = in_place(replace, splices, count);
    for (size_t i = 0; i < first && status == TLSAGEN_OK; i++)
        status = write_at(replace, splices[i].at, splices[i].text, splices[i].text_len, err);
    if (status != TLSAGEN_OK)
        return status;
    if (first < count && splices[first].at < replace->copied) {
        replace->copied = splices[first].at;
        if (!replace_may(replace, "ftruncate") ||
            ftruncate(replace->new_fd, (off_t)replace->copied) != 0)
            return replace_failed(replace, "write the new file for", err);
    }
    return write_rest(replace, splices, count, first, err);
}
