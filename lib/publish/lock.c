#include "lock.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/publish.h>

#include "base/file.h"
#include "journal.h"

static const char mark[] = "frozen\n";

/* Letters, digits, hyphens, underscores and inner dots as they are, in small letters; all else as
 * %xx, so that names of zones are names of files. */
static void add_name(struct tlsagen_buf *path, const char *name)
{
    size_t len = strlen(name);
    if (len > 1 && name[len - 1] == '.')
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
            (c == '.' && i > 0))
            tlsagen_buf_char(path, c);
        else
            tlsagen_buf_printf(path, "%%%02x", (unsigned)(unsigned char)c);
    }
}

static void make_path(struct tlsagen_buf *path, const char *state_dir, const char *zone,
                      const char *view)
{
    tlsagen_buf_init(path);
    tlsagen_buf_printf(path, "%s/publish/", state_dir);
    add_name(path, zone);
    if (view != NULL) {
        tlsagen_buf_char(path, '@');
        add_name(path, view);
    }
    tlsagen_buf_str(path, ".lock");
}

enum tlsagen_status lock_take(struct lock *lock, const char *state_dir, const char *zone,
                              const char *view, uint32_t wait_ms, struct tlsagen_err *err)
{
    struct tlsagen_buf path;
    struct tlsagen_err why;
    make_path(&path, state_dir, zone, view);
    lock->fd = -1;
    enum tlsagen_status status = tlsagen_buf_check(&path, &why);
    if (status == TLSAGEN_OK)
        status = file_lock(path.data, wait_ms, &lock->fd, &why);
    if (status == TLSAGEN_E_SYSTEM && why.sys_errno == ENOENT) {
        status = journal_make_folders(state_dir, &why);
        if (status == TLSAGEN_OK)
            status = file_lock(path.data, wait_ms, &lock->fd, &why);
    }
    if (status == TLSAGEN_E_TIMEOUT)
        (void)tlsagen_err_set(&why, status, "%s: another run publishes in this zone; try again",
                              zone);
    if (status != TLSAGEN_OK && err != NULL)
        *err = why;
    tlsagen_buf_clear(&path);
    return status;
}

void lock_drop(struct lock *lock)
{
    if (lock->fd >= 0)
        (void)close(lock->fd);
    lock->fd = -1;
}

enum tlsagen_status lock_share(const struct lock *lock, bool shared, struct tlsagen_err *err)
{
    if (fcntl(lock->fd, F_SETFD, shared ? 0 : FD_CLOEXEC) == 0)
        return TLSAGEN_OK;
    return tlsagen_err_system(err, errno, "cannot share the lock of the zone");
}

bool lock_is_marked(const struct lock *lock)
{
    struct stat st;
    return fstat(lock->fd, &st) == 0 && st.st_size > 0;
}

enum tlsagen_status lock_mark(const struct lock *lock, bool marked, struct tlsagen_err *err)
{
    const ssize_t len = (ssize_t)strlen(mark);
    bool ok = marked ? pwrite(lock->fd, mark, (size_t)len, 0) == len : ftruncate(lock->fd, 0) == 0;
    if (ok && fsync(lock->fd) == 0)
        return TLSAGEN_OK;
    return tlsagen_err_system(err, errno, "cannot write the lock of the zone; see --state-dir");
}

/* The mark of a run that is at work is its own. */
bool tlsagen_publish_left_frozen(const char *state_dir, const char *zone, const char *view)
{
    struct tlsagen_buf path;
    make_path(&path, state_dir != NULL ? state_dir : TLSAGEN_STATE_DIR, zone, view);
    struct lock lock = {.fd = -1};
    if (!path.failed)
        lock.fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool left = lock.fd >= 0 && lock_is_marked(&lock) && flock(lock.fd, LOCK_SH | LOCK_NB) == 0;
    lock_drop(&lock);
    tlsagen_buf_clear(&path);
    return left;
}
