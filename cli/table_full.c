#include "cli.h"

const bool is_full_program = true;

const struct command commands[] = {
    {NULL, NULL, NULL},
};
