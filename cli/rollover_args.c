/* rollover_args.c - the options of the subcommands of `rollover`. */
#include "rollover.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Above every letter. */
enum option_id {
    OPT_EMERGENCY = 256,
    OPT_ADOPT,
    OPT_CSR,
    OPT_NAME,
    OPT_JSON,
    OPT_TTL,
    OPT_SERVERS,
    OPT_SERVER_LAG,
    OPT_ENDPOINTS,
    OPT_ENDPOINT_LAG,
    OPT_FIRST,
};

/* The scene of simulate unless given. */
#define SERVERS 3
#define SERVER_LAG 300 /* seconds */
#define ENDPOINTS 2
#define ENDPOINT_LAG 10
#define EVERY 60

static const struct {
    unsigned bit; /* of enum rollover_option; 0: everybody's */
    struct option option;
} table[] = {
    {0, {"config", required_argument, NULL, 'C'}},
    {ROLLOVER_DRY_RUN, {"dry-run", no_argument, NULL, 'n'}},
    {ROLLOVER_EMERGENCY, {"emergency", no_argument, NULL, OPT_EMERGENCY}},
    {ROLLOVER_ADOPT, {"adopt", no_argument, NULL, OPT_ADOPT}},
    {ROLLOVER_CSR, {"csr", optional_argument, NULL, OPT_CSR}},
    {ROLLOVER_CSR, {"name", required_argument, NULL, OPT_NAME}},
    {ROLLOVER_SCENE, {"ttl", required_argument, NULL, OPT_TTL}},
    {ROLLOVER_SCENE, {"servers", required_argument, NULL, OPT_SERVERS}},
    {ROLLOVER_SCENE, {"server-lag", required_argument, NULL, OPT_SERVER_LAG}},
    {ROLLOVER_SCENE, {"endpoints", required_argument, NULL, OPT_ENDPOINTS}},
    {ROLLOVER_SCENE, {"endpoint-lag", required_argument, NULL, OPT_ENDPOINT_LAG}},
    {ROLLOVER_SCENE, {"first", no_argument, NULL, OPT_FIRST}},
    {ROLLOVER_JSON, {"json", no_argument, NULL, OPT_JSON}},
    {ROLLOVER_QUIET, {"quiet", no_argument, NULL, 'q'}},
    {ROLLOVER_VERBOSE, {"verbose", no_argument, NULL, 'v'}},
    {0, {"help", no_argument, NULL, 'h'}},
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

int rollover_usage(const struct rollover_command *command, const char *format, ...)
{
    char message[TLSAGEN_ERR_SIZE];
    char name[32];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)snprintf(name, sizeof(name), "rollover %s", command->name);
    return report_usage(name, "%s", message);
}

static int add_name(struct rollover_args *args, const char *word)
{
    struct tlsagen_err err;
    size_t size = (args->name_count + 1) * sizeof(*args->names);
    char(*names)[TLSAGEN_NAME_SIZE] = realloc(args->names, size);
    if (names == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    args->names = names;
    if (tlsagen_host_parse(word, names[args->name_count], &err) != TLSAGEN_OK)
        return rollover_usage(args->command, "%s", err.message);
    args->name_count++;
    return EXIT_DONE;
}

static int set_seconds(const struct rollover_args *args, const char *what, uint32_t *seconds)
{
    struct tlsagen_err err;
    if (tlsagen_duration_parse(optarg, what, seconds, &err) != TLSAGEN_OK)
        return rollover_usage(args->command, "%s", err.message);
    return EXIT_DONE;
}

/* The library knows the bounds. */
static int set_count(const struct rollover_args *args, const char *what, uint32_t *count)
{
    struct tlsagen_err err;
    uint64_t number;
    if (tlsagen_number_parse(optarg, what, 0, UINT32_MAX, &number, &err) != TLSAGEN_OK)
        return rollover_usage(args->command, "%s", err.message);
    *count = (uint32_t)number;
    return EXIT_DONE;
}

/* The options of simulate. */
static int take_scene(struct rollover_args *args, int option)
{
    struct tlsagen_rollover_scene *scene = &args->scene;
    switch (option) {
    case OPT_TTL:
        args->has_ttl = true;
        return set_seconds(args, "TTL", &scene->ttl);
    case OPT_SERVERS:
        return set_count(args, "number of servers", &scene->servers);
    case OPT_SERVER_LAG:
        return set_seconds(args, "lag of servers", &scene->server_lag);
    case OPT_ENDPOINTS:
        return set_count(args, "number of endpoints", &scene->endpoints);
    case OPT_ENDPOINT_LAG:
        return set_seconds(args, "lag of endpoints", &scene->endpoint_lag);
    case OPT_FIRST:
        scene->first = true;
        return EXIT_DONE;
    default:
        return EXIT_USAGE;
    }
}

static int take_option(struct rollover_args *args, int option)
{
    switch (option) {
    case 'C':
        args->config = optarg;
        return EXIT_DONE;
    case 'n':
        args->dry_run = true;
        return EXIT_DONE;
    case OPT_EMERGENCY:
        args->emergency = true;
        return EXIT_DONE;
    case OPT_ADOPT:
        args->adopt = true;
        return EXIT_DONE;
    case OPT_CSR:
        args->csr = true;
        args->csr_path = optarg;
        return EXIT_DONE;
    case OPT_NAME:
        return add_name(args, optarg);
    case OPT_JSON:
        args->json = true;
        return EXIT_DONE;
    case 'q':
        args->quiet = true;
        return EXIT_DONE;
    case 'v':
        args->verbose = true;
        return EXIT_DONE;
    default:
        return take_scene(args, option);
    }
}

static int bad_option(const struct rollover_command *command, int option, char **argv)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "rollover %s", command->name);
    return report_bad_option(name, option, argv);
}

/* The options that the subcommand takes; letters has room for two characters each. */
static void choose_options(const struct rollover_command *command, struct option *options,
                           char *letters)
{
    size_t count = 0;
    *letters++ = ':';
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &table[i].option;
        if (table[i].bit != 0 && (command->options & table[i].bit) == 0)
            continue;
        options[count++] = *option;
        if (option->val < 256)
            *letters++ = (char)option->val;
        if (option->val < 256 && option->has_arg == required_argument)
            *letters++ = ':';
    }
    options[count] = (struct option){NULL, 0, NULL, 0};
    *letters = '\0';
}

static int check_operands(const struct rollover_args *args)
{
    const struct rollover_command *command = args->command;
    const int count = args->operand_count;
    if (count < command->services_min + command->others)
        return rollover_usage(command, "too few words; give %s", command->operands);
    if (command->services_max >= 0 && count > command->services_max + command->others)
        return rollover_usage(command, "too many words, from \"%.64s\" on; give %s",
                              args->operands[command->services_max + command->others],
                              command->operands);
    /* What is dangerous for one service is not done to all of them for want of a name. */
    if ((args->emergency || args->adopt) && count == 0)
        return rollover_usage(command, "%s is for the services that are named; name them",
                              args->emergency ? "--emergency" : "--adopt");
    if (args->name_count > 0 && !args->csr)
        return rollover_usage(command, "--name is for the request; give --csr as well");
    if (args->quiet && args->verbose)
        return rollover_usage(command, "--quiet and --verbose exclude each other");
    return EXIT_DONE;
}

int rollover_args_parse(struct rollover_args *args, const struct rollover_command *command,
                        int argc, char **argv, bool *help)
{
    struct option options[OPTION_COUNT + 1];
    char letters[2 * OPTION_COUNT + 2];
    choose_options(command, options, letters);
    *args = (struct rollover_args){
        .command = command,
        .config = TLSAGEN_CONFIG_FILE,
        .scene = {.servers = SERVERS,
                  .server_lag = SERVER_LAG,
                  .endpoints = ENDPOINTS,
                  .endpoint_lag = ENDPOINT_LAG,
                  .every = EVERY},
    };
    *help = false;
    int option;
    while (next_option(argc, argv, letters, options, &option)) {
        if (option == 'h') {
            *help = true;
            return EXIT_DONE;
        }
        int code = option == '?' || option == ':' ? bad_option(command, option, argv)
                                                  : take_option(args, option);
        if (code != EXIT_DONE)
            return code;
    }
    args->operands = argv + optind;
    args->operand_count = argc - optind;
    return check_operands(args);
}

void rollover_args_clear(struct rollover_args *args)
{
    free(args->names);
    args->names = NULL;
}
