/* rollover_room.c - what every subcommand of `rollover` begins with. */
#include "rollover.h"

#include <stdlib.h>

#include "named.h"

static bool is_taken(const struct rollover_room *room, const struct tlsagen_config_service *service)
{
    for (size_t i = 0; i < room->count; i++) {
        if (room->services[i] == service)
            return true;
    }
    return false;
}

static int find_named(const struct rollover_args *args, const struct tlsagen_config *config,
                      struct named_services *named)
{
    const int count = args->operand_count - args->command->others;
    int code = EXIT_DONE;
    for (int i = 0; i < count && code == EXIT_DONE; i++)
        code = named_add(named, config, args->operands[i], args->command->services_max == 1);
    return code;
}

static int find_services(const struct rollover_args *args, struct rollover_room *room)
{
    const struct tlsagen_config *config = room->config;
    const bool all = args->operand_count <= args->command->others;
    struct named_services named = {.at = NULL};
    int code = find_named(args, config, &named);
    const size_t count = all ? config->service_count : named.count;
    const struct tlsagen_config_service *const *services = all ? config->services : named.at;
    room->services = code == EXIT_DONE ? calloc(count + 1, sizeof(*room->services)) : NULL;
    if (code == EXIT_DONE && room->services == NULL) {
        report_error("out of memory");
        code = EXIT_FAILED;
    }
    for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
        if (all || !is_taken(room, services[i]))
            room->services[room->count++] = services[i];
    }
    named_clear(&named);
    return code;
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
