/* session_try.c - what the edits of a session would come to, with no file written. */
#include <string.h>

#include <unistd.h>

#include "lint.h"
#include "session_state.h"

enum tlsagen_status session_try_replace(struct session *session, bool *denied,
                                        struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    *denied = false;
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        if (session->files[i].count > 0)
            status = replace_try(session->files[i].replace, denied, err);
    }
    return status;
}

static enum tlsagen_status source_open(void *arg, size_t index, const char *path, int *fd,
                                       struct tlsagen_err *err)
{
    struct session *session = arg;
    *fd = (int)index;
    if (index >= session->file_count || strcmp(walk_file(session->walk, index)->path, path) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s was not there before the edit", path);
    struct file *file = &session->files[index];
    file->read = 0;
    file->spliced = file->given = 0;
    return TLSAGEN_OK;
}

/* The old bytes up to the next splice, then its text in place of those that it replaces. */
static long source_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct session *session = arg;
    struct file *file = &session->files[index];
    (void)fd;
    while (file->spliced < file->count && file->read == file->splices[file->spliced].at) {
        const struct splice *splice = &file->splices[file->spliced];
        const size_t left = splice->text_len - file->given;
        if (left > 0) {
            const size_t part = left < len ? left : len;
            memcpy(bytes, splice->text + file->given, part);
            file->given += part;
            return (long)part;
        }
        file->read += splice->len;
        file->spliced++;
        file->given = 0;
    }
    if (file->spliced < file->count && file->splices[file->spliced].at - file->read < len)
        len = (size_t)(file->splices[file->spliced].at - file->read);
    const ssize_t got = pread(replace_old_fd(file->replace), bytes, len, (off_t)file->read);
    if (got > 0)
        file->read += (uint64_t)got;
    return got;
}

enum tlsagen_status session_try_check(struct session *session, const char *origin,
                                      tlsagen_zone_find *find, void *arg, struct tlsagen_err *err)
{
    const struct walk_source source = {session, source_open, source_read, session_source_close};
    struct tlsagen_zone_verdict verdict;
    return lint_check(session->path, origin, &source, find, arg, &verdict, err);
}
