/* cmd_update.c - `tlsagen update`: records of a dynamic zone, changed at its server. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server_args.h"

static const char help_text[] =
    "Usage: tlsagen update --server ADDRESS[#PORT] [OPTIONS] ZONE put|add [RRFILE]\n"
    "       tlsagen update --server ADDRESS[#PORT] [OPTIONS] ZONE remove OWNER [TYPE "
    "[RDATA...]]\n\n"
    "Changes records of a dynamic zone at its primary name server (RFC 2136), under the condition\n"
    "that nobody else has changed them meanwhile.\n\n"
    "  put RRFILE                 make each RRset of RRFILE (- or nothing: standard input) "
    "exactly\n"
    "                             what is given\n"
    "  add RRFILE                 add what is missing\n"
    "  remove OWNER [TYPE [RDATA]]  remove records\n\n"
    "Options:\n"
    "      --server ADDRESS[#PORT]  the primary name server\n"
    "      --tsig FILE            the key, in BIND's form, as tsig-keygen makes it\n"
    "      --ttl TIME             TTL of what is added, in seconds or as in 1h30m\n"
    "      --timeout TIME         for each answer; 10 seconds by default\n"
    "  -n, --dry-run              show what would change, and send nothing\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report\n"
    "  -h, --help                 show this text\n";

enum option_id { OPT_SERVER = 256, OPT_TSIG, OPT_TTL, OPT_TIMEOUT, OPT_JSON };

struct update_args {
    struct tlsagen_update update;
    char *server;            /* without the port */
    struct tlsagen_buf text; /* records, or the words of the rdata */
    bool json;
    bool quiet;
    bool help;
};

static int take_server(struct update_args *args, const char *value)
{
    free(args->server);
    int code = server_address_parse("update", value, &args->server, &args->update.port);
    args->update.server = args->server;
    return code;
}

static int take_time(const char *value, const char *what, uint32_t *seconds)
{
    struct tlsagen_err err;
    if (tlsagen_duration_parse(value, what, seconds, &err) != TLSAGEN_OK)
        return report_usage("update", "%s", err.message);
    return EXIT_DONE;
}

static int take_option(struct update_args *args, int option)
{
    uint32_t seconds = 0;
    int code = EXIT_DONE;
    switch (option) {
    case OPT_SERVER:
        return take_server(args, optarg);
    case OPT_TSIG:
        args->update.key_file = optarg;
        return EXIT_DONE;
    case OPT_TTL:
        code = take_time(optarg, "TTL", &seconds);
        args->update.ttl = seconds;
        return code;
    case OPT_TIMEOUT:
        code = take_time(optarg, "--timeout", &seconds);
        if (code == EXIT_DONE && (seconds == 0 || seconds > 3600))
            return report_usage("update", "--timeout is 1 second to an hour");
        args->update.timeout_ms = seconds * 1000;
        return code;
    case OPT_JSON:
        args->json = true;
        return EXIT_DONE;
    case 'n':
        args->update.dry_run = true;
        return EXIT_DONE;
    case 'q':
        args->quiet = true;
        return EXIT_DONE;
    case 'h':
        args->help = true;
        return EXIT_DONE;
    default:
        return EXIT_USAGE;
    }
}

static int read_records(struct update_args *args, char **words, int count)
{
    struct tlsagen_err err;
    const char *source = count > 0 ? words[0] : "-";
    if (count > 1)
        return report_usage("update", "\"%.64s\" is one word too many", words[1]);
    if (tlsagen_input_read(source, &args->text, &err) != TLSAGEN_OK)
        return report_err(&err);
    args->update.records = args->text.data;
    args->update.len = args->text.len;
    args->update.source = strcmp(source, "-") == 0 ? "standard input" : source;
    return EXIT_DONE;
}

static int take_removal(struct update_args *args, char **words, int count)
{
    if (count < 1)
        return report_usage("update", "remove needs an owner");
    args->update.owner = words[0];
    args->update.type = count > 1 ? words[1] : NULL;
    for (int i = 2; i < count; i++) {
        if (i > 2)
            tlsagen_buf_char(&args->text, ' ');
        tlsagen_buf_str(&args->text, words[i]);
    }
    args->update.rdata = count > 2 ? args->text.data : NULL;
    return EXIT_DONE;
}

static int take_words(struct update_args *args, char **words, int count)
{
    if (args->update.server == NULL)
        return report_usage("update", "no server given; see --server");
    if (count < 2)
        return report_usage("update", "give the zone, and put, add or remove");
    args->update.zone = words[0];
    if (strcmp(words[1], "remove") == 0) {
        args->update.verb = TLSAGEN_UPDATE_REMOVE;
        return take_removal(args, words + 2, count - 2);
    }
    bool put = strcmp(words[1], "put") == 0;
    if (!put && strcmp(words[1], "add") != 0)
        return report_usage("update", "\"%.32s\" is none of put, add and remove", words[1]);
    args->update.verb = put ? TLSAGEN_UPDATE_PUT : TLSAGEN_UPDATE_ADD;
    return read_records(args, words + 2, count - 2);
}

static int parse(struct update_args *args, int argc, char **argv)
{
    static const struct option options[] = {
        {"server", required_argument, NULL, OPT_SERVER},
        {"tsig", required_argument, NULL, OPT_TSIG},
        {"ttl", required_argument, NULL, OPT_TTL},
        {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {"dry-run", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, OPT_JSON},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while (next_option(argc, argv, ":nqh", options, &option)) {
        int code = option == '?' || option == ':' ? report_bad_option("update", option, argv)
                                                  : take_option(args, option);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    return take_words(args, argv + optind, argc - optind);
}

/* Each line with a sign before it, as in a diff. */
static void add_lines(struct tlsagen_buf *text, char sign, const struct tlsagen_buf *lines)
{
    const char *line = lines->data, *end = line == NULL ? NULL : line + lines->len;
    while (line != end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop + 1;
        tlsagen_buf_char(text, sign);
        tlsagen_buf_add(text, line, (size_t)(stop - line));
        line = stop;
    }
}

static int report_text(const struct update_args *args, const struct tlsagen_update_result *result)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    tlsagen_buf_printf(&text, "%s: %s\n", args->update.zone,
                       !result->changed       ? "unchanged"
                       : args->update.dry_run ? "would be updated"
                                              : "updated");
    add_lines(&text, '-', &result->removed);
    add_lines(&text, '+', &result->added);
    int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    tlsagen_buf_clear(&text);
    return code;
}

static int report_json(const struct update_args *args, const struct tlsagen_update_result *result)
{
    json_t *object = json_pack("{s:s, s:b, s:b, s:s, s:s}", "zone", args->update.zone, "changed",
                               result->changed, "dry_run", args->update.dry_run, "removed",
                               result->removed.len == 0 ? "" : result->removed.data, "added",
                               result->added.len == 0 ? "" : result->added.data);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
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
    json_decref(object);
    return code;
}

static int run(struct update_args *args)
{
    struct tlsagen_update_result result;
    struct tlsagen_err err;
    int code = EXIT_DONE;
    if (tlsagen_update_run(&args->update, &result, &err) != TLSAGEN_OK)
        code = report_err(&err);
    else if (args->json)
        code = report_json(args, &result);
    else if (!args->quiet)
        code = report_text(args, &result);
    tlsagen_update_result_clear(&result);
    return code;
}

int cmd_update(int argc, char **argv)
{
    struct update_args args = {.update = {.ttl = -1}};
    tlsagen_buf_init(&args.text);
    int code = parse(&args, argc, argv);
    if (code == EXIT_DONE)
        code = args.help ? report_result(help_text, strlen(help_text)) : run(&args);
    tlsagen_buf_clear(&args.text);
    free(args.server);
    return code;
}
