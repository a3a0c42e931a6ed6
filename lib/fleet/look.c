/* look.c - what stands in the zone: its file read once, or its owners asked for by DNS. */
#include <stdlib.h>
#include <string.h>

#include <tlsagen/dns.h>

#include "work.h"

#define QUESTION_MS 5000U
#define QUESTIONS_AT_ONCE 16
#define RCODE_REFUSED 5
#define RCODE_NOTAUTH 9

static void forget(struct work *work)
{
    for (size_t i = 0; i < work->owner_count; i++) {
        struct work_owner *owner = &work->owners[i];
        owner->found = 0;
        owner->ttl = 0;
        owner->there = owner->ttl_differs = false;
        if (owner->service != NULL && owner->others != NULL)
            tlsagen_rrset_reset(owner->others);
    }
}

/* One record of an owner. */
static enum tlsagen_status take(struct work_owner *owner, const struct tlsagen_record *record,
                                uint32_t ttl, struct tlsagen_err *err)
{
    size_t number;
    if (owner->there && owner->ttl != ttl)
        owner->ttl_differs = true;
    if (!owner->there)
        owner->ttl = ttl;
    owner->there = true;
    if (owner->service == NULL || !owner->service->selected || owner->service->faulty)
        return TLSAGEN_OK;
    if (!set_find(&owner->service->desired, record, &number))
        return owners_other(owner, record, err);
    owner->found |= UINT64_C(1) << number;
    return TLSAGEN_OK;
}

/* --- a file --- */

static enum tlsagen_status take_line(void *arg, const struct tlsagen_zone_record *line,
                                     struct tlsagen_err *err)
{
    struct work *work = arg;
    struct work_owner *owner = owners_find(work, line->owner, strlen(line->owner));
    const size_t len = strlen(line->rdata);
    struct tlsagen_record record;
    uint8_t small[256];
    if (owner == NULL)
        return TLSAGEN_OK;
    uint8_t *data = len / 2 <= sizeof(small) ? small : malloc(len / 2 + 1);
    if (data == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status =
        record_read(line->rdata, len, &record, data)
            ? take(owner, &record, line->ttl, err)
            : tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s:%llu: no TLSA record", line->file,
                              (unsigned long long)line->line);
    if (data != small)
        free(data);
    return status;
}

enum tlsagen_status look_file(struct work *work, struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter filter = {.origin = work->config->name, .type = "TLSA"};
    forget(work);
    return tlsagen_zone_list(work->config->file, &filter, take_line, work, err);
}

/* --- a server --- */

/* Questions to one server, shared by threads. */
struct asking {
    struct work *work;
    const char *address;
    uint16_t port;
    pthread_mutex_t mutex;
    size_t next;
    struct tlsagen_err err; /* the first failure; code OK: none */
};

static enum tlsagen_status judge(const struct asking *asking,
                                 const struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    if (answer->rcode == RCODE_REFUSED || answer->rcode == RCODE_NOTAUTH ||
        (answer->found != TLSAGEN_DNS_NOTHING && !answer->authoritative))
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s does not hold the zone, or does not let us read it; give the "
                               "address of its primary",
                               asking->address);
    if (answer->found == TLSAGEN_DNS_NOTHING)
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "cannot read %.300s: %.500s", answer->name,
                               answer->err.message);
    if (answer->alias)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%.300s is an alias (CNAME) of %.300s; the records belong there",
                               answer->name, answer->canonical);
    return TLSAGEN_OK;
}

static enum tlsagen_status take_answer(struct work_owner *owner,
                                       const struct tlsagen_dns_answer *answer,
                                       struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < answer->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_dns_record *rdata = &answer->records[i];
        if (answer->found != TLSAGEN_DNS_RECORDS || rdata->len < 4)
            continue;
        const struct tlsagen_record record = {
            {rdata->data[0], rdata->data[1], rdata->data[2]}, rdata->data + 3, rdata->len - 3};
        status = take(owner, &record, answer->ttl, err);
    }
    return status;
}

static enum tlsagen_status ask(const struct asking *asking, struct work_owner *owner,
                               struct tlsagen_err *err)
{
    const struct tlsagen_dns_question question = {.address = asking->address,
                                                  .port = asking->port,
                                                  .name = owner->name,
                                                  .type = TLSAGEN_DNS_TLSA,
                                                  .timeout_ms = QUESTION_MS};
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
    if (status == TLSAGEN_OK)
        status = judge(asking, &answer, err);
    if (status == TLSAGEN_OK)
        status = take_answer(owner, &answer, err);
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static void *ask_some(void *arg)
{
    struct asking *asking = arg;
    for (;;) {
        struct tlsagen_err err;
        (void)pthread_mutex_lock(&asking->mutex);
        const size_t at = asking->err.code == TLSAGEN_OK ? asking->next++ : SIZE_MAX;
        (void)pthread_mutex_unlock(&asking->mutex);
        if (at >= asking->work->owner_count)
            return NULL;
        struct work_owner *owner = &asking->work->owners[at];
        if ((owner->service != NULL && (!owner->service->selected || owner->service->faulty)) ||
            ask(asking, owner, &err) == TLSAGEN_OK)
            continue;
        (void)pthread_mutex_lock(&asking->mutex);
        if (asking->err.code == TLSAGEN_OK)
            asking->err = err;
        (void)pthread_mutex_unlock(&asking->mutex);
    }
}

enum tlsagen_status look_dns(struct work *work, const char *address, uint16_t port,
                             struct tlsagen_err *err)
{
    struct asking asking = {.work = work, .address = address, .port = port};
    pthread_t threads[QUESTIONS_AT_ONCE];
    size_t count = 0;
    forget(work);
    if (pthread_mutex_init(&asking.mutex, NULL) != 0)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    while (count < QUESTIONS_AT_ONCE && count + 1 < work->owner_count &&
           pthread_create(&threads[count], NULL, ask_some, &asking) == 0)
        count++;
    (void)ask_some(&asking); /* whatever threads there are */
    while (count > 0)
        (void)pthread_join(threads[--count], NULL);
    (void)pthread_mutex_destroy(&asking.mutex);
    if (asking.err.code == TLSAGEN_OK)
        return TLSAGEN_OK;
    *err = asking.err;
    return err->code;
}
