/* cmd_import.c - `tlsagen import`: configuration for the TLSA records that zones have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sys/stat.h>

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

/* --- which files --- */

struct zone_file {
    const char *path;                  /* within the operand */
    char *origin;                      /* the zone's name as it was given, or NULL */
    char zone[TLSAGEN_ZONE_NAME_SIZE]; /* "" of a file that cannot be read */
    struct stat st;
};

/* [ZONE=]ZONEFILE; a file whose name has a "=" is given with a folder, as in ./a=b. */
static int split(const struct import_args *args, const char *operand, struct zone_file *file)
{
    const char *origin = args->origin;
    const size_t len = strcspn(operand, "=/");
    size_t origin_len = origin != NULL ? strlen(origin) : 0;
    file->path = operand;
    if (operand[len] == '=') {
        if (len == 0 || operand[len + 1] == '\0')
            return report_usage("import", "\"%.300s\" is no ZONE=FILE", operand);
        if (origin != NULL)
            return report_usage("import", "%.300s names its zone; leave out --origin", operand);
        origin = operand;
        origin_len = len;
        file->path = operand + len + 1;
    }
    file->origin = origin != NULL ? strndup(origin, origin_len) : NULL;
    if (origin == NULL || file->origin != NULL)
        return EXIT_DONE;
    report_error("out of memory");
    return EXIT_FAILED;
}

/* Ends the list: no more is asked for. */
static enum tlsagen_status take_soa(void *arg, const struct tlsagen_zone_record *record,
                                    struct tlsagen_err *err)
{
    struct zone_file *file = arg;
    (void)snprintf(file->zone, sizeof(file->zone), "%s", record->owner);
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: no more is read", record->file);
}

/* Of several files: what else is wrong with one is told when it is imported. */
static int find_zone(struct zone_file *file)
{
    const struct tlsagen_zone_filter filter = {.origin = file->origin, .type = "SOA"};
    struct tlsagen_err err;
    const enum tlsagen_status status = tlsagen_zone_list(file->path, &filter, take_soa, file, &err);
    if (status == TLSAGEN_E_ARGUMENT && file->origin == NULL)
        return report_usage("import",
                            "%.300s: nothing tells the zone's name; give the file as ZONE=%.300s",
                            file->path, file->path);
    if (stat(file->path, &file->st) != 0)
        file->zone[0] = '\0';
    return EXIT_DONE;
}

static int by_zone(const void *a, const void *b)
{
    const struct zone_file *const *x = a, *const *y = b;
    const int zones = strcasecmp((*x)->zone, (*y)->zone);
    return zones != 0 ? zones : (*x > *y) - (*x < *y);
}

static int tell_twice(const struct zone_file *a, const struct zone_file *b)
{
    if (strcmp(a->path, b->path) == 0)
        return report_usage("import", "%.400s is given twice", a->path);
    if (a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino)
        return report_usage("import", "%.400s and %.400s are one file; give it once", a->path,
                            b->path);
    return report_usage("import", "%.300s and %.300s both have the zone %.300s; give one of them",
                        a->path, b->path, a->zone);
}

/* A configuration has each zone once. */
static int check_zones(struct zone_file *files, size_t count)
{
    const struct zone_file **sorted = calloc(count + 1, sizeof(struct zone_file *));
    int code = EXIT_DONE;
    if (sorted == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
        sorted[i] = &files[i];
        code = find_zone(&files[i]);
    }
    if (code == EXIT_DONE)
        qsort(sorted, count, sizeof(struct zone_file *), by_zone);
    for (size_t i = 1; i < count && code == EXIT_DONE; i++) {
        if (sorted[i]->zone[0] != '\0' && strcasecmp(sorted[i]->zone, sorted[i - 1]->zone) == 0)
            code = tell_twice(sorted[i - 1], sorted[i]);
    }
    free(sorted);
    return code;
}

static int import_all(const struct import_args *args, char **operands, size_t count)
{
    struct zone_file *files = calloc(count + 1, sizeof(*files));
    int code = EXIT_DONE;
    if (files == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < count && code == EXIT_DONE; i++)
        code = split(args, operands[i], &files[i]);
    if (code == EXIT_DONE && count > 1)
        code = check_zones(files, count);
    const bool good = code == EXIT_DONE;
    for (size_t i = 0; i < count && good && code != EXIT_USAGE; i++) {
        const int one = import_file(args, files[i].path, files[i].origin);
        code = code == EXIT_DONE ? one : code;
    }
    for (size_t i = 0; i < count; i++)
        free(files[i].origin);
    free(files);
    return code;
}

int cmd_import(int argc, char **argv)
{
    struct import_args args = {.origin = NULL};
    server_args_init(&args.server);
    int code = parse(&args, argc, argv);
    if (code == EXIT_DONE && args.help)
        code = report_result(help_text, strlen(help_text));
    else if (code == EXIT_DONE)
        code = import_all(&args, argv + optind, (size_t)(argc - optind));
    server_args_clear(&args.server);
    return code;
}
