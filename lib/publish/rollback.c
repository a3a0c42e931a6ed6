/* rollback.c - what is done when the server did not take the new file. */
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

/* What somebody else has put there meanwhile is his, and no former record takes its place. */
static enum tlsagen_status check_still_ours(const struct run *run, struct tlsagen_err *err)
{
    struct tlsagen_publish_result ignored;
    struct run now;
    enum tlsagen_status status = run_begin(&now, run->publish, &ignored, err);
    (void)snprintf(now.zone, sizeof(now.zone), "%s", run->zone);
    if (status == TLSAGEN_OK)
        status = run_look(&now, err);
    if (status == TLSAGEN_OK && !run_has_set(&now))
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "somebody else has changed them in the file meanwhile");
    run_end(&now);
    return status;
}

static enum tlsagen_status put_back(struct run *run, uint32_t *serial, struct tlsagen_err *err)
{
    enum tlsagen_status status = check_still_ours(run, err);
    if (status != TLSAGEN_OK)
        return status;
    struct tlsagen_buf *before = calloc(run->publish->owner_count, sizeof(*before));
    if (before == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < run->publish->owner_count; i++)
        before[i] = run->owners[i].before; /* borrowed */
    status = run_restore(run, before, serial, err);
    free(before);
    return status;
}

enum tlsagen_status run_roll_back(struct run *run, struct tlsagen_err *err)
{
    const enum tlsagen_status cause = err->code;
    struct tlsagen_err why;
    struct tlsagen_reload_result result;
    uint32_t serial = 0;
    enum tlsagen_status status = put_back(run, &serial, &why);
    if (status != TLSAGEN_OK) {
        char text[TLSAGEN_ERR_SIZE];
        (void)snprintf(text, sizeof(text), "%s", err->message);
        return tlsagen_err_set(err, cause,
                               "%.500s; the former records could not be put back: %.400s", text,
                               why.message);
    }
    run->result->rolled_back = true;
    (void)run_write_journals(run, JOURNAL_UNDONE, &why);
    run->reload.serial = serial;
    status = tlsagen_reload_run(&run->reload, &result, &why);
    char text[TLSAGEN_ERR_SIZE];
    (void)snprintf(text, sizeof(text), "%s", err->message);
    return tlsagen_err_set(
        err, cause, "%.700s; the former records are in the file again, serial %u%s", text, serial,
        status == TLSAGEN_OK ? ", and loaded" : ", which the server has not loaded either");
}
