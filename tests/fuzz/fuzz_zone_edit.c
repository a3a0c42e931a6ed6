/*
 * Edits of a zone file. Input: a line with the verb, the records, a line "---", the zone file.
 *
 * What was applied reads back as what was intended and nothing else; put twice is put once; add and
 * then remove gives the old bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../zone_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define APEX "example.org."

/* Lines of records, to be compared as a set. */
struct lines {
    char **at;
    size_t count;
};

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void lines_add(struct lines *lines, const char *text)
{
    if (lines->count % 64 == 0) {
        lines->at = realloc(lines->at, (lines->count + 64) * sizeof(*lines->at));
        expect(lines->at != NULL, "memory");
    }
    lines->at[lines->count] = strdup(text);
    expect(lines->at[lines->count] != NULL, "memory");
    lines->count++;
}

static void lines_clear(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->at[i]);
    free(lines->at);
    *lines = (struct lines){0};
}

/* Takes one such line out, case aside; false when there is none. */
static bool lines_take(struct lines *lines, const char *text, size_t len)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (strlen(lines->at[i]) != len || strncasecmp(lines->at[i], text, len) != 0)
            continue;
        free(lines->at[i]);
        lines->at[i] = lines->at[--lines->count];
        return true;
    }
    return false;
}

/* One record in a form that depends on its meaning alone; raw words where there is none. */
static enum tlsagen_status list_record(void *arg, struct walk *walk,
                                       const struct walk_record *record, struct tlsagen_err *err)
{
    struct rdata_word words[32];
    struct tlsagen_buf line;
    struct rdata rdata;
    size_t count = record->token_count - record->rdata_token;
    (void)walk;
    tlsagen_buf_init(&line);
    rdata_init(&rdata);
    for (size_t i = 0; i < count && i < 32; i++) {
        const struct lex_token *token = &record->tokens[record->rdata_token + i];
        words[i] = (struct rdata_word){record->text + token->at, token->len, token->quoted};
    }
    if (count > 32 || record->generated ||
        rdata_parse(record->type, words, count, record->origin, &rdata, err) != TLSAGEN_OK ||
        edit_text_record(&line, &record->owner, record->ttl, record->type, &rdata, err) !=
            TLSAGEN_OK) {
        tlsagen_buf_reset(&line);
        name_format(&line, &record->owner);
        tlsagen_buf_printf(&line, " %u %u", record->ttl, record->type);
        for (size_t i = record->rdata_token; i < record->token_count; i++) {
            tlsagen_buf_char(&line, ' ');
            tlsagen_buf_add(&line, record->text + record->tokens[i].at, record->tokens[i].len);
        }
    }
    expect(!line.failed, "memory");
    lines_add(arg, line.data);
    rdata_clear(&rdata);
    tlsagen_buf_clear(&line);
    return TLSAGEN_OK;
}

static bool list_zone(const char *bytes, size_t len, struct lines *lines)
{
    struct memory memory = {.files = {{"zone", bytes, len}}, .count = 1};
    const struct walk_source source = {&memory, memory_open, memory_read, memory_close};
    const struct walk_options options = {
        .path = "zone", .all = true, .source = &source, .arg = lines, .record = list_record};
    struct tlsagen_err err;
    struct walk *walk = NULL;
    enum tlsagen_status status = walk_run(&options, &walk, &err);
    walk_free(walk);
    return status == TLSAGEN_OK;
}

/* The new text of the zone after an edit; false when it was refused. */
static bool apply(enum edit_verb verb, struct wants *wants, const char *zone, size_t len,
                  struct edit *edit, struct tlsagen_buf *text)
{
    struct memory memory = {.files = {{"zone", zone, len}}, .count = 1};
    struct tlsagen_err err;
    *edit = (struct edit){.verb = verb, .wants = wants, .ttl = -1};
    for (size_t i = 0; i < wants->count; i++) {
        for (size_t k = 0; k < wants->at[i].count; k++)
            wants->at[i].records[k].found = false;
    }
    if (memory_edit(&memory, edit, &err) != TLSAGEN_OK)
        return false;
    memory_apply(&memory, edit, 0, text);
    expect(!text->failed, "memory");
    return true;
}

/* old - removed + added = new. Duplicates of a record count as one to a server, so also here. */
static void check_records(struct lines *old, struct lines *new, const struct edit *edit)
{
    const char *line = edit->removed.data;
    for (const char *end; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1)
        expect(lines_take(old, line, (size_t)(end - line)), "what was removed was there");
    line = edit->added.data;
    for (const char *end; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1)
        expect(lines_take(new, line, (size_t)(end - line)), "what was added is there");
    for (size_t i = 0; i < old->count; i++)
        expect(lines_take(new, old->at[i], strlen(old->at[i])), "what was there stays");
    expect(new->count == 0, "nothing else is new");
}

/* Whether the edit did nothing but insert whole records. */
static bool only_inserts(const struct edit *edit)
{
    for (size_t i = 0; i < edit->splice_count; i++) {
        const struct edit_splice *splice = &edit->splices[i];
        if (splice->len > 0 || strstr(splice->text.data, "\tIN\t") == NULL)
            return false;
    }
    return edit->splice_count > 0;
}

static bool all_new(const struct wants *wants)
{
    for (size_t i = 0; i < wants->count; i++) {
        for (size_t k = 0; k < wants->at[i].count; k++) {
            if (wants->at[i].records[k].found)
                return false;
        }
    }
    return true;
}

static void check_again(enum edit_verb verb, struct wants *wants, const char *zone, size_t len,
                        const struct tlsagen_buf *once, bool reversible)
{
    struct edit edit;
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    bool done = apply(verb, wants, once->data, once->len, &edit, &text);
    expect(done && edit.splice_count == 0, "the same edit again changes nothing");
    edit_clear(&edit);
    if (reversible) {
        tlsagen_buf_reset(&text);
        done = apply(EDIT_REMOVE, wants, once->data, once->len, &edit, &text);
        expect(done && text.len == len && memcmp(text.data, zone, len) == 0,
               "add and remove give the old bytes");
        edit_clear(&edit);
    }
    tlsagen_buf_clear(&text);
}

static void try_edit(enum edit_verb verb, struct wants *wants, const char *zone, size_t len)
{
    struct edit edit;
    struct tlsagen_buf text;
    struct lines old = {0};
    struct lines new = {0};
    tlsagen_buf_init(&text);
    if (apply(verb, wants, zone, len, &edit, &text)) {
        expect(list_zone(zone, len, &old), "the old text reads");
        expect(list_zone(text.data, text.len, &new), "the new text reads");
        check_records(&old, &new, &edit);
        bool reversible = verb == EDIT_ADD && all_new(wants) && only_inserts(&edit);
        check_again(verb, wants, zone, len, &text, reversible);
    }
    edit_clear(&edit);
    lines_clear(&old);
    lines_clear(&new);
    tlsagen_buf_clear(&text);
}

static const char *find_parting(const char *text, size_t size)
{
    for (size_t i = 0; i + 5 <= size; i++) {
        if (memcmp(text + i, "\n---\n", 5) == 0)
            return text + i;
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const verbs[] = {"put\n", "add\n", "remove\n"};
    const char *text = (const char *)data;
    const char *parting = find_parting(text, size);
    struct tlsagen_err err;
    struct wants wants;
    struct name apex;
    if (parting == NULL)
        return 0;
    expect(name_parse(APEX, strlen(APEX), NULL, &apex, &err) == TLSAGEN_OK, "the apex reads");
    const char *zone = parting + 5;
    size_t zone_len = size - (size_t)(zone - text);
    for (unsigned verb = 0; verb < 3; verb++) {
        size_t skip = strlen(verbs[verb]);
        if ((size_t)(parting + 1 - text) < skip || memcmp(text, verbs[verb], skip) != 0)
            continue;
        wants_init(&wants);
        size_t records_len = (size_t)(parting + 1 - text) - skip;
        if (rrfile_read(text + skip, records_len, "records", &apex, &wants, &err) == TLSAGEN_OK)
            try_edit((enum edit_verb)verb, &wants, zone, zone_len);
        wants_clear(&wants);
    }
    return 0;
}
