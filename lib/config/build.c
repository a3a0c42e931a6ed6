#include "look.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tlsagen/publish.h>

TLSAGEN_PRINTF(3, 0)
static void tell(struct build *b, const struct section *section, const char *format, va_list args)
{
    char text[TLSAGEN_ERR_SIZE];
    (void)vsnprintf(text, sizeof(text), format, args);
    if (section->title == NULL)
        fault_at(b->tree, section->source, section->line, "%s: %s", section_word(section->kind),
                 text);
    else
        fault_at(b->tree, section->source, section->line, "%s %.200s: %s",
                 section_word(section->kind), section->title, text);
}

void build_fault(struct build *b, const struct section *section, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(b, section, format, args);
    va_end(args);
}

void build_entry_fault(struct build *b, const struct section *section, struct entry *entry,
                       const char *format, ...)
{
    const struct setting setting = {
        .tree = b->tree, .section = section, .entry = entry, .name = schema[entry->option].name};
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    setting_fault(&setting, "%s", text);
}

struct entry *build_own(const struct section *section, const char *name)
{
    return section_find(section, schema_find(name));
}

char *build_name(struct build *b, const char *text, struct tlsagen_err *err)
{
    char host[TLSAGEN_NAME_SIZE];
    if (tlsagen_host_parse(text, host, err) != TLSAGEN_OK)
        return NULL;
    for (char *p = host; *p != '\0'; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    char *name = arena_text(&b->tree->arena, host);
    if (name == NULL)
        (void)tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return name;
}

char *build_relative(struct build *b, const char *name)
{
    size_t len = strlen(name);
    return arena_copy(&b->tree->parsed, name, len > 0 ? len - 1 : 0);
}

struct zone_node *build_zone_of(const struct full *full, const char *name)
{
    while (*name != '\0') {
        struct zone_node *node = map_find(&full->zones, name);
        if (node != NULL)
            return node;
        const char *dot = strchr(name, '.');
        if (dot == NULL)
            return NULL;
        name = dot + 1;
    }
    return NULL;
}

/* What %h, %n and %z stand for; NULL after a fault was told. */
static const char *replacement(const struct setting *setting, char byte, const struct names *names)
{
    const char *text = byte == 'h'   ? names->host
                       : byte == 'n' ? names->name
                       : byte == 'z' ? names->zone
                       : byte == '%' ? "%"
                                     : NULL;
    if (text == NULL)
        setting_fault(setting, "\"%%%c\" stands for nothing here; give %%%% for a percent sign%s",
                      byte == '\0' ? ' ' : byte,
                      names->host != NULL ? ", %h for the host, %n for the service, %z for the zone"
                      : names->zone != NULL ? ", %z for the zone"
                                            : "");
    return text;
}

static char *expand(const struct setting *setting, const char *value, const struct names *names)
{
    struct tlsagen_buf buf;
    char *text = NULL;
    tlsagen_buf_init(&buf);
    for (; *value != '\0'; value++) {
        if (*value != '%') {
            tlsagen_buf_char(&buf, *value);
            continue;
        }
        const char *part = replacement(setting, *++value, names);
        if (part == NULL)
            goto done;
        tlsagen_buf_str(&buf, part);
    }
    if (buf.failed)
        setting->tree->arena.failed = true;
    else
        text = arena_copy(&setting->tree->arena, buf.len == 0 ? "" : buf.data, buf.len);
done:
    tlsagen_buf_clear(&buf);
    return text;
}

static bool expand_all(struct setting *setting, const struct names *names)
{
    char **values = arena_array(&setting->tree->arena, setting->count + 1, sizeof(*values));
    for (size_t i = 0; i < setting->count; i++) {
        if (values == NULL || (values[i] = expand(setting, setting->values[i], names)) == NULL)
            return false;
    }
    setting->values = values;
    return values != NULL;
}

static void apply(struct build *b, const struct section *section, struct entry *entry,
                  const struct names *names, void *object)
{
    struct setting setting = {
        .tree = b->tree,
        .section = section,
        .entry = entry,
        .name = schema[entry->option].name,
        .values = entry->values,
        .count = entry->count,
    };
    if (!entry->has_percent || expand_all(&setting, names))
        (void)schema_set(&setting, object);
}

void build_apply(struct build *b, const struct section *section, enum object_kind kind,
                 const struct names *names, void *object)
{
    for (size_t i = 0; section != NULL && i < section->entries.count; i++) {
        struct entry *entry = section->entries.items[i];
        if (!entry->faulty && schema[entry->option].object == kind)
            apply(b, section, entry, names, object);
    }
}

void build_try(struct build *b, const struct section *section, enum object_kind kind)
{
    union {
        struct tlsagen_config_zone zone;
        struct tlsagen_config_service service;
    } object;
    const struct names names = {.host = NULL};
    memset(&object, 0, sizeof(object));
    for (size_t i = 0; section != NULL && i < section->entries.count; i++) {
        struct entry *entry = section->entries.items[i];
        /* Without a name nothing can be said of what it is put into. */
        if (!entry->faulty && !entry->has_percent && schema[entry->option].object == kind)
            apply(b, section, entry, &names, &object);
    }
}

static bool build_each(struct build *b)
{
    const struct arena_list *sections = &b->tree->sections;
    /* Zones first: services look for theirs, wherever it stands. */
    for (size_t i = 0; i < sections->count; i++) {
        const struct section *section = sections->items[i];
        if (section->kind == SECTION_ZONE && !build_zone(b, section))
            return false;
    }
    if (!map_reserve(&b->tree->arena, &b->full->services, sections->count) ||
        !map_reserve(&b->tree->parsed, &b->owners, sections->count))
        return false;
    for (size_t i = 0; i < sections->count; i++) {
        const struct section *section = sections->items[i];
        if (section->kind != SECTION_ZONE && !build_services(b, section))
            return false;
    }
    return !b->tree->arena.failed && !b->tree->parsed.failed;
}

/* The lists, as they are shown. */
static void show(struct build *b)
{
    struct tlsagen_config *config = &b->full->config;
    for (size_t i = 0; i < b->zones.count; i++) {
        struct zone_node *node = b->zones.items[i];
        node->zone.services = (const struct tlsagen_config_service *const *)node->services.items;
        node->zone.service_count = node->services.count;
    }
    config->zones = (const struct tlsagen_config_zone *const *)b->zones.items;
    config->zone_count = b->zones.count;
    config->services = (const struct tlsagen_config_service *const *)b->services.items;
    config->service_count = b->services.count;
}

struct full *build_all(struct tree *tree, const char *path)
{
    struct build b = {.tree = tree};
    const struct names names = {.host = NULL};
    b.full = arena_alloc(&tree->arena, sizeof(*b.full));
    if (b.full == NULL)
        return NULL;
    b.full->config.path = arena_text(&tree->arena, path);
    b.full->config.state_dir = TLSAGEN_STATE_DIR;
    build_apply(&b, tree->main, OBJECT_CONFIG, &names, &b.full->config);
    look_main(&b);
    build_try(&b, tree->defaults, OBJECT_ZONE);
    build_try(&b, tree->defaults, OBJECT_SERVICE);
    if (!build_each(&b))
        return NULL;
    show(&b);
    return tree->arena.failed || tree->parsed.failed ? NULL : b.full;
}
