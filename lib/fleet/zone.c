/* zone.c - one zone: from its services to what became of it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "work.h"

#define PORTION 64 /* services that a thread takes at once */

/* --- what should be --- */

/* Services of one zone, shared by threads. */
struct portions {
    struct work *work;
    pthread_mutex_t mutex;
    size_t next;
    struct tlsagen_err err; /* the first failure; code OK: none */
};

static enum tlsagen_status find_portion(struct desiring *desiring, struct work *work, size_t begin,
                                        struct tlsagen_err *err)
{
    size_t end = begin + PORTION < work->service_count ? begin + PORTION : work->service_count;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = begin; i < end && status == TLSAGEN_OK; i++) {
        if (work->services[i].selected)
            status = desired_find(desiring, &work->services[i], err);
    }
    fleet_progress(work->fleet, end - begin);
    return status;
}

static void find_some(struct portions *portions, struct desiring *desiring)
{
    struct tlsagen_err err;
    enum tlsagen_status status = desiring_begin(desiring, portions->work->fleet, &err);
    while (status == TLSAGEN_OK) {
        (void)pthread_mutex_lock(&portions->mutex);
        const size_t begin = portions->err.code == TLSAGEN_OK ? portions->next : SIZE_MAX;
        portions->next += PORTION;
        (void)pthread_mutex_unlock(&portions->mutex);
        if (begin >= portions->work->service_count)
            break;
        status = find_portion(desiring, portions->work, begin, &err);
    }
    if (status != TLSAGEN_OK) {
        (void)pthread_mutex_lock(&portions->mutex);
        portions->err = err;
        (void)pthread_mutex_unlock(&portions->mutex);
    }
}

/* Another thread for the services of one zone. */
static void *help(void *arg)
{
    struct desiring desiring = {.fleet = NULL};
    find_some(arg, &desiring);
    desiring_clear(&desiring);
    return NULL;
}

static enum tlsagen_status find_desired(struct work *work, struct tlsagen_err *err)
{
    struct portions portions = {.work = work};
    pthread_t threads[WORK_THREADS];
    size_t count = 0;
    if (pthread_mutex_init(&portions.mutex, NULL) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    while (count + 1 < work->fleet->threads && count < WORK_THREADS &&
           count * PORTION < work->service_count &&
           pthread_create(&threads[count], NULL, help, &portions) == 0)
        count++;
    find_some(&portions, work->desiring); /* whatever threads there are */
    while (count > 0)
        (void)pthread_join(threads[--count], NULL);
    (void)pthread_mutex_destroy(&portions.mutex);
    if (portions.err.code == TLSAGEN_OK)
        return TLSAGEN_OK;
    *err = portions.err;
    return err->code;
}

enum tlsagen_status work_prepare(struct work *work, struct tlsagen_err *err)
{
    if (work->prepared)
        return TLSAGEN_OK;
    enum tlsagen_status status = applied_read(work, err);
    if (status == TLSAGEN_OK)
        status = find_desired(work, err);
    for (size_t i = 0; i < work->service_count; i++) {
        work->report.services += work->services[i].selected;
        work->report.faulty += work->services[i].faulty;
    }
    work->prepared = status == TLSAGEN_OK;
    return status;
}

/* --- around the change --- */

enum tlsagen_status work_before(struct work *work, struct tlsagen_err *err)
{
    enum tlsagen_status status = applied_write(work, APPLIED_INTENT, err);
    work->begun = status == TLSAGEN_OK;
    return status == TLSAGEN_OK ? rolling_begin(work, err) : status;
}

static enum tlsagen_status remember(struct work *work, enum tlsagen_status status,
                                    struct tlsagen_err *err)
{
    const bool done = status == TLSAGEN_OK;
    enum tlsagen_status written = TLSAGEN_OK;
    if (done && !work->begun)
        written = rolling_begin(work, err);
    if (written == TLSAGEN_OK && (done || work->begun))
        written = rolling_end(work, done, err);
    if (written == TLSAGEN_OK && done)
        written = applied_write(work, APPLIED_DONE, err);
    else if (written == TLSAGEN_OK && work->begun && !work->undefined)
        written = applied_write(work, APPLIED_BACK, err);
    return written;
}

void work_after(struct work *work, enum tlsagen_status status)
{
    struct tlsagen_err err;
    if (!work->prepared || remember(work, status, &err) == TLSAGEN_OK)
        return;
    tlsagen_buf_printf(&work->faults, "what was published could not be remembered: %s\n",
                       err.message);
    work->report.faulty++;
}

/* --- a zone file --- */

static enum tlsagen_status look_now(struct work *work, bool by_dns, struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = work->config;
    if (!by_dns)
        return look_file(work, err);
    return look_dns(work, zone->query != NULL ? zone->query : "127.0.0.1", zone->query_port, err);
}

/* A bulk_look. */
static enum tlsagen_status look(void *arg, bool by_dns, struct bulk_edit *edit,
                                struct tlsagen_err *err)
{
    struct work *work = arg;
    enum tlsagen_status status = work_prepare(work, err);
    if (status == TLSAGEN_OK)
        status = look_now(work, by_dns, err);
    if (status == TLSAGEN_OK)
        status = diff_make(work, edit, err);
    edit->pending = work->pending;
    return status;
}

static enum tlsagen_status before(void *arg, struct tlsagen_err *err)
{
    return work_before(arg, err);
}

static void after(void *arg, const struct bulk_result *result, enum tlsagen_status status)
{
    struct work *work = arg;
    work->undefined = status != TLSAGEN_OK && result->change.changed && !result->rolled_back;
    work_after(work, status);
}

/* A tlsagen_zone_warn. */
static void warn(void *arg, const char *text)
{
    struct work *work = arg;
    tlsagen_buf_printf(&work->notes, "%s\n", text);
}

/* A finding's text begins with the owner that it is about. */
static bool concerns(void *arg, const char *text)
{
    const struct work *work = arg;
    const size_t len = strcspn(text, " :");
    const struct work_owner *owner = owners_find(work, text, len);
    return owner != NULL && diff_changes(work, owner);
}

static struct bulk bulk_of(struct work *work)
{
    const struct tlsagen_config_zone *zone = work->config;
    struct bulk bulk = {
        .file = zone->file,
        .zone = zone->name,
        .has_server = zone->has_server,
        .freeze = zone->freeze,
        .dry_run = work->fleet->options->dry_run,
        .state_dir = work->fleet->config->state_dir,
        .reload = {.server = &zone->server,
                   .wait_ms = zone->wait_ms,
                   .address = zone->query,
                   .port = zone->query_port},
        .options = {.policy = zone->policy,
                    .now = (int64_t)time(NULL),
                    .warn = warn,
                    .warn_arg = work},
        .look = look,
        .wanted = diff_wanted,
        .former = diff_former,
        .before = before,
        .after = after,
        .concerns = concerns,
        .arg = work,
    };
    if (zone->check_with.count > 0) {
        bulk.options.judge = engine_check_with;
        bulk.options.judge_arg = (void *)(uintptr_t)&zone->check_with;
    }
    return bulk;
}

static enum tlsagen_status do_file(struct work *work, struct tlsagen_err *err)
{
    const struct bulk bulk = bulk_of(work);
    struct tlsagen_fleet_zone *report = &work->report;
    struct bulk_result result;
    enum tlsagen_status status = bulk_run(&bulk, &result, err);
    report->has_serial = result.change.changed;
    report->old_serial = result.change.old_serial;
    report->new_serial = result.change.new_serial;
    report->reloaded = result.reloaded;
    report->rolled_back = result.rolled_back;
    if (result.thawed)
        tlsagen_buf_printf(&work->notes, "%s: a run that was killed %s it frozen; %s\n",
                           work->config->name, bulk.dry_run ? "has left" : "had left",
                           bulk.dry_run ? "apply would thaw it first" : "it was thawed");
    bulk_result_clear(&result);
    return status;
}

/* --- all of it --- */

static enum tlsagen_status begin(struct work *work, struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = work->config;
    work->services = calloc(zone->service_count + 1, sizeof(*work->services));
    if (work->services == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    work->service_count = zone->service_count;
    const bool all = fleet_wants(work->fleet, zone);
    for (size_t i = 0; i < zone->service_count; i++) {
        work->services[i].config = zone->services[i];
        work->services[i].selected = all || fleet_wants(work->fleet, zone->services[i]);
    }
    return TLSAGEN_OK;
}

static const char *text_of(const struct tlsagen_buf *text)
{
    return text->len > 0 && !text->failed ? text->data : "";
}

static void judge(struct work *work, enum tlsagen_status status, const struct tlsagen_err *err)
{
    struct tlsagen_fleet_zone *report = &work->report;
    const bool differs = report->changed > 0;
    report->status = status;
    work->problem = *err;
    report->outcome = status != TLSAGEN_OK            ? TLSAGEN_FLEET_FAILED
                      : !differs                      ? TLSAGEN_FLEET_SAME
                      : work->fleet->options->dry_run ? TLSAGEN_FLEET_WOULD
                                                      : TLSAGEN_FLEET_CHANGED;
    report->problem = status != TLSAGEN_OK ? work->problem.message : "";
    report->diff = text_of(&work->diff);
    report->faults = text_of(&work->faults);
    report->refusals = text_of(&work->refusals);
    report->notes = text_of(&work->notes);
}

void work_run(struct work *work, struct fleet *fleet, struct desiring *desiring,
              const struct tlsagen_config_zone *config)
{
    struct tlsagen_err err = {.code = TLSAGEN_OK};
    *work = (struct work){
        .fleet = fleet, .desiring = desiring, .config = config, .report = {.zone = config}};
    enum tlsagen_status status = begin(work, &err);
    if (status == TLSAGEN_OK)
        status = config->update != NULL ? update_zone(work, &err) : do_file(work, &err);
    judge(work, status, &err);
}

void work_clear(struct work *work)
{
    for (size_t i = 0; i < work->service_count; i++) {
        struct work_service *service = &work->services[i];
        tlsagen_rrset_clear(&service->applied);
        tlsagen_rrset_clear(&service->pinned);
        tlsagen_rrset_clear(&service->known);
        tlsagen_rrset_clear(&service->desired);
        rolling_free(service);
        free(service->note);
    }
    for (size_t i = 0; i < work->owner_count; i++) {
        if (work->owners[i].others != NULL)
            tlsagen_rrset_clear(work->owners[i].others);
        free(work->owners[i].others);
    }
    free(work->services);
    free(work->owners);
    free(work->slots);
    tlsagen_buf_clear(&work->names);
    tlsagen_buf_clear(&work->applied);
    tlsagen_buf_clear(&work->diff);
    tlsagen_buf_clear(&work->faults);
    tlsagen_buf_clear(&work->refusals);
    tlsagen_buf_clear(&work->notes);
}
