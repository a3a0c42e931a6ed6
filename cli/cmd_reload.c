/* cmd_reload.c - `tlsagen reload`: has a name server load a zone, and waits until it did. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server_args.h"
#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen reload [OPTIONS] ZONE\n\n"
    "Tells the name server to load the zone from its file, and waits until it really serves the\n"
    "new serial.\n\n"
    "Server:\n" SERVER_OPTIONS_HELP "\n"
    "Serial:\n"
    "      --serial N             wait for this one; any other than before without it\n"
    "  -f, --file FILE            wait for that of the zone file FILE\n\n"
    "State:\n"
    "      --state-dir DIR        the journal of publish, which tells who froze a zone;\n"
    "                             /var/lib/tlsagen by default\n\n"
    "Output:\n"
    "  -n, --dry-run              show the command and run nothing\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report\n"
    "  -h, --help                 show this text\n";

struct reload_args {
    struct server_args server;
    const char *zone;
    const char *file;
    const char *state_dir;
    bool has_serial;
    uint32_t serial;
    bool dry_run;
    bool json;
    bool quiet;
    bool help;
};

static int set_serial(struct reload_args *args, const char *value)
{
    struct tlsagen_err err;
    uint64_t serial;
    if (tlsagen_number_parse(value, "serial", 0, UINT32_MAX, &serial, &err) != TLSAGEN_OK)
        return report_usage("reload", "%s", err.message);
    args->has_serial = true;
    args->serial = (uint32_t)serial;
    return EXIT_DONE;
}

static int take_option(struct reload_args *args, int option)
{
    switch (option) {
    case 'f':
        args->file = optarg;
        return EXIT_DONE;
    case 's':
        return set_serial(args, optarg);
    case 'd':
        args->state_dir = optarg;
        return EXIT_DONE;
    case 'n':
        args->dry_run = true;
        return EXIT_DONE;
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
        return server_args_take(&args->server, "reload", option, optarg);
    }
}

static int parse(struct reload_args *args, int argc, char **argv)
{
    static const struct option options[] = {
        SERVER_OPTIONS,
        {"serial", required_argument, NULL, 's'},
        {"file", required_argument, NULL, 'f'},
        {"state-dir", required_argument, NULL, 'd'},
        {"dry-run", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while (next_option(argc, argv, ":f:nqh", options, &option)) {
        int code = option == '?' || option == ':' ? report_bad_option("reload", option, argv)
                                                  : take_option(args, option);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    if (argc - optind != 1)
        return report_usage("reload",
                            argc == optind ? "no zone given" : "more than one zone given");
    if (args->has_serial && args->file != NULL)
        return report_usage("reload", "--serial and --file both tell the serial; give one");
    args->zone = argv[optind];
    return server_args_check(&args->server, "reload");
}

/* The serial of the zone file: the third of the SOA's words. */
static enum tlsagen_status take_soa(void *arg, const struct tlsagen_zone_record *record,
                                    struct tlsagen_err *err)
{
    struct reload_args *args = arg;
    char words[1100];
    uint64_t serial;
    (void)snprintf(words, sizeof(words), "%s", record->rdata);
    char *rest = words, *word = NULL;
    for (int i = 0; i < 3; i++)
        word = strtok_r(rest, " ", &rest);
    if (word == NULL ||
        tlsagen_number_parse(word, "serial", 0, UINT32_MAX, &serial, err) != TLSAGEN_OK)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: its SOA has no serial", record->file);
    args->has_serial = true;
    args->serial = (uint32_t)serial;
    return TLSAGEN_OK;
}

static int read_file(struct reload_args *args)
{
    const struct tlsagen_zone_filter filter = {.origin = args->zone, .type = "SOA"};
    struct tlsagen_err err;
    if (args->file == NULL ||
        tlsagen_zone_list(args->file, &filter, take_soa, args, &err) == TLSAGEN_OK)
        return EXIT_DONE;
    return report_err(&err);
}

/* Takes the object, which may be NULL. */
static int write_json(json_t *object)
{
    char *text =
        object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(object);
    struct tlsagen_buf line;
    int code = EXIT_FAILED;
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

static int report_json(const struct reload_args *args, const struct tlsagen_reload_result *result)
{
    json_t *before = result->has_before ? json_integer(result->before) : json_null();
    json_t *serial = result->has_serial ? json_integer(result->serial) : json_null();
    return write_json(json_pack("{s:s, s:b, s:o, s:o, s:f}", "zone", args->zone, "loaded",
                                result->loaded, "old_serial", before, "serial", serial, "seconds",
                                (double)result->elapsed_ms / 1000));
}

static int show_command(const struct reload_args *args)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    enum tlsagen_status status =
        tlsagen_server_command(&args->server.server, args->zone, &text, &err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&text, &err);
    int code;
    if (status != TLSAGEN_OK)
        code = report_err(&err);
    else if (args->json)
        code = write_json(json_pack("{s:b, s:s, s:o}", "dry_run", true, "zone", args->zone,
                                    "command", zone_json_textn(text.data, text.len)));
    else {
        tlsagen_buf_char(&text, '\n');
        code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    }
    tlsagen_buf_clear(&text);
    return code;
}

static int report_text(const struct reload_args *args, const struct tlsagen_reload_result *result)
{
    char line[1400], serial[32] = "";
    int len;
    if (result->has_serial)
        (void)snprintf(serial, sizeof(serial), " serial %u", result->serial);
    if (!result->loaded)
        len = snprintf(line, sizeof(line), "%.1024s: up to date,%s\n", args->zone, serial);
    else if (!result->has_serial)
        len = snprintf(line, sizeof(line), "%.1024s: reload accepted\n", args->zone);
    else
        len = snprintf(line, sizeof(line), "%.1024s: loaded%s after %.2f s\n", args->zone, serial,
                       (double)result->elapsed_ms / 1000);
    return len < 0 ? EXIT_FAILED : report_result(line, (size_t)len);
}

static int run(struct reload_args *args)
{
    struct tlsagen_reload reload = {.zone = args->zone};
    struct tlsagen_reload_result result;
    struct tlsagen_err err;
    if (args->dry_run)
        return show_command(args);
    int code = read_file(args);
    if (code != EXIT_DONE)
        return code;
    server_args_fill(&args->server, &reload);
    reload.has_serial = args->has_serial;
    reload.serial = args->serial;
    reload.state_dir = args->state_dir;
    if (tlsagen_reload_run(&reload, &result, &err) != TLSAGEN_OK)
        return report_err(&err);
    if (args->json)
        return report_json(args, &result);
    return args->quiet ? EXIT_DONE : report_text(args, &result);
}

int cmd_reload(int argc, char **argv)
{
    struct reload_args args = {.state_dir = TLSAGEN_STATE_DIR};
    server_args_init(&args.server);
    int code = parse(&args, argc, argv);
    if (code == EXIT_DONE)
        code = args.help ? report_result(help_text, strlen(help_text)) : run(&args);
    server_args_clear(&args.server);
    return code;
}
