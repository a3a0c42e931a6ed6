/* verify_args.c - the options and targets of `verify`. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 32
#define JOBS_MAX 256
#define TIMEOUT 60 /* seconds */
#define STEP_MS 10000U
#define PORTS_MAX 64
#define WARNING_DAYS 14
#define CRITICAL_DAYS 3
#define NOT_GIVEN UINT64_MAX

enum option_id {
    OPT_MX = 256,
    OPT_RECORDS,
    OPT_CHAIN,
    OPT_INPUT,
    OPT_ANCHOR,
    OPT_RESOLVER,
    OPT_TRUST_AD,
    OPT_STARTTLS,
    OPT_TIMEOUT,
    OPT_AUTHORITATIVE,
    OPT_JOBS,
    OPT_FORMAT,
    OPT_JSON,
    OPT_WATCH,
};

static const struct option long_options[] = {
    {"mx", no_argument, NULL, OPT_MX},
    {"records", required_argument, NULL, OPT_RECORDS},
    {"chain", required_argument, NULL, OPT_CHAIN},
    {"input", required_argument, NULL, OPT_INPUT},
    {"trust-anchor", required_argument, NULL, OPT_ANCHOR},
    {"resolver", required_argument, NULL, OPT_RESOLVER},
    {"trust-ad", no_argument, NULL, OPT_TRUST_AD},
    {"starttls", required_argument, NULL, OPT_STARTTLS},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"authoritative", no_argument, NULL, OPT_AUTHORITATIVE},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"json", no_argument, NULL, OPT_JSON},
    {"watch", required_argument, NULL, OPT_WATCH},
    {"warning", required_argument, NULL, 'w'},
    {"critical", required_argument, NULL, 'c'},
    {"quiet", no_argument, NULL, 'q'},
    {"warnings-fail", no_argument, NULL, 'W'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int usage(const struct tlsagen_err *err)
{
    return report_usage("verify", "%s", err->message);
}

static int set_format(struct verify_args *args, const char *word)
{
    static const char *const names[] = {"text", "json", "nagios", "prometheus"};
    if (args->format_given)
        return report_usage("verify", "two output formats are given; give one");
    args->format_given = true;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            args->format = (enum verify_format)i;
            return EXIT_DONE;
        }
    }
    return report_usage("verify",
                        "format \"%.32s\" is unknown; give text, json, nagios or prometheus", word);
}

static int set_number(const char *word, const char *what, uint64_t least, uint64_t most,
                      uint64_t *number)
{
    struct tlsagen_err err;
    return tlsagen_number_parse(word, what, least, most, number, &err) == TLSAGEN_OK ? EXIT_DONE
                                                                                     : usage(&err);
}

static int set_jobs(struct verify_args *args, const char *word)
{
    uint64_t number = 0;
    int code = set_number(word, "number of jobs", 1, JOBS_MAX, &number);
    args->jobs = (unsigned)number;
    return code;
}

static int set_duration(const char *word, const char *what, uint32_t *seconds)
{
    struct tlsagen_err err;
    if (tlsagen_duration_parse(word, what, seconds, &err) != TLSAGEN_OK)
        return usage(&err);
    if (*seconds == 0 || *seconds > 86400)
        return report_usage("verify", "%s \"%.32s\" is not from 1 second to a day", what, word);
    return EXIT_DONE;
}

static int set_starttls(struct verify_args *args, const char *word)
{
    struct tlsagen_err err;
    args->options.has_starttls = true;
    return tlsagen_starttls_parse(word, &args->options.starttls, &err) == TLSAGEN_OK ? EXIT_DONE
                                                                                     : usage(&err);
}

static bool take_flag(struct verify_args *args, int option)
{
    switch (option) {
    case '4':
    case '6':
        args->options.family = option - '0';
        return true;
    case 'q':
        args->quiet = true;
        return true;
    case 'W':
        args->warnings_fail = true;
        return true;
    case OPT_MX:
        args->mx = true;
        return true;
    case OPT_TRUST_AD:
        args->dns.trust_ad = true;
        return true;
    case OPT_AUTHORITATIVE:
        args->options.authoritative = true;
        return true;
    default:
        return false;
    }
}

/* Options whose value is kept as it is; false for another one. */
static bool take_word(struct verify_args *args, int option)
{
    switch (option) {
    case OPT_RECORDS:
        args->records_path = optarg;
        return true;
    case OPT_CHAIN:
        args->chain_path = optarg;
        return true;
    case OPT_INPUT:
        args->input_path = optarg;
        return true;
    case OPT_ANCHOR:
        args->dns.anchor_file = optarg;
        return true;
    case OPT_RESOLVER:
        args->dns.resolver = optarg;
        return true;
    default:
        return false;
    }
}

static int take_value(struct verify_args *args, int option)
{
    switch (option) {
    case OPT_STARTTLS:
        return set_starttls(args, optarg);
    case OPT_TIMEOUT:
        return set_duration(optarg, "time limit", &args->timeout);
    case OPT_WATCH:
        return set_duration(optarg, "interval", &args->watch);
    case OPT_JOBS:
        return set_jobs(args, optarg);
    case OPT_FORMAT:
        return set_format(args, optarg);
    case OPT_JSON:
        return set_format(args, "json");
    case 'w':
        return set_number(optarg, "threshold", 0, 36500, &args->warning_days);
    case 'c':
        return set_number(optarg, "threshold", 0, 36500, &args->critical_days);
    default:
        return EXIT_USAGE;
    }
}

/* --- targets --- */

static enum tlsagen_status add_target(struct verify_args *args, const char *name, uint16_t port,
                                      struct tlsagen_err *err)
{
    if (args->target_count == args->target_cap) {
        size_t cap = args->target_cap * 2 + 16;
        struct verify_target *list = realloc(args->targets, cap * sizeof(list[0]));
        if (list == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for targets");
        args->targets = list;
        args->target_cap = cap;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for targets");
    args->targets[args->target_count++] = (struct verify_target){.name = copy, .port = port};
    return TLSAGEN_OK;
}

static enum tlsagen_status add_host(struct verify_args *args, const char *host, const char *ports,
                                    struct tlsagen_err *err)
{
    char name[TLSAGEN_NAME_SIZE], owner[TLSAGEN_NAME_SIZE];
    uint16_t list[PORTS_MAX];
    size_t count = 0;
    enum tlsagen_status status = tlsagen_host_parse(host, name, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_ports_parse(ports, "tcp", list, PORTS_MAX, &count, err);
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++) {
        status = tlsagen_owner_make(name, list[i], TLSAGEN_PROTO_TCP, owner, err);
        if (status == TLSAGEN_OK)
            status = add_target(args, name, list[i], err);
    }
    return status;
}

static enum tlsagen_status add_domain(struct verify_args *args, const char *domain,
                                      struct tlsagen_err *err)
{
    char name[TLSAGEN_NAME_SIZE];
    if (domain[strspn(domain, "0123456789")] == '\0')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "\"%.64s\" is no mail domain; --mx takes domains, and no port",
                               domain);
    enum tlsagen_status status = tlsagen_host_parse(domain, name, err);
    return status == TLSAGEN_OK ? add_target(args, name, 0, err) : status;
}

static enum tlsagen_status add_line(struct verify_args *args, char *line, struct tlsagen_err *err)
{
    static const char blanks[] = " \t\r";
    char *state = NULL;
    line[strcspn(line, "#")] = '\0';
    char *host = strtok_r(line, blanks, &state);
    char *ports = strtok_r(NULL, blanks, &state);
    if (host == NULL)
        return TLSAGEN_OK;
    if (args->mx ? ports != NULL : ports == NULL || strtok_r(NULL, blanks, &state) != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "a line is %s",
                               args->mx ? "one mail domain" : "HOST PORT[,PORT...]");
    return args->mx ? add_domain(args, host, err) : add_host(args, host, ports, err);
}

static bool is_standard(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* A line that is wrong is told, and does not stop the others. */
static int read_input(struct verify_args *args)
{
    const char *label = input_label(args->input_path);
    struct tlsagen_buf bytes;
    struct tlsagen_err err;
    unsigned long number = 0;
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(args->input_path, &bytes, &err);
    if (status == TLSAGEN_OK && bytes.len > 0 && memchr(bytes.data, '\0', bytes.len) != NULL)
        status = tlsagen_err_set(&err, TLSAGEN_E_SYNTAX, "%s is no text", label);
    char *next = status == TLSAGEN_OK ? bytes.data : NULL;
    while (next != NULL && status == TLSAGEN_OK) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        status = add_line(args, line, &err);
        if (status == TLSAGEN_OK || status == TLSAGEN_E_MEMORY)
            continue;
        report_error("%s:%lu: %s", label, number, err.message);
        args->bad_lines++;
        status = TLSAGEN_OK;
    }
    tlsagen_buf_clear(&bytes);
    if (status != TLSAGEN_OK)
        return report_err(&err);
    if (args->target_count > 0)
        return EXIT_DONE;
    report_error("%s: no line names a target", label);
    return EXIT_FAILED;
}

static int take_words(struct verify_args *args, char **words, int count)
{
    struct tlsagen_err err;
    enum tlsagen_status status = TLSAGEN_OK;
    if (args->input_path != NULL)
        return count == 0
                   ? read_input(args)
                   : report_usage("verify", "\"%.64s\": --input names all targets", words[0]);
    if (args->mx) {
        if (count == 0)
            return report_usage("verify", "the mail domain is missing");
        for (int i = 0; i < count && status == TLSAGEN_OK; i++)
            status = add_domain(args, words[i], &err);
        return status == TLSAGEN_OK ? EXIT_DONE : usage(&err);
    }
    if (count < 2)
        return report_usage("verify", "%s is missing", count == 0 ? "the host" : "the port");
    if (count > 2)
        return report_usage("verify", "\"%.64s\" is one word too many", words[2]);
    return add_host(args, words[0], words[1], &err) == TLSAGEN_OK ? EXIT_DONE : usage(&err);
}

/* Options that mean nothing together are mistakes. */
static int check_together(const struct verify_args *args)
{
    if (is_standard(args->input_path) + is_standard(args->records_path) +
            is_standard(args->chain_path) >
        1)
        return report_usage("verify", "standard input (-) can be read once only");
    if (args->mx && (args->records_path != NULL || args->chain_path != NULL))
        return report_usage("verify", "--records and --chain are for one HOST PORT");
    if (args->mx && args->options.has_starttls)
        return report_usage("verify", "--mx means SMTP; leave out --starttls");
    if (args->chain_path != NULL && args->options.authoritative)
        return report_usage("verify", "--authoritative compares what is served; leave out --chain");
    if (args->records_path != NULL && args->options.authoritative)
        return report_usage("verify",
                            "--authoritative compares what is served; leave out --records");
    if (args->dns.trust_ad && args->dns.anchor_file != NULL)
        return report_usage("verify", "--trust-ad believes the resolver; leave out --trust-anchor");
    if (args->watch != 0 && args->format != VERIFY_TEXT)
        return report_usage("verify", "--watch prints text only");
    if (args->critical_days != NOT_GIVEN && args->warning_days != NOT_GIVEN &&
        args->critical_days > args->warning_days)
        return report_usage("verify", "-c is above -w; the warning comes first");
    return EXIT_DONE;
}

/* One that is given moves the other, when that would stand on the wrong side of it. */
static void set_thresholds(struct verify_args *args)
{
    uint64_t warning = args->warning_days, critical = args->critical_days;
    if (warning == NOT_GIVEN)
        args->warning_days =
            critical != NOT_GIVEN && critical > WARNING_DAYS ? critical : WARNING_DAYS;
    if (critical == NOT_GIVEN)
        args->critical_days = warning < CRITICAL_DAYS ? warning : CRITICAL_DAYS;
}

int verify_args_parse(struct verify_args *args, int argc, char **argv, bool *help)
{
    *args = (struct verify_args){
        .jobs = JOBS, .timeout = TIMEOUT, .warning_days = NOT_GIVEN, .critical_days = NOT_GIVEN};
    *help = false;
    optind = 1;
    int option;
    while (next_option(argc, argv, ":46qWhw:c:", long_options, &option)) {
        if (option == 'h') {
            *help = true;
            return EXIT_DONE;
        }
        if (option == '?' || option == ':')
            return report_bad_option("verify", option, argv);
        int code = take_flag(args, option) || take_word(args, option) ? EXIT_DONE
                                                                      : take_value(args, option);
        if (code != EXIT_DONE)
            return code;
    }
    args->options.total_ms = args->timeout * 1000U;
    args->options.step_ms = args->options.total_ms < STEP_MS ? args->options.total_ms : STEP_MS;
    args->dns.timeout_ms = args->options.step_ms;
    int code = check_together(args);
    set_thresholds(args);
    return code != EXIT_DONE ? code : take_words(args, argv + optind, argc - optind);
}

void verify_args_clear(struct verify_args *args)
{
    for (size_t i = 0; i < args->target_count; i++)
        free(args->targets[i].name);
    free(args->targets);
}
