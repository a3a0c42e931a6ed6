#include <stdio.h>
#include <string.h>

#include "look.h"

#define NAME_MAX_BYTES 64
#define INSTANCE_MAX_BYTES 240 /* with an ending it still is a file's name */

/* One service to be made. */
struct plan {
    const struct section *section; /* the service, or its template */
    const char *name;
    const char *host; /* absolute */
    struct zone_node *zone;
};

static const struct tlsagen_fields default_fields[] = {
    {TLSAGEN_USAGE_DANE_EE, TLSAGEN_SELECTOR_SPKI, TLSAGEN_MATCHING_SHA256}};

static const struct tlsagen_rrset no_records = {.count = 0};

static bool check_title(struct build *b, const struct section *section)
{
    static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *title = section->title;
    size_t len = strlen(title);
    if (len > 0 && len <= NAME_MAX_BYTES && strchr(fit, *title) != NULL) {
        while (*title != '\0' && (strchr(fit, *title) != NULL || strchr("._-", *title) != NULL))
            title++;
        if (*title == '\0')
            return true;
    }
    build_fault(b, section,
                "the name is not fit for a file's name; give at most %d letters, digits, \"-\", "
                "\"_\" and \".\"",
                NAME_MAX_BYTES);
    return false;
}

/* The zone that is given, or the one that the host lies in; NULL after a fault was told. */
static struct zone_node *find_zone(struct build *b, const struct section *section, const char *host)
{
    struct entry *entry = section_find(section, OPTION_ZONE);
    struct tlsagen_err err;
    if (entry == NULL) {
        struct zone_node *node = build_zone_of(b->full, host);
        if (node == NULL)
            build_fault(b, section,
                        "host %.253s lies in no zone of this configuration; add a zone section",
                        host);
        return node;
    }
    if (entry->faulty)
        return NULL;
    char *name = entry->count == 1 ? build_name(b, entry->values[0], &err) : NULL;
    struct zone_node *node = name == NULL ? NULL : map_find(&b->full->zones, name);
    size_t len = node == NULL ? 0 : strlen(name), host_len = strlen(host);
    if (node == NULL)
        build_entry_fault(b, section, entry,
                          "zone \"%.253s\" is not in this configuration; add a zone section",
                          entry->count == 0 ? "" : entry->values[0]);
    else if (host_len < len || strcmp(host + host_len - len, name) != 0 ||
             (host_len > len && host[host_len - len - 1] != '.'))
        build_entry_fault(b, section, entry,
                          "host %.253s does not lie in zone %.253s; give its zone", host, name);
    else
        return node;
    return NULL;
}

/* False after a fault was told: faults of the options' values tell themselves. */
static bool is_given(struct build *b, const struct plan *plan, size_t count, const char *option)
{
    const struct section *const layers[] = {plan->section, plan->zone->section, b->tree->defaults};
    if (count > 0)
        return true;
    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        const struct entry *entry = layers[i] == NULL ? NULL : build_own(layers[i], option);
        if (entry != NULL && entry->faulty)
            return false;
    }
    build_fault(b, plan->section, "%s is missing; give it, or in defaults", option);
    return false;
}

static void check_service(struct build *b, const struct plan *plan,
                          struct tlsagen_config_service *service)
{
    (void)is_given(b, plan, service->port_count, "ports");
    const struct entry *pinned = build_own(plan->section, "pinned");
    if (pinned == NULL || !pinned->faulty)
        (void)is_given(b, plan, service->source.count + service->pinned->count, "source");
    if (service->source.count == 0 && service->live != NULL)
        build_fault(b, plan->section, "live is given without source, from which it is switched");
    if (service->live == NULL && service->after_deploy.count > 0) {
        struct entry *entry = build_own(plan->section, "after-deploy");
        const struct entry *live = build_own(plan->section, "live");
        if (entry != NULL && !entry->faulty && (live == NULL || !live->faulty))
            build_entry_fault(b, plan->section, entry,
                              "after-deploy is run when live was switched, and live is not given; "
                              "give it, or use when-ready");
        service->after_deploy = (struct tlsagen_config_list){.items = NULL};
    }
    for (size_t i = 0; service->live != NULL && i < service->source.count; i++) {
        if (strcmp(service->source.items[i], service->live) == 0)
            build_fault(b, plan->section,
                        "source and live are the same, %.300s; live is switched by tlsagen, and "
                        "needs a place of its own",
                        service->live);
    }
}

static bool add_owners(struct build *b, const struct plan *plan,
                       struct tlsagen_config_service *service)
{
    struct arena *arena = &b->tree->arena;
    struct tlsagen_err err;
    char owner[TLSAGEN_NAME_SIZE];
    const char **owners = arena_array(arena, service->port_count + 1, sizeof(*owners));
    if (owners == NULL)
        return false;
    for (size_t i = 0; i < service->port_count; i++) {
        if (tlsagen_owner_make(service->host, service->ports[i], service->proto, owner, &err) !=
            TLSAGEN_OK) {
            build_fault(b, plan->section, "%s", err.message);
            return true;
        }
        owners[i] = arena_text(arena, owner);
        if (owners[i] == NULL)
            return false;
        void **kept = map_claim(&b->tree->parsed, &b->owners, owners[i]);
        if (kept == NULL)
            return false;
        const struct tlsagen_config_service *first = *kept;
        if (first != NULL)
            build_fault(b, plan->section,
                        "%.253s belongs to service %.253s already, at %.200s:%u; give the port to "
                        "one of them",
                        owner, first->name, first->place.file, first->place.line);
        else
            *kept = service;
    }
    service->owners = owners;
    return true;
}

static bool make_service(struct build *b, const struct plan *plan)
{
    struct tlsagen_config_service *service = arena_alloc(&b->tree->arena, sizeof(*service));
    const struct section *section = plan->section;
    const struct section *const layers[] = {section, plan->zone->section, b->tree->defaults};
    const struct names names = {.host = build_relative(b, plan->host),
                                .name = plan->name,
                                .zone = build_relative(b, plan->zone->zone.name)};
    if (service == NULL)
        return false;
    *service = (struct tlsagen_config_service){
        .name = plan->name,
        .place = {.file = section->source->name, .line = section->line},
        .zone = &plan->zone->zone,
        .host = plan->host,
        .fields = default_fields,
        .field_count = 1,
        .pinned = &no_records,
        .ttl = TLSAGEN_CONFIG_TTL,
        .hook_timeout = TLSAGEN_CONFIG_HOOK_TIMEOUT,
        .deploy_deadline = TLSAGEN_CONFIG_DEPLOY_DEADLINE,
        .watch = TLSAGEN_CONFIG_WATCH,
        .verify = true,
        .key_mode = 0600,
    };
    build_apply(b, b->tree->defaults, OBJECT_SERVICE, &names, service);
    build_apply(b, plan->zone->section, OBJECT_SERVICE, &names, service);
    build_apply(b, section, OBJECT_SERVICE, &names, service);
    check_service(b, plan, service);
    look_service(b, layers, service);
    return add_owners(b, plan, service) &&
           map_add(&b->tree->arena, &b->full->services, service->name, service) &&
           arena_push(&b->tree->arena, &b->services, service) &&
           arena_push(&b->tree->arena, &plan->zone->services, service);
}

/* The name of a template's service, as systemd names them: TEMPLATE@HOST. */
static const char *instance_name(struct build *b, const struct section *section, const char *host)
{
    char name[NAME_MAX_BYTES + TLSAGEN_NAME_SIZE + 2];
    int len = snprintf(name, sizeof(name), "%s@%s", section->title, host);
    return len < 1 ? NULL : arena_copy(&b->tree->arena, name, (size_t)len - 1); /* no final dot */
}

/* One value of host or hosts; false when memory ran out. */
static bool plan_host(struct build *b, const struct section *section, struct entry *entry,
                      const char *text)
{
    struct plan plan = {.section = section};
    struct tlsagen_err err;
    plan.host = build_name(b, text, &err);
    if (plan.host == NULL) {
        if (err.code != TLSAGEN_E_MEMORY)
            build_entry_fault(b, section, entry, "%s", err.message);
        return err.code != TLSAGEN_E_MEMORY;
    }
    plan.name =
        section->kind == SECTION_SERVICE ? section->title : instance_name(b, section, plan.host);
    plan.zone = find_zone(b, section, plan.host);
    if (plan.zone == NULL)
        return true;
    if (plan.name == NULL)
        return false;
    if (strlen(plan.name) > INSTANCE_MAX_BYTES)
        build_entry_fault(b, section, entry,
                          "the name %.300s is too long for a file's name; shorten that of the "
                          "template",
                          plan.name);
    else if (map_find(&b->full->services, plan.name) != NULL)
        build_entry_fault(b, section, entry, "host %.253s is named twice; keep one", plan.host);
    else
        return make_service(b, &plan);
    return true;
}

/* All that a section asks for; false when memory ran out. */
static bool plan_hosts(struct build *b, const struct section *section)
{
    bool alone = section->kind == SECTION_SERVICE;
    struct entry *entry = section_find(section, alone ? OPTION_HOST : OPTION_HOSTS);
    if (!check_title(b, section) || (entry != NULL && entry->faulty))
        return true;
    if (entry == NULL || entry->count == 0) {
        build_fault(b, section, "%s is missing; give %s", alone ? "host" : "hosts",
                    alone ? "the host's name" : "the names of hosts");
        return true;
    }
    if (alone && entry->count > 1) {
        build_entry_fault(b, section, entry,
                          "host has %zu values; give one, or a service-template with hosts",
                          entry->count);
        return true;
    }
    for (size_t i = 0; i < entry->count; i++) {
        if (!plan_host(b, section, entry, entry->values[i]))
            return false;
    }
    return true;
}

bool build_services(struct build *b, const struct section *section)
{
    size_t before = b->services.count;
    if (!plan_hosts(b, section))
        return false;
    if (b->services.count == before)
        build_try(b, section, OBJECT_SERVICE);
    return true;
}
