/* state_parse.c - a state, from the text of its file. */
#include <stdlib.h>
#include <string.h>

#include "state_text.h"

/* Where reading has come to. */
struct reader {
    const char *label;
    const char *at; /* of the next line */
    const char *end;
    unsigned line;    /* number of the one in hand */
    const char *word; /* what is left of it: words with one blank between */
    size_t left;
    size_t next_field; /* fields come in the order of the list, so that the next is found at once */
    uint64_t seen;     /* fields, by place */
    struct state *state;
    struct tlsagen_err *err;
};

static enum tlsagen_status bad(struct reader *reader, const char *what)
{
    return tlsagen_err_set(reader->err, TLSAGEN_E_SYNTAX,
                           "%s:%u: %s; put back a copy of the file, or remove it to begin anew",
                           reader->label, reader->line, what);
}

static bool next_line(struct reader *reader)
{
    if (reader->at == reader->end)
        return false;
    const char *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    if (end == NULL)
        return false;
    reader->word = reader->at;
    reader->left = (size_t)(end - reader->at);
    reader->at = end + 1;
    reader->line++;
    return true;
}

/* Takes the next word of the line; false when there is none. */
static bool next_word(struct reader *reader, const char **word, size_t *len)
{
    if (reader->left == 0)
        return false;
    const char *blank = memchr(reader->word, ' ', reader->left);
    *word = reader->word;
    *len = blank != NULL ? (size_t)(blank - reader->word) : reader->left;
    size_t taken = *len + (blank != NULL);
    reader->word += taken;
    reader->left -= taken;
    return *len > 0;
}

static bool is_word(const char *word, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(word, text, len) == 0;
}

/* Digits alone, up to limit. */
static bool read_number(const char *word, size_t len, uint64_t limit, uint64_t *number)
{
    uint64_t value = 0;
    if (len == 0 || len > 20)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)((unsigned char)word[i] - '0');
        if (digit > 9 || value > limit / 10 || digit > limit - value * 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

static bool next_number(struct reader *reader, uint64_t limit, uint64_t *number)
{
    const char *word;
    size_t len;
    return next_word(reader, &word, &len) && read_number(word, len, limit, number);
}

static bool next_id(struct reader *reader, uint8_t *id)
{
    const char *word;
    size_t len, got;
    return next_word(reader, &word, &len) &&
           tlsagen_hex_decode(word, len, id, MODEL_ID, &got, NULL) == TLSAGEN_OK && got == MODEL_ID;
}

/* --- the first lines --- */

static enum tlsagen_status read_version(struct reader *reader)
{
    const char *word;
    size_t len;
    uint64_t version;
    if (!next_line(reader) || !next_word(reader, &word, &len) ||
        !is_word(word, len, "tlsagen-rollover") || !next_number(reader, UINT32_MAX, &version) ||
        reader->left > 0 || version == 0) {
        reader->line = 1;
        return bad(reader, reader->at == reader->end ? "the state file is truncated"
                                                     : "no state file of tlsagen");
    }
    if (version <= STATE_VERSION)
        return TLSAGEN_OK;
    return tlsagen_err_set(reader->err, TLSAGEN_E_KIND,
                           "%s:1: written by a newer version (format %llu, known up to %d); run "
                           "that version of tlsagen",
                           reader->label, (unsigned long long)version, STATE_VERSION);
}

/* Begins a line that must have this name. */
static enum tlsagen_status named_line(struct reader *reader, const char *name)
{
    const char *word;
    size_t len;
    if (!next_line(reader)) {
        reader->line++;
        return bad(reader, "the state file is truncated");
    }
    if (!next_word(reader, &word, &len) || !is_word(word, len, name))
        return bad(reader, "another line than at this place of a state file");
    return TLSAGEN_OK;
}

static enum tlsagen_status read_service(struct reader *reader, const char *service)
{
    enum tlsagen_status status = named_line(reader, "service");
    if (status != TLSAGEN_OK || is_word(reader->word, reader->left, service))
        return status;
    return tlsagen_err_set(reader->err, TLSAGEN_E_MISMATCH,
                           "%s:%u: the state of service \"%.*s\", not of \"%s\"; a state file is "
                           "not to be renamed",
                           reader->label, reader->line,
                           (int)(reader->left < STATE_SERVICE ? reader->left : STATE_SERVICE),
                           reader->word, service);
}

static enum tlsagen_status read_host(struct reader *reader, const struct state_home *home)
{
    const char *id;
    size_t len;
    enum tlsagen_status status = named_line(reader, "host");
    if (status != TLSAGEN_OK)
        return status;
    if (!next_word(reader, &id, &len))
        return bad(reader, "a host without an identity");
    if (is_word(id, len, home->host))
        return TLSAGEN_OK;
    return tlsagen_err_set(reader->err, TLSAGEN_E_MISMATCH,
                           "%s:%u: the state of another host, \"%.*s\", and this is \"%s\"; two "
                           "hosts must not publish for one service: remove the file to begin anew "
                           "here",
                           reader->label, reader->line,
                           (int)(reader->left < 64 ? reader->left : 64), reader->word,
                           home->host_name);
}

static enum tlsagen_status read_clock(struct reader *reader)
{
    struct state_clock *clock = &reader->state->clock;
    const char *boot, *offset;
    size_t len, offset_len;
    uint64_t number;
    enum tlsagen_status status = named_line(reader, "clock");
    if (status != TLSAGEN_OK)
        return status;
    if (!next_word(reader, &boot, &len) || len >= STATE_BOOT ||
        !next_word(reader, &offset, &offset_len))
        return bad(reader, "no clock");
    bool negative = offset[0] == '-';
    if (!read_number(offset + negative, offset_len - negative, INT64_MAX, &number) ||
        reader->left > 0)
        return bad(reader, "no clock");
    clock->offset_ms = negative ? -(int64_t)number : (int64_t)number;
    if (!is_word(boot, len, "-"))
        memcpy(clock->boot, boot, len);
    return TLSAGEN_OK;
}

/* --- fields, records and the rest --- */

static bool store_number(struct reader *reader, const struct state_field *field, void *value)
{
    uint64_t number, limit = INT64_MAX;
    if (field->kind == STATE_NUMBER)
        limit = UINT32_MAX;
    else if (field->kind != STATE_TIME)
        limit = field->kind == STATE_CHAINS ? MODEL_CHAINS : MODEL_PAST;
    if (!next_number(reader, limit, &number))
        return false;
    int64_t time = (int64_t)number;
    uint32_t small = (uint32_t)number;
    size_t count = (size_t)number;
    if (field->kind == STATE_TIME)
        memcpy(value, &time, sizeof(time));
    else if (field->kind == STATE_NUMBER)
        memcpy(value, &small, sizeof(small));
    else
        memcpy(value, &count, sizeof(count));
    return true;
}

static enum tlsagen_status store(struct reader *reader, size_t place)
{
    const struct state_field *field = &state_fields[place];
    char *value = (char *)&reader->state->facts + field->at;
    bool set = true;
    if ((reader->seen >> place & 1) != 0)
        return bad(reader, "a field that was there already");
    reader->seen |= UINT64_C(1) << place;
    if (field->kind == STATE_FLAG)
        memcpy(value, &set, sizeof(set));
    else if (field->kind == STATE_ID)
        set = next_id(reader, (uint8_t *)value);
    else
        set = store_number(reader, field, value);
    return set && reader->left == 0 ? TLSAGEN_OK : bad(reader, "a value that this cannot have");
}

static bool find_field(struct reader *reader, const char *word, size_t len, size_t *place)
{
    for (size_t i = 0; i < state_field_count; i++) {
        *place = (reader->next_field + i) % state_field_count;
        if (state_fields[*place].len == len && memcmp(state_fields[*place].name, word, len) == 0) {
            reader->next_field = *place + 1;
            return true;
        }
    }
    return false;
}

static enum tlsagen_status intern(struct reader *reader, struct tlsagen_fields fields,
                                  const char *hex, size_t len, unsigned *bit)
{
    struct table *table = &reader->state->table;
    uint8_t small[64];
    uint8_t *data = len / 2 <= sizeof(small) ? small : malloc(len / 2);
    size_t got = 0;
    if (data == NULL)
        return tlsagen_err_set(reader->err, TLSAGEN_E_MEMORY, "out of memory for a record");
    enum tlsagen_status status = TLSAGEN_OK;
    if (!is_word(hex, len, "-"))
        status = tlsagen_hex_decode(hex, len, data, len / 2, &got, NULL);
    size_t before = table->count;
    struct tlsagen_record record = {.fields = fields, .data = data, .len = got};
    if (status != TLSAGEN_OK)
        status = bad(reader, "association data that is not hexadecimal");
    else if (before == MODEL_RECORDS)
        status = bad(reader, "more records than can be in play");
    else
        status = table_intern(table, &record, bit, reader->err);
    if (status == TLSAGEN_OK && table->count == before)
        status = bad(reader, "a record that was there already");
    if (data != small)
        free(data);
    return status;
}

static enum tlsagen_status read_record(struct reader *reader)
{
    uint64_t usage, selector, matching;
    const char *word;
    size_t len;
    unsigned bit = 0;
    if (!next_number(reader, UINT8_MAX, &usage) || !next_number(reader, UINT8_MAX, &selector) ||
        !next_number(reader, UINT8_MAX, &matching) || !next_word(reader, &word, &len))
        return bad(reader, "no record");
    const struct tlsagen_fields fields = {(uint8_t)usage, (uint8_t)selector, (uint8_t)matching};
    enum tlsagen_status status = intern(reader, fields, word, len, &bit);
    while (status == TLSAGEN_OK && reader->left > 0) {
        model_set *set = NULL;
        if (next_word(reader, &word, &len))
            set = state_set_find(&reader->state->facts, word, len);
        if (set == NULL)
            return bad(reader, "a set of records that is not known");
        *set |= UINT64_C(1) << bit;
    }
    return status;
}

static enum tlsagen_status read_leaf(struct reader *reader)
{
    struct state *state = reader->state;
    if (state->leaf_count == STATE_LEAVES)
        return bad(reader, "more certificates than are kept");
    struct state_leaf *leaf = &state->leaves[state->leaf_count];
    if (!next_id(reader, leaf->side) || !next_id(reader, leaf->leaf) || reader->left > 0)
        return bad(reader, "no certificate of a side");
    state->leaf_count++;
    return TLSAGEN_OK;
}

static bool is_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    }
    return true;
}

static enum tlsagen_status read_step(struct reader *reader)
{
    struct state *state = reader->state;
    uint64_t at;
    if (state->step_count == STATE_STEPS)
        return bad(reader, "more steps than are kept");
    struct state_step *step = &state->steps[state->step_count];
    if (!next_number(reader, INT64_MAX, &at) || reader->left >= STATE_TEXT ||
        !is_text(reader->word, reader->left))
        return bad(reader, "no step");
    step->at = (int64_t)at;
    memcpy(step->text, reader->word, reader->left);
    step->text[reader->left] = '\0';
    state->step_count++;
    return TLSAGEN_OK;
}

static enum tlsagen_status read_name(struct reader *reader)
{
    char name[STATE_NAME];
    const char *word;
    size_t len;
    bool known;
    if (!next_word(reader, &word, &len) || reader->left > 0 || len >= sizeof(name) ||
        !is_text(word, len))
        return bad(reader, "no name");
    memcpy(name, word, len);
    name[len] = '\0';
    if (!state_add_name(reader->state, name, &known))
        return bad(reader, "more names than are kept");
    return known ? bad(reader, "a name that was there already") : TLSAGEN_OK;
}

static enum tlsagen_status unknown(struct reader *reader, const char *word, size_t len)
{
    char text[64];
    struct tlsagen_buf what;
    size_t shown = len < sizeof(text) ? len : sizeof(text) - 1;
    memcpy(text, word, shown);
    text[shown] = '\0';
    tlsagen_buf_init(&what);
    tlsagen_buf_printf(&what, "\"%s\" is not known", text);
    enum tlsagen_status status = bad(reader, what.data != NULL ? what.data : "not known");
    tlsagen_buf_clear(&what);
    return status;
}

/* One line of the body; *end when it is the last. */
static enum tlsagen_status read_line(struct reader *reader, bool *end)
{
    const char *word = "";
    size_t len = 0, place;
    if (!next_word(reader, &word, &len))
        return bad(reader, "an empty line");
    if (is_word(word, len, "record"))
        return read_record(reader);
    if (is_word(word, len, "at"))
        return read_name(reader);
    if (is_word(word, len, "leaf"))
        return read_leaf(reader);
    if (is_word(word, len, "step"))
        return read_step(reader);
    *end = is_word(word, len, "end") && reader->left == 0;
    if (*end)
        return TLSAGEN_OK;
    return find_field(reader, word, len, &place) ? store(reader, place)
                                                 : unknown(reader, word, len);
}

/* Sets of chains and pasts that the counts do not have. */
static bool is_consistent(const struct model_facts *facts)
{
    for (size_t i = 0; i < MODEL_CHAINS; i++) {
        if ((i >= facts->current.chains && facts->current.matches[i] != 0) ||
            (i >= facts->next.chains && facts->next.matches[i] != 0))
            return false;
    }
    for (size_t i = facts->past_count; i < MODEL_PAST; i++) {
        if (facts->past[i] != 0)
            return false;
    }
    return true;
}

static enum tlsagen_status read_body(struct reader *reader)
{
    bool end = false;
    while (!end) {
        if (!next_line(reader)) {
            reader->line++;
            return bad(reader, "the state file is truncated");
        }
        enum tlsagen_status status = read_line(reader, &end);
        if (status != TLSAGEN_OK)
            return status;
    }
    if (reader->at != reader->end)
        return bad(reader, "something follows the end of the state file");
    return is_consistent(&reader->state->facts)
               ? TLSAGEN_OK
               : bad(reader, "a record is in a set that the state does not have");
}

enum tlsagen_status state_parse(const struct state_home *home, const char *service,
                                const char *text, size_t len, const char *label,
                                struct state *state, struct tlsagen_err *err)
{
    struct reader reader = {
        .label = label, .at = text, .end = text + len, .state = state, .err = err};
    enum tlsagen_status status = read_version(&reader);
    if (status == TLSAGEN_OK)
        status = read_service(&reader, service);
    if (status == TLSAGEN_OK)
        status = read_host(&reader, home);
    if (status == TLSAGEN_OK)
        status = read_clock(&reader);
    if (status == TLSAGEN_OK)
        status = read_body(&reader);
    if (status != TLSAGEN_OK)
        state_clear(state);
    return status;
}
