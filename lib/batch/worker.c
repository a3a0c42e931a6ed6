/* worker.c - answers the requests of one piece of a batch. */
#include <string.h>

#include "block.h"
#include "file.h"
#include "job.h"
#include "line.h"

/* The name of a block's input; messages name it by its number instead. */
static const char block_label[] = "certificate";

/* What is asked of the material that the worker holds. */
struct asked {
    const char *host;
    const uint16_t *ports;
    size_t port_count;
    const struct tlsagen_fields *fields;
    size_t field_count;
};

enum tlsagen_status worker_init(struct worker *worker, const struct tlsagen_batch_options *options,
                                struct tlsagen_err *err)
{
    *worker = (struct worker){.options = options};
    tlsagen_rrset_init(&worker->set);
    tlsagen_buf_init(&worker->input);
    enum tlsagen_status status = tlsagen_ctx_new(&worker->ctx, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_new(&worker->material, err);
    if (status == TLSAGEN_OK && options->passphrase != NULL)
        tlsagen_ctx_set_passphrase(worker->ctx, options->passphrase, options->arg);
    return status;
}

void worker_clear(struct worker *worker)
{
    tlsagen_material_free(worker->material);
    tlsagen_ctx_free(worker->ctx);
    tlsagen_rrset_clear(&worker->set);
    tlsagen_buf_cleanse(&worker->input);
}

static void add_message(struct worker *worker, bool is_warning, const char *text)
{
    size_t label = sizeof(block_label) - 1;
    bool bundle = worker->options->kind == TLSAGEN_BATCH_BUNDLE;
    if (bundle && strncmp(text, block_label, label) == 0 && strncmp(text + label, ": ", 2) == 0)
        text += label + 2;
    const struct job_message message = {worker->line, worker->ordinal, is_warning, text};
    job_message_add(worker->job, &message, worker->message_mark);
}

/* A tlsagen_warn_fn. */
static void take_warning(void *arg, enum tlsagen_warning warning, const char *text)
{
    (void)warning;
    struct worker *worker = arg;
    worker->warnings++;
    add_message(worker, true, text);
}

/* After an unusually large file its memory is given back. */
static enum tlsagen_status shrink(struct worker *worker, struct tlsagen_err *err)
{
    if (worker->input.cap <= JOB_KEEP_MAX)
        return TLSAGEN_OK;
    tlsagen_buf_cleanse(&worker->input);
    tlsagen_material_free(worker->material);
    worker->material = NULL;
    return tlsagen_material_new(&worker->material, err);
}

static void begin_request(struct worker *worker)
{
    tlsagen_material_reset(worker->material);
    worker->out_mark = worker->job->out.len;
    worker->message_mark = worker->job->messages.len;
    worker->warnings = 0;
    worker->job->requests++;
}

static void end_request(struct worker *worker, enum tlsagen_status status,
                        const struct tlsagen_err *err)
{
    struct job *job = worker->job;
    if (status == TLSAGEN_E_MEMORY || job->out.failed || job->messages.failed) {
        job->status = tlsagen_err_set(&job->err, TLSAGEN_E_MEMORY, "out of memory");
        return;
    }
    bool failed = status != TLSAGEN_OK;
    if (failed)
        add_message(worker, false, err->message);
    else if (worker->warnings > 0)
        failed = worker->options->warnings == TLSAGEN_BATCH_WARNINGS_FAIL;
    if (!failed)
        return;
    job->failed++;
    job->stopped = worker->options->stop_on_error;
    if (job->out.len > worker->out_mark) {
        job->out.len = worker->out_mark;
        job->out.data[job->out.len] = '\0';
    }
}

static enum tlsagen_status make_records(struct worker *worker, const struct asked *asked,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_batch_options *options = worker->options;
    const struct tlsagen_request request = {
        .host = asked->host,
        .ports = asked->ports,
        .port_count = asked->port_count,
        .fields = asked->fields,
        .field_count = asked->field_count,
        .anchor = options->anchor,
        .anchor_offset = options->anchor_offset,
        .unchecked = options->unchecked,
        .unrelated_keys = options->unrelated_keys,
        .now = options->now,
        .warn = options->warnings == TLSAGEN_BATCH_WARNINGS_IGNORE ? NULL : take_warning,
        .warn_arg = worker,
    };
    tlsagen_rrset_reset(&worker->set);
    enum tlsagen_status status =
        tlsagen_material_records(worker->ctx, worker->material, &request, &worker->set, err);
    for (size_t i = 0; i < asked->port_count && status == TLSAGEN_OK; i++)
        status = options->format(options->arg, &worker->job->out, asked->host, asked->ports[i],
                                 &worker->set, err);
    return status;
}

static enum tlsagen_status answer_line(struct worker *worker, const struct line *line,
                                       struct tlsagen_err *err)
{
    const struct asked asked = {
        .host = line->host,
        .ports = line->ports,
        .port_count = line->port_count,
        .fields = &line->fields,
        .field_count = 1,
    };
    enum tlsagen_status status = file_read(line->file, &worker->input, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_add(worker->ctx, worker->material, worker->input.data,
                                      worker->input.len, line->file, err);
    /* It may have been a private key. */
    explicit_bzero(worker->input.data, worker->input.len);
    if (status == TLSAGEN_OK)
        status = make_records(worker, &asked, err);
    return status;
}

static void one_line(struct worker *worker, char *text, size_t len, bool overlong)
{
    struct line line;
    struct tlsagen_err err;
    bool blank = false;
    enum tlsagen_status status;
    if (overlong || len > TLSAGEN_BATCH_LINE_MAX)
        status = tlsagen_err_set(&err, TLSAGEN_E_LIMIT, "the line is longer than %u bytes",
                                 TLSAGEN_BATCH_LINE_MAX);
    else
        status = line_parse(text, len, worker->options->proto, &line, &blank, &err);
    if (blank)
        return;
    begin_request(worker);
    if (status == TLSAGEN_OK)
        status = answer_line(worker, &line, &err);
    end_request(worker, status, &err);
    if (shrink(worker, &worker->job->err) != TLSAGEN_OK)
        worker->job->status = TLSAGEN_E_MEMORY;
}

static void answer_lines(struct worker *worker, struct job *job)
{
    char *p = job->piece.text.data;
    char *end = p + job->piece.text.len;
    while (p < end && !job->stopped && job->status == TLSAGEN_OK) {
        char *lf = memchr(p, '\n', (size_t)(end - p));
        char *stop = lf == NULL ? end : lf;
        worker->line = job->newlines;
        one_line(worker, p, (size_t)(stop - p), lf == NULL && job->piece.overlong);
        job->newlines += lf != NULL;
        p = lf == NULL ? end : lf + 1;
    }
}

static enum tlsagen_status answer_block(struct worker *worker, const struct block *block,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_batch_options *options = worker->options;
    char host[TLSAGEN_NAME_SIZE];
    const struct asked asked = {
        .host = host,
        .ports = options->ports,
        .port_count = options->port_count,
        .fields = options->fields,
        .field_count = options->field_count,
    };
    if (!block->whole)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                               "no END line, or more than %u bytes; get a fresh copy",
                               TLSAGEN_BATCH_BLOCK_MAX);
    enum tlsagen_status status = tlsagen_material_add(worker->ctx, worker->material, block->text,
                                                      block->len, block_label, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_host(worker->ctx, worker->material, host, err);
    if (status == TLSAGEN_OK)
        status = make_records(worker, &asked, err);
    return status;
}

static void answer_blocks(struct worker *worker, struct job *job)
{
    const char *counted = job->piece.text.data;
    struct block_reader reader = {counted, counted + job->piece.text.len};
    struct block block;
    while (!job->stopped && job->status == TLSAGEN_OK && block_next(&reader, &block)) {
        struct tlsagen_err err;
        job->newlines += count_newlines(counted, (size_t)(block.text - counted));
        counted = block.text;
        worker->line = job->newlines;
        worker->ordinal = job->blocks++;
        begin_request(worker);
        end_request(worker, answer_block(worker, &block, &err), &err);
    }
    job->newlines += count_newlines(counted, (size_t)(reader.end - counted));
}

void worker_answer(struct worker *worker, struct job *job)
{
    worker->job = job;
    if (worker->options->kind == TLSAGEN_BATCH_LINES)
        answer_lines(worker, job);
    else
        answer_blocks(worker, job);
    worker->job = NULL;
}
