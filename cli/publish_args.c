/* publish_args.c - the command line of `tlsagen publish`; parts of it are for create and zone. */
#include "publish_args.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPT_ADD = 256,
    OPT_NO_ROLLBACK,
    OPT_FREEZE,
    OPT_STATE_DIR,
    OPT_UNDO,
    OPT_JSON,
    OPT_UPDATE,
    OPT_TSIG,
    OPT_WAIT_AUTHORITATIVE,
    OPT_WAIT_SECURE,
    OPT_IGNORE_SERVER,
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
    {"freeze", no_argument, NULL, OPT_FREEZE},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"undo", no_argument, NULL, OPT_UNDO},
    {"wait-authoritative", no_argument, NULL, OPT_WAIT_AUTHORITATIVE},
    {"wait-secure", no_argument, NULL, OPT_WAIT_SECURE},
    {"ignore-server", required_argument, NULL, OPT_IGNORE_SERVER},
    {"resolver", required_argument, NULL, OPT_RESOLVER},
    {"trust-anchor", required_argument, NULL, OPT_TRUST_ANCHOR},
    {"dry-run", no_argument, NULL, 'n'},
    {"json", no_argument, NULL, OPT_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"warnings-fail", no_argument, NULL, 'W'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
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

/* A server by name or address, as the table of servers shows it. */
static int take_ignored(struct world_args *world, const char *value)
{
    char host[TLSAGEN_NAME_SIZE];
    struct tlsagen_err err;
    unsigned char bytes[sizeof(struct in6_addr)];
    const bool address =
        inet_pton(AF_INET, value, bytes) == 1 || inet_pton(AF_INET6, value, bytes) == 1;
    if (!address && tlsagen_host_parse(value, host, &err) != TLSAGEN_OK)
        return report_usage("publish", "--ignore-server: %s", err.message);
    char **more = realloc(world->ignored, (world->ignored_count + 1) * sizeof(*more));
    if (more != NULL)
        world->ignored = more;
    char *copy = more != NULL ? strdup(address ? value : host) : NULL;
    if (copy == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    world->ignored[world->ignored_count++] = copy;
    return EXIT_DONE;
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
    case OPT_FREEZE:
        args->freeze = true;
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
    case OPT_IGNORE_SERVER:
        return take_ignored(&args->world, optarg);
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

static int check_together(struct publish_args *args)
{
    if (args->undo && (args->add || args->file != NULL))
        return report_usage("publish", "--undo takes file and records from the journal; leave out "
                                       "--file and --add");
    if (args->undo && (args->world.authoritative || args->world.secure))
        return report_usage("publish", "--undo does not wait for the world");
    if (args->world.ignored_count > 0 && !args->world.authoritative)
        return report_usage("publish", "--ignore-server is for --wait-authoritative; give it too");
    if (args->undo && args->dry_run)
        return report_usage("publish",
                            "--undo has no dry run; the journal tells what it puts back");
    if (args->update != NULL && (args->undo || args->file != NULL))
        return report_usage("publish", "--update changes no file, and --undo knows the server "
                                       "from the journal; leave out --file or --update");
    if (args->update == NULL && !args->undo && args->tsig != NULL)
        return report_usage("publish", "--tsig is for --update, and for --undo of that");
    if (!args->undo && args->file == NULL && args->update == NULL)
        return report_usage("publish", "no zone file given; see --file, and --update");
    int code = server_args_check(&args->server, "publish");
    if (code == EXIT_DONE && args->freeze &&
        (args->update != NULL || args->server.server.kind != TLSAGEN_SERVER_RNDC))
        return report_usage("publish", "--freeze is for zone files of rndc's server; leave out "
                                       "--update, --exec and other kinds of --server");
    return code;
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

int publish_args_parse(struct publish_args *args, int argc, char **argv)
{
    if (!words_init(&args->for_create, argc) || !words_init(&args->for_zone, argc)) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    int option, index = 0;
    while (next_option_at(argc, argv, ":c:k:f:nqWh", options, &option, &index)) {
        int code = option == '?' || option == ':' ? report_bad_option("publish", option, argv)
                                                  : take_option(args, option, index);
        if (code != EXIT_DONE || args->help)
            return code;
    }
    char **operands = argv + optind;
    int count = argc - optind;
    int code = check_together(args);
    return code != EXIT_DONE ? code : parse_parts(args, operands, count);
}

void publish_args_init(struct publish_args *args)
{
    *args = (struct publish_args){.add = false};
    server_args_init(&args->server);
}

void publish_args_clear(struct publish_args *args)
{
    free(args->update);
    for (size_t i = 0; i < args->world.ignored_count; i++)
        free(args->world.ignored[i]);
    free(args->world.ignored);
    create_args_clear(&args->create);
    server_args_clear(&args->server);
    words_clear(&args->for_create);
    words_clear(&args->for_zone);
}
