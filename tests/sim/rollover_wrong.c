/* Policies that are wrong: the decision, changed in one thing. Each has to make a client fail. */
#include "rollover.h"

#include <string.h>

/* A next side that could be deployed but for the waiting. */
static bool waits(const struct model_facts *facts, const struct model_view *view,
                  const struct model_policy *policy, const struct model_step *step)
{
    return policy->live && facts->next.known && facts->next.certified && facts->switched == 0 &&
           facts->intent_at == 0 && step->action != MODEL_PUBLISH && step->action != MODEL_STOP &&
           view->source.known && view->source_fit &&
           memcmp(view->source.id, facts->next.id, MODEL_ID) == 0;
}

static void deploy(struct model_step *step)
{
    step->action = MODEL_SWITCH;
    step->reason = MODEL_WHY_SAFE;
}

static void at_once(void *ctx, const struct model_facts *facts, const struct model_view *view,
                    const struct model_policy *policy, int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    if (waits(facts, view, policy, step) && facts->written_at != 0)
        deploy(step);
}

static void one_ttl_from_write(void *ctx, const struct model_facts *facts,
                               const struct model_view *view, const struct model_policy *policy,
                               int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    if (waits(facts, view, policy, step) && facts->written_at != 0 &&
        now >= facts->written_at + (int64_t)facts->ttl)
        deploy(step);
}

static void one_ttl_from_t0(void *ctx, const struct model_facts *facts,
                            const struct model_view *view, const struct model_policy *policy,
                            int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    if (waits(facts, view, policy, step) && facts->seen != 0 &&
        now >= facts->seen + (int64_t)facts->ttl)
        deploy(step);
}

static void without_last_look(void *ctx, const struct model_facts *facts,
                              const struct model_view *view, const struct model_policy *policy,
                              int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    int64_t safe = model_safe_at(facts, policy);
    if (waits(facts, view, policy, step) && step->action == MODEL_LOOK && safe != 0 && now >= safe)
        deploy(step);
}

/* t0 is the first look that found the records everywhere, whatever came later. */
static void first_t0(void *ctx, const struct model_facts *facts, const struct model_view *view,
                     const struct model_policy *policy, int64_t now, struct model_step *step)
{
    struct sim_memory *memory = ctx;
    struct model_facts changed = *facts;
    if (facts->written != memory->written || facts->written_at != memory->written_at) {
        memory->written = facts->written;
        memory->written_at = facts->written_at;
        memory->seen = 0;
    }
    memory->seen = memory->seen != 0 ? memory->seen : facts->seen;
    changed.seen = memory->seen;
    world_model(NULL, &changed, view, policy, now, step);
}

static void lower_ttl_at_once(void *ctx, const struct model_facts *facts,
                              const struct model_view *view, const struct model_policy *policy,
                              int64_t now, struct model_step *step)
{
    struct model_facts changed = *facts;
    if (facts->lower_since != 0)
        changed.ttl = facts->lower;
    world_model(ctx, &changed, view, policy, now, step);
}

/* The replaced records go as soon as the next side is deployed somewhere. */
static void retire_unverified(void *ctx, const struct model_facts *facts,
                              const struct model_view *view, const struct model_policy *policy,
                              int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    model_set set = facts->written & ~(facts->ours & ~facts->next.wants);
    if (facts->switched == 0 || facts->verified != 0 || facts->intent_at != 0 || set == 0 ||
        set == facts->written || !model_serves(view->combos, set, &facts->next))
        return;
    step->action = MODEL_PUBLISH;
    step->reason = MODEL_WHY_RETIRE;
    step->set = set;
}

/* A server that does not answer is taken for one that has it. */
static void silence_is_consent(void *ctx, const struct model_facts *facts,
                               const struct model_view *view, const struct model_policy *policy,
                               int64_t now, struct model_step *step)
{
    world_model(ctx, facts, view, policy, now, step);
    bool silent = false;
    for (size_t i = 0; view->looked && i < view->place_count; i++)
        silent = silent || !view->places[i].answered;
    if (silent && waits(facts, view, policy, step) && facts->written_at != 0 &&
        now >= facts->written_at + 2 * (int64_t)facts->ttl + 5)
        deploy(step);
}

const struct sim_wrong sim_wrongs[] = {
    {"deploys at once", at_once},
    {"waits one TTL from the write", one_ttl_from_write},
    {"waits one TTL from t0", one_ttl_from_t0},
    {"deploys without a last look", without_last_look},
    {"forgets that a server fell back", first_t0},
    {"believes a lowered TTL at once", lower_ttl_at_once},
    {"retires before every endpoint was verified", retire_unverified},
    {"takes silence for consent", silence_is_consent},
};
const size_t sim_wrong_count = sizeof(sim_wrongs) / sizeof(*sim_wrongs);
