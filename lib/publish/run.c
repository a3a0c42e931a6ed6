/* run.c - what a publish and an undo begin and end with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"

enum tlsagen_status run_begin(struct run *run, const struct tlsagen_publish *publish,
                              struct tlsagen_publish_result *result, struct tlsagen_err *err)
{
    *run = (struct run){.publish = publish,
                        .result = result,
                        .file = publish->file,
                        .state_dir =
                            publish->state_dir != NULL ? publish->state_dir : TLSAGEN_STATE_DIR,
                        .reload = publish->reload,
                        .lock = {.fd = -1},
                        .served_ttl = -1};
    if (publish->freeze && publish->reload.server->kind != TLSAGEN_SERVER_RNDC)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "only rndc freezes zones");
    run->owners = calloc(publish->owner_count + 1, sizeof(*run->owners));
    if (run->owners == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < publish->owner_count; i++) {
        run->owners[i].name = publish->owners[i];
        (void)snprintf(run->owners[i].at, sizeof(run->owners[i].at), "%s", publish->owners[i]);
    }
    run->reload.zone = run->zone;
    return TLSAGEN_OK;
}

void run_end(struct run *run)
{
    for (size_t i = 0; run->owners != NULL && i < run->publish->owner_count; i++)
        tlsagen_buf_clear(&run->owners[i].before);
    free(run->owners);
    lock_drop(&run->lock);
}

enum tlsagen_status run_lock(struct run *run, struct tlsagen_err *err)
{
    const struct tlsagen_reload *reload = &run->publish->reload;
    uint32_t wait_ms = reload->wait_ms > 0 ? reload->wait_ms : TLSAGEN_RELOAD_WAIT_MS;
    enum tlsagen_status status =
        lock_take(&run->lock, run->state_dir, run->zone, reload->server->view, wait_ms, err);
    return status == TLSAGEN_OK ? freeze_mend(run, err) : status;
}

/* The journal of one owner, of what stands in the run now. */
static enum tlsagen_status write_journal(const struct run *run, const struct run_owner *owner,
                                         enum journal_phase phase, struct tlsagen_err *err)
{
    struct journal journal;
    journal_init(&journal);
    journal.phase = phase;
    char *path = realpath(run->file, NULL);
    if (path == NULL)
        return tlsagen_err_system(err, errno, "cannot find the whole path of %s", run->file);
    tlsagen_buf_str(&journal.file, path);
    free(path);
    tlsagen_buf_str(&journal.zone, run->zone);
    tlsagen_buf_add(&journal.before, owner->before.data, owner->before.len);
    tlsagen_buf_str(&journal.owner, owner->at);
    tlsagen_rrset_format(&journal.after, TLSAGEN_FORMAT_ZONE, owner->at, TLSAGEN_TTL_NONE,
                         run->publish->set);
    journal.old_serial = run->result->change.old_serial;
    journal.new_serial = run->result->change.new_serial;
    journal.time = (int64_t)time(NULL);
    enum tlsagen_status status = TLSAGEN_OK;
    if (!journal_is_whole(&journal))
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = journal_write(run->state_dir, owner->name, &journal, err);
    journal_clear(&journal);
    return status;
}

enum tlsagen_status run_write_journals(const struct run *run, enum journal_phase phase,
                                       struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++)
        status = write_journal(run, &run->owners[i], phase, err);
    return status;
}

enum tlsagen_status run_finish_journals(const struct run *run, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++) {
        struct journal journal;
        struct tlsagen_err ignored;
        bool open =
            journal_read(run->state_dir, run->owners[i].name, &journal, &ignored) == TLSAGEN_OK &&
            journal.phase == JOURNAL_INTENT;
        if (open) {
            journal.phase = JOURNAL_DONE;
            journal.new_serial = run->result->change.new_serial;
            status = journal_write(run->state_dir, run->owners[i].name, &journal, err);
        }
        journal_clear(&journal);
    }
    return status;
}

enum tlsagen_status run_ask_before(struct run *run, struct tlsagen_err *err)
{
    if (run->publish->freeze)
        return freeze_find(run, err);
    return serve_before(&run->reload, RUN_QUESTION_MS, &run->reload.by_dns, err);
}
