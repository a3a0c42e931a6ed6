/* cmd_plan.c - `tlsagen plan`: what `apply` would change. */
#include <string.h>

#include "fleet.h"

static const char help_text[] =
    "Usage: tlsagen plan [OPTIONS] [SERVICE...]\n\n"
    "Compares what stands in all zones with what the configuration says, and shows what `tlsagen\n"
    "apply` would change, as a diff. Nothing is changed.\n\n"
    "  -C, --config FILE        read this one, not " TLSAGEN_CONFIG_FILE "\n"
    "      --format text|json   how it is written; by default json if its name ends in .json\n"
    "      --zone ZONE          this zone; may be given several times\n"
    "      --jobs N             do so many zones at once\n"
    "      --exit-code          status 3 when something would be changed\n"
    "      --json               report in JSON\n"
    "  -q, --quiet              no report, no warnings\n"
    "  -h, --help               show this text\n";

int cmd_plan(int argc, char **argv)
{
    struct fleet_args args = {.command = "plan"};
    bool help = false;
    int code = fleet_args_parse(&args, argc, argv, &help);
    if (code == EXIT_DONE)
        code = help ? report_result(help_text, strlen(help_text)) : fleet_run(&args);
    fleet_args_clear(&args);
    return code;
}
