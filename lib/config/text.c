#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Where cleaning is. */
struct cleaner {
    struct tree *tree;
    const struct source *source;
    char *at;
    const char *end;
    unsigned line;
    unsigned told; /* the last line with a fault of an odd byte: one a line is enough */
    bool in_word;  /* the byte before is part of a word */
};

/* Those below 0x80 that words are made of, a bit each: % - . / 0 to 9 : @ A to Z _ a to z. */
static const uint64_t word_bytes[2] = {0x07ffe02000000000U | UINT64_C(1) << TEXT_TOLD,
                                       0x07fffffe87ffffffU};

static bool is_word_byte(char c)
{
    const unsigned char byte = (unsigned char)c;
    return byte >= 0x80 || (word_bytes[byte >> 6] >> (byte & 63) & 1) != 0;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void odd_byte(struct cleaner *c, const char *where)
{
    if (c->told != c->line && is_control(*c->at))
        fault_at(c->tree, c->source, c->line, "control byte %u %s; take it out",
                 (unsigned)(unsigned char)*c->at, where);
    else if (c->told != c->line)
        fault_at(c->tree, c->source, c->line, "\"%c\" %s; put quotes around the value", *c->at,
                 where);
    c->told = c->line;
}

void text_blank(char *start, const char *end)
{
    for (; start < end; start++) {
        if (*start != '\n')
            *start = ' ';
    }
}

/* A comment that begins within a word is hardly meant as one. */
static void check_comment(struct cleaner *c, char *start)
{
    text_blank(start, c->at);
    if (!c->in_word)
        return;
    *start = TEXT_TOLD;
    fault_at(c->tree, c->source, c->line,
             "a comment begins within a word; put quotes around the value, or a blank before the "
             "comment");
}

static void skip_line_comment(struct cleaner *c)
{
    char *start = c->at;
    while (c->at < c->end && *c->at != '\n')
        c->at++;
    check_comment(c, start);
}

static void skip_block_comment(struct cleaner *c)
{
    char *start = c->at;
    unsigned line = c->line;
    for (c->at += 2; c->at < c->end && (c->at[0] != '*' || c->at[1] != '/'); c->at++)
        c->line += *c->at == '\n';
    if (c->at < c->end)
        c->at += 2;
    else
        fault_at(c->tree, c->source, line, "this comment does not end; write */ behind it");
    check_comment(c, start);
}

/* A byte within quotes. */
static void check_in_string(struct cleaner *c, char quote)
{
    if (is_control(*c->at)) {
        odd_byte(c, "in a string");
        *c->at = TEXT_TOLD;
    } else if (*c->at == '\\') {
        if (c->at[1] == '\\' || c->at[1] == quote) {
            c->at++;
            return;
        }
        fault_at(c->tree, c->source, c->line,
                 "\"\\\" before another byte than \\ or %c; write \\\\ for a backslash", quote);
        *c->at = TEXT_TOLD;
    } else if (quote == '"' && c->at[0] == '$' && c->at[1] == '{') {
        fault_at(c->tree, c->source, c->line,
                 "\"${\": variables of the environment are not put in; use '...' for the text "
                 "itself");
        *c->at = TEXT_TOLD;
    }
}

static void skip_string(struct cleaner *c)
{
    char *start = c->at;
    char quote = *c->at++;
    for (; c->at < c->end && *c->at != quote && *c->at != '\n'; c->at++)
        check_in_string(c, quote);
    if (c->at < c->end && *c->at == quote) {
        c->at++;
        return;
    }
    fault_at(c->tree, c->source, c->line,
             "this string does not end on its line; write %c behind it", quote);
    text_blank(start, c->at);
    *start = TEXT_TOLD;
}

static void clean_byte(struct cleaner *c)
{
    bool was_word = c->in_word;
    char byte = *c->at;
    c->in_word = is_word_byte(byte) && byte != TEXT_TOLD;
    if (byte == '\n') {
        c->line++;
    } else if (byte == '\r') {
        *c->at = ' ';
    } else if (!c->in_word &&
               (strchr(" \t={}(),+", byte) == NULL || (byte == '+' && c->at[1] != '='))) {
        odd_byte(c, "stands outside of quotes");
        *c->at = was_word ? TEXT_TOLD : ' ';
        c->in_word = was_word;
    }
    c->at++;
}

void text_clean(struct tree *tree, const struct source *source, char *text, size_t len)
{
    struct cleaner c = {.tree = tree, .source = source, .at = text, .end = text + len, .line = 1};
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        text_blank(text, text + 3);
    if (strlen(text) < len) {
        fault_at(tree, source, 0, "has a zero byte, so it is no text; give a configuration file");
        text_blank(text, text + len);
        return;
    }
    while (c.at < c.end) {
        if (*c.at == '#' || (*c.at == '/' && c.at[1] == '/'))
            skip_line_comment(&c);
        else if (*c.at == '/' && c.at[1] == '*')
            skip_block_comment(&c);
        else if (*c.at == '"' || *c.at == '\'')
            skip_string(&c);
        else {
            clean_byte(&c);
            continue;
        }
        c.in_word = false;
    }
}

struct token text_next(struct cursor *cursor)
{
    for (; *cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\n'; cursor->at++)
        cursor->line += *cursor->at == '\n';
    struct token token = {.start = cursor->at, .line = cursor->line, .len = 1};
    char *at = cursor->at;
    if (*at == '\0') {
        token.len = 0;
        return token;
    }
    if (*at == '"' || *at == '\'') {
        token.kind = TOKEN_STRING;
        for (at++; *at != '\0' && *at != *token.start; at++)
            at += *at == '\\' && at[1] != '\0';
        token.len = (size_t)(at - token.start) + (*at != '\0');
    } else if (is_word_byte(*at)) {
        token.kind = TOKEN_WORD;
        while (is_word_byte(*at))
            at++;
        token.len = (size_t)(at - token.start);
    } else if (*at == '+') {
        token.kind = TOKEN_PLUS;
        token.len = at[1] == '=' ? 2 : 1;
    } else {
        token.kind = *at == '=' ? TOKEN_EQUAL : TOKEN_OTHER;
    }
    cursor->at = token.start + token.len;
    return token;
}

bool token_is(const struct token *token, char byte)
{
    return token->kind == TOKEN_OTHER && *token->start == byte;
}

bool token_is_text(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

char *token_text(struct arena *arena, const struct token *token)
{
    if (token->kind != TOKEN_STRING || token->len < 2)
        return arena_copy(arena, token->start, token->len);
    char *text = arena_copy(arena, token->start + 1, token->len - 2), *to = text;
    if (text == NULL)
        return NULL;
    for (const char *from = text; *from != '\0'; from++) {
        from += *from == '\\' && from[1] != '\0';
        *to++ = *from;
    }
    *to = '\0';
    return text;
}
