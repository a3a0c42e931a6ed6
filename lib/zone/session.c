#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "serial.h"
#include "session_state.h"

/* Smaller files are copied faster than a thread is started. */
#define COPY_MIN (1024U * 1024)
/* Larger included files are walked through in the proof, but not compared. */
#define COMPARE_MAX (1024U * 1024)

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
    made->mark_space = WALK_MARKS_SPACE;
    *session = made;
    return TLSAGEN_OK;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    walk_free(session->walk);
    walk_marks_free(session->marks);
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

void session_set_mark_space(struct session *session, uint64_t bytes)
{
    session->mark_space = bytes;
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
    if (status == TLSAGEN_OK && session->copying)
        status = replace_clean(file->replace, &file->left, err);
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
    if (session->use == WALK_MARKS_NOTE)
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
    int from = session->use == WALK_MARKS_NEW && file->built ? replace_new_fd(file->replace)
                                                             : replace_old_fd(file->replace);
    ssize_t got = pread(from, bytes, len, (off_t)file->read);
    if (got > 0)
        file->read += (uint64_t)got;
    return got;
}

void session_source_close(void *arg, size_t index, int fd)
{
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
    if (session->use == WALK_MARKS_NOTE) {
        session->serial = session->new_serial = serial;
        return keep_soa(session, walk, record, err);
    }
    if (session->use == WALK_MARKS_OLD || serial == session->new_serial)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "the new serial is %u and not %u, as meant",
                           (unsigned)serial, (unsigned)session->new_serial);
}

/* A record of a part that is compared: it is to stay, unless the edit is about it. */
static void compare(struct session *session, const struct walk_record *record)
{
    const struct session_finish *finish = session->finish;
    if (finish->meant == NULL || !finish->meant(finish->meant_arg, record))
        proof_add(&session->sums[session->use], record);
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct session *session = arg;
    enum tlsagen_status status = TLSAGEN_OK;
    if (record->type == TYPE_SOA && !record->generated)
        status = take_soa(session, walk, record, err);
    if (status == TLSAGEN_OK && walk_marks_comparing(session->marks))
        compare(session, record);
    if (status == TLSAGEN_OK && record->asked && session->user.record != NULL)
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
    const struct walk_source source = {session, source_open, source_read, session_source_close};
    struct walk_options own = *options;
    session->user = *options;
    own.path = session->path;
    own.source = &source;
    own.arg = session;
    own.record = show;
    own.fault = complain;
    own.end = reach_end;
    own.bytes = NULL;
    own.marks = session->marks;
    return walk_run(&own, walk, err);
}

enum tlsagen_status session_walk(struct session *session, struct walk_options *options,
                                 bool copying, struct tlsagen_err *err)
{
    session->copying = copying;
    session->use = WALK_MARKS_NOTE;
    session->marks = walk_marks_new(session->mark_space);
    if (session->marks == NULL)
        return no_memory(err);
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

uint64_t session_left_out(const struct session *session)
{
    return session->marks == NULL ? 0 : walk_marks_skipped(session->marks);
}

static void seek(void *arg, uint64_t at)
{
    struct session *session = arg;
    session->files[0].read = at;
}

static void mark_splices(struct session *session)
{
    const struct file *zone = &session->files[0];
    for (size_t i = 0; i < zone->count; i++)
        walk_marks_splice(session->marks, zone->splices[i].at, zone->splices[i].len,
                          zone->splices[i].text_len);
    for (size_t i = 1; i < session->file_count; i++) {
        const struct file *file = &session->files[i];
        if (file->built && replace_size(file->replace) <= COMPARE_MAX)
            walk_marks_splice_included(session->marks);
    }
}

static enum tlsagen_status follow(struct session *session, enum walk_marks_use use,
                                  const struct walk_options *options, struct tlsagen_err *err)
{
    struct walk *walk = NULL;
    session->use = use;
    walk_marks_follow(session->marks, use, seek, session);
    enum tlsagen_status status = walk_through(session, options, &walk, err);
    walk_free(walk);
    return status;
}

/*
 * The new files, read as the old ones were, while the disk takes them in; then the old ones where
 * they are compared.
 */
static enum tlsagen_status prove(struct session *session, const struct session_finish *finish,
                                 struct tlsagen_err *err)
{
    struct walk_options options = *finish->proof;
    session->finish = finish;
    mark_splices(session);
    enum tlsagen_status status = follow(session, WALK_MARKS_NEW, &options, err);
    options.record = NULL;
    options.end = NULL;
    if (status == TLSAGEN_OK)
        status = follow(session, WALK_MARKS_OLD, &options, err);
    if (status == TLSAGEN_OK &&
        !proof_same(&session->sums[WALK_MARKS_NEW], &session->sums[WALK_MARKS_OLD]))
        status =
            tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "records that have to stay would be others");
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

bool session_unfinished(const struct session *session)
{
    return session->file_count > 1 && session->files[last_file(session)].left;
}

/* All files but the one with the SOA; *any: one has its new text. */
static enum tlsagen_status commit_others(struct session *session, size_t last, bool *any,
                                         struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    const char *path;
    for (size_t i = 0; i < session->file_count && status == TLSAGEN_OK; i++) {
        if (i == last || !session->files[i].built)
            continue;
        /* From here on the new SOA is seen by the next run, should this one be killed. */
        if (!*any && session->files[last].built)
            status = replace_name(session->files[last].replace, &path, err);
        if (status == TLSAGEN_OK)
            status = replace_commit(session->files[i].replace, err);
        *any = *any || replace_is_committed(session->files[i].replace);
    }
    return status;
}

static enum tlsagen_status commit(struct session *session, struct tlsagen_err *err)
{
    size_t last = last_file(session);
    bool any = false;
    enum tlsagen_status status = commit_others(session, last, &any, err);
    if (!session->files[last].built)
        return status;
    if (status == TLSAGEN_OK)
        status = replace_commit(session->files[last].replace, err);
    if (status == TLSAGEN_OK || !any)
        return status;
    replace_leave(session->files[last].replace);
    return tlsagen_err_prepend(err, "some of the zone's files are changed, and the serial is not; "
                                    "run again to finish");
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
