/* cmd_verify.c - `tlsagen verify`: what the world sees, judged as a strict client judges it. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
    "Usage: tlsagen verify [OPTIONS] HOST PORT[,PORT...]\n"
    "       tlsagen verify [OPTIONS] --mx DOMAIN...\n"
    "       tlsagen verify [OPTIONS] --input FILE\n\n"
    "Looks up the TLSA records of a service, validated with DNSSEC, connects to every address of\n"
    "the host, and judges the RSA and the ECDSA certificate shown there as a strict client does.\n"
    "Exits with 0 when all is verified, 3 when it is not, 4 when there was no answer.\n\n"
    "What to look at:\n"
    "      --mx                   every MX of each mail domain\n"
    "      --input FILE           lines of HOST PORT[,PORT...], or of domains with --mx; - is\n"
    "                             standard input\n"
    "      --records FILE         judge by these records, not published yet; - is standard input\n"
    "      --chain FILE           judge this chain, not deployed yet, and connect to nobody\n\n"
    "DNS:\n"
    "      --trust-anchor FILE    DS or DNSKEY records; the system's root key by default\n"
    "      --resolver ADDRESS[@PORT]  send questions there; full recursion by default\n"
    "      --trust-ad             believe the resolver on loopback (127.0.0.1 by default)\n"
    "      --authoritative        compare what each authoritative server says\n\n"
    "Connections:\n"
    "      --starttls direct|smtp|submission|lmtp|imap|pop3|sieve|xmpp-client|xmpp-server|ldap|"
    "ftp|nntp|postgres\n"
    "                             how; it follows from the port otherwise\n"
    "  -4                         IPv4 addresses only\n"
    "  -6                         IPv6 addresses only\n"
    "      --timeout TIME         for all of one service; 60 seconds by default\n"
    "      --jobs NUMBER          targets at work at once; 32 by default\n\n"
    "Output:\n"
    "      --format text|json|nagios|prometheus  how to print\n"
    "      --json                 the same as --format json\n"
    "  -w, --warning DAYS         nagios: a certificate that ends sooner is a warning (14)\n"
    "  -c, --critical DAYS        nagios: and sooner than this is critical (3)\n"
    "      --watch TIME           look again after so long, and print changes\n"
    "  -q, --quiet                no warnings\n"
    "  -W, --warnings-fail        warnings are errors\n"
    "  -h, --help                 show this text\n";

/* The result under way. */
struct output {
    const struct verify_args *args;
    bool colour;
    int code;
    bool failed; /* memory, or standard output */
    json_t *services;
    struct verify_nagios nagios;
    struct verify_prometheus prometheus;
};

static void write_text(struct output *output, size_t index, const struct verify_outcome *outcome)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    verify_text(&text, output->args, output->colour, &output->args->targets[index], outcome);
    int code = tlsagen_buf_check(&text, &err) == TLSAGEN_OK ? report_result(text.data, text.len)
                                                            : report_err(&err);
    output->failed = code != EXIT_DONE;
    tlsagen_buf_clear(&text);
}

static void add_json(struct output *output, size_t index, const struct verify_outcome *outcome)
{
    json_t *list = verify_json(&output->args->targets[index], outcome, output->args->options.now);
    if (list == NULL || json_array_extend(output->services, list) != 0) {
        report_error("cannot write JSON: out of memory");
        output->failed = true;
    }
    json_decref(list);
}

static bool take(void *arg, size_t index, const struct verify_outcome *outcome)
{
    struct output *output = arg;
    const struct verify_target *target = &output->args->targets[index];
    output->code = verify_worse_code(output->code, verify_code(output->args, outcome));
    switch (output->args->format) {
    case VERIFY_TEXT:
        write_text(output, index, outcome);
        break;
    case VERIFY_JSON:
        add_json(output, index, outcome);
        break;
    case VERIFY_NAGIOS:
        verify_nagios_add(&output->nagios, output->args, target, outcome);
        break;
    case VERIFY_PROMETHEUS:
        verify_prometheus_add(&output->prometheus, output->args, target, outcome);
        break;
    }
    return !output->failed;
}

static int end_json(struct output *output, struct tlsagen_buf *text)
{
    json_t *object = json_pack("{s:O}", "services", output->services);
    char *words = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (words != NULL)
        tlsagen_buf_printf(text, "%s\n", words);
    else
        text->failed = true;
    free(words);
    json_decref(object);
    return output->code;
}

/* What is printed when all is known; the exit code. */
static int end_output(struct output *output)
{
    struct tlsagen_buf text;
    struct tlsagen_err err;
    int code = output->code;
    if (output->failed)
        return EXIT_FAILED;
    tlsagen_buf_init(&text);
    if (output->args->format == VERIFY_JSON)
        code = end_json(output, &text);
    if (output->args->format == VERIFY_NAGIOS) {
        verify_nagios_end(&output->nagios, &text);
        code = output->nagios.state; /* the conventions of those plugins */
        text.failed = text.failed || output->nagios.problems.failed || output->nagios.data.failed;
    }
    if (output->args->format == VERIFY_PROMETHEUS)
        verify_prometheus_end(&output->prometheus, &text);
    if (tlsagen_buf_check(&text, &err) != TLSAGEN_OK)
        code = report_err(&err);
    else if (text.len > 0 && report_result(text.data, text.len) != EXIT_DONE)
        code = EXIT_FAILED;
    tlsagen_buf_clear(&text);
    return code;
}

static void clear_output(struct output *output)
{
    json_decref(output->services);
    tlsagen_buf_clear(&output->nagios.problems);
    tlsagen_buf_clear(&output->nagios.data);
    for (size_t i = 0; i < VERIFY_METRICS; i++)
        tlsagen_buf_clear(&output->prometheus.metrics[i]);
}

/* Lines of the input that were told already, and are no targets. */
static void count_bad_lines(struct output *output)
{
    if (output->args->bad_lines == 0)
        return;
    output->code = EXIT_FAILED;
    verify_nagios_bad_lines(&output->nagios, output->args);
}

static int run_once(struct verify_args *args, struct tlsagen_verify_options *options)
{
    const char *plain = getenv("NO_COLOR");
    struct output output = {.args = args};
    output.colour = isatty(STDOUT_FILENO) == 1 && (plain == NULL || plain[0] == '\0');
    output.services = json_array();
    struct tlsagen_err err;
    int code = EXIT_DONE;
    if (output.services == NULL) {
        report_error("out of memory");
        code = EXIT_FAILED;
    } else if (tlsagen_dns_new(&args->dns, &options->dns, &err) != TLSAGEN_OK) {
        code = report_err(&err);
    }
    if (code == EXIT_DONE) {
        args->options.now = options->now = (int64_t)time(NULL);
        count_bad_lines(&output);
        code = verify_pool_run(args, options, take, NULL, &output);
    }
    if (code == EXIT_DONE) {
        args->answered = true;
        code = end_output(&output);
    }
    tlsagen_dns_free(options->dns);
    clear_output(&output);
    return code;
}

/* --- files given --- */

struct given {
    struct tlsagen_buf records;
    struct tlsagen_probe_cert *chain;
    size_t chain_len;
};

static int read_records(const struct verify_args *args, struct given *given,
                        struct tlsagen_verify_options *options)
{
    struct tlsagen_err err;
    if (tlsagen_input_read(args->records_path, &given->records, &err) != TLSAGEN_OK)
        return report_err(&err);
    options->records = given->records.data != NULL ? given->records.data : "";
    options->records_len = given->records.len;
    options->records_label = input_label(args->records_path);
    return EXIT_DONE;
}

static int read_chain(const struct verify_args *args, struct given *given,
                      struct tlsagen_verify_options *options)
{
    struct tlsagen_buf bytes;
    struct tlsagen_err err;
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(args->chain_path, &bytes, &err);
    if (status == TLSAGEN_OK)
        status = tlsagen_chain_read(bytes.data != NULL ? bytes.data : "", bytes.len,
                                    input_label(args->chain_path), &given->chain, &given->chain_len,
                                    &err);
    tlsagen_buf_cleanse(&bytes); /* a key may stand beside the chain */
    options->chain = given->chain;
    options->chain_len = given->chain_len;
    return status == TLSAGEN_OK ? EXIT_DONE : report_err(&err);
}

static int run(struct verify_args *args)
{
    struct tlsagen_verify_options options = args->options;
    struct given given = {.chain = NULL};
    int code = EXIT_DONE;
    tlsagen_buf_init(&given.records);
    if (args->records_path != NULL)
        code = read_records(args, &given, &options);
    if (code == EXIT_DONE && args->chain_path != NULL)
        code = read_chain(args, &given, &options);
    if (code == EXIT_DONE)
        code = args->watch != 0 ? verify_watch(args, &options) : run_once(args, &options);
    tlsagen_chain_free(given.chain, given.chain_len);
    tlsagen_buf_clear(&given.records);
    return code;
}

/* Also when words before it were wrong. */
static bool wants_nagios(const struct verify_args *args, int argc, char **argv)
{
    bool wanted = args->format == VERIFY_NAGIOS;
    for (int i = 1; i < argc && !wanted; i++)
        wanted = strcmp(argv[i], "--format=nagios") == 0 ||
                 (strcmp(argv[i - 1], "--format") == 0 && strcmp(argv[i], "nagios") == 0);
    return wanted;
}

int cmd_verify(int argc, char **argv)
{
    struct verify_args args;
    bool help;
    int code = verify_args_parse(&args, argc, argv, &help);
    if (help)
        code = report_result(help_text, sizeof(help_text) - 1);
    else if (code == EXIT_DONE)
        code = run(&args);
    if (!help && !args.answered && code != EXIT_DONE && wants_nagios(&args, argc, argv))
        code = verify_nagios_unknown(report_last());
    verify_args_clear(&args);
    return code;
}
