#include "look.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tlsagen/record.h>

/* An option that was given, and where. */
struct found {
    struct build *build;
    const struct section *section;
    struct entry *entry;
};

static bool is_wanted(const struct build *b)
{
    return b->tree->faults.warn != NULL;
}

/* Of an option without a % there is one value for all, and it is looked at once. */
static bool find(struct build *b, const struct section *const layers[LOOK_LAYERS], const char *name,
                 struct found *found)
{
    for (size_t i = 0; i < LOOK_LAYERS; i++) {
        struct entry *entry = layers[i] == NULL ? NULL : build_own(layers[i], name);
        if (entry == NULL)
            continue;
        const bool again = entry->looked && !entry->has_percent;
        entry->looked = true;
        *found = (struct found){b, layers[i], entry};
        return !again && !entry->faulty;
    }
    return false;
}

TLSAGEN_PRINTF(2, 3)
static void warn(const struct found *found, const char *format, ...)
{
    const struct setting setting = {.tree = found->build->tree,
                                    .section = found->section,
                                    .entry = found->entry,
                                    .name = schema[found->entry->option].name};
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    setting_warning(&setting, "%s", text);
}

/* --- files --- */

static void look_file(const struct found *found, const char *path, bool folder, const char *advice)
{
    const char *name = schema[found->entry->option].name;
    struct stat st;
    if (path == NULL || strncmp(path, "pkcs11:", 7) == 0)
        return;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && !folder)
        build_entry_fault(found->build, found->section, found->entry,
                          "%s %.300s is a folder; give a file", name, path);
    else if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        warn(found, "%s %.300s is not there; %s", name, path, advice);
}

static void look_files(struct build *b, const struct section *const layers[LOOK_LAYERS],
                       const char *name, const struct tlsagen_config_list *list, bool folder,
                       const char *advice)
{
    struct found found;
    if (list->count == 0 || !find(b, layers, name, &found))
        return;
    for (size_t i = 0; i < list->count; i++)
        look_file(&found, list->items[i], folder, advice);
}

static void look_one(struct build *b, const struct section *const layers[LOOK_LAYERS],
                     const char *name, const char *path, const char *advice)
{
    struct found found;
    if (path != NULL && find(b, layers, name, &found))
        look_file(&found, path, false, advice);
}

/* --- programs --- */

/* As execvp(3) finds it. */
static bool is_in_path(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];
    for (const char *at = path != NULL ? path : "/bin:/usr/bin"; *at != '\0';) {
        const size_t len = strcspn(at, ":");
        const int used = snprintf(file, sizeof(file), "%.*s/%s", (int)len, at, program);
        if (used > 0 && (size_t)used < sizeof(file) && access(file, X_OK) == 0)
            return true;
        at += len + (at[len] == ':');
    }
    return false;
}

static void look_program(struct build *b, const struct section *const layers[LOOK_LAYERS],
                         const char *name, const char *program)
{
    struct found found;
    struct stat st;
    if (program == NULL || !find(b, layers, name, &found))
        return;
    if (strchr(program, '/') == NULL) {
        if (!is_in_path(program))
            warn(&found, "%s: there is no program \"%.200s\" in PATH; install it, or give its path",
                 name, program);
    } else if (stat(program, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            warn(&found, "%s: the program %.300s is not there; install it, or give another one",
                 name, program);
    } else if (!S_ISREG(st.st_mode)) {
        build_entry_fault(b, found.section, found.entry,
                          "%s: %.300s is no program; give the path of one", name, program);
    } else if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        build_entry_fault(b, found.section, found.entry,
                          "%s: %.300s is not executable; chmod +x it, or give another program",
                          name, program);
    }
}

static const char *first_of(const struct tlsagen_config_list *words)
{
    return words->count > 0 ? words->items[0] : NULL;
}

/* --- records --- */

/* As a zone may have it, and `import` takes it over: no client makes anything of it. */
static void look_pinned(struct build *b, const struct section *const layers[LOOK_LAYERS],
                        const struct tlsagen_rrset *set)
{
    struct found found;
    if (set->count == 0 || !find(b, layers, "pinned", &found))
        return;
    for (size_t i = 0; i < set->count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        const struct tlsagen_fields fields = record->fields;
        const size_t wanted = fields.matching == TLSAGEN_MATCHING_SHA256   ? 32
                              : fields.matching == TLSAGEN_MATCHING_SHA512 ? 64
                                                                           : record->len;
        if (fields.usage > TLSAGEN_USAGE_DANE_EE || fields.selector > TLSAGEN_SELECTOR_SPKI ||
            fields.matching > TLSAGEN_MATCHING_SHA512)
            warn(&found,
                 "pinned \"%u %u %u ...\": no client uses such a record; give usage 0 to 3, "
                 "selector 0 or 1, and matching type 0 to 2",
                 fields.usage, fields.selector, fields.matching);
        else if (record->len != wanted)
            warn(
                &found,
                "pinned \"%u %u %u ...\" has %zu bytes where a digest of matching type %u has %zu, "
                "and no client uses it; give the whole digest",
                fields.usage, fields.selector, fields.matching, record->len, fields.matching,
                wanted);
    }
}

/* --- where they stand --- */

void look_main(struct build *b)
{
    const struct section *const layers[LOOK_LAYERS] = {b->tree->main};
    if (is_wanted(b))
        look_one(b, layers, "trust-anchor", b->full->config.trust_anchor,
                 "write DS or DNSKEY records into it, or leave it out for the system's root key");
}

void look_zone(struct build *b, const struct zone_node *node)
{
    const struct section *const layers[LOOK_LAYERS] = {node->section, b->tree->defaults};
    const struct tlsagen_config_zone *zone = &node->zone;
    if (!is_wanted(b))
        return;
    look_one(b, layers, "file", zone->file, "nothing can be published before it is");
    look_one(b, layers, "tsig", zone->tsig, "write the key into it, as tsig-keygen prints it");
    look_one(b, layers, "control-config", zone->server.config,
             "give the control program's own, or leave it out");
    look_one(b, layers, "control-key", zone->server.key_file,
             "give the key that the name server has, or leave it out for rndc's own");
    look_program(b, layers, "control-program", zone->server.program);
    look_program(b, layers, "check-with", first_of(&zone->check_with));
    if (zone->has_server && zone->server.kind == TLSAGEN_SERVER_EXEC)
        look_program(b, layers, "server", zone->server.exec[0]);
}

void look_service(struct build *b, const struct section *const layers[LOOK_LAYERS],
                  const struct tlsagen_config_service *service)
{
    if (!is_wanted(b))
        return;
    look_files(b, layers, "source", &service->source, true,
               "a certificate has to be put there before anything is published");
    look_files(b, layers, "backup-ca", &service->backup_ca, false,
               "put the CA's certificate there, or take it out");
    look_program(b, layers, "after-deploy", first_of(&service->after_deploy));
    look_program(b, layers, "when-ready", first_of(&service->when_ready));
    look_pinned(b, layers, service->pinned);
}
