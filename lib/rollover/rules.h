/* rules.h - the arithmetic of record sets behind the decision (RFC 7671 section 8). Pure. */
#ifndef ROLLOVER_RULES_H
#define ROLLOVER_RULES_H

#include "model.h"

/* Seconds that clients keep answers for themselves beyond what resolvers do (Postfix). */
#define RULES_MARGIN 5

/* Every record whose combination is present in set. */
model_set rules_present(const struct model_combos *combos, model_set set);
/* What stands in the zone, and what a write that was broken off may have brought. */
model_set rules_there(const struct model_facts *facts);
/*
 * The set to publish before next is deployed: it serves both sides, and has all that the
 * configuration wants if that is possible already and combinations may come in (more). False when
 * no set serves both.
 */
bool rules_transition(const struct model_combos *combos, const struct model_facts *facts, bool more,
                      model_set *set);
/* Every set that serves one side serves the other, too, as with a certificate of the same key. */
bool rules_follows(const struct model_combos *combos, const struct model_side *from,
                   const struct model_side *to);
/* The set with all that the configuration wants for the one side in force. False: it is not served.
 */
bool rules_complete(const struct model_combos *combos, const struct model_facts *facts,
                    const struct model_side *side, model_set *set);
/*
 * The set without what is ours and serves the side no more. What somebody else put there stays.
 * False when the side would not be served, or nothing would be left.
 */
bool rules_retire(const struct model_combos *combos, const struct model_facts *facts,
                  const struct model_side *side, model_set *set);
/* No cache can lack what is written, which every server has had for long enough. */
bool rules_is_everywhere(const struct model_facts *facts, int64_t now);
/* From when on that is so: t0 + 2 T + 5 s; 0 when it is not known. */
int64_t rules_everywhere_at(const struct model_facts *facts);
/* No cache can hold what does not serve the current side: it is known to be so, or was waited for.
 */
bool rules_is_way_back(const struct model_facts *facts, int64_t now);
/* The side in force: next once it is verified, else current. */
const struct model_side *rules_side(const struct model_facts *facts);
/* Nothing was written or switched for the next side yet, so that foreign edits can be taken over.
 */
bool rules_at_rest(const struct model_facts *facts);
/* True for what a server may have: our last set, one before it, or one whose writing was broken
 * off. */
bool rules_is_known(const struct model_facts *facts, model_set set);
bool rules_same(const struct model_side *a, const struct model_side *b);
/* All that counts of two facts is equal: everything but the moment `now`. */
bool rules_equal_facts(const struct model_facts *a, const struct model_facts *b);

/* What the endpoints show in all. */
struct rules_shown {
    size_t current;
    size_t next;
    size_t other;
    size_t silent;
};
struct rules_shown rules_shown(const struct model_view *view);
bool rules_all_next(const struct rules_shown *shown);
bool rules_all_current(const struct rules_shown *shown);

#endif
