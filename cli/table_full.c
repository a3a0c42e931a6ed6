#include "cli.h"

const bool is_full_program = true;

const struct command commands[] = {
    {"create", "make TLSA records of certificates and keys", cmd_create},
    {"verify", "judge services as a strict client sees them", cmd_verify},
    {"zone", "change and check zone files", cmd_zone},
    {"publish", "bring records to a name server, and see them served", cmd_publish},
    {"reload", "have a name server load a zone, and wait until it did", cmd_reload},
    {"rollover", "carry services to the next key without a failed connection", cmd_rollover},
    {"update", "change records of a dynamic zone at its server", cmd_update},
    {"config", "check the configuration file of zones and services", cmd_config},
    {"status", "show how things stand with all services", cmd_status},
    {"export", "write how things stand, for programs and web servers", cmd_export},
    {"plan", "show what apply would change in all zones", cmd_plan},
    {"apply", "make all zones what the configuration says", cmd_apply},
    {"import", "write configuration for the records that zones have", cmd_import},
    {NULL, NULL, NULL},
};
