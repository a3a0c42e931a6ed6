#include "values.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

struct values {
    cfg_t *cfg;
    cfg_opt_t *options; /* what cfg is made from */
};

/* A value with its line, which libConfuse does not keep. */
struct value {
    unsigned line;
    char text[];
};

static int take_value(cfg_t *cfg, cfg_opt_t *option, const char *text, void *result)
{
    struct value *value = malloc(sizeof(*value) + strlen(text) + 1);
    (void)option;
    if (value == NULL)
        return -1;
    value->line = (unsigned)cfg->line;
    memcpy(value->text, text, strlen(text) + 1);
    *(void **)result = value;
    return 0;
}

/* There is no argument for us: the message is kept as the comment of cfg, which cfg_free frees. */
static void keep_error(cfg_t *cfg, const char *format, va_list args) TLSAGEN_PRINTF(2, 0);

static void keep_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[256];
    (void)vsnprintf(text, sizeof(text), format, args);
    if (cfg->comment == NULL)
        cfg->comment = strdup(text);
}

/* Made anew after a fault as well, which leaves the lexer in the middle of something. */
static bool start(struct values *values)
{
    if (values->cfg != NULL)
        (void)cfg_free(values->cfg);
    values->cfg = cfg_init(values->options, CFGF_NONE);
    if (values->cfg == NULL)
        return false;
    (void)cfg_set_error_function(values->cfg, keep_error);
    return true;
}

struct values *values_new(void)
{
    struct values *values = calloc(1, sizeof(*values));
    if (values == NULL)
        return NULL;
    values->options = calloc(schema_count + 1, sizeof(*values->options));
    for (size_t i = 0; values->options != NULL && i < schema_count; i++) {
        values->options[i] =
            (cfg_opt_t)CFG_PTR_LIST_CB(schema[i].name, NULL, CFGF_NODEFAULT, take_value, free);
    }
    if (values->options == NULL || !start(values)) {
        values_free(values);
        return NULL;
    }
    return values;
}

void values_free(struct values *values)
{
    if (values == NULL)
        return;
    if (values->cfg != NULL)
        (void)cfg_free(values->cfg);
    free(values->options);
    free(values);
}

/* Where the texts of an option are kept. */
static struct arena *arena_of(struct tree *tree, size_t row)
{
    const bool none = schema[row].object == OBJECT_NONE; /* no object has the text as it stands */
    return none ? &tree->parsed : &tree->arena;
}

/* An entry with room for count values; NULL when memory runs out. */
static struct entry *new_entry(struct tree *tree, const struct section *section, size_t row,
                               size_t count)
{
    struct entry *entry = arena_alloc(&tree->parsed, sizeof(*entry));
    char **texts = arena_array(arena_of(tree, row), count + 1, sizeof(*texts));
    if (entry == NULL || texts == NULL)
        return NULL;
    *entry = (struct entry){.option = row,
                            .source = section->source,
                            .line = section->line,
                            .values = texts,
                            .count = count};
    return entry;
}

/* False when the text is NULL: memory ran out. */
static bool set_value(struct entry *entry, size_t i, char *text)
{
    entry->values[i] = text;
    if (text == NULL)
        return false;
    entry->faulty = entry->faulty || strchr(text, TEXT_TOLD) != NULL;
    entry->has_percent = entry->has_percent || strchr(text, '%') != NULL;
    return true;
}

static bool add_entry(struct tree *tree, struct section *section, size_t row,
                      const cfg_opt_t *option, unsigned line)
{
    struct entry *entry = new_entry(tree, section, row, option->nvalues);
    if (entry == NULL)
        return false;
    for (size_t i = 0; i < option->nvalues; i++) {
        const struct value *value = option->values[i]->ptr;
        if (!set_value(entry, i, arena_text(arena_of(tree, row), value->text)))
            return false;
        if (i == 0)
            entry->line = line + value->line - 1;
    }
    return arena_push(&tree->parsed, &section->entries, entry);
}

bool values_take(struct tree *tree, struct section *section, const struct given *given,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t row = given[i].option;
        struct entry *entry = new_entry(tree, section, row, 1);
        if (entry == NULL ||
            !set_value(entry, 0, token_text(arena_of(tree, row), &given[i].value)) ||
            !arena_push(&tree->parsed, &section->entries, entry))
            return false;
        entry->line = given[i].value.line;
    }
    return true;
}

bool values_read(struct values *values, struct tree *tree, struct section *section,
                 const char *text, unsigned line)
{
    bool done = cfg_parse_buf(values->cfg, text) == CFG_SUCCESS;
    if (!done && values->cfg->comment != NULL)
        fault_at(tree, section->source, line + (unsigned)values->cfg->line - 1,
                 "%s; write NAME = VALUE, or NAME = { VALUE, VALUE }", values->cfg->comment);
    else if (!done)
        tree->arena.failed = true;
    for (size_t i = 0; i < schema_count; i++) {
        cfg_opt_t *option = &values->cfg->opts[i]; /* cfg_getnopt counts them each time */
        if ((option->flags & CFGF_MODIFIED) == 0)
            continue;
        if (done)
            done = add_entry(tree, section, i, option, line);
        (void)cfg_free_value(option);
        option->flags &= ~(CFGF_MODIFIED | CFGF_RESET);
    }
    /* A new one after a fault; without memory for it the old one goes with values_free. */
    if (!done && !start(values))
        tree->arena.failed = true;
    return done;
}
