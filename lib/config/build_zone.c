#include <tlsagen/publish.h>

#include "file.h"
#include "look.h"

/*
 * An option that is of no use in the zone: a fault when its own section gives it, while what comes
 * from the defaults is left out.
 */
static bool drops(struct build *b, const struct zone_node *node, const char *name,
                  const char *reason)
{
    struct entry *entry = build_own(node->section, name);
    if (entry != NULL && !entry->faulty)
        build_entry_fault(b, node->section, entry, "%s %s", name, reason);
    return true;
}

static void check_update(struct build *b, struct zone_node *node)
{
    struct tlsagen_config_zone *zone = &node->zone;
    if (zone->update == NULL) {
        if (zone->tsig != NULL && drops(b, node, "tsig", "is for update; take one of them out"))
            zone->tsig = NULL;
        return;
    }
    if (zone->has_server &&
        drops(b, node, "server",
              "is told to load a file, and update needs none; take one of them out"))
        zone->has_server = false;
    if (zone->check_with.count > 0 &&
        drops(b, node, "check-with", "judges a file, and update has none; take one of them out"))
        zone->check_with = (struct tlsagen_config_list){.items = NULL};
}

/* As the options of tlsagen reload. */
static void check_server(struct build *b, struct zone_node *node)
{
    struct tlsagen_server *server = &node->zone.server;
    bool has = node->zone.has_server;
    bool rndc = has && server->kind == TLSAGEN_SERVER_RNDC;
    bool nsd = has && server->kind == TLSAGEN_SERVER_NSD;
    bool knot = has && server->kind == TLSAGEN_SERVER_KNOT;
    bool control = has && server->kind != TLSAGEN_SERVER_EXEC;
    if (server->key_file != NULL && !rndc && drops(b, node, "control-key", "is for server = rndc"))
        server->key_file = NULL;
    if (server->view != NULL && !rndc && drops(b, node, "view", "is for server = rndc"))
        server->view = NULL;
    if (server->rclass != NULL && !rndc && drops(b, node, "class", "is for server = rndc"))
        server->rclass = NULL;
    if (server->port != NULL && !rndc && !nsd &&
        drops(b, node, "control-port", "is for server = rndc and nsd-control"))
        server->port = NULL;
    if (server->host != NULL && !rndc && !nsd && !knot &&
        drops(b, node, "control-host", "is for server = rndc, nsd-control and knotc"))
        server->host = NULL;
    if (server->port != NULL && nsd && server->host == NULL)
        (void)drops(b, node, "control-port", "needs control-host with nsd-control");
    if (server->config != NULL && !control &&
        drops(b, node, "control-config", "is for a server with a control program"))
        server->config = NULL;
    if (server->program != NULL && !control &&
        drops(b, node, "control-program", "is for a server with a control program"))
        server->program = NULL;
    if (node->zone.freeze && (!rndc || node->zone.file == NULL) &&
        drops(b, node, "freeze", "is for a file, and server = rndc"))
        node->zone.freeze = false;
}

static void check_secret(struct build *b, const struct zone_node *node, const char *name,
                         const char *path)
{
    struct entry *entry = build_own(node->section, name);
    const struct section *section = node->section;
    if (entry == NULL) {
        section = b->tree->defaults;
        entry = build_own(section, name);
    }
    if (path != NULL && entry != NULL && !entry->faulty)
        file_check_secret(b->tree, section, entry, path);
}

static void check_zone(struct build *b, struct zone_node *node)
{
    struct tlsagen_config_zone *zone = &node->zone;
    struct entry *file = build_own(node->section, "file");
    struct entry *update = build_own(node->section, "update");
    if (file != NULL && update != NULL)
        build_entry_fault(b, node->section, update,
                          "file and update are two ways to change a zone; give one of them");
    else if (zone->file == NULL && zone->update == NULL && (file == NULL || !file->faulty) &&
             (update == NULL || !update->faulty))
        build_fault(b, node->section, "neither file nor update is given; give one of them");
    check_update(b, node);
    check_server(b, node);
    check_secret(b, node, "tsig", zone->tsig);
    check_secret(b, node, "control-key", zone->server.key_file);
    look_zone(b, node);
}

bool build_zone(struct build *b, const struct section *section)
{
    struct zone_node *node = arena_alloc(&b->tree->arena, sizeof(*node));
    struct tlsagen_err err;
    char *name = build_name(b, section->title, &err);
    if (node == NULL || (name == NULL && err.code == TLSAGEN_E_MEMORY))
        return false;
    if (name == NULL) {
        build_fault(b, section, "%s", err.message);
        build_try(b, section, OBJECT_ZONE);
        build_try(b, section, OBJECT_SERVICE);
        return true;
    }
    const struct zone_node *first = map_find(&b->full->zones, name);
    if (first != NULL) {
        build_fault(b, section, "the same as zone %.200s at %.300s:%u; keep one",
                    first->section->title, first->zone.place.file, first->zone.place.line);
        return true;
    }
    *node =
        (struct zone_node){.zone = {.name = name,
                                    .place = {.file = section->source->name, .line = section->line},
                                    .wait_ms = TLSAGEN_RELOAD_WAIT_MS},
                           .section = section};
    const struct names names = {.zone = build_relative(b, name)};
    build_apply(b, b->tree->defaults, OBJECT_ZONE, &names, &node->zone);
    build_apply(b, section, OBJECT_ZONE, &names, &node->zone);
    build_try(b, section, OBJECT_SERVICE);
    if (!section->faulty)
        check_zone(b, node);
    return map_add(&b->tree->arena, &b->full->zones, name, node) &&
           arena_push(&b->tree->arena, &b->zones, node);
}
