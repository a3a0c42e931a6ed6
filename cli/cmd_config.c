/* cmd_config.c - `tlsagen config`: checks the configuration file. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen config COMMAND [OPTIONS]\n\n"
    "Looks at the configuration file of zones and services.\n\n"
    "Commands:\n"
    "  check      read it, and tell all that is wrong with it\n\n"
    "Options:\n"
    "  -h, --help     show this text\n\n"
    "'tlsagen config COMMAND --help' and 'man tlsagen-config' tell more.\n";

static const char check_text[] =
    "Usage: tlsagen config check [OPTIONS]\n\n"
    "Reads the configuration with all files that it includes, and tells all that is wrong with "
    "it.\n"
    "Certificates, keys, zone files and programs that it names and that are not there are warned "
    "of.\n\n"
    "Options:\n"
    "  -C, --config FILE          read this one, not " TLSAGEN_CONFIG_FILE "; - is\n"
    "                             standard input\n"
    "      --format text|json     how it is written; by default json if its name ends in .json\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report, no warnings; faults are told\n"
    "  -h, --help                 show this text\n";

struct config_args {
    const char *file;
    enum tlsagen_config_format format;
    bool json;
    bool quiet;
    bool help;
};

static int set_format(struct config_args *args, const char *word)
{
    if (strcmp(word, "text") == 0)
        args->format = TLSAGEN_CONFIG_TEXT;
    else if (strcmp(word, "json") == 0)
        args->format = TLSAGEN_CONFIG_JSON;
    else
        return report_usage("config check", "format \"%.32s\" is unknown; give text or json", word);
    return EXIT_DONE;
}

static int take_option(struct config_args *args, int option, char **argv)
{
    switch (option) {
    case 'C':
        args->file = optarg;
        return EXIT_DONE;
    case 'f':
        return set_format(args, optarg);
    case 'j':
        args->json = true;
        return EXIT_DONE;
    case 'q':
        args->quiet = true;
        return EXIT_DONE;
    case 'h':
        args->help = true;
        return EXIT_DONE;
    default:
        return report_bad_option("config check", option, argv);
    }
}

static int parse(struct config_args *args, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'C'}, {"format", required_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},         {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int option;
    while (next_option(argc, argv, ":C:qh", options, &option)) {
        int code = take_option(args, option, argv);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    if (argc > optind)
        return report_usage("config check", "\"%.64s\" is too much; a file is given with -C",
                            argv[optind]);
    return EXIT_DONE;
}

/* What is told, for the report in JSON. */
struct told {
    json_t *faults;
    json_t *warnings;
    bool quiet;
};

static void add_told(json_t *list, const struct tlsagen_config_place *place, const char *text)
{
    json_t *fault = json_pack("{s:o, s:o, s:o}", "file", zone_json_text(place->file), "line",
                              place->line > 0 ? json_integer(place->line) : json_null(), "text",
                              zone_json_text(text));
    (void)json_array_append_new(list, fault);
}

static void take_fault(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    const struct told *told = arg;
    if (place->line > 0)
        report_error("%s:%u: %s", place->file, place->line, text);
    else
        report_error("%s: %s", place->file, text);
    add_told(told->faults, place, text);
}

static void take_warning(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    const struct told *told = arg;
    if (!told->quiet && place->line > 0)
        report_warning("%s:%u: %s", place->file, place->line, text);
    else if (!told->quiet)
        report_warning("%s: %s", place->file, text);
    add_told(told->warnings, place, text);
}

static int report_json(const struct tlsagen_config *config, const char *path,
                       const struct told *told)
{
    json_t *object = json_pack(
        "{s:o, s:b, s:o, s:o, s:O, s:O}", "file", zone_json_text(path), "good", config != NULL,
        "zones", config != NULL ? json_integer((json_int_t)config->zone_count) : json_null(),
        "services", config != NULL ? json_integer((json_int_t)config->service_count) : json_null(),
        "faults", told->faults, "warnings", told->warnings);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    struct tlsagen_buf line;
    int code = EXIT_FAILED;
    json_decref(object);
    tlsagen_buf_init(&line);
    if (text != NULL)
        tlsagen_buf_printf(&line, "%s\n", text);
    if (text == NULL || line.failed)
        report_error("cannot write JSON: out of memory");
    else
        code = report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    free(text);
    return code;
}

static int report_text(const struct tlsagen_config *config, const char *path)
{
    struct tlsagen_buf line;
    tlsagen_buf_init(&line);
    tlsagen_buf_printf(&line, "%s: %zu zone%s, %zu service%s\n", path, config->zone_count,
                       config->zone_count == 1 ? "" : "s", config->service_count,
                       config->service_count == 1 ? "" : "s");
    int code = EXIT_FAILED;
    if (line.failed)
        report_error("out of memory");
    else
        code = report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    return code;
}

static int check(const struct config_args *args)
{
    const char *path = args->file == NULL ? TLSAGEN_CONFIG_FILE : args->file;
    struct tlsagen_config *config = NULL;
    struct tlsagen_err err;
    struct told told = {.faults = json_array(), .warnings = json_array(), .quiet = args->quiet};
    int written = EXIT_DONE;
    if (told.faults == NULL || told.warnings == NULL) {
        report_error("out of memory");
        json_decref(told.faults);
        json_decref(told.warnings);
        return EXIT_FAILED;
    }
    enum tlsagen_status status =
        tlsagen_config_check(path, args->format, take_fault, take_warning, &told, &config, &err);
    int code = exit_code_of(status);
    if (status != TLSAGEN_OK && json_array_size(told.faults) == 0)
        report_error("%s", err.message);
    if (args->json)
        written = report_json(config, path, &told);
    else if (status == TLSAGEN_OK && !args->quiet)
        written = report_text(config, path);
    tlsagen_config_free(config);
    json_decref(told.faults);
    json_decref(told.warnings);
    return code == EXIT_DONE ? written : code;
}

int cmd_config(int argc, char **argv)
{
    struct config_args args = {.file = NULL};
    if (argc < 2)
        return report_usage("config", "no subcommand of config given");
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0)
        return report_result(help_text, strlen(help_text));
    if (strcmp(word, "check") != 0)
        return report_bad_subcommand("config", word);
    int code = parse(&args, argc - 1, argv + 1);
    if (code != EXIT_DONE)
        return code;
    return args.help ? report_result(check_text, strlen(check_text)) : check(&args);
}
