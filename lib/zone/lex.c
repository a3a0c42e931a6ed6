#include "lex.h"

#include <stdlib.h>
#include <string.h>

void lex_tokens_clear(struct lex_tokens *tokens)
{
    free(tokens->at);
    *tokens = (struct lex_tokens){0};
}

static bool add(struct lex_tokens *tokens, size_t at, size_t len, bool quoted)
{
    if (tokens->count == tokens->cap) {
        size_t cap = tokens->cap == 0 ? 32 : tokens->cap * 2;
        struct lex_token *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(tokens->at, cap * sizeof(*moved));
        if (moved == NULL)
            return false;
        tokens->at = moved;
        tokens->cap = cap;
    }
    tokens->at[tokens->count++] =
        (struct lex_token){.at = (uint32_t)at, .len = (uint32_t)len, .quoted = quoted};
    return true;
}

/* Bytes that end a word, or may be escaped. */
static const bool stops[256] = {
    [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true, ['('] = true,
    [')'] = true, ['"'] = true,  [';'] = true,  ['\\'] = true,
};

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '(' || c == ')';
}

/* Behind an unquoted token that begins at `at`. */
static size_t word_end(const char *text, size_t at, size_t len)
{
    for (;; at++) {
        while (at < len && !stops[(unsigned char)text[at]])
            at++;
        if (at >= len || text[at] != '\\')
            return at;
        if (at + 1 < len && text[at + 1] != '\n' && text[at + 1] != '\r')
            at++;
    }
}

/* At the closing quote of a text that begins at `at`, or at the end. */
static size_t quote_end(const char *text, size_t at, size_t len)
{
    while (at < len && text[at] != '"')
        at += text[at] == '\\' && at + 1 < len ? 2 : 1;
    return at < len ? at : len;
}

static size_t comment_end(const char *text, size_t at, size_t len)
{
    const char *lf = memchr(text + at, '\n', len - at);
    return lf == NULL ? len : (size_t)(lf - text);
}

enum tlsagen_status lex_entry(const char *text, size_t len, struct lex_tokens *tokens,
                              struct tlsagen_err *err)
{
    tokens->count = 0;
    for (size_t at = 0; at < len;) {
        size_t end;
        bool ok = true;
        if (is_between(text[at])) {
            at++;
        } else if (text[at] == ';') {
            at = comment_end(text, at, len);
        } else if (text[at] == '"') {
            end = quote_end(text, at + 1, len);
            ok = add(tokens, at + 1, end - at - 1, true);
            at = end + 1;
        } else {
            end = word_end(text, at, len);
            ok = add(tokens, at, end - at, false);
            at = end;
        }
        if (!ok)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    return TLSAGEN_OK;
}

void lex_place(const char *text, size_t at, uint64_t *lines, uint64_t *column)
{
    size_t start = 0;
    *lines = 0;
    for (const char *lf; (lf = memchr(text + start, '\n', at - start)) != NULL;) {
        start = (size_t)(lf - text) + 1;
        (*lines)++;
    }
    *column = at - start + 1;
}
