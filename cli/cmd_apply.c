/* cmd_apply.c - `tlsagen apply`: the configuration made so, in all zones. */
#include <string.h>

#include "fleet.h"

static const char help_text[] =
    "Usage: tlsagen apply [OPTIONS] [SERVICE...]\n\n"
    "Makes the TLSA records of all zones what the configuration says: one edit, one serial and "
    "one\n"
    "reload for each zone that differs, or dynamic updates. What is right is not touched.\n\n"
    "  -C, --config FILE        read this one, not " TLSAGEN_CONFIG_FILE "\n"
    "      --format text|json   how it is written; by default json if its name ends in .json\n"
    "      --zone ZONE          this zone; may be given several times\n"
    "      --jobs N             do so many zones at once\n"
    "  -n, --dry-run            show what would be changed, as plan does\n"
    "      --json               report in JSON\n"
    "  -q, --quiet              no report, no warnings\n"
    "  -h, --help               show this text\n";

int cmd_apply(int argc, char **argv)
{
    struct fleet_args args = {.command = "apply", .apply = true};
    bool help = false;
    int code = fleet_args_parse(&args, argc, argv, &help);
    if (code == EXIT_DONE)
        code = help ? report_result(help_text, strlen(help_text)) : fleet_run(&args);
    fleet_args_clear(&args);
    return code;
}
