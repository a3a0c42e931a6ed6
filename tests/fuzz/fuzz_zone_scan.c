/*
 * The structure of zone files. The first byte tells the size of the pieces the scanner gets; the
 * rest is the file. What the scanner finds by masks of both kinds, at once or in pieces, is what a
 * reader of single bytes finds; the entries joined are the file, and so are the tokens of an entry
 * and what stands between them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/lex.h"
#include "zone/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BATCH 80U /* entries that one call may find; barely more than the contract's least */

struct found {
    struct scan_entry *entries;
    size_t count;
    enum scan_fault fault;
    size_t fault_at;
};

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void add(struct found *found, const struct scan_entry *entry)
{
    if (found->count % 64 == 0) {
        size_t size = (found->count + 64) * sizeof(*entry);
        found->entries = realloc(found->entries, size);
        expect(found->entries != NULL, "memory");
    }
    found->entries[found->count++] = *entry;
}

/* The scanner's way: `piece` more bytes at each call. */
static void find(const char *text, size_t len, size_t piece, bool portable, struct found *found)
{
    struct scan scan = {.portable = portable};
    struct scan_entry batch[BATCH];
    size_t at = 0, have = piece < len ? piece : len;
    for (;;) {
        size_t count = 0, before = at;
        at = scan_run(&scan, text, at, have, have == len, batch, BATCH, &count);
        expect(at >= before && at <= have && count <= BATCH, "the scanner stays in its bounds");
        for (size_t i = 0; i < count; i++)
            add(found, &batch[i]);
        if (scan.fault != SCAN_FINE || (at == len && have == len))
            break;
        if (have - at < SCAN_BLOCK)
            have = len - have > piece ? have + piece : len;
    }
    found->fault = scan.fault;
    found->fault_at = scan.fault_at;
}

/* One byte after the other, written apart from the scanner. */
struct reader {
    const char *text;
    size_t len;
    size_t at;
    size_t opened;
    unsigned depth;
    uint32_t lines;
    bool special;
    bool quote;
    struct found *found;
};

static void fail(struct reader *r, enum scan_fault fault, size_t at)
{
    r->found->fault = fault;
    r->found->fault_at = at;
}

/* The line end at hand, if there is one: its length, and 0 for none. */
static size_t line_end_len(const struct reader *r, bool lf_alone)
{
    const char *p = r->text + r->at;
    if (*p == '\n')
        return 1;
    if (lf_alone || *p != '\r')
        return 0;
    return r->at + 1 < r->len && p[1] == '\n' ? 2 : 1;
}

static void end_line(struct reader *r, size_t len, bool escaped)
{
    r->at += len;
    r->lines++;
    if (r->quote && !escaped)
        fail(r, SCAN_QUOTE_AT_LINE, r->opened);
    if (r->quote || r->depth > 0)
        return;
    struct scan_entry entry = {
        .end = (uint32_t)r->at, .lines = r->lines, .flags = r->special ? SCAN_SPECIAL : 0};
    add(r->found, &entry);
    r->lines = 0;
    r->special = false;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void read_escape(struct reader *r)
{
    r->special = true;
    if (++r->at == r->len)
        return;
    size_t end = line_end_len(r, false);
    if (end > 0)
        end_line(r, end, true);
    else if (is_control(r->text[r->at]))
        fail(r, SCAN_CONTROL, r->at);
    else
        r->at++;
}

static void read_comment(struct reader *r)
{
    r->special = true;
    while (r->at < r->len && r->text[r->at] != '\n')
        r->at++;
}

static void read_special(struct reader *r, char c)
{
    r->special = true;
    if (c == '"') {
        if (!r->quote)
            r->opened = r->at;
        r->quote = !r->quote;
    } else if (c == '(' && !r->quote) {
        if (r->depth++ == 0)
            r->opened = r->at;
    } else if (c == ')' && !r->quote) {
        if (r->depth == 0) {
            fail(r, SCAN_CLOSE, r->at);
            return;
        }
        r->depth--;
    }
    r->at++;
}

static void read_byte(struct reader *r)
{
    char c = r->text[r->at];
    size_t end = line_end_len(r, false);
    if (end > 0)
        end_line(r, end, false);
    else if (c == '\\')
        read_escape(r);
    else if (c == ';' && !r->quote)
        read_comment(r);
    else if (c == '"' || c == '(' || c == ')' || c == ';')
        read_special(r, c);
    else if (is_control(c))
        fail(r, SCAN_CONTROL, r->at);
    else
        r->at++;
}

static void read_bytes(const char *text, size_t len, struct found *found)
{
    struct reader r = {.text = text, .len = len, .found = found};
    while (found->fault == SCAN_FINE && r.at < len)
        read_byte(&r);
    size_t ended = found->count == 0 ? 0 : found->entries[found->count - 1].end;
    if (found->fault != SCAN_FINE)
        return;
    if (r.quote)
        fail(&r, SCAN_QUOTE_AT_LINE, r.opened);
    else if (r.depth > 0)
        fail(&r, SCAN_OPEN_AT_END, r.opened);
    else if (ended < len) {
        struct scan_entry entry = {.end = (uint32_t)len,
                                   .lines = r.lines + 1,
                                   .flags = SCAN_NO_NEWLINE | (r.special ? SCAN_SPECIAL : 0U)};
        add(found, &entry);
    }
}

static void compare(const struct found *got, const struct found *wanted)
{
    expect(got->fault == wanted->fault, "the same fault");
    expect(got->fault == SCAN_FINE || got->fault_at == wanted->fault_at, "at the same place");
    expect(got->count == wanted->count, "as many entries");
    for (size_t i = 0; i < got->count; i++) {
        const struct scan_entry *a = &got->entries[i], *b = &wanted->entries[i];
        expect(a->end == b->end && a->lines == b->lines && a->flags == b->flags, "the same entry");
    }
}

/* What stands between two tokens: blanks, line ends, parentheses, quotes and comments. */
static void check_between(const char *text, size_t at, size_t end)
{
    while (at < end) {
        if (text[at] == ';') {
            while (at < end && text[at] != '\n')
                at++;
        } else {
            expect(memchr(" \t\r\n()\"", text[at], 8) != NULL, "no byte of a token is lost");
            at++;
        }
    }
}

static void check_tokens(const char *text, size_t len)
{
    struct lex_tokens tokens = {0};
    size_t at = 0;
    expect(lex_entry(text, len, &tokens, NULL) == TLSAGEN_OK, "memory");
    for (size_t i = 0; i < tokens.count; i++) {
        const struct lex_token *token = &tokens.at[i];
        expect(token->at >= at && token->len <= len - token->at, "tokens stand in order");
        expect(!token->quoted || (token->at > 0 && text[token->at - 1] == '"'), "a quote opens");
        expect(token->quoted || token->len > 0, "a word has bytes");
        check_between(text, at, token->at);
        at = token->at + token->len;
    }
    check_between(text, at, len);
    lex_tokens_clear(&tokens);
}

static void check_entries(const char *text, size_t len, const struct found *found)
{
    size_t at = 0;
    for (size_t i = 0; i < found->count; i++) {
        expect(found->entries[i].end > at && found->entries[i].end <= len, "entries go on");
        check_tokens(text + at, found->entries[i].end - at);
        at = found->entries[i].end;
    }
    expect(found->fault != SCAN_FINE || at == len, "joined entries are the file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    struct found wanted = {0};
    read_bytes(text, len, &wanted);
    check_entries(text, len, &wanted);
    const size_t pieces[] = {len, data[0] % 200U + 1};
    for (unsigned way = 0; way < 4; way++) {
        struct found got = {0};
        find(text, len, pieces[way / 2], way % 2 == 1, &got);
        compare(&got, &wanted);
        free(got.entries);
    }
    free(wanted.entries);
    return 0;
}
