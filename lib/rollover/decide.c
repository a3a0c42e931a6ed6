/*
 * decide.c - model_decide: one function for each state of a service, each the rules of that state
 * from the first to the last.
 */
#include <stdio.h>
#include <string.h>

#include "rules.h"

struct decision {
    const struct model_facts *facts;
    const struct model_view *view;
    const struct model_policy *policy;
    int64_t now;
    struct model_step *step;
};

static void say(struct decision *d, enum model_action action, enum model_reason reason, int64_t due,
                const char *why)
{
    d->step->action = action;
    d->step->reason = reason;
    d->step->due = due;
    (void)snprintf(d->step->why, sizeof(d->step->why), "%s", why);
}

static void say_publish(struct decision *d, enum model_reason reason, model_set set,
                        const char *why)
{
    say(d, MODEL_PUBLISH, reason, d->now, why);
    d->step->set = set;
}

int64_t model_safe_at(const struct model_facts *facts, const struct model_policy *policy)
{
    if (policy->emergency)
        return facts->written_at;
    return facts->seen == 0 ? 0 : facts->seen + 2 * (int64_t)facts->ttl + RULES_MARGIN;
}

/* --- looks --- */

static int64_t soonest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the last write did is looked at once it is done; then again every so often. */
static bool look_is_due(const struct decision *d)
{
    const struct model_facts *facts = d->facts;
    return facts->looked == 0 || facts->written_at >= facts->looked ||
           d->now >= facts->looked + d->policy->watch;
}

/* Without `live` the endpoints are watched, too, as somebody else deploys. */
static bool probe_is_due(const struct decision *d)
{
    return d->facts->probed == 0 || d->facts->switched >= d->facts->probed ||
           d->now >= d->facts->probed + d->policy->watch;
}

/* True when a fresh look had to be asked for. */
static bool need_look(struct decision *d, enum model_reason reason, const char *why)
{
    if (d->view->looked)
        return false;
    say(d, MODEL_LOOK, reason, d->now, why);
    return true;
}

static bool need_probe(struct decision *d, enum model_reason reason, const char *why)
{
    if (d->view->probed)
        return false;
    say(d, MODEL_PROBE, reason, d->now, why);
    return true;
}

/* Somebody else's records, where none may be (facts that follow a look take them over at rest). */
static bool is_foreign(struct decision *d)
{
    for (size_t i = 0; i < d->view->place_count; i++) {
        const struct model_place *place = &d->view->places[i];
        if (!place->answered || place->ignored)
            continue;
        if (place->unknown || !rules_is_known(d->facts, place->set)) {
            say(d, MODEL_STOP, MODEL_WHY_FOREIGN, 0,
                "a name server has records that this rollover did not write: somebody else changed "
                "them; put them back, or take them over with --adopt");
            return true;
        }
    }
    return false;
}

/* Why `written` is not at every server, after a look. */
static void say_not_seen(struct decision *d)
{
    const int64_t due = d->now + d->policy->watch;
    for (size_t i = 0; i < d->view->place_count; i++) {
        const struct model_place *place = &d->view->places[i];
        if (!place->ignored && place->answered && place->set != d->facts->written) {
            say(d, MODEL_HOLD, MODEL_WHY_SPREAD, due, "not every name server has the records yet");
            return;
        }
    }
    for (size_t i = 0; i < d->view->place_count; i++) {
        if (!d->view->places[i].ignored && !d->view->places[i].answered) {
            say(d, MODEL_HOLD, MODEL_WHY_SILENT, due,
                "a name server does not answer, and what it has cannot be known");
            return;
        }
    }
    say(d, MODEL_HOLD, MODEL_WHY_TRUST, due,
        d->view->trust == MODEL_BOGUS      ? "the records do not validate (bogus)"
        : d->view->trust == MODEL_INSECURE ? "the records are not signed (insecure)"
                                           : "no validated answer");
}

/* True while `written` is not at every server by a look of this moment. */
static bool is_not_seen_now(struct decision *d)
{
    if (need_look(d, MODEL_WHY_SPREAD, "is it at every name server?") || is_foreign(d))
        return true;
    bool silent = d->view->trust != MODEL_SECURE;
    for (size_t i = 0; i < d->view->place_count; i++)
        silent = silent || (!d->view->places[i].answered && !d->view->places[i].ignored);
    if (d->facts->seen != 0 && !silent)
        return false;
    say_not_seen(d);
    return true;
}

/* --- writing --- */

/* True when set has to be written, or looked at before. */
static bool write_set(struct decision *d, model_set set, enum model_reason reason, const char *why)
{
    if (set == d->facts->written)
        return false;
    if (need_look(d, reason, "what do the name servers have?") || is_foreign(d))
        return true;
    say_publish(d, reason, set, why);
    return true;
}

/* A write that was broken off may have been done or not: the zone gets what it had before. */
static bool redo(struct decision *d)
{
    const char *why = "a write that was broken off";
    if (d->facts->intent_at == 0)
        return false;
    if (need_look(d, MODEL_WHY_REPAIR, "what do the name servers have?") || is_foreign(d))
        return true;
    say_publish(d, MODEL_WHY_REPAIR, d->facts->written, why);
    return true;
}

/* Without `live`, what is known of the chain in use is what the endpoints last showed. */
static bool need_chain(struct decision *d)
{
    return !d->policy->live && need_probe(d, MODEL_WHY_UNSAFE, "which chain is in use?");
}

/* What the configuration wants for the side in force is published. */
static bool complete(struct decision *d, const struct model_side *side)
{
    model_set set;
    if (!rules_complete(d->view->combos, d->facts, side, &set)) {
        if (need_chain(d))
            return true;
        say(d, MODEL_STOP, MODEL_WHY_UNSAFE, 0,
            "the chain in use does not match the records asked for, or others at the name; serve a "
            "chain that does, or change `records`");
        return true;
    }
    bool serves = model_serves(d->view->combos, d->facts->written, side) && d->facts->written != 0;
    return write_set(d, set, serves ? MODEL_WHY_CHANGE : MODEL_WHY_REPAIR,
                     serves ? "records that the configuration asks for"
                            : "records of what is in use, which are not published");
}

/* Takes away what is ours and serves nobody any more, once every endpoint shows the side. */
static bool retire(struct decision *d, const struct model_side *side)
{
    model_set set;
    if (!rules_retire(d->view->combos, d->facts, side, &set) || set == d->facts->written)
        return false;
    if (is_not_seen_now(d) ||
        need_probe(d, MODEL_WHY_RETIRE, "does every endpoint show what is in use?"))
        return true;
    const struct rules_shown shown = rules_shown(d->view);
    if (!(side == &d->facts->next ? rules_all_next(&shown) : rules_all_current(&shown))) {
        say(d, MODEL_HOLD, shown.other > 0 ? MODEL_WHY_STRANGER : MODEL_WHY_SILENT,
            d->now + d->policy->watch,
            shown.other > 0    ? "an endpoint shows a certificate that nobody announced"
            : shown.silent > 0 ? "an endpoint does not answer, and what it shows cannot be known"
                               : "an endpoint shows another certificate than the one in use");
        return true;
    }
    say_publish(d, MODEL_WHY_RETIRE, set, "records that serve nothing any more are taken away");
    return true;
}

/* --- states --- */

/* Never looked at: what stands in DNS and what is live become the beginning. */
static void decide_new(struct decision *d)
{
    if (!d->view->live.known && d->policy->live && d->view->source.known) {
        if (d->view->source_fit)
            say(d, MODEL_SWITCH, MODEL_WHY_FIRST, d->now,
                "nothing is deployed yet: the first certificate");
        else
            say(d, MODEL_HOLD, MODEL_WHY_UNFIT, 0, "the certificate may not be deployed");
        return;
    }
    if (!d->view->live.known) {
        if (!d->policy->live &&
            need_probe(d, MODEL_WHY_FIRST, "which certificates do the endpoints show?"))
            return;
        say(d, MODEL_HOLD, MODEL_WHY_LIVE, d->now + d->policy->watch,
            "which certificate is in use cannot be known");
        return;
    }
    if (need_look(d, MODEL_WHY_FIRST, "what do the name servers have?"))
        return;
    say_not_seen(d);
    if (d->step->reason == MODEL_WHY_SPREAD)
        say(d, MODEL_HOLD, MODEL_WHY_SPREAD, d->now + d->policy->watch,
            "the name servers do not have the same records");
}

/* Nothing is under way. */
static void decide_idle(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    if (d->policy->live && d->view->live.known && !rules_same(&d->view->live, &facts->current)) {
        say(d, MODEL_STOP, MODEL_WHY_LIVE, 0,
            "`live` holds a certificate that was not put there by tlsagen; put the former one "
            "back, or take it over with --adopt");
        return;
    }
    if (complete(d, &facts->current) || retire(d, &facts->current) || redo(d))
        return;
    if (facts->seen == 0 && facts->written_at != 0) {
        /* Our last write is followed to the end. */
        if (look_is_due(d) || d->view->looked) {
            if (is_not_seen_now(d))
                return;
        } else {
            say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
                "not every name server has the records yet");
            return;
        }
    }
    if (d->view->source.known && memcmp(d->view->source.id, facts->refused, MODEL_ID) == 0) {
        say(d, MODEL_NOTHING, MODEL_WHY_REFUSED, 0,
            "the certificate in `source` was aborted; another one begins a new rollover");
        return;
    }
    if (d->view->source.known && !d->view->source_fit &&
        !rules_same(&d->view->source, &facts->current)) {
        say(d, MODEL_HOLD, MODEL_WHY_UNFIT, 0, "the certificate in `source` may not be deployed");
        return;
    }
    say(d, MODEL_NOTHING, MODEL_WHY_IDLE, 0, "nothing is under way");
}

/* Somebody else may have deployed too early; what is shown tells. */
static bool report_early(struct decision *d)
{
    const struct rules_shown shown = rules_shown(d->view);
    if (d->policy->live || !d->view->probed || shown.next == 0)
        return false;
    say(d, MODEL_HOLD, MODEL_WHY_EARLY, d->now + d->policy->watch,
        "the new certificate is shown already, and clients that remember the former records "
        "refuse it; put the former one back, or wait until they do not");
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
    if (look_is_due(d) && need_look(d, MODEL_WHY_SPREAD, "is it at every name server?"))
        return true;
    if (!d->policy->live && probe_is_due(d) &&
        need_probe(d, MODEL_WHY_EARLY, "was it deployed too early?"))
        return true;
    if (d->view->looked && is_foreign(d))
        return true;
    if (report_early(d))
        return true;
    if (safe == 0 && d->view->looked)
        say_not_seen(d);
    else if (safe == 0)
        say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
            "not every name server has the records yet, or they are not secure");
    else
        say(d, MODEL_NOTHING, MODEL_WHY_CACHES, soonest(safe, facts->looked + d->policy->watch),
            "every name server has the records; caches may hold the former ones");
    return true;
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
        say(d, MODEL_HOLD, MODEL_WHY_FAILED, again,
            "the last deployment was taken back; it is tried again");
        return;
    }
    if (!rules_same(&d->view->source, &facts->next) || !d->view->source_fit) {
        say(d, MODEL_HOLD, MODEL_WHY_UNFIT, d->now + d->policy->watch,
            "the certificate may not be deployed now");
        return;
    }
    const bool tell = d->policy->tell && facts->told == 0;
    if (!d->policy->live && !tell && !look_is_due(d) && !d->view->looked && !probe_is_due(d)) {
        say(d, MODEL_NOTHING, MODEL_WHY_SAFE, facts->looked + d->policy->watch,
            "safe to deploy, and not deployed yet");
        return;
    }
    if (!d->policy->emergency && is_not_seen_now(d))
        return;
    if (d->policy->live) {
        say(d, MODEL_SWITCH, MODEL_WHY_SAFE, d->now, "safe to deploy");
        return;
    }
    if (tell) {
        say(d, MODEL_TELL, MODEL_WHY_SAFE, d->now, "safe to deploy");
        return;
    }
    if (probe_is_due(d) && need_probe(d, MODEL_WHY_SAFE, "was it deployed?"))
        return;
    say(d, MODEL_NOTHING, MODEL_WHY_SAFE, d->now + d->policy->watch,
        "safe to deploy, and not deployed yet");
}

/* A next side that is not deployed. */
static void decide_next(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    model_set set;
    if (facts->switch_intent != 0 && d->policy->live && rules_same(&d->view->live, &facts->next)) {
        say(d, MODEL_SWITCH, MODEL_WHY_SAFE, d->now, "a deployment that was broken off");
        return;
    }
    if (d->policy->live && d->view->live.known && !rules_same(&d->view->live, &facts->current)) {
        say(d, MODEL_STOP, MODEL_WHY_LIVE, 0,
            "`live` holds a certificate that was not put there by tlsagen; put the former one "
            "back, or take it over with --adopt");
        return;
    }
    if (d->policy->reuse && (facts->next.wants & ~facts->written) != 0) {
        say(d, MODEL_STOP, MODEL_WHY_REUSE, 0,
            "the new certificate is held back: its key is not published, and keys are to stay; "
            "renew it with the same key");
        return;
    }
    if (!rules_transition(d->view->combos, facts, &set)) {
        if (need_chain(d))
            return;
        say(d, MODEL_STOP, MODEL_WHY_UNSAFE, 0,
            "no set of records serves both the current and the next certificate; remove the "
            "records at the name that match neither");
        return;
    }
    if (write_set(d, set, MODEL_WHY_NEXT, "records of the next key, beside those in use") ||
        redo(d) || wait_until_safe(d))
        return;
    if (!facts->next.certified)
        say(d, MODEL_NOTHING, MODEL_WHY_CERTIFICATE, 0,
            "the next key may be deployed once its certificate is there");
    else
        deploy(d);
}

static void take_back(struct decision *d, enum model_reason reason, const char *why)
{
    if (!d->policy->live)
        say(d, MODEL_HOLD, reason, d->now + d->policy->watch,
            "the former certificate has to be deployed by whoever deploys");
    else if (!model_serves(d->view->combos, d->facts->written, &d->facts->current))
        say(d, MODEL_STOP, reason, 0,
            "the former certificate is not published any more, so there is no way back");
    else
        say(d, MODEL_SWITCH_BACK, reason, d->now, why);
}

/* Deployed: every endpoint has to show it. */
static void decide_deployed(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    const bool late = d->now >= facts->switched + d->policy->deadline;
    if (facts->hook_failed != 0 && !late && d->policy->live) {
        int64_t due =
            soonest(facts->hook_failed + d->policy->watch, facts->switched + d->policy->deadline);
        if (d->now >= due)
            say(d, MODEL_SWITCH, MODEL_WHY_VERIFY, d->now, "the after-deploy command, once more");
        else
            say(d, MODEL_HOLD, MODEL_WHY_VERIFY, due, "the after-deploy command failed");
        return;
    }
    if ((late || probe_is_due(d)) &&
        need_probe(d, MODEL_WHY_VERIFY, "does every endpoint show it?"))
        return;
    const struct rules_shown shown = rules_shown(d->view);
    if (d->view->probed && shown.other > 0) {
        say(d, MODEL_HOLD, MODEL_WHY_STRANGER, d->now + d->policy->watch,
            "an endpoint shows a certificate that nobody announced");
        return;
    }
    if (late && d->policy->live && (shown.current > 0 || shown.next == 0)) {
        take_back(d, MODEL_WHY_DEADLINE, "not every endpoint shows the new certificate in time");
        return;
    }
    say(d, MODEL_HOLD, shown.silent > 0 ? MODEL_WHY_SILENT : MODEL_WHY_VERIFY,
        late ? d->now + d->policy->watch
             : soonest(d->now + d->policy->watch, facts->switched + d->policy->deadline),
        shown.silent > 0 ? "an endpoint does not answer, and what it shows cannot be known"
                         : "not every endpoint shows the new certificate yet");
}

/* Verified: the replaced records stay for a while, then they go. */
static void decide_verified(struct decision *d)
{
    const struct model_facts *facts = d->facts;
    const int64_t keep = d->policy->keep < 0 ? (int64_t)facts->ttl + RULES_MARGIN : d->policy->keep;
    if (complete(d, &facts->next))
        return;
    if (d->now < facts->verified + keep) {
        if (redo(d))
            return;
        say(d, MODEL_NOTHING, MODEL_WHY_KEEP, facts->verified + keep,
            "deployed and verified; the replaced records stay for a while");
        return;
    }
    if (retire(d, &facts->next) || redo(d))
        return;
    if (!look_is_due(d) && !d->view->looked)
        say(d, MODEL_HOLD, MODEL_WHY_SPREAD, facts->looked + d->policy->watch,
            "not every name server has the records yet");
    else if (!is_not_seen_now(d))
        say(d, MODEL_NOTHING, MODEL_WHY_IDLE, 0, "the rollover is complete");
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
        (void)need_probe(d, MODEL_WHY_ABORT, "was the former certificate deployed?");
        return;
    }
    say(d, MODEL_NOTHING, MODEL_WHY_ABORT, d->now, "the rollover is aborted");
}

void model_decide(const struct model_facts *facts, const struct model_view *view,
                  const struct model_policy *policy, int64_t now, struct model_step *step)
{
    struct decision d = {facts, view, policy, now, step};
    *step = (struct model_step){.action = MODEL_NOTHING};
    if (now < facts->now)
        say(&d, MODEL_STOP, MODEL_WHY_CLOCK, 0,
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
