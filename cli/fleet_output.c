/* fleet_output.c - the reports of `plan` and `apply`. */
#include <stdlib.h>
#include <string.h>

#include "fleet.h"

static bool is_plan(const struct fleet_output *output)
{
    return !output->args->apply || output->args->dry_run;
}

/* --- text --- */

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static const char *means_of(const struct tlsagen_config_zone *zone)
{
    return zone->file != NULL ? zone->file : zone->update;
}

static void add_diff(struct tlsagen_buf *text, const struct tlsagen_fleet_zone *zone)
{
    tlsagen_buf_printf(text, "--- %s\t%s\n+++ %s\tas configured\n", zone->zone->name,
                       means_of(zone->zone), zone->zone->name);
    tlsagen_buf_str(text, zone->diff);
}

static void add_done(struct tlsagen_buf *text, const struct tlsagen_fleet_zone *zone)
{
    tlsagen_buf_printf(text, "%s %zu record%s added, %zu removed", zone->zone->name, zone->added,
                       plural(zone->added), zone->removed);
    if (zone->has_serial)
        tlsagen_buf_printf(text, ", serial %u -> %u", zone->old_serial, zone->new_serial);
    tlsagen_buf_str(text, zone->reloaded ? ", loaded\n" : "\n");
}

static void tell_notes(const struct fleet_output *output, const struct tlsagen_fleet_zone *zone)
{
    const char *line = zone->notes;
    while (*line != '\0' && !output->args->quiet) {
        const size_t len = strcspn(line, "\n");
        report_warning("%.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void show_text(struct fleet_output *output, const struct tlsagen_fleet_zone *zone)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    if (output->args->quiet || zone->outcome == TLSAGEN_FLEET_SAME ||
        zone->outcome == TLSAGEN_FLEET_FAILED)
        return;
    tlsagen_buf_init(&text);
    if (zone->outcome == TLSAGEN_FLEET_WOULD)
        add_diff(&text, zone);
    else
        add_done(&text, zone);
    if (tlsagen_buf_check(&text, &err) != TLSAGEN_OK)
        output->code = report_err(&err);
    else if (report_result(text.data, text.len) != EXIT_DONE)
        output->code = EXIT_FAILED;
    tlsagen_buf_clear(&text);
}

/* --- JSON --- */

/* '+' or '-', then owner, TTL, class, type and rdata with tabs between. */
static json_t *change_of(const char *line, size_t len)
{
    const char *part[5];
    size_t size[5];
    const char *p = line + 1, *end = line + len;
    for (size_t i = 0; i < 5; i++) {
        const char *tab = i < 4 ? memchr(p, '\t', (size_t)(end - p)) : end;
        if (tab == NULL)
            return NULL;
        part[i] = p;
        size[i] = (size_t)(tab - p);
        p = tab + (i < 4);
    }
    return json_pack("{s:s%, s:s%, s:I, s:s%}", "change", line, (size_t)1, "owner", part[0],
                     size[0], "ttl", (json_int_t)strtoul(part[1], NULL, 10), "rdata", part[4],
                     size[4]);
}

static json_t *line_of(const char *line, size_t len)
{
    return json_stringn(line, len);
}

static json_t *lines_of(const char *text, json_t *(*make)(const char *line, size_t len))
{
    json_t *array = json_array();
    while (array != NULL && *text != '\0') {
        const size_t len = strcspn(text, "\n");
        if (json_array_append_new(array, make(text, len)) != 0) {
            json_decref(array);
            return NULL;
        }
        text += len + (text[len] == '\n');
    }
    return array;
}

static void add_json(struct fleet_output *output, const struct tlsagen_fleet_zone *zone)
{
    static const char *const outcomes[] = {
        [TLSAGEN_FLEET_SAME] = "same",
        [TLSAGEN_FLEET_WOULD] = "would-change",
        [TLSAGEN_FLEET_CHANGED] = "changed",
        [TLSAGEN_FLEET_FAILED] = "failed",
    };
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "zone",
        zone->zone->name, "at", means_of(zone->zone), "outcome", outcomes[zone->outcome], "problem",
        zone->problem, "services", (json_int_t)zone->services, "owners", (json_int_t)zone->owners,
        "changed", (json_int_t)zone->changed, "added", (json_int_t)zone->added, "removed",
        (json_int_t)zone->removed, "refused", (json_int_t)zone->refused, "faulty",
        (json_int_t)zone->faulty, "reloaded", zone->reloaded, "rolled_back", zone->rolled_back,
        "changes", lines_of(zone->diff, change_of), "notes", lines_of(zone->notes, line_of));
    if (object != NULL && zone->has_serial &&
        (json_object_set_new(object, "old_serial", json_integer(zone->old_serial)) != 0 ||
         json_object_set_new(object, "new_serial", json_integer(zone->new_serial)) != 0))
        output->code = EXIT_FAILED;
    if (object == NULL || json_array_append_new(output->zones, object) != 0) {
        report_error("cannot make JSON of zone %s", zone->zone->name);
        output->code = EXIT_FAILED;
    }
}

void fleet_output_zone(void *arg, const struct tlsagen_fleet_zone *zone)
{
    struct fleet_output *output = arg;
    progress_hide(&output->progress);
    tell_notes(output, zone);
    if (zone->outcome == TLSAGEN_FLEET_FAILED)
        report_error("%s: %s", zone->zone->name, zone->problem);
    if (output->zones != NULL)
        add_json(output, zone);
    else
        show_text(output, zone);
}

/* --- the end --- */

static int end_json(struct fleet_output *output, const struct tlsagen_fleet_summary *summary)
{
    struct tlsagen_buf line;
    json_t *object = json_pack(
        "{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "dry_run", is_plan(output), "zones",
        output->zones, "zone_count", (json_int_t)summary->zones, "done", (json_int_t)summary->done,
        "changed", (json_int_t)summary->changed, "failed", (json_int_t)summary->failed, "refused",
        (json_int_t)summary->refused, "faulty", (json_int_t)summary->faulty);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    int code = EXIT_FAILED;
    json_decref(object);
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

static int end_text(const struct fleet_output *output, const struct tlsagen_fleet_summary *summary)
{
    struct tlsagen_buf line;
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "%zu of %zu zone%s %s", summary->changed, summary->zones,
                       plural(summary->zones), is_plan(output) ? "would change" : "changed");
    if (summary->failed > 0)
        tlsagen_buf_printf(&line, ", %zu failed", summary->failed);
    if (summary->refused > 0)
        tlsagen_buf_printf(&line, ", %zu owner%s left alone", summary->refused,
                           plural(summary->refused));
    if (summary->faulty > 0)
        tlsagen_buf_printf(&line, ", %zu service%s without an answer", summary->faulty,
                           plural(summary->faulty));
    tlsagen_buf_char(&line, '\n');
    int code = EXIT_FAILED;
    if (line.failed)
        report_error("out of memory");
    else
        code = report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    return code;
}

int fleet_output_end(struct fleet_output *output, const struct tlsagen_fleet_summary *summary,
                     bool stopped)
{
    int code = EXIT_DONE;
    if (output->zones != NULL)
        code = end_json(output, summary);
    else if (!output->args->quiet)
        code = end_text(output, summary);
    if (stopped && summary->done < summary->zones)
        report_error("stopped after %zu of %zu zones; the next run goes on from there",
                     summary->done, summary->zones);
    return output->code != EXIT_DONE ? output->code : code;
}
