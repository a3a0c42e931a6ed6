/* look.c - what stands in the zone file before it is edited. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "run.h"

#define SOA_WORDS 7
#define ALIASES_MAX 16

/* Ends the list when it has what it wants. */
static enum tlsagen_status take_soa(void *arg, const struct tlsagen_zone_record *record,
                                    struct tlsagen_err *err)
{
    struct run *run = arg;
    char words[2200];
    char *rest = words, *word = NULL;
    uint64_t minimum = 0;
    int count = 0;
    (void)snprintf(words, sizeof(words), "%s", record->rdata);
    for (char *next; (next = strtok_r(rest, " ", &rest)) != NULL; count++)
        word = next;
    if (count != SOA_WORDS ||
        tlsagen_number_parse(word, "minimum", 0, UINT32_MAX, &minimum, err) != TLSAGEN_OK)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: its SOA cannot be read", record->file);
    (void)snprintf(run->zone, sizeof(run->zone), "%s", record->owner);
    run->negative_ttl =
        record->ttl_known && record->ttl < minimum ? record->ttl : (uint32_t)minimum;
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: no more than the SOA is read", record->file);
}

static enum tlsagen_status take_tlsa(void *arg, const struct tlsagen_zone_record *record,
                                     struct tlsagen_err *err)
{
    struct run *run = arg;
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        struct run_owner *owner = &run->owners[i];
        if (strcasecmp(owner->at, record->owner) != 0)
            continue;
        if (owner->count++ == 0)
            owner->ttl = record->ttl;
        tlsagen_buf_printf(&owner->before, "%s\t%u\tIN\tTLSA\t", record->owner, owner->ttl);
        tlsagen_buf_str(&owner->before, record->rdata);
        tlsagen_buf_char(&owner->before, '\n');
        enum tlsagen_status status = tlsagen_buf_check(&owner->before, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

struct following {
    struct run *run;
    bool moved;
};

static enum tlsagen_status take_alias(void *arg, const struct tlsagen_zone_record *record,
                                      struct tlsagen_err *err)
{
    struct following *following = arg;
    (void)err;
    for (size_t i = 0; i < following->run->publish->owner_count; i++) {
        struct run_owner *owner = &following->run->owners[i];
        if (strcasecmp(owner->at, record->owner) != 0)
            continue;
        (void)snprintf(owner->at, sizeof(owner->at), "%s", record->rdata);
        following->moved = true;
    }
    return TLSAGEN_OK;
}

enum tlsagen_status run_look_zone(struct run *run, struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter filter = {.origin = run->publish->zone.origin, .type = "SOA"};
    run->zone[0] = '\0';
    enum tlsagen_status status = tlsagen_zone_list(run->file, &filter, take_soa, run, err);
    /* What follows the SOA is not asked for. */
    if (run->zone[0] != '\0')
        return TLSAGEN_OK;
    return status == TLSAGEN_OK
               ? tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: there is no SOA in it", run->file)
               : status;
}

/* Of a circle the edit tells. */
enum tlsagen_status run_follow(struct run *run, struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter filter = {.origin = run->zone, .type = "CNAME"};
    struct following following = {.run = run, .moved = run->publish->zone.follow_cname};
    enum tlsagen_status status = TLSAGEN_OK;
    for (int i = 0; i < ALIASES_MAX && following.moved && status == TLSAGEN_OK; i++) {
        following.moved = false;
        status = tlsagen_zone_list(run->file, &filter, take_alias, &following, err);
    }
    return status;
}

bool run_is_first(const struct run *run, size_t owner)
{
    for (size_t i = 0; i < owner; i++) {
        if (strcasecmp(run->owners[i].at, run->owners[owner].at) == 0)
            return false;
    }
    return true;
}

enum tlsagen_status run_look(struct run *run, struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter filter = {.origin = run->zone, .type = "TLSA"};
    enum tlsagen_status status = run_follow(run, err);
    if (status != TLSAGEN_OK)
        return status;
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        tlsagen_buf_clear(&run->owners[i].before);
        run->owners[i].count = 0;
    }
    return tlsagen_zone_list(run->file, &filter, take_tlsa, run, err);
}

/* A record of the set as the lines have it behind the type. */
static bool has_record(const struct run_owner *owner, const struct tlsagen_record *record)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_buf_printf(&text, "\t%u %u %u ", (unsigned)record->fields.usage,
                       (unsigned)record->fields.selector, (unsigned)record->fields.matching);
    tlsagen_buf_hex(&text, record->data, record->len);
    tlsagen_buf_char(&text, '\n');
    bool found =
        !text.failed && owner->before.len > 0 && strstr(owner->before.data, text.data) != NULL;
    tlsagen_buf_clear(&text);
    return found;
}

bool run_has_set(const struct run *run)
{
    const struct tlsagen_publish *publish = run->publish;
    for (size_t i = 0; i < publish->owner_count; i++) {
        const struct run_owner *owner = &run->owners[i];
        if (!publish->add && owner->count != publish->set->count)
            return false;
        if (publish->zone.ttl != TLSAGEN_ZONE_TTL_NONE && publish->zone.ttl != owner->ttl)
            return false;
        for (size_t k = 0; k < publish->set->count; k++) {
            if (!has_record(owner, &publish->set->records[k]))
                return false;
        }
    }
    return true;
}

uint32_t run_former_ttl(const struct run *run)
{
    uint32_t most = 0;
    for (size_t i = 0; i < run->publish->owner_count; i++) {
        const struct run_owner *owner = &run->owners[i];
        uint32_t ttl = owner->count > 0 ? owner->ttl : run->negative_ttl;
        most = ttl > most ? ttl : most;
    }
    return most;
}
