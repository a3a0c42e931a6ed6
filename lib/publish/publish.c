/* publish.c - tlsagen_publish_run: look, edit, reload, confirm; or back again. */
#include <stdio.h>

#include "run.h"

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

static enum tlsagen_status edit(struct run *run, struct tlsagen_err *err)
{
    struct tlsagen_zone_options options = run->publish->zone;
    struct tlsagen_buf text;
    options.origin = run->zone;
    options.judge = run_judge;
    options.judge_arg = run;
    options.frozen = run->publish->freeze;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        if (run_is_first(run, i))
            tlsagen_rrset_format(&text, TLSAGEN_FORMAT_ZONE, run->owners[i].at, TLSAGEN_TTL_NONE,
                                 run->publish->set);
    }
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
    return serve_serial(&run->reload, RUN_QUESTION_MS, &known, &serial, &ignored) == TLSAGEN_OK &&
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

static enum tlsagen_status bring_to_server(struct run *run, struct tlsagen_err *err)
{
    bool changed = run->result->change.changed;
    run->reload.has_serial = true;
    run->reload.serial = run->result->change.new_serial;
    if (!changed && is_there(run))
        return run_finish_journals(run, err);
    enum tlsagen_status status = load(run, err);
    if (status != TLSAGEN_OK)
        return changed && !run->publish->no_rollback ? run_roll_back(run, err) : status;
    status = changed ? run_write_journals(run, JOURNAL_DONE, err) : run_finish_journals(run, err);
    return status == TLSAGEN_OK ? status : tlsagen_err_prepend(err, "the server has the records");
}

/* The records are put into the file, and the server loads it. */
static enum tlsagen_status edit_and_load(struct run *run, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    run->result->ttl = run_former_ttl(run);
    if (!run_has_set(run))
        status = run_write_journals(run, JOURNAL_INTENT, err);
    if (status == TLSAGEN_OK)
        status = edit(run, err);
    return status == TLSAGEN_OK ? bring_to_server(run, err) : status;
}

/* A dynamic zone is not frozen to find out that it has the records. */
static bool is_served(struct run *run)
{
    struct tlsagen_err ignored;
    const int64_t ttl = run->publish->zone.ttl;
    if (run_confirm(run, serve_now(), 0, &ignored) != TLSAGEN_OK ||
        (ttl != TLSAGEN_ZONE_TTL_NONE && ttl != run->served_ttl)) {
        run->result->served = false;
        return false;
    }
    (void)snprintf(run->result->change.zone, sizeof(run->result->change.zone), "%s", run->zone);
    run->result->change.old_serial = run->result->change.new_serial = run->reload.serial;
    run->result->ttl = run_former_ttl(run);
    if (run->served_ttl > (int64_t)run->result->ttl)
        run->result->ttl = (uint32_t)run->served_ttl;
    return true;
}

/* Freezing rewrites the file, so what was read of it before counts no more. */
static enum tlsagen_status publish_frozen(struct run *run, struct tlsagen_err *err)
{
    if (is_served(run))
        return run_finish_journals(run, err);
    enum tlsagen_status status = freeze_begin(run, err);
    if (status != TLSAGEN_OK)
        return status;
    status = run_look_zone(run, err);
    if (status == TLSAGEN_OK)
        status = run_look(run, err);
    if (status == TLSAGEN_OK)
        status = edit_and_load(run, err);
    return freeze_end(run, status, err);
}

static enum tlsagen_status publish_in(struct run *run, struct tlsagen_err *err)
{
    enum tlsagen_status status = run_look_zone(run, err);
    if (status == TLSAGEN_OK && run->publish->zone.dry_run) {
        run->result->left_frozen =
            tlsagen_publish_left_frozen(run->state_dir, run->zone, run->reload.server->view);
        status = run_follow(run, err);
        return status == TLSAGEN_OK ? edit(run, err) : status;
    }
    if (status == TLSAGEN_OK)
        status = run_lock(run, err);
    if (status == TLSAGEN_OK)
        status = run_look(run, err);
    if (status == TLSAGEN_OK)
        status = run_ask_before(run, err);
    if (status != TLSAGEN_OK)
        return status;
    return run->reload.thaw ? publish_frozen(run, err) : edit_and_load(run, err);
}

enum tlsagen_status tlsagen_publish_run(const struct tlsagen_publish *publish,
                                        struct tlsagen_publish_result *result,
                                        struct tlsagen_err *err)
{
    struct run run;
    tlsagen_publish_result_init(result);
    enum tlsagen_status status = run_begin(&run, publish, result, err);
    if (status == TLSAGEN_OK)
        status = publish_in(&run, err);
    run_end(&run);
    return status;
}
