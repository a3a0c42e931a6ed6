/* session_edit.c - the edits of a session, before they are made. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "serial.h"
#include "session_state.h"
#include "udiff.h"

static enum tlsagen_status read_old(const struct file *file, uint64_t at, char *bytes, size_t len,
                                    struct tlsagen_err *err)
{
    while (len > 0) {
        ssize_t got = pread(replace_old_fd(file->replace), bytes, len, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tlsagen_err_system(err, errno, "cannot read %s", replace_path(file->replace));
        if (got == 0)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s: became shorter while it was read; run again",
                                   replace_path(file->replace));
        bytes += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return TLSAGEN_OK;
}

enum tlsagen_status session_peek(struct session *session, size_t file, uint64_t at, char *bytes,
                                 size_t len, struct tlsagen_err *err)
{
    return read_old(&session->files[file], at, bytes, len, err);
}

enum tlsagen_status session_take_edit(struct session *session, size_t index, uint64_t at,
                                      uint64_t len, struct tlsagen_buf *text,
                                      struct tlsagen_err *err)
{
    struct file *file = &session->files[index];
    if (file->twice)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s is included more than once, and an edit of it would show in all "
                               "places; edit it by hand",
                               replace_path(file->replace));
    if (file->count == file->cap) {
        size_t cap = file->cap == 0 ? 4 : file->cap * 2;
        struct splice *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(file->splices, cap * sizeof(*moved));
        if (moved != NULL) {
            file->splices = moved;
            file->cap = cap;
        }
    }
    if (text->failed || file->count == file->cap)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    /* Sorted as they come; edits are few. */
    size_t to = file->count++;
    while (to > 0 && file->splices[to - 1].at > at) {
        file->splices[to] = file->splices[to - 1];
        to--;
    }
    file->splices[to] =
        (struct splice){.at = at, .len = len, .text = text->data, .text_len = text->len};
    tlsagen_buf_init(text);
    return TLSAGEN_OK;
}

enum tlsagen_status session_edit(struct session *session, size_t index, uint64_t at, uint64_t len,
                                 const char *text, size_t text_len, struct tlsagen_err *err)
{
    struct tlsagen_buf copy;
    tlsagen_buf_init(&copy);
    tlsagen_buf_add(&copy, text, text_len);
    enum tlsagen_status status = session_take_edit(session, index, at, len, &copy, err);
    tlsagen_buf_clear(&copy);
    return status;
}

enum tlsagen_status session_set_serial(struct session *session, uint32_t serial,
                                       struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < session->soa_count && status == TLSAGEN_OK; i++) {
        const struct walk_record *record = &session->soas[i].record;
        struct serial_edit edits[SERIAL_EDITS_MAX];
        size_t count = serial_edits(record, serial, edits);
        for (size_t k = 0; k < count && status == TLSAGEN_OK; k++)
            status = session_edit(session, record->file, record->begin + edits[k].at, edits[k].len,
                                  edits[k].text, strlen(edits[k].text), err);
    }
    session->new_serial = serial;
    return status;
}

const char *session_parts(const struct session *session)
{
    for (size_t i = 0; i < session->file_count; i++) {
        const struct file *file = &session->files[i];
        if (file->count > 0 && replace_links(file->replace) > 1)
            return replace_path(file->replace);
    }
    return NULL;
}

static enum tlsagen_status diff_read(void *arg, uint64_t at, char *bytes, size_t len,
                                     struct tlsagen_err *err)
{
    return read_old(arg, at, bytes, len, err);
}

enum tlsagen_status session_diff(struct session *session, struct tlsagen_buf *diff,
                                 struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        struct file *file = &session->files[i];
        status = udiff_make(diff, walk_file(session->walk, i)->path, replace_size(file->replace),
                            diff_read, file, file->splices, file->count, err);
    }
    return status;
}
