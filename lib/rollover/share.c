/* share.c - services whose records stand at the same name are handled as one. */
#include "share.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine.h"
#include "rules.h"

/* --- the index --- */

void share_index_clear(struct share_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        free(index->names[i].name);
    free(index->names);
    *index = (struct share_index){.names = NULL};
}

static int by_name(const void *a, const void *b)
{
    const struct share_name *x = a, *y = b;
    return strcasecmp(x->name, y->name);
}

static enum tlsagen_status append(struct share_index *index, const char *name,
                                  const struct tlsagen_config_service *service,
                                  struct tlsagen_err *err)
{
    if (index->count == index->size) {
        const size_t size = index->size == 0 ? 16 : 2 * index->size;
        struct share_name *names = realloc(index->names, size * sizeof(*names));
        if (names == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
        index->names = names;
        index->size = size;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    index->names[index->count++] = (struct share_name){copy, service};
    return TLSAGEN_OK;
}

/* Owners, and of the state where they lead; of a state that cannot be read its own run tells. */
static enum tlsagen_status append_service(struct tlsagen_rollover *rollover,
                                          const struct tlsagen_config_service *service,
                                          struct tlsagen_err *err)
{
    struct share_index *index = &rollover->shares;
    struct tlsagen_err ignored;
    struct state state;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < service->port_count && status == TLSAGEN_OK; i++)
        status = append(index, service->owners[i], service, err);
    state_init(&state);
    if (state_read(&rollover->home, service->name, &state, NULL, &ignored) == TLSAGEN_OK) {
        for (size_t i = 0; i < state.name_count && status == TLSAGEN_OK; i++)
            status = append(index, state.names[i], service, err);
    }
    state_clear(&state);
    return status;
}

static enum tlsagen_status make_index(struct tlsagen_rollover *rollover, struct tlsagen_err *err)
{
    const struct tlsagen_config *config = rollover->config;
    struct share_index *index = &rollover->shares;
    enum tlsagen_status status = TLSAGEN_OK;
    if (index->made)
        return TLSAGEN_OK;
    for (size_t i = 0; i < config->service_count && status == TLSAGEN_OK; i++)
        status = append_service(rollover, config->services[i], err);
    if (status != TLSAGEN_OK) {
        share_index_clear(index);
        return status;
    }
    if (index->count > 1)
        qsort(index->names, index->count, sizeof(index->names[0]), by_name);
    index->made = true;
    return TLSAGEN_OK;
}

/* --- who shares --- */

static bool is_owner(const struct tlsagen_config_service *service, const char *name)
{
    for (size_t i = 0; i < service->port_count; i++) {
        if (strcasecmp(service->owners[i], name) == 0)
            return true;
    }
    return false;
}

/* Where aliases lead is remembered, so that the others know without asking; and (all) the owners of
 * who shares with them. */
static enum tlsagen_status note_names(struct member *member, bool all, struct tlsagen_err *err)
{
    struct state *state = &member->state;
    struct share_index *index = &member->rollover->shares;
    bool added = false;
    for (size_t i = 0; i < member->service->port_count; i++) {
        bool known;
        if (!all && is_owner(member->service, member->names[i]))
            continue;
        if (!state_add_name(state, member->names[i], &known))
            return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                   "the owners are aliases of more than %d "
                                   "names",
                                   STATE_NAMES);
        if (known)
            continue;
        added = member->renamed = true;
        enum tlsagen_status status = append(index, member->names[i], member->service, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    if (added)
        qsort(index->names, index->count, sizeof(index->names[0]), by_name);
    return TLSAGEN_OK;
}

static model_set translate(const struct table *from, model_set set, struct table *to, bool *full)
{
    model_set all = 0;
    struct tlsagen_err ignored;
    for (size_t i = 0; i < from->count; i++) {
        unsigned bit;
        if ((set >> i & 1) == 0)
            continue;
        if (table_intern(to, &from->records[i], &bit, &ignored) == TLSAGEN_OK)
            all |= (model_set)1 << bit;
        else
            *full = true;
    }
    return all;
}

static void translate_side(const struct table *from, const struct model_side *side,
                           struct table *to, struct model_side *result, bool *full)
{
    *result = *side;
    result->wants = translate(from, side->wants, to, full);
    result->could = translate(from, side->could, to, full);
    for (size_t i = 0; i < side->chains; i++)
        result->matches[i] = translate(from, side->matches[i], to, full);
}

static enum tlsagen_status add_share(struct member *member,
                                     const struct tlsagen_config_service *service,
                                     struct tlsagen_err *err)
{
    struct table *to = &member->state.table;
    struct state state;
    bool full = false;
    for (size_t i = 0; i < member->share_count; i++) {
        if (member->shares[i].service == service)
            return TLSAGEN_OK;
    }
    struct share *grown =
        realloc(member->shares, (member->share_count + 1) * sizeof(*member->shares));
    if (grown == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    member->shares = grown;
    state_init(&state);
    enum tlsagen_status status =
        state_read(&member->rollover->home, service->name, &state, NULL, err);
    if (status == TLSAGEN_OK) {
        const struct model_facts *facts = &state.facts;
        const struct table *from = &state.table;
        struct share *share = &grown[member->share_count++];
        *share = (struct share){.service = service, .past_count = facts->past_count};
        translate_side(from, &facts->current, to, &share->current, &full);
        translate_side(from, &facts->next, to, &share->next, &full);
        share->written = translate(from, facts->written, to, &full);
        share->intent = translate(from, facts->intent, to, &full);
        for (size_t i = 0; i < facts->past_count; i++)
            share->past[i] = translate(from, facts->past[i], to, &full);
        share->switched = facts->switched != 0 || facts->switch_intent != 0;
        share->busy = facts->next_written != 0 || share->switched;
    }
    state_clear(&state);
    if (status == TLSAGEN_OK && full)
        status = tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                 "more than %d records are in play at the name that %s shares",
                                 MODEL_RECORDS, service->name);
    return status;
}

static enum tlsagen_status find_at(struct member *member, const char *name, struct tlsagen_err *err)
{
    const struct share_index *index = &member->rollover->shares;
    const struct share_name key = {.name = (char *)(uintptr_t)name};
    if (index->count == 0)
        return TLSAGEN_OK;
    const struct share_name *end = index->names + index->count;
    const struct share_name *found =
        bsearch(&key, index->names, index->count, sizeof(key), by_name);
    enum tlsagen_status status = TLSAGEN_OK;
    while (found != NULL && found > index->names && by_name(found - 1, &key) == 0)
        found--;
    for (; found != NULL && found < end && by_name(found, &key) == 0 && status == TLSAGEN_OK;
         found++) {
        if (found->service != member->service)
            status = add_share(member, found->service, err);
    }
    return status;
}

/* By the names of this look, and those of former ones. */
static enum tlsagen_status find_shares(struct member *member, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    member->share_count = 0;
    for (size_t i = 0; i < member->service->port_count && status == TLSAGEN_OK; i++)
        status = find_at(member, member->names[i], err);
    for (size_t i = 0; i < member->state.name_count && status == TLSAGEN_OK; i++)
        status = find_at(member, member->state.names[i], err);
    return status;
}

/* --- what the others wrote, and need --- */

static bool wrote(const struct share *share, model_set set)
{
    if (share->written == set || (share->intent != 0 && share->intent == set))
        return true;
    for (size_t i = 0; i < share->past_count; i++) {
        if (share->past[i] == set)
            return true;
    }
    return false;
}

static bool somebody_wrote(const struct member *member, model_set set)
{
    for (size_t i = 0; i < member->share_count; i++) {
        if (wrote(&member->shares[i], set))
            return true;
    }
    return false;
}

/* The zone itself, in the places behind those of the servers, has what another service wrote. */
static void take_over(struct member *member)
{
    struct model_facts *facts = &member->state.facts;
    const size_t owners = member->service->port_count;
    const struct model_place *zone = member->places + member->view.place_count - owners;
    bool everywhere = true, taken = false;
    if (!facts->current.known || member->view.place_count < owners)
        return;
    for (size_t o = 0; o < owners && !taken; o++) {
        if (!zone[o].answered || zone[o].unknown || zone[o].set == facts->written)
            continue;
        for (size_t i = 0; i < member->share_count && !taken; i++)
            taken = member->shares[i].written == zone[o].set;
        if (taken)
            model_note_shared(facts, zone[o].set);
    }
    for (size_t o = 0; taken && o < owners; o++)
        everywhere = everywhere && zone[o].set == facts->written;
    /* Owners that are not shared get it, too: all of a service have the same set. */
    if (!everywhere) {
        facts->intent = facts->written;
        facts->intent_at = engine_now();
    }
}

/* What served the current side goes with it, whoever wrote it, unless another service needs it. */
static void divide(struct member *member)
{
    struct model_facts *facts = &member->state.facts;
    model_set needed = 0;
    for (size_t i = 0; i < member->share_count; i++) {
        const struct share *share = &member->shares[i];
        needed |=
            share->current.wants | share->current.could | share->next.wants | share->next.could;
    }
    if (member->share_count > 0)
        facts->ours = (facts->ours | (facts->written & facts->current.wants)) & ~needed;
}

enum tlsagen_status share_refresh(struct member *member, struct tlsagen_err *err)
{
    if (member->state.name_count == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = make_index(member->rollover, err);
    if (status == TLSAGEN_OK)
        status = find_shares(member, err);
    if (status == TLSAGEN_OK)
        divide(member);
    return status;
}

enum tlsagen_status share_look(struct member *member, struct tlsagen_err *err)
{
    enum tlsagen_status status = make_index(member->rollover, err);
    if (status == TLSAGEN_OK)
        status = note_names(member, false, err);
    if (status == TLSAGEN_OK)
        status = find_shares(member, err);
    if (status != TLSAGEN_OK || member->share_count == 0)
        return status;
    take_over(member);
    divide(member);
    return note_names(member, true, err);
}

/* --- what may be written --- */

/* Records of the other services, in the combinations that will be there. */
static model_set add_needed(const struct member *member, model_set set)
{
    model_set needed = 0;
    for (size_t i = 0; i < member->share_count; i++) {
        const struct share *share = &member->shares[i];
        needed |= share->current.wants | share->current.could;
        if (share->busy)
            needed |= share->next.wants | share->next.could;
    }
    return set | (needed & rules_present(&member->combos, set));
}

/* The service that the set would no longer serve, or NULL. */
static const struct share *find_broken(const struct member *member, model_set set)
{
    const struct model_combos *combos = &member->combos;
    const model_set written = member->state.facts.written;
    for (size_t i = 0; i < member->share_count; i++) {
        const struct share *share = &member->shares[i];
        const struct model_side *sides[] = {&share->current, &share->next};
        for (size_t s = 0; s < (share->switched ? 2U : 1U); s++) {
            if (sides[s]->known && model_serves(combos, written, sides[s]) &&
                !model_serves(combos, set, sides[s]))
                return share;
        }
    }
    return NULL;
}

static void hold(struct member *member, enum model_reason reason, int64_t now, const char *format,
                 ...) TLSAGEN_PRINTF(4, 5);

static void hold(struct member *member, enum model_reason reason, int64_t now, const char *format,
                 ...)
{
    va_list args;
    struct model_step *step = &member->step;
    step->action = MODEL_HOLD;
    step->reason = reason;
    step->due = now + member->policy.watch;
    va_start(args, format);
    (void)vsnprintf(step->why, sizeof(step->why), format, args);
    va_end(args);
}

static bool all_are_known(const struct member *member)
{
    for (size_t i = 0; i < member->view.place_count; i++) {
        const struct model_place *place = &member->view.places[i];
        if (place->answered && !place->ignored &&
            (place->unknown || (!rules_is_known(&member->state.facts, place->set) &&
                                !somebody_wrote(member, place->set))))
            return false;
    }
    return true;
}

void share_decide(struct member *member, int64_t now)
{
    struct model_step *step = &member->step;
    if (member->share_count == 0 || !member->view.looked)
        return;
    if (step->action == MODEL_STOP && step->reason == MODEL_WHY_FOREIGN && all_are_known(member)) {
        hold(member, MODEL_WHY_SPREAD, now,
             "not every name server has the records that %.160s wrote, at the same name",
             member->shares[0].service->name);
    } else if (step->action == MODEL_PUBLISH) {
        step->set = add_needed(member, step->set);
        const struct share *broken = find_broken(member, step->set);
        if (broken != NULL)
            hold(member, MODEL_WHY_UNSAFE, now,
                 "the records would not match what %.160s shows, whose records stand at the same "
                 "name; give both the same `records`",
                 broken->service->name);
    }
}
