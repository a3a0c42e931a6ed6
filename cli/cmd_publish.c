/* cmd_publish.c - `tlsagen publish`: from certificate to a record that the server really serves. */
#include <stdlib.h>
#include <string.h>

#include "publish_args.h"
#include "publish_report.h"
#include "publish_update.h"

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
    "      --tsig FILE            the key for that, in BIND's form; for its --undo, too\n"
    "      --add                  keep the records that are there\n"
    "      --ttl TIME             TTL of the records; that of the zone by default\n"
    "      --origin ZONE          the zone's name, when the file does not tell\n"
    "      --follow-cname         where the owner is an alias, edit its target instead\n"
    "      --policy auto|increment|date|unixtime  which serial is next\n"
    "      --serial N             this serial\n"
    "      --backup[=SUFFIX]      keep the old file as FILE.bak, or with SUFFIX\n"
    "      --check-with COMMAND   run COMMAND with the new file; its failure stops the edit\n\n"
    "Server:\n" SERVER_OPTIONS_HELP
    "      --freeze               a dynamic zone of BIND: rndc freeze, edit, rndc thaw\n"
    "      --no-rollback          leave the new file when the server does not take it\n"
    "      --state-dir DIR        where the journal is kept; /var/lib/tlsagen by default\n"
    "      --undo                 put back what stood there before the last publish\n\n"
    "World:\n"
    "      --wait-authoritative   until every authoritative server has the records; then it is "
    "told\n"
    "                             from when on they are safe to rely on\n"
    "      --ignore-server SERVER  by name or address, one that is not waited for; may be "
    "repeated\n"
    "      --wait-secure          until a validating resolver finds them secure\n"
    "      --resolver ADDRESS[@PORT]  send questions there; full recursion by default\n"
    "      --trust-anchor FILE    DS or DNSKEY records; the system's root key by default\n\n"
    "Output:\n"
    "  -n, --dry-run              show the plan and change nothing\n"
    "      --json                 report in JSON\n"
    "  -q, --quiet                no report, no warnings\n"
    "  -W, --warnings-fail        warnings are errors, and nothing is written\n"
    "  -h, --help                 show this text\n";

/* Waits for the world, and tells what was done, also when the world does not follow. */
static int finish(struct publish_args *args, const struct tlsagen_publish *publish,
                  const struct tlsagen_publish_result *result)
{
    struct world_outcome outcome = {.safe_from = 0};
    const struct publish_report report = {args->undo, publish, result, &args->world, &outcome};
    if (args->dry_run)
        return publish_report_plan(&report, args->json);
    args->world.wait_ms = args->server.wait_ms;
    args->world.quiet = args->quiet || args->json;
    int code = args->undo ? EXIT_DONE : world_wait(&args->world, publish, result->ttl, &outcome);
    if (code != EXIT_DONE)
        args->world.authoritative = args->world.secure = false;
    int written = EXIT_DONE;
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
    const struct publish_output output = {.json = args->json, .quiet = args->quiet};
    if (zone->backup_suffix != NULL || zone->check_with != NULL || zone->follow_cname ||
        zone->policy != TLSAGEN_SERIAL_AUTO || args->server.has_kind || args->server.has_control ||
        args->server.query != NULL || args->no_rollback)
        return report_usage("publish", "--update changes no file; leave out the options of files "
                                       "and reloads");
    args->world.wait_ms = args->server.wait_ms;
    args->world.quiet = args->quiet || args->json;
    return publish_update_run(&output, &args->world, publish);
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
        .freeze = args->freeze,
        .state_dir = args->state_dir,
        .update_server = args->update,
        .update_port = args->update_port,
        .key_file = args->tsig,
    };
    struct tlsagen_publish_result result;
    struct tlsagen_err err;
    server_args_fill(&args->server, &publish.reload);
    if (args->update != NULL)
        return update_owners(args, &publish);
    enum tlsagen_status status = args->undo ? tlsagen_publish_undo(&publish, &result, &err)
                                            : tlsagen_publish_run(&publish, &result, &err);
    if (result.thawed && !args->quiet)
        report_warning("a run that was killed had left the zone frozen; it was thawed");
    if (result.left_frozen && !args->quiet)
        report_warning("a run that was killed may have left the zone frozen; the next run that is "
                       "no dry run thaws it");
    int code = status == TLSAGEN_OK ? finish(args, &publish, &result) : report_err(&err);
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
    struct publish_args args;
    publish_args_init(&args);
    int code = publish_args_parse(&args, argc, argv);
    if (code == EXIT_DONE)
        code = args.help ? report_result(help_text, strlen(help_text)) : run(&args);
    publish_args_clear(&args);
    return code;
}
