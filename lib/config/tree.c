#include "tree.h"

#include "schema.h"

#include <stdarg.h>
#include <stdio.h>

TLSAGEN_PRINTF(4, 0)
static void tell(struct tree *tree, const struct source *source, unsigned line, const char *format,
                 va_list args)
{
    struct faults *faults = &tree->faults;
    const struct tlsagen_config_place place = {.file = source->name, .line = line};
    struct tlsagen_err err;
    char text[TLSAGEN_ERR_SIZE];
    (void)vsnprintf(text, sizeof(text), format, args);
    (void)tlsagen_err_set(&err, TLSAGEN_E_SYNTAX, "%s", text); /* without control bytes */
    if (faults->report != NULL)
        faults->report(faults->arg, &place, err.message);
    if (faults->count++ > 0)
        return;
    faults->first = err;
    if (line == 0)
        (void)tlsagen_err_prepend(&faults->first, "%.300s", source->name);
    else
        (void)tlsagen_err_prepend(&faults->first, "%.300s:%u", source->name, line);
}

void fault_at(struct tree *tree, const struct source *source, unsigned line, const char *format,
              ...)
{
    va_list args;
    va_start(args, format);
    tell(tree, source, line, format, args);
    va_end(args);
}

void warning_at(struct tree *tree, const struct source *source, unsigned line, const char *format,
                ...)
{
    const struct tlsagen_config_place place = {.file = source->name, .line = line};
    struct tlsagen_err err;
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)tlsagen_err_set(&err, TLSAGEN_E_SYNTAX, "%s", text); /* without control bytes */
    if (tree->faults.warn != NULL)
        tree->faults.warn(tree->faults.arg, &place, err.message);
}

void fault_unsafe(struct tree *tree, const struct source *source, unsigned line, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    tell(tree, source, line, format, args);
    va_end(args);
    tree->faults.unsafe++;
}

const char *section_word(enum section_kind kind)
{
    static const char *const words[SECTION_KINDS] = {
        [SECTION_MAIN] = "the main part", [SECTION_DEFAULTS] = "defaults",
        [SECTION_ZONE] = "zone",          [SECTION_TEMPLATE] = "service-template",
        [SECTION_SERVICE] = "service",
    };
    return words[kind];
}

static void tell_twice(struct tree *tree, const struct section *section,
                       const struct section *first)
{
    const char *word = section_word(section->kind);
    const char *title = section->title == NULL ? "" : section->title;
    const char *blank = section->title == NULL ? "" : " ";
    if (first->line == 0)
        fault_at(tree, section->source, section->line, "%s%s%.200s is there twice; keep one", word,
                 blank, title);
    else
        fault_at(tree, section->source, section->line,
                 "%s%s%.200s is there already, at %.300s:%u; keep one", word, blank, title,
                 first->source->name, first->line);
}

bool tree_init(struct tree *tree, tlsagen_config_report *report, void *arg)
{
    *tree = (struct tree){.faults = {.report = report, .arg = arg}};
    tree->main = arena_alloc(&tree->parsed, sizeof(*tree->main));
    return tree->main != NULL;
}

struct entry *section_find(const struct section *section, size_t option)
{
    for (size_t i = 0; section != NULL && i < section->entries.count; i++) {
        struct entry *entry = section->entries.items[i];
        if (entry->option == option)
            return entry;
    }
    return NULL;
}

static bool add_main(struct tree *tree, const struct section *section)
{
    for (size_t i = 0; i < section->entries.count; i++) {
        struct entry *entry = section->entries.items[i];
        const struct entry *first = section_find(tree->main, entry->option);
        if (first != NULL)
            fault_at(tree, entry->source, entry->line,
                     "%s is given already, at %.300s:%u; keep one", schema[entry->option].name,
                     first->source->name, first->line);
        else if (!arena_push(&tree->parsed, &tree->main->entries, entry))
            return false;
    }
    return true;
}

bool tree_add(struct tree *tree, struct section *section)
{
    if (section->kind == SECTION_MAIN)
        return add_main(tree, section);
    if (section->kind == SECTION_DEFAULTS) {
        if (tree->defaults == NULL)
            tree->defaults = section;
        else
            tell_twice(tree, section, tree->defaults);
        return true;
    }
    void **kept = map_claim(&tree->parsed, &tree->titles[section->kind], section->title);
    if (kept == NULL)
        return false;
    if (*kept != NULL) {
        tell_twice(tree, section, *kept);
        return true;
    }
    *kept = section;
    return arena_push(&tree->parsed, &tree->sections, section);
}
