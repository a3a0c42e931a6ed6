/* diff.c - what differs between a zone and what should stand in it. */
#include <string.h>

#include "work.h"

static bool is_ours(const struct work_service *service, const struct tlsagen_record *record)
{
    size_t ignored;
    return set_find(&service->applied, record, &ignored) ||
           set_find(&service->known, record, &ignored) ||
           set_find(&service->pinned, record, &ignored);
}

/* Of the others at an owner: records that nobody declared, or those that are ours and go. */
static size_t count_others(const struct work_owner *owner, bool ours)
{
    size_t count = 0;
    for (size_t i = 0; owner->others != NULL && i < owner->others->count; i++)
        count += is_ours(owner->service, &owner->others->records[i]) == ours;
    return count;
}

static bool is_worked_on(const struct work_owner *owner)
{
    return owner->service != NULL && owner->service->selected && !owner->service->faulty;
}

static bool is_refused(const struct work *work, const struct work_owner *owner)
{
    return work->config->unknown == TLSAGEN_UNKNOWN_REFUSE && count_others(owner, false) > 0;
}

/* An other record goes: it was ours, or the configuration says so. */
static bool goes(const struct work *work, const struct work_owner *owner,
                 const struct tlsagen_record *record)
{
    return work->config->unknown == TLSAGEN_UNKNOWN_REMOVE || is_ours(owner->service, record);
}

static bool lacks(const struct work_owner *owner)
{
    const size_t count = owner->service->desired.count;
    const uint64_t all = count < WORK_RECORDS ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
    return owner->found != all;
}

static bool ttl_is_wrong(const struct work_owner *owner)
{
    return owner->there && (owner->ttl_differs || owner->ttl != owner->service->config->ttl);
}

bool diff_changes(const struct work *work, const struct work_owner *owner)
{
    if (!is_worked_on(owner) || is_refused(work, owner))
        return false;
    return lacks(owner) || ttl_is_wrong(owner) || count_others(owner, true) > 0 ||
           (work->config->unknown == TLSAGEN_UNKNOWN_REMOVE && count_others(owner, false) > 0);
}

enum tlsagen_status diff_result(const struct work *work, const struct work_owner *owner,
                                struct tlsagen_rrset *result, struct tlsagen_err *err)
{
    enum tlsagen_status status = set_add_all(result, &owner->service->desired, err);
    for (size_t i = 0; owner->others != NULL && i < owner->others->count; i++) {
        const struct tlsagen_record *record = &owner->others->records[i];
        if (status == TLSAGEN_OK && !goes(work, owner, record))
            status = tlsagen_rrset_add(result, record->fields, record->data, record->len, err);
    }
    return status;
}

/* --- texts --- */

static void add_line(struct tlsagen_buf *text, char sign, const struct work_owner *owner,
                     uint32_t ttl, const struct tlsagen_record *record)
{
    tlsagen_buf_char(text, sign);
    tlsagen_buf_str(text, owner->name);
    tlsagen_buf_char(text, '\t');
    tlsagen_buf_dec(text, ttl);
    tlsagen_buf_str(text, "\tIN\tTLSA\t");
    table_add_record(text, record);
    tlsagen_buf_char(text, '\n');
}

static void show_gone(struct work *work, const struct work_owner *owner,
                      const struct tlsagen_record *record)
{
    if (!work->fleet->options->no_diff)
        add_line(&work->diff, '-', owner, owner->ttl, record);
    work->report.removed++;
}

static void show_new(struct work *work, const struct work_owner *owner,
                     const struct tlsagen_record *record)
{
    if (!work->fleet->options->no_diff)
        add_line(&work->diff, '+', owner, owner->service->config->ttl, record);
    work->report.added++;
}

static void show(struct work *work, const struct work_owner *owner)
{
    const struct tlsagen_rrset *desired = &owner->service->desired;
    const bool relevel = ttl_is_wrong(owner);
    for (size_t i = 0; i < desired->count; i++) {
        const bool there = (owner->found & UINT64_C(1) << i) != 0;
        if (there && relevel)
            show_gone(work, owner, &desired->records[i]);
    }
    for (size_t i = 0; owner->others != NULL && i < owner->others->count; i++) {
        if (relevel || goes(work, owner, &owner->others->records[i]))
            show_gone(work, owner, &owner->others->records[i]);
    }
    for (size_t i = 0; i < desired->count; i++) {
        const bool there = (owner->found & UINT64_C(1) << i) != 0;
        if (!there || relevel)
            show_new(work, owner, &desired->records[i]);
    }
    for (size_t i = 0; owner->others != NULL && i < owner->others->count; i++) {
        if (relevel && !goes(work, owner, &owner->others->records[i]))
            show_new(work, owner, &owner->others->records[i]);
    }
}

/* Records that nobody declared, as notes. */
static void tell_unknown(struct work *work, const struct work_owner *owner, bool refused)
{
    struct tlsagen_buf *text = refused ? &work->refusals : &work->notes;
    for (size_t i = 0; owner->others != NULL && i < owner->others->count; i++) {
        const struct tlsagen_record *record = &owner->others->records[i];
        if (is_ours(owner->service, record))
            continue;
        tlsagen_buf_printf(text, "%s: nobody declared ", owner->name);
        table_add_record(text, record);
        tlsagen_buf_str(text, refused ? "; nothing is changed there (unknown = refuse)\n"
                              : work->config->unknown == TLSAGEN_UNKNOWN_KEEP ? "; it is kept\n"
                                                                              : "; it goes\n");
    }
}

/* --- what to write --- */

/* One edit on its way to a zone file. */
struct showing {
    put_take *take;
    void *arg;
    struct tlsagen_buf rdata;
};

static enum tlsagen_status show_set(struct showing *showing, const char *owner, uint32_t ttl,
                                    const struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    struct tlsagen_buf *rdata = &showing->rdata;
    if (set->count == 0)
        return showing->take(showing->arg, owner, ttl, NULL, 0, err);
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        const uint8_t fields[] = {record->fields.usage, record->fields.selector,
                                  record->fields.matching};
        tlsagen_buf_reset(rdata);
        tlsagen_buf_add(rdata, fields, sizeof(fields));
        tlsagen_buf_add(rdata, record->data, record->len);
        enum tlsagen_status status = tlsagen_buf_check(rdata, err);
        if (status == TLSAGEN_OK)
            status = showing->take(showing->arg, owner, ttl, (const uint8_t *)rdata->data,
                                   rdata->len, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

/* Points *set at the owner's: one that there is, or *made. */
typedef enum tlsagen_status find_set(const struct work *work, const struct work_owner *owner,
                                     struct tlsagen_rrset *made, const struct tlsagen_rrset **set,
                                     struct tlsagen_err *err);

/* What an owner is to have; without others there is nothing to be copied. */
static enum tlsagen_status find_wanted(const struct work *work, const struct work_owner *owner,
                                       struct tlsagen_rrset *made, const struct tlsagen_rrset **set,
                                       struct tlsagen_err *err)
{
    const bool alone = owner->others == NULL || owner->others->count == 0;
    *set = alone ? &owner->service->desired : made;
    return alone ? TLSAGEN_OK : diff_result(work, owner, made, err);
}

/* What stands at an owner. */
static enum tlsagen_status find_former(const struct work *work, const struct work_owner *owner,
                                       struct tlsagen_rrset *made, const struct tlsagen_rrset **set,
                                       struct tlsagen_err *err)
{
    const struct tlsagen_rrset *desired = &owner->service->desired;
    enum tlsagen_status status = TLSAGEN_OK;
    (void)work;
    *set = made;
    for (size_t i = 0; i < desired->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_record *record = &desired->records[i];
        if ((owner->found & UINT64_C(1) << i) != 0)
            status = tlsagen_rrset_add(made, record->fields, record->data, record->len, err);
    }
    return status == TLSAGEN_OK && owner->others != NULL ? set_add_all(made, owner->others, err)
                                                         : status;
}

/* Shows a set of each owner that changes. */
static enum tlsagen_status show_each(const struct work *work, bool former, put_take *take,
                                     void *take_arg, struct tlsagen_err *err)
{
    find_set *find = former ? find_former : find_wanted;
    struct showing showing = {.take = take, .arg = take_arg};
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < work->owner_count && status == TLSAGEN_OK; i++) {
        const struct work_owner *owner = &work->owners[i];
        struct tlsagen_rrset made;
        if (!diff_changes(work, owner))
            continue;
        tlsagen_rrset_init(&made);
        const struct tlsagen_rrset *set;
        const uint32_t ttl = former ? owner->ttl : owner->service->config->ttl;
        status = find(work, owner, &made, &set, err);
        if (status == TLSAGEN_OK)
            status = show_set(&showing, owner->name, ttl, set, err);
        tlsagen_rrset_clear(&made);
    }
    tlsagen_buf_clear(&showing.rdata);
    return status;
}

enum tlsagen_status diff_wanted(void *arg, put_take *take, void *take_arg, struct tlsagen_err *err)
{
    return show_each(arg, false, take, take_arg, err);
}

enum tlsagen_status diff_former(void *arg, put_take *take, void *take_arg, struct tlsagen_err *err)
{
    return show_each(arg, true, take, take_arg, err);
}

static void add_edit(const struct work *work, const struct work_owner *owner,
                     struct bulk_edit *edit)
{
    edit->count++;
    if (edit->sample_count < BULK_SAMPLES)
        edit->samples[edit->sample_count++] =
            (struct bulk_sample){.owner = owner->name,
                                 .set = &owner->service->desired,
                                 .more = work->config->unknown == TLSAGEN_UNKNOWN_KEEP};
}

static void begin(struct work *work)
{
    struct tlsagen_fleet_zone *report = &work->report;
    tlsagen_buf_reset(&work->diff);
    tlsagen_buf_reset(&work->faults);
    tlsagen_buf_reset(&work->refusals);
    tlsagen_buf_reset(&work->notes);
    report->owners = report->changed = report->added = report->removed = report->refused = 0;
    for (size_t i = 0; i < work->service_count; i++) {
        struct work_service *service = &work->services[i];
        service->refused = false;
        if (service->selected && service->note != NULL)
            tlsagen_buf_printf(service->faulty ? &work->faults : &work->notes, "%s: %s\n",
                               service->config->name, service->note);
    }
}

static void tell_left(struct work *work, const struct work_owner *owner)
{
    if (owner->there)
        tlsagen_buf_printf(&work->notes,
                           "%s: its records were published once, and are declared no more; remove "
                           "them by `tlsagen zone remove` if they serve nobody\n",
                           owner->name);
}

enum tlsagen_status diff_make(struct work *work, struct bulk_edit *edit, struct tlsagen_err *err)
{
    begin(work);
    for (size_t i = 0; i < work->owner_count; i++) {
        struct work_owner *owner = &work->owners[i];
        if (owner->service == NULL)
            tell_left(work, owner);
        if (!is_worked_on(owner))
            continue;
        const bool refused = is_refused(work, owner);
        work->report.owners++;
        tell_unknown(work, owner, refused);
        owner->service->refused = owner->service->refused || refused;
        work->report.refused += refused;
        if (!diff_changes(work, owner))
            continue;
        work->report.changed++;
        if (owner->ttl_differs)
            tlsagen_buf_printf(&work->notes, "%s: its records have several TTLs; all get %u\n",
                               owner->name, owner->service->config->ttl);
        show(work, owner);
        if (edit != NULL)
            add_edit(work, owner, edit);
    }
    enum tlsagen_status status = tlsagen_buf_check(&work->diff, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&work->faults, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&work->refusals, err);
    return status == TLSAGEN_OK ? tlsagen_buf_check(&work->notes, err) : status;
}
