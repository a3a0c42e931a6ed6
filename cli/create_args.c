/* create_args.c - the options of `create`. */
#include "create.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_TTL 3600 /* seconds, as ldns-dane */
#define JOBS_MAX 256

enum option_id {
    OPT_STARTTLS = 256,
    OPT_CONNECT,
    OPT_BATCH,
    OPT_BUNDLE,
    OPT_FORMAT,
    OPT_TTL,
    OPT_NO_TTL,
    OPT_ORIGIN,
    OPT_PROTO,
    OPT_RECORD,
    OPT_TA,
    OPT_UNION,
    OPT_PASSPHRASE,
    OPT_REPLACE,
    OPT_STOP,
    OPT_JOBS,
};

static const char short_options[] = ":c:k:bno:uqWh46";

static const struct option long_options[] = {
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"connect", optional_argument, NULL, OPT_CONNECT},
    {"starttls", required_argument, NULL, OPT_STARTTLS},
    {"batch", required_argument, NULL, OPT_BATCH},
    {"bundle", required_argument, NULL, OPT_BUNDLE},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"stop-on-error", no_argument, NULL, OPT_STOP},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"ttl", required_argument, NULL, OPT_TTL},
    {"no-ttl", no_argument, NULL, OPT_NO_TTL},
    {"origin", required_argument, NULL, OPT_ORIGIN},
    {"proto", required_argument, NULL, OPT_PROTO},
    {"record", required_argument, NULL, OPT_RECORD},
    {"ta", required_argument, NULL, OPT_TA},
    {"no-check", no_argument, NULL, 'n'},
    {"union", no_argument, NULL, OPT_UNION},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"quiet", no_argument, NULL, 'q'},
    {"warnings-fail", no_argument, NULL, 'W'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int bad_value(const struct create_args *args, const struct tlsagen_err *err)
{
    return report_usage(args->command, "%s", err->message);
}

static int set_source(struct create_args *args, enum create_source source, const char *path)
{
    if (args->source != CREATE_FILES)
        return report_usage(args->command,
                            "--connect, --batch and --bundle are given together, or one "
                            "twice; give one of them");
    args->source = source;
    args->path = path;
    return EXIT_DONE;
}

static int set_format(struct create_args *args, const char *word)
{
    static const char *const names[] = {"zone", "multiline", "generic", "nsupdate", "json"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            args->output = (enum create_output)i;
            return EXIT_DONE;
        }
    }
    return report_usage(args->command,
                        "format \"%.32s\" is unknown; give zone, multiline, generic, "
                        "nsupdate or json",
                        word);
}

static int set_anchor(struct create_args *args, const char *word)
{
    static const struct {
        const char *name;
        enum tlsagen_anchor anchor;
    } names[] = {
        {"issuer", TLSAGEN_ANCHOR_ISSUER},
        {"root", TLSAGEN_ANCHOR_ROOT},
        {"-1", TLSAGEN_ANCHOR_ROOT}, /* ldns-dane: the self-signed one at the end */
        {"all", TLSAGEN_ANCHOR_ALL},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i].name) == 0) {
            args->anchor = names[i].anchor;
            return EXIT_DONE;
        }
    }
    uint64_t number;
    if (tlsagen_number_parse(word, "anchor", 0, 1000, &number, NULL) != TLSAGEN_OK)
        return report_usage(args->command,
                            "anchor \"%.32s\" is unknown; give issuer, root, all, or a "
                            "number counted from the end of the chain",
                            word);
    args->anchor = TLSAGEN_ANCHOR_OFFSET;
    args->anchor_offset = (unsigned)number;
    return EXIT_DONE;
}

static int set_ttl(struct create_args *args, const char *word)
{
    struct tlsagen_err err;
    uint32_t seconds;
    if (tlsagen_duration_parse(word, "TTL", &seconds, &err) != TLSAGEN_OK)
        return bad_value(args, &err);
    args->ttl = seconds;
    return EXIT_DONE;
}

static int set_origin(struct create_args *args, const char *word)
{
    struct tlsagen_err err;
    if (strcmp(word, ".") == 0)
        memcpy(args->origin, ".", 2);
    else if (tlsagen_host_parse(word, args->origin, &err) != TLSAGEN_OK)
        return report_usage(args->command, "--origin: %s", err.message);
    return EXIT_DONE;
}

static int set_jobs(struct create_args *args, const char *word)
{
    struct tlsagen_err err;
    uint64_t number;
    if (tlsagen_number_parse(word, "number of jobs", 1, JOBS_MAX, &number, &err) != TLSAGEN_OK)
        return bad_value(args, &err);
    args->jobs = (unsigned)number;
    return EXIT_DONE;
}

static int add_record(struct create_args *args, const char *words)
{
    struct tlsagen_err err;
    if (tlsagen_fields_parse(words, &args->fields[args->field_count], &err) != TLSAGEN_OK)
        return bad_value(args, &err);
    args->field_count++;
    return EXIT_DONE;
}

static int set_proto(struct create_args *args, const char *word)
{
    struct tlsagen_err err;
    return tlsagen_proto_parse(word, &args->proto, &err) == TLSAGEN_OK ? EXIT_DONE
                                                                       : bad_value(args, &err);
}

static int set_starttls(struct create_args *args, const char *word)
{
    struct tlsagen_err err;
    args->has_starttls = true;
    return tlsagen_starttls_parse(word, &args->starttls, &err) == TLSAGEN_OK
               ? EXIT_DONE
               : bad_value(args, &err);
}

/* Options without a value; false for one that is not among them. */
static bool take_flag(struct create_args *args, int option)
{
    switch (option) {
    case 'b':
        args->output = CREATE_GENERIC;
        return true;
    case 'n':
        args->unchecked = true;
        return true;
    case 'u':
        args->proto = TLSAGEN_PROTO_UDP;
        return true;
    case '4':
    case '6':
        args->family = option - '0';
        return true;
    case 'q':
        args->quiet = true;
        return true;
    case 'W':
        args->warnings_fail = true;
        return true;
    case OPT_NO_TTL:
        args->ttl = TLSAGEN_TTL_NONE;
        return true;
    case OPT_UNION:
        args->union_of_keys = true;
        return true;
    case OPT_REPLACE:
        args->replace = true;
        return true;
    case OPT_STOP:
        args->stop_on_error = true;
        return true;
    default:
        return false;
    }
}

/* Options with a value. */
static int take_option(struct create_args *args, int option)
{
    switch (option) {
    case 'c':
    case 'k':
        args->inputs[args->input_count++] = optarg;
        return EXIT_DONE;
    case 'o':
    case OPT_TA:
        return set_anchor(args, optarg);
    case OPT_CONNECT:
        args->address = optarg;
        return set_source(args, CREATE_CONNECT, NULL);
    case OPT_BATCH:
        return set_source(args, CREATE_BATCH, optarg);
    case OPT_BUNDLE:
        return set_source(args, CREATE_BUNDLE, optarg);
    case OPT_STARTTLS:
        return set_starttls(args, optarg);
    case OPT_FORMAT:
        return set_format(args, optarg);
    case OPT_TTL:
        return set_ttl(args, optarg);
    case OPT_ORIGIN:
        return set_origin(args, optarg);
    case OPT_PROTO:
        return set_proto(args, optarg);
    case OPT_RECORD:
        return add_record(args, optarg);
    case OPT_PASSPHRASE:
        args->passphrase_file = optarg;
        return EXIT_DONE;
    case OPT_JOBS:
        return set_jobs(args, optarg);
    default:
        return EXIT_USAGE;
    }
}

/* USAGE [SELECTOR [MATCHING]], each as in ldns-dane 3, 1, 1 when left out. */
static int take_fields(struct create_args *args, char **words, int count)
{
    struct tlsagen_fields fields = {TLSAGEN_USAGE_DANE_EE, TLSAGEN_SELECTOR_SPKI,
                                    TLSAGEN_MATCHING_SHA256};
    struct tlsagen_err err;
    enum tlsagen_status status = TLSAGEN_OK;
    if (count > 3)
        return report_usage(args->command, "\"%.64s\" is one word too many", words[3]);
    if (count > 0)
        status = tlsagen_usage_parse(words[0], &fields.usage, &err);
    if (count > 1 && status == TLSAGEN_OK)
        status = tlsagen_selector_parse(words[1], &fields.selector, &err);
    if (count > 2 && status == TLSAGEN_OK)
        status = tlsagen_matching_parse(words[2], &fields.matching, &err);
    if (status != TLSAGEN_OK)
        return bad_value(args, &err);
    if (count > 0 || args->field_count == 0)
        args->fields[args->field_count++] = fields;
    return EXIT_DONE;
}

static int take_words(struct create_args *args, char **words, int count)
{
    if (args->source == CREATE_BATCH) {
        if (count > 0)
            return report_usage(args->command,
                                "\"%.64s\": host, port and the rest stand in the lines "
                                "of the batch",
                                words[0]);
        return EXIT_DONE;
    }
    bool bundle = args->source == CREATE_BUNDLE;
    int first = bundle ? 0 : 1;
    if (count < first + 1)
        return report_usage(args->command, "%s is missing",
                            count < first ? "the host" : "the port");
    struct tlsagen_err err;
    if (!bundle && tlsagen_host_parse(words[0], args->host, &err) != TLSAGEN_OK)
        return bad_value(args, &err);
    int code = create_ports_parse(args, words[first]);
    if (code != EXIT_DONE)
        return code;
    return take_fields(args, words + first + 1, count - first - 1);
}

static int stdin_twice(const struct create_args *args)
{
    unsigned uses = args->passphrase_file != NULL && strcmp(args->passphrase_file, "-") == 0;
    for (size_t i = 0; i < args->input_count; i++)
        uses += strcmp(args->inputs[i], "-") == 0;
    if (args->path != NULL)
        uses += strcmp(args->path, "-") == 0;
    if (uses > 1)
        return report_usage(args->command, "standard input (-) can be read once only");
    return EXIT_DONE;
}

/* Options that mean nothing together are mistakes. */
static int check_together(const struct create_args *args)
{
    bool many = args->source == CREATE_BATCH || args->source == CREATE_BUNDLE;
    if (args->source == CREATE_FILES && args->input_count == 0)
        return report_usage(args->command,
                            "no input; give -c or -k, --connect, --batch or --bundle");
    if (args->source != CREATE_FILES && args->input_count > 0)
        return report_usage(args->command, "-c and -k have no place beside --connect, --batch or "
                                           "--bundle");
    if (args->source != CREATE_CONNECT && (args->has_starttls || args->family != 0))
        return report_usage(args->command, "--starttls, -4 and -6 are for --connect");
    if (args->source == CREATE_CONNECT && args->proto != TLSAGEN_PROTO_TCP)
        return report_usage(args->command, "--connect speaks TLS over TCP only");
    if (!many && (args->stop_on_error || args->jobs != 0))
        return report_usage(args->command,
                            "--stop-on-error and --jobs are for --batch and --bundle");
    if (args->output == CREATE_NSUPDATE && args->ttl == TLSAGEN_TTL_NONE)
        return report_usage(args->command, "nsupdate needs a TTL; leave out --no-ttl");
    if (args->output != CREATE_NSUPDATE && args->replace)
        return report_usage(args->command, "--replace is for --format nsupdate");
    if (args->source == CREATE_BATCH && args->field_count > 0)
        return report_usage(args->command, "--record: the lines of a batch name their combination");
    return stdin_twice(args);
}

static bool make_room(struct create_args *args, int argc)
{
    size_t words = (size_t)argc + 1;
    args->inputs = calloc(words, sizeof(args->inputs[0]));
    args->fields = calloc(words, sizeof(args->fields[0]));
    return args->inputs != NULL && args->fields != NULL;
}

int create_args_parse(struct create_args *args, int argc, char **argv, bool *help)
{
    *args =
        (struct create_args){.command = argv[0], .ttl = DEFAULT_TTL, .proto = TLSAGEN_PROTO_TCP};
    *help = false;
    if (!make_room(args, argc)) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    optind = 1;
    int option;
    while (next_option(argc, argv, short_options, long_options, &option)) {
        if (option == 'h') {
            *help = true;
            return EXIT_DONE;
        }
        if (option == '?' || option == ':')
            return report_bad_option(args->command, option, argv);
        int code = take_flag(args, option) ? EXIT_DONE : take_option(args, option);
        if (code != EXIT_DONE)
            return code;
    }
    int code = check_together(args);
    return code != EXIT_DONE ? code : take_words(args, argv + optind, argc - optind);
}

void create_args_clear(struct create_args *args)
{
    free(args->inputs);
    free(args->fields);
    free(args->ports);
}
