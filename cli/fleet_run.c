/* fleet_run.c - `plan` and `apply`: the configuration, the run, and how it is stopped. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "named.h"

static volatile sig_atomic_t stopped_by;

static void on_signal(int signal)
{
    stopped_by = signal;
}

static bool is_stopped(void *arg)
{
    (void)arg;
    return stopped_by != 0;
}

/* The zone in hand is finished; a second signal ends the program. */
static void catch_signals(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction before;
        /* nohup(1) means it. */
        if (signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
            before.sa_handler == SIG_IGN)
            continue;
        (void)sigaction(signals[i], &action, NULL);
    }
}

static void show_progress(void *arg, size_t done, size_t all)
{
    struct fleet_output *output = arg;
    progress_show(&output->progress, "services", done, done, all);
}

static void tell_fault(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    (void)arg;
    if (place->line > 0)
        report_error("%s:%u: %s", place->file, place->line, text);
    else
        report_error("%s: %s", place->file, text);
}

/* Services and zones that were named. */
struct named {
    struct named_services services;
    const struct tlsagen_config_zone **zones;
};

static int find_named(const struct fleet_args *args, const struct tlsagen_config *config,
                      struct named *named)
{
    int code = EXIT_DONE;
    named->zones = calloc(args->zone_count + 1, sizeof(struct tlsagen_config_zone *));
    if (named->zones == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < args->operand_count && code == EXIT_DONE; i++)
        code = named_add(&named->services, config, args->operands[i], false);
    for (size_t i = 0; i < args->zone_count && code == EXIT_DONE; i++) {
        named->zones[i] = named_zone(config, args->zones[i]);
        code = named->zones[i] == NULL ? EXIT_USAGE : EXIT_DONE;
    }
    return code;
}

static int exit_code(const struct fleet_args *args, const struct tlsagen_fleet_summary *summary)
{
    const bool plan = !args->apply || args->dry_run;
    if (summary->failed > 0 || summary->faulty > 0 || (!plan && summary->refused > 0))
        return EXIT_FAILED;
    if (args->exit_code && (summary->changed > 0 || summary->loaded > 0 || summary->refused > 0))
        return EXIT_NEGATIVE;
    return summary->done < summary->zones ? EXIT_NOT_NOW : EXIT_DONE;
}

static int run(const struct fleet_args *args, const struct tlsagen_config *config,
               const struct named *named)
{
    struct fleet_output output = {.args = args, .config = config};
    const struct tlsagen_fleet_options options = {
        .services = named->services.count > 0 ? named->services.at : NULL,
        .service_count = named->services.count,
        .zones = args->zone_count > 0 ? named->zones : NULL,
        .zone_count = args->zone_count,
        .dry_run = !args->apply || args->dry_run,
        .no_diff = !args->json && (args->quiet || (args->apply && !args->dry_run)),
        .jobs = args->jobs,
        .report = fleet_output_zone,
        .progress = show_progress,
        .stop = is_stopped,
        .arg = &output,
    };
    struct tlsagen_fleet_summary summary;
    struct tlsagen_err err;
    progress_init_beside(&output.progress);
    output.progress.wanted = output.progress.wanted && !args->quiet;
    catch_signals();
    enum tlsagen_status status = tlsagen_fleet_run(config, &options, &summary, &err);
    progress_hide(&output.progress);
    if (status != TLSAGEN_OK) {
        fleet_output_clear(&output);
        return report_err(&err);
    }
    const int written = fleet_output_end(&output, &summary, stopped_by != 0);
    fleet_output_clear(&output);
    const int code = exit_code(args, &summary);
    return code != EXIT_DONE ? code : written;
}

int fleet_run(const struct fleet_args *args)
{
    struct tlsagen_config *config = NULL;
    struct named named = {.zones = NULL};
    struct tlsagen_err err = {.message = ""};
    enum tlsagen_status status =
        tlsagen_config_read(args->config, args->format, tell_fault, NULL, &config, &err);
    if (status != TLSAGEN_OK) {
        if (status != TLSAGEN_E_SYNTAX && status != TLSAGEN_E_MISMATCH)
            report_error("%s", err.message);
        return exit_code_of(status);
    }
    int code = find_named(args, config, &named);
    if (code == EXIT_DONE)
        code = run(args, config, &named);
    named_clear(&named.services);
    free(named.zones);
    tlsagen_config_free(config);
    return code;
}
