/* zone_list.c - `tlsagen zone list`: records of a zone file, as text or JSON. */
#include "zone.h"

#include <jansson.h>
#include <stdlib.h>

#define FLUSH_AT 65536U /* bytes gathered before they are written */

static const char help_text[] =
    "Usage: tlsagen zone list [OPTIONS] FILE [OWNER]\n\n"
    "Lists the records of the zone file FILE and of the files it includes, one on each line, "
    "whole:\n"
    "all of them, or those of OWNER, which is relative to the zone unless it ends with a dot.\n\n"
    "Options:\n"
    "      --type TYPE            those of one type, as TLSA or TYPE52\n"
    "      --origin ZONE          the zone's name, when the file does not tell\n"
    "      --json                 an array of objects, with file and line\n"
    "  -h, --help                 show this text\n";

/* What was listed and is not written yet. */
struct listing {
    bool json;
    size_t count;
    struct tlsagen_buf text;
    int code; /* of the writing */
};

static bool flush(struct listing *listing)
{
    struct tlsagen_err err;
    if (tlsagen_buf_check(&listing->text, &err) != TLSAGEN_OK)
        listing->code = report_err(&err);
    else if (listing->text.len > 0)
        listing->code = report_result(listing->text.data, listing->text.len);
    tlsagen_buf_reset(&listing->text);
    return listing->code == EXIT_DONE;
}

static bool add_json(struct tlsagen_buf *text, const struct tlsagen_zone_record *record)
{
    json_t *ttl = record->ttl_known ? json_integer(record->ttl) : json_null();
    /* Steals what zone_json_text makes, and ttl. */
    json_t *object =
        json_pack("{s:s, s:o, s:s, s:s, s:o, s:I, s:b}", "owner", record->owner, "ttl", ttl, "type",
                  record->type, "rdata", record->rdata, "file", zone_json_text(record->file),
                  "line", (json_int_t)record->line, "generated", record->generated);
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    if (line != NULL)
        tlsagen_buf_str(text, line);
    bool ok = line != NULL;
    free(line);
    json_decref(object);
    return ok;
}

static void add_text(struct tlsagen_buf *text, const struct tlsagen_zone_record *record)
{
    tlsagen_buf_str(text, record->owner);
    tlsagen_buf_char(text, '\t');
    if (record->ttl_known) {
        tlsagen_buf_dec(text, record->ttl);
        tlsagen_buf_char(text, '\t');
    }
    tlsagen_buf_printf(text, "IN\t%s\t", record->type);
    tlsagen_buf_str(text, record->rdata);
    tlsagen_buf_char(text, '\n');
}

static enum tlsagen_status take(void *arg, const struct tlsagen_zone_record *record,
                                struct tlsagen_err *err)
{
    struct listing *listing = arg;
    if (listing->json) {
        tlsagen_buf_str(&listing->text, listing->count == 0 ? "[\n" : ",\n");
        if (!add_json(&listing->text, record))
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    } else {
        add_text(&listing->text, record);
    }
    listing->count++;
    if (listing->text.len < FLUSH_AT || flush(listing))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "the list cannot be written");
}

static int run(struct zone_args *args)
{
    const struct tlsagen_zone_filter filter = {
        .origin = args->origin,
        .owner = args->operand_count > 1 ? args->operands[1] : NULL,
        .type = args->type,
    };
    struct listing listing = {.json = args->json, .code = EXIT_DONE};
    struct tlsagen_err err;
    tlsagen_buf_init(&listing.text);
    enum tlsagen_status status =
        tlsagen_zone_list(args->operands[0], &filter, take, &listing, &err);
    if (status == TLSAGEN_OK && args->json)
        tlsagen_buf_str(&listing.text, listing.count == 0 ? "[]\n" : "\n]\n");
    /* What was listed before a fault is written, too; a failure to write was told when it was. */
    if (listing.code == EXIT_DONE)
        (void)flush(&listing);
    else
        status = TLSAGEN_OK;
    tlsagen_buf_clear(&listing.text);
    return status == TLSAGEN_OK ? listing.code : report_err(&err);
}

const struct zone_command zone_list = {
    .name = "list",
    .summary = "list records",
    .help = help_text,
    .options = ZONE_ORIGIN | ZONE_TYPE | ZONE_JSON,
    .operands_min = 1,
    .operands_max = 2,
    .operands = "FILE [OWNER]",
    .run = run,
};
