/* run.c - zones to threads, and their reports to whoever asked. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

#define LOCK_MS 60000U
#define ZONES_AT_ONCE 8 /* at least: most of their time they wait for disks and servers */

static int by_address(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t) * (const void *const *)a,
                    y = (uintptr_t) * (const void *const *)b;
    return (x > y) - (x < y);
}

bool fleet_wants(const struct fleet *fleet, const void *service_or_zone)
{
    return fleet->wanted_count == 0 || bsearch(&service_or_zone, fleet->wanted, fleet->wanted_count,
                                               sizeof(*fleet->wanted), by_address) != NULL;
}

void fleet_progress(struct fleet *fleet, size_t services)
{
    (void)pthread_mutex_lock(&fleet->reporting);
    fleet->services_done += services;
    if (fleet->options->progress != NULL)
        fleet->options->progress(fleet->options->arg, fleet->services_done, fleet->services_all);
    (void)pthread_mutex_unlock(&fleet->reporting);
}

/* --- what is asked for --- */

static enum tlsagen_status gather_wanted(struct fleet *fleet, struct tlsagen_err *err)
{
    const struct tlsagen_fleet_options *options = fleet->options;
    const size_t services = options->services != NULL ? options->service_count : 0;
    const size_t zones = options->zones != NULL ? options->zone_count : 0;
    fleet->wanted = calloc(services + zones + 1, sizeof(*fleet->wanted));
    fleet->zones = calloc(fleet->config->zone_count + 1, sizeof(*fleet->zones));
    if (fleet->wanted == NULL || fleet->zones == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < services; i++)
        fleet->wanted[fleet->wanted_count++] = options->services[i];
    for (size_t i = 0; i < zones; i++)
        fleet->wanted[fleet->wanted_count++] = options->zones[i];
    if (fleet->wanted_count > 1)
        qsort(fleet->wanted, fleet->wanted_count, sizeof(*fleet->wanted), by_address);
    return TLSAGEN_OK;
}

static bool is_zone_wanted(const struct fleet *fleet, const struct tlsagen_config_zone *zone)
{
    bool wanted = fleet_wants(fleet, zone);
    for (size_t i = 0; i < zone->service_count && !wanted; i++)
        wanted = fleet_wants(fleet, zone->services[i]);
    return wanted && zone->service_count > 0;
}

static void gather_zones(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->config->zone_count; i++) {
        const struct tlsagen_config_zone *zone = fleet->config->zones[i];
        if (!is_zone_wanted(fleet, zone))
            continue;
        fleet->zones[fleet->zone_count++] = zone;
        fleet->services_all += zone->service_count;
    }
    fleet->summary.zones = fleet->zone_count;
}

/* --- threads --- */

static void sum_up(struct fleet *fleet, const struct work *work)
{
    const struct tlsagen_fleet_options *options = fleet->options;
    const struct tlsagen_fleet_zone *report = &work->report;
    struct tlsagen_fleet_summary *summary = &fleet->summary;
    (void)pthread_mutex_lock(&fleet->reporting);
    summary->done++;
    summary->changed +=
        report->outcome == TLSAGEN_FLEET_CHANGED || report->outcome == TLSAGEN_FLEET_WOULD;
    summary->loaded += report->outcome == TLSAGEN_FLEET_SAME && report->reloaded;
    summary->failed += report->outcome == TLSAGEN_FLEET_FAILED;
    summary->refused += report->refused;
    summary->faulty += report->faulty;
    if (options->report != NULL)
        options->report(options->arg, report);
    (void)pthread_mutex_unlock(&fleet->reporting);
}

static const struct tlsagen_config_zone *next_zone(struct fleet *fleet)
{
    const struct tlsagen_config_zone *zone = NULL;
    if (fleet->options->stop != NULL && fleet->options->stop(fleet->options->arg))
        return NULL;
    (void)pthread_mutex_lock(&fleet->reporting);
    if (fleet->next < fleet->zone_count)
        zone = fleet->zones[fleet->next++];
    (void)pthread_mutex_unlock(&fleet->reporting);
    return zone;
}

static void *work_on(void *arg)
{
    struct fleet *fleet = arg;
    struct desiring desiring = {.fleet = NULL};
    const struct tlsagen_config_zone *zone;
    while ((zone = next_zone(fleet)) != NULL) {
        struct work work;
        work_run(&work, fleet, &desiring, zone);
        sum_up(fleet, &work);
        work_clear(&work);
    }
    desiring_clear(&desiring);
    return NULL;
}

/* Signals that end a run are for the caller's threads; so are programs started here left alone. */
static void hold_signals(sigset_t *before)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, before);
}

static enum tlsagen_status work_on_all(struct fleet *fleet, struct tlsagen_err *err)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t cpus = cores < 1 ? 1 : (size_t)cores;
    size_t jobs = fleet->options->jobs;
    pthread_t threads[WORK_THREADS];
    sigset_t before;
    size_t count = 0;
    if (jobs == 0)
        jobs = 2 * cpus > ZONES_AT_ONCE ? 2 * cpus : ZONES_AT_ONCE;
    const size_t zones = jobs < fleet->zone_count ? jobs : fleet->zone_count;
    fleet->threads = zones == 0 || zones >= cpus ? 1 : (unsigned)(cpus / zones);
    if (fleet->options->jobs != 0 && fleet->threads > fleet->options->jobs)
        fleet->threads = fleet->options->jobs;
    hold_signals(&before);
    while (count < zones && count < WORK_THREADS &&
           pthread_create(&threads[count], NULL, work_on, fleet) == 0)
        count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (count == 0 && zones > 0)
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "cannot start a thread");
    while (count > 0)
        (void)pthread_join(threads[--count], NULL);
    return TLSAGEN_OK;
}

/* --- the run --- */

/* A run that changes something keeps off rollovers, and other runs. */
static enum tlsagen_status run_locked(struct fleet *fleet, struct tlsagen_err *err)
{
    struct state_home *home = &fleet->rollover->home;
    const uint32_t wait = fleet->options->lock_ms != 0 ? fleet->options->lock_ms : LOCK_MS;
    int lock = -1;
    enum tlsagen_status status = TLSAGEN_OK;
    if (!fleet->options->dry_run)
        status = state_lock(home, NULL, wait, &lock, err);
    if (status == TLSAGEN_OK)
        status = states_gather(fleet, err);
    if (status == TLSAGEN_OK)
        status = work_on_all(fleet, err);
    state_unlock(lock);
    return status;
}

enum tlsagen_status tlsagen_fleet_run(const struct tlsagen_config *config,
                                      const struct tlsagen_fleet_options *options,
                                      struct tlsagen_fleet_summary *summary,
                                      struct tlsagen_err *err)
{
    const struct tlsagen_rollover_options how = {.dry_run = options->dry_run};
    struct fleet fleet = {.config = config, .options = options, .now = engine_now()};
    *summary = (struct tlsagen_fleet_summary){.zones = 0};
    if (pthread_mutex_init(&fleet.slow, NULL) != 0 ||
        pthread_mutex_init(&fleet.reporting, NULL) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status = tlsagen_rollover_new(config, &how, &fleet.rollover, err);
    if (status == TLSAGEN_OK)
        status = gather_wanted(&fleet, err);
    if (status == TLSAGEN_OK) {
        gather_zones(&fleet);
        status = run_locked(&fleet, err);
    }
    *summary = fleet.summary;
    tlsagen_rollover_free(fleet.rollover);
    states_clear(&fleet);
    free(fleet.wanted);
    free(fleet.zones);
    (void)pthread_mutex_destroy(&fleet.slow);
    (void)pthread_mutex_destroy(&fleet.reporting);
    return status;
}
