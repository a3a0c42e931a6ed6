/* state_names.c - the one list of all that a state file holds of struct model_facts. */
#include <stdio.h>
#include <string.h>

#include "state_text.h"

#define FIELD(name, member, kind)                                                                  \
    {                                                                                              \
        name, sizeof(name) - 1, offsetof(struct model_facts, member), kind                         \
    }
#define SIDE(side)                                                                                 \
    FIELD(#side ".known", side.known, STATE_FLAG),                                                 \
        FIELD(#side ".certified", side.certified, STATE_FLAG),                                     \
        FIELD(#side ".id", side.id, STATE_ID), FIELD(#side ".keys", side.keys, STATE_ID),          \
        FIELD(#side ".chains", side.chains, STATE_CHAINS)

const struct state_field state_fields[] = {
    FIELD("now", now, STATE_TIME),
    SIDE(current),
    SIDE(next),
    FIELD("next_key", next_key, STATE_FLAG),
    FIELD("past", past_count, STATE_PAST),
    FIELD("intent_at", intent_at, STATE_TIME),
    FIELD("written_at", written_at, STATE_TIME),
    FIELD("write_failed", write_failed, STATE_TIME),
    FIELD("staged", staged, STATE_TIME),
    FIELD("next_written", next_written, STATE_TIME),
    FIELD("retire", retire, STATE_TIME),
    FIELD("ttl", ttl, STATE_NUMBER),
    FIELD("lower", lower, STATE_NUMBER),
    FIELD("lower_since", lower_since, STATE_TIME),
    FIELD("seen", seen, STATE_TIME),
    FIELD("next_seen", next_seen, STATE_TIME),
    FIELD("served", served, STATE_TIME),
    FIELD("looked", looked, STATE_TIME),
    FIELD("probed", probed, STATE_TIME),
    FIELD("told", told, STATE_TIME),
    FIELD("switch_intent", switch_intent, STATE_TIME),
    FIELD("switched", switched, STATE_TIME),
    FIELD("hasty", hasty, STATE_TIME),
    FIELD("hook_failed", hook_failed, STATE_TIME),
    FIELD("verified", verified, STATE_TIME),
    FIELD("back_intent", back_intent, STATE_TIME),
    FIELD("failed", failed, STATE_TIME),
    FIELD("failures", failures, STATE_NUMBER),
    FIELD("write_failures", write_failures, STATE_NUMBER),
    FIELD("abort", abort, STATE_TIME),
    FIELD("refused", refused, STATE_ID),
    FIELD("finished", finished, STATE_TIME),
};
const size_t state_field_count = sizeof(state_fields) / sizeof(state_fields[0]);

#define SIDE_SETS (2 + MODEL_CHAINS)

static size_t side_sets(struct model_side *side, model_set *sets[])
{
    size_t count = 0;
    sets[count++] = &side->wants;
    sets[count++] = &side->could;
    for (size_t i = 0; i < MODEL_CHAINS; i++)
        sets[count++] = &side->matches[i];
    return count;
}

void state_sets(struct model_facts *facts, model_set *sets[STATE_SETS])
{
    size_t count = 0;
    sets[count++] = &facts->written;
    sets[count++] = &facts->ours;
    sets[count++] = &facts->intent;
    count += side_sets(&facts->current, &sets[count]);
    count += side_sets(&facts->next, &sets[count]);
    for (size_t i = 0; i < MODEL_PAST; i++)
        sets[count++] = &facts->past[i];
}

static void side_set_name(const char *side, size_t place, char name[STATE_SET_NAME])
{
    if (place < 2)
        (void)snprintf(name, STATE_SET_NAME, "%s%s", side, place == 0 ? "" : "+");
    else
        (void)snprintf(name, STATE_SET_NAME, "%s.%zu", side, place - 1);
}

void state_set_name(size_t place, char name[STATE_SET_NAME])
{
    static const char *const first[] = {"written", "ours", "intent"};
    if (place < 3)
        (void)snprintf(name, STATE_SET_NAME, "%s", first[place]);
    else if (place < 3 + SIDE_SETS)
        side_set_name("current", place - 3, name);
    else if (place < 3 + 2 * SIDE_SETS)
        side_set_name("next", place - 3 - SIDE_SETS, name);
    else
        (void)snprintf(name, STATE_SET_NAME, "past.%zu", place - 2 - 2 * SIDE_SETS);
}

/* True when name begins with text; *rest is what follows it. */
static bool begins(const char *name, size_t len, const char *text, size_t text_len,
                   const char **rest, size_t *rest_len)
{
    if (len < text_len || memcmp(name, text, text_len) != 0)
        return false;
    *rest = name + text_len;
    *rest_len = len - text_len;
    return true;
}

/* ".N" with N from 1 to limit. */
static bool is_number(const char *rest, size_t len, size_t limit, size_t *index)
{
    if (len != 2 || rest[0] != '.' || rest[1] < '1')
        return false;
    *index = (size_t)(rest[1] - '1');
    return *index < limit;
}

static model_set *find_of_side(struct model_side *side, const char *rest, size_t len)
{
    size_t index;
    if (len == 0)
        return &side->wants;
    if (len == 1 && *rest == '+')
        return &side->could;
    return is_number(rest, len, MODEL_CHAINS, &index) ? &side->matches[index] : NULL;
}

model_set *state_set_find(struct model_facts *facts, const char *name, size_t len)
{
    const char *rest;
    size_t rest_len, index;
    if (begins(name, len, "current", 7, &rest, &rest_len))
        return find_of_side(&facts->current, rest, rest_len);
    if (begins(name, len, "next", 4, &rest, &rest_len))
        return find_of_side(&facts->next, rest, rest_len);
    if (begins(name, len, "past", 4, &rest, &rest_len))
        return is_number(rest, rest_len, MODEL_PAST, &index) ? &facts->past[index] : NULL;
    if (len == 7 && memcmp(name, "written", 7) == 0)
        return &facts->written;
    if (len == 4 && memcmp(name, "ours", 4) == 0)
        return &facts->ours;
    if (len == 6 && memcmp(name, "intent", 6) == 0)
        return &facts->intent;
    return NULL;
}
