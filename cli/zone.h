/* zone.h - what the files of the command `zone` share. */
#ifndef CLI_ZONE_H
#define CLI_ZONE_H

#include <jansson.h>

#include "cli.h"

/* Options of the subcommands, as bits; each takes those it names. -h is everybody's. */
enum zone_option {
    ZONE_ORIGIN = 1 << 0,       /* --origin ZONE */
    ZONE_TTL = 1 << 1,          /* --ttl TIME */
    ZONE_DRY_RUN = 1 << 2,      /* -n, --dry-run */
    ZONE_BACKUP = 1 << 3,       /* --backup[=SUFFIX] */
    ZONE_CHECK_WITH = 1 << 4,   /* --check-with COMMAND */
    ZONE_NO_BUMP = 1 << 5,      /* --no-bump */
    ZONE_POLICY = 1 << 6,       /* --policy WORD and --serial N */
    ZONE_FOLLOW_CNAME = 1 << 7, /* --follow-cname */
    ZONE_JSON = 1 << 8,         /* --json */
    ZONE_QUIET = 1 << 9,        /* -q, --quiet */
    ZONE_WARNINGS = 1 << 10,    /* -W, --warnings-fail */
    ZONE_QUICK = 1 << 11,       /* --quick */
    ZONE_TYPE = 1 << 12,        /* --type TYPE */
};

/* What put, add and remove have in common. */
#define ZONE_EDIT_OPTIONS                                                                          \
    (ZONE_ORIGIN | ZONE_DRY_RUN | ZONE_BACKUP | ZONE_CHECK_WITH | ZONE_NO_BUMP | ZONE_POLICY |     \
     ZONE_FOLLOW_CNAME | ZONE_JSON | ZONE_QUIET | ZONE_WARNINGS)

/* The command line of a subcommand, understood. Pointers are borrowed from argv. */
struct zone_args {
    const struct zone_command *command;
    const char *origin; /* NULL without --origin */
    int64_t ttl;        /* seconds, or TLSAGEN_ZONE_TTL_NONE */
    bool dry_run;
    const char *backup_suffix; /* NULL without --backup */
    const char *check_with;    /* NULL without --check-with */
    bool no_bump;
    enum tlsagen_serial_policy policy;
    uint32_t serial; /* for TLSAGEN_SERIAL_EXPLICIT */
    bool follow_cname;
    bool json;
    bool quiet;
    bool warnings_fail;
    bool quick;
    const char *type; /* NULL without --type */
    char **operands;
    int operand_count;
    size_t warning_count; /* filled while the command runs; for -W */
};

/* A subcommand of `zone`. */
struct zone_command {
    const char *name;
    bool alone;          /* a command of its own, which takes these options too */
    const char *summary; /* one line for `zone --help` */
    const char *help;    /* the whole text of `zone NAME --help` */
    unsigned options;    /* of enum zone_option */
    int operands_min;
    int operands_max;
    const char *operands; /* how they are called in a message: "FILE [RRFILE]" */
    int (*run)(struct zone_args *args);
};

extern const struct zone_command zone_bump;
extern const struct zone_command zone_put;
extern const struct zone_command zone_add;
extern const struct zone_command zone_remove;
extern const struct zone_command zone_list;
extern const struct zone_command zone_check;

/*
 * Reads the command line; argv[0] is the subcommand's name. EXIT_DONE, or the exit code after a
 * message. *help is set, and the rest not checked, when the help text is wanted.
 */
int zone_args_parse(struct zone_args *args, const struct zone_command *command, int argc,
                    char **argv, bool *help);
/* A usage error with a pointer to the subcommand's --help; returns EXIT_USAGE. */
int zone_usage(const struct zone_command *command, const char *format, ...) TLSAGEN_PRINTF(2, 3);
/* The library's options; they borrow from args, which counts and reports warnings. */
struct tlsagen_zone_options zone_options(struct zone_args *args);
/*
 * Reports what a change did: to stdout the diff of a dry run, JSON, or one line of text each for
 * serial and RRsets. Returns the exit code.
 */
int zone_report_change(const struct zone_args *args, const struct tlsagen_zone_change *change);
/*
 * Appends "example.org", or "." for the root: people write zones without the final dot. A zone that
 * is not told by name is told by its file.
 */
void zone_add_name(struct tlsagen_buf *text, const char *zone, const char *file);
/*
 * A text that may quote any bytes as a JSON string: what is not UTF-8 has "?" in place of each of
 * its bytes above ASCII. The caller owns it; NULL when memory runs out.
 */
json_t *zone_json_text(const char *text);
json_t *zone_json_textn(const char *text, size_t len);
/*
 * A tlsagen_zone_judge: runs the command of --check-with (arg, blanks part its words; no shell)
 * with path as its last word. Its output goes to stderr. Fails unless it exits with 0.
 */
enum tlsagen_status zone_check_with(void *arg, const char *path, struct tlsagen_err *err);

#endif
