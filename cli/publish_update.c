#include "publish_update.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The largest TTL that a resolver may hold what stands at the owners now, or that nothing does. */
static enum tlsagen_status read_former_ttl(const struct tlsagen_publish *publish,
                                           uint32_t negative_ttl, uint32_t *ttl,
                                           struct tlsagen_err *err)
{
    *ttl = 0;
    for (size_t i = 0; i < publish->owner_count; i++) {
        const struct tlsagen_dns_question question = {.address = publish->update_server,
                                                      .port = publish->update_port,
                                                      .name = publish->owners[i],
                                                      .type = TLSAGEN_DNS_TLSA};
        struct tlsagen_dns_answer answer;
        enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
        uint32_t held = answer.found == TLSAGEN_DNS_RECORDS ? answer.ttl : negative_ttl;
        tlsagen_dns_answer_clear(&answer);
        if (status != TLSAGEN_OK)
            return status;
        *ttl = held > *ttl ? held : *ttl;
    }
    return TLSAGEN_OK;
}

static void add_lines(struct tlsagen_buf *text, char sign, const struct tlsagen_buf *lines)
{
    const char *line = lines->data, *end = line == NULL ? NULL : line + lines->len;
    while (line != end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop + 1;
        tlsagen_buf_char(text, sign);
        tlsagen_buf_add(text, line, (size_t)(stop - line));
        line = stop;
    }
}

static void add_text(struct tlsagen_buf *text, const struct tlsagen_publish *publish,
                     const char *zone, const struct tlsagen_update_result *result)
{
    if (publish->zone.dry_run) {
        tlsagen_buf_printf(text, "%s: %s at %s\n", zone,
                           result->changed ? "would be updated" : "unchanged",
                           publish->update_server);
        add_lines(text, '-', &result->removed);
        add_lines(text, '+', &result->added);
        return;
    }
    for (size_t i = 0; i < publish->owner_count; i++)
        tlsagen_buf_printf(text, "%s %s at %s\n", publish->owners[i],
                           result->changed ? "published by update" : "unchanged",
                           publish->update_server);
}

static void add_json(struct tlsagen_buf *text, const struct tlsagen_publish *publish,
                     const char *zone, uint32_t former_ttl,
                     const struct tlsagen_update_result *result,
                     const struct world_outcome *outcome)
{
    char when[32];
    json_t *owners = json_array();
    bool ok = owners != NULL;
    for (size_t i = 0; i < publish->owner_count && ok; i++)
        ok = json_array_append_new(owners, json_string(publish->owners[i])) == 0;
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:b, s:b, s:I}", "owners", owners, "zone", zone, "server",
                  publish->update_server, "changed", result->changed, "dry_run",
                  publish->zone.dry_run, "former_ttl", (json_int_t)former_ttl);
    world_time(outcome->safe_from, when);
    if (ok && object != NULL && outcome->safe_from > 0)
        ok = json_object_set_new(object, "safe_from", json_string(when)) == 0;
    char *dump = ok && object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (dump != NULL)
        tlsagen_buf_printf(text, "%s\n", dump);
    else
        text->failed = true;
    free(dump);
}

/* What was done is told when the world does not follow, too. */
static int finish(const struct publish_output *output, const struct world_args *world,
                  const struct tlsagen_publish *publish, const char *zone, uint32_t former_ttl,
                  const struct tlsagen_update_result *result)
{
    struct world_outcome outcome = {.safe_from = 0};
    struct world_args told = *world;
    struct tlsagen_buf text;
    struct tlsagen_err err;
    int code = publish->zone.dry_run ? EXIT_DONE : world_wait(world, publish, former_ttl, &outcome);
    if (code != EXIT_DONE || publish->zone.dry_run)
        told.authoritative = told.secure = false;
    tlsagen_buf_init(&text);
    if (output->json) {
        add_json(&text, publish, zone, former_ttl, result, &outcome);
    } else if (!output->quiet) {
        add_text(&text, publish, zone, result);
        world_report(&text, &told, &outcome);
    }
    int written = tlsagen_buf_check(&text, &err) != TLSAGEN_OK ? report_err(&err)
                  : text.len > 0                               ? report_result(text.data, text.len)
                                                               : EXIT_DONE;
    tlsagen_buf_clear(&text);
    return code != EXIT_DONE ? code : written;
}

int publish_update_run(const struct publish_output *output, const struct world_args *world,
                       const struct tlsagen_publish *publish)
{
    struct tlsagen_publish in_zone = *publish;
    struct tlsagen_update_zone zone;
    struct tlsagen_update_result result;
    struct tlsagen_err err;
    uint32_t former_ttl = 0;
    tlsagen_update_result_init(&result);
    enum tlsagen_status status = tlsagen_update_zone_find(
        publish->update_server, publish->update_port, publish->owners[0], &zone, &err);
    if (status == TLSAGEN_OK)
        status = read_former_ttl(publish, zone.negative_ttl, &former_ttl, &err);
    if (publish->zone.origin == NULL)
        in_zone.zone.origin = zone.name;
    if (status == TLSAGEN_OK)
        status = tlsagen_publish_update(&in_zone, &result, &err);
    int code = status == TLSAGEN_OK
                   ? finish(output, world, publish, in_zone.zone.origin, former_ttl, &result)
                   : report_err(&err);
    tlsagen_update_result_clear(&result);
    return code;
}
