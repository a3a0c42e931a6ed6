#include "schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN_MAIN (1U << SECTION_MAIN)
#define IN_ZONE (1U << SECTION_DEFAULTS | 1U << SECTION_ZONE)
#define IN_TEMPLATE (1U << SECTION_TEMPLATE)
#define IN_SERVICE (1U << SECTION_SERVICE)
#define IN_SERVICES (IN_ZONE | IN_TEMPLATE | IN_SERVICE)

#define IN_CONFIG(field) offsetof(struct tlsagen_config, field)
#define OF_ZONE(field) offsetof(struct tlsagen_config_zone, field)
#define OF_SERVICE(field) offsetof(struct tlsagen_config_service, field)

const struct option schema[] = {
    [OPTION_HOST] = {.name = "host", OBJECT_NONE, IN_SERVICE},
    [OPTION_HOSTS] = {.name = "hosts", OBJECT_NONE, IN_TEMPLATE, .many = true},
    [OPTION_ZONE] = {.name = "zone", OBJECT_NONE, IN_TEMPLATE | IN_SERVICE},

    {"state-dir", OBJECT_CONFIG, IN_MAIN, VALUE_PATH, false, IN_CONFIG(state_dir), NULL},
    {"resolver", OBJECT_CONFIG, IN_MAIN, VALUE_OWN, false, 0, set_resolver},
    {"trust-anchor", OBJECT_CONFIG, IN_MAIN, VALUE_PATH, false, IN_CONFIG(trust_anchor), NULL},
    {"trust-ad", OBJECT_CONFIG, IN_MAIN, VALUE_FLAG, false, IN_CONFIG(trust_ad), NULL},
    {"authoritative-port", OBJECT_CONFIG, IN_MAIN, VALUE_OWN, false, 0, set_authoritative_port},

    {"file", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_file},
    {"update", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_update},
    {"tsig", OBJECT_ZONE, IN_ZONE, VALUE_PATH, false, OF_ZONE(tsig), NULL},
    {"server", OBJECT_ZONE, IN_ZONE, VALUE_OWN, true, 0, set_server},
    {"control-config", OBJECT_ZONE, IN_ZONE, VALUE_PATH, false, OF_ZONE(server.config), NULL},
    {"control-key", OBJECT_ZONE, IN_ZONE, VALUE_PATH, false, OF_ZONE(server.key_file), NULL},
    {"control-host", OBJECT_ZONE, IN_ZONE, VALUE_TEXT, false, OF_ZONE(server.host), NULL},
    {"control-port", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_control_port},
    {"control-program", OBJECT_ZONE, IN_ZONE, VALUE_TEXT, false, OF_ZONE(server.program), NULL},
    {"view", OBJECT_ZONE, IN_ZONE, VALUE_TEXT, false, OF_ZONE(server.view), NULL},
    {"class", OBJECT_ZONE, IN_ZONE, VALUE_TEXT, false, OF_ZONE(server.rclass), NULL},
    {"query", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_query},
    {"check-with", OBJECT_ZONE, IN_ZONE, VALUE_WORDS, true, OF_ZONE(check_with), NULL},
    {"policy", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_policy},
    {"wait", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_wait},
    {"freeze", OBJECT_ZONE, IN_ZONE, VALUE_FLAG, false, OF_ZONE(freeze), NULL},
    {"unknown", OBJECT_ZONE, IN_ZONE, VALUE_OWN, false, 0, set_unknown},

    {"ports", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, true, 0, set_ports},
    {"proto", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_proto},
    {"records", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, true, 0, set_records},
    {"pinned", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, true, 0, set_pinned},
    {"ttl", OBJECT_SERVICE, IN_SERVICES, VALUE_SECONDS, false, OF_SERVICE(ttl), NULL},
    {"ta", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_ta},
    {"source", OBJECT_SERVICE, IN_SERVICES, VALUE_PATHS, true, OF_SERVICE(source), NULL},
    {"live", OBJECT_SERVICE, IN_SERVICES, VALUE_PATH, true, OF_SERVICE(live), NULL},
    {"after-deploy", OBJECT_SERVICE, IN_SERVICES, VALUE_WORDS, true, OF_SERVICE(after_deploy),
     NULL},
    {"when-ready", OBJECT_SERVICE, IN_SERVICES, VALUE_WORDS, true, OF_SERVICE(when_ready), NULL},
    {"hook-timeout", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_hook_timeout},
    {"deploy-deadline", OBJECT_SERVICE, IN_SERVICES, VALUE_SECONDS, false,
     OF_SERVICE(deploy_deadline), NULL},
    {"keep", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_keep},
    {"watch", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_watch},
    {"reuse-key", OBJECT_SERVICE, IN_SERVICES, VALUE_FLAG, false, OF_SERVICE(reuse_key), NULL},
    {"verify", OBJECT_SERVICE, IN_SERVICES, VALUE_FLAG, false, OF_SERVICE(verify), NULL},
    {"starttls", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_starttls},
    {"backup-ca", OBJECT_SERVICE, IN_SERVICES, VALUE_PATHS, true, OF_SERVICE(backup_ca), NULL},
    {"ignore-server", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, true, 0, set_ignore_server},
    {"key-type", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_key_type},
    {"key-mode", OBJECT_SERVICE, IN_SERVICES, VALUE_OWN, false, 0, set_key_mode},
    {"key-user", OBJECT_SERVICE, IN_SERVICES, VALUE_TEXT, false, OF_SERVICE(key_user), NULL},
    {"key-group", OBJECT_SERVICE, IN_SERVICES, VALUE_TEXT, false, OF_SERVICE(key_group), NULL},
};
const size_t schema_count = sizeof(schema) / sizeof(schema[0]);
_Static_assert(sizeof(schema) / sizeof(schema[0]) <= SCHEMA_MAX, "the schema fits its arrays");

size_t schema_find(const char *name)
{
    size_t i = 0;
    while (i < schema_count && strcmp(schema[i].name, name) != 0)
        i++;
    return i;
}

/* "a, b or c": the sections that an option may stand in. */
static void name_sections(unsigned where, char *text, size_t size)
{
    size_t left = (size_t)__builtin_popcount(where), used = 0;
    *text = '\0';
    for (unsigned kind = 0; kind < SECTION_KINDS && used < size; kind++) {
        if ((where & 1U << kind) == 0)
            continue;
        left--;
        int len = snprintf(text + used, size - used, "%s%s", section_word(kind),
                           left > 1    ? ", "
                           : left == 1 ? " or "
                                       : "");
        if (len < 0)
            return;
        used += (size_t)len;
    }
}

bool schema_allows(struct tree *tree, size_t option, enum section_kind kind,
                   const struct source *source, unsigned line)
{
    char words[100];
    if ((schema[option].where & 1U << kind) != 0)
        return true;
    name_sections(schema[option].where, words, sizeof(words));
    fault_at(tree, source, line, "%s does not belong in %s; give it in %s", schema[option].name,
             section_word(kind), words);
    return false;
}

/* How many bytes two words differ by, roughly: for telling what was meant. */
static size_t distance(const char *a, const char *b)
{
    size_t front = 0, back = 0, a_len = strlen(a), b_len = strlen(b);
    size_t shorter = a_len < b_len ? a_len : b_len;
    while (front < shorter && a[front] == b[front])
        front++;
    while (back < shorter - front && a[a_len - 1 - back] == b[b_len - 1 - back])
        back++;
    return (a_len > b_len ? a_len : b_len) - front - back;
}

void schema_unknown(struct tree *tree, const char *name, enum section_kind kind,
                    const struct source *source, unsigned line)
{
    size_t best = schema_count, least = 3;
    for (size_t i = 0; i < schema_count; i++) {
        size_t differs = distance(name, schema[i].name);
        if ((schema[i].where & 1U << kind) != 0 && differs < least) {
            least = differs;
            best = i;
        }
    }
    if (best < schema_count)
        fault_at(tree, source, line, "unknown option \"%.64s\"; is %s meant?", name,
                 schema[best].name);
    else
        fault_at(tree, source, line,
                 "unknown option \"%.64s\"; tlsagen.conf(5) lists those that there are", name);
}

/* Told by tell with the place of the option. */
static void tell_setting(const struct setting *setting, fault_fn *tell, const char *text)
{
    const struct entry *entry = setting->entry;
    const struct section *section = setting->section;
    if (entry->line > 0)
        tell(setting->tree, entry->source, entry->line, "%s", text);
    else if (section->title != NULL)
        tell(setting->tree, entry->source, 0, "%s %.200s, %s: %s", section_word(section->kind),
             section->title, setting->name, text);
    else
        tell(setting->tree, entry->source, 0, "%s, %s: %s", section_word(section->kind),
             setting->name, text);
}

void setting_fault(const struct setting *setting, const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    setting->entry->faulty = true;
    tell_setting(setting, fault_at, text);
}

void setting_warning(const struct setting *setting, const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    tell_setting(setting, warning_at, text);
}

bool setting_err(const struct setting *setting, const struct tlsagen_err *err)
{
    setting_fault(setting, "%s", err->message);
    return false;
}

char *setting_path(const struct setting *setting, char *path)
{
    const char *folder = setting->entry->source->folder;
    if (*path == '/' || strncmp(path, "pkcs11:", 7) == 0)
        return path;
    size_t folder_len = strlen(folder), len = strlen(path);
    char *absolute = arena_alloc(&setting->tree->arena, folder_len + len + 2);
    if (absolute == NULL)
        return NULL;
    memcpy(absolute, folder, folder_len);
    absolute[folder_len] = '/';
    memcpy(absolute + folder_len + 1, path, len);
    return absolute;
}

/* { "systemctl", "reload", "postfix" } of the words that stand in one. */
static void add_words(struct tlsagen_buf *text, const char *word)
{
    const char *lead = "{ \"";
    while (*word != '\0') {
        const size_t len = strcspn(word, " \t");
        if (len > 0)
            tlsagen_buf_printf(text, "%s%.*s\"", lead, (int)len, word);
        lead = len > 0 ? ", \"" : lead;
        word += len;
        word += strspn(word, " \t");
    }
    tlsagen_buf_str(text, " }");
}

/*
 * A path may have blanks in it, when it is there or nobody can tell. What is not there is a path,
 * too, as long as its first word is no program.
 */
static bool has_words_in_one(const char *program)
{
    const size_t len = strcspn(program, " \t");
    char first[4096];
    struct stat st;
    if (program[len] == '\0')
        return false;
    if (strchr(program, '/') != NULL &&
        (access(program, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)))
        return false;
    if (memchr(program, '/', len) == NULL)
        return true;
    (void)snprintf(first, sizeof(first), "%.*s", (int)len, program);
    return stat(first, &st) == 0 && S_ISREG(st.st_mode) && access(first, X_OK) == 0;
}

bool setting_words(const struct setting *setting, char *const *words)
{
    const char *word = words[0];
    struct tlsagen_buf text;
    if (!has_words_in_one(word))
        return true;
    tlsagen_buf_init(&text);
    add_words(&text, word);
    setting_fault(setting,
                  "%s: no program is called \"%.200s\", and there is no shell to part its words; "
                  "give them by themselves: %.300s",
                  setting->name, word, text.failed ? "{ ... }" : text.data);
    tlsagen_buf_clear(&text);
    return false;
}

static bool set_text(const struct setting *setting, bool is_path, const char **field)
{
    char *text = setting->count == 0 ? NULL : setting->values[0];
    if (text != NULL && is_path)
        text = setting_path(setting, text);
    *field = text;
    return text != NULL || setting->count == 0;
}

static bool set_list(const struct setting *setting, bool is_path, struct tlsagen_config_list *list)
{
    *list = (struct tlsagen_config_list){.items = NULL};
    if (setting->count == 0)
        return true;
    list->items = setting->values; /* with a NULL behind them */
    list->count = setting->count;
    if (!is_path)
        return setting_words(setting, list->items);
    list->items = arena_array(&setting->tree->arena, setting->count + 1, sizeof(*list->items));
    for (size_t i = 0; i < setting->count; i++) {
        if (list->items == NULL ||
            (list->items[i] = setting_path(setting, setting->values[i])) == NULL)
            return false;
    }
    return true;
}

static bool set_flag(const struct setting *setting, bool *flag)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(setting->values[0], words[i]) == 0) {
            *flag = i % 2 == 1;
            return true;
        }
    }
    setting_fault(setting, "%s \"%.64s\" is neither yes nor no; give one of them", setting->name,
                  setting->values[0]);
    return false;
}

static bool set_seconds(const struct setting *setting, uint32_t *seconds)
{
    struct tlsagen_err err;
    if (tlsagen_duration_parse(setting->values[0], setting->name, seconds, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    return true;
}

static bool check_count(const struct setting *setting, const struct option *option)
{
    if (!option->many && setting->count != 1) {
        setting_fault(setting, "%s has %zu values; give one", setting->name, setting->count);
        return false;
    }
    if (option->type == VALUE_PATH && setting->count > 1) {
        setting_fault(setting, "%s has %zu values; give one, or {} for none", setting->name,
                      setting->count);
        return false;
    }
    bool words = option->type == VALUE_WORDS && setting->count > 0;
    for (size_t i = 0; i < setting->count; i++) {
        if (*setting->values[i] == '\0' && (!words || i == 0)) {
            setting_fault(setting, "%s is empty; give a value, or leave it out", setting->name);
            return false;
        }
    }
    return true;
}

bool schema_set(const struct setting *setting, void *object)
{
    const struct option *option = &schema[setting->entry->option];
    void *field = (char *)object + option->offset;
    if (!check_count(setting, option))
        return false;
    switch (option->type) {
    case VALUE_TEXT:
    case VALUE_PATH:
        return set_text(setting, option->type == VALUE_PATH, field);
    case VALUE_PATHS:
    case VALUE_WORDS:
        return set_list(setting, option->type == VALUE_PATHS, field);
    case VALUE_FLAG:
        return set_flag(setting, field);
    case VALUE_SECONDS:
        return set_seconds(setting, field);
    case VALUE_OWN:
        break;
    }
    return option->set(setting, object);
}
