#include <tlsagen/input.h>

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536U
#define WAIT_MS 10000

static const char *shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static enum tlsagen_status check_kind(const char *path, const struct stat *st,
                                      struct tlsagen_err *err)
{
    const char *kind = NULL;
    if (S_ISDIR(st->st_mode))
        kind = "a directory";
    else if (S_ISBLK(st->st_mode))
        kind = "a block device";
    else if (S_ISSOCK(st->st_mode))
        kind = "a socket";
    if (kind != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is %s; give a file", shown(path), kind);
    if (S_ISREG(st->st_mode) && st->st_size > (off_t)TLSAGEN_INPUT_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "%s: has %lld bytes, more than the %u that an input may have",
                               shown(path), (long long)st->st_size, TLSAGEN_INPUT_MAX);
    return TLSAGEN_OK;
}

static enum tlsagen_status cannot_open(const char *path, int error, struct tlsagen_err *err)
{
    struct stat st;
    /* What a socket gives, which has a better name than "No such device". */
    if (error == ENXIO && stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        return check_kind(path, &st, err);
    return tlsagen_err_system(err, error, "cannot open %s",
                              *path == '\0' ? "a file without a name" : path);
}

/*
 * Waits until a pipe has something; opened without blocking, it would seem to be at its end.
 * Standard input, whose writer the user has in hand, has no time limit.
 */
static enum tlsagen_status await(int fd, const char *path, struct tlsagen_err *err)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int wait = strcmp(path, "-") == 0 ? -1 : WAIT_MS;
    int ready;
    do {
        ready = poll(&poll_fd, 1, wait);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return tlsagen_err_system(err, errno, "cannot wait for %s", shown(path));
    if (ready == 0)
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                               "%s: nothing was written to this pipe within %d seconds",
                               shown(path), WAIT_MS / 1000);
    return TLSAGEN_OK;
}

static enum tlsagen_status read_all(int fd, const char *path, size_t hint, bool pipe,
                                    struct tlsagen_buf *buf, struct tlsagen_err *err)
{
    size_t start = buf->len;
    for (;;) {
        if (!tlsagen_buf_reserve(buf, hint))
            return tlsagen_buf_check(buf, err);
        enum tlsagen_status status = pipe ? await(fd, path, err) : TLSAGEN_OK;
        if (status != TLSAGEN_OK)
            return status;
        ssize_t got = read(fd, buf->data + buf->len, buf->cap - buf->len - 1);
        if (got < 0 && errno == EAGAIN) {
            pipe = true; /* a descriptor that somebody else left not to block */
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tlsagen_err_system(err, errno, "cannot read %s", shown(path));
        buf->len += (size_t)got;
        buf->data[buf->len] = '\0';
        if (got == 0)
            return TLSAGEN_OK;
        if (buf->len - start > TLSAGEN_INPUT_MAX)
            return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                   "%s: has more than the %u bytes that an input may have",
                                   shown(path), TLSAGEN_INPUT_MAX);
        hint = hint < CHUNK && (size_t)got < hint ? hint - (size_t)got : CHUNK;
    }
}

enum tlsagen_status tlsagen_input_read(const char *path, struct tlsagen_buf *buf,
                                       struct tlsagen_err *err)
{
    bool standard = strcmp(path, "-") == 0;
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer for ever. */
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return cannot_open(path, errno, err);
    struct stat st;
    enum tlsagen_status status = TLSAGEN_OK;
    if (fstat(fd, &st) != 0)
        status = tlsagen_err_system(err, errno, "cannot look at %s", shown(path));
    if (status == TLSAGEN_OK)
        status = check_kind(path, &st, err);
    if (status == TLSAGEN_OK) {
        /* One byte more than the size, so that the end shows in the same read. */
        size_t hint = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : CHUNK;
        status = read_all(fd, path, hint, !standard && S_ISFIFO(st.st_mode), buf, err);
    }
    if (!standard)
        (void)close(fd);
    return status;
}
