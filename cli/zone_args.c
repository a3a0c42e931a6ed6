/* zone_args.c - the options that the subcommands of `zone` share. */
#include "zone.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#define DEFAULT_SUFFIX ".bak"

/* Above every letter. */
enum option_id {
    OPT_ORIGIN = 256,
    OPT_TTL,
    OPT_BACKUP,
    OPT_CHECK_WITH,
    OPT_NO_BUMP,
    OPT_POLICY,
    OPT_SERIAL,
    OPT_FOLLOW_CNAME,
    OPT_JSON,
    OPT_QUICK,
    OPT_TYPE,
};

static const struct {
    unsigned bit; /* of enum zone_option; 0: everybody's */
    struct option option;
} table[] = {
    {ZONE_ORIGIN, {"origin", required_argument, NULL, OPT_ORIGIN}},
    {ZONE_TTL, {"ttl", required_argument, NULL, OPT_TTL}},
    {ZONE_DRY_RUN, {"dry-run", no_argument, NULL, 'n'}},
    {ZONE_BACKUP, {"backup", optional_argument, NULL, OPT_BACKUP}},
    {ZONE_CHECK_WITH, {"check-with", required_argument, NULL, OPT_CHECK_WITH}},
    {ZONE_NO_BUMP, {"no-bump", no_argument, NULL, OPT_NO_BUMP}},
    {ZONE_POLICY, {"policy", required_argument, NULL, OPT_POLICY}},
    {ZONE_POLICY, {"serial", required_argument, NULL, OPT_SERIAL}},
    {ZONE_FOLLOW_CNAME, {"follow-cname", no_argument, NULL, OPT_FOLLOW_CNAME}},
    {ZONE_JSON, {"json", no_argument, NULL, OPT_JSON}},
    {ZONE_QUIET, {"quiet", no_argument, NULL, 'q'}},
    {ZONE_WARNINGS, {"warnings-fail", no_argument, NULL, 'W'}},
    {ZONE_QUICK, {"quick", no_argument, NULL, OPT_QUICK}},
    {ZONE_TYPE, {"type", required_argument, NULL, OPT_TYPE}},
    {0, {"help", no_argument, NULL, 'h'}},
};

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

int zone_usage(const struct zone_command *command, const char *format, ...)
{
    char message[TLSAGEN_ERR_SIZE];
    char name[32];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)snprintf(name, sizeof(name), "%s%s", command->alone ? "" : "zone ", command->name);
    return report_usage(name, "%s", message);
}

static int set_ttl(struct zone_args *args, const char *word)
{
    struct tlsagen_err err;
    uint32_t seconds;
    if (tlsagen_duration_parse(word, "TTL", &seconds, &err) != TLSAGEN_OK)
        return zone_usage(args->command, "%s", err.message);
    args->ttl = seconds;
    return EXIT_DONE;
}

static int set_policy(struct zone_args *args, const char *word)
{
    static const char *const names[] = {
        [TLSAGEN_SERIAL_AUTO] = "auto",
        [TLSAGEN_SERIAL_INCREMENT] = "increment",
        [TLSAGEN_SERIAL_DATE] = "date",
        [TLSAGEN_SERIAL_UNIXTIME] = "unixtime",
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            args->policy = (enum tlsagen_serial_policy)i;
            return EXIT_DONE;
        }
    }
    return zone_usage(args->command,
                      "policy \"%.32s\" is unknown; give auto, increment, date or unixtime", word);
}

static int set_serial(struct zone_args *args, const char *word)
{
    struct tlsagen_err err;
    uint64_t number;
    if (tlsagen_number_parse(word, "serial", 0, UINT32_MAX, &number, &err) != TLSAGEN_OK)
        return zone_usage(args->command, "%s", err.message);
    args->policy = TLSAGEN_SERIAL_EXPLICIT;
    args->serial = (uint32_t)number;
    return EXIT_DONE;
}

/* A suffix with a slash would name a file of another folder. */
static int set_backup(struct zone_args *args, const char *suffix)
{
    if (suffix == NULL)
        suffix = DEFAULT_SUFFIX;
    if (suffix[0] == '\0' || strchr(suffix, '/') != NULL)
        return zone_usage(args->command, "backup suffix \"%.64s\" is empty or has a slash", suffix);
    args->backup_suffix = suffix;
    return EXIT_DONE;
}

static bool take_flag(struct zone_args *args, int option)
{
    switch (option) {
    case 'n':
        args->dry_run = true;
        return true;
    case OPT_NO_BUMP:
        args->no_bump = true;
        return true;
    case OPT_FOLLOW_CNAME:
        args->follow_cname = true;
        return true;
    case OPT_JSON:
        args->json = true;
        return true;
    case 'q':
        args->quiet = true;
        return true;
    case 'W':
        args->warnings_fail = true;
        return true;
    case OPT_QUICK:
        args->quick = true;
        return true;
    default:
        return false;
    }
}

static int take_option(struct zone_args *args, int option)
{
    switch (option) {
    case OPT_ORIGIN:
        args->origin = optarg;
        return EXIT_DONE;
    case OPT_TTL:
        return set_ttl(args, optarg);
    case OPT_BACKUP:
        return set_backup(args, optarg);
    case OPT_CHECK_WITH:
        args->check_with = optarg;
        if (optarg[strspn(optarg, " \t")] == '\0')
            return zone_usage(args->command, "--check-with has no command");
        return EXIT_DONE;
    case OPT_POLICY:
        return set_policy(args, optarg);
    case OPT_SERIAL:
        return set_serial(args, optarg);
    case OPT_TYPE:
        args->type = optarg;
        return EXIT_DONE;
    default:
        return EXIT_USAGE;
    }
}

static int bad_option(const struct zone_command *command, int option, char **argv)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "%s%s", command->alone ? "" : "zone ", command->name);
    return report_bad_option(name, option, argv);
}

/* The options that the subcommand takes; letters has room for two characters each. */
static void choose_options(const struct zone_command *command, struct option *options,
                           char *letters)
{
    size_t count = 0;
    *letters++ = ':';
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (table[i].bit != 0 && (command->options & table[i].bit) == 0)
            continue;
        options[count++] = table[i].option;
        if (table[i].option.val < 256)
            *letters++ = (char)table[i].option.val;
    }
    options[count] = (struct option){NULL, 0, NULL, 0};
    *letters = '\0';
}

static int check_operands(const struct zone_args *args)
{
    const struct zone_command *command = args->command;
    if (args->operand_count < command->operands_min)
        return zone_usage(command, "too few words; give %s", command->operands);
    if (args->operand_count > command->operands_max)
        return zone_usage(command, "too many words, from \"%.64s\" on; give %s",
                          args->operands[command->operands_max], command->operands);
    if (args->no_bump && args->policy != TLSAGEN_SERIAL_AUTO)
        return zone_usage(command, "--no-bump leaves the serial; --policy and --serial change it");
    return EXIT_DONE;
}

int zone_args_parse(struct zone_args *args, const struct zone_command *command, int argc,
                    char **argv, bool *help)
{
    struct option options[OPTION_COUNT + 1];
    char letters[2 * OPTION_COUNT + 2];
    choose_options(command, options, letters);
    *args = (struct zone_args){.command = command, .ttl = TLSAGEN_ZONE_TTL_NONE};
    *help = false;
    int option;
    while (next_option(argc, argv, letters, options, &option)) {
        if (option == 'h') {
            *help = true;
            return EXIT_DONE;
        }
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
        if (take_flag(args, option))
            continue;
        int code = take_option(args, option);
        if (code != EXIT_DONE)
            return code;
    }
    args->operands = argv + optind;
    args->operand_count = argc - optind;
    return check_operands(args);
}

static void warn(void *arg, const char *text)
{
    struct zone_args *args = arg;
    args->warning_count++;
    if (args->warnings_fail)
        report_error("%s (an error because of -W)", text);
    else if (!args->quiet)
        report_warning("%s", text);
}

struct tlsagen_zone_options zone_options(struct zone_args *args)
{
    /* The judge takes the words as they were given and changes nothing in them. */
    union {
        const char *words;
        void *arg;
    } command = {.words = args->check_with};
    return (struct tlsagen_zone_options){
        .origin = args->origin,
        .dry_run = args->dry_run,
        .backup_suffix = args->backup_suffix,
        .keep_serial = args->no_bump,
        .follow_cname = args->follow_cname,
        .policy = args->policy,
        .serial = args->serial,
        .now = (int64_t)time(NULL),
        .ttl = args->ttl,
        .warnings_fail = args->warnings_fail,
        .warn = warn,
        .warn_arg = args,
        .judge = args->check_with != NULL ? zone_check_with : NULL,
        .judge_arg = command.arg,
    };
}
