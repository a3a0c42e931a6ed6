/*
 * decide.h - the parts of model_decide: each answers true when it has said what the step is. Pure.
 */
#ifndef ROLLOVER_DECIDE_H
#define ROLLOVER_DECIDE_H

#include "rules.h"

struct decision {
    const struct model_facts *facts;
    const struct model_view *view;
    const struct model_policy *policy;
    int64_t now;
    struct model_step *step;
};

/* --- decide_look.c --- */

void decide_say(struct decision *d, enum model_action action, enum model_reason reason, int64_t due,
                const char *why);
void decide_say_publish(struct decision *d, enum model_reason reason, model_set set,
                        const char *why);
int64_t decide_soonest(int64_t a, int64_t b);
/* What the last write did is looked at once it is done; then again every so often. */
bool decide_look_is_due(const struct decision *d);
/* Without `live` the endpoints are watched, too, as somebody else deploys. */
bool decide_probe_is_due(const struct decision *d);
/* A fresh look has to be asked for. */
bool decide_need_look(struct decision *d, enum model_reason reason, const char *why);
bool decide_need_probe(struct decision *d, enum model_reason reason, const char *why);
/* Somebody else's records, where none may be (facts that follow a look take them over at rest). */
bool decide_is_foreign(struct decision *d);
/* Why `written` is not at every server, after a look; this says something always. */
void decide_say_not_seen(struct decision *d);
/* `written` is not at every server by a look of this moment. */
bool decide_is_not_seen_now(struct decision *d);
/* A server does not answer in the look of this moment. */
bool decide_is_silent(struct decision *d);

/* --- decide_write.c --- */

/* The set has to be written, or something looked at before; false when it is there. */
bool decide_write(struct decision *d, model_set set, enum model_reason reason, const char *why);
/* A write that was broken off may have been done or not: the zone gets what it had before. */
bool decide_redo(struct decision *d);
/* Without `live`, what is known of the chain in use is what the endpoints last showed. */
bool decide_need_chain(struct decision *d);
/* What the configuration wants for the side in force is not published. */
bool decide_complete(struct decision *d, const struct model_side *side);
/* The records of both sides are not published. */
bool decide_transition(struct decision *d);
/* Something is ours and serves nobody any more. */
bool decide_retire(struct decision *d, const struct model_side *side);

#endif
