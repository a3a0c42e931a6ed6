/* zone_bump.c - `tlsagen zone bump`: the next serial. */
#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen zone bump [OPTIONS] FILE...\n\n"
    "Gives each zone file the next serial, in the style of its old one.\n\n"
    "Options:\n"
    "      --policy auto|increment|date|unixtime\n"
    "                             how the serial follows; auto keeps its style\n"
    "      --serial N             this serial, if it is newer (RFC 1982)\n"
    "      --quick                stop reading at the SOA: nothing behind it is checked\n"
    "      --origin ZONE          the zone's name, where the file does not tell\n"
    "  -n, --dry-run              print a unified diff and write nothing\n"
    "      --backup[=SUFFIX]      keep the old file, .bak added to its name by default\n"
    "      --check-with COMMAND   run it on the new file; failure stops the edit\n"
    "      --json                 say in JSON what was done\n"
    "  -q, --quiet                say nothing\n"
    "  -W, --warnings-fail        warnings are errors, and nothing is written\n"
    "  -h, --help                 show this text\n";

static int bump_one(struct zone_args *args)
{
    struct tlsagen_zone_options options = zone_options(args);
    struct tlsagen_zone_change change;
    struct tlsagen_err err;
    tlsagen_zone_change_init(&change);
    int code;
    if (tlsagen_zone_bump(args->operands[0], args->quick, &options, &change, &err) == TLSAGEN_OK)
        code = zone_report_change(args, &change);
    else
        code = report_err(&err);
    tlsagen_zone_change_clear(&change);
    return code;
}

/* A file that fails does not keep the others from theirs. */
static int run(struct zone_args *args)
{
    char **operands = args->operands;
    int count = args->operand_count, code = EXIT_DONE;
    args->operand_count = 1;
    for (int i = 0; i < count; i++) {
        args->operands = &operands[i];
        int one = bump_one(args);
        if (code == EXIT_DONE)
            code = one;
    }
    args->operands = operands;
    args->operand_count = count;
    return code;
}

const struct zone_command zone_bump = {
    .name = "bump",
    .summary = "give zone files the next serial",
    .help = help_text,
    .options = ZONE_ORIGIN | ZONE_DRY_RUN | ZONE_BACKUP | ZONE_CHECK_WITH | ZONE_POLICY |
               ZONE_QUICK | ZONE_JSON | ZONE_QUIET | ZONE_WARNINGS,
    .operands_min = 1,
    .operands_max = 1000000,
    .operands = "FILE...",
    .run = run,
};
