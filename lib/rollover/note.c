/* note.c - what is recorded: of a look, before and after a step, and of an operator's word. */
#include <string.h>

#include "rules.h"

#define CLOCK_STEP 2 /* seconds that are no step yet */

/* --- the next side --- */

static void drop_next(struct model_facts *facts)
{
    facts->next = (struct model_side){.known = false};
    facts->next_key = false;
    facts->staged = facts->next_written = facts->retire = facts->told = 0;
    facts->switch_intent = facts->switched = facts->hasty = facts->back_intent = 0;
    facts->hook_failed = facts->verified = facts->failed = facts->next_seen = 0;
    facts->failures = 0;
}

static void refuse_next(struct model_facts *facts)
{
    if (facts->next.certified)
        memcpy(facts->refused, facts->next.id, MODEL_ID);
    facts->abort = 0;
    drop_next(facts);
}

/* Another one is the current side: what caches hold of it has to be found out. */
static void replace_current(struct model_facts *facts, const struct model_side *side)
{
    facts->current = *side;
    facts->served = 0;
}

/*
 * Before another side is taken up: what is in every cache serves the current one, and so does all
 * that is written until there is no way back. A look that shows anything else takes this back.
 */
static void note_served(struct model_facts *facts, const struct model_combos *combos, int64_t now)
{
    if (facts->served == 0 && rules_is_everywhere(facts, now) &&
        model_serves(combos, facts->written, &facts->current))
        facts->served = now;
}

/*
 * Where nothing is under way nobody looks, and a server may have had a former set for a while.
 * Unless whatever served the current side serves the new one, too, t0 is a look from now on.
 */
static void take_next(struct model_facts *facts, const struct model_view *view, int64_t now)
{
    const struct model_side *side = &view->source;
    const bool its_certificate =
        facts->next_key && memcmp(side->keys, facts->next.keys, MODEL_ID) == 0;
    note_served(facts, view->combos, now);
    if (!rules_follows(view->combos, &facts->current, side) &&
        !rules_follows(view->combos, &facts->next, side))
        facts->seen = 0;
    facts->next = *side;
    facts->next_key = false;
    if (its_certificate)
        return;
    facts->staged = now;
    facts->told = facts->failed = 0;
    facts->failures = 0;
}

/* What the source has: nothing new, another next side, or the current one again. */
static void take_source(struct model_facts *facts, const struct model_view *view,
                        const struct model_policy *policy, int64_t now)
{
    const struct model_side *source = &view->source;
    const bool deploying = facts->switched != 0 || facts->switch_intent != 0 || facts->abort != 0;
    if (!source->known)
        return;
    if (!facts->current.known) {
        if (policy->live && !view->live.known && view->source_fit)
            facts->next = *source;
        return;
    }
    if (rules_same(source, &facts->current)) {
        facts->current = *source;
        if (facts->next.known && !facts->next_key && !deploying)
            drop_next(facts);
        return;
    }
    if (rules_same(source, &facts->next)) {
        facts->next = *source;
        return;
    }
    if (!deploying && view->source_fit && memcmp(source->id, facts->refused, MODEL_ID) != 0)
        take_next(facts, view, now);
}

/* The records of a side may be others when the configuration has changed. */
static void refresh(struct model_facts *facts, const struct model_view *view)
{
    if (rules_same(&view->live, &facts->current))
        facts->current = view->live;
    if (rules_same(&view->live, &facts->next))
        facts->next = view->live;
}

/* --- looks --- */

struct looked {
    bool complete; /* everybody answered */
    bool agree;    /* with the same set: */
    model_set set;
    bool differ; /* somebody has another set than the one written */
    uint32_t ttl;
};

static struct looked sum_up(const struct model_facts *facts, const struct model_view *view)
{
    struct looked all = {.complete = true, .agree = true};
    size_t answers = 0;
    for (size_t i = 0; i < view->place_count; i++) {
        const struct model_place *place = &view->places[i];
        if (place->ignored)
            continue;
        if (!place->answered) {
            all.complete = false;
            continue;
        }
        if (place->unknown || (answers > 0 && place->set != all.set))
            all.agree = false;
        all.set = place->set;
        answers++;
        all.differ = all.differ || place->unknown || place->set != facts->written;
        all.ttl = place->ttl > all.ttl ? place->ttl : all.ttl;
    }
    all.complete = all.complete && answers > 0;
    return all;
}

/*
 * A TTL that was lowered counts once nobody can hold what was served with the higher one. What a
 * server that does not answer (all false) has may be the higher one still.
 */
static void note_ttl(struct model_facts *facts, uint32_t ttl, bool all, int64_t now)
{
    if (ttl >= facts->ttl || !all) {
        facts->ttl = ttl > facts->ttl ? ttl : facts->ttl;
        facts->lower_since = 0;
        return;
    }
    if (facts->lower_since == 0) {
        facts->lower_since = now;
        facts->lower = 0;
    }
    facts->lower = ttl > facts->lower ? ttl : facts->lower;
    if (now >= facts->lower_since + 2 * (int64_t)facts->ttl + RULES_MARGIN) {
        facts->ttl = facts->lower;
        facts->lower_since = 0;
    }
}

/* What is there becomes what was written. */
static void take_over(struct model_facts *facts, model_set set)
{
    facts->ours = (facts->ours & set) | (set & facts->current.wants);
    facts->written = set;
    memset(facts->past, 0, sizeof(facts->past));
    facts->past_count = 0;
    facts->seen = 0;
}

/* Somebody may be told now what does not serve the current side. */
static bool is_served(const struct model_facts *facts, const struct model_view *view)
{
    for (size_t i = 0; i < view->place_count; i++) {
        const struct model_place *place = &view->places[i];
        if (place->answered && !place->ignored &&
            (place->unknown || !model_serves(view->combos, place->set, &facts->current)))
            return false;
    }
    return true;
}

static void note_looked(struct model_facts *facts, const struct model_view *view, int64_t now)
{
    struct looked all = sum_up(facts, view);
    const bool one_set = all.complete && all.agree;
    facts->looked = now;
    if (!facts->current.known) {
        if (!one_set || !view->live.known)
            return;
        facts->current = view->live;
        take_over(facts, all.set);
        all.differ = false;
    } else if (one_set && rules_at_rest(facts) && !rules_is_known(facts, all.set)) {
        take_over(facts, all.set);
        all.differ = false;
    }
    note_ttl(facts, all.ttl, all.complete, now);
    if (all.differ || view->trust == MODEL_BOGUS || view->trust == MODEL_INSECURE)
        facts->seen = 0;
    else if (facts->seen == 0 && all.complete && view->trust == MODEL_SECURE &&
             facts->intent_at == 0)
        facts->seen = now;
    if (facts->next.known && facts->retire == 0)
        facts->next_seen = facts->seen;
    if (!is_served(facts, view))
        facts->served = 0;
}

/*
 * Somebody else went on to the certificate that is in `source` before the last one was seen to the
 * end: that one is the current one now, and what it replaced goes with the next rollover.
 */
static void note_overtaken(struct model_facts *facts, const struct model_view *view,
                           const struct model_policy *policy, int64_t now)
{
    if (policy->live || facts->switched == 0 || !rules_same(&view->live, &view->source) ||
        rules_same(&view->live, &facts->next) || rules_same(&view->live, &facts->current))
        return;
    replace_current(facts, &facts->next);
    facts->abort = 0;
    drop_next(facts);
    take_next(facts, view, now);
}

/* What somebody else deployed sooner is not taken for deployed before this, but told. */
static bool is_safe(const struct model_facts *facts, const struct model_view *view,
                    const struct model_policy *policy, int64_t now)
{
    const int64_t safe = model_safe_at(facts, policy);
    return facts->next.certified && model_serves(view->combos, facts->written, &facts->next) &&
           (policy->emergency || (safe != 0 && now >= safe));
}

static void note_probed(struct model_facts *facts, const struct model_view *view,
                        const struct model_policy *policy, int64_t now)
{
    const struct rules_shown shown = rules_shown(view);
    facts->probed = now;
    note_overtaken(facts, view, policy, now);
    if (!facts->next.known)
        return;
    if (!policy->live && facts->switched == 0 && rules_all_next(&shown) &&
        is_safe(facts, view, policy, now)) {
        facts->switched = facts->verified = now;
        facts->hasty = rules_is_everywhere(facts, now) ? 0 : now;
    } else if (!policy->live && facts->switched != 0 && facts->retire == 0 &&
               rules_all_current(&shown)) {
        facts->switched = facts->verified = facts->hasty = 0;
        if (facts->abort != 0)
            refuse_next(facts);
    } else if (facts->switched != 0 && facts->verified == 0 && rules_all_next(&shown)) {
        facts->verified = now;
    } else if (facts->verified != 0 && shown.current > 0) {
        facts->verified = 0; /* the deadline begins again */
        facts->switched = now;
    }
}

/* Nothing is left to be done for the next side: it is the current one. */
static void finish(struct model_facts *facts, const struct model_view *view, int64_t now)
{
    model_set set;
    if (!facts->next.known || facts->verified == 0 || facts->seen == 0 || facts->intent_at != 0 ||
        facts->abort != 0)
        return;
    if (!rules_complete(view->combos, facts, &facts->next, &set) || set != facts->written)
        return;
    if (rules_retire(view->combos, facts, &facts->next, &set) && set != facts->written)
        return;
    replace_current(facts, &facts->next);
    facts->finished = now;
    drop_next(facts);
}

/* What became of a switch that was broken off, and whether there is a way back still. */
static void note_intents(struct model_facts *facts, const struct model_view *view,
                         const struct model_policy *policy, int64_t now)
{
    if (policy->live && facts->switched == 0 && rules_same(&view->live, &facts->current))
        facts->switch_intent = facts->hasty = 0; /* it was not done */
    if (facts->switched != 0 && facts->back_intent == 0 && facts->retire == 0 &&
        !model_serves(view->combos, facts->written, &facts->current))
        facts->retire = now;
    if (facts->abort == 0)
        return;
    if (facts->retire != 0)
        facts->abort = 0;
    else if (facts->switched == 0 && facts->switch_intent == 0)
        refuse_next(facts);
}

void model_note_view(struct model_facts *facts, const struct model_view *view,
                     const struct model_policy *policy, int64_t now)
{
    if (now < facts->now)
        return;
    if (view->clock_step > CLOCK_STEP || view->clock_step < -CLOCK_STEP) {
        /* Times before the step cannot be compared with now: what counts on them begins again. */
        facts->seen = 0;
        facts->verified = facts->verified != 0 ? now : 0;
        facts->lower_since = facts->lower_since != 0 ? now : 0;
    }
    note_intents(facts, view, policy, now);
    if (!view->probed) /* what endpoints show is told in terms of the sides as they are */
        take_source(facts, view, policy, now);
    refresh(facts, view);
    if (view->looked)
        note_looked(facts, view, now);
    if (view->probed)
        note_probed(facts, view, policy, now);
    finish(facts, view, now);
    if (!view->probed)
        take_source(facts, view, policy, now);
    facts->now = now;
}

/* --- steps --- */

static void remember(struct model_facts *facts, model_set set)
{
    memmove(&facts->past[1], &facts->past[0], (MODEL_PAST - 1) * sizeof(facts->past[0]));
    facts->past[0] = set;
    facts->past_count += facts->past_count < MODEL_PAST ? 1 : 0;
}

void model_note_intent(struct model_facts *facts, const struct model_step *step, int64_t now)
{
    facts->now = now;
    switch (step->action) {
    case MODEL_PUBLISH:
        if (facts->intent_at != 0 && facts->intent != step->set)
            remember(facts, facts->intent);
        facts->intent = step->set;
        facts->intent_at = now;
        facts->seen = 0;
        if (facts->verified != 0) /* what is added then may serve the new side alone */
            facts->served = 0;
        if (step->reason == MODEL_WHY_RETIRE && facts->next.known && facts->retire == 0)
            facts->retire = now;
        break;
    case MODEL_SWITCH:
        if (facts->current.known && facts->switch_intent == 0)
            facts->hasty = rules_is_everywhere(facts, now) ? 0 : now;
        facts->switch_intent = now;
        break;
    case MODEL_SWITCH_BACK:
        facts->back_intent = now;
        break;
    default:
        break;
    }
}

static void note_published(struct model_facts *facts, const struct model_step *step, int64_t now)
{
    if (facts->written != step->set)
        remember(facts, facts->written);
    facts->ours = (facts->ours | (step->set & ~facts->written)) & step->set;
    facts->written = step->set;
    facts->written_at = now;
    facts->write_failed = 0;
    facts->write_failures = 0;
    facts->intent = 0;
    facts->intent_at = facts->seen = 0;
    if (facts->next.known && facts->switched == 0)
        facts->next_written = now;
}

static void note_switched(struct model_facts *facts, bool hook_ok, int64_t now)
{
    if (!facts->current.known) {
        facts->current = facts->next;
        drop_next(facts);
        return;
    }
    facts->switched = facts->switched == 0 ? now : facts->switched;
    facts->hook_failed = hook_ok ? 0 : now;
}

static void note_back(struct model_facts *facts, bool hook_ok, int64_t now)
{
    if (!hook_ok) {
        facts->hook_failed = now; /* the intent stands: it is done once more */
        return;
    }
    facts->switched = facts->hasty = facts->switch_intent = facts->back_intent = 0;
    facts->hook_failed = facts->verified = 0;
    if (facts->abort != 0) {
        refuse_next(facts);
        return;
    }
    facts->failed = now;
    facts->failures += facts->failures < UINT32_MAX ? 1 : 0;
}

void model_note_done(struct model_facts *facts, const struct model_step *step, bool ok,
                     bool hook_ok, int64_t now)
{
    facts->now = now;
    if (!ok) { /* the intent stands, and the step is decided again */
        if (step->action == MODEL_PUBLISH) {
            facts->write_failed = now;
            facts->write_failures += facts->write_failures < UINT32_MAX ? 1 : 0;
        }
        return;
    }
    switch (step->action) {
    case MODEL_PUBLISH:
        note_published(facts, step, now);
        break;
    case MODEL_SWITCH:
        note_switched(facts, hook_ok, now);
        break;
    case MODEL_SWITCH_BACK:
        note_back(facts, hook_ok, now);
        break;
    case MODEL_TELL:
        facts->told = now;
        break;
    default:
        break;
    }
}

void model_note_shared(struct model_facts *facts, model_set set)
{
    if (set == facts->written)
        return;
    remember(facts, facts->written);
    facts->written = set;
    facts->ours &= set;
    facts->seen = 0;
    facts->write_failed = 0; /* what can be written by another one can be by this one */
    facts->write_failures = 0;
}

/* --- an operator's word --- */

void model_note_next_key(struct model_facts *facts, const struct model_combos *combos,
                         const struct model_side *side, int64_t now)
{
    drop_next(facts);
    note_served(facts, combos, now);
    facts->next = *side;
    facts->next_key = true;
    facts->staged = facts->now = now;
    facts->seen = 0; /* as in take_next */
}

bool model_note_abort(struct model_facts *facts, int64_t now)
{
    if (!facts->next.known || facts->retire != 0)
        return false;
    facts->now = now;
    if (facts->switched == 0 && facts->switch_intent == 0)
        refuse_next(facts);
    else
        facts->abort = now;
    return true;
}

bool model_note_adopt(struct model_facts *facts, const struct model_view *view, int64_t now)
{
    const struct looked all = sum_up(facts, view);
    if (!view->looked || !all.complete || !all.agree || !view->live.known)
        return false;
    drop_next(facts);
    replace_current(facts, &view->live);
    facts->intent = 0;
    facts->intent_at = facts->abort = facts->written_at = facts->write_failed = 0;
    facts->write_failures = 0;
    memset(facts->refused, 0, sizeof(facts->refused));
    take_over(facts, all.set);
    note_looked(facts, view, now);
    facts->now = now;
    return true;
}
