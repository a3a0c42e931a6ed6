/* update.c - a zone changed by dynamic updates, each of which is valid by itself. */
#include <string.h>

#include <tlsagen/update.h>

#include "publish/lock.h"
#include "work.h"

/* Bytes of text, old and new, in one update: in wire form, with its conditions, they are fewer. */
#define PART_MAX 60000U

struct sending {
    struct work *work;
    struct tlsagen_buf records;
    size_t weight;
    size_t owners; /* of records */
    size_t done;   /* owners of the updates before */
    bool unknown;  /* whether the server has done the last one */
};

static enum tlsagen_status send_part(struct sending *sending, struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = sending->work->config;
    const struct tlsagen_update update = {
        .server = zone->update,
        .port = zone->update_port,
        .key_file = zone->tsig,
        .zone = zone->name,
        .verb = TLSAGEN_UPDATE_PUT,
        .records = sending->records.data,
        .len = sending->records.len,
        .source = "the new records",
        .ttl = -1,
    };
    struct tlsagen_update_result result;
    if (sending->records.len == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = tlsagen_buf_check(&sending->records, err);
    tlsagen_update_result_init(&result);
    if (status == TLSAGEN_OK)
        status = tlsagen_update_run(&update, &result, err);
    sending->unknown = result.unknown;
    if (status == TLSAGEN_OK)
        sending->done += sending->owners;
    tlsagen_update_result_clear(&result);
    tlsagen_buf_reset(&sending->records);
    sending->weight = sending->owners = 0;
    return status;
}

/* Text of a set of the owner, with room for the words around it. */
static size_t weight_of(const struct work_owner *owner, const struct tlsagen_rrset *set)
{
    size_t weight = 0;
    for (size_t i = 0; set != NULL && i < set->count; i++)
        weight += 2 * set->records[i].len + strlen(owner->name) + 40;
    return weight;
}

static enum tlsagen_status add_owner(struct sending *sending, const struct work_owner *owner,
                                     struct tlsagen_err *err)
{
    struct tlsagen_rrset result;
    tlsagen_rrset_init(&result);
    enum tlsagen_status status = diff_result(sending->work, owner, &result, err);
    const size_t weight = weight_of(owner, &result) + weight_of(owner, owner->others) +
                          weight_of(owner, &owner->service->desired);
    if (status == TLSAGEN_OK && sending->weight > 0 && sending->weight + weight > PART_MAX)
        status = send_part(sending, err);
    sending->weight += weight;
    sending->owners++;
    tlsagen_rrset_format(&sending->records, TLSAGEN_FORMAT_ZONE, owner->name,
                         (int64_t)owner->service->config->ttl, &result);
    tlsagen_rrset_clear(&result);
    return status;
}

static enum tlsagen_status send_all(struct work *work, struct tlsagen_err *err)
{
    struct sending sending = {.work = work};
    enum tlsagen_status status = TLSAGEN_OK;
    tlsagen_buf_init(&sending.records);
    for (size_t i = 0; i < work->owner_count && status == TLSAGEN_OK; i++) {
        if (diff_changes(work, &work->owners[i]))
            status = add_owner(&sending, &work->owners[i], err);
    }
    if (status == TLSAGEN_OK)
        status = send_part(&sending, err);
    /* What they brought is ours, though the whole is not done. */
    work->undefined = status != TLSAGEN_OK && (sending.done > 0 || sending.unknown);
    if (status != TLSAGEN_OK && sending.done > 0)
        (void)tlsagen_err_prepend(err, "%zu of %zu owners are done, and stay so; the others",
                                  sending.done, work->report.changed);
    tlsagen_buf_clear(&sending.records);
    return status;
}

static enum tlsagen_status compare(struct work *work, struct tlsagen_err *err)
{
    enum tlsagen_status status = work_prepare(work, err);
    if (status == TLSAGEN_OK)
        status = look_dns(work, work->config->update, work->config->update_port, err);
    return status == TLSAGEN_OK ? diff_make(work, NULL, err) : status;
}

static enum tlsagen_status update_locked(struct work *work, struct tlsagen_err *err)
{
    enum tlsagen_status status = compare(work, err);
    if (status != TLSAGEN_OK || work->report.changed == 0)
        return status;
    status = work_before(work, err);
    return status == TLSAGEN_OK ? send_all(work, err) : status;
}

enum tlsagen_status update_zone(struct work *work, struct tlsagen_err *err)
{
    struct lock lock;
    const uint32_t wait_ms =
        work->config->wait_ms > 0 ? work->config->wait_ms : TLSAGEN_RELOAD_WAIT_MS;
    if (work->fleet->options->dry_run)
        return compare(work, err);
    enum tlsagen_status status =
        lock_take(&lock, work->fleet->config->state_dir, work->config->name, NULL, wait_ms, err);
    if (status == TLSAGEN_OK)
        status = update_locked(work, err);
    work_after(work, status);
    lock_drop(&lock);
    return status;
}
