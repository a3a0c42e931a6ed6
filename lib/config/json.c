#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "schema.h"

/* Where reading is. */
struct reader {
    struct tree *tree;
    const struct source *source;
    split_include *include;
    void *arg;
};

/* "service mx1, ttl", as far as it is known. */
TLSAGEN_PRINTF(4, 5)
static void tell(struct reader *r, const struct section *section, const char *name,
                 const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fault_at(r->tree, r->source, 0, "%s%s%.200s, %.64s: %s", section_word(section->kind),
             section->title == NULL ? "" : " ", section->title == NULL ? "" : section->title, name,
             text);
}

/* A text, number or truth as its text in the arena; NULL for anything else, or without memory. */
static char *value_text(struct reader *r, const json_t *value)
{
    char number[32];
    switch (json_typeof(value)) {
    case JSON_STRING:
        return strlen(json_string_value(value)) == json_string_length(value)
                   ? arena_text(&r->tree->arena, json_string_value(value))
                   : NULL;
    case JSON_INTEGER:
        (void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return arena_text(&r->tree->arena, number);
    case JSON_TRUE:
        return arena_text(&r->tree->arena, "yes");
    case JSON_FALSE:
        return arena_text(&r->tree->arena, "no");
    default:
        return NULL;
    }
}

/* One that has a bad value is given all the same: it is faulty, and not missing. */
static bool add_option(struct reader *r, struct section *section, size_t row, const json_t *value)
{
    bool array = json_is_array(value);
    size_t count = array ? json_array_size(value) : 1;
    struct entry *entry = arena_alloc(&r->tree->parsed, sizeof(*entry));
    char **texts = arena_array(&r->tree->arena, count + 1, sizeof(*texts));
    if (entry == NULL || texts == NULL)
        return false;
    *entry = (struct entry){.option = row, .source = r->source, .values = texts, .count = count};
    for (size_t i = 0; i < count; i++) {
        texts[i] = value_text(r, array ? json_array_get(value, i) : value);
        if (texts[i] == NULL && r->tree->arena.failed)
            return false;
        if (texts[i] == NULL) {
            tell(r, section, schema[row].name,
                 "is no text, whole number or truth, nor a list of them; give one");
            entry->faulty = true;
            entry->count = i;
            break;
        }
        entry->has_percent = entry->has_percent || strchr(texts[i], '%') != NULL;
    }
    return arena_push(&r->tree->parsed, &section->entries, entry);
}

static bool add_named(struct reader *r, struct section *section, const char *name,
                      const json_t *value)
{
    size_t row = schema_find(name);
    if (row == schema_count) {
        schema_unknown(r->tree, name, section->kind, r->source, 0);
        return true;
    }
    return !schema_allows(r->tree, row, section->kind, r->source, 0) ||
           add_option(r, section, row, value);
}

static bool take_section(struct reader *r, enum section_kind kind, const char *title,
                         json_t *object)
{
    struct section *section = arena_alloc(&r->tree->parsed, sizeof(*section));
    const char *name;
    json_t *value;
    if (section == NULL)
        return false;
    *section = (struct section){.kind = kind, .source = r->source};
    if (title != NULL && (section->title = arena_text(&r->tree->arena, title)) == NULL)
        return false;
    if (!json_is_object(object)) {
        tell(r, section, "value", "is no object; give one with the options of the section");
        section->faulty = true;
        return kind != SECTION_ZONE || tree_add(r->tree, section); /* services lie in it */
    }
    json_object_foreach(object, name, value)
    {
        if (!add_named(r, section, name, value))
            return false;
    }
    return tree_add(r->tree, section);
}

/* {"NAME": {...}, ...} */
static bool take_sections(struct reader *r, enum section_kind kind, json_t *object)
{
    const char *title;
    json_t *value;
    if (!json_is_object(object)) {
        fault_at(r->tree, r->source, 0, "%s is no object; give {\"NAME\": {...}}",
                 section_word(kind));
        return true;
    }
    json_object_foreach(object, title, value)
    {
        if (!take_section(r, kind, title, value))
            return false;
    }
    return true;
}

static bool take_includes(struct reader *r, const json_t *value)
{
    bool array = json_is_array(value);
    size_t count = array ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = array ? json_array_get(value, i) : value;
        const char *pattern = value_text(r, item);
        if (pattern == NULL && !r->tree->arena.failed)
            fault_at(r->tree, r->source, 0, "include is no text, nor a list of them; give a file");
        else if (pattern == NULL || !r->include(r->arg, r->source, 0, pattern))
            return false;
    }
    return true;
}

static bool take_member(struct reader *r, const char *name, json_t *value)
{
    struct section main = {.kind = SECTION_MAIN, .source = r->source};
    for (unsigned kind = SECTION_ZONE; kind < SECTION_KINDS; kind++) {
        if (strcmp(name, section_word((enum section_kind)kind)) == 0)
            return take_sections(r, (enum section_kind)kind, value);
    }
    if (strcmp(name, section_word(SECTION_DEFAULTS)) == 0)
        return take_section(r, SECTION_DEFAULTS, NULL, value);
    if (strcmp(name, "include") == 0)
        return take_includes(r, value);
    return add_named(r, &main, name, value) && tree_add(r->tree, &main);
}

bool json_read(struct tree *tree, const struct source *source, const char *text, size_t len,
               split_include *include, void *arg)
{
    struct reader r = {.tree = tree, .source = source, .include = include, .arg = arg};
    json_error_t error;
    const char *name;
    json_t *value, *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    bool done = true;
    if (root == NULL) {
        fault_at(tree, source, error.line > 0 ? (unsigned)error.line : 0,
                 "is no JSON: %.160s; give one object", error.text);
        return json_error_code(&error) != json_error_out_of_memory;
    }
    if (!json_is_object(root))
        fault_at(tree, source, 1, "is no JSON object; give {\"zone\": {...}, \"service\": {...}}");
    else
        json_object_foreach(root, name, value) done = done && take_member(&r, name, value);
    json_decref(root);
    return done;
}
