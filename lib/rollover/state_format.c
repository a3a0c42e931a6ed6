/* state_format.c - the text of a state file, from a state. */
#include <string.h>

#include "state_text.h"

_Static_assert(MODEL_CHAINS <= 9 && MODEL_PAST <= 9, "sets are numbered by one digit");

static void add_clock(struct tlsagen_buf *buf, const struct state_clock *clock)
{
    int64_t offset = clock->offset_ms;
    tlsagen_buf_printf(buf, "clock %s %s", clock->boot[0] == '\0' ? "-" : clock->boot,
                       offset < 0 ? "-" : "");
    tlsagen_buf_dec(buf, offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset);
    tlsagen_buf_char(buf, '\n');
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* A value of 0 has no line. */
static void add_number(struct tlsagen_buf *buf, const char *name, uint64_t number)
{
    if (number == 0)
        return;
    tlsagen_buf_str(buf, name);
    tlsagen_buf_char(buf, ' ');
    tlsagen_buf_dec(buf, number);
    tlsagen_buf_char(buf, '\n');
}

static void add_field(struct tlsagen_buf *buf, const struct state_field *field,
                      const struct model_facts *facts)
{
    const char *value = (const char *)facts + field->at;
    int64_t time;
    uint32_t number;
    size_t count;
    bool flag;
    switch (field->kind) {
    case STATE_TIME:
        memcpy(&time, value, sizeof(time));
        add_number(buf, field->name, time < 0 ? 0 : (uint64_t)time);
        break;
    case STATE_FLAG:
        memcpy(&flag, value, sizeof(flag));
        if (flag)
            tlsagen_buf_printf(buf, "%s\n", field->name);
        break;
    case STATE_NUMBER:
        memcpy(&number, value, sizeof(number));
        add_number(buf, field->name, number);
        break;
    case STATE_CHAINS:
    case STATE_PAST:
        memcpy(&count, value, sizeof(count));
        add_number(buf, field->name, count);
        break;
    case STATE_ID:
        if (is_zero((const uint8_t *)value, MODEL_ID))
            break;
        tlsagen_buf_printf(buf, "%s ", field->name);
        tlsagen_buf_hex(buf, (const uint8_t *)value, MODEL_ID);
        tlsagen_buf_char(buf, '\n');
        break;
    }
}

static void add_records(struct tlsagen_buf *buf, const struct state *state)
{
    struct model_facts facts = state->facts;
    model_set *sets[STATE_SETS];
    char name[STATE_SET_NAME];
    model_set used = 0;
    state_sets(&facts, sets);
    for (size_t i = 0; i < STATE_SETS; i++)
        used |= *sets[i];
    for (size_t i = 0; i < state->table.count; i++) {
        if ((used >> i & 1) == 0)
            continue;
        tlsagen_buf_str(buf, "record ");
        table_add_record(buf, &state->table.records[i]);
        for (size_t place = 0; place < STATE_SETS; place++) {
            if ((*sets[place] >> i & 1) == 0)
                continue;
            state_set_name(place, name);
            tlsagen_buf_char(buf, ' ');
            tlsagen_buf_str(buf, name);
        }
        tlsagen_buf_char(buf, '\n');
    }
}

static void add_rest(struct tlsagen_buf *buf, const struct state *state)
{
    for (size_t i = 0; i < state->name_count; i++)
        tlsagen_buf_printf(buf, "at %s\n", state->names[i]);
    for (size_t i = 0; i < state->leaf_count; i++) {
        if (!state_is_side(&state->facts, state->leaves[i].side))
            continue;
        tlsagen_buf_str(buf, "leaf ");
        tlsagen_buf_hex(buf, state->leaves[i].side, MODEL_ID);
        tlsagen_buf_char(buf, ' ');
        tlsagen_buf_hex(buf, state->leaves[i].leaf, MODEL_ID);
        tlsagen_buf_char(buf, '\n');
    }
    for (size_t i = 0; i < state->step_count; i++) {
        tlsagen_buf_str(buf, "step ");
        tlsagen_buf_dec(buf, state->steps[i].at < 0 ? 0 : (uint64_t)state->steps[i].at);
        tlsagen_buf_printf(buf, " %s\n", state->steps[i].text);
    }
    tlsagen_buf_str(buf, "end\n");
}

void state_format(const struct state_home *home, const char *service, const struct state *state,
                  struct tlsagen_buf *buf)
{
    tlsagen_buf_printf(buf, "tlsagen-rollover %d\nservice %s\nhost %s %s\n", STATE_VERSION, service,
                       home->host, home->host_name);
    add_clock(buf, &state->clock);
    for (size_t i = 0; i < state_field_count; i++)
        add_field(buf, &state_fields[i], &state->facts);
    add_records(buf, state);
    add_rest(buf, state);
}
