#include "cli.h"

const bool is_full_program = false;

const struct command commands[] = {
    {NULL, NULL, NULL},
};
