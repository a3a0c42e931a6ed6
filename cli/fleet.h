/* fleet.h - what `plan` and `apply` share. */
#ifndef CLI_FLEET_H
#define CLI_FLEET_H

#include <jansson.h>

#include "cli.h"
#include "progress.h"

struct fleet_args {
    const char *command; /* "plan" or "apply" */
    bool apply;
    const char *config;
    enum tlsagen_config_format format;
    bool dry_run;   /* of apply */
    bool exit_code; /* of plan */
    bool json;
    bool quiet;
    unsigned jobs;
    const char **zones; /* of --zone; freed by fleet_run */
    size_t zone_count;
    char **operands; /* names of services */
    size_t operand_count;
};

/* Reads the command line; *help: --help was given. An exit code other than EXIT_DONE after a
 * message. */
int fleet_args_parse(struct fleet_args *args, int argc, char **argv, bool *help);
void fleet_args_clear(struct fleet_args *args);
/* Plans or applies, and reports. */
int fleet_run(const struct fleet_args *args);

/* Of a zone, what is shown at the end: zones are done in any order. */
struct fleet_shown {
    const struct tlsagen_config_zone *zone;
    char *diff;     /* in text */
    json_t *object; /* or with --json */
};

/* What the reports of zones are made into. */
struct fleet_output {
    const struct fleet_args *args;
    struct progress progress;
    const struct tlsagen_config *config;
    struct fleet_shown *shown; /* NULL, or room for all zones of config */
    size_t shown_count;
    int code; /* the worst of writing */
};

/* A tlsagen_fleet_report; arg is the struct fleet_output. */
void fleet_output_zone(void *arg, const struct tlsagen_fleet_zone *zone);
void fleet_output_clear(struct fleet_output *output);
/* The end of the report. */
int fleet_output_end(struct fleet_output *output, const struct tlsagen_fleet_summary *summary,
                     bool stopped);

#endif
