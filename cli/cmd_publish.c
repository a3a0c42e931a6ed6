/* cmd_publish.c - `tlsagen publish`: from certificate to a record that the server really serves. */
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "publish_report.h"
#include "publish_update.h"
#include "server_args.h"
#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen publish (-c FILE | -k FILE)... -f ZONEFILE [OPTIONS] HOST PORT[,PORT...]\n"
    "                       [USAGE [SELECTOR [MATCHING]]]\n"
    "       tlsagen publish (-c FILE | -k FILE)... --update ADDRESS[#PORT] [OPTIONS] HOST PORT...\n"
    "       tlsagen publish --undo [OPTIONS] HOST PORT[,PORT...]\n\n"
    "Makes the TLSA records, puts them into the zone file under a new serial, has the name server\n"
    "load it, and waits until the server answers with them. When the server does not take the new\n"
    "file, the former records are put back.\n\n"
    "Input and records, as for create:\n"
    "  -c, --cert FILE            certificate, chain, key, request, PKCS#7 or PKCS#12\n"
    "  -k, --key FILE             the same; a key is enough for 3 1 x\n"
    "      --union                keys that belong to no certificate given have records too\n"
    "      --passphrase-file FILE  its first line opens encrypted keys\n"
    "      --record FIELDS        a combination, as in \"3 1 1\"; may be given several times\n"
    "      --ta issuer|root|all|N  the certificate for usages 0 and 2\n"
    "      --proto tcp|udp|sctp   the transport in the owner\n"
    "      --no-check             do not check names and dates for usages 0, 1 and 2\n\n"
    "Zone, as for zone put:\n"
    "  -f, --file ZONEFILE        the zone file\n"
    "      --update ADDRESS[#PORT]  no file: dynamic update at the primary name server there\n"
    "      --tsig FILE            the key for that, in BIND's form\n"
    "      --add                  keep the records that are there\n"
    "      --ttl TIME             TTL of the records; that of the zone by default\n"
    "      --origin ZONE          the zone's name, when the file does not tell\n"
    "      --follow-cname         where the owner is an alias, edit its target instead\n"
    "      --policy auto|increment|date|unixtime  which serial is next\n"
    "      --serial N             this serial\n"
    "      --backup[=SUFFIX]      keep the old file as FILE.bak, or with SUFFIX\n"
    "      --check-with COMMAND   run COMMAND with the new file; its failure stops the edit\n\n"
    "Server:\n" SERVER_OPTIONS_HELP
    "      --no-rollback          leave the new file when the server does not take it\n"
    "      --state-dir DIR        where the journal is kept; /var/lib/tlsagen by default\n"
    "      --undo                 put back what stood there before the last publish\n\n"
    "World:\n"
    "      --wait-authoritative   until every authoritative server has the records; then it is "
    "told\n"
    "                             from when on they are safe to rely on\n"
    "      --wait-secure          until a validating resolver finds them secure\n"
    "      --resolver ADDRESS[@PORT]  send questions there; full recursion by default\n"
    "      --trust-anchor FILE    DS or DNSKEY records; the system's root key by default\n\n"
    "Output:\n"
    "  -n, --dry-run              show the plan and change nothing\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report, no warnings\n"
    "  -W, --warnings-fail        warnings are errors, and nothing is written\n"
    "  -h, --help                 show this text\n";

enum option_id {
    OPT_ADD = 256,
    OPT_NO_ROLLBACK,
    OPT_STATE_DIR,
    OPT_UNDO,
    OPT_JSON,
    OPT_UPDATE,
    OPT_TSIG,
    OPT_WAIT_AUTHORITATIVE,
    OPT_WAIT_SECURE,
    OPT_RESOLVER,
    OPT_TRUST_ANCHOR,
    /* Those of create and of zone are passed on under their names. */
    OPT_CREATE,
    OPT_ZONE = OPT_CREATE + 32,
};

static const struct option options[] = {
    SERVER_OPTIONS,
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"union", no_argument, NULL, OPT_CREATE},
    {"passphrase-file", required_argument, NULL, OPT_CREATE + 1},
    {"record", required_argument, NULL, OPT_CREATE + 2},
    {"ta", required_argument, NULL, OPT_CREATE + 3},
    {"proto", required_argument, NULL, OPT_CREATE + 4},
    {"no-check", no_argument, NULL, OPT_CREATE + 5},
    {"ttl", required_argument, NULL, OPT_ZONE},
    {"origin", required_argument, NULL, OPT_ZONE + 1},
    {"follow-cname", no_argument, NULL, OPT_ZONE + 2},
    {"policy", required_argument, NULL, OPT_ZONE + 3},
    {"serial", required_argument, NULL, OPT_ZONE + 4},
    {"backup", optional_argument, NULL, OPT_ZONE + 5},
    {"check-with", required_argument, NULL, OPT_ZONE + 6},
    {"file", required_argument, NULL, 'f'},
    {"update", required_argument, NULL, OPT_UPDATE},
    {"tsig", required_argument, NULL, OPT_TSIG},
    {"add", no_argument, NULL, OPT_ADD},
    {"no-rollback", no_argument, NULL, OPT_NO_ROLLBACK},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"undo", no_argument, NULL, OPT_UNDO},
    {"wait-authoritative", no_argument, NULL, OPT_WAIT_AUTHORITATIVE},
    {"wait-secure", no_argument, NULL, OPT_WAIT_SECURE},
    {"resolver", required_argument, NULL, OPT_RESOLVER},
    {"trust-anchor", required_argument, NULL, OPT_TRUST_ANCHOR},
    {"dry-run", no_argument, NULL, 'n'},
    {"json", no_argument, NULL, OPT_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"warnings-fail", no_argument, NULL, 'W'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* A command line in the making; its words are freed by words_clear. */
struct words {
    char **at;
    int count;
    bool failed;
};

struct publish_args {
    struct words for_create;
    struct words for_zone;
    struct create_args create;
    struct zone_args zone;
    struct server_args server;
    struct world_args world;
    const char *file;
    char *update; /* the address of --update, to be freed */
    uint16_t update_port;
    const char *tsig;
    const char *state_dir;
    bool add;
    bool no_rollback;
    bool undo;
    bool dry_run;
    bool json;
    bool quiet;
    bool help;
};

static const struct zone_command zone_part = {
    .name = "publish",
    .alone = true,
    .options = ZONE_EDIT_OPTIONS | ZONE_TTL,
    .operands_min = 0,
    .operands_max = 0,
    .operands = "no more",
};

/* `name=value`, or the name alone. There is room: no line has more words than the user's. */
static void add_word(struct words *words, const char *name, const char *value)
{
    size_t size = strlen(name) + (value == NULL ? 0 : strlen(value) + 1) + 1;
    char *word = malloc(size);
    if (word == NULL) {
        words->failed = true;
        return;
    }
    (void)snprintf(word, size, "%s%s%s", name, value == NULL ? "" : "=",
                   value == NULL ? "" : value);
    words->at[words->count++] = word;
}

static bool words_init(struct words *words, int argc)
{
    words->at = calloc((size_t)argc + 8, sizeof(*words->at));
    if (words->at == NULL)
        return false;
    add_word(words, "publish", NULL);
    return !words->failed;
}

static void words_clear(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->at[i]);
    free(words->at);
}

static void pass_on(struct words *words, int index)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "--%s", options[index].name);
    add_word(words, name, optarg);
}

static const char *long_name(int option)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (o->val == option)
            return o->name;
    }
    return "";
}

static int take_update(struct publish_args *args, const char *value)
{
    free(args->update);
    return server_address_parse("publish", value, &args->update, &args->update_port);
}

static int take_option(struct publish_args *args, int option, int index)
{
    if (option >= SERVER_OPTION_FIRST)
        return server_args_take(&args->server, "publish", option, optarg);
    if (option >= OPT_ZONE) {
        pass_on(&args->for_zone, index);
        return EXIT_DONE;
    }
    if (option >= OPT_CREATE) {
        pass_on(&args->for_create, index);
        return EXIT_DONE;
    }
    char name[32];
    (void)snprintf(name, sizeof(name), "--%s", long_name(option));
    switch (option) {
    case 'c':
    case 'k':
        add_word(&args->for_create, name, optarg);
        break;
    case 'W':
        add_word(&args->for_create, name, NULL);
        add_word(&args->for_zone, name, NULL);
        break;
    case 'q':
        args->quiet = true;
        add_word(&args->for_create, name, NULL);
        add_word(&args->for_zone, name, NULL);
        break;
    case 'n':
        args->dry_run = true;
        add_word(&args->for_zone, name, NULL);
        break;
    case 'f':
        args->file = optarg;
        break;
    case 'h':
        args->help = true;
        break;
    case OPT_ADD:
        args->add = true;
        break;
    case OPT_UPDATE:
        return take_update(args, optarg);
    case OPT_TSIG:
        args->tsig = optarg;
        break;
    case OPT_NO_ROLLBACK:
        args->no_rollback = true;
        break;
    case OPT_STATE_DIR:
        args->state_dir = optarg;
        break;
    case OPT_UNDO:
        args->undo = true;
        break;
    case OPT_JSON:
        args->json = true;
        break;
    case OPT_WAIT_AUTHORITATIVE:
        args->world.authoritative = true;
        break;
    case OPT_WAIT_SECURE:
        args->world.secure = true;
        break;
    case OPT_RESOLVER:
        args->world.dns.resolver = optarg;
        break;
    case OPT_TRUST_ANCHOR:
        args->world.dns.anchor_file = optarg;
        break;
    default:
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int bad_option(int option, char **argv)
{
    const char *word = argv[optind - 1];
    if (option == ':')
        return report_usage("publish", "option %.64s needs a value", word);
    if (optopt != 0 && optopt < 256)
        return report_usage("publish", "unknown option -%c", optopt);
    return report_usage("publish", "option %.64s is unknown, ambiguous, or takes no value", word);
}

static int check_together(struct publish_args *args)
{
    if (args->undo && (args->add || args->file != NULL))
        return report_usage("publish", "--undo takes file and records from the journal; leave out "
                                       "--file and --add");
    if (args->undo && (args->world.authoritative || args->world.secure))
        return report_usage("publish", "--undo does not wait for the world");
    if (args->undo && args->dry_run)
        return report_usage("publish",
                            "--undo has no dry run; the journal tells what it puts back");
    if (args->update != NULL && (args->undo || args->file != NULL))
        return report_usage("publish", "--update changes no file and keeps no journal; leave out "
                                       "--file and --undo");
    if (args->update == NULL && args->tsig != NULL)
        return report_usage("publish", "--tsig is for --update");
    if (!args->undo && args->file == NULL && args->update == NULL)
        return report_usage("publish", "no zone file given; see --file, and --update");
    return server_args_check(&args->server, "publish");
}

/* Host and ports are create's to read; an undo has no certificate, and any stands for it. */
static int parse_parts(struct publish_args *args, char **operands, int count)
{
    bool ignored;
    if (args->undo)
        add_word(&args->for_create, "--key=/dev/null", NULL);
    add_word(&args->for_create, "--", NULL);
    for (int i = 0; i < count; i++)
        add_word(&args->for_create, operands[i], NULL);
    if (args->for_create.failed || args->for_zone.failed) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    int code =
        create_args_parse(&args->create, args->for_create.count, args->for_create.at, &ignored);
    if (code != EXIT_DONE)
        return code;
    optind = 1;
    return zone_args_parse(&args->zone, &zone_part, args->for_zone.count, args->for_zone.at,
                           &ignored);
}

static int parse(struct publish_args *args, int argc, char **argv)
{
    opterr = 0;
    if (!words_init(&args->for_create, argc) || !words_init(&args->for_zone, argc)) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (;;) {
        int index = 0;
        optopt = 0;
        int option = getopt_long(argc, argv, ":c:k:f:nqWh", options, &index);
        if (option == -1)
            break;
        int code = option == '?' || option == ':' ? bad_option(option, argv)
                                                  : take_option(args, option, index);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    char **operands = argv + optind;
    int count = argc - optind;
    int code = check_together(args);
    return code != EXIT_DONE ? code : parse_parts(args, operands, count);
}

/* Waits for the world, and tells what was done; that is told when the world does not follow, too.
 */
static int finish(struct publish_args *args, const struct tlsagen_publish *publish,
                  const struct tlsagen_publish_result *result)
{
    struct world_outcome outcome = {.safe_from = 0};
    args->world.wait_ms = args->server.wait_ms;
    args->world.quiet = args->quiet || args->json;
    int code = args->undo ? EXIT_DONE : world_wait(&args->world, publish, result->ttl, &outcome);
    if (code != EXIT_DONE)
        args->world.authoritative = args->world.secure = false;
    int written = EXIT_DONE;
    const struct publish_report report = {args->undo, publish, result, &args->world, &outcome};
    if (args->json)
        written = publish_report_json(&report);
    else if (!args->quiet)
        written = publish_report_text(&report);
    return code != EXIT_DONE ? code : written;
}

/* Options of files and control programs mean nothing for an update. */
static int update_owners(struct publish_args *args, const struct tlsagen_publish *publish)
{
    const struct zone_args *zone = &args->zone;
    const struct publish_update update = {.server = args->update,
                                          .port = args->update_port,
                                          .key_file = args->tsig,
                                          .zone = zone->origin,
                                          .add = args->add,
                                          .ttl = zone->ttl,
                                          .dry_run = args->dry_run,
                                          .json = args->json,
                                          .quiet = args->quiet};
    if (zone->backup_suffix != NULL || zone->check_with != NULL || zone->follow_cname ||
        zone->policy != TLSAGEN_SERIAL_AUTO || args->server.has_kind || args->server.has_control ||
        args->server.query != NULL || args->no_rollback || args->state_dir != NULL)
        return report_usage("publish", "--update changes no file; leave out the options of files, "
                                       "reloads and the journal");
    args->world.wait_ms = args->server.wait_ms;
    args->world.quiet = args->quiet || args->json;
    return publish_update_run(&update, &args->world, publish);
}

static int publish_owners(struct publish_args *args, const char *const *owners,
                          const struct tlsagen_rrset *set)
{
    struct tlsagen_publish publish = {
        .file = args->file,
        .owners = owners,
        .owner_count = args->create.port_count,
        .set = set,
        .add = args->add,
        .zone = zone_options(&args->zone),
        .no_rollback = args->no_rollback,
        .state_dir = args->state_dir,
    };
    struct tlsagen_publish_result result;
    struct tlsagen_err err;
    if (args->update != NULL)
        return update_owners(args, &publish);
    server_args_fill(&args->server, &publish.reload);
    enum tlsagen_status status = args->undo ? tlsagen_publish_undo(&publish, &result, &err)
                                            : tlsagen_publish_run(&publish, &result, &err);
    int code = status == TLSAGEN_OK ? EXIT_DONE : report_err(&err);
    if (status == TLSAGEN_OK)
        code = args->dry_run ? publish_report_plan(&args->server.server, &result)
                             : finish(args, &publish, &result);
    tlsagen_publish_result_clear(&result);
    return code;
}

/* The owners of all ports. */
static int run(struct publish_args *args)
{
    size_t count = args->create.port_count;
    char(*names)[TLSAGEN_NAME_SIZE] = calloc(count, sizeof(*names));
    const char **owners = calloc(count, sizeof(*owners));
    struct create_warnings warnings = {0};
    struct tlsagen_rrset set;
    struct tlsagen_err err;
    int code = EXIT_DONE;
    tlsagen_rrset_init(&set);
    if (names == NULL || owners == NULL) {
        report_error("out of memory");
        code = EXIT_FAILED;
    }
    for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
        owners[i] = names[i];
        if (tlsagen_owner_make(args->create.host, args->create.ports[i], args->create.proto,
                               names[i], &err) != TLSAGEN_OK)
            code = report_err(&err);
    }
    if (code == EXIT_DONE && !args->undo)
        code = create_records(&args->create, &set, &warnings);
    if (code == EXIT_DONE)
        code = create_warnings_report(&warnings, &args->create);
    if (code == EXIT_DONE)
        code = publish_owners(args, owners, &set);
    tlsagen_buf_clear(&warnings.lines);
    tlsagen_rrset_clear(&set);
    free(owners);
    free(names);
    return code;
}

int cmd_publish(int argc, char **argv)
{
    struct publish_args args = {.add = false};
    server_args_init(&args.server);
    int code = parse(&args, argc, argv);
    if (code == EXIT_DONE)
        code = args.help ? report_result(help_text, strlen(help_text)) : run(&args);
    free(args.update);
    create_args_clear(&args.create);
    server_args_clear(&args.server);
    words_clear(&args.for_create);
    words_clear(&args.for_zone);
    return code;
}
