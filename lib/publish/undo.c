/* undo.c - tlsagen_publish_undo: what stood there before, from the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static bool is_same(const struct tlsagen_buf *a, const struct tlsagen_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* One file, or one zone of one server under one key. */
static bool is_same_place(const struct journal *a, const struct journal *b)
{
    return is_same(&a->file, &b->file) && is_same(&a->server, &b->server) && a->port == b->port &&
           is_same(&a->key_file, &b->key_file) &&
           (a->server.len == 0 || is_same(&a->zone, &b->zone));
}

/* The journals of all owners, which have to be of one place. */
static enum tlsagen_status read_journals(struct run *run, struct journal *journals,
                                         struct tlsagen_err *err)
{
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        const char *owner = run->publish->owners[i];
        enum tlsagen_status status = journal_read(run->state_dir, owner, &journals[i], err);
        if (status != TLSAGEN_OK)
            return status;
        if (journals[i].phase == JOURNAL_UNDONE)
            return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                                   "%s: the last publish was undone already", owner);
        if (!is_same_place(&journals[i], &journals[0]))
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s and %s were published in different places; undo them one "
                                   "after the other",
                                   run->publish->owners[0], owner);
        (void)snprintf(run->owners[i].at, sizeof(run->owners[i].at), "%s", journals[i].owner.data);
    }
    run->file = journals[0].file.data;
    (void)snprintf(run->zone, sizeof(run->zone), "%s", journals[0].zone.data);
    return TLSAGEN_OK;
}

static enum tlsagen_status restore(struct run *run, const struct journal *journals,
                                   struct tlsagen_err *err)
{
    struct tlsagen_buf *before = calloc(run->publish->owner_count, sizeof(*before));
    if (before == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < run->publish->owner_count; i++)
        before[i] = journals[i].before; /* borrowed */
    enum tlsagen_status status = run_restore(run, before, &run->reload.serial, err);
    free(before);
    return status;
}

/* An undo that was stopped before its journal says so is done again, and finds the file as it is.
 */
static enum tlsagen_status restore_and_load(struct run *run, struct journal *journals,
                                            struct tlsagen_err *err)
{
    struct tlsagen_zone_change *change = &run->result->change;
    enum tlsagen_status status = restore(run, journals, err);
    if (status != TLSAGEN_OK)
        return status;
    (void)snprintf(change->zone, sizeof(change->zone), "%s", run->zone);
    change->changed = run->result->reloaded = true;
    change->old_serial = journals[0].new_serial;
    change->new_serial = run->reload.serial;
    run->reload.has_serial = true;
    status = tlsagen_reload_run(&run->reload, &run->result->reload, err);
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++) {
        journals[i].phase = JOURNAL_UNDONE;
        status = journal_write(run->state_dir, run->publish->owners[i], &journals[i], err);
    }
    return status;
}

static enum tlsagen_status undo_in(struct run *run, struct journal *journals,
                                   struct tlsagen_err *err)
{
    enum tlsagen_status status = read_journals(run, journals, err);
    if (status == TLSAGEN_OK && journals[0].server.len > 0)
        return undo_by_update(run, journals, err);
    if (status == TLSAGEN_OK)
        status = run_lock(run, err);
    if (status == TLSAGEN_OK)
        status = run_ask_before(run, err);
    if (status != TLSAGEN_OK || !run->reload.thaw)
        return status == TLSAGEN_OK ? restore_and_load(run, journals, err) : status;
    run->reload.asked = true;
    status = freeze_begin(run, err);
    if (status == TLSAGEN_OK)
        status = freeze_end(run, restore_and_load(run, journals, err), err);
    return status;
}

enum tlsagen_status tlsagen_publish_undo(const struct tlsagen_publish *publish,
                                         struct tlsagen_publish_result *result,
                                         struct tlsagen_err *err)
{
    struct run run;
    tlsagen_publish_result_init(result);
    struct journal *journals = calloc(publish->owner_count, sizeof(*journals));
    enum tlsagen_status status = run_begin(&run, publish, result, err);
    if (status == TLSAGEN_OK && journals == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = undo_in(&run, journals, err);
    for (size_t i = 0; journals != NULL && i < publish->owner_count; i++)
        journal_clear(&journals[i]);
    free(journals);
    run_end(&run);
    return status;
}
