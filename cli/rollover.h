/* rollover.h - what the files of the command `rollover` share. */
#ifndef CLI_ROLLOVER_H
#define CLI_ROLLOVER_H

#include <jansson.h>

#include "cli.h"

/* Options of the subcommands, as bits; each takes those it names. -C and -h are everybody's. */
enum rollover_option {
    ROLLOVER_DRY_RUN = 1 << 0,   /* -n, --dry-run */
    ROLLOVER_EMERGENCY = 1 << 1, /* --emergency */
    ROLLOVER_ADOPT = 1 << 2,     /* --adopt */
    ROLLOVER_CSR = 1 << 3,       /* --csr[=FILE] and --name NAME */
    ROLLOVER_JSON = 1 << 4,      /* --json */
    ROLLOVER_QUIET = 1 << 5,     /* -q, --quiet */
    ROLLOVER_VERBOSE = 1 << 6,   /* -v, --verbose */
    ROLLOVER_SCENE = 1 << 7,     /* --ttl, --servers and so on, of simulate */
};

/* The command line of a subcommand, understood. Pointers are borrowed from argv. */
struct rollover_args {
    const struct rollover_command *command;
    const char *config;
    bool dry_run;
    bool emergency;
    bool adopt;
    bool csr;
    const char *csr_path; /* NULL: standard output */
    char (*names)[TLSAGEN_NAME_SIZE];
    size_t name_count;
    bool json;
    bool quiet;
    bool verbose;
    struct tlsagen_rollover_scene scene; /* without emergency; ttl only when has_ttl */
    bool has_ttl;
    char **operands;
    int operand_count;
};

/* What a subcommand works on: the services that were named, or all. */
struct rollover_room {
    struct tlsagen_config *config;
    struct tlsagen_rollover *rollover;
    const struct tlsagen_config_service **services; /* each once */
    size_t count;
};

/* A subcommand of `rollover`. */
struct rollover_command {
    const char *name;
    const char *summary;  /* one line for `rollover --help` */
    const char *help;     /* the whole text of `rollover NAME --help` */
    unsigned options;     /* of enum rollover_option */
    int services_min;     /* operands that name services */
    int services_max;     /* -1: as many as there are; none means all */
    int others;           /* operands behind them */
    const char *operands; /* how they are called in a message: "SERVICE CERTIFICATE" */
    int (*run)(const struct rollover_args *args, const struct rollover_room *room);
};

extern const struct rollover_command rollover_status;
extern const struct rollover_command rollover_run;
extern const struct rollover_command rollover_next_key;
extern const struct rollover_command rollover_gate;
extern const struct rollover_command rollover_abort;
extern const struct rollover_command rollover_explain;
extern const struct rollover_command rollover_simulate;

/* For the text of --help. */
#define ROLLOVER_HELP_CONFIG "  -C, --config FILE  the configuration; " TLSAGEN_CONFIG_FILE "\n"
#define ROLLOVER_HELP_HELP "  -h, --help         show this text\n"

/*
 * rollover_args.c: reads the command line; argv[0] is the subcommand's name. EXIT_DONE, or the exit
 * code after a message. *help is set, and the rest not checked, when the help text is wanted. args
 * goes to rollover_args_clear in every case.
 */
int rollover_args_parse(struct rollover_args *args, const struct rollover_command *command,
                        int argc, char **argv, bool *help);
void rollover_args_clear(struct rollover_args *args);
/* A usage error with a pointer to the subcommand's --help; returns EXIT_USAGE. */
int rollover_usage(const struct rollover_command *command, const char *format, ...)
    TLSAGEN_PRINTF(2, 3);

/*
 * rollover_room.c: reads the configuration, finds the services, opens the state. EXIT_DONE, or the
 * exit code after a message. room goes to rollover_room_close in every case.
 */
int rollover_room_open(const struct rollover_args *args, struct rollover_room *room);
void rollover_room_close(struct rollover_room *room);

/* rollover_steps.c: tells what the library reports, and makes an exit code of it. */
struct rollover_steps {
    const struct rollover_args *args;
    bool all;       /* also what is normal life */
    bool to_stderr; /* as notes, because standard output is for something else */
    bool failed;    /* FAIL, STOP and HOLD were reported */
    bool stopped;
    bool held;
    int written;    /* exit code of writing */
    json_t *events; /* for --json; NULL: text */
};
/* False, after a message, when memory runs out. */
bool rollover_steps_init(struct rollover_steps *steps, const struct rollover_args *args);
void rollover_steps_clear(struct rollover_steps *steps);
/* A tlsagen_rollover_report; arg is the struct rollover_steps. */
void rollover_steps_take(void *arg, const struct tlsagen_rollover_event *event);
/* Tells it as a line, unless it is no news; it does not count for the exit code. */
void rollover_steps_tell(struct rollover_steps *steps, const struct tlsagen_rollover_event *event);
/* The exit code of all that was taken. */
int rollover_steps_code(const struct rollover_steps *steps);

/* rollover_time.c: times and durations for people and programs. */
#define ROLLOVER_TIME 32 /* bytes of a text, NUL included */
/* "2h5s", as durations are given; "0s" for nothing and less. Returns text. */
const char *rollover_duration(int64_t seconds, char text[ROLLOVER_TIME]);
/* The same to the two largest units: "1h59m". Returns text. */
const char *rollover_about(int64_t seconds, char text[ROLLOVER_TIME]);
/* "2026-11-23T16:02:07Z"; "-" for 0. Returns text. */
const char *rollover_moment(int64_t when, char text[ROLLOVER_TIME]);
/* The same as a JSON string, null for 0. */
json_t *rollover_moment_json(int64_t when);

/* What is worth knowing of a service's time line, derived from its status. */
#define ROLLOVER_MARKS 6
struct rollover_mark {
    const char *name; /* "seen by all servers" */
    int64_t at;       /* 0: nobody can tell yet */
    bool reached;
};
struct rollover_line {
    struct rollover_mark marks[ROLLOVER_MARKS]; /* published ... retired */
    size_t reached; /* of them, from the first on; after an emergency others may be */
    bool under_way;
    int64_t next;     /* when what comes next is due; 0: nobody can tell */
    const char *what; /* comes next; borrowed from the status, or static */
};
/* rollover_line.c */
/* No rollover has looked at the service yet, and nothing is in its way. */
bool rollover_is_untouched(const struct tlsagen_rollover_status *status);
void rollover_line_make(struct rollover_line *line, const struct tlsagen_rollover_status *status,
                        int64_t now);

/* Seconds of the waits of a service. */
struct rollover_waits {
    int64_t ttl;    /* T */
    int64_t margin; /* beyond 2 T, and beyond keep unless that was set */
    int64_t caches; /* from "seen" to "safe" */
    int64_t keep;   /* from "verified" to the removal */
};
void rollover_waits_make(struct rollover_waits *waits, const struct tlsagen_config_service *service,
                         const struct tlsagen_rollover_status *status);
bool rollover_has(const struct tlsagen_rrset *set, const struct tlsagen_record *record);
/* "the current key", "the former key" and so on; static. */
const char *rollover_served_by(const struct tlsagen_rollover_status *status,
                               const struct tlsagen_record *record);

/* rollover_look.c: what standard output can show. */
struct rollover_look {
    bool terminal;
    bool colour;
    bool utf8;
    size_t width; /* columns; 0: no limit, as standard output is no terminal */
};
struct rollover_look rollover_look_now(void);
/* How many columns a text takes, one for each character. */
size_t rollover_look_columns(const char *text);
/* Appends the sign of a mark of the time line. */
void rollover_look_sign(struct tlsagen_buf *text, const struct rollover_look *look,
                        const struct rollover_line *line, size_t mark);
/* Appends the time line in one row of 2 * ROLLOVER_MARKS - 1 columns. */
void rollover_look_row(struct tlsagen_buf *text, const struct rollover_look *look,
                       const struct rollover_line *line);
/* Appends one line of text, control bytes replaced: cut to what is left behind used columns ... */
void rollover_look_cut(struct tlsagen_buf *text, const struct rollover_look *look, size_t used,
                       const char *words);
/* ... or broken between words into lines that begin with lead; the first one has begun already. */
void rollover_look_wrap(struct tlsagen_buf *text, const struct rollover_look *look,
                        const char *lead, const char *words);

/* rollover_json.c: the object of a service, for status and explain; NULL when memory runs out. */
json_t *rollover_json(const struct tlsagen_config_service *service,
                      const struct tlsagen_rollover_status *status, int64_t now);
/* Of one whose state cannot be used. */
json_t *rollover_json_error(const struct tlsagen_config_service *service,
                            const struct tlsagen_err *err);
/* Prints and frees it; NULL: memory ran out. Returns the exit code. */
int rollover_json_print(json_t *value);

#endif
