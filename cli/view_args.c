/* view_args.c - the options of `status` and `export`. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 32
#define JOBS_MAX 256
#define TIMEOUT 60 /* seconds */

/* Above every letter. */
enum option_id {
    OPT_ZONE = 256,
    OPT_ONLY,
    OPT_SORT,
    OPT_LIVE,
    OPT_JOBS,
    OPT_TIMEOUT,
    OPT_JSON,
    OPT_FORMAT,
};

#define BOTH (VIEW_STATUS | VIEW_EXPORT)

static const struct {
    unsigned commands; /* of enum view_command */
    struct option option;
} table[] = {
    {BOTH, {"config", required_argument, NULL, 'C'}},
    {BOTH, {"zone", required_argument, NULL, OPT_ZONE}},
    {BOTH, {"only", required_argument, NULL, OPT_ONLY}},
    {BOTH, {"sort", required_argument, NULL, OPT_SORT}},
    {VIEW_STATUS, {"live", no_argument, NULL, OPT_LIVE}},
    {VIEW_STATUS, {"jobs", required_argument, NULL, OPT_JOBS}},
    {VIEW_STATUS, {"timeout", required_argument, NULL, OPT_TIMEOUT}},
    {VIEW_STATUS, {"json", no_argument, NULL, OPT_JSON}},
    {VIEW_EXPORT, {"format", required_argument, NULL, OPT_FORMAT}},
    {VIEW_EXPORT, {"output", required_argument, NULL, 'o'}},
    {BOTH, {"help", no_argument, NULL, 'h'}},
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static const char *name_of(const struct view_args *args)
{
    return args->command == VIEW_STATUS ? "status" : "export";
}

/* The place of a word in a list that ends with NULL; -1 after a message. */
static int find_word(const struct view_args *args, const char *word, const char *what,
                     const char *const *words)
{
    struct tlsagen_buf known;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    tlsagen_buf_init(&known);
    for (int i = 0; words[i] != NULL; i++)
        tlsagen_buf_printf(&known, "%s%s",
                           i == 0                 ? ""
                           : words[i + 1] == NULL ? " or "
                                                  : ", ",
                           words[i]);
    (void)report_usage(name_of(args), "%s \"%.32s\" is unknown; give %s", what, word,
                       known.failed ? "another one" : known.data);
    tlsagen_buf_clear(&known);
    return -1;
}

static int set_only(struct view_args *args)
{
    static const char *const words[] = {"due", "failing", "rolling", NULL};
    const int place = find_word(args, optarg, "what to show", words);
    args->only |= place < 0 ? 0 : 1U << place;
    return place < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int set_sort(struct view_args *args)
{
    static const char *const words[] = {"urgency", "name", "expiry", "next", "check", NULL};
    const int place = find_word(args, optarg, "order", words);
    args->sort = place < 0 ? VIEW_BY_URGENCY : (enum view_sort)place;
    return place < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int set_format(struct view_args *args)
{
    static const char *const words[] = {"json", "prometheus", "html", NULL};
    const int place = find_word(args, optarg, "format", words);
    if (place >= 0 && args->has_format)
        return report_usage("export", "two formats are given; give one");
    args->has_format = place >= 0;
    args->format = place < 0 ? VIEW_JSON : (enum view_format)place;
    return place < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int set_jobs(struct view_args *args)
{
    struct tlsagen_err err;
    uint64_t number;
    if (tlsagen_number_parse(optarg, "number of jobs", 1, JOBS_MAX, &number, &err) != TLSAGEN_OK)
        return report_usage("status", "%s", err.message);
    args->jobs = (unsigned)number;
    return EXIT_DONE;
}

static int set_timeout(struct view_args *args)
{
    struct tlsagen_err err;
    if (tlsagen_duration_parse(optarg, "time limit", &args->timeout, &err) != TLSAGEN_OK)
        return report_usage("status", "%s", err.message);
    if (args->timeout == 0 || args->timeout > 86400)
        return report_usage("status", "time limit \"%.32s\" is not from 1 second to a day", optarg);
    return EXIT_DONE;
}

static int add_zone(struct view_args *args)
{
    const char **zones = realloc(args->zones, (args->zone_count + 1) * sizeof(*zones));
    if (zones == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    args->zones = zones;
    args->zones[args->zone_count++] = optarg;
    return EXIT_DONE;
}

static int take_option(struct view_args *args, int option)
{
    switch (option) {
    case 'C':
        args->config = optarg;
        return EXIT_DONE;
    case 'o':
        args->output = optarg;
        return EXIT_DONE;
    case OPT_ZONE:
        return add_zone(args);
    case OPT_ONLY:
        return set_only(args);
    case OPT_SORT:
        return set_sort(args);
    case OPT_LIVE:
        args->live = true;
        return EXIT_DONE;
    case OPT_JOBS:
        return set_jobs(args);
    case OPT_TIMEOUT:
        return set_timeout(args);
    case OPT_JSON:
        args->json = true;
        return EXIT_DONE;
    case OPT_FORMAT:
        return set_format(args);
    default:
        return EXIT_USAGE;
    }
}

static void choose_options(enum view_command command, struct option options[OPTION_COUNT + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((table[i].commands & (unsigned)command) != 0)
            options[count++] = table[i].option;
    }
    options[count] = (struct option){NULL, 0, NULL, 0};
}

int view_args_parse(struct view_args *args, enum view_command command, int argc, char **argv,
                    bool *help)
{
    struct option options[OPTION_COUNT + 1];
    const char *letters = command == VIEW_STATUS ? ":C:h" : ":C:o:h";
    int option;
    *args = (struct view_args){
        .command = command, .config = TLSAGEN_CONFIG_FILE, .jobs = JOBS, .timeout = TIMEOUT};
    *help = false;
    choose_options(command, options);
    optind = 1;
    while (next_option(argc, argv, letters, options, &option)) {
        *help = option == 'h';
        if (*help)
            return EXIT_DONE;
        const int code = option == '?' || option == ':'
                             ? report_bad_option(name_of(args), option, argv)
                             : take_option(args, option);
        if (code != EXIT_DONE)
            return code;
    }
    args->operands = argv + optind;
    args->operand_count = (size_t)(argc - optind);
    if (command == VIEW_EXPORT && !args->has_format)
        return report_usage("export", "give --format json, prometheus or html");
    return EXIT_DONE;
}

void view_args_clear(struct view_args *args)
{
    free(args->zones);
    args->zones = NULL;
}
