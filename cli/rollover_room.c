/* rollover_room.c - what every subcommand of `rollover` begins with. */
#include "rollover.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KNOWN_SHOWN 10 /* names in a message, at most */

/* A service or a zone, by its place. */
typedef const char *name_at(const struct tlsagen_config *config, size_t i);

static const char *service_at(const struct tlsagen_config *config, size_t i)
{
    return config->services[i]->name;
}

static const char *zone_at(const struct tlsagen_config *config, size_t i)
{
    return config->zones[i]->name;
}

/* Names some of those that begin with start. How many there are. */
static size_t name_some(const struct tlsagen_config *config, name_at *name, size_t count,
                        const char *start, struct tlsagen_buf *text)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *one = name(config, i);
        if (strncasecmp(one, start, strlen(start)) != 0)
            continue;
        if (found++ < KNOWN_SHOWN)
            tlsagen_buf_printf(text, "%s%.40s", found > 1 ? ", " : "", one);
    }
    if (found > KNOWN_SHOWN)
        tlsagen_buf_printf(text, " and %zu more", found - KNOWN_SHOWN);
    return found;
}

/* Those that begin as it was written are told first: names are cut short, or those of templates. */
static int unknown(const struct tlsagen_config *config, const char *kind, const char *name,
                   name_at *at, size_t count)
{
    struct tlsagen_buf known;
    tlsagen_buf_init(&known);
    const bool near = name_some(config, at, count, name, &known) > 0;
    if (!near && name_some(config, at, count, "", &known) == 0)
        tlsagen_buf_str(&known, "none");
    report_error("no %s \"%.64s\" in %.200s; those %s: %s", kind, name, config->path,
                 near ? "that begin so" : "there", known.failed ? "?" : known.data);
    tlsagen_buf_clear(&known);
    return EXIT_USAGE;
}

int rollover_unknown_service(const struct tlsagen_config *config, const char *name)
{
    return unknown(config, "service", name, service_at, config->service_count);
}

int rollover_unknown_zone(const struct tlsagen_config *config, const char *name)
{
    return unknown(config, "zone", name, zone_at, config->zone_count);
}

static bool is_taken(const struct rollover_room *room, const struct tlsagen_config_service *service)
{
    for (size_t i = 0; i < room->count; i++) {
        if (room->services[i] == service)
            return true;
    }
    return false;
}

static int find_services(const struct rollover_args *args, struct rollover_room *room)
{
    const struct tlsagen_config *config = room->config;
    const size_t named = (size_t)(args->operand_count - args->command->others);
    const size_t size = named == 0 ? config->service_count : named;
    room->services = calloc(size + 1, sizeof(*room->services));
    if (room->services == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    for (size_t i = 0; named == 0 && i < config->service_count; i++)
        room->services[room->count++] = config->services[i];
    for (size_t i = 0; i < named; i++) {
        const struct tlsagen_config_service *service =
            tlsagen_config_service(config, args->operands[i]);
        if (service == NULL)
            return rollover_unknown_service(config, args->operands[i]);
        if (!is_taken(room, service))
            room->services[room->count++] = service;
    }
    return EXIT_DONE;
}

int rollover_room_open(const struct rollover_args *args, struct rollover_room *room)
{
    const struct tlsagen_rollover_options options = {
        .dry_run = args->dry_run,
        .emergency = args->emergency,
        .adopt = args->adopt,
        .insist = args->operand_count > args->command->others,
    };
    struct tlsagen_err err;
    *room = (struct rollover_room){.count = 0};
    if (tlsagen_config_read(args->config, TLSAGEN_CONFIG_BY_NAME, NULL, NULL, &room->config,
                            &err) != TLSAGEN_OK)
        return report_err(&err);
    int code = find_services(args, room);
    if (code == EXIT_DONE &&
        tlsagen_rollover_new(room->config, &options, &room->rollover, &err) != TLSAGEN_OK)
        code = report_err(&err);
    return code;
}

void rollover_room_close(struct rollover_room *room)
{
    tlsagen_rollover_free(room->rollover);
    free(room->services);
    tlsagen_config_free(room->config);
    *room = (struct rollover_room){.count = 0};
}
