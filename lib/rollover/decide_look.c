/* decide_look.c - what has to be looked at, and what a look shows. */
#include <stdio.h>

#include "decide.h"

void decide_say(struct decision *d, enum model_action action, enum model_reason reason, int64_t due,
                const char *why)
{
    d->step->action = action;
    d->step->reason = reason;
    d->step->due = due;
    (void)snprintf(d->step->why, sizeof(d->step->why), "%s", why);
}

void decide_say_publish(struct decision *d, enum model_reason reason, model_set set,
                        const char *why)
{
    decide_say(d, MODEL_PUBLISH, reason, d->now, why);
    d->step->set = set;
}

int64_t decide_soonest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the last write did is looked at once it is done; then again every so often. */
bool decide_look_is_due(const struct decision *d)
{
    const struct model_facts *facts = d->facts;
    return facts->looked == 0 || facts->written_at >= facts->looked ||
           d->now >= facts->looked + d->policy->watch;
}

bool decide_probe_is_due(const struct decision *d)
{
    return d->facts->probed == 0 || d->facts->switched >= d->facts->probed ||
           d->facts->written_at >= d->facts->probed ||
           d->now >= d->facts->probed + d->policy->watch;
}

/* True when a fresh look had to be asked for. */
bool decide_need_look(struct decision *d, enum model_reason reason, const char *why)
{
    if (d->view->looked)
        return false;
    decide_say(d, MODEL_LOOK, reason, d->now, why);
    return true;
}

bool decide_need_probe(struct decision *d, enum model_reason reason, const char *why)
{
    if (d->view->probed)
        return false;
    decide_say(d, MODEL_PROBE, reason, d->now, why);
    return true;
}

/* Somebody else's records, where none may be (facts that follow a look take them over at rest). */
bool decide_is_foreign(struct decision *d)
{
    for (size_t i = 0; i < d->view->place_count; i++) {
        const struct model_place *place = &d->view->places[i];
        if (!place->answered || place->ignored)
            continue;
        if (place->unknown || !rules_is_known(d->facts, place->set)) {
            decide_say(
                d, MODEL_STOP, MODEL_WHY_FOREIGN, 0,
                "a name server has records that this rollover did not write: somebody else changed "
                "them; put them back, or take them over with --adopt");
            return true;
        }
    }
    return false;
}

/* Why `written` is not at every server, after a look. */
void decide_say_not_seen(struct decision *d)
{
    const int64_t due = d->now + d->policy->watch;
    for (size_t i = 0; i < d->view->place_count; i++) {
        const struct model_place *place = &d->view->places[i];
        if (!place->ignored && place->answered && place->set != d->facts->written) {
            decide_say(d, MODEL_HOLD, MODEL_WHY_SPREAD, due,
                       "not every name server has the records yet");
            return;
        }
    }
    for (size_t i = 0; i < d->view->place_count; i++) {
        if (!d->view->places[i].ignored && !d->view->places[i].answered) {
            decide_say(d, MODEL_HOLD, MODEL_WHY_SILENT, due,
                       "a name server does not answer, and what it has cannot be known");
            return;
        }
    }
    decide_say(d, MODEL_HOLD, MODEL_WHY_TRUST, due,
               d->view->trust == MODEL_BOGUS      ? "the records do not validate (bogus)"
               : d->view->trust == MODEL_INSECURE ? "the records are not signed (insecure)"
                                                  : "no validated answer");
}

/* True while `written` is not at every server by a look of this moment. */
bool decide_is_not_seen_now(struct decision *d)
{
    if (decide_need_look(d, MODEL_WHY_SPREAD, "is it at every name server?") ||
        decide_is_foreign(d))
        return true;
    bool silent = d->view->trust != MODEL_SECURE;
    for (size_t i = 0; i < d->view->place_count; i++)
        silent = silent || (!d->view->places[i].answered && !d->view->places[i].ignored);
    if (d->facts->seen != 0 && !silent)
        return false;
    decide_say_not_seen(d);
    return true;
}

bool decide_is_silent(struct decision *d)
{
    for (size_t i = 0; i < d->view->place_count; i++) {
        if (!d->view->places[i].answered && !d->view->places[i].ignored)
            return true;
    }
    return false;
}
