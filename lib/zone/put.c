/* put.c - tlsagen_zone_put, _add and _remove: wants, walk, edit, serial, proof. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apex.h"
#include "bump.h"
#include "edit.h"
#include "lint.h"
#include "put.h"
#include "rrfile.h"

#define ALIASES_MAX 16 /* CNAMEs followed one after another */

/* One change of a zone, whatever the verb. */
struct job {
    const char *path;
    const struct tlsagen_zone_options *options;
    enum edit_verb verb;
    bool unlisted; /* as put_rrsets */
    bool trial;    /* as put_try */
    tlsagen_zone_find *find;
    void *find_arg;
    struct wants wants;
    struct name apex;
    struct edit edit;
    struct session *session;
    struct walk_options walking;
    bool keys;       /* a DNSKEY was seen */
    bool unfinished; /* the run before has changed records, and not the serial */
};

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct job *job = arg;
    job->keys = job->keys || record->type == TYPE_DNSKEY;
    return edit_record(&job->edit, walk, record, err);
}

static enum tlsagen_status peek(void *arg, size_t file, uint64_t at, char *bytes, size_t len,
                                struct tlsagen_err *err)
{
    return session_peek(arg, file, at, bytes, len, err);
}

/* Forgets an attempt, and what it found. */
static void clear_attempt(struct job *job)
{
    for (size_t i = 0; i < job->wants.count; i++) {
        for (size_t k = 0; k < job->wants.at[i].count; k++)
            job->wants.at[i].records[k].found = false;
    }
    edit_clear(&job->edit);
    session_free(job->session);
    job->session = NULL;
}

static enum tlsagen_status begin_edit(struct job *job, void *peek_arg, struct tlsagen_err *err)
{
    job->edit = (struct edit){.verb = job->verb,
                              .wants = &job->wants,
                              .ttl = job->options->ttl,
                              .unlisted = job->unlisted,
                              .peek = peek,
                              .peek_arg = peek_arg};
    return edit_init(&job->edit, err);
}

static enum tlsagen_status attempt(struct job *job, struct tlsagen_err *err)
{
    enum tlsagen_status status = session_open(job->path, NULL, &job->session, err);
    if (status == TLSAGEN_OK)
        status = begin_edit(job, job->session, err);
    if (status != TLSAGEN_OK)
        return status;
    job->walking = (struct walk_options){
        .origin = &job->apex, .watch = &job->wants.names, .record = show, .arg = job};
    status = session_walk(job->session, &job->walking, !job->options->dry_run, err);
    job->unfinished = job->unfinished || session_unfinished(job->session);
    return status;
}

/* An alias at a wanted owner: its target instead, or a refusal that names it. */
static enum tlsagen_status meet_alias(struct job *job, size_t alias, struct tlsagen_err *err)
{
    char owner[NAME_TEXT_SIZE], target[NAME_TEXT_SIZE];
    const struct name to = *job->edit.owners[alias].target;
    struct wants *wants = &job->wants;
    enum tlsagen_status status = TLSAGEN_OK;
    struct name from;
    wants_owner_of(wants, alias, &from);
    (void)name_text(&from, owner);
    (void)name_text(&to, target);
    if (!job->options->follow_cname)
        return tlsagen_err_set(
            err, TLSAGEN_E_KIND, "%.300s is an alias (CNAME) of %.300s; %s", owner, target,
            job->unlisted ? "the records belong there" : "edit that owner, or give --follow-cname");
    if (!name_is_within(&to, &job->apex))
        return tlsagen_err_set(
            err, TLSAGEN_E_KIND,
            "%.300s is an alias (CNAME) of %.300s, which lies outside this zone; "
            "edit the zone that it lies in",
            owner, target);
    for (size_t k = wants->first[alias]; k != 0 && status == TLSAGEN_OK;
         k = wants->at[k - 1].next) {
        struct want *want = &wants->at[k - 1];
        if (want->type != TYPE_CNAME && want->type != WANT_ANY)
            status = want_rename(want, &to, err);
    }
    return status == TLSAGEN_OK ? wants_renamed(wants, err) : status;
}

/* Walks, once more for each alias on the way. */
static enum tlsagen_status gather(struct job *job, struct tlsagen_err *err)
{
    for (int i = 0; i < ALIASES_MAX; i++) {
        enum tlsagen_status status = attempt(job, err);
        if (status != TLSAGEN_OK)
            return status;
        size_t alias = edit_alias(&job->edit);
        if (alias == EDIT_NONE)
            return TLSAGEN_OK;
        status = meet_alias(job, alias, err);
        if (status != TLSAGEN_OK)
            return status;
        clear_attempt(job);
    }
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s: the CNAMEs at this owner go in a circle, or too far", job->path);
}

static void warn_of_keys(const struct job *job, struct tlsagen_zone_change *change)
{
    char text[TLSAGEN_ERR_SIZE];
    if (!job->keys)
        return;
    (void)snprintf(text, sizeof(text),
                   "%s: has DNSKEY records; if the zone is signed from this file, sign it again",
                   job->path);
    bump_warn(job->options, change, text);
}

/* Records given as text, as by hand: what check would call an error is told before it is served. */
static void warn_of_data(const struct job *job, struct tlsagen_zone_change *change)
{
    char owner[NAME_TEXT_SIZE], text[TLSAGEN_ERR_SIZE];
    for (size_t i = 0; i < job->wants.count; i++) {
        const struct want *want = &job->wants.at[i];
        struct name name;
        want_owner(want, &name);
        for (size_t k = 0; k < want->count && want->type == TYPE_TLSA; k++) {
            const struct tlsagen_buf *wire = &want->records[k].rdata.wire;
            if (!want->records[k].found &&
                lint_data_fault((const uint8_t *)wire->data, wire->len, name_text(&name, owner),
                                text, sizeof(text)) != NULL)
                bump_warn(job->options, change, text);
        }
    }
}

/* True for example.org.example.org., as a name without its final dot becomes. */
static bool has_apex_twice(const struct name *name, const struct name *apex)
{
    struct name head = *name;
    if (apex->len == 1 || !name_is_within(name, apex))
        return false;
    head.len = (uint8_t)(name->len - (apex->len - 1));
    head.wire[head.len - 1] = 0;
    return name_is_within(&head, apex);
}

static void warn_of_names(const struct job *job, struct tlsagen_zone_change *change)
{
    char owner[NAME_TEXT_SIZE], text[TLSAGEN_ERR_SIZE];
    for (size_t i = 0; i < job->wants.count; i++) {
        struct name name;
        want_owner(&job->wants.at[i], &name);
        /* Once for all types of an owner. */
        if (job->wants.at[i].next != 0 || !has_apex_twice(&name, &job->apex))
            continue;
        (void)snprintf(text, sizeof(text),
                       "%.300s: has the zone's name twice; end a name that is whole with a dot",
                       name_text(&name, owner));
        bump_warn(job->options, change, text);
    }
}

static enum tlsagen_status take_splices(struct job *job, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < job->edit.splice_count && status == TLSAGEN_OK; i++) {
        struct edit_splice *splice = &job->edit.splices[i];
        status = session_take_edit(job->session, splice->file, splice->at, splice->len,
                                   &splice->text, err);
    }
    edit_release(&job->edit);
    return status;
}

static enum tlsagen_status no_peek(void *arg, size_t file, uint64_t at, char *bytes, size_t len,
                                   struct tlsagen_err *err)
{
    (void)arg;
    (void)file;
    (void)at;
    (void)bytes;
    (void)len;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "the result would have to be edited again");
}

/* Records at the wanted owners, in the order of their places. */
static size_t records_watched(const struct edit *edit)
{
    size_t count = 0;
    for (size_t i = 0; i < edit->place_count; i++)
        count += edit->places[i].want != EDIT_NONE;
    return count;
}

/* What the walk through the new files shows is the result: the same edit finds nothing to do. */
struct proof {
    struct job job; /* with the wants of the first, and an edit of its own */
    size_t records; /* there have to be so many in the wanted RRsets */
};

static enum tlsagen_status show_proof(void *arg, struct walk *walk,
                                      const struct walk_record *record, struct tlsagen_err *err)
{
    struct proof *proof = arg;
    return edit_record(&proof->job.edit, walk, record, err);
}

static enum tlsagen_status end_proof(void *arg, struct walk *walk, struct tlsagen_err *err)
{
    struct proof *proof = arg;
    struct edit *edit = &proof->job.edit;
    enum tlsagen_status status = edit_finish(edit, walk, err);
    if (status == TLSAGEN_OK && edit->splice_count > 0)
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "the records would not be those given");
    if (status == TLSAGEN_OK && records_watched(edit) != proof->records)
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%zu records would be there and not %zu",
                                 records_watched(edit), proof->records);
    return status;
}

/* A record of an RRset that is edited. */
static bool is_meant(void *arg, const struct walk_record *record)
{
    const struct job *job = arg;
    return record->watched && wants_find(&job->wants, &record->owner, record->type) != NULL;
}

static enum tlsagen_status finish(struct job *job, size_t records, struct tlsagen_err *err)
{
    struct proof proof = {.job = *job, .records = records};
    proof.job.unlisted = true;
    for (size_t i = 0; i < job->wants.count; i++) {
        for (size_t k = 0; k < job->wants.at[i].count; k++)
            job->wants.at[i].records[k].found = false;
    }
    enum tlsagen_status status = begin_edit(&proof.job, NULL, err);
    proof.job.edit.peek = no_peek;
    struct walk_options walking = job->walking;
    walking.record = show_proof;
    walking.end = end_proof;
    walking.arg = &proof;
    struct session_finish how = {.backup_suffix = job->options->backup_suffix,
                                 .judge = job->options->judge,
                                 .judge_arg = job->options->judge_arg,
                                 .proof = &walking,
                                 .meant = is_meant,
                                 .meant_arg = job};
    if (status == TLSAGEN_OK)
        status = session_finish(job->session, &how, err);
    edit_clear(&proof.job.edit);
    return status;
}

/* The lists go over to the change, which frees them. */
static void report(struct job *job, struct tlsagen_zone_change *change)
{
    change->changed = true;
    change->added_count = job->edit.added_count;
    change->removed_count = job->edit.removed_count;
    change->added = job->edit.added;
    change->removed = job->edit.removed;
    tlsagen_buf_init(&job->edit.added);
    tlsagen_buf_init(&job->edit.removed);
}

/* In place of finish. */
static enum tlsagen_status try_out(struct job *job, struct tlsagen_zone_change *change,
                                   struct tlsagen_err *err)
{
    char zone[NAME_TEXT_SIZE], text[TLSAGEN_ERR_SIZE];
    struct tlsagen_err why;
    bool denied;
    enum tlsagen_status status = session_try_replace(job->session, &denied, &why);
    if (status != TLSAGEN_OK && !denied) {
        if (err != NULL)
            *err = why;
        return status;
    }
    if (denied) {
        (void)snprintf(text, sizeof(text), "this user could not do it: %.900s", why.message);
        bump_warn(job->options, change, text);
    }
    if (job->find == NULL)
        return TLSAGEN_OK;
    return session_try_check(job->session, name_text(&job->apex, zone), job->find, job->find_arg,
                             err);
}

static enum tlsagen_status conclude(struct job *job, size_t records,
                                    struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    if (job->trial)
        return try_out(job, change, err);
    if (!job->options->dry_run)
        return finish(job, records, err);
    return job->unlisted ? TLSAGEN_OK : session_diff(job->session, &change->diff, err);
}

static enum tlsagen_status change_zone(struct job *job, struct tlsagen_zone_change *change,
                                       struct tlsagen_err *err)
{
    enum tlsagen_status status = gather(job, err);
    if (status == TLSAGEN_OK)
        status = edit_finish(&job->edit, session_old(job->session), err);
    if (status != TLSAGEN_OK)
        return status;
    bump_note(job->session, change);
    if (!job->unlisted)
        warn_of_names(job, change);
    if (job->edit.splice_count == 0 && (!job->unfinished || job->options->keep_serial))
        return TLSAGEN_OK;
    warn_of_keys(job, change);
    if (job->verb != EDIT_REMOVE && !job->unlisted)
        warn_of_data(job, change);
    const size_t records =
        records_watched(&job->edit) - job->edit.removed_count + job->edit.added_count;
    status = take_splices(job, err);
    if (status == TLSAGEN_OK && !job->options->keep_serial)
        status = bump_serial(job->session, job->options, change, err);
    if (status == TLSAGEN_OK) {
        bump_warn_of_links(job->session, job->options, change);
        status = bump_check_warnings(job->options, change, err);
    }
    if (status == TLSAGEN_OK)
        status = conclude(job, records, change, err);
    if (status == TLSAGEN_OK)
        report(job, change);
    return status;
}

static enum tlsagen_status begin(struct job *job, const char *path, enum edit_verb verb,
                                 const struct tlsagen_zone_options *options,
                                 struct tlsagen_err *err)
{
    *job = (struct job){.path = path, .options = options, .verb = verb};
    wants_init(&job->wants);
    enum tlsagen_status status = options->frozen ? TLSAGEN_OK : bump_check_journal(path, err);
    return status == TLSAGEN_OK ? apex_find(job->path, job->options->origin, &job->apex, err)
                                : status;
}

static void end(struct job *job)
{
    clear_attempt(job);
    wants_clear(&job->wants);
}

/* A put_take. */
static enum tlsagen_status want_rdata(void *arg, const char *owner, uint32_t ttl,
                                      const uint8_t *bytes, size_t len, struct tlsagen_err *err)
{
    struct job *job = arg;
    struct name name;
    struct rdata rdata;
    enum tlsagen_status status = name_parse(owner, strlen(owner), &job->apex, &name, err);
    if (status != TLSAGEN_OK)
        return tlsagen_err_prepend(err, "%.300s", owner);
    struct want *want = wants_get(&job->wants, &name, TYPE_TLSA);
    if (want == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    want->has_ttl = true;
    want->ttl = ttl;
    if (bytes == NULL)
        return TLSAGEN_OK;
    rdata_init(&rdata);
    tlsagen_buf_add(&rdata.wire, bytes, len);
    status = tlsagen_buf_check(&rdata.wire, err);
    if (status == TLSAGEN_OK)
        status = want_add(want, &rdata, err);
    rdata_clear(&rdata);
    return status;
}

static enum tlsagen_status put_shown(struct job *job, put_each *each, void *arg,
                                     struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    job->unlisted = true;
    enum tlsagen_status status = each(arg, want_rdata, job, err);
    return status == TLSAGEN_OK ? change_zone(job, change, err) : status;
}

enum tlsagen_status put_rrsets(const char *path, put_each *each, void *arg,
                               const struct tlsagen_zone_options *options,
                               struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    struct job job;
    enum tlsagen_status status = begin(&job, path, EDIT_PUT, options, err);
    if (status == TLSAGEN_OK)
        status = put_shown(&job, each, arg, change, err);
    end(&job);
    return status;
}

enum tlsagen_status put_try(const char *path, put_each *each, void *arg,
                            const struct tlsagen_zone_options *options, tlsagen_zone_find *find,
                            void *find_arg, struct tlsagen_zone_change *change,
                            struct tlsagen_err *err)
{
    struct tlsagen_zone_options dry = *options;
    struct job job;
    dry.dry_run = true;
    enum tlsagen_status status = begin(&job, path, EDIT_PUT, &dry, err);
    job.trial = true;
    job.find = find;
    job.find_arg = find_arg;
    if (status == TLSAGEN_OK)
        status = put_shown(&job, each, arg, change, err);
    end(&job);
    return status;
}

static enum tlsagen_status put_or_add(const char *path, enum edit_verb verb, const char *records,
                                      size_t len, const char *source,
                                      const struct tlsagen_zone_options *options,
                                      struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    struct job job;
    enum tlsagen_status status = begin(&job, path, verb, options, err);
    if (status == TLSAGEN_OK)
        status =
            rrfile_read(records == NULL ? "" : records, len, source, &job.apex, &job.wants, err);
    if (status == TLSAGEN_OK)
        status = change_zone(&job, change, err);
    end(&job);
    return status;
}

enum tlsagen_status tlsagen_zone_put(const char *path, const char *records, size_t len,
                                     const char *source, const struct tlsagen_zone_options *options,
                                     struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    return put_or_add(path, EDIT_PUT, records, len, source, options, change, err);
}

enum tlsagen_status tlsagen_zone_add(const char *path, const char *records, size_t len,
                                     const char *source, const struct tlsagen_zone_options *options,
                                     struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    return put_or_add(path, EDIT_ADD, records, len, source, options, change, err);
}

enum tlsagen_status tlsagen_zone_remove(const char *path, const char *owner, const char *type,
                                        const char *rdata,
                                        const struct tlsagen_zone_options *options,
                                        struct tlsagen_zone_change *change, struct tlsagen_err *err)
{
    struct job job;
    enum tlsagen_status status = begin(&job, path, EDIT_REMOVE, options, err);
    if (status == TLSAGEN_OK)
        status = rrfile_read_removal(owner, type, rdata, &job.apex, &job.wants, err);
    if (status == TLSAGEN_OK)
        status = change_zone(&job, change, err);
    end(&job);
    return status;
}
