/* ask.c - a run is opened and closed; what is known of a service without asking anybody. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "rules.h"

/* The public names of the stages are cast from the model's. */
#define SAME_STAGE(name)                                                                           \
    _Static_assert((int)TLSAGEN_ROLLOVER_##name == (int)MODEL_STAGE_##name, "stages differ")
SAME_STAGE(NEW);
SAME_STAGE(IDLE);
SAME_STAGE(STAGED);
SAME_STAGE(PUBLISHED);
SAME_STAGE(SEEN);
SAME_STAGE(SAFE);
SAME_STAGE(DEPLOYED);
SAME_STAGE(VERIFIED);
SAME_STAGE(RETIRED);
SAME_STAGE(ABORTING);

const char *tlsagen_rollover_stage_name(enum tlsagen_rollover_stage stage)
{
    return model_stage_word((enum model_stage)stage);
}

enum tlsagen_status tlsagen_rollover_new(const struct tlsagen_config *config,
                                         const struct tlsagen_rollover_options *options,
                                         struct tlsagen_rollover **rollover,
                                         struct tlsagen_err *err)
{
    struct tlsagen_rollover *made = calloc(1, sizeof(*made));
    *rollover = NULL;
    if (made == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    made->config = config;
    if (options != NULL)
        made->options = *options;
    enum tlsagen_status status = state_home_open(config->state_dir, &made->home, err);
    if (status != TLSAGEN_OK) {
        free(made);
        return status;
    }
    *rollover = made;
    status = tlsagen_ctx_new(&made->ctx, err);
    if (status == TLSAGEN_OK)
        status = member_lives_make(&made->lives, config, err);
    if (status != TLSAGEN_OK) {
        tlsagen_rollover_free(made);
        *rollover = NULL;
    }
    return status;
}

void tlsagen_rollover_free(struct tlsagen_rollover *rollover)
{
    if (rollover == NULL)
        return;
    tlsagen_ctx_free(rollover->ctx);
    share_index_clear(&rollover->shares);
    member_lives_clear(&rollover->lives);
    state_home_close(&rollover->home);
    free(rollover);
}

/* --- status --- */

/* The view of somebody who looks at nothing: what was known last still holds. */
static struct model_view blind_view(const struct model_facts *facts,
                                    const struct model_combos *combos)
{
    const bool deployed = facts->switched != 0;
    struct model_view view = {
        .combos = combos,
        .source = facts->next.certified ? facts->next : facts->current,
        .source_fit = true,
        .live = deployed ? facts->next : facts->current,
    };
    return view;
}

static model_set matched(const struct model_side *side)
{
    model_set all = 0;
    for (size_t i = 0; side->known && i < side->chains; i++)
        all |= side->matches[i];
    return side->known ? all | side->wants : 0;
}

static enum tlsagen_status fill_records(const struct state *state,
                                        struct tlsagen_rollover_status *status,
                                        struct tlsagen_err *err)
{
    const struct model_facts *facts = &state->facts;
    enum tlsagen_status result = table_rrset(&state->table, facts->written, &status->records, err);
    if (result == TLSAGEN_OK)
        result = table_rrset(&state->table, facts->written & matched(&facts->current),
                             &status->current, err);
    if (result == TLSAGEN_OK)
        result =
            table_rrset(&state->table, facts->written & matched(&facts->next), &status->next, err);
    return result;
}

static void fill_times(const struct model_facts *facts, const struct model_policy *policy,
                       struct tlsagen_rollover_status *status)
{
    const int64_t keep = policy->keep < 0 ? (int64_t)facts->ttl + RULES_MARGIN : policy->keep;
    status->ttl = facts->ttl;
    status->margin = RULES_MARGIN;
    status->looked = facts->looked;
    status->finished = facts->finished;
    status->failures = facts->failures;
    status->has_next = facts->next.known;
    status->next_key = facts->next_key;
    if (!facts->next.known)
        return;
    status->staged = facts->staged;
    status->published = facts->next_written;
    /* What is written now may be what is left of it. */
    status->seen = facts->retire != 0 ? facts->next_seen : facts->seen;
    status->deployed = facts->switched;
    status->emergency = facts->switched != 0 ? facts->hasty : 0;
    if (status->emergency == 0 && facts->retire == 0)
        status->safe = model_safe_at(facts, policy);
    else if (status->seen != 0)
        status->safe =
            status->seen + (status->emergency != 0 ? 1 : 2) * (int64_t)facts->ttl + RULES_MARGIN;
    status->verified = facts->verified;
    status->retire_at = facts->verified != 0 ? facts->verified + keep : 0;
    status->retired = facts->retire;
}

static enum tlsagen_status fill_past(const struct state *state,
                                     struct tlsagen_rollover_status *status,
                                     struct tlsagen_err *err)
{
    status->past = calloc(state->step_count + 1, sizeof(*status->past));
    if (status->past == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < state->step_count; i++) {
        char *text = strdup(state->steps[i].text);
        if (text == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
        status->past[i] = (struct tlsagen_rollover_past){state->steps[i].at, text};
        status->past_count = i + 1;
    }
    return TLSAGEN_OK;
}

static bool acts(const struct model_step *step)
{
    return step->action != MODEL_NOTHING && step->action != MODEL_HOLD &&
           step->action != MODEL_STOP;
}

static enum tlsagen_rollover_kind kind_of(const struct model_step *step)
{
    if (acts(step))
        return TLSAGEN_ROLLOVER_STEP;
    if (step->action == MODEL_NOTHING)
        return TLSAGEN_ROLLOVER_WAIT;
    return step->action == MODEL_STOP ? TLSAGEN_ROLLOVER_STOP : TLSAGEN_ROLLOVER_HOLD;
}

/* What comes next; that a look is due meanwhile is the time of the next run and no news. */
static void fill_step(const struct state *state, const struct model_combos *combos,
                      const struct model_policy *policy, int64_t now,
                      struct tlsagen_rollover_status *status)
{
    struct model_policy unwatched = *policy;
    struct model_step step;
    const struct model_view view = blind_view(&state->facts, combos);
    model_decide(&state->facts, &view, policy, now, &step);
    status->due = acts(&step) ? now : step.due;
    unwatched.watch = INT32_MAX;
    if (step.action == MODEL_LOOK || step.action == MODEL_PROBE)
        model_decide(&state->facts, &view, &unwatched, now, &step);
    /* The word of a look is a question. */
    const bool looks = step.action == MODEL_LOOK || step.action == MODEL_PROBE;
    status->kind = kind_of(&step);
    status->reason = model_reason_word(step.reason);
    (void)snprintf(status->why, sizeof(status->why), "%s%s", looks ? "to be looked at: " : "",
                   step.why);
}

/*
 * A service without a state, because its first run is still to come, or came to nothing: what that
 * run stops at. It needs what `source` has when nothing is in `live`. Keys that may not be read
 * here can be by who runs it.
 */
static void fill_first(struct tlsagen_rollover *rollover,
                       const struct tlsagen_config_service *service,
                       struct tlsagen_rollover_status *status)
{
    struct member member;
    struct tlsagen_err err;
    if (member_open(&member, rollover, service, &err) == TLSAGEN_OK) {
        err.code = TLSAGEN_OK;
        if (service->live != NULL && !member.view.live.known)
            err = member.source_err;
    }
    member_close(&member);
    if (err.code == TLSAGEN_OK ||
        (err.code == TLSAGEN_E_SYSTEM && (err.sys_errno == EACCES || err.sys_errno == EPERM)))
        return;
    status->kind = err.code == TLSAGEN_E_TIMEOUT ? TLSAGEN_ROLLOVER_WAIT : TLSAGEN_ROLLOVER_STOP;
    (void)snprintf(status->why, sizeof(status->why), "%.500s", err.message);
}

enum tlsagen_status tlsagen_rollover_status_get(struct tlsagen_rollover *rollover,
                                                const struct tlsagen_config_service *service,
                                                struct tlsagen_rollover_status *status,
                                                struct tlsagen_err *err)
{
    const struct model_policy policy = member_policy(rollover, service);
    const int64_t now = engine_now();
    struct model_combos combos;
    struct state state;
    bool found = false;
    *status = (struct tlsagen_rollover_status){.reason = ""};
    state_init(&state);
    enum tlsagen_status result = state_read(&rollover->home, service->name, &state, &found, err);
    if (result == TLSAGEN_OK) {
        table_combos(&state.table, &combos);
        status->stage =
            (enum tlsagen_rollover_stage)model_stage(&state.facts, &combos, &policy, now);
        fill_times(&state.facts, &policy, status);
        fill_step(&state, &combos, &policy, now, status);
        if (!found)
            fill_first(rollover, service, status);
        result = fill_records(&state, status, err);
    }
    if (result == TLSAGEN_OK)
        result = fill_past(&state, status, err);
    state_clear(&state);
    return result;
}

void tlsagen_rollover_status_clear(struct tlsagen_rollover_status *status)
{
    for (size_t i = 0; i < status->past_count; i++)
        free((void *)(uintptr_t)status->past[i].text);
    free(status->past);
    tlsagen_rrset_clear(&status->records);
    tlsagen_rrset_clear(&status->current);
    tlsagen_rrset_clear(&status->next);
    *status = (struct tlsagen_rollover_status){.reason = ""};
}
