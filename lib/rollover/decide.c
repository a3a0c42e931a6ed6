/*
 * decide.c - model_decide: one function for each state of a service, each the rules of that state
 * from the first to the last.
 */
#include <stdio.h>
#include <string.h>

#include "decide.h"

int64_t model_safe_at(const struct model_facts *facts, const struct model_policy *policy)
{
    return policy->emergency ? facts->written_at : rules_everywhere_at(facts);
}

/* --- states --- */

/* Never looked at: what stands in DNS and what is live become the beginning. */
static void decide_new(struct decision *d)
{
    if (!d->view->live.known && d->policy->live && d->view->source.known) {
        if (d->view->source_fit)
            decide_say(d, MODEL_SWITCH, MODEL_WHY_FIRST, d->now,
                       "nothing is deployed yet: the first certificate");
        else
            decide_say(d, MODEL_HOLD, MODEL_WHY_UNFIT, 0, "the certificate may not be deployed");
        return;
    }
    if (!d->view->live.known) {
        if (!d->policy->live &&
            decide_need_probe(d, MODEL_WHY_FIRST, "which certificates do the endpoints show?"))
            return;
        decide_say(d, MODEL_HOLD, MODEL_WHY_LIVE, d->now + d->policy->watch,
                   "which certificate is in use cannot be known");
        return;
    }
    if (decide_need_look(d, MODEL_WHY_FIRST, "what do the name servers have?"))
        return;
    decide_say_not_seen(d);
    if (d->step->reason == MODEL_WHY_SPREAD)
        decide_say(d, MODEL_HOLD, MODEL_WHY_SPREAD, d->now + d->policy->watch,
                   "the name servers do not have the same records");
}

/* Nothing is under way. */
static void decide_idle(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    if (d->policy->live && d->view->live.known && !rules_same(&d->view->live, &facts->current)) {
        decide_say(
            d, MODEL_STOP, MODEL_WHY_LIVE, 0,
            "`live` holds a certificate that was not put there by tlsagen; put the former one "
            "back, or take it over with --adopt");
        return;
    }
    if (decide_complete(d, &facts->current) || decide_redo(d) || decide_retire(d, &facts->current))
        return;
    if (facts->seen == 0 && facts->written_at != 0) {
        /* Our last write is followed to the end. */
        if (decide_look_is_due(d) || d->view->looked) {
            if (decide_is_not_seen_now(d))
                return;
        } else {
            decide_say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
                       "not every name server has the records yet");
            return;
        }
    }
    if (d->view->source.known && memcmp(d->view->source.id, facts->refused, MODEL_ID) == 0) {
        decide_say(d, MODEL_NOTHING, MODEL_WHY_REFUSED, 0,
                   "the certificate in `source` was aborted; another one begins a new rollover");
        return;
    }
    if (d->view->source.known && !d->view->source_fit &&
        !rules_same(&d->view->source, &facts->current)) {
        decide_say(d, MODEL_HOLD, MODEL_WHY_UNFIT, 0,
                   "the certificate in `source` may not be deployed");
        return;
    }
    const bool new = d->view->source.known && !rules_same(&d->view->source, &facts->current);
    decide_say(d, MODEL_NOTHING, MODEL_WHY_IDLE, new ? d->now + d->policy->watch : 0,
               "nothing is under way");
}

/* Somebody else may have deployed too early; what is shown tells. */
static bool report_early(struct decision *d)
{
    const struct rules_shown shown = rules_shown(d->view);
    if (d->policy->live || !d->view->probed || shown.next == 0)
        return false;
    const int64_t left = model_safe_at(d->facts, d->policy) - d->now;
    char span[64] = "", why[MODEL_WHY];
    if (left > 0)
        (void)snprintf(span, sizeof(span), " for another %lld seconds at most", (long long)left);
    (void)snprintf(why, sizeof(why),
                   "the new certificate is shown already, and clients that remember the former "
                   "records refuse it%s; put the former one back, or wait until %s",
                   span, left > 0 ? "then" : "they do not");
    decide_say(d, MODEL_HOLD, MODEL_WHY_EARLY, d->now + d->policy->watch, why);
    return true;
}

/* Between the write and the moment that is safe. */
static bool wait_until_safe(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    if (d->policy->emergency)
        return false;
    const int64_t safe = model_safe_at(facts, d->policy);
    const bool waiting = safe == 0 || d->now < safe;
    if (!waiting)
        return false;
    if (decide_look_is_due(d) &&
        decide_need_look(d, MODEL_WHY_SPREAD, "is it at every name server?"))
        return true;
    if (!d->policy->live && decide_probe_is_due(d) &&
        decide_need_probe(d, MODEL_WHY_EARLY, "was it deployed too early?"))
        return true;
    if (d->view->looked && decide_is_foreign(d))
        return true;
    if (report_early(d))
        return true;
    if (safe == 0 && d->view->looked)
        decide_say_not_seen(d);
    else if (safe == 0)
        decide_say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
                   "not every name server has the records yet, or they are not secure");
    else
        decide_say(d, MODEL_NOTHING, MODEL_WHY_CACHES,
                   decide_soonest(safe, facts->looked + d->policy->watch),
                   "every name server has the records; caches may hold the former ones");
    return true;
}

/* It is safe, or an emergency does not wait until it is: when to deploy is said in its words. */
static void say_ready(struct decision *d, enum model_action action, int64_t due, bool waits)
{
    const bool safe = rules_is_everywhere(d->facts, d->now);
    const bool hasty = d->policy->emergency && !safe;
    char why[MODEL_WHY];
    (void)snprintf(why, sizeof(why), "%s%s",
                   hasty ? "to be deployed at once, in an emergency" : "safe to deploy",
                   waits ? ", and not deployed yet" : "");
    decide_say(d, action, hasty ? MODEL_WHY_EMERGENCY : MODEL_WHY_SAFE, due, why);
}

/* It is safe: deploy, or tell who deploys. */
static void deploy(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    const uint32_t doubled = facts->failures > 5   ? 5
                             : facts->failures > 0 ? facts->failures - 1
                                                   : 0;
    const int64_t again = facts->failed + (d->policy->retry << doubled);
    if (facts->failed != 0 && d->now < again) {
        decide_say(d, MODEL_HOLD, MODEL_WHY_FAILED, again,
                   "the last deployment was taken back; it is tried again");
        return;
    }
    if (!rules_same(&d->view->source, &facts->next) || !d->view->source_fit) {
        decide_say(d, MODEL_HOLD, MODEL_WHY_UNFIT, d->now + d->policy->watch,
                   "the certificate may not be deployed now");
        return;
    }
    const bool tell = d->policy->tell && facts->told == 0;
    if (!d->policy->live && !tell && !decide_look_is_due(d) && !d->view->looked &&
        !decide_probe_is_due(d)) {
        say_ready(d, MODEL_NOTHING, facts->looked + d->policy->watch, true);
        return;
    }
    if (!d->policy->emergency && decide_is_not_seen_now(d))
        return;
    if (d->policy->live) {
        say_ready(d, MODEL_SWITCH, d->now, false);
        return;
    }
    if (tell) {
        say_ready(d, MODEL_TELL, d->now, false);
        return;
    }
    if (decide_probe_is_due(d) && decide_need_probe(d, MODEL_WHY_SAFE, "was it deployed?"))
        return;
    say_ready(d, MODEL_NOTHING, d->now + d->policy->watch, true);
}

/* A next side that is not deployed. */
static void decide_next(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    if (facts->switch_intent != 0 && d->policy->live && rules_same(&d->view->live, &facts->next)) {
        decide_say(d, MODEL_SWITCH, MODEL_WHY_SAFE, d->now, "a deployment that was broken off");
        return;
    }
    if (d->policy->live && d->view->live.known && !rules_same(&d->view->live, &facts->current)) {
        decide_say(
            d, MODEL_STOP, MODEL_WHY_LIVE, 0,
            "`live` holds a certificate that was not put there by tlsagen; put the former one "
            "back, or take it over with --adopt");
        return;
    }
    if (d->policy->reuse && (facts->next.wants & ~facts->written) != 0) {
        decide_say(
            d, MODEL_STOP, MODEL_WHY_REUSE, 0,
            "the new certificate is held back: its key is not published, and keys are to stay; "
            "renew it with the same key");
        return;
    }
    if (decide_transition(d) || decide_redo(d)) {
        if (d->step->action == MODEL_HOLD && !d->policy->live && decide_probe_is_due(d) &&
            decide_need_probe(d, MODEL_WHY_EARLY, "was it deployed too early?"))
            return;
        if (d->step->action == MODEL_HOLD)
            (void)report_early(d);
        return;
    }
    if (wait_until_safe(d))
        return;
    if (!facts->next.certified)
        decide_say(d, MODEL_NOTHING, MODEL_WHY_CERTIFICATE, 0,
                   "the next key may be deployed once its certificate is there");
    else
        deploy(d);
}

/*
 * The way back is a deployment as well: caches and servers have what serves the former side. Where
 * its records never went, as after a deployment in an emergency, there is nothing to wait for.
 */
static bool is_no_way_back_now(struct decision *d)
{
    if (decide_need_look(d, MODEL_WHY_SPREAD,
                         "do the name servers still have the former records?") ||
        decide_is_foreign(d))
        return true;
    if (d->policy->emergency || rules_is_way_back(d->facts, d->now))
        return false;
    const int64_t safe = rules_everywhere_at(d->facts);
    if (safe == 0)
        decide_say_not_seen(d);
    else
        decide_say(d, MODEL_HOLD, MODEL_WHY_CACHES, decide_soonest(safe, d->now + d->policy->watch),
                   "the records were changed; caches may lack those of the former certificate");
    return true;
}

static void take_back(struct decision *d, enum model_reason reason, const char *why)
{
    const struct model_facts *facts = d->facts;
    const int64_t again = facts->hook_failed + d->policy->watch;
    if (facts->back_intent != 0 && facts->hook_failed >= facts->back_intent && d->now < again) {
        decide_say(d, MODEL_HOLD, reason, again,
                   "the former certificate is deployed, but the after-deploy command failed");
        return;
    }
    if (!model_serves(d->view->combos, facts->written, &facts->current))
        decide_say(d, MODEL_STOP, reason, 0,
                   "the former certificate is not published any more, so there is no way back");
    else if (decide_redo(d) || is_no_way_back_now(d))
        return;
    else if (d->policy->live)
        decide_say(d, MODEL_SWITCH_BACK, reason, d->now, why);
    else
        decide_say(d, MODEL_HOLD, reason, d->now + d->policy->watch,
                   "the former certificate has to be deployed by whoever deploys");
}

/* Deployed: every endpoint has to show it. */
static void decide_deployed(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    const bool late = d->now >= facts->switched + d->policy->deadline;
    if (facts->hook_failed != 0 && !late && d->policy->live) {
        int64_t due = decide_soonest(facts->hook_failed + d->policy->watch,
                                     facts->switched + d->policy->deadline);
        if (d->now >= due)
            decide_say(d, MODEL_SWITCH, MODEL_WHY_VERIFY, d->now,
                       "the after-deploy command, once more");
        else
            decide_say(d, MODEL_HOLD, MODEL_WHY_VERIFY, due, "the after-deploy command failed");
        return;
    }
    if ((late || decide_probe_is_due(d)) &&
        decide_need_probe(d, MODEL_WHY_VERIFY, "does every endpoint show it?"))
        return;
    const struct rules_shown shown = rules_shown(d->view);
    if (late && d->policy->live && (shown.current + shown.other > 0 || shown.next == 0)) {
        take_back(d, MODEL_WHY_DEADLINE, "not every endpoint shows the new certificate in time");
        return;
    }
    if (d->view->probed && shown.other > 0) {
        decide_say(d, MODEL_HOLD, MODEL_WHY_STRANGER, d->now + d->policy->watch,
                   "an endpoint shows a certificate that nobody announced");
        return;
    }
    decide_say(
        d, MODEL_HOLD, shown.silent > 0 ? MODEL_WHY_SILENT : MODEL_WHY_VERIFY,
        late ? d->now + d->policy->watch
             : decide_soonest(d->now + d->policy->watch, facts->switched + d->policy->deadline),
        shown.silent > 0 ? "an endpoint does not answer, and what it shows cannot be known"
                         : "not every endpoint shows the new certificate yet");
}

/* Verified: the replaced records stay for a while, then they go. */
static void decide_verified(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    const int64_t keep = d->policy->keep < 0 ? (int64_t)facts->ttl + RULES_MARGIN : d->policy->keep;
    const bool kept = d->now < facts->verified + keep;
    /* While there is a way back, what is added has to serve the former side, too. */
    if (kept ? decide_transition(d) : decide_complete(d, &facts->next))
        return;
    if (decide_redo(d))
        return;
    if (kept) {
        decide_say(d, MODEL_NOTHING, MODEL_WHY_KEEP, facts->verified + keep,
                   "deployed and verified; the replaced records stay for a while");
        return;
    }
    if (decide_retire(d, &facts->next))
        return;
    if (!decide_look_is_due(d) && !d->view->looked)
        decide_say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
                   "not every name server has the records yet");
    else if (!decide_is_not_seen_now(d))
        decide_say(d, MODEL_NOTHING, MODEL_WHY_IDLE, 0, "the rollover is complete");
}

/* The operator asked to go back. */
static void decide_abort(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    if (facts->switched != 0 || facts->switch_intent != 0) {
        if (d->policy->live || d->view->probed) {
            take_back(d, MODEL_WHY_ABORT, "the rollover is aborted");
            return;
        }
        (void)decide_need_probe(d, MODEL_WHY_ABORT, "was the former certificate deployed?");
        return;
    }
    decide_say(d, MODEL_NOTHING, MODEL_WHY_ABORT, d->now, "the rollover is aborted");
}

void model_decide(const struct model_facts *facts, const struct model_view *view,
                  const struct model_policy *policy, int64_t now, struct model_step *step)
{
    struct decision d = {facts, view, policy, now, step};
    *step = (struct model_step){.action = MODEL_NOTHING};
    if (now < facts->now)
        decide_say(&d, MODEL_STOP, MODEL_WHY_CLOCK, 0,
                   "the clock went back since the last run; set it right, and nothing is lost");
    else if (!facts->current.known)
        decide_new(&d);
    else if (facts->abort != 0)
        decide_abort(&d);
    else if (!facts->next.known)
        decide_idle(&d);
    else if (facts->switched == 0)
        decide_next(&d);
    else if (facts->back_intent != 0)
        take_back(&d, MODEL_WHY_DEADLINE, "going back was broken off");
    else if (facts->verified == 0)
        decide_deployed(&d);
    else
        decide_verified(&d);
}
