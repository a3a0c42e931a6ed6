/* create.h - what the files of the command `create` share. */
#ifndef CREATE_H
#define CREATE_H

#include "cli.h"

/* Where the requests come from. */
enum create_source {
    CREATE_FILES,   /* -c and -k */
    CREATE_CONNECT, /* --connect */
    CREATE_BATCH,   /* --batch */
    CREATE_BUNDLE,  /* --bundle */
};

enum create_output {
    CREATE_ZONE,
    CREATE_MULTILINE,
    CREATE_GENERIC,
    CREATE_NSUPDATE,
    CREATE_JSON,
};

/* The command line, understood. Pointers are borrowed from argv, except for the arrays. */
struct create_args {
    const char *command; /* as it is called in messages: "create" */
    enum create_source source;
    const char **inputs; /* of -c and -k, in their order */
    size_t input_count;
    const char *path;             /* of --batch or --bundle */
    char host[TLSAGEN_NAME_SIZE]; /* with its final dot; empty for a batch or bundle */
    uint16_t *ports;              /* in the order given, each once */
    size_t port_count;
    struct tlsagen_fields *fields; /* at least one, except for a batch */
    size_t field_count;
    enum tlsagen_proto proto;
    enum create_output output;
    int64_t ttl;                    /* seconds, or TLSAGEN_TTL_NONE */
    char origin[TLSAGEN_NAME_SIZE]; /* empty without --origin */
    enum tlsagen_anchor anchor;
    unsigned anchor_offset;
    bool replace; /* nsupdate: delete what is there */
    bool unchecked;
    bool union_of_keys;
    bool quiet;
    bool warnings_fail;
    const char *passphrase_file;
    /* --connect */
    const char *address; /* NULL: all of the host's */
    int family;          /* 4, 6 or 0 */
    bool has_starttls;   /* else it follows from the port */
    enum tlsagen_starttls starttls;
    /* --batch and --bundle */
    unsigned jobs; /* 0: as suits the machine */
    bool stop_on_error;
};

/*
 * Reads the command line; argv[0] is the command's name. EXIT_DONE, or the exit code after a
 * message. *help is set, and nothing else, when the help text is wanted. args goes to
 * create_args_clear in every case.
 */
int create_args_parse(struct create_args *args, int argc, char **argv, bool *help);
void create_args_clear(struct create_args *args);

/* PORT[,PORT…]: numbers and names of services. EXIT_DONE or EXIT_USAGE after a message. */
int create_ports_parse(struct create_args *args, const char *text);

/* Warnings, kept until all is known, so that one is told once and -W can judge them. */
struct create_warnings {
    struct tlsagen_buf lines; /* each with its newline */
    size_t count;
};
/* A tlsagen_warn_fn; arg is the struct create_warnings. */
void create_warn(void *arg, enum tlsagen_warning warning, const char *text);
/* Reports and clears them; EXIT_NEGATIVE when -W makes one of them an error, else EXIT_DONE. */
int create_warnings_report(struct create_warnings *warnings, const struct create_args *args);

/*
 * Asks for the passphrase of an encrypted input: from the file, which is read once for all inputs
 * because it may be a pipe, else at the terminal.
 */
struct create_passphrase {
    const char *path;        /* of --passphrase-file, or NULL */
    struct tlsagen_buf text; /* of that file, once it was read */
    bool is_read;
    struct tlsagen_err err; /* why there is no passphrase; TLSAGEN_OK when it was never tried */
};
/* A tlsagen_passphrase_fn; arg is the struct create_passphrase. */
int create_passphrase_ask(void *arg, const char *label, char *passphrase, int size);
void create_passphrase_clear(struct create_passphrase *passphrase);

/* Appends the records of a host at all ports, as the whole output of the command. */
enum tlsagen_status create_emit(struct tlsagen_buf *buf, const struct create_args *args,
                                const struct tlsagen_rrset *set, struct tlsagen_err *err);
/*
 * Appends the records of one host and port, as a part of the output of a batch (in JSON: one
 * object a line). Several threads may call this at once.
 */
enum tlsagen_status create_emit_part(struct tlsagen_buf *buf, const struct create_args *args,
                                     const char *host, uint16_t port,
                                     const struct tlsagen_rrset *set, struct tlsagen_err *err);
/* What stands before and behind the parts: the frame of an nsupdate script. */
void create_emit_begin(struct tlsagen_buf *buf, const struct create_args *args);
void create_emit_end(struct tlsagen_buf *buf, const struct create_args *args);

/* --batch and --bundle; the exit code. */
int create_batch(const struct create_args *args);

/*
 * Adds the chains that the live servers show to material. EXIT_DONE, or the exit code after a
 * message. NULL in the program that does not link libssl.
 */
typedef int create_connect_fn(const struct create_args *args, struct tlsagen_ctx *ctx,
                              struct tlsagen_material *material);
extern create_connect_fn *const create_connect;

/*
 * The records of the inputs, for CREATE_FILES and CREATE_CONNECT; *warnings, which is all zero, is
 * filled for create_warnings_report. The exit code, after a message unless it is EXIT_DONE.
 */
int create_records(const struct create_args *args, struct tlsagen_rrset *set,
                   struct create_warnings *warnings);

/* The request that the arguments make, for one host. */
struct tlsagen_request create_request(const struct create_args *args);

#endif
