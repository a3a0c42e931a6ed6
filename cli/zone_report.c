/* zone_report.c - what a change of a zone file did, in text and JSON. */
#include "zone.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* The lines of records as an array of strings; NULL when memory ran out. */
static json_t *lines_to_json(const struct tlsagen_buf *lines)
{
    json_t *array = json_array();
    for (const char *line = lines->data; array != NULL && line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        size_t len = end != NULL ? (size_t)(end - line) : strlen(line);
        if (json_array_append_new(array, json_stringn(line, len)) != 0) {
            json_decref(array);
            return NULL;
        }
        line += len + (end != NULL ? 1 : 0);
    }
    return array;
}

static json_t *change_to_json(const struct zone_args *args,
                              const struct tlsagen_zone_change *change)
{
    json_t *added = lines_to_json(&change->added);
    json_t *removed = lines_to_json(&change->removed);
    /* Steals them, and makes nothing when one is missing. */
    return json_pack("{s:s, s:o, s:b, s:b, s:I, s:I, s:o, s:o}", "zone", change->zone, "file",
                     zone_json_text(args->operands[0]), "changed", change->changed, "dry_run",
                     args->dry_run, "old_serial", (json_int_t)change->old_serial, "new_serial",
                     (json_int_t)change->new_serial, "removed", removed, "added", added);
}

static int report_json(const struct zone_args *args, const struct tlsagen_zone_change *change)
{
    json_t *object = change_to_json(args, change);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
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
    json_decref(object);
    return code;
}

json_t *zone_json_textn(const char *text, size_t len)
{
    json_t *string = json_stringn(text, len);
    if (string != NULL)
        return string;
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++)
        copy[i] = (unsigned char)text[i] > 0x7f ? '?' : text[i];
    string = json_stringn(copy, len);
    free(copy);
    return string;
}

json_t *zone_json_text(const char *text)
{
    return zone_json_textn(text, strlen(text));
}

void zone_add_name(struct tlsagen_buf *text, const char *zone, const char *file)
{
    size_t len = strlen(zone);
    if (len == 0) {
        tlsagen_buf_str(text, file);
        return;
    }
    tlsagen_buf_add(text, zone, len > 1 ? len - 1 : len);
}

static int report_text(const struct zone_args *args, const struct tlsagen_zone_change *change)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    zone_add_name(&text, change->zone, args->operands[0]);
    if (!change->changed)
        tlsagen_buf_printf(&text, ": unchanged\n");
    else
        tlsagen_buf_printf(&text, ": %u -> %u\n", change->old_serial, change->new_serial);
    int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}

int zone_report_change(const struct zone_args *args, const struct tlsagen_zone_change *change)
{
    if (args->json)
        return report_json(args, change);
    if (args->dry_run)
        return report_result(change->diff.data, change->diff.len);
    return args->quiet ? EXIT_DONE : report_text(args, change);
}
