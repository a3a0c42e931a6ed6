/*
 * tlsagen/server.h - the control programs of name servers: told to load a zone, and what they say.
 *
 * "Accepted" is not "loaded": rndc and nsd-control say so of a broken file, too. tlsagen/publish.h
 * waits until a server really serves a serial.
 */
#ifndef TLSAGEN_SERVER_H
#define TLSAGEN_SERVER_H

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tlsagen_server_kind {
    TLSAGEN_SERVER_RNDC, /* BIND 9 */
    TLSAGEN_SERVER_NSD,  /* nsd-control */
    TLSAGEN_SERVER_KNOT, /* knotc */
    TLSAGEN_SERVER_PDNS, /* pdns_control, for zones of the bind backend */
    TLSAGEN_SERVER_EXEC, /* any program; its exit status is its answer */
};

/* How a name server is reached; all zero is rndc as it is installed. Everything is borrowed. */
struct tlsagen_server {
    enum tlsagen_server_kind kind;
    const char *program;  /* NULL: rndc, nsd-control, ... of the PATH */
    const char *config;   /* its configuration; of pdns_control the folder. NULL: its own */
    const char *key_file; /* rndc -k */
    const char *host;     /* where it is controlled, by name or address; of knotc the socket */
    const char *port;     /* of that; rndc and nsd-control */
    const char *view;     /* rndc: the zone's view */
    const char *rclass;   /* rndc: the zone's class, IN unless given, said when there is a view */
    char *const *exec;    /* EXEC: the words, a NULL behind them; `{}` stands for the zone */
    uint32_t timeout_ms;  /* for one run of the program; 0: 30,000 */
};

/* What the control program said. */
enum tlsagen_server_reply {
    TLSAGEN_REPLY_ACCEPTED,   /* it will be done, or was */
    TLSAGEN_REPLY_UP_TO_DATE, /* the file is not newer than what is loaded */
    TLSAGEN_REPLY_NO_ZONE,    /* the server does not have this zone, or view */
    TLSAGEN_REPLY_DENIED,     /* key or address are not allowed to control it */
    TLSAGEN_REPLY_DOWN,       /* nobody answers */
    TLSAGEN_REPLY_FROZEN,     /* a dynamic zone that is frozen: it is loaded by rndc thaw */
    TLSAGEN_REPLY_DYNAMIC,    /* a zone that the server itself edits */
    TLSAGEN_REPLY_REJECTED,   /* the zone file is broken */
    TLSAGEN_REPLY_FAILED,     /* anything else than success */
};

/* What it is told to do with a zone. */
enum tlsagen_server_act {
    TLSAGEN_SERVER_RELOAD, /* load it from its file */
    TLSAGEN_SERVER_FREEZE, /* write a dynamic zone to its file, and take no updates; rndc only */
    TLSAGEN_SERVER_THAW,   /* load a frozen zone from its file, and take updates; rndc only */
};

#define TLSAGEN_SERVER_WORDS_SIZE 512

struct tlsagen_server_answer {
    enum tlsagen_server_reply reply;
    int exit_status;                       /* of the program; 128 and a signal's number */
    char words[TLSAGEN_SERVER_WORDS_SIZE]; /* the server's own, on one line; may be empty */
};

/* What the server says of a zone. */
struct tlsagen_server_zone {
    bool has_serial;
    uint32_t serial;     /* of the zone file that is loaded, under inline signing too */
    bool signed_in_line; /* so that DNS has another serial than the file */
    bool dynamic;
    bool frozen;
    char file[1024]; /* the zone file, as the server has it; may be relative, or empty */
};

/*
 * Has the zone (a name with or without a final dot) loaded from its file. TLSAGEN_OK when the
 * program ran, whatever it answered; TLSAGEN_E_TIMEOUT when it had to be killed,
 * TLSAGEN_E_NOTFOUND when there is no such program, TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY,
 * TLSAGEN_E_ARGUMENT for a zone that is no name. No shell is started.
 */
TLSAGEN_API enum tlsagen_status tlsagen_server_reload(const struct tlsagen_server *server,
                                                      const char *zone,
                                                      struct tlsagen_server_answer *answer,
                                                      struct tlsagen_err *err);
/* The same for other acts; TLSAGEN_E_KIND for one that only rndc knows. */
TLSAGEN_API enum tlsagen_status tlsagen_server_tell(const struct tlsagen_server *server,
                                                    enum tlsagen_server_act act, const char *zone,
                                                    struct tlsagen_server_answer *answer,
                                                    struct tlsagen_err *err);
/*
 * Asks for the zone's state; rndc only, TLSAGEN_E_KIND for others. *state is filled when
 * answer->reply is ACCEPTED. Errors as above.
 */
TLSAGEN_API enum tlsagen_status tlsagen_server_state(const struct tlsagen_server *server,
                                                     const char *zone,
                                                     struct tlsagen_server_answer *answer,
                                                     struct tlsagen_server_zone *state,
                                                     struct tlsagen_err *err);
/* "rndc", "nsd-control", "knotc", "pdns_control", or the first word of exec. */
TLSAGEN_API const char *tlsagen_server_program(const struct tlsagen_server *server);
/*
 * The words of the reload command by blanks, for showing what would be run; as they are given to
 * the program. Errors as tlsagen_buf_check.
 */
TLSAGEN_API enum tlsagen_status tlsagen_server_command(const struct tlsagen_server *server,
                                                       const char *zone, struct tlsagen_buf *text,
                                                       struct tlsagen_err *err);
/* The same for other acts. */
TLSAGEN_API enum tlsagen_status tlsagen_server_command_for(const struct tlsagen_server *server,
                                                           enum tlsagen_server_act act,
                                                           const char *zone,
                                                           struct tlsagen_buf *text,
                                                           struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
