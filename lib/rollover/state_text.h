/* state_text.h - the names that things have in a state file; nobody but state*.c includes this. */
#ifndef ROLLOVER_STATE_TEXT_H
#define ROLLOVER_STATE_TEXT_H

#include "state.h"

enum state_kind {
    STATE_TIME,   /* int64_t, not negative */
    STATE_FLAG,   /* bool; its line has no value */
    STATE_NUMBER, /* uint32_t */
    STATE_CHAINS, /* size_t up to MODEL_CHAINS */
    STATE_PAST,   /* size_t up to MODEL_PAST */
    STATE_ID,     /* MODEL_ID bytes */
};

struct state_field {
    const char *name;
    size_t len; /* of name */
    size_t at;  /* offset in struct model_facts */
    enum state_kind kind;
};

/* All fields but the sets. */
extern const struct state_field state_fields[];
extern const size_t state_field_count;

#define STATE_SETS (3 + MODEL_PAST + 2 * (2 + MODEL_CHAINS)) /* in struct model_facts */
#define STATE_SET_NAME 32                                    /* bytes, NUL included */

/* The sets of the facts, in the order in which a file names them. */
void state_sets(struct model_facts *facts, model_set *sets[STATE_SETS]);
/* The name of the set at this place. */
void state_set_name(size_t place, char name[STATE_SET_NAME]);
/* True when the side is in the facts. */
bool state_is_side(const struct model_facts *facts, const uint8_t id[MODEL_ID]);
/* The set of a name of len bytes; NULL when there is none. */
model_set *state_set_find(struct model_facts *facts, const char *name, size_t len);

#endif
