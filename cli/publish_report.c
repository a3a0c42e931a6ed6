#include "publish_report.h"

#include <jansson.h>
#include <stdlib.h>

#include "zone.h"

/* The command of an act, on a line behind a word. */
static enum tlsagen_status add_command(struct tlsagen_buf *text, const char *word,
                                       const struct publish_report *report,
                                       enum tlsagen_server_act act, struct tlsagen_err *err)
{
    tlsagen_buf_str(text, word);
    enum tlsagen_status status = tlsagen_server_command_for(report->publish->reload.server, act,
                                                            report->result->change.zone, text, err);
    tlsagen_buf_char(text, '\n');
    return status;
}

static enum tlsagen_status add_edit(struct tlsagen_buf *text, const struct publish_report *report,
                                    struct tlsagen_err *err)
{
    const struct tlsagen_zone_change *change = &report->result->change;
    const bool freeze = report->publish->freeze;
    enum tlsagen_status status = TLSAGEN_OK;
    if (!change->changed) {
        tlsagen_buf_printf(text, "%s: unchanged, serial %u\n", change->zone, change->new_serial);
        return TLSAGEN_OK;
    }
    if (freeze)
        status = add_command(text, "first: ", report, TLSAGEN_SERVER_FREEZE, err);
    tlsagen_buf_add(text, change->diff.data, change->diff.len);
    if (status == TLSAGEN_OK)
        status = add_command(text, "then: ", report,
                             freeze ? TLSAGEN_SERVER_THAW : TLSAGEN_SERVER_RELOAD, err);
    return status;
}

/* What is waited for behind the edit. */
static void add_waits(struct tlsagen_buf *text, const struct publish_report *report)
{
    const uint32_t seconds = report->publish->reload.wait_ms / 1000;
    if (seconds > 0 || !report->result->change.changed)
        tlsagen_buf_printf(text,
                           "then: until the server has serial %u and the records, %u s at most\n",
                           report->result->change.new_serial, seconds);
    if (report->world->authoritative)
        tlsagen_buf_printf(text,
                           "then: until every authoritative server%s has them, %u s at most\n",
                           report->world->ignored_count > 0 ? " that is not ignored" : "", seconds);
    if (report->world->secure)
        tlsagen_buf_printf(
            text, "then: until a validating resolver finds them secure, %u s at most\n", seconds);
}

static int write_out(struct tlsagen_buf *text)
{
    struct tlsagen_err err;
    int code = tlsagen_buf_check(text, &err) == TLSAGEN_OK ? report_result(text->data, text->len)
                                                           : report_err(&err);
    tlsagen_buf_clear(text);
    return code;
}

/* Takes the object, which may be NULL. */
static int write_json(json_t *object)
{
    char *dump =
        object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    struct tlsagen_buf text;
    json_decref(object);
    tlsagen_buf_init(&text);
    if (dump != NULL)
        tlsagen_buf_printf(&text, "%s\n", dump);
    else
        text.failed = true;
    free(dump);
    return write_out(&text);
}

static int plan_json(const struct publish_report *report, const struct tlsagen_buf *plan)
{
    const struct tlsagen_zone_change *change = &report->result->change;
    return write_json(json_pack(
        "{s:b, s:s, s:b, s:I, s:I, s:o}", "dry_run", true, "zone", change->zone, "changed",
        change->changed, "old_serial", (json_int_t)change->old_serial, "new_serial",
        (json_int_t)change->new_serial, "plan", zone_json_textn(plan->data, plan->len)));
}

int publish_report_plan(const struct publish_report *report, bool json)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = add_edit(&text, report, &err);
    add_waits(&text, report);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&text, &err);
    if (status != TLSAGEN_OK) {
        tlsagen_buf_clear(&text);
        return report_err(&err);
    }
    if (!json)
        return write_out(&text);
    int code = plan_json(report, &text);
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

/* An undo by update, which has no serials to tell. */
static int undo_json(const struct publish_report *report)
{
    const struct tlsagen_publish_result *result = report->result;
    return write_json(json_pack("{s:o, s:s, s:s, s:b}", "owners",
                                owners_json(report->publish->owners, report->publish->owner_count),
                                "zone", result->change.zone, "server", result->server, "changed",
                                result->change.changed));
}

int publish_report_json(const struct publish_report *report)
{
    if (report->result->server[0] != '\0')
        return undo_json(report);
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
    return write_json(object);
}

/* A line for each owner: cron mails it only when something was done. */
int publish_report_text(const struct publish_report *report)
{
    const struct tlsagen_publish *publish = report->publish;
    const struct tlsagen_publish_result *result = report->result;
    const struct tlsagen_zone_change *change = &result->change;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (size_t i = 0; i < publish->owner_count; i++) {
        tlsagen_buf_str(&text, publish->owners[i]);
        if (result->server[0] != '\0')
            tlsagen_buf_printf(&text, " undone by update at %s\n", result->server);
        else if (report->undo)
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
    return write_out(&text);
}
