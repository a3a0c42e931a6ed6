/* fleet_args.c - the command lines of `plan` and `apply`. */
#include <stdlib.h>
#include <string.h>

#include "fleet.h"

enum option_id { OPT_FORMAT = 256, OPT_ZONE, OPT_EXIT_CODE, OPT_JSON, OPT_JOBS };

static const struct option options[] = {
    {"config", required_argument, NULL, 'C'},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"zone", required_argument, NULL, OPT_ZONE},
    {"exit-code", no_argument, NULL, OPT_EXIT_CODE},
    {"json", no_argument, NULL, OPT_JSON},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"dry-run", no_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int take_format(struct fleet_args *args, const char *word)
{
    if (strcmp(word, "text") == 0)
        args->format = TLSAGEN_CONFIG_TEXT;
    else if (strcmp(word, "json") == 0)
        args->format = TLSAGEN_CONFIG_JSON;
    else
        return report_usage(args->command, "format \"%.32s\" is unknown; give text or json", word);
    return EXIT_DONE;
}

static int take_jobs(struct fleet_args *args, const char *word)
{
    struct tlsagen_err err;
    uint64_t jobs;
    if (tlsagen_number_parse(word, "--jobs", 1, 256, &jobs, &err) != TLSAGEN_OK)
        return report_usage(args->command, "%s", err.message);
    args->jobs = (unsigned)jobs;
    return EXIT_DONE;
}

static int take_option(struct fleet_args *args, int option, char **argv)
{
    switch (option) {
    case 'C':
        args->config = optarg;
        return EXIT_DONE;
    case 'n':
        if (!args->apply)
            break;
        args->dry_run = true;
        return EXIT_DONE;
    case 'q':
        args->quiet = true;
        return EXIT_DONE;
    case OPT_FORMAT:
        return take_format(args, optarg);
    case OPT_ZONE:
        args->zones[args->zone_count++] = optarg;
        return EXIT_DONE;
    case OPT_EXIT_CODE:
        if (args->apply)
            break;
        args->exit_code = true;
        return EXIT_DONE;
    case OPT_JSON:
        args->json = true;
        return EXIT_DONE;
    case OPT_JOBS:
        return take_jobs(args, optarg);
    default:
        break;
    }
    return report_bad_option(args->command, option, argv);
}

int fleet_args_parse(struct fleet_args *args, int argc, char **argv, bool *help)
{
    args->config = TLSAGEN_CONFIG_FILE;
    args->zones = calloc((size_t)argc + 1, sizeof(*args->zones));
    if (args->zones == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    int option;
    while (next_option(argc, argv, ":C:nqh", options, &option)) {
        *help = *help || option == 'h';
        const int code = *help ? EXIT_DONE : take_option(args, option, argv);
        if (code != EXIT_DONE || *help)
            return code;
    }
    args->operands = argv + optind;
    args->operand_count = (size_t)(argc - optind);
    return EXIT_DONE;
}

void fleet_args_clear(struct fleet_args *args)
{
    free(args->zones);
    args->zones = NULL;
}
