#include "publish_report.h"

#include <jansson.h>
#include <stdlib.h>

/* What would be done: the edit as a diff, and the command. */
int publish_report_plan(const struct tlsagen_server *server,
                        const struct tlsagen_publish_result *result)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    tlsagen_buf_add(&text, result->change.diff.data, result->change.diff.len);
    enum tlsagen_status status = TLSAGEN_OK;
    if (result->change.changed) {
        tlsagen_buf_str(&text, "then: ");
        status = tlsagen_server_command(server, result->change.zone, &text, &err);
        tlsagen_buf_char(&text, '\n');
    }
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&text, &err);
    int code = status == TLSAGEN_OK ? report_result(text.data, text.len) : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}

static json_t *owners_json(const char *const *owners, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, json_string(owners[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

int publish_report_json(const struct publish_report *report)
{
    const struct tlsagen_publish *publish = report->publish;
    const struct tlsagen_publish_result *result = report->result;
    const struct world_outcome *outcome = report->outcome;
    const struct tlsagen_zone_change *change = &result->change;
    char when[32];
    world_time(outcome->safe_from, when);
    json_t *object =
        json_pack("{s:o, s:s, s:b, s:I, s:I, s:b, s:b, s:I, s:f}", "owners",
                  owners_json(publish->owners, publish->owner_count), "zone", change->zone,
                  "changed", change->changed, "old_serial", (json_int_t)change->old_serial,
                  "new_serial", (json_int_t)change->new_serial, "reloaded", result->reloaded,
                  "served", result->served || report->undo, "former_ttl", (json_int_t)result->ttl,
                  "seconds", (double)result->elapsed_ms / 1000);
    if (object != NULL && outcome->safe_from > 0 &&
        json_object_set_new(object, "safe_from", json_string(when)) != 0) {
        json_decref(object);
        object = NULL;
    }
    char *text =
        object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(object);
    struct tlsagen_buf line;
    int code = EXIT_FAILED;
    tlsagen_buf_init(&line);
    if (text != NULL)
        tlsagen_buf_printf(&line, "%s\n", text);
    if (text == NULL || line.failed)
        report_error("cannot write JSON: out of memory");
    else
        code = report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    free(text);
    return code;
}

/* A line for each owner: cron mails it only when something was done. */
int publish_report_text(const struct publish_report *report)
{
    const struct tlsagen_publish *publish = report->publish;
    const struct tlsagen_publish_result *result = report->result;
    const struct tlsagen_zone_change *change = &result->change;
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < publish->owner_count; i++) {
        tlsagen_buf_str(&text, publish->owners[i]);
        if (report->undo)
            tlsagen_buf_printf(&text, " undone, serial %u -> %u\n", change->old_serial,
                               change->new_serial);
        else if (!change->changed)
            tlsagen_buf_printf(&text, " unchanged, serial %u, %s\n", change->new_serial,
                               result->served ? "served" : "not asked for");
        else if (result->served)
            tlsagen_buf_printf(&text, " published, serial %u -> %u, served after %.2f s\n",
                               change->old_serial, change->new_serial,
                               (double)result->elapsed_ms / 1000);
        else
            tlsagen_buf_printf(&text, " published, serial %u -> %u, not waited for\n",
                               change->old_serial, change->new_serial);
    }
    world_report(&text, report->world, report->outcome);
    int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}
