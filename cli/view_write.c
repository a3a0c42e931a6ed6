/* view_write.c - a result on standard output, or in a file that others read at any moment. */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

/* A web server has to read it: the former file's mode, or that of any new file. */
static mode_t mode_for(const char *path)
{
    struct stat st;
    const mode_t mask = umask(0);
    (void)umask(mask);
    return stat(path, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask;
}

static int failed(const char *what, const char *path)
{
    report_error("cannot %s %s: %s", what, path, strerror(errno));
    return EXIT_FAILED;
}

static int fill(int fd, const char *temporary, const char *path, const struct tlsagen_buf *text)
{
    if (!write_all(fd, text->data, text->len) || fchmod(fd, mode_for(path)) != 0 || fsync(fd) != 0)
        return failed("write", temporary);
    return rename(temporary, path) == 0 ? EXIT_DONE : failed("replace", path);
}

/* By way of a file beside it with a name of its own, so that two runs do not meet. */
static int replace(const char *path, const struct tlsagen_buf *text)
{
    struct tlsagen_buf name;
    int code = EXIT_FAILED;
    tlsagen_buf_init(&name);
    tlsagen_buf_printf(&name, "%s.XXXXXX", path);
    if (name.failed) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    const int fd = mkstemp(name.data);
    if (fd < 0)
        code = failed("write", path);
    else
        code = fill(fd, name.data, path, text);
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 && code != EXIT_DONE)
        (void)unlink(name.data);
    tlsagen_buf_clear(&name);
    return code;
}

int view_write(const char *path, const struct tlsagen_buf *text)
{
    struct tlsagen_err err;
    struct stat st;
    if (tlsagen_buf_check(text, &err) != TLSAGEN_OK)
        return report_err(&err);
    if (path == NULL || strcmp(path, "-") == 0)
        return report_result(text->data != NULL ? text->data : "", text->len);
    char *real = realpath(path, NULL); /* a link stays one */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        free(real);
        report_error("%s is no regular file; give a name for one, or use standard output", path);
        return EXIT_FAILED;
    }
    const int code = replace(real != NULL ? real : path, text);
    free(real);
    return code;
}
