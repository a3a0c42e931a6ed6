#include "file.h"

#include <fcntl.h>
#include <unistd.h>

#include <tlsagen/input.h>

/* A chain of four certificates with RSA keys fits; the memory beyond a file's end stays untouched.
 */
#define ROOM 32768U

/*
 * The ordinary case in three system calls: pread fails on pipes and terminals, so that less than
 * was asked for is the whole of a file.
 */
bool file_read_small(const char *path, struct tlsagen_buf *buf)
{
    tlsagen_buf_reset(buf);
    if (!tlsagen_buf_reserve(buf, ROOM))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, buf->data, ROOM, 0);
    (void)close(fd);
    if (got <= 0 || (size_t)got >= ROOM)
        return false;
    buf->len = (size_t)got;
    buf->data[buf->len] = '\0';
    return true;
}

enum tlsagen_status file_read(const char *path, struct tlsagen_buf *buf, struct tlsagen_err *err)
{
    if (file_read_small(path, buf))
        return TLSAGEN_OK;
    if (buf->failed)
        return tlsagen_buf_check(buf, err);
    return tlsagen_input_read(path, buf, err);
}
