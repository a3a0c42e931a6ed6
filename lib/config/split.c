#include "split.h"

#include <string.h>

#include "schema.h"
#include "text.h"

/* Where reading is. */
struct splitter {
    struct tree *tree;
    struct values *values;
    const struct source *source;
    struct cursor cursor;
    split_include *include;
    void *arg;
};

static struct token peek(const struct splitter *s)
{
    struct cursor cursor = s->cursor;
    return text_next(&cursor);
}

static bool is_told(const char *text)
{
    return strchr(text, TEXT_TOLD) != NULL;
}

static bool find_kind(const struct token *token, enum section_kind *kind)
{
    if (token->kind != TOKEN_WORD)
        return false;
    for (unsigned i = SECTION_DEFAULTS; i < SECTION_KINDS; i++) {
        const char *word = section_word((enum section_kind)i);
        if (strlen(word) == token->len && memcmp(word, token->start, token->len) == 0) {
            *kind = (enum section_kind)i;
            return true;
        }
    }
    return false;
}

/* Whether a section begins here: zone or service is an option's name too, before a "=". */
static bool at_section(const struct splitter *s)
{
    struct cursor cursor = s->cursor;
    enum section_kind kind;
    struct token word = text_next(&cursor);
    if (!find_kind(&word, &kind))
        return false;
    struct token title = text_next(&cursor);
    if (token_is(&title, '{'))
        return true;
    struct token brace = text_next(&cursor);
    return token_is_text(&title) && token_is(&brace, '{');
}

/* Goes on behind a fault: at the next line, or before a brace that ends the section. */
static void skip_fault(struct splitter *s, unsigned line)
{
    for (;;) {
        struct token token = peek(s);
        if (token.kind == TOKEN_END || token.line != line || token_is(&token, '}'))
            return;
        (void)text_next(&s->cursor);
    }
}

/* The rest of a list behind a fault in it: to its }, if that is in the same line. */
static void skip_list(struct splitter *s, unsigned line)
{
    skip_fault(s, line);
    struct token token = peek(s);
    if (token_is(&token, '}') && token.line == line)
        (void)text_next(&s->cursor);
}

/* VALUE, VALUE }: the { was read. False after a fault was told. */
static bool skip_values(struct splitter *s, const char *name, unsigned line)
{
    bool value = true; /* or a comma */
    for (;; value = !value) {
        struct token token = peek(s);
        if (!token_is(&token, '}') && !(value ? token_is_text(&token) : token_is(&token, ','))) {
            fault_at(s->tree, s->source, token.kind == TOKEN_END ? line : token.line,
                     "the list of %.64s, from line %u on, is broken; part values by commas, and "
                     "write } behind them",
                     name, line);
            skip_list(s, token.line);
            return false;
        }
        (void)text_next(&s->cursor);
        if (token_is(&token, '}'))
            return true;
    }
}

/* VALUE, or { VALUE, VALUE }; false after a fault was told. *value stays as it is for a list. */
static bool skip_value(struct splitter *s, const char *name, unsigned line, struct token *value)
{
    struct cursor cursor = s->cursor;
    struct token token = text_next(&cursor), next = text_next(&cursor);
    bool is_name = token.line > line && (next.kind == TOKEN_EQUAL || next.kind == TOKEN_PLUS);
    if (token_is_text(&token) && !is_name) {
        (void)text_next(&s->cursor);
        *value = token;
        return true;
    }
    if (token_is(&token, '{')) {
        (void)text_next(&s->cursor);
        return skip_values(s, name, token.line);
    }
    fault_at(s->tree, s->source, line, "%.64s has no value; write %.64s = VALUE", name, name);
    skip_fault(s, line);
    return false;
}

/* NAME = VALUE from here on; given->option is schema_count after a fault was told. */
static void take_option(struct splitter *s, const struct token *word, enum section_kind kind,
                        unsigned lines[], struct given *given)
{
    char *name = token_text(&s->tree->parsed, word);
    struct token equal = peek(s);
    bool plus = equal.kind == TOKEN_PLUS;
    *given = (struct given){.option = schema_count};
    if (name == NULL)
        return;
    if (equal.kind != TOKEN_EQUAL && !plus) {
        fault_at(s->tree, s->source, word->line, "no = behind \"%.64s\"; write NAME = VALUE", name);
        skip_fault(s, word->line);
        return;
    }
    (void)text_next(&s->cursor);
    if (!skip_value(s, name, equal.line, &given->value))
        return;
    if (plus)
        given->value.kind = TOKEN_END;
    size_t found = schema_find(name);
    if (found == schema_count && is_told(name)) {
        return;
    } else if (found == schema_count) {
        schema_unknown(s->tree, name, kind, s->source, word->line);
    } else if (!schema_allows(s->tree, found, kind, s->source, word->line)) {
        return;
    } else if (lines[found] > 0 && !plus) {
        fault_at(s->tree, s->source, word->line, "%s is given already, in line %u; keep one", name,
                 lines[found]);
    } else {
        lines[found] = word->line;
        given->option = found;
    }
}

/* A section's options. */
struct body {
    struct given given[SCHEMA_MAX]; /* ordered as in the schema */
    size_t count;
    bool plain; /* all of them are in given */
    char *end;  /* of the text */
};

static void add_given(struct body *body, const struct given *given)
{
    size_t to = body->count;
    body->plain = body->plain && given->value.kind != TOKEN_END && to < SCHEMA_MAX;
    if (!body->plain)
        return;
    for (; to > 0 && body->given[to - 1].option > given->option; to--)
        body->given[to] = body->given[to - 1];
    body->given[to] = *given;
    body->count++;
}

/*
 * Looks through the options up to the } of the section, whose { was read, and blanks those that
 * are faulty.
 */
static void check_body(struct splitter *s, const struct section *section, struct body *body)
{
    unsigned lines[SCHEMA_MAX] = {0};
    body->count = 0;
    body->plain = true;
    for (;;) {
        struct token word = peek(s);
        struct given given = {.option = schema_count};
        body->end = word.start;
        if (word.kind == TOKEN_END || at_section(s)) {
            fault_at(s->tree, s->source, section->line, "this %s does not end; write } behind it",
                     section_word(section->kind));
            return;
        }
        (void)text_next(&s->cursor);
        if (token_is(&word, '}'))
            return;
        if (word.kind == TOKEN_WORD) {
            take_option(s, &word, section->kind, lines, &given);
        } else {
            fault_at(s->tree, s->source, word.line,
                     "\"%.*s\" where an option is expected; write NAME = VALUE",
                     (int)(word.len > 64 ? 64 : word.len), word.start);
            skip_fault(s, word.line);
        }
        if (given.option == schema_count)
            text_blank(word.start, s->cursor.at);
        else
            add_given(body, &given);
    }
}

/* Its { was read. False after a fault was told, or when memory ran out. */
static bool take_body(struct splitter *s, struct section *section)
{
    char *text = s->cursor.at;
    const unsigned line = s->cursor.line;
    struct body body;
    check_body(s, section, &body);
    if (body.plain)
        return values_take(s->tree, section, body.given, body.count);
    const char kept = *body.end;
    *body.end = '\0';
    const bool done = values_read(s->values, s->tree, section, text, line);
    *body.end = kept;
    return done;
}

static struct section *new_section(struct splitter *s, enum section_kind kind, unsigned line)
{
    struct section *section = arena_alloc(&s->tree->parsed, sizeof(*section));
    if (section != NULL)
        *section = (struct section){.kind = kind, .source = s->source, .line = line};
    return section;
}

/* zone NAME { ... }, its first word read. */
static bool take_section(struct splitter *s, const struct token *word, enum section_kind kind)
{
    struct section *section = new_section(s, kind, word->line);
    bool with_title = kind != SECTION_DEFAULTS;
    if (section == NULL)
        return false;
    if (with_title) {
        struct token title = peek(s);
        if (!token_is_text(&title)) {
            fault_at(s->tree, s->source, word->line, "this %s has no name; write %s NAME { ... }",
                     section_word(kind), section_word(kind));
        } else {
            (void)text_next(&s->cursor);
            section->title = token_text(&s->tree->arena, &title);
            if (section->title == NULL)
                return false;
        }
    }
    struct token brace = peek(s);
    if (!token_is(&brace, '{')) {
        fault_at(s->tree, s->source, word->line, "no { behind this %s; write %s%s { ... }",
                 section_word(kind), section_word(kind), with_title ? " NAME" : "");
        skip_fault(s, word->line);
        return true;
    }
    (void)text_next(&s->cursor);
    if (!take_body(s, section))
        return !s->tree->arena.failed && !s->tree->parsed.failed;
    if (with_title && (section->title == NULL || is_told(section->title)))
        return true;
    return tree_add(s->tree, section);
}

/* include "PATTERN", the word read; also include ("PATTERN"), as in other programs. */
static bool take_include(struct splitter *s, unsigned line)
{
    struct token token = text_next(&s->cursor);
    bool bracket = token_is(&token, '(');
    if (bracket)
        token = text_next(&s->cursor);
    struct token end = peek(s);
    if (!token_is_text(&token) || (bracket && !token_is(&end, ')'))) {
        fault_at(s->tree, s->source, line,
                 "include without a file; write include \"FILE\" or include \"FOLDER/*.conf\"");
        skip_fault(s, line);
        return true;
    }
    if (bracket)
        (void)text_next(&s->cursor);
    const char *pattern = token_text(&s->tree->parsed, &token);
    return pattern != NULL && (is_told(pattern) || s->include(s->arg, s->source, line, pattern));
}

/* An option outside of sections. */
static bool take_main(struct splitter *s, const struct token *word)
{
    unsigned lines[SCHEMA_MAX] = {0};
    struct section *section = new_section(s, SECTION_MAIN, word->line);
    struct given given;
    if (section == NULL)
        return false;
    take_option(s, word, SECTION_MAIN, lines, &given);
    if (given.option == schema_count)
        return true;
    char *end = s->cursor.at, kept = *end;
    *end = '\0';
    bool done = values_read(s->values, s->tree, section, word->start, word->line);
    *end = kept;
    return done ? tree_add(s->tree, section) : !s->tree->arena.failed;
}

/* A section of a kind that there is not, its first word read: passed over to its }. */
static void skip_section(struct splitter *s, const struct token *word)
{
    fault_at(s->tree, s->source, word->line,
             "unknown section \"%.*s\"; give zone, service, service-template or defaults",
             (int)(word->len > 64 ? 64 : word->len), word->start);
    for (size_t depth = 0; !at_section(s);) {
        struct token token = text_next(&s->cursor);
        if (token_is(&token, '{'))
            depth++;
        if (token.kind == TOKEN_END || (token_is(&token, '}') && --depth == 0))
            return;
    }
}

static bool is_unknown_section(const struct splitter *s)
{
    struct cursor cursor = s->cursor;
    struct token token = text_next(&cursor);
    if (token_is_text(&token))
        token = text_next(&cursor);
    return token_is(&token, '{');
}

static bool take_statement(struct splitter *s)
{
    bool section = at_section(s);
    enum section_kind kind;
    struct token word = text_next(&s->cursor), next = peek(s);
    bool assigned = next.kind == TOKEN_EQUAL || next.kind == TOKEN_PLUS;
    if (word.kind != TOKEN_WORD) {
        fault_at(s->tree, s->source, word.line,
                 "\"%.*s\" where a section or an option is expected; take it out",
                 (int)(word.len > 64 ? 64 : word.len), word.start);
        if (!token_is(&word, '}'))
            skip_fault(s, word.line);
        return true;
    }
    if (section || (!assigned && find_kind(&word, &kind)))
        return find_kind(&word, &kind) && take_section(s, &word, kind);
    if (!assigned && word.len == 7 && memcmp(word.start, "include", 7) == 0)
        return take_include(s, word.line);
    if (!assigned && is_unknown_section(s)) {
        skip_section(s, &word);
        return true;
    }
    return take_main(s, &word);
}

bool split_read(struct tree *tree, struct values *values, const struct source *source, char *text,
                size_t len, split_include *include, void *arg)
{
    struct splitter s = {.tree = tree,
                         .values = values,
                         .source = source,
                         .include = include,
                         .arg = arg,
                         .cursor = {.at = text, .line = 1}};
    text_clean(tree, source, text, len);
    while (peek(&s).kind != TOKEN_END) {
        if (!take_statement(&s))
            return false;
    }
    return true;
}
