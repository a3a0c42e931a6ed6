/* update.c - tlsagen_update_run: read, compare, send, and what the server says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tlsagen/dns.h>
#include <unistd.h>

#include "send.h"
#include "tsig.h"
#include "update.h"
#include "zone/apex.h"
#include "zone/rrfile.h"

#define TIMEOUT_MS 10000U
#define HEADER 12
#define RCODE_REFUSED 5
#define RCODE_NOTAUTH 9

/* One update, as it is made. */
struct job {
    const struct tlsagen_update *update;
    struct update_watch *watch; /* or NULL */
    struct name zone;
    struct tsig_key key;
    struct wants wants;
    struct message_rrset *there; /* one for each of wants */
    struct tlsagen_buf message;
    struct tsig_mac mac;
    uint16_t id;
    uint32_t timeout_ms;
    bool sent;
    bool refused; /* the server said that it has not done it */
};

void tlsagen_update_result_init(struct tlsagen_update_result *result)
{
    *result = (struct tlsagen_update_result){.changed = false};
}

void tlsagen_update_result_clear(struct tlsagen_update_result *result)
{
    tlsagen_buf_clear(&result->added);
    tlsagen_buf_clear(&result->removed);
    tlsagen_update_result_init(result);
}

/* The RRsets of the watch, in its order when there are no others. */
static enum tlsagen_status add_watched(struct job *job, struct tlsagen_err *err)
{
    for (size_t i = 0; i < job->watch->owner_count; i++) {
        const char *text = job->watch->owners[i];
        struct name owner;
        enum tlsagen_status status = name_parse(text, strlen(text), NULL, &owner, err);
        if (status != TLSAGEN_OK)
            return status;
        if (wants_get(&job->wants, &owner, TYPE_TLSA) == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status read_wants(struct job *job, struct tlsagen_err *err)
{
    const struct tlsagen_update *update = job->update;
    enum tlsagen_status status = apex_parse(update->zone, &job->zone, err);
    if (status == TLSAGEN_OK && job->watch != NULL)
        status = add_watched(job, err);
    if (status != TLSAGEN_OK || (job->watch != NULL && update->len == 0))
        return status;
    if (update->verb == TLSAGEN_UPDATE_REMOVE)
        return rrfile_read_removal(update->owner, update->type, update->rdata, &job->zone,
                                   &job->wants, err);
    return rrfile_read(update->records, update->len, update->source, &job->zone, &job->wants, err);
}

/* The records of an answer, as rdata to compare. */
static enum tlsagen_status take_answer(const struct tlsagen_dns_answer *answer, uint16_t type,
                                       struct message_rrset *rrset, struct tlsagen_err *err)
{
    rrset->known = true;
    rrset->ttl = answer->ttl;
    if (answer->found != TLSAGEN_DNS_RECORDS || answer->count == 0)
        return TLSAGEN_OK;
    rrset->records = calloc(answer->count, sizeof(*rrset->records));
    if (rrset->records == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < answer->count; i++) {
        struct rdata *rdata = &rrset->records[rrset->count++].rdata;
        enum tlsagen_status status =
            rdata_from_wire(type, answer->records[i].data, answer->records[i].len, rdata, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status ask(const struct job *job, const struct want *want,
                               struct message_rrset *rrset, struct tlsagen_err *err)
{
    char owner[NAME_TEXT_SIZE], type[TYPE_TEXT_SIZE];
    struct name name;
    want_owner(want, &name);
    const struct tlsagen_dns_question question = {.address = job->update->server,
                                                  .port = job->update->port,
                                                  .name = name_text(&name, owner),
                                                  .type = want->type,
                                                  .timeout_ms = job->timeout_ms};
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
    if (status == TLSAGEN_OK && (answer.rcode == RCODE_REFUSED || answer.rcode == RCODE_NOTAUTH))
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%s does not hold the zone %s, or does not let us read it; give "
                                 "the address of its primary",
                                 question.address, job->update->zone);
    else if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_NOTHING)
        status = tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "cannot read %s %s: %s", owner,
                                 type_text(want->type, type), answer.err.message);
    else if (status == TLSAGEN_OK && !answer.authoritative)
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "%s does not hold the zone %s; give the address of its primary",
                                 question.address, job->update->zone);
    else if (status == TLSAGEN_OK && answer.alias && want->type != TYPE_CNAME)
        status = tlsagen_err_set(err, TLSAGEN_E_KIND,
                                 "%.300s is an alias (CNAME) of %.300s; update that owner", owner,
                                 answer.canonical);
    else if (status == TLSAGEN_OK)
        status = take_answer(&answer, want->type, rrset, err);
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static enum tlsagen_status read_server(struct job *job, struct tlsagen_err *err)
{
    job->there = calloc(job->wants.count, sizeof(*job->there));
    if (job->there == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < job->wants.count; i++) {
        if (job->wants.at[i].type == WANT_ANY)
            continue;
        enum tlsagen_status status = ask(job, &job->wants.at[i], &job->there[i], err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

/* RCODEs of RFC 2136 section 2.2. */
static enum tlsagen_status judge_rcode(const struct job *job, unsigned rcode,
                                       struct tlsagen_err *err)
{
    static const struct {
        unsigned rcode;
        enum tlsagen_status status;
        const char *text;
    } known[] = {
        {1, TLSAGEN_E_NETWORK, "FORMERR: it cannot read the update"},
        {2, TLSAGEN_E_NETWORK, "SERVFAIL: it failed; its log tells why"},
        {3, TLSAGEN_E_TIMEOUT, "NXDOMAIN: somebody removed the name meanwhile; try again"},
        {4, TLSAGEN_E_NETWORK, "NOTIMP: it takes no updates"},
        {5, TLSAGEN_E_NETWORK,
         "REFUSED: it allows no update of this zone with this key or from here; see allow-update "
         "and update-policy"},
        {6, TLSAGEN_E_TIMEOUT, "YXDOMAIN: somebody added the name meanwhile; try again"},
        {7, TLSAGEN_E_TIMEOUT, "YXRRSET: somebody added the RRset meanwhile; try again"},
        {8, TLSAGEN_E_TIMEOUT, "NXRRSET: somebody changed the RRset meanwhile; try again"},
        {9, TLSAGEN_E_MISMATCH, "NOTAUTH: it does not hold the zone, or does not take the key"},
        {10, TLSAGEN_E_MISMATCH, "NOTZONE: a name does not lie in the zone"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].rcode == rcode)
            return tlsagen_err_set(err, known[i].status, "%s: the server says %s",
                                   job->update->zone, known[i].text);
    }
    return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "%s: the server says RCODE %u",
                           job->update->zone, rcode);
}

/* An unsigned refusal is believed as one; an unsigned success is not. */
static enum tlsagen_status judge(struct job *job, const struct tlsagen_buf *answer,
                                 struct tlsagen_err *err)
{
    const uint8_t *bytes = (const uint8_t *)answer->data;
    if (answer->len < HEADER || memcmp(bytes, job->message.data, 2) != 0 ||
        (bytes[2] & 0xf8) != 0xa8)
        return tlsagen_err_set(err, TLSAGEN_E_NETWORK, "%s: what %s sent is no answer to an update",
                               job->update->zone, job->update->server);
    unsigned rcode = bytes[3] & 0x0fU;
    job->refused = rcode != 0;
    if (job->watch != NULL)
        job->watch->refused = job->refused;
    if (job->update->key_file != NULL) {
        bool refused;
        enum tlsagen_status status = tsig_verify(bytes, answer->len, &job->key, &job->mac,
                                                 (int64_t)time(NULL), &refused, err);
        if (status != TLSAGEN_OK && (rcode == 0 || refused))
            return tlsagen_err_prepend(err, "%s", job->update->zone);
    }
    return rcode == 0 ? TLSAGEN_OK : judge_rcode(job, rcode, err);
}

static enum tlsagen_status send_it(struct job *job, struct tlsagen_err *err)
{
    struct tlsagen_buf answer;
    enum tlsagen_status status = TLSAGEN_OK;
    if (job->update->key_file != NULL)
        status = tsig_sign(&job->message, &job->key, (int64_t)time(NULL), &job->mac, err);
    if (status != TLSAGEN_OK)
        return status;
    tlsagen_buf_init(&answer);
    job->sent = true;
    status = send_message(job->update->server, job->update->port, job->timeout_ms, &job->message,
                          &answer, err);
    if (status == TLSAGEN_OK)
        status = judge(job, &answer, err);
    tlsagen_buf_clear(&answer);
    return status;
}

static enum tlsagen_status warn_and_send(struct job *job, struct tlsagen_err *err)
{
    struct update_watch *watch = job->watch;
    enum tlsagen_status status = TLSAGEN_OK;
    if (watch != NULL)
        status = watch->before(watch->arg, &job->wants, job->there, err);
    return status == TLSAGEN_OK ? send_it(job, err) : status;
}

static enum tlsagen_status run(struct job *job, struct tlsagen_update_result *result,
                               struct tlsagen_err *err)
{
    const struct tlsagen_update *update = job->update;
    enum tlsagen_status status = TLSAGEN_OK;
    if (update->key_file != NULL)
        status = tsig_key_read(update->key_file, &job->key, err);
    if (status == TLSAGEN_OK)
        status = read_wants(job, err);
    if (status == TLSAGEN_OK)
        status = read_server(job, err);
    if (status == TLSAGEN_OK && getentropy(&job->id, sizeof(job->id)) != 0)
        status = tlsagen_err_system(err, errno, "cannot get random bytes");
    if (status == TLSAGEN_OK)
        status = message_make(&job->message, &job->zone, job->id, update->verb, &job->wants,
                              job->there, update->ttl, result, err);
    if (status != TLSAGEN_OK || !result->changed || update->dry_run)
        return status;
    return warn_and_send(job, err);
}

enum tlsagen_status update_run(const struct tlsagen_update *update, struct update_watch *watch,
                               struct tlsagen_update_result *result, struct tlsagen_err *err)
{
    struct job job = {.update = update,
                      .watch = watch,
                      .timeout_ms = update->timeout_ms != 0 ? update->timeout_ms : TIMEOUT_MS};
    tlsagen_update_result_init(result);
    wants_init(&job.wants);
    enum tlsagen_status status = run(&job, result, err);
    result->unknown = status != TLSAGEN_OK && job.sent && !job.refused;
    for (size_t i = 0; job.there != NULL && i < job.wants.count; i++) {
        for (size_t k = 0; k < job.there[i].count; k++)
            rdata_clear(&job.there[i].records[k].rdata);
        free(job.there[i].records);
    }
    free(job.there);
    wants_clear(&job.wants);
    tlsagen_buf_clear(&job.message);
    tsig_key_clear(&job.key);
    return status;
}

enum tlsagen_status tlsagen_update_run(const struct tlsagen_update *update,
                                       struct tlsagen_update_result *result,
                                       struct tlsagen_err *err)
{
    return update_run(update, NULL, result, err);
}
