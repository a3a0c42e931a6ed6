/* decide_write.c - which records the zone is to have, and when they may be written. */
#include <stdio.h>

#include "decide.h"

/*
 * A write that fails at the name server costs the zone a serial, and its way back another one: what
 * failed is tried again after a look's time, then after twice that, up to the most.
 */
static bool has_just_failed(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    int64_t wait = d->policy->watch;
    if (facts->write_failures == 0 || d->policy->insist)
        return false;
    for (uint32_t i = 1; i < facts->write_failures && wait < d->policy->retry; i++)
        wait = wait < 1 ? 1 : 2 * wait;
    wait = decide_soonest(wait, d->policy->retry);
    if (d->now >= facts->write_failed + wait)
        return false;
    decide_say(d, MODEL_HOLD, MODEL_WHY_WRITE, facts->write_failed + wait, "");
    (void)snprintf(d->step->why, sizeof(d->step->why),
                   "the records could not be written (%u time%s); it is tried again",
                   (unsigned)facts->write_failures, facts->write_failures == 1 ? "" : "s");
    return true;
}

/*
 * What a server has that does not answer cannot be known: neither its TTL, nor what somebody else
 * may have put there. Only records that clients miss now do not wait for all of them.
 */
static bool cannot_be_known(struct decision *d, bool urgent)
{
    size_t answers = 0;
    for (size_t i = 0; i < d->view->place_count; i++)
        answers += d->view->places[i].answered && !d->view->places[i].ignored ? 1 : 0;
    if (answers > 0 && (urgent || !decide_is_silent(d)))
        return false;
    decide_say(d, MODEL_HOLD, MODEL_WHY_SILENT, d->now + d->policy->watch,
               "a name server does not answer, and what it has must be known before a write");
    return true;
}

bool decide_write(struct decision *d, model_set set, enum model_reason reason, const char *why)
{
    if (set == d->facts->written)
        return false;
    if (has_just_failed(d) || decide_need_look(d, reason, "what do the name servers have?") ||
        decide_is_foreign(d) || cannot_be_known(d, reason == MODEL_WHY_REPAIR))
        return true;
    decide_say_publish(d, reason, set, why);
    return true;
}

bool decide_redo(struct decision *d)
{
    const char *why = "a write that was broken off";
    /* Nothing is no set to go back to. */
    const model_set set = d->facts->written != 0 ? d->facts->written : d->facts->intent;
    if (d->facts->intent_at == 0 || set == 0)
        return false;
    if (has_just_failed(d) ||
        decide_need_look(d, MODEL_WHY_REPAIR, "what do the name servers have?") ||
        decide_is_foreign(d) || cannot_be_known(d, false))
        return true;
    decide_say_publish(d, MODEL_WHY_REPAIR, set, why);
    return true;
}

/* A combination comes in, which whatever an endpoint shows has to match (RFC 7671 section 8). */
static bool adds_combination(const struct decision *d, model_set set)
{
    return rules_present(d->view->combos, set) != rules_present(d->view->combos, d->facts->written);
}

bool decide_need_chain(struct decision *d)
{
    return !d->policy->live && decide_need_probe(d, MODEL_WHY_UNSAFE, "which chain is in use?");
}

/* Nothing but the side may be shown anywhere once a combination comes in that only it matches. */
static bool hold_combination(struct decision *d, const struct model_side *side, bool serves)
{
    if (decide_need_probe(d, MODEL_WHY_CHANGE, "does every endpoint show what is in use?"))
        return true;
    const struct rules_shown shown = rules_shown(d->view);
    const size_t beside = side == &d->facts->next ? shown.current : shown.next;
    if (shown.other == 0 && beside == 0 && (shown.silent == 0 || !serves))
        return false;
    decide_say(d, MODEL_HOLD, shown.other + beside > 0 ? MODEL_WHY_STRANGER : MODEL_WHY_SILENT,
               d->now + d->policy->watch,
               shown.other + beside > 0
                   ? "an endpoint shows another certificate, which would not match the new records"
                   : "an endpoint does not answer, and what it shows cannot be known");
    return true;
}

bool decide_complete(struct decision *d, const struct model_side *side)
{
    const model_set written = d->facts->written;
    model_set set;
    if (!rules_complete(d->view->combos, d->facts, side, &set)) {
        if (decide_need_chain(d))
            return true;
        decide_say(d, MODEL_STOP, MODEL_WHY_UNSAFE, 0,
                   "the chain in use does not match the records asked for, or others at the name; "
                   "serve a chain that does, or change `records`");
        return true;
    }
    const bool serves = written != 0 && model_serves(d->view->combos, written, side);
    if (adds_combination(d, set) && (serves || written == 0) && hold_combination(d, side, serves))
        return true;
    return decide_write(d, set, serves ? MODEL_WHY_CHANGE : MODEL_WHY_REPAIR,
                        serves ? "records that the configuration asks for"
                               : "records of what is in use, which are not published");
}

bool decide_transition(struct decision *d)
{
    model_set set;
    bool safe = rules_transition(d->view->combos, d->facts, true, &set);
    if (safe && adds_combination(d, set)) {
        if (decide_need_probe(d, MODEL_WHY_NEXT, "does every endpoint show what is in use?"))
            return true;
        const struct rules_shown shown = rules_shown(d->view);
        if (shown.other + shown.silent > 0)
            safe = rules_transition(d->view->combos, d->facts, false, &set);
    }
    if (safe)
        return decide_write(d, set, MODEL_WHY_NEXT, "records of the next key, beside those in use");
    if (decide_need_chain(d))
        return true;
    decide_say(d, MODEL_STOP, MODEL_WHY_UNSAFE, 0,
               "no set of records serves both the current and the next certificate; remove the "
               "records at the name that match neither");
    return true;
}

/* That goes once every endpoint shows the side. */
bool decide_retire(struct decision *d, const struct model_side *side)
{
    model_set set;
    if (!rules_retire(d->view->combos, d->facts, side, &set) || set == d->facts->written)
        return false;
    if (has_just_failed(d) || decide_is_not_seen_now(d) ||
        decide_need_probe(d, MODEL_WHY_RETIRE, "does every endpoint show what is in use?"))
        return true;
    const struct rules_shown shown = rules_shown(d->view);
    if (!(side == &d->facts->next ? rules_all_next(&shown) : rules_all_current(&shown))) {
        decide_say(d, MODEL_HOLD, shown.other > 0 ? MODEL_WHY_STRANGER : MODEL_WHY_SILENT,
                   d->now + d->policy->watch,
                   shown.other > 0 ? "an endpoint shows a certificate that nobody announced"
                   : shown.silent > 0
                       ? "an endpoint does not answer, and what it shows cannot be known"
                       : "an endpoint shows another certificate than the one in use");
        return true;
    }
    decide_say_publish(d, MODEL_WHY_RETIRE, set,
                       "records that serve nothing any more are taken away");
    return true;
}
