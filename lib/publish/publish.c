/* publish.c - tlsagen_publish_run: look, edit, reload, confirm; or back again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"

#define QUESTION_MS 5000U

void tlsagen_publish_result_init(struct tlsagen_publish_result *result)
{
    *result = (struct tlsagen_publish_result){.reloaded = false};
    tlsagen_zone_change_init(&result->change);
}

void tlsagen_publish_result_clear(struct tlsagen_publish_result *result)
{
    tlsagen_zone_change_clear(&result->change);
    tlsagen_publish_result_init(result);
}

static enum tlsagen_status begin(struct run *run, const struct tlsagen_publish *publish,
                                 struct tlsagen_publish_result *result, struct tlsagen_err *err)
{
    *run = (struct run){.publish = publish,
                        .result = result,
                        .file = publish->file,
                        .state_dir =
                            publish->state_dir != NULL ? publish->state_dir : TLSAGEN_STATE_DIR,
                        .reload = publish->reload};
    run->owners = calloc(publish->owner_count, sizeof(*run->owners));
    if (run->owners == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < publish->owner_count; i++)
        run->owners[i].name = publish->owners[i];
    run->reload.zone = run->zone;
    return TLSAGEN_OK;
}

static void end(struct run *run)
{
    for (size_t i = 0; run->owners != NULL && i < run->publish->owner_count; i++)
        tlsagen_buf_clear(&run->owners[i].before);
    free(run->owners);
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
    tlsagen_rrset_format(&journal.after, TLSAGEN_FORMAT_ZONE, owner->name, TLSAGEN_TTL_NONE,
                         run->publish->set);
    journal.old_serial = run->result->change.old_serial;
    journal.new_serial = run->result->change.new_serial;
    journal.time = (int64_t)time(NULL);
    enum tlsagen_status status = TLSAGEN_OK;
    if (journal.file.failed || journal.zone.failed || journal.before.failed || journal.after.failed)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = journal_write(run->state_dir, owner->name, &journal, err);
    journal_clear(&journal);
    return status;
}

static enum tlsagen_status write_journals(const struct run *run, enum journal_phase phase,
                                          struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++)
        status = write_journal(run, &run->owners[i], phase, err);
    return status;
}

/* A run that was killed has left its intent; what it wanted is there now. */
static enum tlsagen_status finish_journals(const struct run *run, struct tlsagen_err *err)
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

static enum tlsagen_status edit(struct run *run, struct tlsagen_err *err)
{
    struct tlsagen_zone_options options = run->publish->zone;
    struct tlsagen_buf text;
    options.origin = run->zone;
    options.judge = run_judge;
    options.judge_arg = run;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < run->publish->owner_count; i++)
        tlsagen_rrset_format(&text, TLSAGEN_FORMAT_ZONE, run->publish->owners[i], TLSAGEN_TTL_NONE,
                             run->publish->set);
    enum tlsagen_status status = tlsagen_buf_check(&text, err);
    if (status == TLSAGEN_OK)
        status = (run->publish->add ? tlsagen_zone_add : tlsagen_zone_put)(
            run->file, text.data, text.len, "the new records", &options, &run->result->change, err);
    tlsagen_buf_clear(&text);
    return status;
}

/* The server serves what is in the file already. */
static bool is_there(struct run *run)
{
    struct tlsagen_err ignored;
    bool known;
    uint32_t serial;
    return serve_serial(&run->reload, QUESTION_MS, &known, &serial, &ignored) == TLSAGEN_OK &&
           known && serve_has(serial, run->reload.serial) &&
           run_confirm(run, serve_now(), 0, &ignored) == TLSAGEN_OK;
}

static enum tlsagen_status load(struct run *run, struct tlsagen_err *err)
{
    int64_t start = serve_now();
    run->result->reloaded = true;
    run->reload.asked = true;
    enum tlsagen_status status = tlsagen_reload_run(&run->reload, &run->result->reload, err);
    if (status == TLSAGEN_OK && run->reload.wait_ms > 0)
        status = run_confirm(run, start, run->reload.wait_ms, err);
    return status;
}

/* The server did not take it: the former records, under a newer serial, and what became of that. */
static enum tlsagen_status roll_back(struct run *run, struct tlsagen_err *err)
{
    const enum tlsagen_status cause = err->code;
    struct tlsagen_buf *before = calloc(run->publish->owner_count, sizeof(*before));
    struct tlsagen_err why;
    struct tlsagen_reload_result result;
    uint32_t serial = 0;
    if (before == NULL)
        return cause;
    for (size_t i = 0; i < run->publish->owner_count; i++)
        before[i] = run->owners[i].before; /* borrowed */
    enum tlsagen_status status = run_restore(run, before, &serial, &why);
    free(before);
    if (status != TLSAGEN_OK) {
        char text[TLSAGEN_ERR_SIZE];
        (void)snprintf(text, sizeof(text), "%s", err->message);
        return tlsagen_err_set(err, cause,
                               "%.500s; the former records could not be put back: %.400s", text,
                               why.message);
    }
    run->result->rolled_back = true;
    (void)write_journals(run, JOURNAL_UNDONE, &why);
    run->reload.serial = serial;
    status = tlsagen_reload_run(&run->reload, &result, &why);
    char text[TLSAGEN_ERR_SIZE];
    (void)snprintf(text, sizeof(text), "%s", err->message);
    return tlsagen_err_set(
        err, cause, "%.700s; the former records are in the file again, serial %u%s", text, serial,
        status == TLSAGEN_OK ? ", and loaded" : ", which the server has not loaded either");
}

static enum tlsagen_status bring_to_server(struct run *run, struct tlsagen_err *err)
{
    bool changed = run->result->change.changed;
    run->reload.has_serial = true;
    run->reload.serial = run->result->change.new_serial;
    if (!changed && is_there(run))
        return finish_journals(run, err);
    enum tlsagen_status status = load(run, err);
    if (status != TLSAGEN_OK)
        return changed && !run->publish->no_rollback ? roll_back(run, err) : status;
    return changed ? write_journals(run, JOURNAL_DONE, err) : finish_journals(run, err);
}

/* Whether the server can be controlled at all is asked before anything is changed. */
static enum tlsagen_status ask_before(struct run *run, struct tlsagen_err *err)
{
    bool known;
    uint32_t serial;
    if (run->publish->reload.server->kind == TLSAGEN_SERVER_RNDC &&
        run->publish->reload.address != NULL) {
        /* Its serial is asked by DNS then; rndc itself has to be asked, too. */
        struct tlsagen_reload reload = run->reload;
        reload.address = NULL;
        return serve_serial(&reload, QUESTION_MS, &known, &serial, err);
    }
    return serve_serial(&run->reload, QUESTION_MS, &known, &serial, err);
}

static enum tlsagen_status publish_in(struct run *run, struct tlsagen_err *err)
{
    enum tlsagen_status status = run_look(run, err);
    if (status == TLSAGEN_OK && run->publish->zone.dry_run)
        return edit(run, err);
    run->result->ttl = run_former_ttl(run);
    if (status == TLSAGEN_OK)
        status = ask_before(run, err);
    if (status == TLSAGEN_OK && !run_has_set(run))
        status = write_journals(run, JOURNAL_INTENT, err);
    if (status == TLSAGEN_OK)
        status = edit(run, err);
    return status == TLSAGEN_OK ? bring_to_server(run, err) : status;
}

enum tlsagen_status tlsagen_publish_run(const struct tlsagen_publish *publish,
                                        struct tlsagen_publish_result *result,
                                        struct tlsagen_err *err)
{
    struct run run;
    tlsagen_publish_result_init(result);
    enum tlsagen_status status = begin(&run, publish, result, err);
    if (status == TLSAGEN_OK)
        status = publish_in(&run, err);
    end(&run);
    return status;
}

/* The journals of all owners, which have to be of one file. */
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
        if (strcmp(journals[i].file.data, journals[0].file.data) != 0)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s and %s were published in different files; undo them one "
                                   "after the other",
                                   run->publish->owners[0], owner);
    }
    run->file = journals[0].file.data;
    (void)snprintf(run->zone, sizeof(run->zone), "%s", journals[0].zone.data);
    return TLSAGEN_OK;
}

static enum tlsagen_status undo_in(struct run *run, struct journal *journals,
                                   struct tlsagen_err *err)
{
    struct tlsagen_buf *before = calloc(run->publish->owner_count, sizeof(*before));
    if (before == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status = read_journals(run, journals, err);
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++)
        before[i] = journals[i].before; /* borrowed */
    if (status == TLSAGEN_OK)
        status = ask_before(run, err);
    if (status == TLSAGEN_OK)
        status = run_restore(run, before, &run->reload.serial, err);
    free(before);
    for (size_t i = 0; i < run->publish->owner_count && status == TLSAGEN_OK; i++) {
        journals[i].phase = JOURNAL_UNDONE;
        status = journal_write(run->state_dir, run->publish->owners[i], &journals[i], err);
    }
    if (status != TLSAGEN_OK)
        return status;
    (void)snprintf(run->result->change.zone, sizeof(run->result->change.zone), "%s", run->zone);
    run->result->change.changed = run->result->reloaded = true;
    run->result->change.old_serial = journals[0].new_serial;
    run->result->change.new_serial = run->reload.serial;
    run->reload.has_serial = true;
    return tlsagen_reload_run(&run->reload, &run->result->reload, err);
}

enum tlsagen_status tlsagen_publish_undo(const struct tlsagen_publish *publish,
                                         struct tlsagen_publish_result *result,
                                         struct tlsagen_err *err)
{
    struct run run;
    tlsagen_publish_result_init(result);
    struct journal *journals = calloc(publish->owner_count, sizeof(*journals));
    enum tlsagen_status status = begin(&run, publish, result, err);
    if (status == TLSAGEN_OK && journals == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = undo_in(&run, journals, err);
    for (size_t i = 0; journals != NULL && i < publish->owner_count; i++)
        journal_clear(&journals[i]);
    free(journals);
    end(&run);
    return status;
}
