/* rollover_line.c - the time line of a service, from its status. */
#include "rollover.h"

#include <string.h>

static struct rollover_mark mark(const char *name, int64_t at, bool reached)
{
    return (struct rollover_mark){.name = name, .at = at, .reached = reached};
}

/* When what comes next is due: a milestone where one is known, else the next run. */
static int64_t next_moment(const struct tlsagen_rollover_status *status)
{
    switch (status->stage) {
    case TLSAGEN_ROLLOVER_NEW:
        return 0;
    case TLSAGEN_ROLLOVER_SEEN:
        return status->safe;
    case TLSAGEN_ROLLOVER_VERIFIED:
        return status->retire_at;
    default:
        return status->due;
    }
}

bool rollover_is_untouched(const struct tlsagen_rollover_status *status)
{
    return status->stage == TLSAGEN_ROLLOVER_NEW && status->looked == 0 &&
           status->kind != TLSAGEN_ROLLOVER_STOP && status->kind != TLSAGEN_ROLLOVER_WAIT;
}

void rollover_line_make(struct rollover_line *line, const struct tlsagen_rollover_status *status,
                        int64_t now)
{
    const int64_t gone = status->retired != 0 ? status->retired : status->retire_at;
    const bool safe = status->safe != 0 && status->safe <= now;
    *line = (struct rollover_line){
        .marks =
            {
                mark("published", status->published, status->published != 0),
                mark("seen by all servers", status->seen,
                     status->seen != 0 || status->retired != 0),
                mark("safe", status->safe,
                     safe || (status->deployed != 0 && status->emergency == 0)),
                mark("deployed", status->deployed, status->deployed != 0),
                mark("verified", status->verified, status->verified != 0),
                mark("retired", gone, status->retired != 0),
            },
        .under_way = status->stage > TLSAGEN_ROLLOVER_IDLE,
        .next = next_moment(status),
        .what =
            rollover_is_untouched(status) ? "not looked at yet; the next run begins" : status->why,
    };
    while (line->reached < ROLLOVER_MARKS && line->marks[line->reached].reached)
        line->reached++;
}

void rollover_waits_make(struct rollover_waits *waits, const struct tlsagen_config_service *service,
                         const struct tlsagen_rollover_status *status)
{
    /* Before the first look T is not known, and will be at least what is asked for. */
    waits->ttl = status->ttl != 0 ? status->ttl : service->ttl;
    waits->margin = status->margin;
    waits->caches = 2 * waits->ttl + waits->margin;
    waits->keep = service->has_keep ? service->keep : waits->ttl + waits->margin;
}

bool rollover_has(const struct tlsagen_rrset *set, const struct tlsagen_record *record)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *other = &set->records[i];
        if (memcmp(&other->fields, &record->fields, sizeof(other->fields)) == 0 &&
            other->len == record->len && memcmp(other->data, record->data, record->len) == 0)
            return true;
    }
    return false;
}

const char *rollover_served_by(const struct tlsagen_rollover_status *status,
                               const struct tlsagen_record *record)
{
    const bool current = rollover_has(&status->current, record);
    const bool next = rollover_has(&status->next, record);
    const bool deployed = status->deployed != 0;
    if (current && next)
        return deployed ? "the key in use and the former one" : "the current and the next key";
    if (current)
        return deployed ? "the former key" : "the current key";
    if (next)
        return deployed ? "the key in use" : "the next key";
    return "nothing that is known";
}
