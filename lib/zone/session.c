#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "serial.h"
#include "udiff.h"

#define COPY_MIN (1024U * 1024) /* smaller files are copied faster than a thread is started */
#define SOA_MAX 4               /* the same SOA again and again; more are a mistake */

/* One file of the zone. */
struct file {
    struct replace *replace;
    uint64_t read; /* bytes, in the walk at hand */
    struct splice *splices;
    size_t count;
    size_t cap;
    bool built;
    bool borrowed; /* included before: the replace is that of the first time */
    bool twice;    /* one of several such, and not to be edited */
};

/* An SOA, kept for the edit of its serial. */
struct soa {
    struct walk_record record; /* text and tokens are copies */
    char *text;
    struct lex_token *tokens;
};

struct session {
    const char *path;
    const struct replace_hook *hook;
    struct file *files; /* by index in the walk */
    size_t file_count;
    struct soa soas[SOA_MAX];
    size_t soa_count;
    uint32_t serial;
    uint32_t new_serial; /* what the proof has to find */
    struct walk *walk;   /* through the old files */
    bool copying;
    bool proving; /* the walk at hand goes through the new files */
    bool quick;
    struct walk_options user; /* of the walk at hand, as the session's user gave them */
};

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

enum tlsagen_status session_open(const char *path, const struct replace_hook *hook,
                                 struct session **session, struct tlsagen_err *err)
{
    struct session *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return no_memory(err);
    made->path = path;
    made->hook = hook;
    *session = made;
    return TLSAGEN_OK;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    walk_free(session->walk);
    for (size_t i = 0; i < session->soa_count; i++) {
        free(session->soas[i].text);
        free(session->soas[i].tokens);
    }
    for (size_t i = 0; i < session->file_count; i++) {
        struct file *file = &session->files[i];
        for (size_t k = 0; k < file->count; k++)
            free((char *)(uintptr_t)file->splices[k].text);
        free(file->splices);
        if (!file->borrowed)
            replace_free(file->replace);
    }
    free(session->files);
    free(session);
}

void session_set_quick(struct session *session, bool quick)
{
    session->quick = quick;
}

/* A file may be included twice; it is locked then, and not to be opened again. */
static struct file *same_file(struct session *session, size_t index, const char *path)
{
    for (size_t i = 0; i < index; i++) {
        char *real = realpath(path, NULL);
        bool same = real != NULL && session->files[i].replace != NULL &&
                    strcmp(real, replace_path(session->files[i].replace)) == 0;
        free(real);
        if (same)
            return &session->files[i];
    }
    return NULL;
}

static enum tlsagen_status open_old(struct session *session, size_t index, const char *path,
                                    struct tlsagen_err *err)
{
    struct file *moved = realloc(session->files, (index + 1) * sizeof(*moved));
    if (moved == NULL)
        return no_memory(err);
    session->files = moved;
    session->file_count = index + 1;
    struct file *file = &moved[index];
    *file = (struct file){0};
    struct file *first = same_file(session, index, path);
    if (first != NULL) {
        *file = (struct file){.replace = first->replace, .borrowed = true, .twice = true};
        first->twice = true;
        return TLSAGEN_OK;
    }
    enum tlsagen_status status = replace_open(path, session->hook, &file->replace, err);
    if (status == TLSAGEN_OK && index == 0 && session->copying &&
        replace_size(file->replace) >= COPY_MIN)
        replace_copy(file->replace);
    return status;
}

static enum tlsagen_status source_open(void *arg, size_t index, const char *path, int *fd,
                                       struct tlsagen_err *err)
{
    struct session *session = arg;
    *fd = (int)index;
    if (!session->proving)
        return open_old(session, index, path, err);
    if (index >= session->file_count || strcmp(walk_file(session->walk, index)->path, path) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s was not there before the edit", path);
    session->files[index].read = 0;
    return TLSAGEN_OK;
}

static long source_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct session *session = arg;
    struct file *file = &session->files[index];
    (void)fd;
    int from = session->proving && file->built ? replace_new_fd(file->replace)
                                               : replace_old_fd(file->replace);
    ssize_t got = pread(from, bytes, len, (off_t)file->read);
    if (got > 0)
        file->read += (uint64_t)got;
    return got;
}

static void source_close(void *arg, size_t index, int fd)
{
    /* Files stay open and locked until the session's end. */
    (void)arg;
    (void)index;
    (void)fd;
}

static enum tlsagen_status at_token(const struct walk *walk, const struct walk_record *record,
                                    size_t token, enum tlsagen_status status, const char *text,
                                    struct tlsagen_err *err)
{
    struct walk_fault fault = walk_fault_at(record, token, status, text);
    return walk_err(walk, &fault, err);
}

static enum tlsagen_status keep_soa(struct session *session, const struct walk *walk,
                                    const struct walk_record *record, struct tlsagen_err *err)
{
    if (session->soa_count == SOA_MAX)
        return at_token(walk, record, record->type_token, TLSAGEN_E_SYNTAX,
                        "the SOA stands here once too often; remove all but one", err);
    struct soa *soa = &session->soas[session->soa_count];
    size_t tokens = record->token_count * sizeof(record->tokens[0]);
    soa->text = malloc(record->len);
    soa->tokens = malloc(tokens);
    if (soa->text == NULL || soa->tokens == NULL) {
        free(soa->text);
        free(soa->tokens);
        return no_memory(err);
    }
    memcpy(soa->text, record->text, record->len);
    memcpy(soa->tokens, record->tokens, tokens);
    soa->record = *record;
    soa->record.text = soa->text;
    soa->record.tokens = soa->tokens;
    soa->record.origin = NULL;
    session->soa_count++;
    return TLSAGEN_OK;
}

static enum tlsagen_status take_soa(struct session *session, struct walk *walk,
                                    const struct walk_record *record, struct tlsagen_err *err)
{
    struct tlsagen_err why;
    uint32_t serial = 0;
    size_t token = 0;
    enum tlsagen_status status = serial_find(record, &serial, &token, &why);
    if (status != TLSAGEN_OK)
        return at_token(walk, record, token, status, why.message, err);
    if (session->quick)
        walk_stop(walk);
    if (!session->proving) {
        session->serial = session->new_serial = serial;
        return keep_soa(session, walk, record, err);
    }
    if (serial == session->new_serial)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "the new serial is %u and not %u, as meant",
                           (unsigned)serial, (unsigned)session->new_serial);
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct session *session = arg;
    enum tlsagen_status status = TLSAGEN_OK;
    if (record->type == TYPE_SOA && !record->generated)
        status = take_soa(session, walk, record, err);
    if (status == TLSAGEN_OK && session->user.record != NULL)
        status = session->user.record(session->user.arg, walk, record, err);
    return status;
}

static enum tlsagen_status reach_end(void *arg, struct walk *walk, struct tlsagen_err *err)
{
    struct session *session = arg;
    if (session->user.end == NULL)
        return TLSAGEN_OK;
    return session->user.end(session->user.arg, walk, err);
}

static enum tlsagen_status complain(void *arg, struct walk *walk, const struct walk_fault *fault,
                                    struct tlsagen_err *err)
{
    struct session *session = arg;
    if (session->user.fault == NULL)
        return walk_err(walk, fault, err);
    return session->user.fault(session->user.arg, walk, fault, err);
}

/* A walk with the session between it and its user's functions. */
static enum tlsagen_status walk_through(struct session *session, const struct walk_options *options,
                                        struct walk **walk, struct tlsagen_err *err)
{
    const struct walk_source source = {session, source_open, source_read, source_close};
    struct walk_options own = *options;
    session->user = *options;
    own.path = session->path;
    own.source = &source;
    own.arg = session;
    own.record = show;
    own.fault = complain;
    own.end = reach_end;
    own.bytes = NULL;
    return walk_run(&own, walk, err);
}

enum tlsagen_status session_walk(struct session *session, struct walk_options *options,
                                 bool copying, struct tlsagen_err *err)
{
    session->copying = copying;
    return walk_through(session, options, &session->walk, err);
}

const struct walk *session_old(const struct session *session)
{
    return session->walk;
}

uint32_t session_serial(const struct session *session)
{
    return session->serial;
}

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

enum tlsagen_status session_edit(struct session *session, size_t index, uint64_t at, uint64_t len,
                                 const char *text, size_t text_len, struct tlsagen_err *err)
{
    struct file *file = &session->files[index];
    if (file->twice)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s is included more than once, and an edit of it would show in all "
                               "places; edit it by hand",
                               replace_path(file->replace));
    char *copy = malloc(text_len + 1);
    if (file->count == file->cap) {
        size_t cap = file->cap == 0 ? 4 : file->cap * 2;
        struct splice *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(file->splices, cap * sizeof(*moved));
        if (moved != NULL) {
            file->splices = moved;
            file->cap = cap;
        }
    }
    if (copy == NULL || file->count == file->cap) {
        free(copy);
        return no_memory(err);
    }
    if (text_len > 0)
        memcpy(copy, text, text_len);
    /* Sorted as they come; edits are few. */
    size_t to = file->count++;
    while (to > 0 && file->splices[to - 1].at > at) {
        file->splices[to] = file->splices[to - 1];
        to--;
    }
    file->splices[to] = (struct splice){.at = at, .len = len, .text = copy, .text_len = text_len};
    return TLSAGEN_OK;
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

static enum tlsagen_status build(struct session *session, struct tlsagen_err *err)
{
    for (size_t i = 0; i < session->file_count; i++) {
        struct file *file = &session->files[i];
        if (file->count == 0)
            continue;
        enum tlsagen_status status = replace_build(file->replace, file->splices, file->count, err);
        if (status != TLSAGEN_OK)
            return status;
        file->built = true;
        if (replace_new_size(file->replace) >= COPY_MIN)
            replace_flush(file->replace);
    }
    return TLSAGEN_OK;
}

/* The new files, read as the old ones were, while the disk takes them in. */
static enum tlsagen_status prove(struct session *session, const struct session_finish *finish,
                                 struct tlsagen_err *err)
{
    static const struct walk_options plain = {.origin_optional = true};
    struct walk *walk = NULL;
    session->proving = true;
    enum tlsagen_status status =
        walk_through(session, finish->proof == NULL ? &plain : finish->proof, &walk, err);
    walk_free(walk);
    session->proving = false;
    if (status == TLSAGEN_OK || status == TLSAGEN_E_MEMORY || status == TLSAGEN_E_SYSTEM)
        return status;
    if (err != NULL)
        err->code = TLSAGEN_E_MISMATCH;
    return tlsagen_err_prepend(err, "the edit would not be right, and nothing was written");
}

static enum tlsagen_status judge(struct session *session, const struct session_finish *finish,
                                 struct tlsagen_err *err)
{
    struct file *first = &session->files[0];
    const char *path = replace_path(first->replace);
    enum tlsagen_status status = TLSAGEN_OK;
    if (finish->judge == NULL)
        return TLSAGEN_OK;
    if (first->built)
        status = replace_name(first->replace, &path, err);
    return status == TLSAGEN_OK ? finish->judge(finish->judge_arg, path, err) : status;
}

/* The file with the SOA, which goes last. */
static size_t last_file(const struct session *session)
{
    return session->soa_count == 0 ? 0 : session->soas[0].record.file;
}

static enum tlsagen_status commit(struct session *session, struct tlsagen_err *err)
{
    size_t last = last_file(session);
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        if (i != last && session->files[i].built)
            status = replace_commit(session->files[i].replace, err);
    }
    if (status == TLSAGEN_OK && session->files[last].built)
        status = replace_commit(session->files[last].replace, err);
    return status;
}

enum tlsagen_status session_finish(struct session *session, const struct session_finish *finish,
                                   struct tlsagen_err *err)
{
    bool any = false;
    for (size_t i = 0; i < session->file_count; i++)
        any = any || session->files[i].count > 0;
    if (!any)
        return TLSAGEN_OK;
    enum tlsagen_status status = build(session, err);
    if (status == TLSAGEN_OK)
        status = prove(session, finish, err);
    if (status == TLSAGEN_OK)
        status = judge(session, finish, err);
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        if (session->files[i].built)
            status = replace_seal(session->files[i].replace, err);
    }
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        if (session->files[i].built && finish->backup_suffix != NULL)
            status = replace_backup(session->files[i].replace, finish->backup_suffix, err);
    }
    return status == TLSAGEN_OK ? commit(session, err) : status;
}
