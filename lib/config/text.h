/*
 * text.h - the text of a configuration file, in tokens.
 *
 * The syntax is libConfuse's, less what surprises in it: a string ends on its line, \ stands
 * before \ and quotes only, nothing of the environment is put in, and what libConfuse would pass
 * over (odd bytes, # and // in the middle of a word) is a fault.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "tree.h"

/* Stands for what was faulty and told: a value with it is not looked at any more. */
#define TEXT_TOLD '\001'

/*
 * Overwrites comments with blanks, and what is faulty, after telling it, with TEXT_TOLD; lines
 * stay. A text with a zero byte is told and is none. text[len] is to be a zero byte.
 */
void text_clean(struct tree *tree, const struct source *source, char *text, size_t len);

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* without quotes */
    TOKEN_STRING, /* with them */
    TOKEN_EQUAL,  /* = */
    TOKEN_PLUS,   /* += */
    TOKEN_OTHER,  /* the byte at start: { } ( ) , */
};

struct token {
    enum token_kind kind;
    char *start;
    size_t len; /* bytes, quotes included */
    unsigned line;
};

/* Where reading is, in a text that was cleaned. */
struct cursor {
    char *at;
    unsigned line;
};

struct token text_next(struct cursor *cursor);
/* Whether the token is that byte. */
bool token_is(const struct token *token, char byte);
/* Whether the token is a word or a string. */
bool token_is_text(const struct token *token);
/* What the token stands for, without quotes; NULL when memory runs out. */
char *token_text(struct arena *arena, const struct token *token);
/* Overwrites from one token to before another with blanks. */
void text_blank(char *start, const char *end);

#endif
