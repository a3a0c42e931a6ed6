#include "rules.h"

#include <string.h>

model_set rules_present(const struct model_combos *combos, model_set set)
{
    model_set all = 0;
    for (size_t i = 0; i < combos->count; i++) {
        if ((combos->with[i] & set) != 0)
            all |= combos->with[i];
    }
    return all;
}

bool model_serves(const struct model_combos *combos, model_set set, const struct model_side *side)
{
    for (size_t i = 0; i < combos->count; i++) {
        model_set has = combos->with[i] & set;
        for (size_t chain = 0; has != 0 && chain < side->chains; chain++) {
            if ((has & side->matches[chain]) == 0)
                return false;
        }
    }
    return true;
}

static bool serves_both(const struct model_combos *combos, const struct model_facts *facts,
                        model_set set)
{
    return model_serves(combos, set, &facts->current) && model_serves(combos, set, &facts->next);
}

model_set rules_there(const struct model_facts *facts)
{
    return facts->written | (facts->intent_at != 0 ? facts->intent : 0);
}

bool rules_transition(const struct model_combos *combos, const struct model_facts *facts, bool more,
                      model_set *set)
{
    const model_set could = facts->current.could | facts->next.could;
    /* What a write that was broken off brought may be relied on by now. */
    const model_set there = rules_there(facts);
    *set = there | facts->current.wants | facts->next.wants;
    *set |= could & rules_present(combos, *set);
    if (more && serves_both(combos, facts, *set))
        return true;
    /* Combinations that only the next side can serve come after it (RFC 7671 section 8.2). */
    *set = there | (could & rules_present(combos, there));
    return serves_both(combos, facts, *set);
}

/* In this combination, what matches some chain of one side matches the chain, too. */
static bool chain_follows(model_set with, const struct model_side *from, model_set matches)
{
    for (size_t i = 0; i < from->chains; i++) {
        if ((from->matches[i] & with & ~matches) == 0)
            return true;
    }
    return false;
}

bool rules_follows(const struct model_combos *combos, const struct model_side *from,
                   const struct model_side *to)
{
    for (size_t i = 0; i < combos->count; i++) {
        for (size_t chain = 0; chain < to->chains; chain++) {
            if (!chain_follows(combos->with[i], from, to->matches[chain]))
                return false;
        }
    }
    return from->known;
}

bool rules_complete(const struct model_combos *combos, const struct model_facts *facts,
                    const struct model_side *side, model_set *set)
{
    *set = facts->written | side->wants;
    *set |= side->could & rules_present(combos, *set);
    return model_serves(combos, *set, side);
}

bool rules_retire(const struct model_combos *combos, const struct model_facts *facts,
                  const struct model_side *side, model_set *set)
{
    const model_set theirs = facts->written & ~facts->ours;
    const model_set keep = side->wants | (side->could & rules_present(combos, theirs));
    *set = facts->written & ~(facts->ours & ~keep);
    return *set != 0 && model_serves(combos, *set, side);
}

const struct model_side *rules_side(const struct model_facts *facts)
{
    return facts->next.known && facts->verified != 0 ? &facts->next : &facts->current;
}

bool rules_at_rest(const struct model_facts *facts)
{
    return facts->next_written == 0 && facts->intent_at == 0 && facts->switch_intent == 0 &&
           facts->switched == 0 && facts->abort == 0;
}

int64_t rules_everywhere_at(const struct model_facts *facts)
{
    return facts->seen == 0 ? 0 : facts->seen + 2 * (int64_t)facts->ttl + RULES_MARGIN;
}

bool rules_is_everywhere(const struct model_facts *facts, int64_t now)
{
    return facts->seen != 0 && now >= rules_everywhere_at(facts);
}

bool rules_is_way_back(const struct model_facts *facts, int64_t now)
{
    return facts->served != 0 || rules_is_everywhere(facts, now);
}

bool rules_is_known(const struct model_facts *facts, model_set set)
{
    if (set == facts->written || (facts->intent_at != 0 && set == facts->intent))
        return true;
    for (size_t i = 0; i < facts->past_count; i++) {
        if (set == facts->past[i])
            return true;
    }
    return false;
}

bool rules_same(const struct model_side *a, const struct model_side *b)
{
    return a->known && b->known && memcmp(a->id, b->id, MODEL_ID) == 0;
}

/* Field by field: the bytes between fields are nobody's. */
static bool equal_sides(const struct model_side *a, const struct model_side *b)
{
    return a->known == b->known && a->certified == b->certified && a->wants == b->wants &&
           a->could == b->could && a->chains == b->chains &&
           memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
           memcmp(a->keys, b->keys, sizeof(a->keys)) == 0 &&
           memcmp(a->matches, b->matches, a->chains * sizeof(a->matches[0])) == 0;
}

static bool equal_sets(const struct model_facts *a, const struct model_facts *b)
{
    return a->written == b->written && a->past_count == b->past_count && a->ours == b->ours &&
           a->intent == b->intent &&
           memcmp(a->past, b->past, a->past_count * sizeof(a->past[0])) == 0;
}

static bool equal_times(const struct model_facts *a, const struct model_facts *b)
{
    return a->intent_at == b->intent_at && a->written_at == b->written_at &&
           a->write_failed == b->write_failed && a->staged == b->staged &&
           a->next_written == b->next_written && a->retire == b->retire &&
           a->lower_since == b->lower_since && a->seen == b->seen && a->next_seen == b->next_seen &&
           a->served == b->served && a->looked == b->looked && a->probed == b->probed &&
           a->told == b->told && a->switch_intent == b->switch_intent &&
           a->switched == b->switched && a->hasty == b->hasty && a->hook_failed == b->hook_failed &&
           a->verified == b->verified && a->back_intent == b->back_intent &&
           a->failed == b->failed && a->abort == b->abort && a->finished == b->finished;
}

bool rules_equal_facts(const struct model_facts *a, const struct model_facts *b)
{
    return equal_sides(&a->current, &b->current) && equal_sides(&a->next, &b->next) &&
           a->next_key == b->next_key && equal_sets(a, b) && equal_times(a, b) &&
           a->ttl == b->ttl && a->lower == b->lower && a->failures == b->failures &&
           a->write_failures == b->write_failures &&
           memcmp(a->refused, b->refused, sizeof(a->refused)) == 0;
}

struct rules_shown rules_shown(const struct model_view *view)
{
    struct rules_shown shown = {0};
    for (size_t i = 0; i < view->endpoint_count; i++) {
        switch (view->endpoints[i].shows) {
        case MODEL_SHOWS_CURRENT:
            shown.current++;
            break;
        case MODEL_SHOWS_NEXT:
            shown.next++;
            break;
        case MODEL_SHOWS_OTHER:
            shown.other++;
            break;
        case MODEL_SHOWS_SILENT:
            shown.silent++;
            break;
        case MODEL_SHOWS_NONE:
            break;
        }
    }
    return shown;
}

bool rules_all_next(const struct rules_shown *shown)
{
    return shown->next > 0 && shown->current == 0 && shown->other == 0 && shown->silent == 0;
}

bool rules_all_current(const struct rules_shown *shown)
{
    return shown->current > 0 && shown->next == 0 && shown->other == 0 && shown->silent == 0;
}
