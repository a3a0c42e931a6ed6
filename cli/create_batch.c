/* create_batch.c - many requests in one run of `create`. */
#include "create.h"

#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "progress.h"

#define PASSPHRASE_MAX 1024 /* bytes, as PEM_BUFSIZE */

struct batch {
    const struct create_args *args;
    struct progress progress;
    bool write_failed; /* and that was reported */
    char passphrase[PASSPHRASE_MAX];
    int passphrase_len; /* -1: there is none */
};

/* A tlsagen_batch_format_fn. Hosts lie in many zones, and an update is of one and has 64 kB. */
static enum tlsagen_status format_part(void *arg, struct tlsagen_buf *buf, const char *host,
                                       uint16_t port, const struct tlsagen_rrset *set,
                                       struct tlsagen_err *err)
{
    const struct batch *batch = arg;
    create_emit_begin(buf, batch->args);
    enum tlsagen_status status = create_emit_part(buf, batch->args, host, port, set, err);
    if (status == TLSAGEN_OK)
        create_emit_end(buf, batch->args);
    return status;
}

/* A tlsagen_batch_write_fn. */
static enum tlsagen_status write_out(void *arg, const char *bytes, size_t len,
                                     struct tlsagen_err *err)
{
    struct batch *batch = arg;
    if (report_result(bytes, len) == EXIT_DONE)
        return TLSAGEN_OK;
    batch->write_failed = true;
    return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "cannot write the result");
}

/* A tlsagen_batch_report_fn. */
static void report_line(void *arg, bool is_warning, const char *text)
{
    struct batch *batch = arg;
    progress_hide(&batch->progress);
    if (!is_warning)
        report_error("%s", text);
    else if (batch->args->warnings_fail)
        report_error("%s (an error because of -W)", text);
    else
        report_warning("%s", text);
}

/* A tlsagen_batch_progress_fn. */
static void show_progress(void *arg, const struct tlsagen_batch_result *so_far)
{
    struct batch *batch = arg;
    progress_show(&batch->progress, "requests", so_far->requests, so_far->bytes, so_far->total);
}

/* A tlsagen_passphrase_fn for all threads: they cannot share the terminal, or one reading of `-`.
 */
static int give_passphrase(void *arg, const char *label, char *passphrase, int size)
{
    (void)label;
    const struct batch *batch = arg;
    if (batch->passphrase_len < 0 || batch->passphrase_len > size)
        return -1;
    memcpy(passphrase, batch->passphrase, (size_t)batch->passphrase_len);
    return batch->passphrase_len;
}

static bool load_passphrase(struct batch *batch)
{
    struct create_passphrase from = {.path = batch->args->passphrase_file};
    batch->passphrase_len = -1;
    if (from.path == NULL)
        return true;
    batch->passphrase_len =
        create_passphrase_ask(&from, "", batch->passphrase, sizeof(batch->passphrase));
    create_passphrase_clear(&from);
    if (batch->passphrase_len < 0)
        (void)report_err(&from.err);
    return batch->passphrase_len >= 0;
}

static struct tlsagen_batch_options options_of(struct batch *batch)
{
    const struct create_args *args = batch->args;
    enum tlsagen_batch_warnings warnings = args->warnings_fail ? TLSAGEN_BATCH_WARNINGS_FAIL
                                           : args->quiet       ? TLSAGEN_BATCH_WARNINGS_IGNORE
                                                               : TLSAGEN_BATCH_WARNINGS_REPORT;
    return (struct tlsagen_batch_options){
        .kind = args->source == CREATE_BUNDLE ? TLSAGEN_BATCH_BUNDLE : TLSAGEN_BATCH_LINES,
        .jobs = args->jobs,
        .stop_on_error = args->stop_on_error,
        .warnings = warnings,
        .proto = args->proto,
        .anchor = args->anchor,
        .anchor_offset = args->anchor_offset,
        .unchecked = args->unchecked,
        .unrelated_keys = args->union_of_keys,
        .now = (int64_t)time(NULL),
        .ports = args->ports,
        .port_count = args->port_count,
        .fields = args->fields,
        .field_count = args->field_count,
        .format = format_part,
        .write = write_out,
        .report = report_line,
        .progress = show_progress,
        .passphrase = give_passphrase,
        .arg = batch,
    };
}

static int judge(const struct create_args *args, const struct tlsagen_batch_result *result)
{
    if (args->source == CREATE_BUNDLE && result->requests == 0) {
        report_error("%s: holds no PEM block; give a bundle of certificates", args->path);
        return EXIT_FAILED;
    }
    if (result->failed == 0)
        return EXIT_DONE;
    if (result->failed > 1)
        report_error("%llu of %llu requests failed", (unsigned long long)result->failed,
                     (unsigned long long)result->requests);
    return EXIT_FAILED;
}

int create_batch(const struct create_args *args)
{
    struct batch batch = {.args = args};
    if (!load_passphrase(&batch))
        return EXIT_FAILED;
    struct tlsagen_batch_options options = options_of(&batch);
    struct tlsagen_batch_result result;
    struct tlsagen_err err;
    progress_init(&batch.progress);
    enum tlsagen_status status = tlsagen_batch_run(args->path, &options, &result, &err);
    progress_hide(&batch.progress);
    OPENSSL_cleanse(batch.passphrase, sizeof(batch.passphrase));
    if (batch.write_failed)
        return EXIT_FAILED;
    return status == TLSAGEN_OK ? judge(args, &result) : report_err(&err);
}
