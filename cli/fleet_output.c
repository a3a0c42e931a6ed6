/* fleet_output.c - the reports of `plan` and `apply`. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "zone.h"

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

static int by_zone(const void *a, const void *b)
{
    const uintptr_t one = (uintptr_t)((const struct fleet_shown *)a)->zone;
    const uintptr_t two = (uintptr_t)((const struct fleet_shown *)b)->zone;
    return (one > two) - (one < two);
}

/* Keeps one of diff and object, which may be NULL as there was no memory for them, until the end;
 * frees them when it cannot. */
static void keep(struct fleet_output *output, const struct tlsagen_config_zone *zone, char *diff,
                 json_t *object)
{
    if (output->shown == NULL)
        output->shown = calloc(output->config->zone_count + 1, sizeof(*output->shown));
    if (output->shown == NULL || (diff == NULL && object == NULL)) {
        report_error("zone %s cannot be shown: out of memory", zone->name);
        output->code = EXIT_FAILED;
        free(diff);
        json_decref(object);
        return;
    }
    output->shown[output->shown_count++] = (struct fleet_shown){zone, diff, object};
}

/* Calls show for each zone that is kept, in the order of the configuration. */
static void each_kept(struct fleet_output *output,
                      void (*show)(struct fleet_output *output, struct fleet_shown *shown,
                                   void *arg),
                      void *arg)
{
    if (output->shown_count == 0)
        return;
    qsort(output->shown, output->shown_count, sizeof(*output->shown), by_zone);
    for (size_t i = 0; i < output->config->zone_count; i++) {
        const struct fleet_shown key = {.zone = output->config->zones[i]};
        struct fleet_shown *found =
            bsearch(&key, output->shown, output->shown_count, sizeof(key), by_zone);
        if (found != NULL)
            show(output, found, arg);
    }
}

void fleet_output_clear(struct fleet_output *output)
{
    for (size_t i = 0; i < output->shown_count; i++) {
        free(output->shown[i].diff);
        json_decref(output->shown[i].object);
    }
    free(output->shown);
}

static void add_done(struct tlsagen_buf *text, const struct tlsagen_fleet_zone *zone)
{
    tlsagen_buf_printf(text, "%s %zu record%s added, %zu removed", zone->zone->name, zone->added,
                       plural(zone->added), zone->removed);
    if (zone->has_serial)
        tlsagen_buf_printf(text, ", serial %u -> %u", zone->old_serial, zone->new_serial);
    tlsagen_buf_str(text, zone->reloaded ? ", loaded\n" : "\n");
}

static void tell_lines(const char *line, void (*tell)(const char *format, ...))
{
    while (*line != '\0') {
        const size_t len = strcspn(line, "\n");
        tell("%.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

/* What makes the status 1 is an error, which is told with --quiet, too. */
static void tell_notes(const struct fleet_output *output, const struct tlsagen_fleet_zone *zone)
{
    tell_lines(zone->faults, report_error);
    if (!is_plan(output))
        tell_lines(zone->refusals, report_error);
    else if (!output->args->quiet)
        tell_lines(zone->refusals, report_warning);
    if (!output->args->quiet)
        tell_lines(zone->notes, report_warning);
}

static void add_load(const struct fleet_output *output, struct tlsagen_buf *text,
                     const struct tlsagen_config_zone *zone)
{
    tlsagen_buf_printf(text,
                       "%s unchanged, and %s, as a run that was stopped may not have done it\n",
                       zone->name, is_plan(output) ? "would be loaded" : "loaded");
}

static void show_text(struct fleet_output *output, const struct tlsagen_fleet_zone *zone)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    const bool same = zone->outcome == TLSAGEN_FLEET_SAME;
    if (output->args->quiet || (same && !zone->reloaded) || zone->outcome == TLSAGEN_FLEET_FAILED)
        return;
    if (is_plan(output)) { /* without a difference it is a load that is missing */
        keep(output, zone->zone, strdup(zone->diff), NULL);
        return;
    }
    tlsagen_buf_init(&text);
    if (same)
        add_load(output, &text, zone->zone);
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
    return zone_json_textn(line, len);
}

/* Adds to the array; NULL, and the array is freed, when there is no memory. */
static json_t *add_lines(json_t *array, const char *text,
                         json_t *(*make)(const char *line, size_t len))
{
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

static json_t *notes_of(const struct tlsagen_fleet_zone *zone)
{
    json_t *array = add_lines(json_array(), zone->faults, line_of);
    array = add_lines(array, zone->refusals, line_of);
    return add_lines(array, zone->notes, line_of);
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
        "{s:s, s:o, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "zone",
        zone->zone->name, "at", zone_json_text(means_of(zone->zone)), "outcome",
        outcomes[zone->outcome], "problem", zone_json_text(zone->problem), "services",
        (json_int_t)zone->services, "owners", (json_int_t)zone->owners, "changed",
        (json_int_t)zone->changed, "added", (json_int_t)zone->added, "removed",
        (json_int_t)zone->removed, "refused", (json_int_t)zone->refused, "faulty",
        (json_int_t)zone->faulty, "reloaded", zone->reloaded, "rolled_back", zone->rolled_back,
        "changes", add_lines(json_array(), zone->diff, change_of), "notes", notes_of(zone));
    if (object != NULL && zone->has_serial &&
        (json_object_set_new(object, "old_serial", json_integer(zone->old_serial)) != 0 ||
         json_object_set_new(object, "new_serial", json_integer(zone->new_serial)) != 0))
        output->code = EXIT_FAILED;
    keep(output, zone->zone, NULL, object);
}

/* Of what the server did, the problem names the zone itself. */
static void tell_problem(const struct tlsagen_fleet_zone *zone)
{
    const char *name = zone->zone->name;
    const size_t len = strlen(name);
    if (strncmp(zone->problem, name, len) == 0 && zone->problem[len] == ':')
        report_error("%s", zone->problem);
    else
        report_error("%s: %s", name, zone->problem);
}

void fleet_output_zone(void *arg, const struct tlsagen_fleet_zone *zone)
{
    struct fleet_output *output = arg;
    progress_hide(&output->progress);
    tell_notes(output, zone);
    if (zone->outcome == TLSAGEN_FLEET_FAILED)
        tell_problem(zone);
    if (output->args->json)
        add_json(output, zone);
    else
        show_text(output, zone);
}

/* --- the end --- */

static void append(struct fleet_output *output, struct fleet_shown *shown, void *arg)
{
    json_t *zones = arg;
    if (json_array_append(zones, shown->object) == 0)
        return;
    report_error("zone %s cannot be shown: out of memory", shown->zone->name);
    output->code = EXIT_FAILED;
}

static int end_json(struct fleet_output *output, const struct tlsagen_fleet_summary *summary)
{
    struct tlsagen_buf line;
    json_t *zones = json_array();
    each_kept(output, append, zones);
    json_t *object =
        json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dry_run", is_plan(output),
                  "zones", zones, "zone_count", (json_int_t)summary->zones, "done",
                  (json_int_t)summary->done, "changed", (json_int_t)summary->changed, "loaded",
                  (json_int_t)summary->loaded, "failed", (json_int_t)summary->failed, "refused",
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

static void show_diff(struct fleet_output *output, struct fleet_shown *shown, void *arg)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    (void)arg;
    tlsagen_buf_init(&text);
    if (shown->diff[0] == '\0')
        add_load(output, &text, shown->zone);
    else
        tlsagen_buf_printf(&text, "--- %s\t%s\n+++ %s\tas configured\n", shown->zone->name,
                           means_of(shown->zone), shown->zone->name);
    tlsagen_buf_str(&text, shown->diff);
    if (tlsagen_buf_check(&text, &err) != TLSAGEN_OK)
        output->code = report_err(&err);
    else if (report_result(text.data, text.len) != EXIT_DONE)
        output->code = EXIT_FAILED;
    tlsagen_buf_clear(&text);
}

static int end_text(struct fleet_output *output, const struct tlsagen_fleet_summary *summary)
{
    struct tlsagen_buf line;
    each_kept(output, show_diff, NULL);
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "%zu of %zu zone%s %s", summary->changed, summary->zones,
                       plural(summary->zones), is_plan(output) ? "would change" : "changed");
    if (summary->loaded > 0)
        tlsagen_buf_printf(&line, ", %zu %s", summary->loaded,
                           is_plan(output) ? "would be loaded" : "loaded");
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
    if (output->args->json)
        code = end_json(output, summary);
    else if (!output->args->quiet)
        code = end_text(output, summary);
    if (stopped && summary->done < summary->zones)
        report_error("stopped after %zu of %zu zones; the next run goes on from there",
                     summary->done, summary->zones);
    return output->code != EXIT_DONE ? output->code : code;
}
