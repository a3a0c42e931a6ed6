/* zone_remove.c - `tlsagen zone remove`: records out of a zone file. */
#include "zone.h"

#include <limits.h>

static const char help_text[] =
    "Usage: tlsagen zone remove [OPTIONS] FILE OWNER [TYPE [RDATA...]]\n\n"
    "Removes records from the zone file FILE: all of OWNER, those of one TYPE, or the one with\n"
    "this RDATA. OWNER is relative to the zone unless it ends with a dot.\n\n"
    "Records:\n"
    "      --origin ZONE          the zone's name, when the file does not tell\n"
    "      --follow-cname         where OWNER is an alias, edit its target instead\n"
    "  -n, --dry-run              show the change as a unified diff and write nothing\n"
    "      --backup[=SUFFIX]      keep the old file as FILE.bak, or with SUFFIX\n"
    "      --check-with COMMAND   run COMMAND with the new file, before it takes the old one's\n"
    "                             place; its failure stops the edit\n\n"
    "Serial:\n"
    "      --policy auto|increment|date|unixtime  which serial is next; auto keeps the style\n"
    "      --serial N             this serial\n"
    "      --no-bump              leave the serial as it is\n\n"
    "Output:\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report, no warnings\n"
    "  -W, --warnings-fail        warnings are errors, and nothing is written\n"
    "  -h, --help                 show this text\n";

/* The words of the rdata with blanks between them, as one line of a zone file has them. */
static void join_words(struct tlsagen_buf *text, char **words, int count)
{
    for (int i = 0; i < count; i++) {
        if (i > 0)
            tlsagen_buf_char(text, ' ');
        tlsagen_buf_str(text, words[i]);
    }
}

static int run_remove(struct zone_args *args)
{
    char **words = args->operands;
    struct tlsagen_zone_change change;
    struct tlsagen_buf rdata;
    struct tlsagen_err err;
    tlsagen_zone_change_init(&change);
    tlsagen_buf_init(&rdata);
    join_words(&rdata, words + 3, args->operand_count - 3);
    struct tlsagen_zone_options options = zone_options(args);
    enum tlsagen_status status = tlsagen_buf_check(&rdata, &err);
    if (status == TLSAGEN_OK)
        status = tlsagen_zone_remove(words[0], words[1], args->operand_count > 2 ? words[2] : NULL,
                                     args->operand_count > 3 ? rdata.data : NULL, &options, &change,
                                     &err);
    int code = status == TLSAGEN_OK ? zone_report_change(args, &change) : report_err(&err);
    tlsagen_buf_clear(&rdata);
    tlsagen_zone_change_clear(&change);
    return code;
}

const struct zone_command zone_remove = {
    .name = "remove",
    .summary = "remove records",
    .help = help_text,
    .options = ZONE_EDIT_OPTIONS,
    .operands_min = 2,
    .operands_max = INT_MAX,
    .operands = "FILE OWNER [TYPE [RDATA]]",
    .run = run_remove,
};
