/*
 * walk_generate.c - $GENERATE, BIND's way to write many records in a line:
 *
 *     $GENERATE start-stop[/step] owner [ttl] [class] type rdata
 *
 * where "$" in owner and rdata is the number at hand, "${offset,width,base}" the same with an
 * offset, in a width and base (d, o, x, X, or n, N for nibbles), and "\$" or "$$" a dollar sign.
 * Its records cannot be edited; what counts is which owners and types they have.
 */
#include <stdio.h>
#include <string.h>

#include "walk_state.h"

#define STEPS_MAX 1000000U /* more records than that are not looked through */

struct range {
    uint32_t start;
    uint32_t stop;
    uint32_t step;
};

static bool read_number(const char **p, const char *end, uint32_t *number)
{
    uint64_t value = 0;
    const char *from = *p;
    while (*p < end && **p >= '0' && **p <= '9' && value < UINT32_MAX)
        value = value * 10 + (uint64_t)(*(*p)++ - '0');
    *number = (uint32_t)value;
    return *p > from && value <= INT32_MAX;
}

static bool read_range(const char *text, size_t len, struct range *range)
{
    const char *p = text, *end = text + len;
    range->step = 1;
    if (!read_number(&p, end, &range->start) || p == end || *p++ != '-' ||
        !read_number(&p, end, &range->stop))
        return false;
    if (p < end && (*p++ != '/' || !read_number(&p, end, &range->step)))
        return false;
    return p == end && range->step > 0 && range->start <= range->stop;
}

/* Hexadecimal digits from the last on, parted by dots, width characters or more: ip6.arpa. */
static void add_nibbles(struct tlsagen_buf *out, uint32_t value, int width, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        tlsagen_buf_char(out, digits[value & 0xf]);
        value >>= 4;
        width--;
        if (width > 0 || value != 0)
            tlsagen_buf_char(out, '.');
        width--;
    } while (width > 0 || value != 0);
}

/* `${offset,width,base}` behind the dollar sign; false when it is malformed. */
static bool add_formed(struct tlsagen_buf *out, const char **p, const char *end, uint32_t number)
{
    char form[64];
    const char *close = memchr(*p, '}', (size_t)(end - *p));
    if (close == NULL || (size_t)(close - *p) >= sizeof(form))
        return false;
    memcpy(form, *p + 1, (size_t)(close - *p) - 1);
    form[close - *p - 1] = '\0';
    *p = close + 1;
    int offset = 0, width = 0, used = 0;
    char base = 'd';
    int got = sscanf(form, "%9d%n,%9d%n,%c%n", &offset, &used, &width, &used, &base, &used);
    if (got < 1 || form[used] != '\0' || width < 0 || width > (int)NAME_LABEL_MAX)
        return false;
    /* Of 32 bits, as for BIND: a negative number shows so in the other bases. */
    int32_t value = (int32_t)(number + (uint32_t)offset);
    switch (base) {
    case 'd':
        tlsagen_buf_printf(out, "%0*d", width, value);
        return true;
    case 'o':
        tlsagen_buf_printf(out, "%0*o", width, (unsigned)value);
        return true;
    case 'x':
        tlsagen_buf_printf(out, "%0*x", width, (unsigned)value);
        return true;
    case 'X':
        tlsagen_buf_printf(out, "%0*X", width, (unsigned)value);
        return true;
    case 'n':
    case 'N':
        add_nibbles(out, (uint32_t)value, width, base == 'N');
        return true;
    default:
        return false;
    }
}

/* The text with the number put in for each dollar sign. */
static bool expand(struct tlsagen_buf *out, const char *text, size_t len, uint32_t number)
{
    const char *p = text, *end = text + len;
    tlsagen_buf_reset(out);
    while (p < end) {
        char c = *p++;
        if (c == '\\' && p < end) {
            tlsagen_buf_char(out, c);
            tlsagen_buf_char(out, *p++);
        } else if (c != '$') {
            tlsagen_buf_char(out, c);
        } else if (p < end && *p == '$') {
            tlsagen_buf_char(out, *p++);
        } else if (p < end && *p == '{') {
            if (!add_formed(out, &p, end, number))
                return false;
        } else {
            tlsagen_buf_dec(out, number);
        }
    }
    return !out->failed;
}

/* Type and TTL stand as in a record. */
static bool read_head(const struct walk *walk, const struct walk_entry *entry,
                      struct walk_record *record)
{
    for (size_t i = 3; i < walk->tokens.count; i++) {
        const struct lex_token *token = &walk->tokens.at[i];
        const char *word = entry->text + token->at;
        uint16_t class;
        if (record->ttl_token == WALK_NO_TOKEN && ttl_parse(word, token->len, &record->ttl))
            record->ttl_token = i;
        else if (record->class_token == WALK_NO_TOKEN && class_parse(word, token->len, &class) &&
                 class == CLASS_IN)
            record->class_token = i;
        else if (type_parse(word, token->len, &record->type)) {
            record->type_token = i;
            record->rdata_token = i + 1;
            /* Several words have to be one by quotes, as for BIND. */
            return i + 2 == walk->tokens.count;
        } else
            return false;
    }
    return false;
}

enum tlsagen_status walk_expand(const struct walk_record *record, size_t token,
                                struct tlsagen_buf *out, struct tlsagen_err *err)
{
    const struct lex_token *word = &record->tokens[token];
    const char *text = record->text + word->at;
    if (!record->generated) {
        tlsagen_buf_reset(out);
        tlsagen_buf_add(out, text, word->len);
    } else if (!expand(out, text, word->len, record->number) && !out->failed) {
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "\"%.*s\" of this $GENERATE is malformed",
                               (int)(word->len > 40 ? 40 : word->len), text);
    }
    return tlsagen_buf_check(out, err);
}

/* The record's owner, with the number put in; ok unless there was a complaint. */
static enum tlsagen_status make_owner(struct walk *walk, const struct walk_entry *entry,
                                      struct walk_record *record, struct tlsagen_buf *text,
                                      bool *ok, struct tlsagen_err *err)
{
    const struct lex_token *owner = &walk->tokens.at[2];
    const struct name *origin = &entry->file->origin;
    struct tlsagen_err why;
    *ok = false;
    if (!expand(text, entry->text + owner->at, owner->len, record->number))
        return walk_complain(walk, entry, owner->at, err, TLSAGEN_E_SYNTAX,
                             "the owner of this $GENERATE is malformed");
    enum tlsagen_status status =
        name_parse(text->data, text->len, origin->len == 0 ? NULL : origin, &record->owner, &why);
    if (status != TLSAGEN_OK)
        return walk_complain(walk, entry, owner->at, err, status, "%s", why.message);
    if (walk->apex.len != 0 && !name_is_within(&record->owner, &walk->apex)) {
        char name[NAME_TEXT_SIZE];
        return walk_complain(walk, entry, owner->at, err, TLSAGEN_E_MISMATCH,
                             "%.300s lies outside the zone; remove the directive",
                             name_text(&record->owner, name));
    }
    *ok = true;
    return TLSAGEN_OK;
}

/* Shows all records, or looks only at the first and the last, which is the longest. */
static enum tlsagen_status go_through(struct walk *walk, const struct walk_entry *entry,
                                      struct walk_record *record, const struct range *range,
                                      bool show, struct tlsagen_err *err)
{
    uint32_t last = range->start + (range->stop - range->start) / range->step * range->step;
    uint64_t step = show || last == range->start ? range->step : last - range->start;
    enum tlsagen_status status = TLSAGEN_OK;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    for (uint64_t number = range->start; number <= last && !walk->stopped; number += step) {
        bool ok;
        record->number = (uint32_t)number;
        status = make_owner(walk, entry, record, &text, &ok, err);
        if (ok && show)
            status = walk_show(walk, entry, record, err);
        if (!ok || status != TLSAGEN_OK)
            break;
        record->follows = false;
    }
    tlsagen_buf_clear(&text);
    return status;
}

enum tlsagen_status walk_generate(struct walk *walk, const struct walk_entry *entry,
                                  struct tlsagen_err *err)
{
    struct range range;
    struct walk_record record = {
        .file = entry->file->index,
        .begin = entry->file->base + entry->file->at,
        .end = entry->file->base + entry->file->at + entry->len,
        .line = entry->file->line,
        .text = entry->text,
        .len = entry->len,
        .tokens = walk->tokens.at,
        .token_count = walk->tokens.count,
        .owner_token = 2,
        .ttl_token = WALK_NO_TOKEN,
        .class_token = WALK_NO_TOKEN,
        .origin = &entry->file->origin,
        .generated = true,
    };
    if (walk->tokens.count < 5 ||
        !read_range(entry->text + walk->tokens.at[1].at, walk->tokens.at[1].len, &range) ||
        !read_head(walk, entry, &record))
        return walk_complain(walk, entry, 0, err, TLSAGEN_E_SYNTAX,
                             "$GENERATE takes start-stop[/step], owner, [ttl] [class], type and "
                             "rdata, in quotes when it has blanks");
    walk_find_ttl(walk, &record);
    if ((range.stop - range.start) / range.step >= STEPS_MAX)
        return walk_complain(walk, entry, walk->tokens.at[1].at, err, TLSAGEN_E_LIMIT,
                             "$GENERATE makes more than %u records", STEPS_MAX);
    /* Behind a watched record the first is shown, because it may inherit the TTL. */
    record.follows = entry->file->follow;
    entry->file->follow = false;
    /* Only owners that are watched, or types that are asked for, are worth the work. */
    const struct walk_options *options = walk->options;
    bool noted = (record.type == TYPE_CNAME && options->cnames != NULL) ||
                 (record.type == TYPE_MX && options->mail);
    bool show = record.follows || walk->quick.labels != NULL || options->beside != NULL ||
                walk->all || noted || walk_is_wanted(walk, record.type);
    return go_through(walk, entry, &record, &range, show, err);
}
