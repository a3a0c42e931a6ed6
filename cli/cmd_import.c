/* cmd_import.c - `tlsagen import`: configuration for the TLSA records that zones have. */
#include <stdlib.h>
#include <string.h>

#include "server_args.h"

static const char help_text[] =
    "Usage: tlsagen import [OPTIONS] [ZONE=]ZONEFILE...\n\n"
    "Writes configuration for all TLSA records in the zone files: `tlsagen plan` with it finds\n"
    "nothing to change. The records are pinned; give a service a source, and it has its own.\n\n"
    "ZONE= and --origin tell a zone's name when its file does not.\n\n"
    "      --origin ZONE      the zone's name, of one file\n"
    "  -q, --quiet            no warnings\n"
    "  -h, --help             show this text\n\n"
    "Server, written down for each zone when one of these is given; else apply tells nobody of a\n"
    "new file:\n" SERVER_OPTIONS_HELP;

struct import_args {
    struct server_args server;
    const char *origin;
    bool has_server;
    bool quiet;
    bool help;
};

static int take_option(struct import_args *args, int option)
{
    switch (option) {
    case 'o':
        args->origin = optarg;
        return EXIT_DONE;
    case 'q':
        args->quiet = true;
        return EXIT_DONE;
    case 'h':
        args->help = true;
        return EXIT_DONE;
    default:
        args->has_server = true;
        return server_args_take(&args->server, "import", option, optarg);
    }
}

static int check(struct import_args *args, int count)
{
    if (count == 0)
        return report_usage("import", "no zone file given");
    if (args->origin != NULL && count > 1)
        return report_usage("import",
                            "--origin is the name of one zone; give ZONE=FILE for each of several");
    return server_args_check(&args->server, "import");
}

static int parse(struct import_args *args, int argc, char **argv)
{
    static const struct option options[] = {
        SERVER_OPTIONS,
        {"origin", required_argument, NULL, 'o'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while (next_option(argc, argv, ":qh", options, &option)) {
        if (option == '?' || option == ':')
            return report_bad_option("import", option, argv);
        const int code = take_option(args, option);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    return check(args, argc - optind);
}

static void tell_notes(const struct tlsagen_buf *notes)
{
    const char *line = notes->len > 0 ? notes->data : "";
    while (*line != '\0') {
        const size_t len = strcspn(line, "\n");
        report_warning("%.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static int import_file(const struct import_args *args, const char *path, const char *origin)
{
    struct tlsagen_reload reload = {.server = NULL};
    struct tlsagen_buf text, notes;
    struct tlsagen_err err;
    int code = EXIT_DONE;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&notes);
    server_args_fill(&args->server, &reload);
    enum tlsagen_status status =
        tlsagen_fleet_import(path, origin, args->has_server ? &reload : NULL, &text, &notes, &err);
    if (!args->quiet)
        tell_notes(&notes);
    if (status == TLSAGEN_E_NOTFOUND && !args->quiet)
        report_warning("%s", err.message);
    else if (status != TLSAGEN_OK && status != TLSAGEN_E_NOTFOUND)
        code = report_err(&err);
    if (code == EXIT_DONE) {
        tlsagen_buf_char(&text, '\n');
        code = text.failed ? EXIT_FAILED : report_result(text.data, text.len);
    }
    tlsagen_buf_clear(&text);
    tlsagen_buf_clear(&notes);
    return code;
}

/* [ZONE=]ZONEFILE; a file whose name has a "=" is given with a folder, as in ./a=b. */
static int import_operand(const struct import_args *args, const char *operand)
{
    const size_t len = strcspn(operand, "=/");
    if (operand[len] != '=')
        return import_file(args, operand, args->origin);
    if (len == 0 || operand[len + 1] == '\0')
        return report_usage("import", "\"%.300s\" is no ZONE=FILE", operand);
    if (args->origin != NULL)
        return report_usage("import", "%.300s names its zone; leave out --origin", operand);
    char *zone = strndup(operand, len);
    if (zone == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    const int code = import_file(args, operand + len + 1, zone);
    free(zone);
    return code;
}

int cmd_import(int argc, char **argv)
{
    struct import_args args = {.origin = NULL};
    server_args_init(&args.server);
    int code = parse(&args, argc, argv);
    if (code == EXIT_DONE && args.help)
        code = report_result(help_text, strlen(help_text));
    for (int i = optind; i < argc && code != EXIT_USAGE && !args.help; i++) {
        const int one = import_operand(&args, argv[i]);
        code = code == EXIT_DONE ? one : code;
    }
    server_args_clear(&args.server);
    return code;
}
