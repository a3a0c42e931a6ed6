/* by_update.c - publish and undo of a dynamic zone: one update, told to the journal around it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"
#include "update.h"
#include "zone/apex.h"
#include "zone/rrfile.h"

#define DNS_PORT 53

/* One publish. */
struct by_update {
    const struct tlsagen_publish *publish;
    const char *state_dir;
    const struct tlsagen_update *update;
    struct journal *journals; /* one for each owner, as this publish writes them */
    struct journal *former;   /* as they were; without a zone: there was none that can be read */
};

static enum tlsagen_status lock_zone(struct lock *lock, const struct tlsagen_publish *publish,
                                     const char *state_dir, const char *zone,
                                     struct tlsagen_err *err)
{
    const uint32_t wait_ms = publish->reload.wait_ms;
    return lock_take(lock, state_dir, zone, NULL, wait_ms > 0 ? wait_ms : TLSAGEN_RELOAD_WAIT_MS,
                     err);
}

static enum tlsagen_status write_all(const struct tlsagen_publish *publish, const char *state_dir,
                                     struct journal *journals, enum journal_phase phase,
                                     struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < publish->owner_count && status == TLSAGEN_OK; i++) {
        journals[i].phase = phase;
        status = journal_write(state_dir, publish->owners[i], &journals[i], err);
    }
    return status;
}

static enum tlsagen_status find_rrset(const char *owner, const struct wants *wants,
                                      const struct want **want, struct tlsagen_err *err)
{
    struct name name;
    enum tlsagen_status status = name_parse(owner, strlen(owner), NULL, &name, err);
    if (status != TLSAGEN_OK)
        return status;
    *want = wants_find(wants, &name, TYPE_TLSA);
    return *want != NULL
               ? TLSAGEN_OK
               : tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s is not in the update", owner);
}

static enum tlsagen_status take_key_file(const char *path, struct tlsagen_buf *whole,
                                         struct tlsagen_err *err)
{
    char *real = path == NULL ? NULL : realpath(path, NULL);
    if (path != NULL && real == NULL)
        return tlsagen_err_system(err, errno, "cannot find the whole path of %s", path);
    if (real != NULL)
        tlsagen_buf_str(whole, real);
    free(real);
    return TLSAGEN_OK;
}

static enum tlsagen_status fill_journal(const struct by_update *by, const char *owner,
                                        const struct wants *wants,
                                        const struct message_rrset *there, struct journal *journal,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_update *update = by->update;
    const struct want *want;
    enum tlsagen_status status = find_rrset(owner, wants, &want, err);
    if (status == TLSAGEN_OK)
        status = take_key_file(update->key_file, &journal->key_file, err);
    if (status != TLSAGEN_OK)
        return status;
    const struct message_rrset *rrset = &there[want - wants->at];
    tlsagen_buf_str(&journal->server, update->server);
    journal->port = update->port != 0 ? update->port : DNS_PORT;
    tlsagen_buf_str(&journal->zone, update->zone);
    tlsagen_buf_str(&journal->owner, owner);
    journal->time = (int64_t)time(NULL);
    status = message_lines_before(&journal->before, want, rrset, err);
    if (status == TLSAGEN_OK)
        status = message_lines_after(&journal->after, update->verb, want, rrset, update->ttl, err);
    if (status == TLSAGEN_OK && !journal_is_whole(journal))
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return status;
}

/* An update_watch's before: arg is the by_update. */
static enum tlsagen_status write_intents(void *arg, const struct wants *wants,
                                         const struct message_rrset *there, struct tlsagen_err *err)
{
    struct by_update *by = arg;
    for (size_t i = 0; i < by->publish->owner_count; i++) {
        enum tlsagen_status status =
            fill_journal(by, by->publish->owners[i], wants, there, &by->journals[i], err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return write_all(by->publish, by->state_dir, by->journals, JOURNAL_INTENT, err);
}

/* The server has not done it: what was published before can still be undone. */
static void restore_journals(struct by_update *by)
{
    struct tlsagen_err ignored;
    for (size_t i = 0; i < by->publish->owner_count; i++) {
        const bool had = by->former[i].zone.len > 0;
        by->journals[i].phase = JOURNAL_UNDONE;
        (void)journal_write(by->state_dir, by->publish->owners[i],
                            had ? &by->former[i] : &by->journals[i], &ignored);
    }
}

/* A run that was killed has left its intent; what it wanted is there now. */
static enum tlsagen_status finish_intents(struct by_update *by, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < by->publish->owner_count && status == TLSAGEN_OK; i++) {
        struct journal *journal = &by->former[i];
        if (journal->zone.len == 0 || journal->phase != JOURNAL_INTENT)
            continue;
        journal->phase = JOURNAL_DONE;
        status = journal_write(by->state_dir, by->publish->owners[i], journal, err);
    }
    return status;
}

static void read_former(struct by_update *by)
{
    struct tlsagen_err ignored;
    for (size_t i = 0; i < by->publish->owner_count; i++) {
        if (journal_read(by->state_dir, by->publish->owners[i], &by->former[i], &ignored) !=
            TLSAGEN_OK)
            journal_clear(&by->former[i]);
    }
}

static enum tlsagen_status send_journalled(struct by_update *by,
                                           struct tlsagen_update_result *result,
                                           struct tlsagen_err *err)
{
    struct update_watch watch = {.owners = by->publish->owners,
                                 .owner_count = by->publish->owner_count,
                                 .before = write_intents,
                                 .arg = by};
    read_former(by);
    enum tlsagen_status status = update_run(by->update, &watch, result, err);
    if (status != TLSAGEN_OK && watch.refused)
        restore_journals(by);
    if (status != TLSAGEN_OK)
        return status;
    status = result->changed
                 ? write_all(by->publish, by->state_dir, by->journals, JOURNAL_DONE, err)
                 : finish_intents(by, err);
    return status == TLSAGEN_OK ? status : tlsagen_err_prepend(err, "the server has the records");
}

static void free_journals(struct journal *journals, size_t count)
{
    for (size_t i = 0; journals != NULL && i < count; i++)
        journal_clear(&journals[i]);
    free(journals);
}

static enum tlsagen_status publish_locked(const struct tlsagen_publish *publish,
                                          const struct tlsagen_update *update,
                                          struct tlsagen_update_result *result,
                                          struct tlsagen_err *err)
{
    const size_t count = publish->owner_count;
    struct by_update by = {.publish = publish,
                           .state_dir =
                               publish->state_dir != NULL ? publish->state_dir : TLSAGEN_STATE_DIR,
                           .update = update,
                           .journals = calloc(count, sizeof(*by.journals)),
                           .former = calloc(count, sizeof(*by.former))};
    struct lock lock = {.fd = -1};
    enum tlsagen_status status = TLSAGEN_OK;
    if (by.journals == NULL || by.former == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = lock_zone(&lock, publish, by.state_dir, update->zone, err);
    if (status == TLSAGEN_OK)
        status = send_journalled(&by, result, err);
    lock_drop(&lock);
    free_journals(by.journals, count);
    free_journals(by.former, count);
    return status;
}

enum tlsagen_status tlsagen_publish_update(const struct tlsagen_publish *publish,
                                           struct tlsagen_update_result *result,
                                           struct tlsagen_err *err)
{
    struct tlsagen_buf text;
    tlsagen_update_result_init(result);
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < publish->owner_count; i++)
        tlsagen_rrset_format(&text, TLSAGEN_FORMAT_ZONE, publish->owners[i], TLSAGEN_TTL_NONE,
                             publish->set);
    enum tlsagen_status status = tlsagen_buf_check(&text, err);
    const struct tlsagen_update update = {
        .server = publish->update_server,
        .port = publish->update_port,
        .key_file = publish->key_file,
        .zone = publish->zone.origin,
        .verb = publish->add ? TLSAGEN_UPDATE_ADD : TLSAGEN_UPDATE_PUT,
        .records = text.data,
        .len = text.len,
        .source = "the new records",
        .ttl = publish->zone.ttl,
        .dry_run = publish->zone.dry_run,
    };
    if (status == TLSAGEN_OK)
        status = update.dry_run ? tlsagen_update_run(&update, result, err)
                                : publish_locked(publish, &update, result, err);
    tlsagen_buf_clear(&text);
    return status;
}

/* An undo. */
struct undo {
    const struct run *run;
    const struct journal *journals;
};

/* The records are as the publish left them, or, after an undo that was stopped, as before it. */
static enum tlsagen_status check_owner(const struct journal *journal, const struct wants *wants,
                                       const struct message_rrset *there, struct tlsagen_err *err)
{
    struct wants after;
    struct name apex;
    const struct want *want, *published;
    enum tlsagen_status status = find_rrset(journal->owner.data, wants, &want, err);
    if (status != TLSAGEN_OK || message_is_there(want, &there[want - wants->at]))
        return status;
    wants_init(&after);
    status = apex_parse(journal->zone.data, &apex, err);
    if (status == TLSAGEN_OK)
        status =
            rrfile_read(journal->after.data, journal->after.len, "the journal", &apex, &after, err);
    if (status == TLSAGEN_OK)
        status = find_rrset(journal->owner.data, &after, &published, err);
    if (status == TLSAGEN_OK && !message_is_there(published, &there[want - wants->at]))
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%s: somebody changed the records after they were published; "
                                 "nothing was undone",
                                 journal->owner.data);
    wants_clear(&after);
    return status;
}

/* An update_watch's before: arg is the undo. */
static enum tlsagen_status check_published(void *arg, const struct wants *wants,
                                           const struct message_rrset *there,
                                           struct tlsagen_err *err)
{
    const struct undo *undo = arg;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < undo->run->publish->owner_count && status == TLSAGEN_OK; i++)
        status = check_owner(&undo->journals[i], wants, there, err);
    return status;
}

/* The former records of all owners, in one update. */
static enum tlsagen_status put_back(struct run *run, const struct journal *journals,
                                    struct tlsagen_err *err)
{
    const struct journal *journal = &journals[0];
    const char *journal_key = journal->key_file.len > 0 ? journal->key_file.data : NULL;
    struct undo undo = {run, journals};
    struct update_watch watch = {.owners = run->publish->owners,
                                 .owner_count = run->publish->owner_count,
                                 .before = check_published,
                                 .arg = &undo};
    struct tlsagen_update_result result;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_update_result_init(&result);
    for (size_t i = 0; i < run->publish->owner_count; i++)
        tlsagen_buf_add(&text, journals[i].before.data, journals[i].before.len);
    enum tlsagen_status status = tlsagen_buf_check(&text, err);
    const struct tlsagen_update update = {
        .server = journal->server.data,
        .port = journal->port,
        .key_file = run->publish->key_file != NULL ? run->publish->key_file : journal_key,
        .zone = run->zone,
        .verb = TLSAGEN_UPDATE_PUT,
        .records = text.data,
        .len = text.len,
        .source = "the former records",
        .ttl = TLSAGEN_TTL_NONE,
    };
    if (status == TLSAGEN_OK)
        status = update_run(&update, &watch, &result, err);
    run->result->change.changed = result.changed;
    tlsagen_update_result_clear(&result);
    tlsagen_buf_clear(&text);
    return status;
}

enum tlsagen_status undo_by_update(struct run *run, struct journal *journals,
                                   struct tlsagen_err *err)
{
    struct tlsagen_publish_result *result = run->result;
    (void)snprintf(result->server, sizeof(result->server), "%s", journals[0].server.data);
    (void)snprintf(result->change.zone, sizeof(result->change.zone), "%s", run->zone);
    enum tlsagen_status status = TLSAGEN_OK;
    if (run->publish->freeze)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND,
                                 "%s was published by update, for which no zone is frozen",
                                 run->publish->owners[0]);
    if (status == TLSAGEN_OK)
        status = lock_zone(&run->lock, run->publish, run->state_dir, run->zone, err);
    if (status == TLSAGEN_OK)
        status = put_back(run, journals, err);
    if (status != TLSAGEN_OK)
        return status;
    status = write_all(run->publish, run->state_dir, journals, JOURNAL_UNDONE, err);
    return status == TLSAGEN_OK ? status
                                : tlsagen_err_prepend(err, "the server has the former records");
}
