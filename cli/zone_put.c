/* zone_put.c - `tlsagen zone put` and `tlsagen zone add`: records into a zone file. */
#include "zone.h"

#include <unistd.h>

#define EDIT_OPTIONS_HELP                                                                          \
    "      --origin ZONE          the zone's name, when the file does not tell\n"                  \
    "      --ttl TIME             TTL of the records, in seconds or as in 1h30m\n"                 \
    "      --follow-cname         where the owner is an alias, edit its target instead\n"          \
    "  -n, --dry-run              show the change as a unified diff and write nothing\n"           \
    "      --backup[=SUFFIX]      keep the old file as FILE.bak, or with SUFFIX\n"                 \
    "      --check-with COMMAND   run COMMAND with the new file, before it takes the old one's\n"  \
    "                             place; its failure stops the edit\n\n"                           \
    "Serial:\n"                                                                                    \
    "      --policy auto|increment|date|unixtime  which serial is next; auto keeps the style\n"    \
    "      --serial N             this serial\n"                                                   \
    "      --no-bump              leave the serial as it is\n\n"                                   \
    "Output:\n"                                                                                    \
    "      --json                 report in JSON\n"                                                \
    "  -q, --quiet                no report, no warnings\n"                                        \
    "  -W, --warnings-fail        warnings are errors, and nothing is written\n"                   \
    "  -h, --help                 show this text\n"

typedef enum tlsagen_status edit_fn(const char *file, const char *records, size_t len,
                                    const char *source, const struct tlsagen_zone_options *options,
                                    struct tlsagen_zone_change *change, struct tlsagen_err *err);

/* Reads RRFILE, changes FILE by edit, and reports. */
static int run_edit(struct zone_args *args, edit_fn *edit)
{
    const char *source = args->operand_count > 1 ? args->operands[1] : "-";
    struct tlsagen_zone_change change;
    struct tlsagen_buf records;
    struct tlsagen_err err;
    if (args->operand_count < 2 && isatty(STDIN_FILENO))
        return zone_usage(args->command, "no RRFILE given, and standard input is a terminal");
    tlsagen_zone_change_init(&change);
    tlsagen_buf_init(&records);
    struct tlsagen_zone_options options = zone_options(args);
    enum tlsagen_status status = tlsagen_input_read(source, &records, &err);
    if (status == TLSAGEN_OK)
        status = edit(args->operands[0], records.data, records.len, input_label(source), &options,
                      &change, &err);
    int code = status == TLSAGEN_OK ? zone_report_change(args, &change) : report_err(&err);
    tlsagen_buf_clear(&records);
    tlsagen_zone_change_clear(&change);
    return code;
}

static int run_put(struct zone_args *args)
{
    return run_edit(args, tlsagen_zone_put);
}

static int run_add(struct zone_args *args)
{
    return run_edit(args, tlsagen_zone_add);
}

const struct zone_command zone_put = {
    .name = "put",
    .summary = "make RRsets exactly what is given",
    .help = "Usage: tlsagen zone put [OPTIONS] FILE [RRFILE]\n\n"
            "Makes each RRset of RRFILE (standard input without it, or -) the RRset of the zone\n"
            "file FILE: what is missing is added, what is there too much is removed.\n\n"
            "Records:\n" EDIT_OPTIONS_HELP,
    .options = ZONE_EDIT_OPTIONS | ZONE_TTL,
    .operands_min = 1,
    .operands_max = 2,
    .operands = "FILE [RRFILE]",
    .run = run_put,
};

const struct zone_command zone_add = {
    .name = "add",
    .summary = "add records to those that are there",
    .help = "Usage: tlsagen zone add [OPTIONS] FILE [RRFILE]\n\n"
            "Adds the records of RRFILE (standard input without it, or -) that are missing to the\n"
            "zone file FILE, and keeps what is there.\n\n"
            "Records:\n" EDIT_OPTIONS_HELP,
    .options = ZONE_EDIT_OPTIONS | ZONE_TTL,
    .operands_min = 1,
    .operands_max = 2,
    .operands = "FILE [RRFILE]",
    .run = run_add,
};
