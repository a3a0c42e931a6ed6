/* cmd_create.c - `tlsagen create`: TLSA records from certificates and keys. */
#include "create.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
    "Usage: tlsagen create (-c FILE | -k FILE)... [OPTIONS] HOST PORT[,PORT...]\n"
    "                      [USAGE [SELECTOR [MATCHING]]]\n"
    "       tlsagen create --connect[=ADDRESS] [OPTIONS] HOST PORT[,PORT...] [...]\n"
    "       tlsagen create --batch FILE [OPTIONS]\n"
    "       tlsagen create --bundle FILE [OPTIONS] PORT[,PORT...] [...]\n\n"
    "Prints TLSA records; 3 1 1 (DANE-EE SPKI SHA2-256) unless told otherwise.\n\n"
    "Input, told by its content:\n"
    "  -c, --cert FILE            certificate, chain, key, request, PKCS#7 or PKCS#12, PEM or\n"
    "                             DER; - is standard input; pkcs11: and file: URIs\n"
    "  -k, --key FILE             the same; a key is enough for 3 1 x\n"
    "      --union                keys that belong to no certificate given have records too\n"
    "      --passphrase-file FILE  its first line opens encrypted keys\n"
    "      --connect[=ADDRESS]    ask the live server, at all addresses of HOST or this one\n"
    "      --starttls direct|smtp|submission|lmtp|imap|pop3|sieve|xmpp-client|xmpp-server|ldap|"
    "ftp|nntp|postgres\n"
    "                             how; it follows from the port otherwise\n"
    "  -4                         connect to IPv4 addresses only\n"
    "  -6                         connect to IPv6 addresses only\n\n"
    "Many at once:\n"
    "      --batch FILE           lines of HOST PORT[,PORT...] USAGE SELECTOR MATCHING FILE\n"
    "      --bundle FILE          many certificates in PEM, each for its first DNS name\n"
    "      --jobs NUMBER          threads at work; as suits the machine by default\n"
    "      --stop-on-error        stop at the first line or certificate that fails\n\n"
    "Records:\n"
    "      --record FIELDS        a combination, as in \"3 1 1\"; may be given several times\n"
    "  -o, --ta issuer|root|all|N  the certificate for usages 0 and 2: the leaf's issuer (the\n"
    "                             default), or the Nth from the end of the chain\n"
    "      --proto tcp|udp|sctp   the transport in the owner\n"
    "  -u                         the same as --proto udp\n\n"
    "Output:\n"
    "      --format zone|multiline|generic|nsupdate|json  how to print\n"
    "  -b                         the same as --format generic (RFC 3597)\n"
    "      --ttl TIME             seconds, or as in 1h30m; 3600 by default\n"
    "      --no-ttl               no TTL\n"
    "      --origin ZONE          owners relative to this zone\n"
    "      --replace              nsupdate: delete the records that are there\n\n"
    "Checks:\n"
    "  -n, --no-check             do not check names and dates for usages 0, 1 and 2\n"
    "  -q, --quiet                no warnings and notes\n"
    "  -W, --warnings-fail        warnings are errors\n"
    "  -h, --help                 show this text\n";

struct tlsagen_request create_request(const struct create_args *args)
{
    return (struct tlsagen_request){
        .host = args->host[0] == '\0' ? NULL : args->host,
        .ports = args->ports,
        .port_count = args->port_count,
        .fields = args->fields,
        .field_count = args->field_count,
        .anchor = args->anchor,
        .anchor_offset = args->anchor_offset,
        .unchecked = args->unchecked,
        .unrelated_keys = args->union_of_keys,
        .now = (int64_t)time(NULL),
    };
}

/* `scheme:…` where no file has that name; ./ before a file's name makes it one. */
static bool is_uri(const char *input)
{
    size_t scheme = strspn(input, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    if (scheme < 2 || input[scheme] != ':')
        return false;
    return strncmp(input, "pkcs11:", 7) == 0 || strncmp(input, "file:", 5) == 0 ||
           access(input, F_OK) != 0;
}

static enum tlsagen_status add_input(struct tlsagen_ctx *ctx, struct tlsagen_material *material,
                                     const char *input, struct tlsagen_err *err)
{
    if (is_uri(input))
        return tlsagen_material_add_uri(ctx, material, input, err);
    struct tlsagen_buf bytes;
    tlsagen_buf_init(&bytes);
    enum tlsagen_status status = tlsagen_input_read(input, &bytes, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_add(ctx, material, bytes.data, bytes.len,
                                      strcmp(input, "-") == 0 ? "standard input" : input, err);
    tlsagen_buf_cleanse(&bytes);
    return status;
}

static int gather_files(const struct create_args *args, struct tlsagen_ctx *ctx,
                        struct tlsagen_material *material)
{
    struct create_passphrase passphrase = {.path = args->passphrase_file};
    enum tlsagen_status status = TLSAGEN_OK;
    struct tlsagen_err err;
    tlsagen_ctx_set_passphrase(ctx, create_passphrase_ask, &passphrase);
    for (size_t i = 0; i < args->input_count && status == TLSAGEN_OK; i++)
        status = add_input(ctx, material, args->inputs[i], &err);
    tlsagen_ctx_set_passphrase(ctx, NULL, NULL);
    create_passphrase_clear(&passphrase);
    if (status == TLSAGEN_OK)
        return EXIT_DONE;
    /* An encrypted input failed because of the passphrase file: that is the fault to tell. */
    return report_err(passphrase.err.code != TLSAGEN_OK ? &passphrase.err : &err);
}

static int make_records(const struct create_args *args, struct tlsagen_ctx *ctx,
                        struct tlsagen_material *material, struct tlsagen_rrset *set,
                        struct create_warnings *warnings)
{
    struct tlsagen_request request = create_request(args);
    struct tlsagen_err err;
    request.warn = create_warn;
    request.warn_arg = warnings;
    enum tlsagen_status status = tlsagen_material_records(ctx, material, &request, set, &err);
    return status == TLSAGEN_OK ? EXIT_DONE : report_err(&err);
}

int create_records(const struct create_args *args, struct tlsagen_rrset *set,
                   struct create_warnings *warnings)
{
    struct tlsagen_ctx *ctx = NULL;
    struct tlsagen_material *material = NULL;
    struct tlsagen_err err;
    enum tlsagen_status status = tlsagen_ctx_new(&ctx, &err);
    if (status == TLSAGEN_OK)
        status = tlsagen_material_new(&material, &err);
    int code = status == TLSAGEN_OK ? EXIT_DONE : report_err(&err);
    if (code == EXIT_DONE) {
        tlsagen_ctx_defer_config(ctx);
        code = args->source == CREATE_CONNECT ? create_connect(args, ctx, material)
                                              : gather_files(args, ctx, material);
    }
    if (code == EXIT_DONE)
        code = make_records(args, ctx, material, set, warnings);
    tlsagen_material_free(material);
    tlsagen_ctx_free(ctx);
    return code;
}

/* Records first, so that nothing is printed when a warning turns out to be an error. */
static int create_one(const struct create_args *args)
{
    struct create_warnings warnings = {0};
    struct tlsagen_rrset set;
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_rrset_init(&set);
    tlsagen_buf_init(&text);
    int code = create_records(args, &set, &warnings);
    if (code == EXIT_DONE)
        code = create_emit(&text, args, &set, &err) == TLSAGEN_OK
                   ? create_warnings_report(&warnings, args)
                   : report_err(&err);
    if (code == EXIT_DONE)
        code = report_result(text.data, text.len);
    tlsagen_buf_clear(&warnings.lines);
    tlsagen_buf_clear(&text);
    tlsagen_rrset_clear(&set);
    return code;
}

static int run_source(const struct create_args *args, char **argv)
{
    if (args->source == CREATE_CONNECT && create_connect == NULL)
        return run_full_program(argv - 1);
    if (args->source == CREATE_BATCH || args->source == CREATE_BUNDLE)
        return create_batch(args);
    return create_one(args);
}

int cmd_create(int argc, char **argv)
{
    struct create_args args;
    bool help;
    int code = create_args_parse(&args, argc, argv, &help);
    if (code == EXIT_DONE)
        code = help ? report_result(help_text, sizeof(help_text) - 1) : run_source(&args, argv);
    create_args_clear(&args);
    return code;
}
