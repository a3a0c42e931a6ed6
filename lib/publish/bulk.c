#include "bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/dns.h>

#include "match.h"
#include "run.h"

#define QUESTION_MS 2000U
#define FIRST_PAUSE_MS 5
#define LAST_PAUSE_MS 100

/* One run; `run` is what is shared with a publish of one set, without owners. */
struct job {
    const struct bulk *bulk;
    struct bulk_result *result;
    struct bulk_edit edit;
    struct tlsagen_publish publish;
    struct tlsagen_publish_result publish_result;
    struct run run;
};

void bulk_result_init(struct bulk_result *result)
{
    *result = (struct bulk_result){.reloaded = false};
    tlsagen_zone_change_init(&result->change);
}

void bulk_result_clear(struct bulk_result *result)
{
    tlsagen_zone_change_clear(&result->change);
    bulk_result_init(result);
}

static enum tlsagen_status look(struct job *job, bool by_dns, struct tlsagen_err *err)
{
    job->edit = (struct bulk_edit){.count = 0};
    return job->bulk->look(job->bulk->arg, by_dns, &job->edit, err);
}

/* --- the new file is judged --- */

struct judging {
    const struct job *job;
    const char *path; /* that findings name for the zone file */
    bool found;
    struct tlsagen_err err;
};

static void find(void *arg, const struct tlsagen_zone_finding *finding)
{
    struct judging *judging = arg;
    const struct bulk *bulk = judging->job->bulk;
    if (!finding->error || judging->found ||
        (check_is_of_record(finding) && !bulk->concerns(bulk->arg, finding->text)))
        return;
    const char *file = strcmp(finding->file, judging->path) == 0 ? bulk->file : finding->file;
    judging->found = true;
    (void)check_refuse(finding, file, &judging->err);
}

static enum tlsagen_status verdict_of(const struct judging *judging, struct tlsagen_err *err)
{
    if (!judging->found)
        return TLSAGEN_OK;
    if (err != NULL)
        *err = judging->err;
    return judging->err.code;
}

static enum tlsagen_status judge(void *arg, const char *path, struct tlsagen_err *err)
{
    const struct job *job = arg;
    const struct tlsagen_zone_options *options = &job->bulk->options;
    struct judging judging = {.job = job, .path = path};
    struct tlsagen_zone_verdict verdict;
    enum tlsagen_status status =
        tlsagen_zone_check(path, job->bulk->zone, find, &judging, &verdict, err);
    if (status == TLSAGEN_OK)
        status = verdict_of(&judging, err);
    return status == TLSAGEN_OK && options->judge != NULL
               ? options->judge(options->judge_arg, path, err)
               : status;
}

/* --- edit --- */

static struct tlsagen_zone_options edit_options(struct job *job)
{
    struct tlsagen_zone_options options = job->bulk->options;
    options.origin = job->bulk->zone;
    options.ttl = TLSAGEN_ZONE_TTL_NONE;
    options.frozen = job->run.reload.thaw;
    if (job->bulk->has_server) {
        options.judge = judge;
        options.judge_arg = job;
    }
    return options;
}

static enum tlsagen_status edit(struct job *job, struct tlsagen_err *err)
{
    const struct tlsagen_zone_options options = edit_options(job);
    return put_rrsets(job->bulk->file, job->bulk->wanted, job->bulk->arg, &options,
                      &job->result->change, err);
}

/* The same, with nothing written; what a caller's judge would say is not known. */
static enum tlsagen_status try_edit(struct job *job, struct tlsagen_err *err)
{
    const struct tlsagen_zone_options options = edit_options(job);
    struct judging judging = {.job = job, .path = job->bulk->file};
    enum tlsagen_status status =
        put_try(job->bulk->file, job->bulk->wanted, job->bulk->arg, &options,
                job->bulk->has_server ? find : NULL, &judging, &job->result->change, err);
    return status == TLSAGEN_OK ? verdict_of(&judging, err) : status;
}

/* What somebody else has put there meanwhile is his, and no former record takes its place. */
static enum tlsagen_status check_still_ours(struct job *job, struct tlsagen_err *err)
{
    struct tlsagen_zone_options options = edit_options(job);
    struct tlsagen_zone_change change;
    options.dry_run = true;
    options.judge = NULL;
    options.warn = NULL; /* told before */
    tlsagen_zone_change_init(&change);
    enum tlsagen_status status =
        put_rrsets(job->bulk->file, job->bulk->wanted, job->bulk->arg, &options, &change, err);
    if (status == TLSAGEN_OK && change.changed)
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "somebody else has changed them in the file meanwhile");
    tlsagen_zone_change_clear(&change);
    return status;
}

static enum tlsagen_status put_back(struct job *job, uint32_t *serial, struct tlsagen_err *err)
{
    struct tlsagen_zone_options options = edit_options(job);
    struct tlsagen_zone_change change;
    options.policy = TLSAGEN_SERIAL_AUTO;
    options.judge = NULL;
    options.warn = NULL;
    tlsagen_zone_change_init(&change);
    enum tlsagen_status status = check_still_ours(job, err);
    if (status == TLSAGEN_OK)
        status =
            put_rrsets(job->bulk->file, job->bulk->former, job->bulk->arg, &options, &change, err);
    *serial = change.new_serial;
    tlsagen_zone_change_clear(&change);
    return status;
}

/* err says why the server did not take the file; its code stays. */
static enum tlsagen_status roll_back(struct job *job, struct tlsagen_err *err)
{
    const struct tlsagen_err cause = *err;
    struct tlsagen_err why;
    struct tlsagen_reload_result ignored;
    uint32_t serial = 0;
    if (put_back(job, &serial, &why) != TLSAGEN_OK)
        return tlsagen_err_set(err, cause.code,
                               "%.500s; the former records could not be put back: %.400s",
                               cause.message, why.message);
    job->result->rolled_back = true;
    job->run.reload.serial = serial;
    const bool loaded = tlsagen_reload_run(&job->run.reload, &ignored, &why) == TLSAGEN_OK;
    return tlsagen_err_set(err, cause.code,
                           "%.700s; the former records are in the file again, serial %u%s",
                           cause.message, serial,
                           loaded ? ", and loaded" : ", which the server has not loaded either");
}

/* --- the server --- */

/* One look at the samples; *served, or err says what is missing. */
static enum tlsagen_status ask_samples(const struct job *job, bool *served, struct tlsagen_err *err)
{
    const struct tlsagen_reload *reload = &job->run.reload;
    *served = true;
    for (size_t i = 0; i < job->edit.sample_count && *served; i++) {
        const struct bulk_sample *sample = &job->edit.samples[i];
        const struct tlsagen_dns_question question = {
            .address = reload->address != NULL ? reload->address : "127.0.0.1",
            .port = reload->port,
            .name = sample->owner,
            .type = TLSAGEN_DNS_TLSA,
            .timeout_ms = QUESTION_MS,
        };
        struct tlsagen_dns_answer answer;
        enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
        *served = status == TLSAGEN_OK && match_set(&answer, sample->set, sample->more);
        tlsagen_dns_answer_clear(&answer);
        if (status != TLSAGEN_OK)
            return status;
        if (!*served)
            (void)tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                                  "%s: the zone is loaded, and the server at %s does not answer "
                                  "with the new records; see `query`, and whether another view "
                                  "or server answers there",
                                  question.name, question.address);
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status confirm(const struct job *job, struct tlsagen_err *err)
{
    const int64_t end = serve_now() + job->run.reload.wait_ms;
    for (int64_t pause = FIRST_PAUSE_MS;;) {
        bool served;
        enum tlsagen_status status = ask_samples(job, &served, err);
        if (status != TLSAGEN_OK || served)
            return status;
        const int64_t left = end - serve_now();
        if (left <= 0)
            return TLSAGEN_E_TIMEOUT;
        serve_nap(pause < left ? pause : left);
        pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
    }
}

static enum tlsagen_status load(struct job *job, struct tlsagen_err *err)
{
    struct tlsagen_reload_result ignored;
    struct tlsagen_reload *reload = &job->run.reload;
    reload->has_serial = true;
    reload->serial = job->result->change.new_serial;
    reload->asked = true;
    job->result->reloaded = true;
    enum tlsagen_status status = tlsagen_reload_run(reload, &ignored, err);
    if (status == TLSAGEN_OK && reload->wait_ms > 0)
        status = confirm(job, err);
    if (status != TLSAGEN_OK && job->result->change.changed)
        return roll_back(job, err);
    return status;
}

static enum tlsagen_status edit_and_load(struct job *job, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    if (job->edit.count > 0) {
        status = job->bulk->before(job->bulk->arg, err);
        if (status == TLSAGEN_OK)
            status = edit(job, err);
    } else if (job->bulk->has_server) {
        /* The serial that the file has. */
        struct tlsagen_zone_options options = edit_options(job);
        options.dry_run = true;
        options.warn = NULL;
        status = tlsagen_zone_bump(job->bulk->file, true, &options, &job->result->change, err);
        job->result->change.new_serial = job->result->change.old_serial;
        job->result->change.changed = false;
        tlsagen_buf_clear(&job->result->change.diff);
    }
    return status == TLSAGEN_OK && job->bulk->has_server ? load(job, err) : status;
}

/* Freezing rewrites the file, so what was read before counts no more. */
static enum tlsagen_status edit_frozen(struct job *job, struct tlsagen_err *err)
{
    enum tlsagen_status status = freeze_begin(&job->run, err);
    if (status != TLSAGEN_OK)
        return status;
    status = look(job, false, err);
    if (status == TLSAGEN_OK)
        status = edit_and_load(job, err);
    return freeze_end(&job->run, status, err);
}

static bool has_work(const struct job *job)
{
    return job->edit.count > 0 || (job->edit.pending && job->bulk->has_server);
}

/*
 * What a run would do. Nobody else is kept from the zone, and its server is not asked: the file of
 * a dynamic zone is not the one that would be edited.
 */
static enum tlsagen_status run_dry(struct job *job, struct tlsagen_err *err)
{
    const struct bulk *bulk = job->bulk;
    const struct tlsagen_server *server = bulk->reload.server;
    enum tlsagen_status status = look(job, bulk->freeze, err);
    if (status != TLSAGEN_OK)
        return status;
    job->publish_result.thawed =
        bulk->has_server && server->kind == TLSAGEN_SERVER_RNDC &&
        tlsagen_publish_left_frozen(bulk->state_dir, bulk->zone, server->view);
    if (job->edit.count > 0 && !bulk->freeze)
        status = try_edit(job, err);
    job->result->reloaded = status == TLSAGEN_OK && has_work(job) && bulk->has_server;
    return status;
}

static enum tlsagen_status run_locked(struct job *job, struct tlsagen_err *err)
{
    enum tlsagen_status status = job->bulk->has_server ? freeze_mend(&job->run, err) : TLSAGEN_OK;
    if (status == TLSAGEN_OK)
        status = look(job, job->bulk->freeze, err);
    if (status != TLSAGEN_OK || !has_work(job))
        return status;
    if (job->bulk->has_server)
        status = run_ask_before(&job->run, err);
    if (status != TLSAGEN_OK)
        return status;
    if (job->run.reload.thaw)
        return edit_frozen(job, err);
    if (job->bulk->freeze) /* no dynamic zone: its file is what counts */
        status = look(job, false, err);
    return status == TLSAGEN_OK && has_work(job) ? edit_and_load(job, err) : status;
}

enum tlsagen_status bulk_run(const struct bulk *bulk, struct bulk_result *result,
                             struct tlsagen_err *err)
{
    struct job job = {.bulk = bulk,
                      .result = result,
                      .publish = {.file = bulk->file,
                                  .reload = bulk->reload,
                                  .freeze = bulk->freeze,
                                  .state_dir = bulk->state_dir}};
    const char *view = bulk->has_server ? bulk->reload.server->view : NULL;
    const uint32_t wait_ms =
        bulk->reload.wait_ms > 0 ? bulk->reload.wait_ms : TLSAGEN_RELOAD_WAIT_MS;
    bulk_result_init(result);
    tlsagen_publish_result_init(&job.publish_result);
    enum tlsagen_status status = run_begin(&job.run, &job.publish, &job.publish_result, err);
    (void)snprintf(job.run.zone, sizeof(job.run.zone), "%s", bulk->zone);
    if (status == TLSAGEN_OK && bulk->dry_run) {
        status = run_dry(&job, err);
    } else if (status == TLSAGEN_OK) {
        status = lock_take(&job.run.lock, bulk->state_dir, bulk->zone, view, wait_ms, err);
        if (status == TLSAGEN_OK) {
            status = run_locked(&job, err);
            bulk->after(bulk->arg, result, status);
        }
    }
    result->thawed = job.publish_result.thawed;
    run_end(&job.run);
    tlsagen_publish_result_clear(&job.publish_result);
    return status;
}
