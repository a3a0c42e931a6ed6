/* rolling.c - what should be published for a service whose rollover has a state. */
#include <stdlib.h>
#include <string.h>

#include "rollover/rules.h"
#include "work.h"

/* Its records, which are ours wherever they stand. */
static enum tlsagen_status take_set(struct work_service *service, const struct table *table,
                                    model_set set, struct tlsagen_err *err)
{
    enum tlsagen_status status = table_rrset(table, set, &service->desired, err);
    const model_set all =
        table->count < MODEL_RECORDS ? (UINT64_C(1) << table->count) - 1 : UINT64_MAX;
    return status == TLSAGEN_OK ? table_rrset(table, all, &service->known, err) : status;
}

static bool is_under_way(const struct model_facts *facts)
{
    return facts->next.known || !rules_at_rest(facts);
}

/* The combinations of the configuration are those that the current side was made for. */
static bool has_fields(const struct work_service *service, const struct state *state)
{
    model_set wanted = 0;
    if (!table_find_all(&state->table, service->config->pinned, &wanted) ||
        (wanted & ~state->facts.current.wants) != 0)
        return false;
    for (size_t i = 0; i < service->config->field_count; i++) {
        const model_set with = table_with(&state->table, service->config->fields[i]);
        if ((with & state->facts.current.wants) == 0)
            return false;
        wanted |= with;
    }
    return (state->facts.current.wants & ~wanted) == 0;
}

/* `source` has the certificates in use, or none. */
static enum tlsagen_status has_leaves(struct desiring *desiring, struct work_service *service,
                                      const struct state *state, bool *has, struct tlsagen_err *err)
{
    const struct tlsagen_config_list *source = &service->config->source;
    enum tlsagen_status status = TLSAGEN_OK;
    *has = service->config->backup_ca.count == 0;
    for (size_t i = 0; i < source->count && *has && status == TLSAGEN_OK; i++) {
        struct quick quick;
        status = quick_read(desiring, service->config, source->items[i], &quick, NULL, err);
        *has = status == TLSAGEN_OK && quick.simple &&
               (!quick.there || state_has_leaf(state, state->facts.current.id, quick.leaf));
        if (*has && quick.there && quick.not_after != 0 && quick.not_after < desiring->fleet->now)
            desired_note(service, "%s: the certificate has expired", source->items[i]);
    }
    return status == TLSAGEN_E_MEMORY ? status : TLSAGEN_OK;
}

/* --- something is new --- */

static bool adds_combination(const struct member *member, model_set set)
{
    return rules_present(&member->combos, set) !=
           rules_present(&member->combos, member->state.facts.written);
}

/* The set beside which the next key may come. Combinations that need a look come by a rollover. */
static bool find_transition(const struct member *member, model_set *set)
{
    const struct model_facts *facts = &member->state.facts;
    if (rules_transition(&member->combos, facts, true, set) && !adds_combination(member, *set))
        return true;
    return rules_transition(&member->combos, facts, false, set);
}

/* True when the member goes on with what is published now. */
static bool choose(struct work_service *service, struct member *member, model_set *set)
{
    struct model_facts *facts = &member->state.facts;
    *set = rules_there(facts);
    if (facts->next.known && rules_at_rest(facts) && *set != 0) {
        if (!find_transition(member, set)) {
            *set = facts->written;
            desired_note(service, "no set of records serves both the current and the next "
                                  "certificate; see `tlsagen rollover run`");
        } else if (*set != facts->written) {
            service->step = *set;
            desired_note(service, "a new key: its record is published beside that in use; `tlsagen "
                                  "rollover run` goes on from there");
            return true;
        }
    } else if (!is_under_way(facts)) {
        model_set all;
        if (rules_complete(&member->combos, facts, &facts->current, &all) &&
            (*set == 0 || !adds_combination(member, all)))
            *set = all;
        if (member->source_err.code != TLSAGEN_OK && member->source_err.code != TLSAGEN_E_NOTFOUND)
            desired_note(service, "%s", member->source_err.message);
    }
    return false;
}

static enum tlsagen_status look_closely(struct desiring *desiring, struct work_service *service,
                                        struct tlsagen_err *err)
{
    struct fleet *fleet = desiring->fleet;
    struct member *member;
    model_set set = 0;
    enum tlsagen_status status = desiring_open_member(desiring, service->config, &member, err);
    bool keep = false;
    if (status == TLSAGEN_OK) {
        model_note_view(&member->state.facts, &member->view, &member->policy, fleet->now);
        keep = choose(service, member, &set);
        status = take_set(service, &member->state.table, set, err);
    }
    if (status == TLSAGEN_OK && keep) {
        service->rolling = member;
        return status;
    }
    if (member != NULL)
        member_close(member);
    free(member);
    return status;
}

/* --- a state --- */

static enum tlsagen_status of_state(struct desiring *desiring, struct work_service *service,
                                    struct state *state, struct tlsagen_err *err)
{
    const struct model_facts *facts = &state->facts;
    struct model_combos combos;
    model_set set = rules_there(facts);
    bool same = false;
    table_combos(&state->table, &combos);
    if (is_under_way(facts) && set != 0)
        return take_set(service, &state->table, set, err);
    enum tlsagen_status status = TLSAGEN_OK;
    if (!is_under_way(facts) && has_fields(service, state))
        status = has_leaves(desiring, service, state, &same, err);
    if (status != TLSAGEN_OK)
        return status;
    if (!same || !rules_complete(&combos, facts, &facts->current, &set))
        return look_closely(desiring, service, err);
    return take_set(service, &state->table, set, err);
}

static enum tlsagen_status find(struct desiring *desiring, struct work_service *service,
                                struct state *state, bool *found, struct tlsagen_err *err)
{
    const struct state_home *home = &desiring->fleet->rollover->home;
    bool there;
    enum tlsagen_status status = state_read(home, service->config->name, state, &there, err);
    *found = status != TLSAGEN_OK || (there && state->facts.current.known);
    if (status != TLSAGEN_OK || !*found)
        return status;
    return of_state(desiring, service, state, err);
}

enum tlsagen_status rolling_find(struct desiring *desiring, struct work_service *service,
                                 bool *found, struct tlsagen_err *err)
{
    struct tlsagen_err why;
    struct state *state = malloc(sizeof(*state));
    if (state == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    state_init(state);
    enum tlsagen_status status = find(desiring, service, state, found, &why);
    if (status == TLSAGEN_OK && *found && service->desired.count == 0)
        status = tlsagen_err_set(&why, TLSAGEN_E_KIND,
                                 "its rollover has published nothing yet; `tlsagen rollover run` "
                                 "does, or tells why not");
    state_clear(state);
    free(state);
    if (status == TLSAGEN_OK || status == TLSAGEN_E_MEMORY) {
        if (status != TLSAGEN_OK)
            *err = why;
        return status;
    }
    service->faulty = true;
    desired_note(service, "%s", why.message);
    return TLSAGEN_OK;
}

/* --- around the publishing --- */

static struct model_step step_of(const struct work_service *service)
{
    return (struct model_step){
        .action = MODEL_PUBLISH, .reason = MODEL_WHY_NEXT, .set = service->step};
}

enum tlsagen_status rolling_begin(struct work *work, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < work->service_count && status == TLSAGEN_OK; i++) {
        struct work_service *service = &work->services[i];
        if (service->rolling == NULL || service->refused)
            continue;
        const struct model_step step = step_of(service);
        (void)pthread_mutex_lock(&work->fleet->slow);
        model_note_intent(&service->rolling->state.facts, &step, engine_now());
        status = member_save(service->rolling, err);
        (void)pthread_mutex_unlock(&work->fleet->slow);
    }
    return status;
}

enum tlsagen_status rolling_end(struct work *work, bool done, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < work->service_count && status == TLSAGEN_OK; i++) {
        struct work_service *service = &work->services[i];
        const int64_t now = engine_now();
        if (service->rolling == NULL || service->refused)
            continue;
        const struct model_step step = step_of(service);
        (void)pthread_mutex_lock(&work->fleet->slow);
        model_note_done(&service->rolling->state.facts, &step, done, true, now);
        member_log(service->rolling, now,
                   done ? "published by apply: the records of the next key, beside those in use"
                        : "apply could not publish the records of the next key");
        status = member_save(service->rolling, err);
        (void)pthread_mutex_unlock(&work->fleet->slow);
    }
    return status;
}

void rolling_free(struct work_service *service)
{
    if (service->rolling == NULL)
        return;
    member_close(service->rolling);
    free(service->rolling);
    service->rolling = NULL;
}
