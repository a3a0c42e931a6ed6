/* rollover_run.c - `tlsagen rollover run` and `abort`. */
#include "rollover.h"

#include <string.h>

static const char run_text[] =
    "Usage: tlsagen rollover run [OPTIONS] [SERVICE ...]\n\n"
    "Does whatever is due now for the services, or for all. To be run every few minutes, from a\n"
    "timer or from cron, and by hooks of ACME clients; it may be killed at any moment, and runs "
    "do\n"
    "not get in each other's way. Prints a line for each step, and nothing when nothing was "
    "due.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "  -n, --dry-run      look, and show what would be done\n"
    "      --emergency    do not wait for caches: clients may fail for up to the TTL\n"
    "      --adopt        take what stands in DNS and in `live` as the new beginning\n"
    "      --json         report in JSON\n"
    "  -v, --verbose      tell also what is waited for\n"
    "  -q, --quiet        tell only what stops or fails\n" ROLLOVER_HELP_HELP;

static const char abort_text[] =
    "Usage: tlsagen rollover abort [OPTIONS] SERVICE\n\n"
    "Goes back to the current key alone, without a failed connection: what may be undone now is,\n"
    "and the next runs do the rest. The certificate that was on its way is not taken up again.\n\n"
    "Options:\n" ROLLOVER_HELP_CONFIG "  -n, --dry-run      show what would be done\n"
    "      --json         report in JSON\n"
    "  -q, --quiet        tell only what stops or fails\n" ROLLOVER_HELP_HELP;

/* What an emergency costs at worst: clients refuse what is new as long as they remember. */
static void tell_outage(const struct rollover_args *args, const struct rollover_room *room,
                        const struct tlsagen_config_service *service)
{
    struct tlsagen_rollover_status status;
    struct rollover_waits waits;
    struct tlsagen_err err;
    char outage[ROLLOVER_TIME];
    if (args->quiet)
        return;
    /* One that cannot be read is reported by the run. */
    if (tlsagen_rollover_status_get(room->rollover, service, &status, &err) == TLSAGEN_OK) {
        rollover_waits_make(&waits, service, &status);
        report_warning("%s: emergency: clients that remember the former records fail for up to %s "
                       "after every name server has the new ones",
                       service->name, rollover_duration(waits.ttl + waits.margin, outage));
    }
    tlsagen_rollover_status_clear(&status);
}

/* Those that share `live` with a service that was named are deployed with it. */
static void tell_outages(const struct rollover_args *args, const struct rollover_room *room)
{
    for (size_t i = 0; i < room->config->service_count; i++) {
        const struct tlsagen_config_service *service = room->config->services[i];
        bool concerned = false;
        for (size_t k = 0; k < room->count; k++) {
            const struct tlsagen_config_service *named = room->services[k];
            concerned = concerned || named == service ||
                        (named->live != NULL && service->live != NULL &&
                         strcmp(named->live, service->live) == 0);
        }
        if (concerned)
            tell_outage(args, room, service);
    }
}

/* Text was told already. */
static int finish(struct rollover_steps *steps, enum tlsagen_status status,
                  const struct tlsagen_err *err)
{
    int code = status == TLSAGEN_OK ? rollover_steps_code(steps) : report_err(err);
    if (steps->written == EXIT_DONE && steps->events != NULL)
        steps->written = rollover_json_print(json_incref(steps->events));
    return steps->written != EXIT_DONE ? steps->written : code;
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct rollover_steps steps;
    struct tlsagen_err err;
    if (!rollover_steps_init(&steps, args))
        return EXIT_FAILED;
    steps.all = args->verbose || (args->dry_run && !args->quiet);
    if (args->emergency)
        tell_outages(args, room);
    const enum tlsagen_status status = tlsagen_rollover_run(
        room->rollover, room->services, room->count, rollover_steps_take, &steps, &err);
    const int code = finish(&steps, status, &err);
    rollover_steps_clear(&steps);
    return code;
}

static int abort_run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct rollover_steps steps;
    struct tlsagen_err err;
    if (!rollover_steps_init(&steps, args))
        return EXIT_FAILED;
    steps.all = !args->quiet;
    const enum tlsagen_status status = tlsagen_rollover_abort(room->rollover, room->services[0],
                                                              rollover_steps_take, &steps, &err);
    const int code = finish(&steps, status, &err);
    rollover_steps_clear(&steps);
    return code;
}

const struct rollover_command rollover_run = {
    .name = "run",
    .summary = "do whatever is due now; the line for a timer",
    .help = run_text,
    .options = ROLLOVER_DRY_RUN | ROLLOVER_EMERGENCY | ROLLOVER_ADOPT | ROLLOVER_JSON |
               ROLLOVER_QUIET | ROLLOVER_VERBOSE,
    .services_max = -1,
    .operands = "[SERVICE ...]",
    .run = run,
};

const struct rollover_command rollover_abort = {
    .name = "abort",
    .summary = "go back to the current key alone",
    .help = abort_text,
    .options = ROLLOVER_DRY_RUN | ROLLOVER_JSON | ROLLOVER_QUIET,
    .services_min = 1,
    .services_max = 1,
    .operands = "SERVICE",
    .run = abort_run,
};
