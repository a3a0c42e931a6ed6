/* rollover_json.c - the status of a service in JSON. */
#include "rollover.h"

#include <stdlib.h>

#include "zone.h"

static json_t *ports_json(const struct tlsagen_config_service *service)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < service->port_count; i++) {
        if (json_array_append_new(array, json_integer(service->ports[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *record_json(const struct tlsagen_rollover_status *status,
                           const struct tlsagen_record *record)
{
    struct tlsagen_buf hex;
    tlsagen_buf_init(&hex);
    tlsagen_buf_hex(&hex, record->data, record->len);
    json_t *object = NULL;
    if (!hex.failed)
        object = json_pack("{s:i, s:i, s:i, s:s, s:b, s:b}", "usage", record->fields.usage,
                           "selector", record->fields.selector, "matching_type",
                           record->fields.matching, "data", hex.len > 0 ? hex.data : "", "current",
                           rollover_has(&status->current, record), "next",
                           rollover_has(&status->next, record));
    tlsagen_buf_clear(&hex);
    return object;
}

static json_t *records_json(const struct tlsagen_rollover_status *status)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < status->records.count; i++) {
        if (json_array_append_new(array, record_json(status, &status->records.records[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *history_json(const struct tlsagen_rollover_status *status)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < status->past_count; i++) {
        const struct tlsagen_rollover_past *past = &status->past[i];
        if (json_array_append_new(array,
                                  json_pack("{s:o, s:o}", "at", rollover_moment_json(past->at),
                                            "text", zone_json_text(past->text))) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *line_json(const struct tlsagen_rollover_status *status)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "staged", rollover_moment_json(status->staged),
        "published", rollover_moment_json(status->published), "seen",
        rollover_moment_json(status->seen), "safe", rollover_moment_json(status->safe), "deployed",
        rollover_moment_json(status->deployed), "verified", rollover_moment_json(status->verified),
        "retire_at", rollover_moment_json(status->retire_at), "retired",
        rollover_moment_json(status->retired));
}

/* Deployed without waiting: when clients that remember the former records may fail. */
static json_t *emergency_json(const struct tlsagen_rollover_status *status)
{
    if (status->emergency == 0)
        return json_null();
    return json_pack("{s:o, s:o}", "since", rollover_moment_json(status->emergency), "until",
                     rollover_moment_json(status->safe));
}

static json_t *waits_json(const struct tlsagen_config_service *service,
                          const struct tlsagen_rollover_status *status)
{
    struct rollover_waits waits;
    rollover_waits_make(&waits, service, status);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "ttl", (json_int_t)waits.ttl, "margin",
                     (json_int_t)waits.margin, "caches", (json_int_t)waits.caches, "keep",
                     (json_int_t)waits.keep, "deploy_deadline",
                     (json_int_t)service->deploy_deadline, "watch", (json_int_t)service->watch);
}

json_t *rollover_json(const struct tlsagen_config_service *service,
                      const struct tlsagen_rollover_status *status, int64_t now)
{
    struct rollover_line line;
    rollover_line_make(&line, status, now);
    json_t *left = line.next == 0 ? json_null() : json_integer((json_int_t)(line.next - now));
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:b, s:b, s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, "
        "s:o, s:I, s:o, s:o}",
        "service", service->name, "host", service->host, "ports", ports_json(service), "proto",
        tlsagen_proto_name(service->proto), "stage", tlsagen_rollover_stage_name(status->stage),
        "under_way", line.under_way, "deploys", service->live != NULL, "reason",
        status->reason != NULL ? status->reason : "", "text", zone_json_text(line.what), "next",
        rollover_moment_json(line.next), "seconds_left", left, "due",
        rollover_moment_json(status->due), "next_key", status->next_key, "time_line",
        line_json(status), "waits", waits_json(service, status), "emergency",
        emergency_json(status), "looked", rollover_moment_json(status->looked), "finished",
        rollover_moment_json(status->finished), "failures", (json_int_t)status->failures, "records",
        records_json(status), "history", history_json(status));
}

json_t *rollover_json_error(const struct tlsagen_config_service *service,
                            const struct tlsagen_err *err)
{
    return json_pack("{s:s, s:s, s:n, s:o}", "service", service->name, "host", service->host,
                     "stage", "error", zone_json_text(err->message));
}

int rollover_json_print(json_t *value)
{
    char *dump = value != NULL ? json_dumps(value, JSON_INDENT(2)) : NULL;
    struct tlsagen_buf text;
    int code = EXIT_FAILED;
    json_decref(value);
    tlsagen_buf_init(&text);
    if (dump != NULL)
        tlsagen_buf_printf(&text, "%s\n", dump);
    if (dump == NULL || text.failed)
        report_error("cannot write JSON: out of memory");
    else
        code = report_result(text.data, text.len);
    tlsagen_buf_clear(&text);
    free(dump);
    return code;
}
