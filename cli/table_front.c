#include "create.h"

const bool is_full_program = false;
create_connect_fn *const create_connect = NULL;

const struct command commands[] = {
    {"create", "make TLSA records of certificates and keys", cmd_create},
    {"verify", "judge services as a strict client sees them", NULL},
    {"zone", "change and check zone files", NULL},
    {"publish", "bring records to a name server, and see them served", NULL},
    {"reload", "have a name server load a zone, and wait until it did", NULL},
    {"rollover", "carry services to the next key without a failed connection", NULL},
    {"update", "change records of a dynamic zone at its server", NULL},
    {"config", "check the configuration file of zones and services", NULL},
    {"status", "show how things stand with all services", NULL},
    {"export", "write how things stand, for programs and web servers", NULL},
    {"plan", "show what apply would change in all zones", NULL},
    {"apply", "make all zones what the configuration says", NULL},
    {"import", "write configuration for the records that zones have", NULL},
    {NULL, NULL, NULL},
};
