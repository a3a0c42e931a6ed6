/* cmd_import.c - `tlsagen import`: configuration for the TLSA records that zones have. */
#include <string.h>

#include "cli.h"

static const char help_text[] =
    "Usage: tlsagen import [OPTIONS] ZONEFILE...\n\n"
    "Writes configuration for all TLSA records in the zone files: `tlsagen plan` with it finds\n"
    "nothing to change. The records are pinned; give a service a source, and it has its own.\n\n"
    "      --origin ZONE      the zone's name, when the file does not tell\n"
    "  -q, --quiet            no warnings\n"
    "  -h, --help             show this text\n";

struct import_args {
    const char *origin;
    bool quiet;
    bool help;
};

static int parse(struct import_args *args, int argc, char **argv)
{
    static const struct option options[] = {
        {"origin", required_argument, NULL, 'o'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while (next_option(argc, argv, ":qh", options, &option)) {
        if (option == 'o')
            args->origin = optarg;
        else if (option == 'q')
            args->quiet = true;
        else if (option == 'h')
            args->help = true;
        else
            return report_bad_option("import", option, argv);
        if (args->help)
            return EXIT_DONE;
    }
    if (optind == argc)
        return report_usage("import", "no zone file given");
    if (args->origin != NULL && argc - optind > 1)
        return report_usage("import", "--origin is the name of one zone; give one file");
    return EXIT_DONE;
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

static int import_file(const struct import_args *args, const char *path)
{
    struct tlsagen_buf text, notes;
    struct tlsagen_err err;
    int code = EXIT_DONE;
    tlsagen_buf_init(&text);
    tlsagen_buf_init(&notes);
    enum tlsagen_status status = tlsagen_fleet_import(path, args->origin, &text, &notes, &err);
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

int cmd_import(int argc, char **argv)
{
    struct import_args args = {.origin = NULL};
    int code = parse(&args, argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (args.help)
        return report_result(help_text, strlen(help_text));
    for (int i = optind; i < argc; i++) {
        const int one = import_file(&args, argv[i]);
        code = code == EXIT_DONE ? one : code;
    }
    return code;
}
